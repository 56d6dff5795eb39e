"""Areas under ROC, precision–recall and PR-gain curves, from counts: one curve or a batch of them.

Only where true positives rise does any of these curves gain area, so each function takes the
:class:`Rises` of a curve, arrays of shape (..., K), and returns shape (...).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SMALL = 0.01
"""Below it a logarithm is replaced by its series, …"""
TERMS = 8
"""… whose first terms are exact to rounding there."""


@dataclass(frozen=True, eq=False)
class Rises:
    """The segments of a curve on which true positives may rise, in order of falling threshold.

    Attributes
    ----------
    tp, fp
        True and false positives (numbers or weights) where a segment begins, shape (..., K).
    next_tp, next_fp
        The same where it ends; both grow linearly in between.
    positives, negatives
        All of them, shape (..., 1).
    """

    tp: Array
    fp: Array
    next_tp: Array
    next_fp: Array
    positives: Array
    negatives: Array

    @cached_property
    def step(self) -> Array:
        """By how much TP rises."""
        return self.next_tp - self.tp

    @cached_property
    def start(self) -> Array:
        """How much is predicted positive where a segment begins."""
        return self.tp + self.fp

    @cached_property
    def precision(self) -> Array:
        """Precision where a segment begins, counted as 1 where nothing is predicted positive yet."""
        return np.divide(self.tp, self.start, out=np.ones_like(self.start), where=self.start > 0)

    @cached_property
    def next_precision(self) -> Array:
        """Precision where a segment ends."""
        end = self.next_tp + self.next_fp
        return np.divide(self.next_tp, end, out=np.ones_like(end), where=end > 0)


def rises(tp: Array, fp: Array) -> Rises:
    """Return the segments between thresholds, ``tp`` and ``fp`` of shape (..., K + 1) beginning with 0."""
    return Rises(tp[..., :-1], fp[..., :-1], tp[..., 1:], fp[..., 1:], tp[..., -1:], fp[..., -1:])


def roc_area(r: Rises) -> Array:
    """Area under the ROC curve by the trapezoidal rule: the probability of ranking a pair rightly."""
    beaten = (r.negatives - r.fp) + (r.negatives - r.next_fp)
    doubled = (r.step * beaten).sum(axis=-1)
    return np.asarray(doubled / (2 * r.positives[..., 0] * r.negatives[..., 0]))


def pr_area_continuous(r: Rises) -> Array:
    r"""Area under the precision–recall curve that Davis and Goadrich's interpolation draws, exactly.

    Between two thresholds FP grows linearly with TP (Davis & Goadrich 2006, section 4); the area under that
    is an integral with a closed form (Boyd, Eng & Page 2013; Keilwagen, Grosse & Grau 2014). It is what
    PRROC calls ``auc.integral``, not the sum over whole true positives that the 2006 paper describes.

    With a and b the growths of TP and FP, S where their sum begins and :math:`r = (a + b) / S`, a segment
    has the area :math:`a / S \cdot (TP \cdot \log(1 + r) / r + a \cdot (r - \log(1 + r)) / r^2)`: sums of
    what is not negative, so nothing cancels however unequal the weights.
    """
    step, start = r.step, r.start
    growth = step + (r.next_fp - r.fp)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = growth / start
        mean = np.log1p(ratio) / ratio
        slope = np.where(ratio > SMALL, (1 - mean) / ratio, _series(np.minimum(ratio, SMALL)))
        inside = (r.tp * mean + step * slope) / start
        # From nothing predicted on, precision is constant.
        precision = np.where(np.isfinite(ratio), inside, step / growth)
        area = step / r.positives * precision
    return np.asarray(np.where(step > 0, area, 0).sum(axis=-1))


def _series(small: Array) -> Array:
    """Return (r - log(1 + r)) / r² where r is small, and its two terms would cancel."""
    total = np.full_like(small, 1 / (TERMS + 1))
    for k in range(TERMS - 1, 0, -1):
        total *= -small
        total += 1 / (k + 1)
    return total


def pr_area_average(r: Rises) -> Array:
    """Average precision: precision at each threshold, weighted by the recall it adds."""
    return np.asarray((r.step / r.positives * r.next_precision).sum(axis=-1))


def pr_area_trapezoid(r: Rises) -> Array:
    """Area under straight lines between (recall, precision) points, from (0, 1): too optimistic."""
    added = r.next_tp / r.positives - r.tp / r.positives
    doubled = added * (r.next_precision + r.precision)
    # Halved first and summed from recall 1 down as scikit-learn does, so that published figures match to
    # the last bit.
    return np.asarray((doubled / 2.0)[..., ::-1].sum(axis=-1))


def prg_area(r: Rises) -> Array:
    """Area under the PR-gain curve from recall gain 0 to 1 (Flach & Kull 2015); it may be negative.

    Where a segment crosses recall gain 0 it is cut there, TP and FP being linear along it.
    """
    origin = recall_gain_origin(r.positives, r.negatives)
    odds = r.positives / r.negatives
    left_tp = np.maximum(r.tp, origin)
    step = r.step
    # What is lost to a precision gain of 1, so that nothing is lost by a perfect ranking, to the last bit.
    with np.errstate(divide="ignore", invalid="ignore"):
        left_fp = r.fp + (left_tp - r.tp) / step * (r.next_fp - r.fp)
        width = odds * (r.positives / left_tp) * ((r.next_tp - left_tp) / r.next_tp)
        lost = width * odds * (left_fp / left_tp + r.next_fp / r.next_tp) / 2
    return np.asarray(1 - np.where((r.next_tp > origin) & (step > 0), lost, 0).sum(axis=-1))


def recall_gain_origin(positives: Array, negatives: Array) -> Array:
    """Return the true positives at which recall gain is 0: a recall equal to the share of positives."""
    return np.asarray(positives * (positives / (positives + negatives)))


def gains(tp: Array, fp: Array, positives: Array, negatives: Array) -> tuple[Array, Array]:
    """Return recall gain and precision gain, 1 - π/(1-π)·FN/TP and 1 - π/(1-π)·FP/TP."""
    odds = positives / negatives
    return 1 - odds * (positives - tp) / tp, 1 - odds * fp / tp


AREAS: dict[str, Callable[[Rises], Array]] = {
    "auroc": roc_area,
    "aupr": pr_area_continuous,
    "ap": pr_area_average,
    "aupr-trapezoid": pr_area_trapezoid,
    "auprg": prg_area,
}
"""Every area by its name."""

LABELS = {
    "auroc": "AUROC",
    "aupr": "AUPR",
    "ap": "AP",
    "aupr-trapezoid": "AUPR trapezoid",
    "auprg": "AUPRG",
}
"""Their names in tables and figures."""

r"""Intervals for areas that say how little a few examples tell.

An area p, brought to [0, 1] by its own range, is treated as a proportion whose effective number of examples
is known from its variance v (Korn & Graubard 1998): the limits are those x for which

.. math:: (p - x)^2 = z^2 c \cdot x (1 - x), \qquad c = v / (p (1 - p)),

Wilson's (1927) score interval with 1/c examples. Unlike p ± z√v it stays within the range, is wider towards
the middle, and keeps its coverage near the ends; Newcombe (2006) solves for AUROC's limits in the same way.

Near a perfect ranking v rests on the few examples that are ranked wrongly, and is 0 where there is none. So
c is drawn towards that of the least favourable case, with the weight of one error against those seen:
for a ranking without error the lower limit is the area that is left when as large a share of one class as
may go unseen among its examples (Wilson's limit for 0 of P, or of N) is ranked worst. For AUROC that is
c = 1/min(P, N), the bound of van Dantzig (1951) and of Birnbaum & Klose (1957).

A difference combines two such intervals with the correlation of the areas (Zou & Donner 2008, MOVER).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.scores import areas

Array = NDArray[np.float64]

PRIOR_ERRORS = 1.0
FEW = 10
"""Fewer examples of a class than this, and an interval is wide and rough."""


class Interval(NamedTuple):
    """Limits of a confidence interval."""

    low: float
    high: float


class Difference(NamedTuple):
    """An area less another, its interval, and the two-sided p-value of there being none.

    ``p`` is None where the examples give no variance to judge by.
    """

    value: float
    interval: Interval
    p: float | None


class Cases(NamedTuple):
    """How much there is to judge by: effective numbers of positives, negatives and wrongly ranked examples.

    ``share`` is that of the positives, by weight.
    """

    positives: float
    negatives: float
    errors: float
    share: float


def checked_level(level: float) -> float:
    """Return a confidence level, or say that it is none."""
    if not (isinstance(level, float | int | np.number) and 0 < level < 1):
        raise AnalysisError(f"level: {level!r} must lie between 0 and 1, as 0.95 does")
    return level


def score_interval(area: str, value: float, variance: float, cases: Cases, level: float = 0.95) -> Interval:
    """Return the interval of an area from its variance over samples of examples, NaN where unknown."""
    z = _normal_quantile((1 + checked_level(level)) / 2)
    bottom = _bottom(area, cases.share)
    p, v = min(max((value - bottom) / (1 - bottom), 0.0), 1.0), variance / (1 - bottom) ** 2
    worst = (_without_error(area, cases, z) - bottom) / (1 - bottom)
    # At most that of one example.
    prior = min(1.0, (1 - worst) / (z * z * worst)) if worst > 0 else 1.0
    spread = p * (1 - p)
    seen = v / spread if spread > 0 and np.isfinite(v) else prior
    weight = cases.errors / (cases.errors + PRIOR_ERRORS)
    k = z * z * (weight * seen + (1 - weight) * prior)
    middle, reach = (p + k / 2) / (1 + k), float(np.sqrt(k * spread + k * k / 4)) / (1 + k)
    low, high = bottom + (1 - bottom) * (middle - reach), bottom + (1 - bottom) * (middle + reach)
    # What is rounded must not lie beyond the area, nor beyond its range.
    return Interval(min(value, max(bottom, low)), max(value, min(1.0, high)))


def difference_interval(
    first: float, second: float, limits: tuple[Interval, Interval], correlation: float
) -> Interval:
    """Return the interval of first - second from those of both and the correlation of their estimates."""
    (low_1, high_1), (low_2, high_2) = limits
    gap = first - second
    below = _joint(first - low_1, high_2 - second, correlation)
    above = _joint(high_1 - first, second - low_2, correlation)
    return Interval(gap - below, gap + above)


def _joint(a: float, b: float, correlation: float) -> float:
    return float(np.sqrt(max(a * a + b * b - 2 * correlation * a * b, 0.0)))


def effective(weights: Array) -> float:
    """Return the number of equal weights that say as much as these (Kish 1965)."""
    total = float(np.square(weights).sum())
    return float(weights.sum()) ** 2 / total if total > 0 else 0.0


def _bottom(area: str, share: float) -> float:
    """Return the least value of an area: that of PR-gain is where all precision is lost."""
    return -(1 - share) / (2 * share) if area == "auprg" else 0.0


def _without_error(area: str, cases: Cases, z: float) -> float:
    """Return the area left when the errors that may go unseen among P, and among N, are there."""
    measure = areas.AREAS[area if area in ("auroc", "auprg") else "aupr"]
    p, n = cases.share, 1 - cases.share
    unseen_p, unseen_n = z * z / (cases.positives + z * z), z * z / (cases.negatives + z * z)
    tp = np.array([[0, (1 - unseen_p) * p, (1 - unseen_p) * p, p], [0, 0, p, p]])
    fp = np.array([[0, 0, n, n], [0, unseen_n * n, unseen_n * n, n]])
    return float(measure(areas.rises(tp, fp)).min())


def _normal_quantile(probability: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(probability)

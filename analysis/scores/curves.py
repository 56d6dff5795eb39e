"""ROC, precision–recall and PR-gain curves of a ranking, and their areas.

Each function takes labels and scores. Labels are two-valued: 0/1, -1/1 or False/True, the larger being
the positive class. A higher score means more positive; equal scores are one threshold. Points come in
order of falling threshold, with the numbers (or weights) of true and false positives they stand for.
Examples of weight 0 count for nothing, and make no threshold.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError
from analysis.scores import areas
from analysis.scores.scored import scored

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
PrMethod = Literal["davis-goadrich", "average-precision", "trapezoid"]

PR_AREAS: dict[PrMethod, Callable[[areas.Rises], Array]] = {
    "davis-goadrich": areas.pr_area_continuous,
    "average-precision": areas.pr_area_average,
    "trapezoid": areas.pr_area_trapezoid,
}


@dataclass(frozen=True, eq=False, repr=False)
class Counts:
    """True and false positives at each threshold, from none predicted positive to all.

    Attributes
    ----------
    thresholds
        Falling, shape (K + 1,): inf, then each distinct score; a score at or above it counts as positive.
    tp, fp
        True and false positives, shape (K + 1,), from 0 to all.
    """

    thresholds: Array
    tp: Array
    fp: Array

    axes: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__}: {len(self.tp)} points,"
            f" {self.positives:g} positive and {self.negatives:g} negative>"
        )

    def _repr_html_(self) -> str:
        from analysis.notebooks import as_html

        return as_html(repr(self)[1:-1], self.to_pandas())

    @property
    def positives(self) -> float:
        """All positives, or their weight."""
        return float(self.tp[-1])

    @property
    def negatives(self) -> float:
        """All negatives, or their weight."""
        return float(self.fp[-1])

    @property
    def rises(self) -> areas.Rises:
        """Where an area under these counts can grow."""
        return areas.rises(self.tp, self.fp)

    def to_pandas(self) -> "pd.DataFrame":
        """Return the points as a data frame, a row for each threshold."""
        import pandas as pd

        return pd.DataFrame(
            {name: getattr(self, name) for name in ("thresholds", "tp", "fp", *self.axes)}
        ).rename(columns={"thresholds": "threshold"})


@dataclass(frozen=True, eq=False, repr=False)
class RocCurve(Counts):
    """Points (false positive rate, true positive rate), from (0, 0) to (1, 1)."""

    fpr: Array
    tpr: Array

    axes: ClassVar[tuple[str, ...]] = ("fpr", "tpr")

    def plot(self, ax: "Axes | None" = None, *, label: str | None = None, color: str | None = None) -> "Axes":
        """Draw the curve into ``ax``, or into a figure of its own, and return where it was drawn."""
        from analysis.scores.drawing import plot_roc

        return plot_roc(self, ax, label=label, color=color)


@dataclass(frozen=True, eq=False, repr=False)
class PrCurve(Counts):
    """Points (recall, precision), one for each distinct score; there is none where nothing is predicted."""

    recall: Array
    precision: Array

    axes: ClassVar[tuple[str, ...]] = ("recall", "precision")

    def plot(self, ax: "Axes | None" = None, *, label: str | None = None, color: str | None = None) -> "Axes":
        """Draw the curve, joined as Davis and Goadrich do, and return where it was drawn."""
        from analysis.scores.drawing import plot_pr

        return plot_pr(self, ax, label=label, color=color)


@dataclass(frozen=True, eq=False, repr=False)
class PrgCurve(Counts):
    """Points (recall gain, precision gain) from recall gain 0 on; a point cut there has threshold NaN."""

    recall_gain: Array
    precision_gain: Array

    axes: ClassVar[tuple[str, ...]] = ("recall_gain", "precision_gain")

    def plot(self, ax: "Axes | None" = None, *, label: str | None = None, color: str | None = None) -> "Axes":
        """Draw the curve into ``ax``, or into a figure of its own, and return where it was drawn."""
        from analysis.scores.drawing import plot_prg

        return plot_prg(self, ax, label=label, color=color)


def counts(y_true: ArrayLike, y_score: ArrayLike, sample_weight: ArrayLike | None = None) -> Counts:
    """Count true and false positives at each distinct score.

    Raises
    ------
    AnalysisError
        If lengths differ, a score is NaN, a weight is negative, or one class is missing.

    Examples
    --------
    >>> counted = counts([0, 0, 1, 1], [0.1, 0.4, 0.4, 0.8])
    >>> counted.thresholds.tolist(), counted.tp.tolist(), counted.fp.tolist()
    ([inf, 0.8, 0.4, 0.1], [0.0, 1.0, 2.0, 2.0], [0.0, 0.0, 1.0, 2.0])
    """
    s = scored(y_true, y_score, sample_weight, names=["score"])
    return counted(s.labels, s.scores[0], s.weights)


def counted(truth: NDArray[np.bool_], score: Array, weights: Array | None = None) -> Counts:
    """Count as :func:`counts` does, what is given being checked already."""
    order = np.argsort(-score, kind="stable")
    score, truth = score[order], truth[order]
    weight = np.ones(len(score)) if weights is None else weights[order]
    # Compared, not subtracted: equal infinities are one threshold too.
    ends = np.flatnonzero(np.append(score[1:] != score[:-1], True))
    return Counts(
        thresholds=np.concatenate([[np.inf], score[ends]]),
        tp=np.concatenate([[0.0], np.cumsum(weight * truth)[ends]]),
        fp=np.concatenate([[0.0], np.cumsum(weight * ~truth)[ends]]),
    )


def roc(y_true: ArrayLike, y_score: ArrayLike, sample_weight: ArrayLike | None = None) -> RocCurve:
    """Return the ROC curve: true positive rate TP/P over false positive rate FP/N.

    Examples
    --------
    >>> curve = roc([0, 1], [0.2, 0.7])
    >>> curve
    <RocCurve: 3 points, 1 positive and 1 negative>
    >>> curve.fpr.tolist(), curve.tpr.tolist()
    ([0.0, 0.0, 1.0], [0.0, 1.0, 1.0])
    """
    return roc_curve(counts(y_true, y_score, sample_weight))


def roc_curve(c: Counts) -> RocCurve:
    """Return the ROC curve of counts."""
    return RocCurve(c.thresholds, c.tp, c.fp, fpr=c.fp / c.negatives, tpr=c.tp / c.positives)


def pr(y_true: ArrayLike, y_score: ArrayLike, sample_weight: ArrayLike | None = None) -> PrCurve:
    """Return the precision–recall curve: TP/(TP + FP) over TP/P.

    Do not join its points by straight lines: :func:`~analysis.scores.geometry.pr_between` gives what lies
    between.
    """
    return pr_curve(counts(y_true, y_score, sample_weight))


def pr_curve(c: Counts) -> PrCurve:
    """Return the precision–recall curve of counts."""
    some = c.tp + c.fp > 0
    thresholds, tp, fp = c.thresholds[some], c.tp[some], c.fp[some]
    return PrCurve(thresholds, tp, fp, recall=tp / c.positives, precision=tp / (tp + fp))


def prg(y_true: ArrayLike, y_score: ArrayLike, sample_weight: ArrayLike | None = None) -> PrgCurve:
    """Return the PR-gain curve of Flach & Kull (2015), whose points straight lines may join.

    Recall gain 1 - π/(1-π)·FN/TP and precision gain 1 - π/(1-π)·FP/TP, with π the share of positives.
    """
    return prg_curve(counts(y_true, y_score, sample_weight))


def prg_curve(c: Counts) -> PrgCurve:
    """Return the PR-gain curve of counts."""
    positives, negatives = np.array(c.positives), np.array(c.negatives)
    origin = float(areas.recall_gain_origin(positives, negatives))
    kept = c.tp >= origin
    thresholds, tp, fp = c.thresholds[kept], c.tp[kept], c.fp[kept]
    if tp[0] > origin:
        thresholds = np.concatenate([[np.nan], thresholds])
        fp = np.concatenate([[_cut(c, origin)], fp])
        tp = np.concatenate([[origin], tp])
    recall_gain, precision_gain = areas.gains(tp, fp, positives, negatives)
    return PrgCurve(thresholds, tp, fp, recall_gain=recall_gain, precision_gain=precision_gain)


def _cut(c: Counts, tp: float) -> float:
    after = int(np.argmax(c.tp > tp))
    share = (tp - c.tp[after - 1]) / (c.tp[after] - c.tp[after - 1])
    return float(c.fp[after - 1] + share * (c.fp[after] - c.fp[after - 1]))


def auroc(y_true: ArrayLike, y_score: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """Return the area under the ROC curve: the chance that a positive outranks a negative, ties half.

    Examples
    --------
    >>> auroc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    return float(areas.roc_area(counts(y_true, y_score, sample_weight).rises))


def aupr(
    y_true: ArrayLike,
    y_score: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    method: PrMethod = "davis-goadrich",
) -> float:
    """Return the area under the precision–recall curve.

    Parameters
    ----------
    y_true, y_score, sample_weight
        Labels, scores, weights, shape (n,).
    method
        ``davis-goadrich`` integrates Davis and Goadrich's interpolation exactly, as PRROC's
        ``auc.integral`` does, between true positives too; their own stepwise sum over whole true positives
        is up to some .015 away on small sets. ``average-precision`` is scikit-learn's step sum;
        ``trapezoid`` joins points by straight lines, which no classifier attains.

    Examples
    --------
    >>> aupr([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], method="average-precision")
    0.8333333333333333
    """
    if method not in PR_AREAS:
        raise AnalysisError(f"method: {method!r} must be one of {', '.join(PR_AREAS)}")
    return float(PR_AREAS[method](counts(y_true, y_score, sample_weight).rises))


def auprg(y_true: ArrayLike, y_score: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """Return the area under the PR-gain curve from recall gain 0: 1 for a perfect ranking.

    A random ranking tends to 0 as rows grow; :func:`~analysis.scores.chance.chance` gives what it averages
    on as few as there are.

    Examples
    --------
    >>> auprg([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.25
    """
    return float(areas.prg_area(counts(y_true, y_score, sample_weight).rises))

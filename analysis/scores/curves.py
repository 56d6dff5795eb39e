"""ROC, precision–recall and PR-gain curves of a ranking, and their areas.

Each function takes labels and scores. Labels are two-valued: 0/1, -1/1 or False/True, the larger being
the positive class. A higher score means more positive; equal scores are one threshold. Points come in
order of falling threshold, with the numbers (or weights) of true and false positives they stand for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError
from analysis.scores import areas

Array = NDArray[np.float64]
PrMethod = Literal["davis-goadrich", "average-precision", "trapezoid"]

PR_AREAS: dict[PrMethod, Callable[[Array, Array], Array]] = {
    "davis-goadrich": areas.pr_area_continuous,
    "average-precision": areas.pr_area_average,
    "trapezoid": areas.pr_area_trapezoid,
}


@dataclass(frozen=True, eq=False)
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

    @property
    def positives(self) -> float:
        """All positives, or their weight."""
        return float(self.tp[-1])

    @property
    def negatives(self) -> float:
        """All negatives, or their weight."""
        return float(self.fp[-1])


@dataclass(frozen=True, eq=False)
class RocCurve(Counts):
    """Points (false positive rate, true positive rate), from (0, 0) to (1, 1)."""

    fpr: Array
    tpr: Array


@dataclass(frozen=True, eq=False)
class PrCurve(Counts):
    """Points (recall, precision), one for each distinct score; there is none where nothing is predicted."""

    recall: Array
    precision: Array


@dataclass(frozen=True, eq=False)
class PrgCurve(Counts):
    """Points (recall gain, precision gain) from recall gain 0 on; a point cut there has threshold NaN."""

    recall_gain: Array
    precision_gain: Array


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
    truth, score, weight = checked(y_true, y_score, sample_weight)
    order = np.argsort(-score, kind="stable")
    score, weight = score[order], weight[order]
    ends = np.flatnonzero(np.append(np.diff(score) != 0, True))
    positive = weight * truth[order]
    return Counts(
        thresholds=np.concatenate([[np.inf], score[ends]]),
        tp=np.concatenate([[0.0], np.cumsum(positive)[ends]]),
        fp=np.concatenate([[0.0], np.cumsum(weight - positive)[ends]]),
    )


def checked(
    y_true: ArrayLike, y_score: ArrayLike, sample_weight: ArrayLike | None = None
) -> tuple[NDArray[np.bool_], Array, Array]:
    """Return labels as booleans, scores and weights as floats, all of shape (n,), or say what is wrong."""
    label, score = np.asarray(y_true), np.asarray(y_score, dtype=np.float64)
    if label.ndim != 1 or label.shape != score.shape:
        raise AnalysisError(f"y_true and y_score have shapes {label.shape} and {score.shape}: give one each")
    if not len(label):
        raise AnalysisError("y_true is empty: a curve needs both classes")
    classes = np.unique(label)
    if len(classes) == 1:
        raise AnalysisError(f"y_true holds only {classes[0]}: a curve needs both classes")
    if classes.tolist() not in ([0, 1], [-1, 1]):
        raise AnalysisError(f"y_true holds {classes[:4].tolist()}: labels must be 0/1, -1/1 or False/True")
    if np.isnan(score).any():
        raise AnalysisError(f"y_score[{int(np.argmax(np.isnan(score)))}] is NaN: drop it or give it a rank")
    weight = np.ones_like(score) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != score.shape:
        raise AnalysisError(f"sample_weight has shape {weight.shape}, y_score {score.shape}: give one each")
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        worst = int(np.argmax(~(np.isfinite(weight) & (weight >= 0))))
        raise AnalysisError(f"sample_weight[{worst}]: {weight[worst]:g} must be a number of at least 0")
    truth = label == classes[1]
    if not (weight[truth].sum() > 0 and weight[~truth].sum() > 0):
        raise AnalysisError("sample_weight leaves one class without weight: a curve needs both classes")
    return truth, score, weight


def roc(y_true: ArrayLike, y_score: ArrayLike, sample_weight: ArrayLike | None = None) -> RocCurve:
    """Return the ROC curve: true positive rate TP/P over false positive rate FP/N.

    Examples
    --------
    >>> curve = roc([0, 1], [0.2, 0.7])
    >>> curve.fpr.tolist(), curve.tpr.tolist()
    ([0.0, 0.0, 1.0], [0.0, 1.0, 1.0])
    """
    c = counts(y_true, y_score, sample_weight)
    return RocCurve(c.thresholds, c.tp, c.fp, fpr=c.fp / c.negatives, tpr=c.tp / c.positives)


def pr(y_true: ArrayLike, y_score: ArrayLike, sample_weight: ArrayLike | None = None) -> PrCurve:
    """Return the precision–recall curve: TP/(TP + FP) over TP/P.

    Do not join its points by straight lines: :func:`pr_between` gives what lies between.
    """
    c = counts(y_true, y_score, sample_weight)
    some = c.tp + c.fp > 0
    thresholds, tp, fp = c.thresholds[some], c.tp[some], c.fp[some]
    return PrCurve(thresholds, tp, fp, recall=tp / c.positives, precision=tp / (tp + fp))


def prg(y_true: ArrayLike, y_score: ArrayLike, sample_weight: ArrayLike | None = None) -> PrgCurve:
    """Return the PR-gain curve of Flach & Kull (2015), whose points straight lines may join.

    Recall gain 1 - π/(1-π)·FN/TP and precision gain 1 - π/(1-π)·FP/TP, with π the share of positives.
    """
    c = counts(y_true, y_score, sample_weight)
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
    c = counts(y_true, y_score, sample_weight)
    return float(areas.roc_area(c.tp, c.fp))


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
        ``davis-goadrich`` integrates the true interpolation exactly; ``average-precision`` is
        scikit-learn's step sum; ``trapezoid`` joins points by straight lines, which no classifier attains.

    Examples
    --------
    >>> aupr([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], method="average-precision")
    0.8333333333333333
    """
    if method not in PR_AREAS:
        raise AnalysisError(f"method: {method!r} must be one of {', '.join(PR_AREAS)}")
    c = counts(y_true, y_score, sample_weight)
    return float(PR_AREAS[method](c.tp, c.fp))


def auprg(y_true: ArrayLike, y_score: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """Return the area under the PR-gain curve from recall gain 0: 1 for a perfect ranking, 0 for chance.

    Examples
    --------
    >>> auprg([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.25
    """
    c = counts(y_true, y_score, sample_weight)
    return float(areas.prg_area(c.tp, c.fp))

"""How ROC and precision–recall space hang together: the map between points, and what lies between them.

With P positives and N negatives fixed, a point of either space is a pair (TP, FP), so each ROC point with
recall above 0 is exactly one precision–recall point (Davis & Goadrich 2006, theorem 3.1).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError

Array = NDArray[np.float64]

ROUNDING = 1e-12


def roc_to_pr(fpr: ArrayLike, tpr: ArrayLike, share: float) -> tuple[Array, Array]:
    """Map ROC points to (recall, precision), ``share`` being the share of positives.

    Raises
    ------
    AnalysisError
        Where the true positive rate is 0: all such points but (0, 0) fall on (0, 0), so none maps back.

    Examples
    --------
    >>> recall, precision = roc_to_pr([0.5], [1.0], share=0.5)
    >>> recall.tolist(), precision.round(6).tolist()
    ([1.0], [0.666667])
    """
    false, true = _rates(fpr, tpr, share, "fpr", "tpr")
    return true, share * true / (share * true + (1 - share) * false)


def pr_to_roc(recall: ArrayLike, precision: ArrayLike, share: float) -> tuple[Array, Array]:
    """Map (recall, precision) points to (false positive rate, true positive rate); the inverse map.

    Raises
    ------
    AnalysisError
        Where recall is 0, or where a precision would need more than all negatives.
    """
    precise, true = _rates(precision, recall, share, "precision", "recall")
    with np.errstate(divide="ignore"):
        false = share / (1 - share) * true * (1 - precise) / precise
    if (false > 1 + ROUNDING).any():
        worst = int(np.argmax(false))
        raise AnalysisError(
            f"precision[{worst}]: {precise[worst]:g} at recall {true[worst]:g} is out of reach"
            f" with a share of {share:g} positives"
        )
    return np.minimum(false, 1.0), true


def pr_between(
    tp: tuple[float, float], fp: tuple[float, float], positives: float, steps: int
) -> tuple[Array, Array]:
    """Return (recall, precision) at ``steps`` + 1 equal steps of TP between two points, ends included.

    FP grows linearly with TP, as on the straight ROC segment between the two. Where nothing is predicted
    yet, precision is its limit along the segment.

    Raises
    ------
    AnalysisError
        If there is no step, a count falls or is negative, or nothing is ever predicted.

    Examples
    --------
    Davis & Goadrich's own example, 20 positives among 2020:

    >>> _, precision = pr_between((5, 10), (5, 30), positives=20, steps=5)
    >>> precision.round(3).tolist()
    [0.5, 0.375, 0.318, 0.286, 0.265, 0.25]
    """
    if steps < 1:
        raise AnalysisError(f"steps: {steps} must be at least 1")
    for name, (start, end) in (("tp", tp), ("fp", fp)):
        if not 0 <= start <= end < np.inf:
            raise AnalysisError(f"{name}: ({start:g}, {end:g}) must rise from a number of at least 0")
    if not tp[1] <= positives < np.inf:
        raise AnalysisError(f"tp: {tp[1]:g} is more than all {positives:g} positives")
    if tp[1] + fp[1] == 0:
        raise AnalysisError(
            "tp and fp: nothing is predicted positive at either end, so there is no precision"
        )
    between_tp, between_fp = np.linspace(*tp, steps + 1), np.linspace(*fp, steps + 1)
    predicted = between_tp + between_fp
    limit = np.full_like(predicted, tp[1] / (tp[1] + fp[1]))
    precision = np.divide(between_tp, predicted, out=limit, where=predicted > 0)
    return between_tp / positives, precision


def first_value(at: Array, x: Array, y: Array) -> Array:
    """Read a curve of rising x off at ``at``, linear in between; on a vertical step its first point."""
    return np.asarray(np.interp(-at, -x[::-1], y[::-1]))


def last_value(at: Array, x: Array, y: Array) -> Array:
    """Read a curve of rising x off at ``at``, linear in between; on a vertical step its last point."""
    return np.asarray(np.interp(at, x, y))


def _rates(
    below: ArrayLike, above: ArrayLike, share: float, below_name: str, above_name: str
) -> tuple[Array, Array]:
    if not 0 < share < 1:
        raise AnalysisError(f"share: {share:g} of positives must lie between 0 and 1")
    first, second = np.atleast_1d(np.asarray(below, np.float64)), np.atleast_1d(np.asarray(above, np.float64))
    for name, values in ((below_name, first), (above_name, second)):
        bad = ~((values >= 0) & (values <= 1))
        if bad.any():
            worst = int(np.argmax(bad))
            raise AnalysisError(f"{name}[{worst}]: {values[worst]:g} must lie between 0 and 1")
    if (second == 0).any():
        worst = int(np.argmax(second == 0))
        raise AnalysisError(f"{above_name}[{worst}] is 0: there the map between ROC and PR is not one-to-one")
    return first, second

"""Whether one ranking's curve lies nowhere below another's, in ROC and in precision–recall space."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError
from analysis.scores.curves import Counts, counts
from analysis.scores.geometry import first_value, last_value

Array = NDArray[np.float64]
Space = Literal["roc", "pr"]

ROUNDING = 1e-12
"""Of what the counts add up to, that is no difference."""


def dominates(y_true: ArrayLike, first: ArrayLike, second: ArrayLike, *, space: Space = "roc") -> bool:
    """Tell whether the first ranking's curve lies nowhere below the second's.

    In ROC space at each false positive rate, in PR space at each recall above 0. By Davis & Goadrich's
    theorem 3.2 both spaces give the same answer; each is computed on its own here.

    Examples
    --------
    >>> dominates([0, 1, 1], [1, 3, 2], [2, 3, 1])
    True
    """
    return never_below(counts(y_true, first), counts(y_true, second), space=space)


def never_below(a: Counts, b: Counts, *, space: Space = "roc") -> bool:
    """Tell the same of counts."""
    if space not in get_args(Space):
        raise AnalysisError(f"space: {space!r} must be roc or pr")
    # Between neighbouring corners each curve is smooth, so its values at a corner and its limits from
    # the other side decide.
    if space == "roc":
        fp = np.union1d(a.fp, b.fp)
        gaps = [
            last_value(fp, a.fp, a.tp) - last_value(fp, b.fp, b.tp),
            first_value(fp[1:], a.fp, a.tp) - first_value(fp[1:], b.fp, b.tp),
        ]
        return bool(np.concatenate(gaps).min() >= -ROUNDING * a.positives)
    tp = np.union1d(a.tp, b.tp)
    gaps = [
        _precision(tp[1:], first_value(tp[1:], a.tp, a.fp))
        - _precision(tp[1:], first_value(tp[1:], b.tp, b.fp)),
        _precision(tp[:-1], last_value(tp[:-1], a.tp, a.fp))
        - _precision(tp[:-1], last_value(tp[:-1], b.tp, b.fp)),
    ]
    return bool(np.concatenate(gaps).min() >= -ROUNDING)


def _precision(tp: Array, fp: Array) -> Array:
    """Precision; towards TP = 0 it goes like TP/FP, so there the fewer false positives decide."""
    return np.where(tp > 0, tp / np.maximum(tp + fp, 1e-300), -fp)

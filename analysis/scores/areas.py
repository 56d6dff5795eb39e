"""Areas under ROC, precision–recall and PR-gain curves, from counts: one curve or a batch of them.

Every function takes ``tp`` and ``fp``, the true and false positives (numbers or weights) at falling
thresholds, shape (..., K + 1), beginning with 0 and ending with all positives and all negatives, and
returns shape (...).
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def roc_area(tp: Array, fp: Array) -> Array:
    """Area under the ROC curve by the trapezoidal rule: the probability of ranking a pair rightly."""
    doubled = (np.diff(fp) * (tp[..., 1:] + tp[..., :-1])).sum(axis=-1)
    return np.asarray(doubled / (2 * tp[..., -1] * fp[..., -1]))


def pr_area_continuous(tp: Array, fp: Array) -> Array:
    r"""Area under the precision–recall curve that Davis and Goadrich's interpolation draws, exactly.

    Between two thresholds FP grows linearly with TP (Davis & Goadrich 2006, section 4). With slope s and
    offset e, precision is :math:`TP / ((1 + s) TP + e)`, whose integral has a closed form
    (Boyd, Eng & Page 2013; Keilwagen, Grosse & Grau 2014).
    """
    step = np.diff(tp)
    rises = step > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(rises, np.diff(fp) / step, 0)
        offset = fp[..., :-1] - slope * tp[..., :-1]
        predicted = tp + fp
        growth = np.where(offset == 0, 0, np.log1p(np.diff(predicted) / predicted[..., :-1]))
    areas = step / (1 + slope) - offset / (1 + slope) ** 2 * growth
    return np.asarray(np.where(rises, areas, 0).sum(axis=-1) / tp[..., -1])


def pr_area_average(tp: Array, fp: Array) -> Array:
    """Average precision: precision at each threshold, weighted by the recall it adds."""
    return np.asarray((np.diff(tp) * _precision(tp, fp)[..., 1:]).sum(axis=-1) / tp[..., -1])


def pr_area_trapezoid(tp: Array, fp: Array) -> Array:
    """Area under straight lines between (recall, precision) points, from (0, 1): too optimistic."""
    precision, recall = _precision(tp, fp)[..., ::-1], (tp / tp[..., -1:])[..., ::-1]
    # Summed from recall 1 down as scikit-learn does, so that published figures match to the last bit.
    return np.asarray(-np.trapezoid(precision, recall))


def prg_area(tp: Array, fp: Array) -> Array:
    """Area under the PR-gain curve from recall gain 0 to 1 (Flach & Kull 2015); it may be negative.

    Where a segment crosses recall gain 0 it is cut there, TP and FP being linear along it.
    """
    positives, negatives = tp[..., -1:], fp[..., -1:]
    start = recall_gain_origin(positives, negatives)
    left_tp = np.maximum(tp[..., :-1], start)
    step = np.diff(tp)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(step > 0, (left_tp - tp[..., :-1]) / step, 0)
        left_fp = fp[..., :-1] + share * np.diff(fp)
        left = gains(left_tp, left_fp, positives, negatives)
        right = gains(tp[..., 1:], fp[..., 1:], positives, negatives)
        areas = (right[0] - left[0]) * (right[1] + left[1]) / 2
    return np.asarray(np.where((tp[..., 1:] > start) & (step > 0), areas, 0).sum(axis=-1))


def recall_gain_origin(positives: Array, negatives: Array) -> Array:
    """Return the true positives at which recall gain is 0: a recall equal to the share of positives."""
    return np.asarray(positives**2 / (positives + negatives))


def gains(tp: Array, fp: Array, positives: Array, negatives: Array) -> tuple[Array, Array]:
    """Return recall gain and precision gain, 1 - π/(1-π)·FN/TP and 1 - π/(1-π)·FP/TP."""
    odds = positives / negatives
    return 1 - odds * (positives - tp) / tp, 1 - odds * fp / tp


def _precision(tp: Array, fp: Array) -> Array:
    """Precision, counted as 1 where nothing is predicted positive yet."""
    predicted = tp + fp
    return np.divide(tp, predicted, out=np.ones_like(predicted), where=predicted > 0)

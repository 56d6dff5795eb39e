"""Labels, scores and weights, checked: what every curve, area and interval is computed from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError

Array = NDArray[np.float64]
Labels = NDArray[np.bool_]
Models = ArrayLike | Mapping[str, ArrayLike]
"""Scores of one model, shape (n,), of several, shape (m, n), or by name (a dict, a data frame)."""

EXACT = 2**53
"""Whole numbers beyond it are no longer all different as floats."""


@dataclass(frozen=True, eq=False, repr=False)
class Scored:
    """Labels and the scores that m models gave to the same n examples; those without weight are left out.

    Attributes
    ----------
    labels
        True for positives, shape (n,).
    scores
        Shape (m, n); a higher score means more positive.
    weights
        Of the examples, shape (n,), all above 0; None where each counts once.
    names
        Of the models, shape (m,).
    """

    labels: Labels
    scores: Array
    weights: Array | None
    names: tuple[str, ...]

    def __repr__(self) -> str:
        weighted = "" if self.weights is None else ", weighted"
        return f"<{len(self.labels)} examples, {self.positives} positive{weighted}: {', '.join(self.names)}>"

    @property
    def positives(self) -> int:
        """How many examples are positive, whatever they weigh."""
        return int(self.labels.sum())

    @property
    def negatives(self) -> int:
        """How many examples are negative, whatever they weigh."""
        return len(self.labels) - self.positives

    @property
    def weight(self) -> Array:
        """Weights as numbers, shape (n,)."""
        return np.ones(len(self.labels)) if self.weights is None else self.weights

    @property
    def share(self) -> float:
        """The share of positives, by weight."""
        return float(self.weight[self.labels].sum() / self.weight.sum())

    def model(self, name: str | None) -> int:
        """Return the position of a model by its name, which may be left out where there is one only."""
        if name is None and len(self.names) == 1:
            return 0
        if name not in self.names:
            raise AnalysisError(f"model: {name!r} must be one of {', '.join(self.names)}")
        return self.names.index(name)


def scored(
    y_true: ArrayLike,
    y_scores: Models,
    sample_weight: ArrayLike | None = None,
    *,
    names: Sequence[str] | None = None,
) -> Scored:
    """Check labels, scores and weights.

    Parameters
    ----------
    y_true
        Labels, shape (n,): 0/1, -1/1 or False/True, the larger being the positive class.
    y_scores
        One model's scores, shape (n,), several models', shape (m, n), or a mapping from name to scores.
    sample_weight
        Shape (n,), at least 0; examples of weight 0 count for nothing and are left out.
    names
        The models' names, where ``y_scores`` has none.

    Raises
    ------
    AnalysisError
        If lengths differ, a score is no number, a weight is negative or infinite, or one class is missing.
    """
    label = _array(y_true, "y_true")
    by_name = _by_name(y_scores, names)
    columns = {name: _numbers(values, where) for name, (values, where) in by_name.items()}
    for name, score in columns.items():
        if label.ndim != 1 or label.shape != score.shape:
            raise AnalysisError(
                f"y_true and {by_name[name][1]} have shapes {label.shape} and {score.shape}: give one each"
            )
        if np.isnan(score).any():
            place = int(np.argmax(np.isnan(score)))
            raise AnalysisError(f"{by_name[name][1]}[{place}] is NaN: drop it or give it a rank")
    weight = None if sample_weight is None else _weights(sample_weight, label.shape)
    truth = _truth(label)
    if weight is None:
        return Scored(truth, np.array(list(columns.values())), None, tuple(columns))
    if not (weight[truth].sum() > 0 and weight[~truth].sum() > 0):
        raise AnalysisError("sample_weight leaves one class without weight: a curve needs both classes")
    some = weight > 0
    return Scored(
        truth[some], np.array([score[some] for score in columns.values()]), weight[some], tuple(columns)
    )


def _by_name(y_scores: Models, names: Sequence[str] | None) -> dict[str, tuple[Any, str]]:
    """Return each model's scores, with what to call them in a complaint."""
    if isinstance(y_scores, Mapping) or hasattr(y_scores, "columns"):
        by_key: Any = y_scores
        keys = list(by_key.columns if hasattr(by_key, "columns") else by_key)
        named = {str(name): (by_key[name], f"scores of {name!r}") for name in keys}
        if not named:
            raise AnalysisError("y_score holds no model: give one at least")
        if len(named) < len(keys):
            raise AnalysisError(f"names: {keys!r} must be {len(keys)} different names when written out")
        return named
    values = _array(y_scores, "y_score")
    if values.ndim < 2:  # noqa: PLR2004  # one model
        chosen = list(names or ["score"])
        rows = [values]
    else:
        chosen = list(names or [f"model {m + 1}" for m in range(len(values))])
        rows = list(values)
    if len(chosen) != len(rows) or len(set(chosen)) != len(chosen) or not rows:
        raise AnalysisError(f"names: {chosen!r} must be {len(rows)} different names, one for each model")
    wheres = ["y_score"] if len(rows) == 1 else [f"scores of {name!r}" for name in chosen]
    return {str(name): (row, where) for name, row, where in zip(chosen, rows, wheres, strict=True)}


def _array(values: Any, where: str) -> NDArray[Any]:  # noqa: ANN401  # whatever a user brings
    if np.ma.is_masked(values):
        raise AnalysisError(f"{where} has masked values: drop their rows")
    try:
        return np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:  # the last of tensors that have a gradient
        raise AnalysisError(f"{where} is no array of numbers ({' '.join(str(error).split())})") from None


def _numbers(values: Any, where: str) -> Array:  # noqa: ANN401  # whatever a user brings
    """Return floats, refusing what would be silently changed by that."""
    given = _array(values, where)
    if given.dtype.kind in "iu" and given.size and (np.abs(given.astype(np.float64)) >= EXACT).any():
        place = int(np.argmax(np.abs(given.astype(np.float64)) >= EXACT))
        raise AnalysisError(f"{where}[{place}]: {given.flat[place]} is beyond 2**53: rank the scores first")
    if given.dtype.kind not in "biufO":
        raise AnalysisError(f"{where} holds {given.dtype.name}: its values must be numbers")
    try:
        return np.asarray(given, dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise AnalysisError(f"{where} is no array of numbers ({' '.join(str(error).split())})") from None


def _weights(sample_weight: ArrayLike, shape: tuple[int, ...]) -> Array:
    weight = _numbers(sample_weight, "sample_weight")
    if weight.shape != shape:
        raise AnalysisError(f"sample_weight has shape {weight.shape}, y_score {shape}: give one each")
    bad = ~(np.isfinite(weight) & (weight >= 0))
    if bad.any():
        worst = int(np.argmax(bad))
        raise AnalysisError(f"sample_weight[{worst}]: {weight[worst]:g} must be a number of at least 0")
    largest = float(weight.max(initial=0))
    if largest > 0:
        # By a power of two, which rounds nothing, so that neither products nor sums overflow or vanish.
        scale = 2.0 ** -np.clip(np.frexp(largest)[1], -1000, 1000)
        if largest > 2.0**100 or largest < 2.0**-100:
            weight = weight * scale
    return weight


def _truth(label: NDArray[Any]) -> Labels:
    if not label.size:
        raise AnalysisError("y_true is empty: a curve needs both classes")
    try:
        classes = np.unique(label)
    except TypeError:
        raise AnalysisError("y_true mixes kinds of values: labels must be 0/1, -1/1 or False/True") from None
    if len(classes) == 1:
        raise AnalysisError(f"y_true holds only {classes[0]}: a curve needs both classes")
    if classes.tolist() not in ([0, 1], [-1, 1]):
        raise AnalysisError(f"y_true holds {classes[:4].tolist()}: labels must be 0/1, -1/1 or False/True")
    return np.asarray(label == classes[1], dtype=np.bool_)

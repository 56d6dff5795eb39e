"""DeLong's variance of AUROCs, without resampling.

DeLong, DeLong & Clarke-Pearson (1988), computed by mid-ranks as Sun & Xu (2014) do. Weighted examples give
weighted means of the same placements, whose variance is that of a ratio estimate.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.scores.areas import roc_area
from analysis.scores.curves import counted
from analysis.scores.intervals import (
    Cases,
    Difference,
    Interval,
    checked_level,
    difference_interval,
    effective,
    score_interval,
)
from analysis.scores.scored import Models, Scored, scored

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Delong:
    """AUROCs of m models and their covariance over samples of examples.

    Attributes
    ----------
    names
        Of the models.
    auroc
        Shape (m,).
    covariance
        Shape (m, m); NaN where a class has one example only.
    cases
        How much each model's area rests on.
    same
        Whether two models rank alike, shape (m, m).
    sizes
        How many positives and negatives there are.
    """

    names: tuple[str, ...]
    auroc: Array
    covariance: Array
    cases: tuple[Cases, ...]
    same: NDArray[np.bool_]
    sizes: tuple[int, int]

    def __repr__(self) -> str:
        shown = (f"{name} {value:.4f}" for name, value in zip(self.names, self.auroc, strict=True))
        return f"<AUROC by DeLong: {', '.join(shown)}>"

    def _repr_html_(self) -> str:
        from analysis.notebooks import as_html

        return as_html(repr(self)[1:-1], self.to_pandas().reset_index())

    def interval(self, model: str | None = None, level: float = 0.95) -> Interval:
        """Return the score interval of one AUROC (see :mod:`analysis.scores.intervals`)."""
        m = self._place(model)
        return score_interval(
            "auroc", float(self.auroc[m]), float(self.covariance[m, m]), self.cases[m], level
        )

    def difference(self, first: str, second: str, level: float = 0.95) -> Difference:
        """Return AUROC(first) - AUROC(second), its interval and DeLong's p-value (two-sided, normal)."""
        checked_level(level)
        a, b = self._place(first), self._place(second)
        gap = float(self.auroc[a] - self.auroc[b])
        if self.same[a, b]:
            return Difference(0.0, Interval(0.0, 0.0), 1.0)
        c = self.covariance
        variance = float(c[a, a] + c[b, b] - 2 * c[a, b])
        limits = (self.interval(first, level), self.interval(second, level))
        both = float(np.sqrt(c[a, a] * c[b, b]))
        correlation = float(c[a, b]) / both if both > 0 else 0.0
        interval = difference_interval(float(self.auroc[a]), float(self.auroc[b]), limits, correlation)
        return Difference(gap, interval, _p_value(gap, variance))

    def to_pandas(self) -> "pd.DataFrame":
        """Return a data frame, a row for each model: area, standard error, interval."""
        import pandas as pd

        limits = [self.interval(name) for name in self.names]
        return pd.DataFrame(
            {
                "auroc": self.auroc,
                "se": np.sqrt(np.diag(self.covariance)),
                "low": [interval.low for interval in limits],
                "high": [interval.high for interval in limits],
            },
            index=pd.Index(self.names, name="model"),
        )

    def _place(self, model: str | None) -> int:
        return place(self.names, model)


def place(names: tuple[str, ...], model: str | None) -> int:
    """Return the position of a model by its name, which may be left out where there is one only."""
    from analysis.errors import AnalysisError

    if model is None and len(names) == 1:
        return 0
    if model not in names:
        raise AnalysisError(f"model: {model!r} must be one of {', '.join(names)}")
    return names.index(model)


def delong(y_true: ArrayLike, y_scores: Models, sample_weight: ArrayLike | None = None) -> Delong:
    """Estimate AUROCs and their covariance without resampling.

    Parameters
    ----------
    y_true
        Labels, shape (n,).
    y_scores
        Scores of one model, shape (n,), of several, shape (m, n), or by name.
    sample_weight
        Shape (n,).

    Examples
    --------
    >>> result = delong([0, 0, 1, 1, 0, 1], {"a": [1, 2, 3, 4, 5, 6], "b": [3, 1, 2, 6, 5, 4]})
    >>> result
    <AUROC by DeLong: a 0.7778, b 0.6667>
    >>> [round(limit, 2) for limit in result.interval("a")]
    [0.27, 0.97]
    """
    return delong_of(scored(y_true, y_scores, sample_weight))


def delong_of(s: Scored) -> Delong:
    """Return the same of what is checked already."""
    truth, weight = s.labels, s.weight
    high, low = weight[truth], weight[~truth]
    placed = [_placements(truth, score, weight) for score in s.scores]
    for_positives = np.array([pair[0] for pair in placed])
    for_negatives = np.array([pair[1] for pair in placed])
    curves = [counted(truth, score, s.weights) for score in s.scores]
    auroc = np.array([float(roc_area(curve.rises)) for curve in curves])
    covariance = _covariance(for_positives, high) + _covariance(for_negatives, low)
    cases = tuple(
        Cases(
            effective(high),
            effective(low),
            min(effective((1 - up) * high), effective((1 - down) * low)),
            s.share,
        )
        for up, down in placed
    )
    return Delong(s.names, auroc, covariance, cases, _same(s.scores), (s.positives, s.negatives))


def _placements(truth: NDArray[np.bool_], score: Array, weight: Array) -> tuple[Array, Array]:
    """Return the share of negatives that each positive beats, and of positives that beat each negative."""
    high, low = score[truth], score[~truth]
    return _beaten(low, weight[~truth], high), 1 - _beaten(high, weight[truth], low)


def _beaten(others: Array, weight: Array, at: Array) -> Array:
    """Return the weight of ``others`` below each of ``at``, ties by half, as a share of all."""
    order = np.argsort(others, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(weight[order])])
    below = sums[np.searchsorted(others[order], at, side="left")]
    up_to = sums[np.searchsorted(others[order], at, side="right")]
    return np.asarray((below + up_to) / (2 * sums[-1]))


def _covariance(placements: Array, weight: Array) -> Array:
    n = placements.shape[1]
    if n == 1:
        return np.full((len(placements), len(placements)), np.nan)
    share = weight / weight.sum()
    off = (placements - (placements @ share)[:, None]) * share
    return np.asarray(off @ off.T * (n / (n - 1)))


def _same(scores: Array) -> NDArray[np.bool_]:
    """Tell which models put the examples into the same order, ties included."""
    ranks = [np.unique(score, return_inverse=True)[1] for score in scores]
    return np.array([[bool((a == b).all()) for b in ranks] for a in ranks])


def _p_value(gap: float, variance: float) -> float | None:
    from math import erfc, sqrt

    if gap == 0:
        return 1.0
    if not variance > 0:
        return None
    return erfc(abs(gap) / sqrt(2 * variance))

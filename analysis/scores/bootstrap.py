"""How sure an area is: DeLong's variance for AUROC, and a paired stratified bootstrap for every area.

Each replicate draws positives from positives and negatives from negatives, with replacement, the same
for all models, so that differences between models are differences on the same examples.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError
from analysis.scores import areas
from analysis.scores.curves import checked
from analysis.scores.geometry import first_value

Array = NDArray[np.float64]

AREAS: dict[str, Callable[[Array, Array], Array]] = {
    "AUROC": areas.roc_area,
    "AUPR": areas.pr_area_continuous,
    "AP": areas.pr_area_average,
    "AUPR trapezoid": areas.pr_area_trapezoid,
    "AUPRG": areas.prg_area,
}
GRID = np.linspace(0, 1, 101)
CELLS = 2_000_000


@dataclass(frozen=True, eq=False)
class Bands:
    """Pointwise limits of a model's curves over ``GRID``, rows low and high, shape (2, 101) each.

    ``tpr`` over false positive rate, ``precision`` over recall (from the second grid point on; the first
    repeats it), ``precision_gain`` over recall gain.
    """

    tpr: Array
    precision: Array
    precision_gain: Array


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Areas of m models: measured, and on B replicates.

    Attributes
    ----------
    measured
        Shape (m, number of ``AREAS``), in their order.
    replicates
        Shape (m, number of ``AREAS``, B).
    bands
        One for each model where they were asked for.
    """

    measured: Array
    replicates: Array
    bands: tuple[Bands, ...]

    def interval(self, model: int, area: int, level: float = 0.95) -> tuple[float, float]:
        """Return the percentile interval of one model's area."""
        return _percentiles(self.replicates[model, area], level)

    def difference(
        self, first: int, second: int, area: int, level: float = 0.95
    ) -> tuple[float, tuple[float, float]]:
        """Return area(first) - area(second) as measured, and its paired percentile interval."""
        measured = float(self.measured[first, area] - self.measured[second, area])
        return measured, _percentiles(self.replicates[first, area] - self.replicates[second, area], level)


def bootstrap(
    y_true: ArrayLike,
    y_scores: ArrayLike,
    *,
    replicates: int = 2000,
    rng: np.random.Generator,
    bands: bool = False,
    level: float = 0.95,
    advance: Callable[[int], None] = lambda _: None,
) -> Bootstrap:
    """Bootstrap every area of one or more models at once.

    Parameters
    ----------
    y_true
        Labels, shape (n,).
    y_scores
        Scores, shape (m, n) or (n,).
    replicates
        B.
    bands
        Whether to read the replicates' curves off on ``GRID`` as well.
    level
        Of the bands.
    advance
        Called with the number of replicates done since the last call, for a progress bar.
    """
    if replicates < 1:
        raise AnalysisError(f"bootstrap: {replicates} replicates must be at least 1")
    scores = np.atleast_2d(np.asarray(y_scores, dtype=np.float64))
    truth = checked(y_true, scores[0])[0]
    rankings = [_Ranking.of(truth, checked(y_true, score)[1]) for score in scores]
    n, p = len(truth), int(truth.sum())
    ones = np.ones((1, n))
    measured = np.array([_areas(*ranking.counts(ones)) for ranking in rankings])[..., 0]
    drawn = np.empty((len(scores), len(AREAS), replicates))
    curves = np.empty((len(scores), 3, replicates, len(GRID))) if bands else None
    size = max(1, CELLS // n)
    for start in range(0, replicates, size):
        rows = min(size, replicates - start)
        weights = np.hstack([_resample(rng, rows, p), _resample(rng, rows, n - p)])
        for m, ranking in enumerate(rankings):
            tp, fp = ranking.counts(weights)
            drawn[m, :, start : start + rows] = _areas(tp, fp)
            if curves is not None:
                for row in range(rows):
                    curves[m, :, start + row] = _curves(tp[row], fp[row])
        advance(rows)
    limits = () if curves is None else tuple(_bands(model, level) for model in curves)
    return Bootstrap(measured=measured, replicates=drawn, bands=limits)


@dataclass(frozen=True, eq=False)
class Delong:
    """AUROCs of m models, shape (m,), and their covariance over samples of examples, shape (m, m)."""

    auroc: Array
    covariance: Array

    def interval(self, model: int, level: float = 0.95) -> tuple[float, float]:
        """Return the normal interval of one AUROC, cut to [0, 1]."""
        low, high = _normal(float(self.auroc[model]), float(self.covariance[model, model]), level)
        return max(0.0, low), min(1.0, high)

    def difference(self, first: int, second: int, level: float = 0.95) -> tuple[float, tuple[float, float]]:
        """Return AUROC(first) - AUROC(second) and its normal interval."""
        gap = float(self.auroc[first] - self.auroc[second])
        c = self.covariance
        return gap, _normal(gap, float(c[first, first] + c[second, second] - 2 * c[first, second]), level)


def delong(y_true: ArrayLike, y_scores: ArrayLike) -> Delong:
    """Estimate AUROCs and their covariance without resampling.

    DeLong, DeLong & Clarke-Pearson (1988), computed by mid-ranks as in Sun & Xu (2014).
    """
    from scipy.stats import rankdata

    scores = np.atleast_2d(np.asarray(y_scores, dtype=np.float64))
    truth = checked(y_true, scores[0])[0]
    for score in scores:
        checked(y_true, score)
    p, n = int(truth.sum()), int((~truth).sum())
    if min(p, n) == 1:
        raise AnalysisError("y_true holds one class once only: its variance needs at least two examples")
    ranks = rankdata(scores, axis=1)
    within_positives = (ranks[:, truth] - rankdata(scores[:, truth], axis=1)) / n
    within_negatives = 1 - (ranks[:, ~truth] - rankdata(scores[:, ~truth], axis=1)) / p
    covariance = np.atleast_2d(np.cov(within_positives)) / p + np.atleast_2d(np.cov(within_negatives)) / n
    return Delong(auroc=within_positives.mean(axis=1), covariance=covariance)


@dataclass(frozen=True, eq=False)
class _Ranking:
    """Where each example, positives first, stands among a model's distinct scores."""

    positives: NDArray[np.intp]
    negatives: NDArray[np.intp]
    first_negative: int
    positive_ends: NDArray[np.intp]
    negative_ends: NDArray[np.intp]

    @classmethod
    def of(cls, truth: NDArray[np.bool_], score: Array) -> "_Ranking":
        levels = np.unique(-score)
        high, low = -score[truth], -score[~truth]
        order_high, order_low = np.argsort(high, kind="stable"), np.argsort(low, kind="stable")
        return cls(
            positives=order_high,
            negatives=order_low + len(high),
            first_negative=len(high),
            positive_ends=np.searchsorted(high[order_high], levels, side="right"),
            negative_ends=np.searchsorted(low[order_low], levels, side="right"),
        )

    def counts(self, weights: Array) -> tuple[Array, Array]:
        """Return tp and fp, shape (rows, K + 1), for weights of shape (rows, n), positives first."""
        return (
            _cumulated(weights[:, self.positives], self.positive_ends),
            _cumulated(weights[:, self.negatives], self.negative_ends),
        )


def _cumulated(weights: Array, ends: NDArray[np.intp]) -> Array:
    sums = np.zeros((len(weights), weights.shape[1] + 1))
    np.cumsum(weights, axis=1, out=sums[:, 1:])
    return sums[:, np.concatenate([[0], ends])]


def _resample(rng: np.random.Generator, rows: int, n: int) -> Array:
    drawn = rng.integers(0, n, (rows, n)) + n * np.arange(rows)[:, None]
    return np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def _areas(tp: Array, fp: Array) -> Array:
    return np.stack([area(tp, fp) for area in AREAS.values()])


def _curves(tp: Array, fp: Array) -> Array:
    """Read TPR, precision and precision gain off on the grid, linear in counts between thresholds."""
    p, n = tp[-1], fp[-1]
    recalls = np.maximum(GRID, GRID[1]) * p
    false = first_value(recalls, tp, fp)
    # recall gain r is reached where TP = P / (1 + (1 - r) N / P)
    gained = p / (1 + (1 - GRID) * n / p)
    return np.stack(
        [
            np.interp(GRID * n, fp, tp) / p,
            recalls / (recalls + false),
            1 - p / n * first_value(gained, tp, fp) / gained,
        ]
    )


def _bands(curves: Array, level: float) -> Bands:
    tails = [(1 - level) / 2, (1 + level) / 2]
    return Bands(*np.quantile(curves, tails, axis=1).swapaxes(0, 1))


def _percentiles(values: Array, level: float) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _normal(middle: float, variance: float, level: float) -> tuple[float, float]:
    from scipy.stats import norm

    reach = float(norm.ppf((1 + level) / 2)) * np.sqrt(max(variance, 0.0))
    return middle - reach, middle + reach

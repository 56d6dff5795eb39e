"""Bias, variance and noise by simulation: every fit sees the same data sets, every number has its error."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.bias_variance.decomposition import Problem, Split
from analysis.bias_variance.limits import MOST_NUMBERS, check_size
from analysis.bias_variance.polynomials import check_degrees, nested_fit
from analysis.errors import AnalysisError

Array = NDArray[np.float64]

FEWEST_DATASETS = 3
BATCH = 256
MOST_PREDICTIONS = 30_000_000


class Estimator(Protocol):
    """Anything with ``fit`` and ``predict`` in scikit-learn's manner."""

    def fit(self, X: Array, y: Array) -> Any:  # noqa: ANN401  # whatever it returns is not looked at
        """Learn from X, shape (n, 1), and y, shape (n,)."""

    def predict(self, X: Array) -> Any:  # noqa: ANN401  # anything that numpy takes as an array
        """Predict at X, shape (t, 1)."""


@dataclass(frozen=True, eq=False)
class Estimates:
    """Estimated values with their standard errors, shape (k,) each."""

    value: Array
    se: Array


@dataclass(frozen=True, eq=False)
class Simulation:
    """Bias², variance and MSE of k fits over M data sets that all fits share.

    Attributes
    ----------
    bias_squared
        Unbiased: the plug-in value less variance / M. Where the truth is near 0 it may fall below 0.
    variance
        Unbiased, with divisor M - 1.
    mse
        Mean squared distance to f plus the known variance of the noise.
    plug_in_bias_squared
        Squared distance of the mean prediction to f, too large by variance / M in expectation.
    errors
        MSE of each fit on each data set, shape (k, M).
    noise
        The known variance of the noise.
    """

    bias_squared: Estimates
    variance: Estimates
    mse: Estimates
    plug_in_bias_squared: Array
    errors: Array
    noise: float

    def difference(self, first: int, second: int) -> tuple[float, float]:
        """Return the paired mean of MSE(first) - MSE(second) over the data sets, and its standard error."""
        paired = self.errors[first] - self.errors[second]
        return float(paired.mean()), float(paired.std(ddof=1) / np.sqrt(len(paired)))


@dataclass(frozen=True, eq=False)
class FreshX:
    """What redrawing the training points does to k fits, with the noise averaged out exactly.

    Attributes
    ----------
    simulation
        Bias², variance and MSE over M draws of the training points.
    risks
        E[MSE] given each draw, shape (k, M). For high degrees its mean hangs on rare draws
        that leave a gap at an end of the interval; its quantiles do not.
    """

    simulation: Simulation
    risks: Array

    def quantile(self, level: float) -> Array:
        """Return the quantile of the risk over the draws, shape (k,)."""
        return np.asarray(np.quantile(self.risks, level, axis=1))


def simulate(
    hats: Array, problem: Problem, split: Split, *, datasets: int, rng: np.random.Generator
) -> Simulation:
    """Draw noise for M = ``datasets`` data sets and send all of it through every hat matrix at once."""
    _check(datasets, len(hats), len(split.x_test))
    check_size("datasets", datasets * len(split.x_train), f"{datasets:,} data sets")
    noise = rng.normal(0.0, np.sqrt(problem.noise), (datasets, len(split.x_train)))
    y = problem.target(split.x_train) + noise
    return summarise(y @ np.swapaxes(hats, 1, 2), problem.target(split.x_test), problem.noise)


def simulate_estimators(
    estimators: Sequence[Estimator],
    problem: Problem,
    split: Split,
    *,
    datasets: int,
    rng: np.random.Generator,
) -> Simulation:
    """Fit any estimators to M = ``datasets`` common data sets, one after the other.

    The estimators passed in stay as they are: copies are fitted. For fresh x give ``split.x_train`` the
    shape (M, n), one row for each data set.
    """
    _check(datasets, len(estimators), len(split.x_test))
    x_train = np.broadcast_to(split.x_train, (datasets, split.x_train.shape[-1]))
    y = problem.target(x_train) + rng.normal(0.0, np.sqrt(problem.noise), x_train.shape)
    predictions = np.empty((len(estimators), datasets, len(split.x_test)))
    for k, estimator in enumerate(estimators):
        for m in range(datasets):
            fitted = copy.deepcopy(estimator)
            fitted.fit(x_train[m][:, None], y[m])
            predictions[k, m] = np.asarray(fitted.predict(split.x_test[:, None])).reshape(-1)
    return summarise(predictions, problem.target(split.x_test), problem.noise)


def simulate_fresh_x(
    degrees: Sequence[int],
    problem: Problem,
    x_test: Array,
    *,
    points: int = 40,
    datasets: int = 100,
    rng: np.random.Generator,
    advance: Callable[[int], None] = lambda _: None,
) -> FreshX:
    """Redraw ``points`` training points, uniform on the interval, M = ``datasets`` times; fit every degree.

    All degrees see the same draws. The noise is not drawn: given x, its part is known exactly.
    ``advance`` is called with the number of data sets done since the last call, for a progress bar.
    """
    check_degrees(degrees)
    _check(datasets, len(degrees), len(x_test))
    f_test = problem.target(x_test)
    low, high = problem.interval
    check_size("datasets", datasets * points, f"{datasets:,} data sets")
    check_size("points", points * (max(degrees) + 1), f"polynomials up to degree {max(degrees)}")
    batch = min(BATCH, max(1, MOST_NUMBERS // (points * (max(degrees) + 1))))
    x_train = rng.uniform(low, high, (datasets, points))
    chosen = np.asarray(degrees)
    means = np.empty((len(degrees), datasets, len(x_test)))
    spreads = np.empty((len(degrees), datasets))
    for start in range(0, datasets, batch):
        x = x_train[start : start + batch]
        fit = nested_fit(max(degrees), x, x_test, problem.interval)
        weights = np.einsum("mnd,mn->md", fit.train, problem.target(x))
        by_degree = np.cumsum(fit.new * weights[:, None, :], axis=2)[..., chosen]
        means[:, start : start + batch] = np.moveaxis(by_degree, 2, 0)
        squares = problem.noise * np.cumsum((fit.new**2).mean(axis=1), axis=1)[:, chosen]
        spreads[:, start : start + batch] = squares.T
        advance(len(x))
    over_x = summarise(means, f_test, problem.noise)
    risks = over_x.errors + spreads
    # Each part gains what the noise adds: nothing to the bias, `spreads` to the variance and the risk.
    variance, mse = over_x.variance.value + spreads.mean(axis=1), risks.mean(axis=1)
    bias_se, variance_se = _jackknife(means - f_test, spreads)
    simulation = Simulation(
        bias_squared=Estimates(over_x.bias_squared.value, bias_se),
        variance=Estimates(variance, variance_se),
        mse=Estimates(mse, risks.std(axis=1, ddof=1) / np.sqrt(datasets)),
        plug_in_bias_squared=over_x.plug_in_bias_squared,
        errors=risks,
        noise=problem.noise,
    )
    return FreshX(simulation=simulation, risks=risks)


def summarise(predictions: Array, f_test: Array, noise: float) -> Simulation:
    """Estimate bias², variance and MSE with jackknife standard errors.

    Parameters
    ----------
    predictions
        Of k fits on M data sets at t points, shape (k, M, t).
    f_test
        The truth at those points, shape (t,).
    noise
        Known variance of the noise.
    """
    _check(predictions.shape[1], predictions.shape[0], predictions.shape[2])
    deviations = predictions - f_test
    plug_in = (deviations.mean(axis=1) ** 2).mean(axis=1)
    variance = predictions.var(axis=1, ddof=1).mean(axis=1)
    errors = (deviations**2).mean(axis=2) + noise
    datasets = errors.shape[1]
    bias_se, variance_se = _jackknife(deviations, np.zeros_like(errors))
    return Simulation(
        bias_squared=Estimates(plug_in - variance / datasets, bias_se),
        variance=Estimates(variance, variance_se),
        mse=Estimates(errors.mean(axis=1), errors.std(axis=1, ddof=1) / np.sqrt(datasets)),
        plug_in_bias_squared=plug_in,
        errors=errors,
        noise=noise,
    )


def _jackknife(deviations: Array, spreads: Array) -> tuple[Array, Array]:
    """Return the standard errors of unbiased bias² and variance, leaving each data set out in turn."""
    m = deviations.shape[1]
    squares = (deviations**2).mean(axis=2)
    rest = deviations.sum(axis=1, keepdims=True) - deviations
    rest_squares = squares.sum(axis=1, keepdims=True) - squares
    bias = ((rest**2).mean(axis=2) - rest_squares) / ((m - 1) * (m - 2))
    variance = (rest_squares + spreads.sum(axis=1, keepdims=True) - spreads) / (m - 1) - bias
    scale = np.sqrt(m - 1)
    return scale * bias.std(axis=1), scale * variance.std(axis=1)


def _check(datasets: int, fits: int, points: int) -> None:
    if datasets < FEWEST_DATASETS:
        raise AnalysisError(f"datasets: {datasets} must be at least {FEWEST_DATASETS} for standard errors")
    if datasets * fits * points > MOST_PREDICTIONS:
        raise AnalysisError(
            f"datasets: {fits} fits on {datasets} data sets at {points} test points make more than"
            f" {MOST_PREDICTIONS:,} predictions: lower one of the three"
        )

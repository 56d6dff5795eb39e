"""The experiments, from a problem to a result."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.bias_variance.decomposition import Problem, check_seed, exact, fixed_split
from analysis.bias_variance.limits import within_floats
from analysis.bias_variance.polynomials import Basis, hat_matrices, ridge_hat_matrices
from analysis.bias_variance.quadratic_forms import squared_error
from analysis.bias_variance.replay import detectability
from analysis.bias_variance.results import FixedXResult, FreshXResult, RidgeResult, Settings
from analysis.bias_variance.simulation import simulate, simulate_fresh_x
from analysis.errors import AnalysisError

Array = NDArray[np.float64]

ALPHAS = np.logspace(-6, 6, 121)
MOST_POINTS = 1000
"""Of a ridge comparison, which needs the eigenvalues of a matrix of twice as many rows and columns."""


def fixed_x(
    problem: Problem,
    *,
    degrees: Sequence[int] = range(1, 16),
    datasets: int = 100,
    points: int = 50,
    test: int = 10,
    seed: int = 21,
) -> FixedXResult:
    """Decompose least-squares polynomials for fixed x: exactly, and by simulation.

    Parameters
    ----------
    problem
        What is to be learnt.
    degrees
        Of the polynomials.
    datasets
        Data sets to simulate, common to all fits.
    points, test
        Points spread evenly over the interval, and how many of them, drawn at random, are to test on.
    seed
        Of every draw.

    Raises
    ------
    AnalysisError
        When the points do not determine a fit, or the numbers leave the range of floats.

    Examples
    --------
    >>> from analysis.bias_variance.target import parse_target
    >>> fixed_x(Problem(target=parse_target("x + sin(1.5*x)"))).best
    'degree 8'
    """
    with within_floats():
        settings, split = (
            Settings(problem, points, test, seed),
            fixed_split(problem, points=points, test=test, seed=seed),
        )
        hats = hat_matrices(degrees, split.x_train, split.x_test, problem.interval)
        truth = exact(hats, problem, split)
        simulation = simulate(hats, problem, split, datasets=datasets, rng=_stream(seed, 0))
    names = tuple(f"degree {degree}" for degree in degrees)
    return FixedXResult(settings, tuple(degrees), names, truth, simulation)


def fresh_x(
    problem: Problem,
    *,
    degrees: Sequence[int] = range(1, 16),
    datasets: int = 100,
    points: int = 50,
    test: int = 10,
    seed: int = 21,
    advance: Callable[[int], None] = lambda _: None,
) -> FreshXResult:
    """Decompose over redrawn training points, on test points in the middle of equal cells.

    The parameters are those of `fixed_x` and `simulate_fresh_x`.
    """
    if not 0 < test < points:
        raise AnalysisError(f"test: {test} points of {points} leave none to train or none to test on")
    low, high = problem.interval
    with within_floats():
        x_test = low + (np.arange(test) + 0.5) * (high - low) / test
        fresh = simulate_fresh_x(
            degrees,
            problem,
            x_test,
            points=points - test,
            datasets=datasets,
            rng=_stream(seed, 0),
            advance=advance,
        )
    names = tuple(f"degree {degree}" for degree in degrees)
    return FreshXResult(Settings(problem, points, test, seed), tuple(degrees), names, fresh)


def ridge(
    problem: Problem,
    *,
    alpha: float,
    degree: int = 10,
    basis: Basis = "legendre",
    datasets: int = 100,
    points: int = 50,
    test: int = 10,
    seed: int = 21,
) -> RidgeResult:
    """Compare one degree without and with a penalty, and follow the penalty over its path.

    The parameters are those of `fixed_x` and `ridge_hat_matrices`.
    """
    if not (np.isfinite(alpha) and alpha > 0):
        raise AnalysisError(f"ridge: {alpha:g} must be a penalty above 0")
    if problem.noise == 0:
        raise AnalysisError("noise: without noise there is no variance for --ridge to trade: give it some")
    if points > MOST_POINTS:
        raise AnalysisError(f"points: {points} must be at most {MOST_POINTS} for --ridge")
    with within_floats():
        split = fixed_split(problem, points=points, test=test, seed=seed)
        places = (split.x_train, split.x_test, problem.interval)
        path = exact(ridge_hat_matrices(ALPHAS.tolist(), degree, *places, basis=basis), problem, split)
        hats = ridge_hat_matrices((0.0, alpha), degree, *places, basis=basis)
        truth = exact(hats, problem, split)
        simulation = simulate(hats, problem, split, datasets=datasets, rng=_stream(seed, 0))
        f_train, f_test = problem.target(split.x_train), problem.target(split.x_test)
        plain, penalised = (squared_error(hat, f_train, f_test, problem.noise) for hat in hats)
        found = detectability(plain, penalised, datasets=datasets)
    names = (f"degree {degree}", f"ridge {alpha:g}")
    fits = FixedXResult(Settings(problem, points, test, seed), (degree, degree), names, truth, simulation)
    return RidgeResult(fits, alpha, basis, found, ALPHAS, path)


def sample(problem: Problem, *, points: int = 20, seed: int = 21) -> tuple[Array, Array]:
    """Return x, drawn uniformly on the interval, and y with its noise, shape (points,) each."""
    stream = _stream(seed, 1)
    low, high = problem.interval
    x = stream.uniform(low, high, points)
    return x, problem.target(x) + stream.normal(0.0, np.sqrt(problem.noise), points)


def _stream(seed: int, index: int) -> np.random.Generator:
    check_seed(seed)
    return np.random.default_rng(np.random.SeedSequence(seed).spawn(2)[index])

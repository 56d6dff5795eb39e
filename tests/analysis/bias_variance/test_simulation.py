import copy

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer

from analysis.bias_variance.decomposition import Problem, Split, exact, fixed_split
from analysis.bias_variance.polynomials import hat_matrices
from analysis.bias_variance.simulation import (
    Estimates,
    simulate,
    simulate_estimators,
    simulate_fresh_x,
    summarise,
)
from analysis.bias_variance.target import parse_target
from analysis.errors import AnalysisError

PROBLEM = Problem(target=parse_target("x + sin(1.5*x)"))
SPLIT = fixed_split(PROBLEM)
DEGREES = range(1, 16)
HATS = hat_matrices(DEGREES, SPLIT.x_train, SPLIT.x_test, PROBLEM.interval)
PARTS = ("bias_squared", "variance", "mse")


@pytest.mark.parametrize("part", PARTS)
def test_the_simulation_is_within_its_standard_errors(part: str) -> None:
    """Over 60 repetitions the scaled deviations from the exact figures are standard normal."""
    truth = getattr(exact(HATS, PROBLEM, SPLIT), part)
    scores = []
    for seed in range(60):
        drawn: Estimates = getattr(
            simulate(HATS, PROBLEM, SPLIT, datasets=200, rng=np.random.default_rng(seed)), part
        )
        scores.append((drawn.value - truth) / drawn.se)
    # The bias² of the high degrees is 0, where a jackknife is conservative.
    spread = np.std(scores, axis=0)[:8]
    assert np.abs(np.mean(scores, axis=0)).max() < 0.5
    assert spread.min() > 0.7
    assert spread.max() < 1.4


def test_bias_squared_is_unbiased_where_the_plug_in_is_not() -> None:
    truth = exact(HATS, PROBLEM, SPLIT)
    runs = [
        simulate(HATS, PROBLEM, SPLIT, datasets=10, rng=np.random.default_rng(seed)) for seed in range(400)
    ]
    plug_in = np.mean([run.plug_in_bias_squared for run in runs], axis=0)
    unbiased = np.mean([run.bias_squared.value for run in runs], axis=0)
    # From degree 8 on the bias is small, and variance / M is most of what the plug-in measures.
    np.testing.assert_allclose((plug_in - truth.bias_squared)[7:], truth.variance[7:] / 10, rtol=0.15)
    np.testing.assert_allclose(unbiased[7:], truth.bias_squared[7:], atol=0.0012)


def test_the_parts_add_up() -> None:
    run = simulate(HATS, PROBLEM, SPLIT, datasets=50, rng=np.random.default_rng(1))
    np.testing.assert_allclose(
        run.bias_squared.value + run.variance.value + run.noise, run.mse.value, rtol=1e-12
    )


def test_the_jackknife_is_leaving_one_out() -> None:
    rng = np.random.default_rng(5)
    predictions, f = rng.normal(size=(2, 7, 3)), rng.normal(size=3)
    run = summarise(predictions, f, 0.1)
    left_out = [summarise(np.delete(predictions, m, axis=1), f, 0.1) for m in range(7)]
    for part in PARTS:
        values = np.array([getattr(rest, part).value for rest in left_out])
        expected = np.sqrt(6 / 7 * ((values - values.mean(axis=0)) ** 2).sum(axis=0))
        np.testing.assert_allclose(getattr(run, part).se, expected, rtol=1e-10)


class Line:
    """A least-squares line, as an estimator that knows nothing of scikit-learn's base class."""

    def fit(self, X: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        self.model = LinearRegression().fit(X, y)

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(self.model.predict(X))


def test_any_estimator_sees_the_noise_that_the_hat_matrices_see() -> None:
    by_matrix = simulate(HATS[:1], PROBLEM, SPLIT, datasets=20, rng=np.random.default_rng(9))
    by_fitting = simulate_estimators(
        [LinearRegression(), Line()], PROBLEM, SPLIT, datasets=20, rng=np.random.default_rng(9)
    )
    np.testing.assert_allclose(by_fitting.errors, np.repeat(by_matrix.errors, 2, axis=0), rtol=1e-9)


def test_estimators_that_are_no_polynomials() -> None:
    spline = make_pipeline(SplineTransformer(8), LinearRegression())
    neighbours = KNeighborsRegressor(3)
    untouched = copy.deepcopy(neighbours.__dict__)
    run = simulate_estimators([spline, neighbours], PROBLEM, SPLIT, datasets=30, rng=np.random.default_rng(2))
    # Three neighbours average three noises: variance σ²/3, whatever f is.
    assert run.variance.value[1] == pytest.approx(0.1, abs=4 * run.variance.se[1])
    assert run.bias_squared.value[0] < run.bias_squared.value[1]
    assert neighbours.__dict__ == untouched


def test_pairing_narrows_differences() -> None:
    run = simulate(HATS, PROBLEM, SPLIT, datasets=100, rng=np.random.default_rng(3))
    gap, se = run.difference(8, 7)
    assert gap == pytest.approx(run.mse.value[8] - run.mse.value[7])
    assert se < 0.7 * np.hypot(run.mse.se[8], run.mse.se[7])


MIDDLES = np.linspace(0.5, 9.5, 10)


def test_fresh_x_is_what_fitting_each_data_set_gives() -> None:
    """The same draws of x, with the noise drawn as well and LinearRegression fitted on it."""
    datasets = 3000
    fresh = simulate_fresh_x([2], PROBLEM, MIDDLES, datasets=datasets, rng=np.random.default_rng(4))
    x = np.random.default_rng(4).uniform(0, 10, (datasets, 40))
    squares = [
        np.polynomial.Polynomial.fit(
            row, PROBLEM.target(row) + np.random.default_rng(m).normal(0, np.sqrt(0.3), 40), 2
        )(MIDDLES)
        for m, row in enumerate(x)
    ]
    fitted = summarise(np.array([squares]), PROBLEM.target(MIDDLES), 0.3)
    for part in PARTS:
        exactly, drawn = getattr(fresh.simulation, part), getattr(fitted, part)
        assert exactly.value[0] == pytest.approx(
            drawn.value[0], abs=4 * float(np.hypot(exactly.se, drawn.se)[0])
        )
        assert exactly.se[0] <= drawn.se[0]


def test_with_fresh_x_degree_6_is_best_by_the_mean_and_8_by_the_median() -> None:
    fresh = simulate_fresh_x(DEGREES, PROBLEM, MIDDLES, datasets=2000, rng=np.random.default_rng(1))
    assert DEGREES[int(np.argmin(fresh.simulation.mse.value))] == 6
    assert DEGREES[int(np.argmin(fresh.quantile(0.5)))] == 8
    assert fresh.simulation.mse.value[-1] > 1000 * fresh.quantile(0.5)[-1]


def test_fresh_x_for_estimators() -> None:
    x = np.random.default_rng(4).uniform(0, 10, (25, 40))
    run = simulate_estimators(
        [LinearRegression()], PROBLEM, Split(x, MIDDLES), datasets=25, rng=np.random.default_rng(1)
    )
    fresh = simulate_fresh_x([1], PROBLEM, MIDDLES, datasets=25, rng=np.random.default_rng(4))
    assert run.mse.value[0] == pytest.approx(fresh.simulation.mse.value[0], abs=5 * run.mse.se[0])


def test_fresh_x_in_batches_reports_its_progress() -> None:
    done: list[int] = []
    simulate_fresh_x([1], PROBLEM, MIDDLES, datasets=600, rng=np.random.default_rng(4), advance=done.append)
    assert sum(done) == 600
    assert len(done) > 1


def test_two_data_sets_are_too_few_for_an_error_bar() -> None:
    with pytest.raises(AnalysisError, match="datasets: 2 must be at least 3"):
        simulate(HATS, PROBLEM, SPLIT, datasets=2, rng=np.random.default_rng(1))

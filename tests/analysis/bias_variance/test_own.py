"""Functions of one's own, and nonsense: a number, or one sentence, before anything is drawn."""

from typing import Any

import numpy as np
import pytest

from analysis.bias_variance import (
    OwnTarget,
    Problem,
    fixed_split,
    fixed_x,
    fresh_x,
    parse_target,
    ridge,
    sample,
)
from analysis.errors import AnalysisError

LINE = Problem(target=parse_target("x"))


def test_a_function_is_decomposed_as_its_expression_is() -> None:
    by_text = fixed_x(Problem(target=parse_target("x + sin(1.5*x)")), degrees=(1, 8), datasets=10)
    by_function = fixed_x(
        Problem(target=OwnTarget(lambda x: x + np.sin(1.5 * x))), degrees=(1, 8), datasets=10
    )
    np.testing.assert_allclose(by_function.exact.mse, by_text.exact.mse, rtol=1e-12)
    np.testing.assert_allclose(by_function.simulation.mse.value, by_text.simulation.mse.value, rtol=1e-12)


def test_a_step_has_the_bias_that_a_sum_over_points_gives() -> None:
    """The mean is the fit of degree 0: its bias² is the mean square of f less the training mean."""
    problem = Problem(target=OwnTarget(lambda x: (x > 5) * 2), noise=0.5)
    split = fixed_split(problem)
    found = fixed_x(problem, degrees=[0], datasets=5).exact
    mean = np.mean(2.0 * (split.x_train > 5))
    assert found.bias_squared[0] == pytest.approx(np.mean((2.0 * (split.x_test > 5) - mean) ** 2))
    assert found.variance[0] == pytest.approx(0.5 / 40)


def test_a_function_is_called_what_it_is() -> None:
    class Step:
        def __call__(self, x: np.ndarray) -> np.ndarray:
            return x > 0

    assert [str(OwnTarget(function)) for function in (np.sign, Step())] == ["sign", "Step"]


@pytest.mark.parametrize("test", [0, 50])
def test_points_to_train_and_to_test_on(test: int) -> None:
    for experiment in (fixed_x, fresh_x, fixed_split):
        with pytest.raises(
            AnalysisError, match=f"test: {test} points of 50 leave none to train or none to test"
        ):
            experiment(LINE, test=test)
    one = fresh_x(LINE, degrees=[1], points=4, test=1, datasets=3)
    assert (one.degrees, one.fresh.simulation.errors.shape) == ((1,), (1, 3))


def test_a_ridge_comparison_is_of_the_points_that_are_asked_for() -> None:
    found = ridge(LINE, alpha=1.0, degree=2, points=30, test=5, datasets=4, seed=3)
    plain = fixed_x(LINE, degrees=[2], points=30, test=5, datasets=4, seed=3)
    np.testing.assert_allclose(found.fits.exact.mse[0], plain.exact.mse[0], rtol=1e-12)
    np.testing.assert_allclose(found.fits.simulation.errors[0], plain.simulation.errors[0], rtol=1e-12)
    assert found.fits.settings == plain.settings


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (lambda _: 1.0, r"returns values of shape \(\) for points of shape \(40,\): return one for each"),
        (lambda x: x[:3], r"returns values of shape \(3,\) for points of shape \(40,\)"),
        (lambda x: np.where(x > 5, np.nan, x), "is not a finite real number at x = "),
        (lambda x: x * 1j, "returns complex128: its values must be numbers"),
        (lambda x: x.astype(str), "returns str.*: its values must be numbers"),
    ],
)
def test_a_function_that_gives_no_numbers_is_refused(function: Any, sentence: str) -> None:  # noqa: ANN401  # any
    with pytest.raises(AnalysisError, match=rf"f\(x\) = <lambda> {sentence}"):
        fixed_x(Problem(target=OwnTarget(function)), degrees=[1])


@pytest.mark.parametrize("target", ["x**2", np.sin, None])
def test_what_is_no_target_is_refused_with_the_way_out(target: Any) -> None:  # noqa: ANN401  # any
    with pytest.raises(AnalysisError, match="must be made by parse_target, of an expression in x, or be an"):
        Problem(target=target)


@pytest.mark.parametrize(
    ("degrees", "sentence"),
    [
        ([], "degrees: must be one at least"),
        ([-1], "degrees: -1 must be a whole number of at least 0"),
        ([1.5], "degrees: 1.5 must be a whole number of at least 0"),
        ([1, 10**9], "degree 1000000000 must be at most"),
    ],
)
def test_degrees_that_are_none(degrees: Any, sentence: str) -> None:  # noqa: ANN401  # any
    for experiment in (fixed_x, fresh_x):
        with pytest.raises(AnalysisError, match=sentence):
            experiment(LINE, degrees=degrees)
    if degrees:
        with pytest.raises(AnalysisError, match=sentence):
            ridge(LINE, alpha=1.0, degree=degrees[-1])


@pytest.mark.parametrize("seed", [-1, 1.5, 2**32, "x"])
def test_seeds_that_are_none(seed: Any) -> None:  # noqa: ANN401  # any
    for experiment in (fixed_x, fresh_x, sample, fixed_split):
        with pytest.raises(AnalysisError, match=r"seed: .* must be a whole number from 0 to 2\*\*32 - 1"):
            experiment(LINE, seed=seed)


def test_a_basis_that_is_none_is_not_taken_for_monomials() -> None:
    with pytest.raises(AnalysisError, match="basis: 'x' must be one of legendre, monomial"):
        ridge(LINE, alpha=1.0, basis="x")  # type: ignore[arg-type]  # what is refused

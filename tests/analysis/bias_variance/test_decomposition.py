import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from analysis.bias_variance.decomposition import Problem, exact, fixed_split
from analysis.bias_variance.polynomials import hat_matrices, ridge_hat_matrices
from analysis.bias_variance.quadratic_forms import squared_error
from analysis.bias_variance.target import parse_target
from analysis.errors import AnalysisError

PROBLEM = Problem(target=parse_target("x + sin(1.5*x)"))
SPLIT = fixed_split(PROBLEM)

# E[MSE], bias², variance by degree, computed elsewhere and published with the original assignment's answers.
PUBLISHED = {
    1: (1.141920, 0.827147, 0.014773),
    2: (0.976785, 0.659954, 0.016831),
    3: (1.013351, 0.686531, 0.026820),
    4: (0.956629, 0.620499, 0.036130),
    5: (0.971751, 0.629122, 0.042628),
    6: (0.520838, 0.167545, 0.053292),
    7: (0.467856, 0.105264, 0.062591),
    8: (0.377492, 0.003803, 0.073688),
    9: (0.384908, 0.002224, 0.082684),
    10: (0.390883, 0.000310, 0.090573),
}


def test_the_published_rows_to_six_digits() -> None:
    hats = hat_matrices([*PUBLISHED, 15], SPLIT.x_train, SPLIT.x_test, PROBLEM.interval)
    truth = exact(hats, PROBLEM, SPLIT)
    rows = np.stack([truth.mse, truth.bias_squared, truth.variance], axis=1).round(6)
    assert rows[:-1].tolist() == [list(row) for row in PUBLISHED.values()]
    assert rows[-1, 0] == 0.504283
    assert int(np.argmin(truth.mse)) + 1 == 8


def test_the_published_ridge_row() -> None:
    hats = ridge_hat_matrices([0.5], 10, SPLIT.x_train, SPLIT.x_test, PROBLEM.interval, basis="monomial")
    truth = exact(hats, PROBLEM, SPLIT)
    assert (truth.mse[0].round(6), truth.bias_squared[0].round(6), truth.variance[0].round(6)) == (
        0.387058,
        0.017737,
        0.069321,
    )


@given(st.integers(0, 1000), st.floats(0, 10), st.integers(1, 12))
def test_the_parts_add_up_to_the_mean_of_the_error(seed: int, noise: float, degree: int) -> None:
    """The mean of the error as a quadratic form in the noise knows nothing of bias and variance."""
    problem = Problem(target=PROBLEM.target, noise=noise)
    split = fixed_split(problem, seed=seed)
    hats = hat_matrices([degree], split.x_train, split.x_test, problem.interval)
    truth = exact(hats, problem, split)
    form = squared_error(hats[0], problem.target(split.x_train), problem.target(split.x_test), noise)
    assert truth.bias_squared[0] + truth.variance[0] + truth.noise == pytest.approx(form.mean, rel=1e-12)


def test_the_algebra_of_the_decomposition() -> None:
    """Three predictions, two noises, any chances: the square splits if they are independent, else not."""
    f, s, c = sympy.symbols("f s c", real=True)
    g = sympy.symbols("g1:4", real=True)
    p1, p2 = sympy.symbols("p1 p2", positive=True)
    chances = (p1, p2, 1 - p1 - p2)
    # c tilts the noise towards +s where the prediction is g1 and back where it is g2: E[noise] stays 0.
    tilt = (c / p1, -c / p2, 0)
    joint = {
        (prediction, sign * s): chance * (1 + sign * t) / 2
        for prediction, chance, t in zip(g, chances, tilt, strict=True)
        for sign in (1, -1)
    }
    mean = sum(chance * prediction for prediction, chance in zip(g, chances, strict=True))
    variance = sum(chance * (prediction - mean) ** 2 for prediction, chance in zip(g, chances, strict=True))
    error = sum(chance * (f + noise - prediction) ** 2 for (prediction, noise), chance in joint.items())
    covariance = sum(chance * noise * prediction for (prediction, noise), chance in joint.items())
    parts = (f - mean) ** 2 + variance + s**2
    assert sympy.simplify(sum(chance * noise for (_, noise), chance in joint.items())) == 0
    assert sympy.simplify(error - parts + 2 * covariance) == 0
    assert sympy.simplify((error - parts).subs(c, 0)) == 0
    assert sympy.simplify(covariance) != 0


def test_a_seed_names_a_split_for_good() -> None:
    assert SPLIT.x_test.round(6).tolist() == (
        np.random.RandomState(21).permutation(np.linspace(0, 10, 50))[40:].round(6).tolist()
    )
    assert sorted([*SPLIT.x_train, *SPLIT.x_test]) == np.linspace(0, 10, 50).tolist()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"noise": -1.0}, "noise: -1 is a variance"),
        ({"noise": float("nan")}, "noise: nan"),
        ({"interval": (3.0, 3.0)}, "interval: 3 must be below 3"),
    ],
)
def test_a_senseless_problem_is_refused(settings: dict[str, float], said: str) -> None:
    with pytest.raises(AnalysisError, match=said):
        Problem(target=PROBLEM.target, **settings)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("test", [0, 50, 60])
def test_a_split_needs_both_parts(test: int) -> None:
    with pytest.raises(AnalysisError, match=f"test: {test} points of 50"):
        fixed_split(PROBLEM, test=test)

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial.legendre import legvander
from sklearn.linear_model import Ridge

from analysis.bias_variance.polynomials import Basis, hat_matrices, nested_fit, ridge_hat_matrices
from analysis.errors import AnalysisError

INTERVAL = (0.0, 10.0)
X = np.random.RandomState(21).permutation(np.linspace(0, 10, 50))
TRAIN, TEST = X[:40], X[40:]


@pytest.mark.parametrize("degree", [1, 3, 8, 15])
def test_least_squares_is_numpys(degree: int) -> None:
    y = np.random.default_rng(1).normal(size=40)
    expected = np.polynomial.Polynomial.fit(TRAIN, y, degree)(TEST)
    (hat,) = hat_matrices([degree], TRAIN, TEST, INTERVAL)
    np.testing.assert_allclose(hat @ y, expected, rtol=0, atol=1e-11)


@given(st.integers(0, 12), st.integers(0, 2**32 - 1))
def test_a_polynomial_of_the_degree_is_reproduced(degree: int, seed: int) -> None:
    coefficients = np.random.default_rng(seed).normal(size=degree + 1)
    polynomial = np.polynomial.Chebyshev(coefficients, domain=INTERVAL)
    (hat,) = hat_matrices([degree], TRAIN, TEST, INTERVAL)
    np.testing.assert_allclose(hat @ polynomial(TRAIN), polynomial(TEST), rtol=0, atol=1e-10)


def test_one_factorisation_serves_every_degree() -> None:
    together = hat_matrices(range(1, 16), TRAIN, TEST, INTERVAL)
    alone = [hat_matrices([degree], TRAIN, TEST, INTERVAL)[0] for degree in range(1, 16)]
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-12)


def test_many_data_sets_at_once_are_many_one_by_one() -> None:
    x = np.random.default_rng(2).uniform(0, 10, (3, 40))
    batch = nested_fit(5, x, TEST, INTERVAL)
    for row in range(3):
        expected = hat_matrices([5], x[row], TEST, INTERVAL)[0]
        np.testing.assert_allclose(batch.new[row] @ batch.train[row].T, expected, rtol=0, atol=1e-12)


def test_ridge_on_raw_monomials_is_right_to_the_last_bits() -> None:
    """The normal equations of x, x², …, x¹⁰, hopeless in floats, solved with 60 digits."""
    with mpmath.workdps(60):
        powers = mpmath.matrix([[mpmath.mpf(float(x)) ** j for j in range(11)] for x in TRAIN])
        penalty = mpmath.diag([0, *[mpmath.mpf("0.5")] * 10])
        new = mpmath.matrix([[mpmath.mpf(float(x)) ** j for j in range(11)] for x in TEST])
        expected = new * mpmath.inverse(powers.T * powers + penalty) * powers.T
        expected = np.array(expected.tolist(), dtype=np.float64)
    (hat,) = ridge_hat_matrices([0.5], 10, TRAIN, TEST, INTERVAL, basis="monomial")
    np.testing.assert_allclose(hat, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("alpha", [1e-3, 0.5, 100.0])
def test_ridge_on_legendre_polynomials_is_scikit_learns(alpha: float) -> None:
    y = np.random.default_rng(3).normal(size=40)
    features = legvander(TRAIN / 5 - 1, 10)[:, 1:]
    fitted = Ridge(alpha=alpha, solver="svd").fit(features, y)
    (hat,) = ridge_hat_matrices([alpha], 10, TRAIN, TEST, INTERVAL)
    np.testing.assert_allclose(hat @ y, fitted.predict(legvander(TEST / 5 - 1, 10)[:, 1:]), atol=1e-12)


@pytest.mark.parametrize("basis", ["legendre", "monomial"])
@given(st.floats(0, 1e6))
def test_the_constant_is_never_penalised(basis: Basis, alpha: float) -> None:
    (hat,) = ridge_hat_matrices([alpha], 6, TRAIN, TEST, INTERVAL, basis=basis)
    np.testing.assert_allclose(hat.sum(axis=1), 1, rtol=0, atol=1e-9)


def test_without_a_penalty_the_basis_does_not_matter() -> None:
    plain = hat_matrices([10], TRAIN, TEST, INTERVAL)
    for basis in ("legendre", "monomial"):
        np.testing.assert_array_equal(
            ridge_hat_matrices([0.0], 10, TRAIN, TEST, INTERVAL, basis=basis), plain
        )


def test_an_endless_penalty_leaves_the_mean() -> None:
    (hat,) = ridge_hat_matrices([1e14], 6, TRAIN, TEST, INTERVAL)
    np.testing.assert_allclose(hat, 1 / 40, atol=1e-9)


def test_too_few_distinct_points_are_refused() -> None:
    with pytest.raises(AnalysisError, match="degree 3 needs 4 distinct training points, there are 3"):
        hat_matrices([1, 3], np.array([0.0, 1.0, 1.0, 2.0]), TEST, INTERVAL)


@pytest.mark.parametrize("alpha", [-1.0, float("nan"), float("inf")])
def test_a_senseless_penalty_is_refused(alpha: float) -> None:
    with pytest.raises(AnalysisError, match=r"ridge: .* must be a penalty of at least 0"):
        ridge_hat_matrices([alpha], 3, TRAIN, TEST, INTERVAL)


def test_a_penalty_is_on_polynomials_of_the_interval_wherever_it_lies() -> None:
    x, new = np.linspace(2, 5, 20), np.array([2.5, 4.9])
    y = np.random.default_rng(3).normal(size=20)

    def features(at: np.ndarray) -> np.ndarray:
        return legvander((at - 3.5) / 1.5, 4)[:, 1:]

    expected = Ridge(alpha=0.7).fit(features(x), y).predict(features(new))
    (hat,) = ridge_hat_matrices([0.7], 4, x, new, (2.0, 5.0))
    np.testing.assert_allclose(hat @ y, expected, rtol=1e-9)


def test_what_would_take_too_much_memory_is_named() -> None:
    points = np.linspace(0, 1, 5000)
    with pytest.raises(AnalysisError) as refused:
        hat_matrices([1, 2, 3], points, points, (0.0, 1.0))
    assert str(refused.value) == (
        "points: 3 fits from 5,000 points to 5,000 would take 0.6 GB, more than 0.4 GB: lower it"
    )

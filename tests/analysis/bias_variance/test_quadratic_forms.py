import numpy as np
import pytest
from scipy import stats

from analysis.bias_variance.polynomials import hat_matrices
from analysis.bias_variance.quadratic_forms import QuadraticForm, squared_error


@pytest.mark.parametrize(("n", "copies", "below"), [(3, 1, 2.0), (3, 7, 2.0), (5, 1, 9.0), (40, 1, 35.0)])
def test_a_sum_of_squares_is_chi_squared(n: int, copies: int, below: float) -> None:
    form = QuadraticForm(np.eye(n), np.zeros(n), -below)
    expected = stats.chi2(n * copies).cdf(below * copies)
    assert form.probability_negative(copies) == pytest.approx(expected, abs=1e-6)


def test_a_shifted_sum_of_squares_is_noncentral_chi_squared() -> None:
    shift = np.array([0.5, -1.0, 2.0, 0.0])
    form = QuadraticForm(np.eye(4), shift, float(shift @ shift) - 8.0)
    assert form.probability_negative() == pytest.approx(stats.ncx2(4, shift @ shift).cdf(8.0), abs=1e-6)


def test_without_randomness_the_constant_decides() -> None:
    zero = QuadraticForm(np.zeros((2, 2)), np.zeros(2), -1.0)
    assert zero.probability_negative() == 1.0
    assert (zero - zero).probability_negative() == 0.0


def test_the_error_of_a_fit_has_the_moments_of_many_draws() -> None:
    rng = np.random.default_rng(4)
    x, new = np.linspace(0, 1, 12), np.linspace(0.1, 0.9, 5)
    line, cubic = hat_matrices([1, 3], x, new, (0.0, 1.0))
    f, f_new = np.sin(5 * x), np.sin(5 * new)
    noise = rng.normal(0, 0.5, (100_000, 17))

    def errors(hat: np.ndarray, noise: np.ndarray) -> np.ndarray:
        return np.asarray(((f_new + noise[:, 12:] - (f + noise[:, :12]) @ hat.T) ** 2).mean(axis=1))

    first, second = (squared_error(hat, f, f_new, 0.25) for hat in (line, cubic))
    common = errors(line, noise) - errors(cubic, noise)
    separate = errors(line, noise) - errors(cubic, rng.normal(0, 0.5, noise.shape))
    for form, measured in ((first - second, common), (first.minus_independent(second), separate)):
        assert form.mean == pytest.approx(measured.mean(), abs=4 * measured.std() / np.sqrt(1e5))
        assert form.variance == pytest.approx(measured.var(), rel=0.05)
        assert form.probability_negative() == pytest.approx((measured < 0).mean(), abs=0.007)

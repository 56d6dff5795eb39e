import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.bias_variance.polynomials import hat_matrices
from analysis.bias_variance.quadratic_forms import QuadraticForm, squared_error
from tests.effort import examples


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


SIGNED = np.diag([1.0, 1.0, 1.0, -2.0, -2.0])


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e3, 1e-200, 1e200])
def test_the_unit_of_a_form_does_not_matter(scale: float) -> None:
    centred = QuadraticForm(scale * np.diag([1.0, -1.0, 1.0, -1.0]), np.zeros(4), 0.0)
    assert centred.probability_negative() == pytest.approx(0.5, abs=1e-9)
    # A sum of three squares is below twice one of two with the law of F.
    form = QuadraticForm(scale * SIGNED, np.zeros(5), 0.0)
    assert form.probability_negative() == pytest.approx(stats.f(3, 2).cdf(4 / 3), abs=1e-9)


@pytest.mark.parametrize("deviations", [0.5, 3.0, 30.0, 1e6])
@pytest.mark.parametrize("copies", [1, 100])
def test_a_linear_form_is_normal_far_out_in_the_tails(deviations: float, copies: int) -> None:
    form = QuadraticForm(np.zeros((1, 1)), np.ones(1), 2 * deviations)
    expected = stats.norm.cdf(-deviations * np.sqrt(copies))
    assert form.probability_negative(copies) == pytest.approx(expected, rel=1e-9)
    other = QuadraticForm(np.zeros((1, 1)), np.ones(1), -2 * deviations)
    assert other.probability_negative(copies) == pytest.approx(1 - expected, rel=1e-9)


@pytest.mark.parametrize(("n", "below"), [(3, 1e-3), (3, 1e-6), (3, 1e-9), (40, 1.0), (40, 0.01)])
def test_a_sum_of_squares_is_chi_squared_far_out_in_the_tail(n: int, below: float) -> None:
    form = QuadraticForm(np.eye(n), np.zeros(n), -below)
    assert form.probability_negative() == pytest.approx(stats.chi2(n).cdf(below), rel=1e-6)


@pytest.mark.parametrize("scale", [1.0, 1e-200, 1e200])
def test_the_unit_of_a_linear_form_does_not_matter(scale: float) -> None:
    form = QuadraticForm(np.zeros((2, 2)), scale * np.array([3.0, -4.0]), 0.0)
    assert form.probability_negative() == pytest.approx(0.5, abs=1e-9)
    other = QuadraticForm(np.zeros((2, 2)), scale * np.array([3.0, -4.0]), 10 * scale)
    assert other.probability_negative() == pytest.approx(stats.norm.cdf(-1), rel=1e-9)


def test_a_form_that_is_never_negative_has_no_chance_to_be() -> None:
    assert QuadraticForm(np.eye(3), np.zeros(3), 0.0).probability_negative(5) == 0.0
    assert QuadraticForm(np.eye(3), np.zeros(3), 1.0).probability_negative() == 0.0


def test_what_the_quadrature_cannot_find_to_six_digits_is_not_known() -> None:
    assert QuadraticForm(np.eye(1), np.zeros(1), -0.5).probability_negative() is None


def test_what_rounding_left_of_an_eigenvalue_is_nothing() -> None:
    form = QuadraticForm(np.diag([0.0, 2.5e-52, -1.0]), np.zeros(3), 0.0)
    assert form.probability_negative(3) == 1.0


@examples(40)
@given(
    st.lists(st.floats(-1, 1), min_size=3, max_size=6),
    st.floats(-100, 100),
    st.floats(-1e5, 1e5),
    st.integers(3, 200),
)
def test_a_probability_is_one(values: list[float], shift: float, constant: float, copies: int) -> None:
    form = QuadraticForm(np.diag(values), np.full(len(values), shift), constant)
    probability = form.probability_negative(copies)
    assert probability is not None
    assert 0 <= probability <= 1
    # By Cantelli's inequality the mean of so many copies is not far from the mean.
    if form.variance > 0:
        distance = form.mean / np.sqrt(form.variance / copies)
        bound = 1 / (1 + distance**2)
        assert probability <= bound + 1e-6 if distance > 0 else probability >= 1 - bound - 1e-6

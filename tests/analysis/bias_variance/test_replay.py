import random

import numpy as np
import pytest

from analysis.bias_variance.decomposition import Problem, Split
from analysis.bias_variance.polynomials import hat_matrices
from analysis.bias_variance.quadratic_forms import squared_error
from analysis.bias_variance.replay import (
    DATASETS,
    PRINTED_LINES,
    PRINTED_RIDGE,
    PRINTED_SAMPLE,
    PRINTED_TABLE,
    Replay,
    Row,
    _row,
    agrees,
    detectability,
    probability_best_found,
    replay_homework,
)
from analysis.bias_variance.target import parse_target


@pytest.fixture(scope="module")
def replayed() -> Replay:
    return replay_homework()


def test_question_1_2_digit_by_digit(replayed: Replay) -> None:
    rows = [(int(x), f"{y:.6f}") for x, y in zip(replayed.x, replayed.y, strict=True)]
    assert rows == list(PRINTED_SAMPLE)


@pytest.mark.parametrize("degree", PRINTED_LINES)
def test_question_1_3_digit_by_digit(replayed: Replay, degree: int) -> None:
    assert all(map(agrees, replayed.lines[degree], PRINTED_LINES[degree]))


@pytest.mark.parametrize("degree", PRINTED_TABLE)
def test_question_1_4_digit_by_digit(replayed: Replay, degree: int) -> None:
    row = replayed.table[degree]
    assert (f"{row.mse:.6f}", f"{row.bias_squared:.6f}", f"{row.variance:.6f}") == PRINTED_TABLE[degree]


def test_the_noise_that_was_inferred_by_subtraction(replayed: Replay) -> None:
    inferred = [row.mse - row.bias_squared - row.variance for row in replayed.table.values()]
    printed = ["0.342875", "0.330703", "0.318021", "0.259469", "0.300784", "0.305870"]
    assert [f"{value:.6f}" for value in inferred[:6]] == printed


def test_question_1_5_was_printed_by_the_second_run_of_its_cell(replayed: Replay) -> None:
    first, (plain, ridge) = replayed.ridge
    assert plain.agrees(PRINTED_RIDGE[0])
    # The hand-in's solver, on powers up to 10¹⁰, lost the last digit that it printed.
    for value, printed in zip(vars(ridge).values(), PRINTED_RIDGE[1], strict=True):
        assert value == pytest.approx(float(printed), abs=1.5e-6)
    assert first[0].mse < first[1].mse
    assert plain.mse > ridge.mse


def test_degree_8_is_best(replayed: Replay) -> None:
    assert int(np.argmin(replayed.exact.mse)) + 1 == 8


def test_what_question_1_5_could_conclude(replayed: Replay) -> None:
    """The gain and its standard deviation as published; the chances as a normal law has them."""
    found = replayed.detectability
    assert round(found.gain, 4) == 0.0038
    assert round(found.unpaired_sd, 3) in (0.025, 0.026)
    assert found.unpaired_wrong == pytest.approx(0.441, abs=0.001)
    assert found.paired_wrong == pytest.approx(0.318, abs=0.005)
    assert found.paired_needed is not None
    assert found.unpaired_needed is not None
    assert found.paired_needed < found.unpaired_needed / 10


def test_the_chance_of_a_wrong_sign_against_runs_of_the_scheme(replayed: Replay) -> None:
    """Replay 1.5 four thousand times with noise of its own for each fit."""
    split, f = replayed.split, replayed.problem.target
    from analysis.bias_variance.polynomials import ridge_hat_matrices

    hats = ridge_hat_matrices(
        (0.0, 0.5), 10, split.x_train, split.x_test, replayed.problem.interval, basis="monomial"
    )
    rng = np.random.default_rng(8)
    averages = []
    for hat in hats:
        means = []
        for _ in range(4000):
            noise = rng.normal(0, np.sqrt(0.3), (DATASETS, 50))
            predictions = (f(split.x_train) + noise[:, :40]) @ hat.T
            means.append(((f(split.x_test) + noise[:, 40:] - predictions) ** 2).mean())
        averages.append(np.array(means))
    gains = averages[0] - averages[1]
    assert gains.std() == pytest.approx(replayed.detectability.unpaired_sd, rel=0.05)
    assert (gains < 0).mean() == pytest.approx(replayed.detectability.unpaired_wrong, abs=0.03)


def test_the_chance_of_finding_the_best_degree(replayed: Replay) -> None:
    """Draw each degree's average error from its own normal law and see which is lowest."""
    split, f = replayed.split, replayed.problem.target
    hats = hat_matrices(range(1, 16), split.x_train, split.x_test, replayed.problem.interval)
    errors = [squared_error(hat, f(split.x_train), f(split.x_test), 0.3) for hat in hats]
    rng = np.random.default_rng(6)
    drawn = np.stack([rng.normal(e.mean, np.sqrt(e.variance / DATASETS), 100_000) for e in errors])
    assert probability_best_found(errors, DATASETS) == pytest.approx(
        (drawn.argmin(axis=0) == 7).mean(), abs=0.006
    )
    assert replayed.best_probability == probability_best_found(errors, DATASETS)


def test_a_comparison_the_other_way_round_has_the_same_chances(replayed: Replay) -> None:
    split, f = replayed.split, replayed.problem.target
    hats = hat_matrices([8, 9], split.x_train, split.x_test, replayed.problem.interval)
    eighth, ninth = (squared_error(hat, f(split.x_train), f(split.x_test), 0.3) for hat in hats)
    there, back = detectability(ninth, eighth, datasets=100), detectability(eighth, ninth, datasets=100)
    assert there.gain == pytest.approx(-back.gain)
    assert there.unpaired_wrong == pytest.approx(back.unpaired_wrong, abs=1e-6)
    assert there.paired_wrong == pytest.approx(back.paired_wrong, abs=1e-6)


def test_by_hand() -> None:
    """A fit that predicts 0 and one that predicts 2·y, of f = 0, each measured on a test value of its own.

    Errors are a² and (b - 2 c)² of standard normal numbers, of means 1 and 5 and variances 2 and 50; on
    common noise b is a, and the difference, a² - (a - 2 c)² = 4 c (a - c), has the variance 48.
    """
    zero, double = (squared_error(np.array([[h]]), np.zeros(1), np.zeros(1), 1.0) for h in (0.0, 2.0))
    found = detectability(zero, double, datasets=100)
    assert (found.gain, found.unpaired_sd) == pytest.approx((-4, 0.52**0.5))
    assert found.paired_sd == pytest.approx(0.48**0.5)
    # 1.96² · 52 / 4² and 1.96² · 48 / 4²
    assert (found.unpaired_needed, found.paired_needed) == (13, 12)
    assert found.unpaired_wrong is not None
    assert found.unpaired_wrong < 1e-6


@pytest.mark.parametrize("unit", [1e-12, 1e-6, 1e6])
def test_the_unit_of_an_error_does_not_matter(unit: float) -> None:
    hats = np.array([[[0.5, 0.4]], [[0.5, 0.3]]])
    f, new = np.array([1.0, 2.0]), np.array([1.5])
    comparisons = [
        detectability(*(squared_error(hat, f * u, new * u, 0.3 * u * u) for hat in hats), datasets=50)
        for u in (1.0, unit)
    ]
    one, other = map(vars, comparisons)
    assert one["gain"] != 0
    for name, power in (("gain", 2), ("unpaired_sd", 2), ("paired_sd", 2), ("unpaired_wrong", 0)):
        assert other[name] == pytest.approx(one[name] * unit**power, rel=1e-6)
    for name in ("unpaired_needed", "paired_needed"):
        assert other[name] == one[name]


def test_what_the_hand_in_computed_by_hand() -> None:
    """Two data sets, two test points, the fit (y₁, y₁ + y₂) of f = 0."""
    problem = Problem(target=parse_target("0"), interval=(0.0, 1.0))
    split = Split(np.zeros(2), np.zeros(2))
    training, testing = np.array([[1.0, 2.0], [3.0, -2.0]]), np.array([[1.0, 0.0], [0.0, 5.0]])
    # Predictions (1, 3) and (3, 1): their means are 2 and 2, their variances 1 and 1; errors 0, 9, 9, 16.
    row = _row(np.array([[1.0, 0.0], [1.0, 1.0]]), problem, split, (training, testing))
    assert row == Row(mse=8.5, bias_squared=4.0, variance=1.0)


def test_no_global_generator_is_touched() -> None:
    random.seed(1)
    state, other = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]  # noqa: NPY002  # the global state must be untouched
    replay_homework()
    assert random.getstate() == state
    assert np.random.get_state()[1].tolist() == other  # type: ignore[index]  # noqa: NPY002  # the global state must be untouched

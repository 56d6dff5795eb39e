"""Numbers at the ends of the floats, and memory that is not taken."""

import tracemalloc
from typing import Any

import numpy as np
import pytest

from analysis.bias_variance import Problem, fixed_x, fresh_x, parse_target, ridge
from analysis.bias_variance.simulation import summarise
from analysis.errors import AnalysisError


def problem(function: str = "x + sin(1.5*x)", **options: Any) -> Problem:  # noqa: ANN401  # the problem's own
    return Problem(target=parse_target(function), **options)


@pytest.mark.parametrize(
    "run",
    [
        lambda: fixed_x(problem("x*1e100")),
        lambda: fixed_x(problem("10**100")),
        lambda: fixed_x(problem(interval=(1e100, 1e101))),
        lambda: fixed_x(problem(interval=(1e308, 1.5e308))),
        lambda: fixed_x(problem(noise=1e308)),
        lambda: fresh_x(problem("x*1e100")),
        lambda: ridge(problem("x*1e100"), alpha=1.0),
        lambda: ridge(problem(noise=1e300), alpha=1.0),
        lambda: ridge(problem(interval=(0.0, 1e-308)), alpha=0.5, basis="monomial"),
    ],
)
def test_an_overflow_is_one_sentence(run: Any) -> None:  # noqa: ANN401  # any of the experiments
    with pytest.raises(AnalysisError, match="leave the range of floats"):
        run()


def test_a_difference_of_floats_that_overflows_is_no_interval() -> None:
    with pytest.raises(AnalysisError, match="is too long for floats"):
        problem(interval=(-1e308, 1e308))


@pytest.mark.parametrize(
    "run",
    [
        lambda: fixed_x(problem(), points=10_000, test=5000),
        lambda: fixed_x(problem(), points=10_000, datasets=100_000),
        lambda: fresh_x(problem(), points=10_000, datasets=100_000),
        lambda: fixed_x(problem(), points=100_000, test=10, degrees=[900]),
        lambda: ridge(problem(), alpha=1.0, points=5000),
    ],
)
def test_memory_is_refused_before_it_is_taken(run: Any) -> None:  # noqa: ANN401  # any of the experiments
    tracemalloc.start()
    with pytest.raises(AnalysisError, match=r"more than 0\.4 GB|must be at most"):
        run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000_000


def test_a_negative_zero_of_noise_is_no_noise() -> None:
    exact = fixed_x(problem(noise=-0.0), degrees=[3]).exact
    assert np.copysign(1.0, exact.noise) == 1.0
    assert exact.variance.tolist() == [0.0]


def test_a_gain_that_is_certain_has_no_chance_of_the_wrong_sign() -> None:
    found = ridge(problem("100000*x"), alpha=0.5, degree=3).detectability
    assert found.gain < 0
    for probability in (found.unpaired_wrong, found.paired_wrong):
        assert probability == pytest.approx(0.0, abs=1e-6)
    assert (found.unpaired_needed, found.paired_needed) == (1, 1)


def test_without_a_gain_there_is_no_wrong_sign() -> None:
    found = ridge(problem("2"), alpha=1e-320, degree=3).detectability
    assert found.gain == 0
    assert (found.unpaired_wrong, found.paired_wrong) == (None, None)
    assert (found.unpaired_needed, found.paired_needed) == (None, None)


def test_differences_are_paired() -> None:
    # Squared errors 1, 4, 9 and 0: their differences have the mean 14/3 and the variance 49/3, over three.
    run = summarise(np.array([[[1.0], [2.0], [3.0]], [[0.0], [0.0], [0.0]]]), np.zeros(1), 0.0)
    assert run.difference(0, 1) == pytest.approx((14 / 3, 7 / 3))


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (
            lambda: fixed_x(problem(), points=20_000, test=10, degrees=[1], datasets=3000),
            "datasets: 3,000 data sets would take 0.5 GB, more than 0.4 GB: lower it",
        ),
        (
            lambda: fresh_x(problem(), points=20_010, test=10, degrees=[1], datasets=3000),
            "datasets: 3,000 data sets would take 0.5 GB, more than 0.4 GB: lower it",
        ),
        (
            lambda: fixed_x(problem(), datasets=2),
            "datasets: 2 must be at least 3 for standard errors",
        ),
    ],
)
def test_what_is_too_much_is_named(run: Any, said: str) -> None:  # noqa: ANN401  # any of the experiments
    with pytest.raises(AnalysisError) as refused:
        run()
    assert str(refused.value) == said

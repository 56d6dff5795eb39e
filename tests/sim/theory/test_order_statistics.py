"""E[X_{K:P}] against closed forms, mpmath and plain numpy; what is not known well enough is no number."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import (
    Constant,
    Empirical,
    Exponential,
    Gamma,
    LogNormal,
    Pareto,
    Protocol,
    Scenario,
    ShiftedExponential,
    Stop,
    Uniform,
    Worker,
)
from sim.scenario.durations import Distribution
from sim.theory import applicable
from sim.theory.moments import dispersion, skewness
from sim.theory.order_statistics import Group, frozen, mean_order_statistic, moment, tail_index
from tests.sim.theory.numpy_draws import drawn

EXP = Exponential(mean=1.0)
UNIFORM = Uniform(low=0.2, high=1.0)


def pareto(k: int, size: int, shape: float) -> float:
    """E[X_{K:P}] of Pareto times with minimum 1, by Gamma functions in 40 digits."""
    with mpmath.workdps(40):
        gamma, tail = mpmath.gamma, 1 / mpmath.mpf(shape)
        return float(
            gamma(size + 1) * gamma(size - k + 1 - tail) / gamma(size - k + 1) / gamma(size + 1 - tail)
        )


@pytest.mark.parametrize(
    ("k", "workers", "expected"),
    [
        # The maximum of 1 and a Pareto that is never below 1 is the Pareto: 1.05/0.05.
        (2, [(Pareto(minimum=1.0, shape=1.05), 1), (Constant(mean=1.0), 1)], 21),
        (2, [(Pareto(minimum=1.0, shape=1.0001), 1), (Constant(mean=1.0), 1)], 10_001),
        # The minimum of Paretos is a Pareto, the exponents added.
        (1, [(Pareto(minimum=1.0, shape=0.9), 1), (Pareto(minimum=1.0, shape=0.8), 1)], 1.7 / 0.7),
        (1, [(EXP, 10**6)], 1e-6),
        (5, [(EXP, 8)], 1 / 8 + 1 / 7 + 1 / 6 + 1 / 5 + 1 / 4),
        (3, [(Uniform(low=1.0, high=1.0 + 1e-9), 5)], 1 + 0.5e-9),
        (1, [(Gamma(mean=1.0, shape=0.01), 1)], 1),
        (1, [(Gamma(mean=1.0, shape=1e6), 1)], 1),
        (1, [(LogNormal(mean=1.0, sigma=8.0), 1)], 1),
        (1, [(LogNormal(mean=1.0, sigma=30.0), 1)], 1),
        (2, [(LogNormal(mean=1.0, sigma=20.0), 2)], 2),  # one of the two is all
        (2, [(Constant(mean=3.0), 1), (Constant(mean=2.0), 2)], 2),
        (2, [(Empirical(values=(1.0, 3.0)), 2)], 2.5),
        # As many laws as workers, all but one the same: sums of many terms.
        (100, [(EXP, 150), (Exponential(mean=1.0 + 1e-13), 150)], sum(1 / left for left in range(201, 301))),
        (
            300,
            [(EXP, 200), (ShiftedExponential(shift=0.0, mean=1.0), 200)],
            sum(1 / i for i in range(101, 401)),
        ),
    ],
)
def test_values_known_by_hand(k: int, workers: list[Group], expected: float) -> None:
    got = mean_order_statistic(k, workers)
    assert got.value == pytest.approx(expected, rel=2e-9)
    assert abs(got.value - expected) <= got.error + 1e-15


@pytest.mark.parametrize(
    ("k", "size", "shape"), [(8, 8, 1.05), (5, 8, 0.5), (1, 1000, 1.5), (500, 1000, 0.01), (999, 1000, 0.6)]
)
def test_heavy_tails_in_closed_form(k: int, size: int, shape: float) -> None:
    got = mean_order_statistic(k, [(Pareto(minimum=1.0, shape=shape), size)])
    assert got.value == pytest.approx(pareto(k, size, shape), rel=2e-9)


@pytest.mark.parametrize(("k", "size", "sigma"), [(30, 30, 3.0), (1, 5, 3.0), (7, 20, 1.0)])
def test_lognormal_order_statistics_by_mpmath(k: int, size: int, sigma: float) -> None:
    with mpmath.workdps(30):
        binomial = mpmath.binomial(size, k) * k

        def density(normal: mpmath.mpf) -> mpmath.mpf:
            below, above = mpmath.ncdf(normal), mpmath.ncdf(-normal)
            weight = binomial * below ** (k - 1) * above ** (size - k) * mpmath.npdf(normal)
            return mpmath.exp(sigma * normal - mpmath.mpf(sigma) ** 2 / 2) * weight

        expected = float(mpmath.quad(density, [-12, -4, 0, 2, 4, 6, 9, 14, 25]))
    got = mean_order_statistic(k, [(LogNormal(mean=1.0, sigma=sigma), size)])
    assert got.value == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(
    "law",
    [
        EXP,
        Gamma(mean=1.0, shape=1000.0),
        Gamma(mean=1.0, shape=0.1),
        LogNormal(mean=1.0, sigma=0.5),
        Pareto(minimum=0.4, shape=3.0),
        ShiftedExponential(shift=0.5, mean=0.6),
        Empirical(values=(0.5, 1.0, 4.0)),
    ],
)
@pytest.mark.parametrize("k", [1, 2, 9, 10])
def test_several_laws_against_drawn_times(law: Distribution, k: int) -> None:
    rng, rows = np.random.default_rng(5), 60_000
    rest: list[Group] = [(UNIFORM, 3), (EXP, 1), (Constant(mean=0.7), 1)]
    columns = [drawn(each, rng, (rows, count)) for each, count in [(law, 5), *rest]]
    kth = np.sort(np.hstack(columns), axis=1)[:, k - 1]
    got = mean_order_statistic(k, [(law, 5), *rest])
    assert abs(kth.mean() - got.value) < 4.5 * kth.std() / math.sqrt(rows)
    assert got.error < 1e-8 * got.value


@given(
    st.lists(
        st.sampled_from([EXP, UNIFORM, Gamma(mean=2.0, shape=0.5), Constant(mean=0.5)]),
        min_size=1,
        max_size=5,
    )
)
def test_order_statistics_add_up_to_the_sum_of_all_times(laws: list[Distribution]) -> None:
    workers: list[Group] = [(law, 1) for law in laws]
    total = sum(mean_order_statistic(k, workers).value for k in range(1, len(laws) + 1))
    assert total == pytest.approx(sum(law.mean for law in laws), rel=1e-8)


@pytest.mark.parametrize("law", [EXP, Gamma(mean=2.0, shape=3.0), LogNormal(mean=1.0, sigma=0.7), UNIFORM])
def test_higher_moments_are_those_of_scipy(law: Distribution) -> None:
    its = frozen(law)
    for power in (1, 2, 3):
        assert moment(1, ((law, 1),), power).value == pytest.approx(float(its.moment(power)))


@pytest.mark.parametrize(
    "law",
    [
        EXP,
        ShiftedExponential(shift=1.0, mean=1.5),
        UNIFORM,
        Gamma(mean=2.0, shape=0.3),
        LogNormal(mean=3.0, sigma=1.2),
        Pareto(minimum=2.0, shape=5.0),
    ],
)
def test_shapes_of_laws_are_those_of_scipy(law: Distribution) -> None:
    mean, variance, skew = map(float, frozen(law).stats("mvs"))
    assert law.mean == pytest.approx(mean)
    assert dispersion(law) == pytest.approx(variance / mean**2)
    assert skewness(law) == pytest.approx(skew, abs=1e-12)


def test_shapes_of_discrete_laws_and_of_heavy_tails() -> None:
    two = Empirical(values=(1.0, 1.0, 1.0, 5.0))
    assert dispersion(two) == pytest.approx(3 / 4)
    assert skewness(two) == pytest.approx(2 / math.sqrt(3))
    assert (dispersion(Constant(mean=2.0)), skewness(Constant(mean=2.0))) == (0, 0)
    assert dispersion(Pareto(minimum=1.0, shape=2.0)) == math.inf
    assert skewness(Pareto(minimum=1.0, shape=3.0)) == math.inf
    assert dispersion(LogNormal(mean=1.0, sigma=30.0)) == math.inf


def test_tails_add_up() -> None:
    heavy, light = Pareto(minimum=1.0, shape=0.4), Pareto(minimum=1.0, shape=2.0)
    workers: list[Group] = [(light, 1), (heavy, 2), (EXP, 1)]
    assert [tail_index(k, workers) for k in (4, 3, 2)] == [0.4, 0.8, 2.8]
    assert tail_index(1, workers) == math.inf
    assert mean_order_statistic(4, workers) == (math.inf, 0.0)


def bsp(*laws: Distribution) -> Scenario:
    workers = [Worker(name=f"w{place}", compute=law) for place, law in enumerate(laws)]
    return Scenario(protocol=Protocol.bsp(), workers=workers, stop=Stop(updates=4000))


def test_the_catalogue_gives_the_exact_mean_of_a_heavy_tail() -> None:
    known = applicable(bsp(Pareto(minimum=1.0, shape=1.05), Constant(mean=1.0))).predictions
    (time,) = [each for each in known if each.form.name == "sync-numeric"]
    assert time.value == pytest.approx(21, rel=1e-8)
    assert time.margin.error < 1e-6
    assert time.margin.enough == math.inf  # no interval: the tail has no third moment


def test_what_is_not_known_well_enough_is_no_number() -> None:
    wild = LogNormal(mean=1.0, sigma=31.0)  # practically always 0, and 1 on average
    found = applicable(bsp(wild, wild))
    assert "sync-numeric" not in {each.form.name for each in found.predictions}
    (refusal,) = [each for each in found.refusals if each.form.name == "sync-numeric"]
    assert "the integral cannot be had" in refusal.failing[0]

"""Durations follow their laws, streams are independent, and changes of speed integrate."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim import (
    Constant,
    Empirical,
    Exponential,
    Gamma,
    LogNormal,
    Pareto,
    Scenario,
    ShiftedExponential,
    SimulationError,
    Uniform,
    Worker,
    simulate,
)
from sim.engine.draws import Pace, nanoseconds, streams
from sim.scenario.clock import NANOSECONDS, to_ns
from sim.scenario.durations import Distribution

# The same laws in scipy's parameters, written down independently.
LAWS: list[tuple[Distribution, object]] = [
    (Exponential(mean=2.0), stats.expon(scale=2.0)),
    (ShiftedExponential(shift=1.0, mean=3.0), stats.expon(loc=1.0, scale=2.0)),
    (Uniform(low=1.0, high=4.0), stats.uniform(loc=1.0, scale=3.0)),
    (Gamma(mean=2.0, shape=4.0), stats.gamma(a=4.0, scale=0.5)),
    (LogNormal(mean=2.0, sigma=0.5), stats.lognorm(s=0.5, scale=2.0 / math.exp(0.125))),
    (Pareto(minimum=1.0, shape=3.0), stats.pareto(b=3.0, scale=1.0)),
    (Pareto(mean=1.5, shape=3.0), stats.pareto(b=3.0, scale=1.0)),
]


def ids(law: object) -> str:
    return law.kind if isinstance(law, Distribution) else ""


@pytest.mark.parametrize(("distribution", "law"), LAWS, ids=ids)
def test_draws_follow_the_law(distribution: Distribution, law: stats.rv_continuous) -> None:
    sample = distribution.sample(np.random.default_rng(7), 20_000)
    assert stats.kstest(sample, law.cdf).pvalue > 0.001
    assert distribution.mean == pytest.approx(law.mean())


def test_a_constant_is_constant_and_an_empirical_draws_its_values() -> None:
    rng = np.random.default_rng(7)
    assert Constant(mean=2.0).sample(rng, 3).tolist() == [2.0, 2.0, 2.0]
    empirical = Empirical(values=(1.0, 2.0, 6.0))
    counts = np.unique(empirical.sample(rng, 30_000), return_counts=True)[1]
    assert stats.chisquare(counts).pvalue > 0.001
    assert empirical.mean == 3.0


def test_a_pareto_without_a_mean_says_infinity() -> None:
    assert Pareto(minimum=1.0, shape=1.0).mean == math.inf


def test_draws_are_whole_nanoseconds_of_at_least_one() -> None:
    tiny = nanoseconds(Exponential(mean=1e-9), streams(0, "w"), "compute")
    assert min(itertools.islice(tiny, 1000)) == 1


@given(st.integers(0, 2**63), st.text(min_size=1, max_size=5))
def test_streams_differ_by_worker_purpose_and_seed(seed: int, name: str) -> None:
    draws = {
        streams(s, n)(purpose).random()
        for s, n, purpose in itertools.product((seed, seed + 1), (name, name + "'"), ("compute", "service"))
    }
    assert len(draws) == 8


def test_streams_of_two_workers_are_uncorrelated() -> None:
    one, other = (streams(0, name)("compute").random(50_000) for name in ("w-1", "w-2"))
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / math.sqrt(50_000)


def test_a_draw_beyond_the_clock_is_refused() -> None:
    worker = Worker(name="w", compute=Pareto(minimum=1e8, shape=0.1), gradients=100)
    with pytest.raises(SimulationError, match=r"a compute time of .* s was drawn from a pareto"):
        simulate(Scenario(workers=[worker]))


def integral(steps: list[tuple[float, float]], begin: float, end: float) -> float:
    """The work done from ``begin`` to ``end``, piece by piece."""
    edges = [0.0, *(start for start, _ in steps), math.inf]
    factors = [1.0, *(factor for _, factor in steps)]
    pieces = zip(edges, edges[1:], factors, strict=False)
    return sum(max(0.0, min(end, b) - max(begin, a)) * factor for a, b, factor in pieces)


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=6, unique=True).flatmap(
        lambda starts: st.tuples(
            *(st.tuples(st.just(s / 10), st.sampled_from([0.1, 0.5, 1.0, 3.0])) for s in sorted(starts))
        )
    ),
    st.lists(st.integers(1, 40).map(lambda tenths: tenths / 10), min_size=1, max_size=10),
)
def test_the_work_done_is_the_integral_of_the_speed(
    steps: tuple[tuple[float, float], ...], works: list[float]
) -> None:
    pace = Pace(Worker(name="w", compute=1.0, speed=steps), streams(0, "w"))
    now = 0
    for work in works:
        took = pace.time_for(to_ns(work), now)
        done = integral(list(steps), now / NANOSECONDS, (now + took) / NANOSECONDS)
        assert done == pytest.approx(work, abs=3e-9)
        now += took

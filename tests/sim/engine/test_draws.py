"""Draws follow their laws, are independent of each other, and come in any order."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special, stats

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
    Stop,
    Uniform,
    Worker,
    simulate,
)
from sim.engine.draws import (
    COMPUTE,
    PURPOSES,
    SERVICE,
    Book,
    duration,
    identities,
    keys,
    normal,
    philox,
    uniforms,
)
from sim.engine.setup import set_up
from sim.engine.supply import by_entry
from sim.scenario.clock import NANOSECONDS
from sim.scenario.durations import Distribution

# The same laws in scipy's parameters, written down independently.
LAWS: list[tuple[Distribution, stats.rv_continuous]] = [
    (Exponential(mean=2.0), stats.expon(scale=2.0)),
    (ShiftedExponential(shift=1.0, mean=3.0), stats.expon(loc=1.0, scale=2.0)),
    (Uniform(low=1.0, high=4.0), stats.uniform(loc=1.0, scale=3.0)),
    (Gamma(mean=2.0, shape=4.0), stats.gamma(a=4.0, scale=0.5)),
    (Gamma(mean=2.0, shape=1.0), stats.gamma(a=1.0, scale=2.0)),
    (Gamma(mean=2.0, shape=0.3), stats.gamma(a=0.3, scale=2.0 / 0.3)),
    (LogNormal(mean=2.0, sigma=0.5), stats.lognorm(s=0.5, scale=2.0 / math.exp(0.125))),
    (Pareto(minimum=1.0, shape=3.0), stats.pareto(b=3.0, scale=1.0)),
    (Pareto(mean=1.5, shape=3.0), stats.pareto(b=3.0, scale=1.0)),
]
WORDS = st.integers(0, 2**32 - 1)


def ids(law: object) -> str:
    return law.kind if isinstance(law, Distribution) else ""


def sample(
    given_law: Distribution, size: int, *, name: str = "w", purpose: int = COMPUTE
) -> NDArray[np.float64]:
    """The first durations of a worker in seconds, one by one."""
    book = Book()
    law, key, identity = book.enter(given_law), keys(7)[purpose], identities(iter([name]))[0]
    pairs = (duration(book.laws(), law, key, identity, index) for index in range(size))
    return np.array([(whole + part) / NANOSECONDS for whole, part in pairs])


# The known answers that its authors publish with Random123 (kat_vectors), philox4x32 with 10 rounds.
@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)
def test_the_generator_gives_its_authors_answers(counter: str, key: str, answer: str) -> None:
    words = (np.uint64(int(word, 16)) for word in f"{counter} {key}".split())
    assert [f"{int(word):08x}" for word in philox(*words)] == answer.split()


@given(st.lists(st.tuples(WORDS, WORDS, WORDS, WORDS), min_size=1, max_size=9), st.tuples(WORDS, WORDS))
def test_the_generator_agrees_with_integer_arithmetic(
    counters: list[tuple[int, int, int, int]], key: tuple[int, int]
) -> None:
    def expected(c: list[int], k: list[int]) -> list[int]:
        for _ in range(10):
            left, right = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
            c = [right >> 32 ^ c[1] ^ k[0], right % 2**32, left >> 32 ^ c[3] ^ k[1], left % 2**32]
            k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
        return c

    columns = (np.array(column, np.uint64) for column in zip(*counters, strict=True))
    words = np.stack(philox(*columns, *(np.uint64(word) for word in key)), axis=1)
    assert words.tolist() == [expected(list(counter), list(key)) for counter in counters]


@pytest.mark.parametrize(("distribution", "law"), LAWS, ids=ids)
def test_draws_follow_the_law(distribution: Distribution, law: stats.rv_continuous) -> None:
    size = 4000
    drawn = sample(distribution, size)
    assert stats.kstest(drawn, law.cdf).pvalue > 0.001
    assert distribution.mean == pytest.approx(law.mean())
    assert drawn.mean() == pytest.approx(law.mean(), abs=4 * law.std() / math.sqrt(size))
    centred = (drawn - law.mean()) ** 2
    assert centred.mean() == pytest.approx(law.var(), abs=5 * centred.std() / math.sqrt(size))


@given(st.floats(1e-300, 1.0, exclude_max=True))
def test_the_normal_quantile_is_scipys(u: float) -> None:
    assert normal(u) == pytest.approx(special.ndtri(u), rel=5e-15, abs=5e-16)


def test_an_empirical_draws_its_values_alike() -> None:
    empirical = Empirical(values=(1.0, 2.0, 6.0))
    counts = np.unique(sample(empirical, 6000), return_counts=True)[1]
    assert stats.chisquare(counts).pvalue > 0.001
    assert empirical.mean == 3.0


def test_a_constant_and_a_list_are_taken_as_they_are() -> None:
    assert sample(Constant(mean=2.0), 3).tolist() == [2.0, 2.0, 2.0]
    trace = simulate(Scenario(workers=[Worker(name="w", compute=(1.0, 2.0), speed=2.0)]))
    assert trace.ended_at.tolist() == [0.5, 1.5]


def test_a_pareto_without_a_mean_says_infinity() -> None:
    assert Pareto(minimum=1.0, shape=1.0).mean == math.inf


def test_a_duration_is_at_least_a_nanosecond() -> None:
    assert sample(Exponential(mean=1e-9), 1000).min() == 1e-9
    trace = simulate(Scenario(workers=[Worker(name="w", compute=(1e-9, 1.0), speed=4.0)]))
    assert trace.ticks["computed_at"].tolist() == [1, 250_000_001]


@given(st.integers(0, 2**70), st.text(min_size=1, max_size=5))
def test_draws_differ_by_worker_purpose_seed_and_number(seed: int, name: str) -> None:
    names = identities(iter([name, name + "'"]))
    draws = {
        uniforms(keys(s)[purpose], identity, np.uint64(number), attempt)
        for s, identity, purpose, number, attempt in product(
            (seed, seed + 1), names, range(len(PURPOSES)), (0, 1, 2**32, 2**50), (0, 1)
        )
    }
    assert len(draws) == 2 * 2 * len(PURPOSES) * 4 * 2


def test_workers_purposes_and_the_two_numbers_of_a_draw_are_uncorrelated() -> None:
    indices = np.arange(50_000, dtype=np.uint64)
    columns = [
        column
        for name in identities(iter(["w-1", "w-2"]))
        for purpose in (COMPUTE, SERVICE)
        for column in uniforms(keys(0)[purpose], name, indices, 0)
    ]
    correlations = np.corrcoef(columns) - np.eye(len(columns))
    assert abs(correlations).max() < 4 / math.sqrt(50_000)
    for column in columns:
        assert stats.kstest(column, "uniform").pvalue > 0.001
        assert abs(np.corrcoef(column[1:], column[:-1])[0, 1]) < 4 / math.sqrt(50_000)


@pytest.mark.parametrize("distribution", [law for law, _ in LAWS] + [Empirical(values=(1.0, 2.0))], ids=ids)
@pytest.mark.parametrize("count", [1, 3, 5000])
def test_blocks_and_single_draws_are_the_same(distribution: Distribution, count: int) -> None:
    fleet = [Worker(name="a", compute=1.0), Worker(name="w", count=count, compute=distribution, speed=3.0)]
    setup = set_up(Scenario(workers=fleet, stop=Stop(time=1.0)), 5)
    supply = by_entry(setup, setup.compute.tolist(), COMPUTE)[1]
    for place in {1, (count + 1) // 2, count}:
        wholes: list[int] = []
        parts: list[float] = []
        for index in range(300 if count < 5000 else 20):
            single = duration(setup.laws, setup.compute[1], setup.keys[COMPUTE], setup.identity[place], index)
            if not wholes:
                wholes, parts = supply.following(place, index)
            assert (wholes.pop(), parts.pop()) == single == supply.at(place, index)
    assert supply.at(count, 7_000) == duration(
        setup.laws, setup.compute[1], setup.keys[COMPUTE], setup.identity[count], 7_000
    )


def test_a_draw_beyond_the_clock_is_refused() -> None:
    worker = Worker(name="w", compute=Pareto(minimum=1e8, shape=0.1), gradients=100)
    with pytest.raises(SimulationError, match=r"a compute time of .* s was drawn from a pareto"):
        simulate(Scenario(workers=[worker]))

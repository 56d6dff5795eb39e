"""Work at a changing speed is the integral of the speed; fractions of a nanosecond are carried on."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import Scenario, Slowdowns, Stop, Worker, simulate
from sim.engine.pace import at_the_start, finish
from sim.engine.setup import set_up
from sim.scenario.clock import NANOSECONDS, decimal, exactly, later

FACTORS = [0.1, 0.3, 0.5, 1.0, 3.0, 7.0, 1 / 3]


def end_of_work(steps: list[tuple[float, float]], begin: Fraction, work: Fraction) -> Fraction:
    """When work begun at an instant is done, by exact rational arithmetic."""
    edges = [Fraction(0), *(decimal(start) for start, _ in steps)]
    speeds = [Fraction(1), *(decimal(factor) for _, factor in steps)]
    now = begin
    for place, speed in enumerate(speeds):
        until = edges[place + 1] if place + 1 < len(edges) else None
        if until is not None and until <= now:
            continue
        if until is None or work <= (until - now) * speed:
            return now + work / speed
        work -= (until - now) * speed
        now = until
    raise AssertionError


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=6, unique=True).flatmap(
        lambda starts: st.tuples(
            *(st.tuples(st.just(s / 10), st.sampled_from(FACTORS)) for s in sorted(starts))
        )
    ),
    st.lists(st.integers(1, 4000).map(lambda thousandths: thousandths / 1000), min_size=1, max_size=10),
)
def test_the_work_done_is_the_integral_of_the_speed(
    steps: tuple[tuple[float, float], ...], works: list[float]
) -> None:
    setup = set_up(Scenario(workers=[Worker(name="w", compute=1.0, speed=steps)], stop=Stop(time=1.0)), 0)
    paces, now, fraction, exact = at_the_start(setup), 0, 0.0, Fraction(0)
    for work in works:
        now, fraction, _ = finish(setup, paces, 0, now, fraction, *exactly(decimal(work)), 100)
        exact = end_of_work(list(steps), exact, decimal(work))
        floor = now - (fraction >= 0.5 - 2**-20)
        assert abs(floor + Fraction(fraction) - exact * NANOSECONDS) < Fraction(1, 10**9)
        assert abs(now - exact * NANOSECONDS) <= Fraction(1, 2) + Fraction(1, 2**19)


@pytest.mark.parametrize("speed", [3.0, 6.0, 7.0, 9.0, 11.0, 13.0, 0.3, 0.7])
@pytest.mark.parametrize("speeds", ["one", "listed"])
def test_after_k_gradients_the_clock_shows_the_nearest_nanosecond_to_k_times(
    speed: float, speeds: str
) -> None:
    worker = Worker(
        name="w", compute=1.0, speed=((0.0, speed),) if speeds == "listed" else speed, gradients=3000
    )
    trace = simulate(Scenario(workers=[worker]))
    k = np.arange(1, 3001)
    assert trace.ticks["ended_at"].tolist() == [
        round(Fraction(int(j) * NANOSECONDS) / decimal(speed)) for j in k
    ]


def test_workers_of_equal_times_tie() -> None:
    fleet = [Worker(name="A", compute=1.0, speed=3.0), Worker(name="B", compute=1.0)]
    trace = simulate(Scenario(workers=fleet, stop=Stop(time=4.0)))
    assert trace.staleness[trace.worker[: trace.applied] == 1].tolist() == [2, 3, 3, 3]
    assert np.count_nonzero(trace.outcome == 0) == 16


def test_fractions_survive_waiting_transfers_and_service() -> None:
    network = {"bandwidth": 3.0, "server_bandwidth": 7.0, "gradient_bytes": 1.0, "weight_bytes": 2.0}
    for protocol in ({"kind": "bsp"}, {"kind": "async"}, {"kind": "k-async", "k": 1}):
        worker = Worker(name="w", compute=1.0, speed=11.0, gradients=500)
        trace = simulate(
            Scenario(workers=[worker], network=network, server={"apply": 0.1}, protocol=protocol)
        )
        a_gradient = Fraction(1, 11) + (Fraction(1, 3) + Fraction(1, 7)) * 3 + Fraction(1, 10)
        expected = [round(j * a_gradient * NANOSECONDS) for j in range(1, 501)]
        assert trace.ticks["ended_at"].tolist() == expected


def test_a_slowdown_to_full_speed_changes_nothing() -> None:
    slow = Slowdowns(every=0.7, lasting=0.3, factor=1.0)
    for compute, speed in ((1.0, 3.0), ((0.3, 0.5, 2.0), 1.0)):
        plain, slowed = (
            simulate(
                Scenario(
                    workers=[Worker(name="w", compute=compute, speed=speed, slowdowns=each)],
                    stop=Stop(time=50.0),
                )
            )
            for each in (None, slow)
        )
        assert plain.ticks["ended_at"].tolist() == slowed.ticks["ended_at"].tolist()


def test_a_slowed_worker_takes_longer_by_the_time_it_is_slow() -> None:
    # Fast 0–1, slow (a quarter) 1–2, fast 2–3, slow 3–4 …: each period of 2 s does 1.25 s of work.
    slow = Slowdowns(every=1.0, lasting=1.0, factor=0.25)
    worker = Worker(name="w", compute=1.25, slowdowns=slow, gradients=4)
    assert simulate(Scenario(workers=[worker])).ended_at.tolist() == [2.0, 4.0, 6.0, 8.0]


def test_an_instant_beyond_the_clock_is_the_last_one() -> None:
    assert later(2**63 - 10, 0.0, 9, 0.0) == (2**63 - 1, 0.0)
    assert later(2**63 - 10, 0.0, 7, 0.5) == (2**63 - 2, 0.5)

"""The figures of small runs, counted by hand, and of queues, against Little's law."""

import math
from importlib import import_module

import numpy as np
import pytest

from sim import Exponential, Network, Protocol, Scenario, Server, Stop, TraceError, Worker, metrics, simulate

TWO = simulate(Scenario.load("examples/two-learners.toml"))


def test_staleness_overall_and_of_one_worker() -> None:
    overall = metrics.staleness(TWO)
    assert (overall.count, overall.mean, overall.max) == (6, 5 / 6, 2)
    assert overall.histogram.tolist() == [3, 1, 2]
    assert overall.std == pytest.approx(math.sqrt(9 / 6 - 25 / 36))
    assert [overall.quantile(q) for q in (0.0, 0.5, 0.51, 0.67, 1.0)] == [0, 0, 1, 2, 2]
    assert metrics.staleness(TWO, "L2").mean == 2.0
    with pytest.raises(TraceError, match="no worker is named 'L3'"):
        metrics.staleness(TWO, "L3")


def test_staleness_of_nothing_has_no_mean() -> None:
    trace = simulate(Scenario.load("examples/two-learners.toml", settings={"stop.time": 0.5}))
    nothing = metrics.staleness(trace)
    assert (nothing.count, nothing.max, nothing.quantile(0.5)) == (0, 0, None)
    assert math.isnan(nothing.mean)
    assert metrics.summary(trace)["staleness"]["mean"] is None


def test_rates_and_times() -> None:
    assert metrics.updates_per_second(TWO) == 6 / 5
    assert metrics.gradients_per_second(TWO) == 6 / 5
    assert [metrics.time_to_updates(TWO, n) for n in (1, 3, 6)] == [1.0, 2.5, 5.0]
    for wrong in (0, 7):
        with pytest.raises(TraceError, match=f"{wrong} updates: the run made 6"):
            metrics.time_to_updates(TWO, wrong)


def test_where_the_time_of_a_barrier_goes() -> None:
    fleet = [Worker(name="fast", compute=1.0), Worker(name="slow", compute=4.0)]
    trace = simulate(Scenario(workers=fleet, protocol=Protocol.bsp(), stop=Stop(updates=5)))
    time = metrics.time(trace)
    assert time.computing.tolist() == [5.0, 20.0]
    assert time.waiting.tolist() == [15.0, 0.0]
    assert time.causes["update"].tolist() == [15.0, 0.0]


def test_a_long_run_is_summed_up_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = simulate(Scenario.load("examples/vgg19-10gbit.toml", settings={"stop.time": 20}))
    whole = metrics.summary(trace)
    monkeypatch.setattr(import_module("sim.metrics.tally"), "AT_ONCE", 1)
    assert len(trace) > 3 * len(trace.workers)  # several blocks, the last of them shorter
    assert len(trace) % len(trace.workers)
    assert metrics.summary(trace) == whole


def test_a_worker_that_is_done_is_not_waiting() -> None:
    time = metrics.time(TWO)
    assert time.present.tolist() == [4.0, 5.0]
    assert time.computing.tolist() == [4.0, 5.0]


def test_what_is_cancelled_or_discarded_is_wasted() -> None:
    fleet = [Worker(name="A", compute=1.0), Worker(name="B", compute=2.5)]
    cancelled = simulate(Scenario(workers=fleet, protocol=Protocol.k_sync(1), stop=Stop(time=3)))
    assert metrics.wasted(cancelled) == {"discarded": 0.0, "cancelled": 3.0, "lost": 0.0}
    discarded = simulate(
        Scenario(workers=fleet, protocol=Protocol.asynchronous(max_staleness=1), stop=Stop(time=5))
    )
    assert metrics.wasted(discarded) == {"discarded": 5.0, "cancelled": 0.0, "lost": 0.0}
    assert metrics.outcomes(discarded)["started"] == 7


def test_shares_of_all_computing_and_of_all_time() -> None:
    # A computes all of the 3 s, B too, and all that B does is cancelled; then a barrier of 1 s and 4 s.
    fleet = [Worker(name="A", compute=1.0), Worker(name="B", compute=4.0)]
    for protocol, stop, by_hand in (
        (Protocol.k_sync(1), Stop(time=3), (0.5, 1.0, 0.0)),
        (Protocol.bsp(), Stop(updates=5), (0.0, 5 / 8, 3 / 8)),
    ):
        figures = metrics.summary(simulate(Scenario(workers=fleet, protocol=protocol, stop=stop)))
        shares = [figures[f"share_{name}"] for name in ("wasted", "computing", "waiting")]
        assert shares == pytest.approx(by_hand)


def test_the_servers_queue_by_hand() -> None:
    # Three arrive at 1 s and are applied for 1 s each: two wait, one of them for 1 s, the other for 2 s.
    fleet = [Worker(name="w", count=3, compute=1.0, gradients=1)]
    trace = simulate(Scenario(workers=fleet, server=Server(apply=1.0)))
    station = metrics.server(trace)
    assert station == metrics.Station(utilisation=3 / 4, mean_queue=3 / 4, max_queue=2)


def test_the_links_by_hand() -> None:
    # Pulls of 1 s from 0: the second waits 1 s. Pushes of 2 s at 2 s and 3 s: the second waits 1 s.
    network = Network(server_bandwidth=1.0, weight_bytes=1.0, gradient_bytes=2.0)
    trace = simulate(Scenario(workers=[Worker(name="w", count=2, compute=1.0, gradients=1)], network=network))
    assert trace.duration == 6.0
    assert metrics.downlink(trace) == metrics.Station(utilisation=2 / 6, mean_queue=1 / 6, max_queue=1)
    assert metrics.uplink(trace) == metrics.Station(utilisation=4 / 6, mean_queue=1 / 6, max_queue=1)


def test_littles_law() -> None:
    fleet = [Worker(name="w", count=10, compute=Exponential(mean=1.0))]
    trace = simulate(
        Scenario(workers=fleet, server=Server(apply=Exponential(mean=0.1)), stop=Stop(updates=5000))
    )
    station = metrics.server(trace)
    waits = (trace.service_at - trace.arrived_at)[: trace.applied]
    assert station.mean_queue == pytest.approx(trace.applied / trace.duration * waits.mean(), rel=0.01)
    assert station.utilisation == pytest.approx(
        np.diff([0, *trace.updated_at]).size * 0.1 / trace.duration, rel=0.05
    )


def test_the_summary_is_plain_data() -> None:
    figures = metrics.summary(TWO)
    assert figures["duration"] == 5.0
    assert figures["gradients"]["applied"] == 6
    assert figures["staleness"] | {"std": None} == {
        "mean": 5 / 6,
        "std": None,
        "p50": 0,
        "p95": 2,
        "max": 2,
        "histogram": [3, 1, 2],
    }
    first, second = figures["workers"]
    assert (first["name"], first["gradients"], first["mean_staleness"]) == ("L1", 4, 0.25)
    assert (first["share_computing"], first["share_waiting"]) == (0.8, 0.0)
    assert (second["share_computing"], second["share_waiting"]) == (1.0, 0.0)

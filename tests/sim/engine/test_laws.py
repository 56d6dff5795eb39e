"""Laws that no run may break, whatever the scenario."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim import Exponential, Protocol, Scenario, Stop, Trace, Worker, simulate
from sim.scenario.clock import NANOSECONDS, NEVER, to_ns
from sim.trace import INSTANTS
from tests.sim import laws, strategies


def staleness_without_event_loop(arrivals: list[list[int]]) -> NDArray[np.int64]:
    """Asynchronous SGD by arithmetic: arrivals are cumulative sums, versions are ranks among them.

    Among arrivals at one instant the one that was begun first comes first, then the worker named first.
    Returns rows (worker, index, read_at, applied_at, version_read, version_applied) in order of application.
    """
    rows = []
    for worker, times in enumerate(arrivals):
        read = [0, *times[:-1]]
        rows += [(at, begun, worker, j) for j, (begun, at) in enumerate(zip(read, times, strict=True), 1)]
    rows.sort()
    rank = {(worker, j): version for version, (_, _, worker, j) in enumerate(rows)}
    return np.array(
        [
            (worker, j, begun, at, rank[worker, j - 1] + 1 if j > 1 else 0, version)
            for version, (at, begun, worker, j) in enumerate(rows)
        ]
    ).reshape(-1, 6)


def table(trace: Trace) -> NDArray[np.int64]:
    """The applied gradients of a trace in the same form."""
    names = ("worker", "index", "read_at", "ended_at", "version_read", "version_applied")
    return np.stack([trace.ticks[name][: trace.applied] for name in names], axis=1)


@given(
    st.lists(
        st.lists(st.integers(1, 8).map(lambda tenths: tenths / 10), min_size=1, max_size=25),
        min_size=1,
        max_size=6,
    )
)
def test_async_is_cumulative_sums_and_ranks_row_for_row(times: list[list[float]]) -> None:
    scenario = Scenario(workers=[Worker(name=f"w{i}", compute=tuple(t)) for i, t in enumerate(times)])
    arrivals = [np.cumsum([to_ns(seconds) for seconds in t]).tolist() for t in times]
    expected = staleness_without_event_loop(arrivals)
    trace = simulate(scenario)
    assert np.array_equal(table(trace), expected)
    assert np.array_equal(trace.staleness, expected[:, 5] - expected[:, 4])


@given(strategies.asynchronous)
def test_in_async_a_workers_staleness_counts_every_update_once(scenario: Scenario) -> None:
    trace = simulate(scenario)
    for worker in range(len(trace.workers)):
        mine = trace.worker[: trace.applied] == worker
        if mine.any():
            assert (trace.staleness[mine] + 1).sum() == trace.version_applied[: trace.applied][mine][-1] + 1


@given(strategies.everything())
def test_every_gradient_is_accounted_for(scenario: Scenario) -> None:
    trace = simulate(scenario)
    laws.every_gradient_is_accounted_for(trace)


@given(strategies.everything())
def test_the_stages_of_a_gradient_follow_each_other_and_add_up(scenario: Scenario) -> None:
    trace = simulate(scenario)
    laws.stages_follow_each_other(trace)
    network, ticks = scenario.network, trace.ticks
    for row in range(len(trace)):
        at = {name: int(ticks[name][row]) for name in INSTANTS}
        for begin, end, seconds in (
            ("pull_at", "left_at", network.shared(network.weight_bytes)),
            ("left_at", "read_at", network.way(scenario.workers[trace.worker[row]], network.weight_bytes)),
            ("computed_at", "sent_at", network.way(scenario.workers[0], network.gradient_bytes)),
            ("push_at", "arrived_at", network.shared(network.gradient_bytes)),
            ("service_at", "served_at", scenario.server.apply),
        ):
            if at[end] != NEVER and isinstance(seconds, Fraction | float):
                assert abs(at[end] - at[begin] - seconds * NANOSECONDS) < 1  # both ends are rounded


@given(strategies.everything())
def test_the_server_and_its_links_serve_one_at_a_time_in_order(scenario: Scenario) -> None:
    trace = simulate(scenario)
    for begin, end, stage in (
        ("service_at", "served_at", bool(scenario.server.apply)),
        ("push_at", "arrived_at", bool(scenario.network.shared(scenario.network.gradient_bytes))),
    ):
        if stage:
            laws.one_at_a_time(trace, begin, end)


@given(strategies.everything())
def test_versions_rise_by_one_and_batches_have_their_size(scenario: Scenario) -> None:
    trace = simulate(scenario)
    laws.versions_rise_by_one_and_batches_have_their_size(trace)


@given(strategies.everything())
def test_staleness_keeps_within_its_bounds(scenario: Scenario) -> None:
    trace = simulate(scenario)
    laws.staleness_keeps_within_its_bounds(trace)


@given(strategies.everything())
def test_nobody_asks_for_weights_beyond_the_slack(scenario: Scenario) -> None:
    trace = simulate(scenario)
    if scenario.protocol.slack is not None and all(worker.always_there for worker in scenario.workers):
        laws.slack_is_never_exceeded(trace)


@given(strategies.everything())
def test_a_barrier_waits_for_all_that_are_there(scenario: Scenario) -> None:
    trace = simulate(scenario.replace(protocol=Protocol.bsp()))
    if all(worker.endless for worker in scenario.workers):
        laws.a_barrier_waits_for_all(trace)


@given(strategies.everything())
def test_a_version_read_is_the_number_of_updates_made_by_then(scenario: Scenario) -> None:
    trace = simulate(scenario)
    laws.a_version_read_is_the_number_of_updates_made_by(trace, "read_at")


def there(worker: Worker) -> list[tuple[int, int]]:
    """The intervals in which a worker is there by its description, random failures aside."""
    edges = [to_ns(worker.joins), to_ns(worker.leaves if worker.leaves is not None else 1e9)]
    cuts = [to_ns(edge) for interval in worker.offline for edge in interval]
    parts = zip([0, *cuts[1::2]], [*cuts[::2], edges[1]], strict=True)
    clipped = ((max(begin, edges[0]), min(end, edges[1])) for begin, end in parts)
    return [(begin, end) for begin, end in clipped if begin < end]


def within(inner: list[tuple[int, int]], outer: list[tuple[int, int]]) -> bool:
    return all(any(a <= begin and end <= b for a, b in outer) for begin, end in inner)


@given(strategies.everything())
def test_a_worker_computes_only_while_it_is_there_and_one_gradient_at_a_time(scenario: Scenario) -> None:
    trace = simulate(scenario)
    laws.a_worker_computes_one_gradient_at_a_time_and_only_while_it_is_there(trace)
    for place, (_, worker) in enumerate(scenario.each):
        if worker.failures is None:
            assert within(laws.stays(trace, place), there(worker))


@given(strategies.everything())
def test_a_workers_time_is_computing_and_waiting(scenario: Scenario) -> None:
    trace = simulate(scenario)
    laws.a_workers_time_is_computing_and_waiting(trace)


@given(strategies.everything())
def test_the_same_scenario_and_seed_give_the_same_trace(scenario: Scenario) -> None:
    again = Scenario.from_toml(scenario.to_toml())
    assert again == scenario
    assert simulate(again) == simulate(scenario)


@given(strategies.fleets(max_size=3), st.integers(0, 99))
def test_another_worker_changes_no_workers_compute_times(fleet: list[Worker], seed: int) -> None:
    alone = simulate(Scenario(workers=fleet, stop=Stop(time=3.0)), seed)
    another = Worker(name="Z", compute=Exponential(mean=0.1))
    together = simulate(Scenario(workers=[another, *fleet], stop=Stop(time=3.0)), seed)
    for place in range(len(fleet)):
        mine, theirs = alone.worker == place, together.worker == place + 1
        assert np.array_equal(alone.ticks["read_at"][mine], together.ticks["read_at"][theirs])
        assert np.array_equal(alone.ticks["computed_at"][mine], together.ticks["computed_at"][theirs])


def with_protocol(scenario: Scenario, protocol: Protocol) -> Scenario:
    return scenario.replace(protocol=protocol)


def same_rows(one: Trace, other: Trace) -> bool:
    return all(np.array_equal(one.ticks[name], other.ticks[name]) for name in one.ticks)


@given(strategies.everything())
def test_each_protocol_at_its_limits_becomes_its_neighbour(scenario: Scenario) -> None:
    run = {
        name: simulate(with_protocol(scenario, protocol))
        for name, protocol in {
            "async": Protocol.asynchronous(),
            "k-async, K = 1": Protocol.k_async(1),
            "k-batch-async, K = 1": Protocol.k_batch_async(1),
            "ssp, slack unlimited": Protocol.asynchronous(slack=10**15),
            "ringmaster, R unlimited": Protocol.asynchronous(max_staleness=10**15),
        }.items()
    }
    for name, trace in run.items():
        assert same_rows(trace, run["async"]), name


@given(strategies.fleets(), st.integers(0, 99))
def test_k_sync_of_all_workers_is_bsp(fleet: list[Worker], seed: int) -> None:
    endless = [worker.replace(compute=Exponential(mean=0.3)) for worker in fleet]
    scenario = Scenario(workers=endless, stop=Stop(updates=20), seed=seed)
    bsp = simulate(with_protocol(scenario, Protocol.bsp()))
    for protocol in (Protocol.k_sync(len(fleet)), Protocol.k_sync("P/1"), Protocol.k_async(len(fleet))):
        assert same_rows(simulate(with_protocol(scenario, protocol)), bsp)


@pytest.mark.parametrize("workers", [1, 2, 5, 30])
def test_async_approaches_a_mean_staleness_of_the_other_workers(workers: int) -> None:
    fleet = Worker(name="w", count=workers, compute=Exponential(mean=1.0))
    trace = simulate(Scenario(workers=[fleet], stop=Stop(updates=20_000)))
    # Each of the P gradients in flight at the end misses at most its due: an end effect of P²/n.
    assert trace.staleness.mean() == pytest.approx(workers - 1, abs=2 * workers**2 / 20_000)


@pytest.mark.parametrize("workers", [1, 3, 8])
def test_bsp_with_exponential_workers_takes_the_harmonic_number_a_round(workers: int) -> None:
    fleet = Worker(name="w", count=workers, compute=Exponential(mean=1.0))
    trace = simulate(Scenario(workers=[fleet], protocol=Protocol.bsp(), stop=Stop(updates=4000)))
    harmonic = sum(1 / i for i in range(1, workers + 1))
    spread = sum(1 / i**2 for i in range(1, workers + 1)) ** 0.5  # of the largest of P exponentials
    assert trace.duration / trace.updates == pytest.approx(harmonic, abs=4 * spread / 4000**0.5)
    assert not trace.staleness.any()

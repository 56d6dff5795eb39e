"""Laws that no run may break, whatever the scenario."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim import Exponential, Outcome, Protocol, Scenario, Stop, Trace, Worker, metrics, simulate
from sim.scenario.clock import NANOSECONDS, NEVER, to_ns
from sim.trace import INSTANTS
from tests.sim import strategies


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
    for worker in range(len(trace.workers)):
        mine = trace.worker == worker
        started = int(mine.sum())
        by_outcome = [int((trace.outcome[mine] == outcome).sum()) for outcome in Outcome]
        assert started == sum(by_outcome)
        assert sorted(trace.index[mine].tolist()) == list(range(1, started + 1))
    assert (trace.ticks["ended_at"] == NEVER).tolist() == (trace.outcome == Outcome.IN_FLIGHT).tolist()


@given(strategies.everything())
def test_the_stages_of_a_gradient_follow_each_other_and_add_up(scenario: Scenario) -> None:
    trace = simulate(scenario)
    network, ticks = scenario.network, trace.ticks
    for row in range(len(trace)):
        at = {name: int(ticks[name][row]) for name in INSTANTS}
        reached = [instant for instant in at.values() if instant != NEVER]
        assert reached == sorted(reached)
        assert reached[-1] <= trace.end
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
    ticks = trace.ticks
    for begin, end, stage in (
        ("service_at", "served_at", bool(scenario.server.apply)),
        ("push_at", "arrived_at", bool(scenario.network.shared(scenario.network.gradient_bytes))),
    ):
        if stage:
            done = ticks[end] != NEVER
            order = np.argsort(ticks[begin][done], kind="stable")
            assert (ticks[end][done][order][:-1] <= ticks[begin][done][order][1:]).all()


@given(strategies.everything())
def test_versions_rise_by_one_and_batches_have_their_size(scenario: Scenario) -> None:
    trace = simulate(scenario)
    versions = trace.version_applied[: trace.applied]
    assert (np.diff(versions) >= 0).all()
    assert np.array_equal(np.unique(versions), np.arange(trace.updates))
    assert (np.diff(trace.updated_at) >= 0).all()
    size = scenario.protocol.batch(scenario.size)
    if size is not None:
        assert (np.bincount(versions, minlength=0) == size).all()
    if scenario.protocol.after_push == "wait":
        pairs = np.stack([versions, trace.worker[: trace.applied]], axis=1)
        assert len(np.unique(pairs, axis=0)) == len(pairs)


@given(strategies.everything())
def test_staleness_keeps_within_its_bounds(scenario: Scenario) -> None:
    trace = simulate(scenario)
    assert (trace.staleness >= 0).all()
    protocol = scenario.protocol
    if protocol.always_fresh:
        assert not trace.staleness.any()
    if protocol.max_staleness is not None:
        assert trace.staleness.max(initial=0) <= protocol.max_staleness
    always_there = all(worker.always_there for worker in scenario.workers)
    if protocol.slack is not None and protocol.name == "async" and always_there:
        workers = scenario.size
        assert trace.staleness.max(initial=0) <= (workers - 1) * (2 * protocol.slack + 1)


@given(strategies.everything())
def test_a_version_read_is_the_number_of_updates_made_by_then(scenario: Scenario) -> None:
    trace = simulate(scenario)
    updated = np.zeros(trace.updates, np.int64)
    updated[trace.version_applied[: trace.applied]] = trace.ticks["ended_at"][: trace.applied]
    read = trace.ticks["read_at"]
    before = np.searchsorted(updated, read, side="left")
    by_then = np.searchsorted(updated, read, side="right")
    assert (before <= trace.version_read).all()
    assert (trace.version_read <= by_then).all()


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
    for place, (_, worker) in enumerate(scenario.each):
        mine = np.flatnonzero(trace.worker == place)
        mine = mine[np.argsort(trace.index[mine])]
        begun = trace.ticks["read_at"][mine]
        done = np.where(
            trace.ticks["computed_at"] == NEVER, trace.ticks["ended_at"], trace.ticks["computed_at"]
        )
        done = np.where(done == NEVER, trace.end, done)[mine]
        assert (done[:-1] <= begun[1:]).all()
        stays = trace.stays["worker"] == place
        comes, goes = trace.stays["comes"][stays], trace.stays["goes"][stays]
        intervals = list(zip(comes, np.where(goes == NEVER, trace.end, goes), strict=True))
        if worker.failures is None:
            assert within(intervals, there(worker))
        for start, end in zip(begun, done, strict=True):
            assert any(enters <= start and end <= leaves for enters, leaves in intervals)


@given(strategies.everything())
def test_a_workers_time_is_computing_and_waiting(scenario: Scenario) -> None:
    trace = simulate(scenario)
    if not trace.end:
        return
    time = metrics.time(trace)
    total = time.computing + sum(time.causes.values())
    assert np.allclose(total, time.present, rtol=0, atol=1e-6)
    assert (time.present <= trace.duration + 1e-9).all()


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

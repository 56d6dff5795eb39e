"""Laws that every trace obeys, whichever engine it is from; each asserts one."""

import numpy as np

from sim import Outcome, Trace, metrics
from sim.scenario.clock import NEVER
from sim.trace import INSTANTS


def every_gradient_is_accounted_for(trace: Trace) -> None:
    for worker in range(len(trace.workers)):
        mine = trace.worker == worker
        started = int(mine.sum())
        by_outcome = [int((trace.outcome[mine] == outcome).sum()) for outcome in Outcome]
        assert started == sum(by_outcome)
        assert sorted(trace.index[mine].tolist()) == list(range(1, started + 1))
    assert (trace.ticks["ended_at"] == NEVER).tolist() == (trace.outcome == Outcome.IN_FLIGHT).tolist()


def stages_follow_each_other(trace: Trace) -> None:
    for row in range(len(trace)):
        at = [int(trace.ticks[name][row]) for name in INSTANTS]
        reached = [instant for instant in at if instant != NEVER]
        assert reached == sorted(reached)
        assert reached[-1] <= trace.end


def one_at_a_time(trace: Trace, begin: str, end: str) -> None:
    ticks = trace.ticks
    done = ticks[end] != NEVER
    order = np.argsort(ticks[begin][done], kind="stable")
    assert (ticks[end][done][order][:-1] <= ticks[begin][done][order][1:]).all()


def versions_rise_by_one_and_batches_have_their_size(trace: Trace) -> None:
    protocol = trace.scenario.protocol
    versions = trace.version_applied[: trace.applied]
    assert (np.diff(versions) >= 0).all()
    assert np.array_equal(np.unique(versions), np.arange(trace.updates))
    assert (np.diff(trace.updated_at) >= 0).all()
    size = protocol.batch(trace.scenario.size)
    if size is not None:
        assert (np.bincount(versions, minlength=0) == size).all()
    if protocol.after_push == "wait":
        pairs = np.stack([versions, trace.worker[: trace.applied]], axis=1)
        assert len(np.unique(pairs, axis=0)) == len(pairs)


def staleness_keeps_within_its_bounds(trace: Trace) -> None:
    scenario, protocol = trace.scenario, trace.scenario.protocol
    assert (trace.staleness >= 0).all()
    if protocol.always_fresh:
        assert not trace.staleness.any()
    if protocol.max_staleness is not None:
        assert trace.staleness.max(initial=0) <= protocol.max_staleness
    always_there = all(worker.always_there for worker in scenario.workers)
    if protocol.slack is not None and protocol.name == "async" and always_there:
        assert trace.staleness.max(initial=0) <= (scenario.size - 1) * (2 * protocol.slack + 1)


def a_version_read_is_the_number_of_updates_made_by(trace: Trace, instant: str) -> None:
    updated = np.zeros(trace.updates, np.int64)
    updated[trace.version_applied[: trace.applied]] = trace.ticks["ended_at"][: trace.applied]
    read = trace.ticks[instant]
    assert (np.searchsorted(updated, read, side="left") <= trace.version_read).all()
    assert (trace.version_read <= np.searchsorted(updated, read, side="right")).all()


def a_worker_computes_one_gradient_at_a_time_and_only_while_it_is_there(trace: Trace) -> None:
    for place in range(len(trace.workers)):
        mine = np.flatnonzero(trace.worker == place)
        mine = mine[np.argsort(trace.index[mine])]
        begun = trace.ticks["read_at"][mine]
        done = np.where(
            trace.ticks["computed_at"] == NEVER, trace.ticks["ended_at"], trace.ticks["computed_at"]
        )
        done = np.where(done == NEVER, trace.end, done)[mine]
        assert (done[:-1] <= begun[1:]).all()
        intervals = stays(trace, place)
        for start, end in zip(begun, done, strict=True):
            assert any(enters <= start and end <= leaves for enters, leaves in intervals)


def stays(trace: Trace, place: int) -> list[tuple[int, int]]:
    """When a worker was there."""
    mine = trace.stays["worker"] == place
    comes, goes = trace.stays["comes"][mine], trace.stays["goes"][mine]
    return list(zip(comes, np.where(goes == NEVER, trace.end, goes), strict=True))


def a_workers_time_is_computing_and_waiting(trace: Trace) -> None:
    if not trace.end:
        return
    time = metrics.time(trace)
    total = time.computing + sum(time.causes.values())
    assert np.allclose(total, time.present, rtol=0, atol=1e-6)
    assert (time.present <= trace.duration + 1e-9).all()


def slack_is_never_exceeded(trace: Trace) -> None:
    """Nobody asks for weights with more gradients done than the slowest has, and the slack, at that instant.

    For workers that are there throughout.
    """
    slack = trace.scenario.protocol.slack
    assert slack is not None
    ticks = trace.ticks
    done = np.where(trace.outcome == Outcome.DISCARDED, ticks["ended_at"], ticks["served_at"])
    for row in range(len(trace)):
        asked = ticks["asked_at"][row]
        finished = (done != NEVER) & (done <= asked)
        counts = np.bincount(trace.worker[finished], minlength=len(trace.workers))
        assert trace.index[row] - 1 <= counts.min() + slack


def a_barrier_waits_for_all(trace: Trace) -> None:
    """Each update takes one gradient of every worker that was there all the while since the one before."""
    versions = trace.version_applied[: trace.applied]
    ended = (trace.updated_at * 1e9).round().astype(np.int64)
    for version in range(trace.updates):
        gave = set(trace.worker[: trace.applied][versions == version].tolist())
        since, until = (ended[version - 1] if version else 0), ended[version]
        for place in range(len(trace.workers)):
            if any(comes <= since and until <= goes for comes, goes in stays(trace, place)):
                assert place in gave

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given

from sim import Protocol, Scenario, Server, Stop, Trace, Worker, simulate
from sim.timeline.spans import NOBODY, WAITING, Kind, Spans, spans
from sim.trace import Outcome
from tests.effort import examples
from tests.sim.cases import SHARED_LINK
from tests.sim.strategies import everything

TWO = Scenario.load("examples/two-learners.toml")
SECOND = 1_000_000_000


def lane(found: Spans, number: int) -> list[tuple[str, float, float]]:
    return [
        (Kind(kind).name, begin / SECOND, end / SECOND) for _, kind, begin, end in found.on(number).rows()
    ]


def test_two_learners_do_nothing_but_compute() -> None:
    found = spans(simulate(TWO))
    assert lane(found, 0) == [("COMPUTE", j, j + 1.0) for j in range(4)]
    assert lane(found, 1) == [("COMPUTE", 0.0, 2.5), ("COMPUTE", 2.5, 5.0)]
    assert lane(found, found.server) == []
    assert len(found) == 6


def test_the_stages_of_a_gradient_over_a_shared_link() -> None:
    # Both ask at 0; A's 2 s of computing end at 2.3 s, B's, which waited for the link, at 2.5 s.
    trace = simulate(SHARED_LINK)
    found = spans(trace)
    assert lane(found, 0) == [
        ("PULL", 0.0, 0.3),
        ("COMPUTE", 0.3, 2.3),
        ("PUSH", 2.3, 2.4),
        ("PUSH", 2.4, 2.7),
        ("SERVICE", 2.7, 3.2),
    ]
    assert lane(found, 1) == [
        ("LINK", 0.0, 0.2),
        ("PULL", 0.2, 0.5),
        ("COMPUTE", 0.5, 2.5),
        ("PUSH", 2.5, 2.6),
        ("LINK", 2.6, 2.7),
        ("PUSH", 2.7, 3.0),
        ("QUEUE", 3.0, 3.2),
        ("SERVICE", 3.2, 3.7),
    ]
    assert lane(found, found.server) == [("SERVICE", 2.7, 3.2), ("SERVICE", 3.2, 3.7)]


def test_a_barrier_makes_the_fast_worker_wait_for_the_update() -> None:
    workers = [Worker(name="fast", compute=1.0, gradients=1), Worker(name="slow", compute=3.0, gradients=1)]
    found = spans(simulate(Scenario(workers=workers, protocol=Protocol.bsp())))
    assert lane(found, 0) == [("COMPUTE", 0.0, 1.0), ("BATCH", 1.0, 3.0)]


def test_a_worker_that_goes_on_leaves_its_gradient_in_the_batch() -> None:
    workers = [Worker(name="A", compute=1.0, gradients=3)]
    found = spans(simulate(Scenario(workers=workers, protocol=Protocol.k_batch_async(3))))
    assert lane(found, 0) == [("COMPUTE", 0.0, 1.0), ("COMPUTE", 1.0, 2.0), ("COMPUTE", 2.0, 3.0)]
    assert lane(found, found.unattended) == [("BATCH", 1.0, 3.0), ("BATCH", 2.0, 3.0)]


def test_the_slack_holds_the_fast_worker_back() -> None:
    workers = [Worker(name="fast", compute=1.0), Worker(name="slow", compute=4.0)]
    scenario = Scenario(workers=workers, protocol=Protocol.asynchronous(slack=0), stop=Stop(time=5.0))
    assert lane(spans(simulate(scenario)), 0) == [
        ("COMPUTE", 0.0, 1.0),
        ("HOLD", 1.0, 4.0),
        ("COMPUTE", 4.0, 5.0),
    ]


def test_a_worker_is_offline_before_it_joins_between_its_failures_and_after_it_leaves() -> None:
    worker = Worker(name="A", compute=1.0, joins=0.5, offline=((2.0, 3.0),), leaves=4.25)
    found = spans(simulate(Scenario(workers=[worker], stop=Stop(time=5.0))))
    assert lane(found, 0) == [
        ("OFFLINE", 0.0, 0.5),
        ("COMPUTE", 0.5, 1.5),
        ("COMPUTE", 1.5, 2.0),
        ("OFFLINE", 2.0, 3.0),
        ("COMPUTE", 3.0, 4.0),
        ("COMPUTE", 4.0, 4.25),
    ]


def test_a_cancelled_gradient_ends_at_the_update() -> None:
    workers = [Worker(name="fast", compute=1.0), Worker(name="slow", compute=3.0)]
    scenario = Scenario(workers=workers, protocol=Protocol.k_sync(1), stop=Stop(updates=2))
    assert lane(spans(simulate(scenario)), 1) == [("COMPUTE", 0.0, 1.0), ("COMPUTE", 1.0, 2.0)]


def test_what_a_worker_is_offline_for_after_its_last_gradient_is_not_shown() -> None:
    workers = [
        Worker(name="A", compute=1.0, gradients=2, offline=((1.5, 2.0), (2.5, 3.0))),
        Worker(name="B", compute=1.0),
    ]
    found = spans(simulate(Scenario(workers=workers, stop=Stop(time=6.0))))
    assert [part for part in lane(found, 0) if part[0] == "OFFLINE"] == [("OFFLINE", 1.5, 2.0)]


def test_at_a_barrier_a_worker_waits_on_its_own_lane_while_it_is_there() -> None:
    workers = [Worker(name="A", compute=1.0, offline=((2.0, 3.0),)), Worker(name="B", compute=4.0)]
    scenario = Scenario(workers=workers, protocol=Protocol.bsp(), stop=Stop(time=4.0))
    found = spans(simulate(scenario))
    assert lane(found, 0) == [
        ("COMPUTE", 0.0, 1.0),
        ("BATCH", 1.0, 2.0),
        ("OFFLINE", 2.0, 3.0),
        ("BATCH", 3.0, 4.0),
    ]
    assert lane(found, found.unattended) == [("BATCH", 2.0, 3.0)]


def test_a_gradient_waits_alone_for_its_batch_once_its_worker_is_done() -> None:
    workers = [Worker(name="A", compute=1.0, gradients=1), Worker(name="B", compute=3.0, gradients=1)]
    found = spans(simulate(Scenario(workers=workers, protocol=Protocol.k_batch_async(2))))
    assert lane(found, 0) == [("COMPUTE", 0.0, 1.0)]
    assert lane(found, found.unattended) == [("BATCH", 1.0, 3.0)]


def test_a_gradient_is_in_the_queue_on_its_workers_lane_until_that_goes() -> None:
    workers = [
        Worker(name="A", compute=1.0, gradients=1),
        Worker(name="B", compute=1.0, offline=((1.5, 2.5),)),
    ]
    found = spans(simulate(Scenario(workers=workers, server=Server(apply=2.0), stop=Stop(updates=2))))
    assert ("QUEUE", 1.0, 1.5) in lane(found, 1)
    assert ("QUEUE", 1.5, 3.0) in lane(found, found.unattended)


def test_a_wait_is_interrupted_each_time_that_the_worker_is_away() -> None:
    workers = [Worker(name="A", compute=1.0, offline=((1.5, 2.0), (2.5, 3.0))), Worker(name="B", compute=4.0)]
    found = spans(simulate(Scenario(workers=workers, protocol=Protocol.bsp(), stop=Stop(time=4.0))))
    assert lane(found, 0) == [
        ("COMPUTE", 0.0, 1.0),
        ("BATCH", 1.0, 1.5),
        ("OFFLINE", 1.5, 2.0),
        ("BATCH", 2.0, 2.5),
        ("OFFLINE", 2.5, 3.0),
        ("BATCH", 3.0, 4.0),
    ]
    assert lane(found, 1) == [("COMPUTE", 0.0, 4.0)]
    assert lane(found, found.unattended) == [("BATCH", 1.5, 2.0), ("BATCH", 2.5, 3.0)]
    assert [(row, begin, end) for row, _, begin, end in found.bars().rows()] == [
        (0, 0, 4 * SECOND),
        (1, 0, 4 * SECOND),
    ]


def test_bars_stand_in_order_of_their_begin_on_each_lane() -> None:
    bars = spans(simulate(TWO)).bars()
    assert bars.lane.tolist() == [0, 0, 0, 0, 1, 1]
    assert set(bars.kind.tolist()) == {Kind.COMPUTE}
    assert (bars.begin / SECOND).tolist() == [0.0, 1.0, 2.0, 3.0, 0.0, 2.5]
    assert (bars.end / SECOND).tolist() == [1.0, 2.0, 3.0, 4.0, 2.5, 5.0]
    assert bars.row.tolist() == [0, 1, 3, 4, 2, 5]


def seconds_by_row(found: Spans, kinds: set[Kind], rows: int) -> np.ndarray:
    """Nanoseconds that each gradient spends in some kinds, its worker's lane and the one beside together."""
    counts = np.isin(found.kind, list(kinds)) & (found.row != NOBODY) & (found.lane != found.server)
    return np.bincount(found.row[counts], (found.end - found.begin)[counts], minlength=rows)


@given(everything())
@examples(60)
def test_spans_neither_overlap_nor_lose_time(scenario: Scenario) -> None:
    trace = simulate(scenario)
    found = spans(trace)
    assert np.all(found.begin < found.end)
    assert np.all(found.end <= trace.end)
    for number in range(found.server + 1):
        for (*_, end), (_, _, begin, _) in pairwise(found.on(number).rows()):
            assert end <= begin
    final = np.where(trace.outcome == Outcome.IN_FLIGHT, trace.end, trace.ticks["ended_at"])
    whole = seconds_by_row(found, set(Kind), len(trace))
    assert np.array_equal(whole, final - trace.ticks["ready_at"])
    computed = np.where(trace.ticks["computed_at"] < 0, final, trace.ticks["computed_at"])
    computing = seconds_by_row(found, {Kind.COMPUTE}, len(trace))
    assert np.array_equal(computing, computed - trace.ticks["read_at"])
    served = trace.ticks["service_at"] >= 0
    on_server = found.on(found.server)
    service = np.where(trace.ticks["served_at"] < 0, trace.end, trace.ticks["served_at"])
    assert (on_server.end - on_server.begin).sum() == (service - trace.ticks["service_at"])[served].sum()


@given(everything())
@examples(30)
def test_a_bar_covers_all_that_a_worker_does_for_a_gradient(scenario: Scenario) -> None:
    found = spans(simulate(scenario))
    bars = {row: (begin, end) for row, _, begin, end in found.bars().rows()}
    for number in range(found.workers):
        for row, _, begin, end in found.on(number).rows():
            if row != NOBODY:
                assert bars[row][0] <= begin < end <= bars[row][1]


def test_columns_are_read_only() -> None:
    found = spans(simulate(TWO))
    for column in (found.lane, found.kind, found.begin, found.end, found.row):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1


def test_waiting_is_what_is_not_doing() -> None:
    assert set(Kind) - WAITING == {Kind.PULL, Kind.COMPUTE, Kind.PUSH, Kind.SERVICE, Kind.OFFLINE}


def empty_trace() -> Trace:
    return simulate(Scenario(workers=[Worker(name="late", compute=1.0, joins=9.0)], stop=Stop(time=2.0)))


def test_a_run_without_gradients() -> None:
    assert lane(spans(empty_trace()), 0) == [("OFFLINE", 0.0, 2.0)]

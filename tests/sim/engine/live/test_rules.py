"""The rules hold on a real clock, with workers that are threads: what happens when is not the same twice."""

import time

import numpy as np
import pytest

from sim import Outcome, Protocol, Scenario, Slowdowns, Stop, Trace, Worker, simulate
from sim.engine.live.messages import Kind
from sim.scenario.clock import NEVER, to_ns
from tests.sim import laws
from tests.sim.engine.live.crews import Threads, on_threads
from tests.sim.engine.live.scenarios import EACH, obeys_every_law, scenario


@pytest.mark.parametrize("name", EACH)
def test_every_law_holds(name: str) -> None:
    trace = on_threads(EACH[name])
    assert (trace.ended, trace.updates) == ("updates", 40)
    obeys_every_law(trace)


def test_gradients_that_are_too_stale_are_discarded() -> None:
    trace = on_threads(scenario(Protocol.asynchronous(max_staleness=0)))
    discarded = trace.outcome == Outcome.DISCARDED
    assert discarded.any()
    assert not trace.staleness.any()
    obeys_every_law(trace)


def test_a_gradient_never_takes_less_than_its_drawn_time() -> None:
    asked = scenario(Protocol.asynchronous())
    trace, simulated = on_threads(asked), simulate(asked)
    drawn, measured = by_gradient(simulated), by_gradient(trace)
    both = [(measured[key], drawn[key]) for key in measured.keys() & drawn.keys()]
    assert len(both) > 30
    assert all(spent >= least for spent, least in both)


def by_gradient(trace: Trace) -> dict[tuple[int, int], int]:
    """Nanoseconds that each gradient was computed which was done, by worker and number."""
    ticks = trace.ticks
    rows = np.flatnonzero(ticks["computed_at"] != NEVER)
    spent = (ticks["computed_at"] - ticks["read_at"])[rows].tolist()
    keys = zip(trace.worker[rows].tolist(), trace.index[rows].tolist(), strict=True)
    return dict(zip(keys, spent, strict=True))


def test_a_worker_that_dies_is_a_departure_and_the_barrier_goes_on() -> None:
    def kill(crew: Threads) -> None:
        time.sleep(0.1)
        crew.tell(Kind.DIED, 2)

    workers = [Worker(name="w", count=2, compute=0.01), Worker(name="doomed", compute=30.0)]
    asked = Scenario(workers=workers, protocol=Protocol.bsp(), stop=Stop(updates=3))
    trace = on_threads(asked, kill)
    assert (trace.ended, trace.updates) == ("updates", 3)
    assert trace.stays["goes"][trace.stays["worker"] == 2].tolist()[0] > 0
    assert trace.stays["done"].tolist() == [0, 0, 0]
    assert set(trace.outcome[trace.worker == 2].tolist()) == {Outcome.LOST}
    obeys_every_law(trace)


def test_when_all_die_the_run_is_over() -> None:
    def kill(crew: Threads) -> None:
        for order in (0, 1, 2):
            crew.tell(Kind.DIED, order)
            crew.tell(Kind.DIED, order)

    trace = on_threads(scenario(Protocol.asynchronous(slack=0), stop=Stop(time=60.0)), kill)
    assert trace.ended == "finished"
    assert (trace.stays["goes"] != NEVER).all()


def test_a_run_that_is_stopped_keeps_what_there_is() -> None:
    def stop(crew: Threads) -> None:
        time.sleep(0.2)
        crew.tell(Kind.STOP)

    trace = on_threads(scenario(Protocol.asynchronous(), stop=Stop(time=60.0)), stop)
    assert trace.ended == "interrupted"
    assert trace.applied > 0
    obeys_every_law(trace)


def test_what_a_worker_cannot_do_ends_the_run() -> None:
    def fail(crew: Threads) -> None:
        crew.tell(Kind.FAILED, 0, 1, -1, ZeroDivisionError("by zero"))

    with pytest.raises(ZeroDivisionError):
        on_threads(scenario(Protocol.asynchronous(), stop=Stop(time=60.0)), fail)


def test_workers_come_and_go_and_change_their_speed_as_the_scenario_says() -> None:
    slowed = Slowdowns(every=0.05, lasting=0.05, factor=0.5)
    workers = [
        Worker(name="late", compute=0.01, joins=0.1, leaves=0.3),
        Worker(name="away", compute=0.01, offline=((0.1, 0.2),), leaves=0.4, slowdowns=slowed),
        Worker(name="few", compute=0.01, gradients=2, speed=((0.0, 0.5), (0.01, 2.0))),
    ]
    trace = on_threads(Scenario(workers=workers, protocol=Protocol.asynchronous(slack=2)))
    assert trace.ended == "finished"
    assert sorted(trace.stays["worker"].tolist()) == [0, 1, 1, 2]
    late, few = trace.stays["worker"] == 0, trace.stays["worker"] == 2
    assert trace.stays["done"][few].tolist() == [1]
    assert trace.outcome[trace.worker == 2].tolist() == [Outcome.APPLIED] * 2
    assert trace.stays["comes"][late][0] >= to_ns(0.1)
    assert trace.stays["goes"][late][0] >= to_ns(0.3)
    laws.every_gradient_is_accounted_for(trace)
    laws.stages_follow_each_other(trace)
    laws.a_worker_computes_one_gradient_at_a_time_and_only_while_it_is_there(trace)
    laws.a_workers_time_is_computing_and_waiting(trace)


def test_a_worker_that_pulls_when_others_are_cancelled_is_sent_the_new_weights() -> None:
    class Slow(Threads):
        """Its worker 2 gets the first weights only when others have made an update of them."""

        def begin(self, order: int, ticket: int, index: int, origin: int, weights: object) -> None:
            if (order, ticket) != (2, 1):
                super().begin(order, ticket, index, origin, weights)

    trace = on_threads(scenario(Protocol.k_sync(2)), crew=Slow)
    first = np.flatnonzero((trace.worker == 2) & (trace.index == 1))
    assert trace.version_read[first].tolist() != [0]
    obeys_every_law(trace)


def test_messages_that_answer_an_older_order_are_ignored() -> None:
    def confuse(crew: Threads) -> None:
        for _ in range(20):
            crew.tell(Kind.READ, 0, 0, 5)
            crew.tell(Kind.PUSHED, 0, 0, 5, np.zeros(1000, np.float32))

    obeys_every_law(on_threads(scenario(Protocol.k_async(2)), confuse))

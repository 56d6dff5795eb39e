"""Every engine against the reference, a simulator written from the documents alone; and cases by hand."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings

from sim import (
    Failures,
    Network,
    Protocol,
    Scenario,
    Server,
    SimulationError,
    Slowdowns,
    Stop,
    Trace,
    Worker,
    simulate,
)
from sim.engine import ENGINES
from tests.sim import strategies
from tests.sim.engine.reference import reference

engines = pytest.mark.parametrize("engine", ENGINES)
simulators = pytest.mark.parametrize("simulator", [*ENGINES, "reference"])


@engines
@given(scenario=strategies.everything())
def test_an_engine_equals_the_reference(engine: str, scenario: Scenario) -> None:
    assert simulate(scenario, engine=engine) == reference(scenario)


@engines
@given(scenario=strategies.anything())
@settings(max_examples=2 * settings().max_examples)
def test_an_engine_equals_the_reference_to_the_nanosecond(engine: str, scenario: Scenario) -> None:
    assert simulate(scenario, engine=engine) == reference(scenario)


@contextmanager
def patience(events: int) -> Iterator[None]:
    """Let runs end without progress after so few events that it happens in small ones."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("sim.engine.setup.PATIENCE", "tests.sim.engine.reference.PATIENCE"):
            patch.setattr(module, events)
            patch.setattr(f"{module}_PER_WORKER", 0)
        yield


@engines
@given(scenario=strategies.everything())
def test_an_engine_loses_patience_when_the_reference_does(engine: str, scenario: Scenario) -> None:
    steady = [worker.replace(speed=1.0, slowdowns=None) for worker in scenario.workers]
    with patience(8):
        impatient = scenario.replace(workers=steady)
        assert simulate(impatient, engine=engine) == reference(impatient)


def run(simulator: str, scenario: Scenario) -> Trace:
    return reference(scenario) if simulator == "reference" else simulate(scenario, engine=simulator)


def story(trace: Trace) -> list[tuple[str, float, float, str]]:
    """Return each gradient: its name, when it was read and ended, its staleness or what became of it."""
    table = trace.to_pandas()
    return [
        (f"{worker}{index}", read, ended, str(staleness) if outcome == "applied" else outcome)
        for worker, index, read, ended, staleness, outcome in zip(
            *(table[name] for name in ("worker", "index", "read_at", "ended_at", "staleness", "outcome")),
            strict=True,
        )
    ]


@simulators
def test_those_who_are_gone_hold_nobody_back(simulator: str) -> None:
    # A has one gradient and is held by B, which has none and leaves at 5 s. From 20 s on A is alone.
    fleet = [
        Worker(name="A", compute=1.0, offline=((3.0, 20.0),)),
        Worker(name="B", compute=10.0, leaves=5.0),
    ]
    scenario = Scenario(workers=fleet, protocol=Protocol.asynchronous(slack=0), stop=Stop(time=30.0))
    trace = run(simulator, scenario)
    alone = [(f"A{j}", 18.0 + j, 19.0 + j, "0") for j in range(2, 12)]
    assert story(trace) == [("A1", 0.0, 1.0, "0"), *alone, ("B1", 0.0, 5.0, "lost")]
    assert (trace.ended, trace.duration) == ("time", 30.0)
    assert {name: column.tolist() for name, column in trace.unread.items()} == {
        "worker": [0],
        "ready_at": [10**9],
        "asked_at": [-1],
        "pull_at": [-1],
        "left_at": [-1],
        "ended_at": [3 * 10**9],
    }


@simulators
@pytest.mark.parametrize("stop", [Stop(), Stop(time=50.0)])
def test_one_that_comes_back_to_wait_for_nobody_is_stalled(simulator: str, stop: Stop) -> None:
    fleet = [
        Worker(name="A", compute=1.0, gradients=2, offline=((1.1, 2.0),)),
        Worker(name="B", compute=5.0, leaves=1.5),
    ]
    trace = run(simulator, Scenario(workers=fleet, protocol=Protocol.k_sync(2), stop=stop))
    assert (trace.ended, trace.duration, trace.updates) == ("stalled", 2.0, 0)


@simulators
def test_one_event_sets_workers_going_in_the_order_of_the_scenario(simulator: str) -> None:
    # At 3.25 s B's gradient is applied, and A's, now too stale, discarded: A pulls first, B waits for it.
    fleet = [Worker(name="A", compute=1.5, gradients=2), Worker(name="B", compute=0.25, gradients=2)]
    scenario = Scenario(
        workers=fleet,
        protocol=Protocol.asynchronous(max_staleness=0),
        server=Server(apply=1.0),
        network=Network(server_bandwidth=1.0, weight_bytes=1.0),
    )
    trace = run(simulator, scenario)
    assert story(trace) == [
        ("B1", 2.0, 3.25, "0"),
        ("B2", 5.25, 6.5, "0"),
        ("A1", 1.0, 3.25, "discarded"),
        ("A2", 4.25, 6.5, "discarded"),
    ]
    assert (trace.ended, trace.duration) == ("finished", 6.5)


@simulators
@pytest.mark.parametrize("speed", [3.0, 6.0, 7.0, 9.0, 11.0])
def test_equal_times_tie_at_every_speed(simulator: str, speed: float) -> None:
    # B's gradients were begun before those of A that end with them, and are applied first.
    fleet = [Worker(name="A", compute=1.0, speed=speed), Worker(name="B", compute=1.0)]
    trace = run(simulator, Scenario(workers=fleet, stop=Stop(time=4.0)))
    mine = trace.worker[: trace.applied] == 1
    assert trace.staleness[mine].tolist() == [speed - 1, speed, speed, speed]
    assert (~mine).sum() == 4 * speed
    assert trace.ticks["ended_at"][: trace.applied][mine].tolist() == [j * 10**9 for j in (1, 2, 3, 4)]


@simulators
@pytest.mark.parametrize(
    ("about", "ended", "end"),
    [
        ({"offline": ((2.0, 3.0),)}, "stalled", 1.5),  # there, it waits for an update that will not come
        ({"offline": ((1.2, 3.0),)}, "stalled", 3.0),  # away, but the answer is owed: it comes back to wait
        ({"leaves": 1.2}, "finished", 1.5),  # nobody is there
        ({"leaves": 2.0}, "stalled", 1.5),
    ],
)
def test_a_last_gradient_in_an_unfilled_batch(
    simulator: str, about: dict[str, object], ended: str, end: float
) -> None:
    first = Worker(name="A", compute=1.0, gradients=1).replace(**about)
    fleet = [first, Worker(name="B", compute=5.0, leaves=1.5)]
    trace = run(simulator, Scenario(workers=fleet, protocol=Protocol.k_async(2), stop=Stop(time=9.0)))
    assert (trace.ended, trace.duration) == (ended, end)


@simulators
def test_one_that_returns_takes_the_count_of_those_there_and_not_of_those_gone(simulator: str) -> None:
    # B left with 4 or 5. C is there from 10 s on with none, so A keeps its 1, and waits for C's first only.
    fleet = [
        Worker(name="A", compute=1.0, offline=((1.5, 10.0),)),
        Worker(name="B", compute=1.0, leaves=5.5),
        Worker(name="C", compute=1.0, joins=10.0),
    ]
    scenario = Scenario(workers=fleet, protocol=Protocol.asynchronous(slack=0), stop=Stop(time=12.0))
    assert [row for row in story(run(simulator, scenario)) if row[0][0] in "AC"] == [
        ("A1", 0.0, 1.0, "0"),
        ("C1", 10.0, 11.0, "0"),
        ("A3", 11.0, 12.0, "0"),
        ("C2", 11.0, 12.0, "1"),
        ("A2", 1.0, 1.5, "lost"),
    ]


@simulators
def test_work_of_less_than_two_nanoseconds_at_a_changing_speed(simulator: str) -> None:
    steady = Worker(name="A", compute=1.5e-9, gradients=8)
    varied = steady.replace(speed=((100.0, 2.0),))
    for worker in (steady, varied):
        trace = run(simulator, Scenario(workers=[worker]))
        assert trace.ticks["computed_at"].tolist() == [2, 3, 5, 6, 8, 9, 11, 12]


@simulators
def test_comings_and_changes_of_speed_are_on_whole_nanoseconds(simulator: str) -> None:
    # From 1 ns, not from 1.4 ns on: to 2.4, not to 2.8.
    comes = Worker(name="A", compute=1.4e-9, joins=1.4e-9, gradients=1)
    assert run(simulator, Scenario(workers=[comes])).ticks["computed_at"].tolist() == [2]
    # 1 ns at speed 1, the other 1.8 ns at speed 4: to 1.45, not, with 1.4 ns at speed 1, to 1.75.
    faster = Worker(name="A", compute=2.8e-9, speed=((1.4e-9, 4.0),), gradients=1)
    assert run(simulator, Scenario(workers=[faster])).ticks["computed_at"].tolist() == [1]


@simulators
def test_changes_of_speed_while_computing_count_once(simulator: str) -> None:
    # Eight changes, a going, a coming, eight changes: the 19th event is the end of the second gradient.
    slowdowns = Slowdowns(every=1.0, lasting=1.0, factor=1.0)
    fleet = [Worker(name="A", compute=8.5, slowdowns=slowdowns, offline=((8.2, 8.3),))]
    with patience(18):
        trace = run(simulator, Scenario(workers=fleet, stop=Stop(updates=1)))
    assert (trace.ended, trace.duration) == ("updates", 16.8)


@simulators
def test_a_run_without_progress_ends(simulator: str) -> None:
    fleet = [Worker(name="A", compute=10.0, failures=Failures(mtbf=0.001, repair=0.001))]
    with patience(100):
        trace = run(simulator, Scenario(workers=fleet, stop=Stop(updates=1)))
    assert trace.ended == "no-progress"
    assert len(trace) == 51  # the 101st event is the 51st going, and nobody's coming at the start was one


@simulators
def test_a_run_that_outlasts_the_clock_is_an_error(simulator: str) -> None:
    long = Worker(name="A", compute=1e9, gradients=9)
    assert run(simulator, Scenario(workers=[long])).end == 9 * 10**18
    with pytest.raises(SimulationError, match="outlasts the clock"):
        run(simulator, Scenario(workers=[long.replace(gradients=10)]))

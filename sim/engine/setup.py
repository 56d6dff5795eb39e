"""A scenario and a seed as numbers: what every engine starts from."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Book, Laws, identities, keys
from sim.scenario import Scenario
from sim.scenario.clock import Duration, decimal, exactly, to_ns
from sim.scenario.durations import Exponential
from sim.scenario.worker import Worker

NONE: Final = -1
"""In place of a law, a number or an instant that is not given."""

PATIENCE: Final = 1_000_000
PATIENCE_PER_WORKER: Final = 100
"""A run ends in which no gradient has joined a batch for so many events."""

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class Setup(NamedTuple):
    """All that a run depends on. Columns have a row for each entry of ``workers`` unless said otherwise.

    Instants are whole nanoseconds, durations pairs of whole nanoseconds and a part of one; `NONE` stands for
    what is not given.
    """

    size: int
    entry: NDArray[np.int32]  # of each worker
    identity: NDArray[np.uint64]  # of each worker
    keys: NDArray[np.uint64]  # of each purpose
    laws: Laws

    most: Integers  # gradients
    compute: Integers  # laws
    failure: Integers
    repair: Integers
    slowdown: Integers
    recovery: Integers
    joins: Integers
    leaves: Integers
    always_there: NDArray[np.bool_]
    varies: NDArray[np.bool_]
    outage: Integers  # the first of its rows in the next two, and how many they are
    outages: Integers
    away_from: Integers
    away_to: Integers
    step: Integers  # the first of its rows in the next columns, and how many they are
    steps: Integers
    step_at: Integers
    speed: Floats  # of each step, to twice a float's precision, at full speed and slowed down
    speed_low: Floats
    slow: Floats
    slow_low: Floats

    pull_whole: Integers
    pull_part: Floats
    push_whole: Integers
    push_part: Floats
    down: Duration
    up: Duration
    service: int  # a law

    k: int  # 0: a barrier
    waits: bool
    cancels: bool
    slack: int
    max_staleness: int
    stop_time: int
    stop_updates: int
    stop_gradients: int
    patience: int


def set_up(scenario: Scenario, seed: int) -> Setup:
    """Return a scenario as numbers."""
    book, network, protocol, stop = Book(), scenario.network, scenario.protocol, scenario.stop
    fleet = scenario.workers
    sizes = [worker.count or 1 for worker in fleet]
    outages = [interval for worker in fleet for interval in worker.offline]
    steps = [step for worker in fleet for step in _steps(worker)]
    step_counts = [len(_steps(worker)) for worker in fleet]
    outage_counts = [len(worker.offline) for worker in fleet]
    pulls = [exactly(network.way(worker, network.weight_bytes)) for worker in fleet]
    pushes = [exactly(network.way(worker, network.gradient_bytes)) for worker in fleet]
    compute = [
        book.enter(worker.compute, 1.0 if isinstance(worker.speed, tuple) else worker.speed)
        for worker in fleet
    ]
    failures, repairs, slowdowns, recoveries = zip(*(_faults(book, worker) for worker in fleet), strict=True)
    service = book.enter(scenario.server.apply) if scenario.server.apply else NONE
    return Setup(
        size=scenario.size,
        entry=np.repeat(np.arange(len(fleet), dtype=np.int32), sizes),
        identity=identities(iter(scenario.names)),
        keys=keys(seed),
        laws=book.laws(),
        most=_integers(worker.most for worker in fleet),
        compute=_integers(compute),
        failure=_integers(failures),
        repair=_integers(repairs),
        slowdown=_integers(slowdowns),
        recovery=_integers(recoveries),
        joins=_integers(to_ns(worker.joins) for worker in fleet),
        leaves=_integers(None if worker.leaves is None else to_ns(worker.leaves) for worker in fleet),
        always_there=np.array([worker.always_there for worker in fleet]),
        varies=np.array([worker.varies for worker in fleet]),
        outage=np.cumsum([0, *outage_counts[:-1]]),
        outages=_integers(outage_counts),
        away_from=_integers(to_ns(since) for since, _ in outages),
        away_to=_integers(to_ns(until) for _, until in outages),
        step=np.cumsum([0, *step_counts[:-1]]),
        steps=_integers(step_counts),
        step_at=_integers(to_ns(at) for at, _, _ in steps),
        speed=_floats(float(decimal(full)) for _, full, _ in steps),
        speed_low=_floats(_low(decimal(full)) for _, full, _ in steps),
        slow=_floats(float(decimal(full) * decimal(factor)) for _, full, factor in steps),
        slow_low=_floats(_low(decimal(full) * decimal(factor)) for _, full, factor in steps),
        pull_whole=_integers(way.whole for way in pulls),
        pull_part=_floats(way.part for way in pulls),
        push_whole=_integers(way.whole for way in pushes),
        push_part=_floats(way.part for way in pushes),
        down=exactly(network.shared(network.weight_bytes)),
        up=exactly(network.shared(network.gradient_bytes)),
        service=service,
        k=protocol.batch(scenario.size) or 0,
        waits=protocol.after_push == "wait",
        cancels=protocol.at_update == "cancel",
        slack=NONE if protocol.slack is None else protocol.slack,
        max_staleness=NONE if protocol.max_staleness is None else protocol.max_staleness,
        stop_time=NONE if stop.time is None else to_ns(stop.time),
        stop_updates=stop.updates or NONE,
        stop_gradients=stop.gradients or NONE,
        patience=PATIENCE + PATIENCE_PER_WORKER * scenario.size,
    )


def _constant_speed(worker: Worker) -> float:
    return 1.0 if isinstance(worker.speed, tuple) else worker.speed


def _steps(worker: Worker) -> list[tuple[float, float, float]]:
    """Return when the scheduled speed changes, to what, and by what a slowdown multiplies it."""
    factor = worker.slowdowns.factor if worker.slowdowns else 1.0
    scheduled = worker.speed if isinstance(worker.speed, tuple) else ()
    return [(at, full, factor) for at, full in ((0.0, 1.0), *scheduled)]


def _faults(book: Book, worker: Worker) -> tuple[int, int, int, int]:
    """Enter what may befall a worker; return the laws of failures, repairs, slowdowns and recoveries."""
    failure = repair = slowdown = recovery = NONE
    if worker.failures is not None:
        mtbf = worker.failures.mtbf
        failure = book.enter(Exponential(mean=mtbf) if isinstance(mtbf, int | float) else mtbf)
        repair = book.enter(worker.failures.repair)
    if worker.slowdowns is not None:
        slowdown = book.enter(worker.slowdowns.every)
        recovery = book.enter(worker.slowdowns.lasting)
    return failure, repair, slowdown, recovery


def _low(exact: Fraction) -> float:
    """Return what a float leaves out of an exact number."""
    return float(exact - Fraction(float(exact)))


def _integers(values: Iterable[int | None]) -> Integers:
    return np.array([NONE if value is None else value for value in values], np.int64)


def _floats(values: Iterable[float]) -> Floats:
    return np.array(list(values), np.float64)

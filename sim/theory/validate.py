"""The battery: every law and closed form over a grid of scenarios, with one verdict for all.

Hundreds of comparisons are made, so that each is judged at a level at which all of them together pass with
probability 0.99, if theory and simulator agree (Bonferroni).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sim.engine import simulate
from sim.scenario import Network, Scenario, Server, Stop
from sim.scenario.durations import (
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    LogNormal,
    Pareto,
    ShiftedExponential,
    Uniform,
)
from sim.scenario.protocols import Protocol
from sim.scenario.worker import Failures, Slowdowns, Worker
from sim.theory.applying import applicable
from sim.theory.comparison import Finding, Simulate, compare
from sim.theory.form import Prediction
from sim.theory.lengths import LONG_RUN

CONFIDENCE: Final = 0.99
REPLICAS: Final = 20
FEW_REPLICAS: Final = 12
"""Enough for the quick battery."""

LAWS: Final[tuple[Distribution, ...]] = (
    Exponential(mean=1.0),
    ShiftedExponential(shift=1.0, mean=2.0),
    Uniform(low=0.5, high=1.5),
    Gamma(mean=1.0, shape=3.0),
    LogNormal(mean=1.0, sigma=0.5),
    Pareto(minimum=1.0, shape=4.0),
    Empirical(values=(0.5, 0.6, 0.65, 0.8, 0.9, 1.0, 1.2, 1.4, 1.8, 2.6)),
    Constant(mean=1.0),
)
BUILDS: Final = (Protocol.k_sync, Protocol.k_batch_sync, Protocol.k_async, Protocol.k_batch_async)
MIXED: Final[tuple[Worker, ...]] = (
    Worker(name="fast", count=3, compute=Exponential(mean=0.5)),
    Worker(name="slow", count=2, compute=Exponential(mean=2.0)),
)
MOTLEY: Final[tuple[Worker, ...]] = (
    Worker(name="constant", compute=1.0),
    Worker(name="gamma", compute=Gamma(mean=1.5, shape=2.0)),
    Worker(name="uniform", count=2, compute=Uniform(low=0.2, high=1.0), speed=0.5),
)
PACED: Final = tuple(Worker(name=f"w{place}", compute=0.7 + 0.45 * place) for place in range(6))


class Case(NamedTuple):
    """A scenario of the battery, and what is predicted for it."""

    scenario: Scenario
    predictions: tuple[Prediction, ...]


@dataclass(frozen=True)
class Row:
    """A finding and the scenario that it is about."""

    case: str
    finding: Finding


def _scenario(
    length: int,
    protocol: Protocol,
    workers: Sequence[Worker],
    server: Server | None = None,
    network: Network | None = None,
) -> Scenario:
    """Return a scenario that computes about ``length`` gradients, more where that is not a long run."""
    size = sum(worker.count or 1 for worker in workers)
    each = size if protocol.at_update == "cancel" else protocol.batch(size) or size
    which = ", ".join(f"{w.count or 1} × {_name(w)}" for w in workers[:3]) + (" …" if workers[3:] else "")
    extra = [f"apply {_name(server)}"] if server else []
    extra += ["with transfers"] if network else []
    return Scenario(
        title=", ".join([protocol.describe(size).partition(" (")[0], which, *extra]),
        protocol=protocol,
        workers=workers,
        server=server or Server(),
        network=network or Network(),
        stop=Stop(updates=max(-(-LONG_RUN * size // min(each, size)), length // each)),
    )


def _alike(
    length: int, laws: Sequence[Distribution], sizes: Mapping[int, Sequence[int]]
) -> Iterator[Scenario]:
    """Yield every protocol with equal workers, for each number of them the given K."""
    for size, batches in sizes.items():
        for its in laws:
            workers = [Worker(name="w", count=size, compute=its)]
            yield _scenario(length, Protocol.asynchronous(), workers)
            yield _scenario(length, Protocol.bsp(), workers)
            for k in batches:
                for build in BUILDS[: 4 if k > 1 else 3]:  # k-batch-async with K = 1 is async
                    yield _scenario(length, build(k), workers)


def _unlike(length: int, batches: Sequence[int]) -> Iterator[Scenario]:
    for workers in (MIXED, MOTLEY):
        yield _scenario(length, Protocol.asynchronous(), workers)
        yield _scenario(length, Protocol.bsp(), workers)
        for k in batches:
            for build in BUILDS:
                yield _scenario(length, build(k), workers)
    for protocol in (Protocol.k_sync(4), Protocol.bsp(), Protocol.asynchronous()):
        yield _scenario(length, protocol, PACED)
    yield _scenario(length, Protocol.k_batch_async("P/4"), [Worker(name="w", count=8, compute=LAWS[0])])


def _bounded(
    length: int, laws: Sequence[Distribution], slacks: Sequence[int], bounds: Sequence[int]
) -> Iterator[Scenario]:
    for slack in slacks:
        protocol = Protocol.asynchronous(slack=slack)
        for pace in (1.0, 1.5):
            two = [Worker(name="a", compute=LAWS[0]), Worker(name="b", compute=Exponential(mean=pace))]
            yield _scenario(length, protocol, two)
        for its in laws:
            straggler = Worker(name="straggler", compute=3.0)
            yield _scenario(length, protocol, [Worker(name="w", count=4, compute=its), straggler])
    for bound in bounds:
        for workers in (PACED, MIXED):
            yield _scenario(length, Protocol.asynchronous(max_staleness=bound), workers)


def _costly(length: int, laws: Sequence[Distribution], services: Sequence[float]) -> Iterator[Scenario]:
    """Yield servers that take time, and networks that do."""
    eight = Worker(name="w", count=8, compute=LAWS[0])
    for mean in services:
        for its in laws:
            workers = [Worker(name="w", count=8, compute=its)]
            for protocol in (Protocol.asynchronous(), Protocol.k_batch_async(3), Protocol.k_async(3)):
                yield _scenario(length, protocol, workers, Server(apply=Exponential(mean=mean)))
        yield _scenario(length, Protocol.asynchronous(), [eight], Server(apply=mean))
        yield _scenario(4 * length, Protocol.asynchronous(), MIXED, Server(apply=Exponential(mean=mean)))
    network = Network(latency=0.1, bandwidth=1e9, gradient_bytes=4e8, weight_bytes=2e8)
    for group in ((eight,), MIXED):
        for protocol in (Protocol.asynchronous(), Protocol.k_batch_async(3)):
            yield _scenario(length, protocol, group, network=network)


def _faulty(length: int, laws: Sequence[Distribution]) -> Iterator[Scenario]:
    """Yield workers that fail and workers that are slowed down, and a link that all share."""
    spells = Exponential(mean=8.0)
    failures = Failures(mtbf=20.0, repair=LAWS[2])
    slowdowns = Slowdowns(every=spells, lasting=Gamma(mean=4.0, shape=2.0), factor=0.25)
    network = Network(latency=0.1, server_bandwidth=1e9, gradient_bytes=4e8, weight_bytes=2e8)
    for its in laws:
        failing = Worker(name="failing", count=3, compute=its, failures=failures)
        slowed = Worker(name="slowed", count=3, compute=its, slowdowns=slowdowns)
        steady = Worker(name="steady", count=2, compute=its)
        yield _scenario(20 * length, Protocol.asynchronous(), [failing, steady])
        yield _scenario(20 * length, Protocol.k_batch_async(3), [slowed, failing])
    for protocol in (Protocol.asynchronous(), Protocol.bsp()):
        yield _scenario(length, protocol, [Worker(name="w", count=4, compute=LAWS[0])], network=network)


def _scenarios(*, quick: bool) -> Iterator[Scenario]:
    if quick:
        length, laws = 500, (LAWS[0], LAWS[1], LAWS[3])
        yield from _alike(length, laws, {8: (1, 4, 8)})
        yield from _unlike(length, (2,))
        yield from _bounded(length, laws, (0, 2), (2,))
        yield from _costly(length, laws[::2], (0.05, 0.2))
        yield from _faulty(length, laws[:1])
    else:
        length = 2_000
        yield from _alike(length, LAWS, {3: (2,), 8: (1, 4, 8), 24: (6,)})
        yield from _unlike(length, (2, 3))
        yield from _bounded(length, LAWS, (0, 1, 2, 5), (0, 2, 5, 20))
        yield from _costly(length, (*LAWS[:5], LAWS[7]), (0.02, 0.05, 0.125, 0.2, 0.5))
        yield from _faulty(length, LAWS)


def _name(thing: Worker | Server) -> str:
    given = thing.compute if isinstance(thing, Worker) else thing.apply
    if isinstance(given, int | float | tuple):
        return f"{given:g} s" if not isinstance(given, tuple) else "a list"
    return f"{given.kind}({given.mean:g})"


def battery(*, quick: bool = False) -> tuple[Case, ...]:
    """Return the scenarios, each with what is predicted for it; the quick ones run in a few seconds."""
    return tuple(Case(each, applicable(each).predictions) for each in _scenarios(quick=quick))


def validate(
    cases: Sequence[Case],
    progress: Callable[[int, int], None] | None = None,
    replicas: int = REPLICAS,
    run: Simulate = simulate,
) -> tuple[Row, ...]:
    """Simulate every case and judge every number.

    Parameters
    ----------
    cases
        Of `battery`.
    progress
        Called after each case with the number of cases done, and of all.
    replicas
        Independent runs of each case.
    run
        Instead of `sim.simulate`.
    """
    compared = sum(len(case.predictions) for case in cases)
    rows: list[Row] = []
    for done, (scenario, predicted) in enumerate(cases, 1):
        findings = compare(
            scenario, predicted, replicas, seed=0, family=compared, confidence=CONFIDENCE, run=run
        )
        rows += [Row(scenario.title, finding) for finding in findings]
        if progress is not None:
            progress(done, len(cases))
    return tuple(rows)

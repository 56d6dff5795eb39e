"""The battery: every law and closed form over a grid of scenarios, with one verdict for all.

Hundreds of comparisons are made, so that each is judged at a level at which all of them together pass with
probability 0.99, if theory and simulator agree (Bonferroni).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sim.assumptions import LONG_RUN
from sim.comparison import Finding, Simulate, compare
from sim.durations import (
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
from sim.engine import simulate
from sim.protocols import Protocol
from sim.scenario import Network, Scenario, Server, Stop, Worker
from sim.theory import Prediction, applicable

CONFIDENCE: Final = 0.99
REPLICAS: Final = 20

LAWS: Final[tuple[Distribution, ...]] = (
    Exponential(mean=1.0),
    ShiftedExponential(shift=1.0, mean=2.0),
    Uniform(low=0.5, high=1.5),
    Gamma(mean=1.0, shape=3.0),
    LogNormal(mean=1.0, sigma=0.5),
    Pareto(minimum=1.0, shape=4.0),
    Empirical(values=(0.5, 0.75, 1.5, 2.25)),
    Constant(mean=1.0),
)
MIXED: Final = (
    Worker(name="fast", count=3, compute=Exponential(mean=0.5)),
    Worker(name="slow", count=2, compute=Exponential(mean=2.0)),
)
MOTLEY: Final = (
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


def _scenarios(length: int, *, quick: bool) -> Iterator[Scenario]:
    """Yield the grid; the quick one has the exponential and one law of each other kind, and fewer workers."""

    def scenario(
        protocol: Protocol, workers: Sequence[Worker], server: Server | None = None, net: Network | None = None
    ) -> Scenario:
        size = sum(worker.count or 1 for worker in workers)
        each = size if protocol.at_update == "cancel" else protocol.batch(size) or size
        updates = max(2 * LONG_RUN * size // min(each, size), length // each)
        which = ", ".join(f"{w.count or 1} × {_name(w)}" for w in workers[:3]) + (" …" if workers[3:] else "")
        extra = [f"apply {_name(server)}"] if server else []
        extra += ["with transfers"] if net else []
        return Scenario(
            title=", ".join([protocol.describe().partition(" (")[0], which, *extra]),
            protocol=protocol,
            workers=workers,
            server=server or Server(),
            network=net or Network(),
            stop=Stop(updates=updates),
        )

    laws = (LAWS[0], LAWS[1], LAWS[3]) if quick else LAWS
    for size, batches in ((8, (1, 4, 8)),) if quick else ((8, (1, 4, 8)), (3, (2,)), (24, (6,))):
        for its in laws:
            alike = [Worker(name="w", count=size, compute=its)]
            yield scenario(Protocol.asynchronous(), alike)
            yield scenario(Protocol.bsp(), alike)
            for k in batches:
                for build in (
                    Protocol.k_sync,
                    Protocol.k_batch_sync,
                    Protocol.k_async,
                    Protocol.k_batch_async,
                ):
                    yield scenario(build(k), alike)
    for workers in (MIXED, MOTLEY):
        yield scenario(Protocol.asynchronous(), workers)
        yield scenario(Protocol.bsp(), workers)
        for k in (2,) if quick else (2, 3):
            for build in (Protocol.k_sync, Protocol.k_batch_sync, Protocol.k_async, Protocol.k_batch_async):
                yield scenario(build(k), workers)
    for protocol in (Protocol.k_sync(4), Protocol.bsp(), Protocol.asynchronous()):
        yield scenario(protocol, PACED)
    yield scenario(Protocol.k_batch_async("P/4"), [Worker(name="w", count=8, compute=LAWS[0])])
    for slack in (0, 2) if quick else (0, 1, 2, 5):
        for pace in (1.0, 1.5):
            two = [Worker(name="a", compute=LAWS[0]), Worker(name="b", compute=Exponential(mean=pace))]
            yield scenario(Protocol.asynchronous(slack=slack), two)
        for its in laws:
            yield scenario(
                Protocol.asynchronous(slack=slack),
                [Worker(name="w", count=4, compute=its), Worker(name="straggler", compute=3.0)],
            )
    for bound in (2,) if quick else (0, 2, 5, 20):
        yield scenario(Protocol.asynchronous(max_staleness=bound), PACED)
        yield scenario(Protocol.asynchronous(max_staleness=bound), MIXED)
    for mean in (0.05, 0.2) if quick else (0.02, 0.05, 0.125, 0.2, 0.5):
        for its in (LAWS[0], LAWS[3]) if quick else (*LAWS[:5], LAWS[7]):
            alike = [Worker(name="w", count=8, compute=its)]
            for protocol in (Protocol.asynchronous(), Protocol.k_batch_async(3), Protocol.k_async(3)):
                yield scenario(protocol, alike, Server(apply=Exponential(mean=mean)))
        yield scenario(Protocol.asynchronous(), alike, Server(apply=mean))
    net = Network(latency=0.1, bandwidth=1e9, gradient_bytes=4e8, weight_bytes=2e8)
    for workers in ([Worker(name="w", count=8, compute=LAWS[0])], MIXED):
        yield scenario(Protocol.asynchronous(), workers, net=net)
        yield scenario(Protocol.k_batch_async(3), workers, net=net)


def _name(thing: Worker | Server) -> str:
    given = thing.compute if isinstance(thing, Worker) else thing.apply
    if isinstance(given, int | float | tuple):
        return f"{given:g} s" if not isinstance(given, tuple) else "a list"
    return f"{given.kind}({given.mean:g})"


def battery(*, quick: bool = False) -> tuple[Case, ...]:
    """Return the scenarios, each with what is predicted for it; the quick ones run in a few seconds."""
    return tuple(
        Case(scenario, applicable(scenario).predictions)
        for scenario in _scenarios(1_000 if quick else 3_000, quick=quick)
    )


def validate(
    cases: Sequence[Case],
    progress: Callable[[int, int], None] | None = None,
    run: Simulate = simulate,
) -> tuple[Row, ...]:
    """Simulate every case and judge every number.

    Parameters
    ----------
    cases
        Of `battery`.
    progress
        Called after each case with the number of cases done, and of all.
    run
        Instead of `sim.simulate`.
    """
    compared = sum(len(case.predictions) for case in cases)
    rows: list[Row] = []
    for done, (scenario, predicted) in enumerate(cases, 1):
        findings = compare(
            scenario, predicted, REPLICAS, seed=0, family=compared, confidence=CONFIDENCE, run=run
        )
        rows += [Row(scenario.title, finding) for finding in findings]
        if progress is not None:
            progress(done, len(cases))
    return tuple(rows)

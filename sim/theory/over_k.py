"""Throughput and staleness of the K-family of protocols, for one set of workers, over K."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.engine import simulate
from sim.errors import SimError
from sim.scenario import Scenario, Stop
from sim.scenario.protocols import Protocol
from sim.statistics import Estimate
from sim.theory.applying import applicable
from sim.theory.comparison import Simulate
from sim.theory.lengths import WARM_UP
from sim.theory.measures import mean_staleness, updates_per_second

FAMILY = ("k-sync", "k-batch-sync", "k-async", "k-batch-async")
MOST_VALUES = 9


@dataclass(frozen=True)
class Level:
    """What one protocol does at one K; the theory's numbers are ``None`` where no closed form applies."""

    protocol: str
    k: int
    throughput: Estimate
    staleness: Estimate
    expected_throughput: float | None
    expected_staleness: float | None

    @property
    def gradients(self) -> Estimate:
        """Gradients applied a second: each update is made of K."""
        return Estimate(
            self.k * self.throughput.mean, self.k * self.throughput.error, self.throughput.replicas
        )


def over_k(
    scenario: Scenario,
    replicas: int,
    gradients: int,
    seed: int,
    *,
    progress: Callable[[int, int], None] | None = None,
    run: Simulate = simulate,
) -> tuple[Level, ...]:
    """Simulate each protocol of the K-family at values of K from 1 to P.

    Parameters
    ----------
    scenario
        Its workers, server and network; its own protocol and stop are left aside.
    replicas, gradients
        Runs for each protocol and K, and about how many gradients each computes.
    seed
        Of the first replica.
    progress
        Called with the number of points done, and of all.
    run
        Instead of `sim.simulate`.

    Raises
    ------
    SimError
        Where the workers end, so that there is no long run.
    """
    ending = [worker.name for worker in scenario.workers if not worker.endless]
    if ending:
        raise SimError(f"worker {ending[0]!r} ends by itself: throughput over K needs workers that go on")
    values = np.unique(np.linspace(1, scenario.size, min(MOST_VALUES, scenario.size)).round().astype(int))
    levels: list[Level] = []
    for name in FAMILY:
        for value in values.tolist():
            protocol = Protocol.model_validate({"kind": name, "k": value})
            per_update = scenario.size if protocol.at_update == "cancel" else value
            stop = Stop(updates=max(100, gradients // per_update))
            levels.append(
                _level(scenario.model_copy(update={"protocol": protocol, "stop": stop}), replicas, seed, run)
            )
            if progress is not None:
                progress(len(levels), len(FAMILY) * len(values))
    return tuple(levels)


def _level(scenario: Scenario, replicas: int, seed: int, run: Simulate) -> Level:
    speeds, stale = [], []
    for replica in range(replicas):
        trace = run(scenario, seed + replica)
        if not trace.updates:
            raise SimError(f"no update is made in {scenario.protocol.name} with these workers: {trace.ended}")
        warm = int(WARM_UP * trace.updates)
        speeds.append(updates_per_second(trace, warm))
        stale.append(mean_staleness()(trace, warm))
    known = {each.form.quantity: each.value for each in reversed(applicable(scenario).predictions)}
    seconds = known.get("seconds per update")
    fresh = 0.0 if scenario.protocol.always_fresh else None
    return Level(
        scenario.protocol.name if scenario.protocol.name != "async" else "k-batch-async",
        scenario.protocol.batch(scenario.size) or scenario.size,
        Estimate.of(speeds),
        Estimate.of(stale),
        1 / seconds if seconds else None,
        known.get("mean staleness", fresh),
    )

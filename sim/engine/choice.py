"""Which engine a scenario is for."""

from typing import Final

from sim.engine.setup import PATIENCE
from sim.scenario import Scenario
from sim.scenario.durations import mean_of
from sim.scenario.worker import Worker

PAYS: Final = 400_000
"""Events from which on the compiled engine saves more time than it takes to load."""


def choose(scenario: Scenario) -> str:
    """Return the engine that is done first, as far as the scenario tells."""
    return "compiled" if events(scenario) >= PAYS else "simpy"


def events(scenario: Scenario) -> float:
    """Return roughly how many events a run has: gradients, times the stages of each that take time."""
    network, stop = scenario.network, scenario.stop
    size = scenario.size
    transfers = [
        way
        for size_ in (network.weight_bytes, network.gradient_bytes)
        for way in (network.way(scenario.workers[0], size_), network.shared(size_))
    ]
    stages = 1 + bool(scenario.server.apply) + sum(map(bool, transfers))
    bounds = []
    if stop.gradients is not None:
        bounds.append(float(stop.gradients))
    if stop.updates is not None:
        bounds.append(float(stop.updates) * (scenario.protocol.batch(size) or size))
    most = [worker.most and worker.most * (worker.count or 1) for worker in scenario.workers]
    if all(most):
        bounds.append(float(sum(number or 0 for number in most)))
    if stop.time is not None:
        bounds.append(sum(stop.time * _rate(worker) * (worker.count or 1) for worker in scenario.workers))
    return min(bounds, default=float(PATIENCE)) * stages


def _rate(worker: Worker) -> float:
    """Return the gradients a second that a worker computes at its best."""
    compute = min(worker.compute) if isinstance(worker.compute, tuple) else mean_of(worker.compute)
    speed = max(factor for _, factor in worker.speed) if isinstance(worker.speed, tuple) else worker.speed
    return speed / compute

"""Whether anything in a scenario is drawn at random."""

from sim.scenario.durations import Distribution
from sim.scenario.scenario import Scenario


def without_chance(scenario: Scenario) -> bool:
    """Whether nothing in a scenario is drawn at random, so that all seeds give one trace."""
    random = any(
        isinstance(worker.compute, Distribution) and worker.compute.kind != "constant"
        for worker in scenario.workers
    )
    costly = isinstance(scenario.server.apply, Distribution) and scenario.server.apply.kind != "constant"
    return not (random or costly or any(worker.failures or worker.slowdowns for worker in scenario.workers))

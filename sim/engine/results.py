"""What an engine hands back, and how it fails."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sim.engine.draws import PURPOSES
from sim.errors import SimulationError
from sim.scenario import Scenario
from sim.scenario.clock import LONGEST, NANOSECONDS
from sim.trace import Column

Progress = Callable[[float, int, int], None]
"""Called now and then with the simulated seconds, the updates and the gradients so far."""


class Run(NamedTuple):
    """The columns of a trace, and why and when (in nanoseconds) the run ended."""

    ticks: Mapping[str, Column]
    stays: Mapping[str, Column]
    unread: Mapping[str, Column]
    ended: str
    end: int


class TooLong(Exception):  # noqa: N818 -- engines raise it, `explain` makes it an error
    """A draw is longer than any duration may be."""

    def __init__(self, worker: int, purpose: int, nanoseconds: float) -> None:
        self.worker = worker
        self.purpose = purpose
        self.nanoseconds = nanoseconds

    def explain(self, scenario: Scenario) -> SimulationError:
        """Return the error in the scenario's terms."""
        worker = next(worker for place, (_, worker) in enumerate(scenario.each) if place == self.worker)
        purpose = PURPOSES[self.purpose]
        failures, slowdowns = worker.failures, worker.slowdowns
        law = {
            "compute": worker.compute,
            "service": scenario.server.apply,
            "failure": failures and failures.mtbf,
            "repair": failures and failures.repair,
            "slowdown": slowdowns and slowdowns.every,
            "recovery": slowdowns and slowdowns.lasting,
        }[purpose]
        kind = getattr(law, "kind", "exponential")
        return SimulationError(
            f"a {purpose} time of {self.nanoseconds / NANOSECONDS:.3g} s was drawn from a {kind}"
            f" distribution; {LONGEST:.0e} s is the most"
        )

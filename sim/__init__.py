"""A discrete-event simulator of a parameter server and its workers.

Describe workers, server and network in a `Scenario`, `simulate` it, and read off the `Trace` who read which
version when, and how stale each gradient was.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.engine import simulate, summarise
    from sim.errors import ScenarioError, SimError, SimulationError, TraceError
    from sim.scenario import Network, Scenario, Server, Stop
    from sim.scenario.durations import (
        Constant,
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
    from sim.trace import Outcome, Trace

__all__ = [
    "Constant",
    "Empirical",
    "Exponential",
    "Failures",
    "Gamma",
    "LogNormal",
    "Network",
    "Outcome",
    "Pareto",
    "Protocol",
    "Scenario",
    "ScenarioError",
    "Server",
    "ShiftedExponential",
    "SimError",
    "SimulationError",
    "Slowdowns",
    "Stop",
    "Trace",
    "TraceError",
    "Uniform",
    "Worker",
    "simulate",
    "summarise",
]

_HOMES = {
    "sim.engine": ("simulate", "summarise"),
    "sim.errors": ("ScenarioError", "SimError", "SimulationError", "TraceError"),
    "sim.scenario": ("Network", "Scenario", "Server", "Stop"),
    "sim.scenario.durations": (
        "Constant",
        "Empirical",
        "Exponential",
        "Gamma",
        "LogNormal",
        "Pareto",
        "ShiftedExponential",
        "Uniform",
    ),
    "sim.scenario.protocols": ("Protocol",),
    "sim.scenario.worker": ("Failures", "Slowdowns", "Worker"),
    "sim.trace": ("Outcome", "Trace"),
}
"""Where each name lives; it is loaded when it is first asked for, so that a command starts fast."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 -- whatever has the name
    for home, names in _HOMES.items():
        if name in names:
            globals()[name] = found = getattr(import_module(home), name)
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

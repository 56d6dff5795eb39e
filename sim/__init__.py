"""A discrete-event simulator of a parameter server and its workers.

Describe workers, server and network in a `Scenario`, `simulate` it, and read off the `Trace` who read which
version when, and how stale each gradient was.
"""

from sim.engine import simulate
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
]

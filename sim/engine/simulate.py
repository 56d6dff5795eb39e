"""From a scenario to a trace."""

from sim.engine import _simpy
from sim.engine._simpy import Progress
from sim.engine.results import TooLong
from sim.engine.setup import set_up
from sim.errors import SimulationError
from sim.scenario import Scenario
from sim.trace import Trace

ENGINES = ("simpy",)


def simulate(
    scenario: Scenario, seed: int | None = None, engine: str = "simpy", progress: Progress | None = None
) -> Trace:
    """Simulate a scenario; the same scenario and seed give the same trace, byte for byte.

    Parameters
    ----------
    scenario
        What to simulate.
    seed
        Of all randomness; the scenario's own where not given.
    engine
        ``"simpy"``, processes on the SimPy kernel.
    progress
        Called every few thousand gradients with the simulated seconds, the updates and the gradients so far.

    Raises
    ------
    SimulationError
        Where the engine is unknown, the seed negative, or the run outlasts the clock (292 years).

    Examples
    --------
    >>> from sim import Scenario, Worker, simulate
    >>> trace = simulate(Scenario(workers=[Worker(name="L1", compute=1.0, gradients=4),
    ...                                    Worker(name="L2", compute=2.5, gradients=2)]))
    >>> for j, worker, staleness in zip(trace.index, trace.worker, trace.staleness):
    ...     print(f"g[{trace.workers[worker]},{j}]: {staleness}")
    g[L1,1]: 0
    g[L1,2]: 0
    g[L2,1]: 2
    g[L1,3]: 1
    g[L1,4]: 0
    g[L2,2]: 2
    """
    if engine not in ENGINES:
        raise SimulationError(f"engine {engine!r} must be one of {', '.join(ENGINES)}")
    if seed is None:
        seed = scenario.seed
    if seed < 0:
        raise SimulationError(f"seed {seed} must not be negative")
    try:
        run = _simpy.run(set_up(scenario, seed), progress)
    except OverflowError:
        raise SimulationError("the run outlasts the clock, whose last instant is in 292 years") from None
    except TooLong as error:
        raise error.explain(scenario) from None
    return Trace(scenario, seed, engine, run.ended, run.end, run.ticks, run.stays, run.unread)

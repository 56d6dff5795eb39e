"""From a scenario to a trace, or to its figures, by the engine that suits it."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from sim.engine import _simpy
from sim.engine.choice import choose
from sim.engine.results import Progress, TooLong
from sim.engine.setup import Setup, set_up
from sim.errors import SimulationError
from sim.metrics import figures, summary
from sim.scenario import Scenario
from sim.scenario.values import checked_seed
from sim.trace import Trace

Result = TypeVar("Result")

ENGINES: Final = ("auto", "simpy", "compiled")


def simulate(
    scenario: Scenario, seed: int | None = None, engine: str = "auto", progress: Progress | None = None
) -> Trace:
    """Simulate a scenario; the same scenario and seed give the same trace, byte for byte, by every engine.

    Parameters
    ----------
    scenario
        What to simulate.
    seed
        Of all randomness; the scenario's own where not given.
    engine
        ``"simpy"``, on SimPy's event loop; ``"compiled"``, the same rules compiled by numba; ``"auto"``: the
        compiled one where it saves more time than loading it takes.
    progress
        Called now and then with the simulated seconds, the updates and the gradients so far.

    Raises
    ------
    SimulationError
        Where the engine is unknown, or the run outlasts the clock (292 years) or the memory.

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
    seed = checked_seed(scenario.seed if seed is None else seed)
    engine = _chosen(scenario, engine)

    def run(setup: Setup) -> Trace:
        if engine == "simpy":
            columns = _simpy.run(setup, progress)
        else:
            from sim.engine.compiled import build, drive

            columns = drive.run(setup, build.loop(), progress)
        tables = (columns.ticks, columns.stays, columns.unread)
        return Trace(scenario, seed, engine, columns.ended, columns.end, *tables)

    return _explained(run, scenario, seed)


def summarise(
    scenario: Scenario, seed: int | None = None, engine: str = "auto", progress: Progress | None = None
) -> dict[str, Any]:
    """Simulate a scenario for its figures alone: those of `sim.metrics.summary`, and the engine's name.

    The compiled engine keeps sums in place of rows, in memory that does not grow with the gradients.
    Parameters and errors are those of `simulate`.

    Examples
    --------
    >>> from sim import Scenario, Worker, summarise
    >>> summarise(Scenario(workers=[Worker(name="L1", compute=1.0, gradients=4)]))["updates_per_second"]
    1.0
    """
    seed = checked_seed(scenario.seed if seed is None else seed)
    engine = _chosen(scenario, engine)
    if engine == "simpy":
        return {"engine": engine} | summary(simulate(scenario, seed, engine, progress))

    def run(setup: Setup) -> dict[str, Any]:
        from sim.engine.compiled import build, drive

        sums, ended = drive.sum_up(setup, build.loop(), progress)
        return {"engine": engine} | figures(sums, scenario, ended)

    return _explained(run, scenario, seed)


def _chosen(scenario: Scenario, engine: str) -> str:
    if engine not in ENGINES:
        raise SimulationError(f"engine {engine!r} must be one of {', '.join(ENGINES)}")
    return choose(scenario) if engine == "auto" else engine


def _explained(run: Callable[[Setup], Result], scenario: Scenario, seed: int) -> Result:
    """Run, and say in the scenario's terms what went wrong."""
    try:
        return run(set_up(scenario, seed))
    except OverflowError:
        raise SimulationError("the run outlasts the clock, whose last instant is in 292 years") from None
    except TooLong as error:
        raise error.explain(scenario) from None

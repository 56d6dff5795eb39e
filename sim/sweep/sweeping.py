"""Sweeps for Python: `sweep` returns a frame."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.scenario import Scenario
from sim.sweep.journal import Journal
from sim.sweep.perform import Progress, Row, Shard, perform
from sim.sweep.plan import Plan
from sim.sweep.points import axes_of
from sim.sweep.replicas import MOST, Replicas
from sim.sweep.table import frame

if TYPE_CHECKING:
    import pandas as pd


def sweep(
    scenario: Scenario,
    over: Mapping[str, Sequence[Any]],
    *,
    replicas: int = 1,
    seed: int | None = None,
    until: Mapping[str, float] | None = None,
    most: int = MOST,
    engine: str = "auto",
    jobs: int | None = None,
    journal: Path | str | None = None,
    shard: tuple[int, int] = (1, 1),
    progress: Progress | None = None,
) -> "pd.DataFrame":
    """Simulate a scenario at every point of a grid, several times, and return a row for each run.

    The same rows come back whatever ``jobs``, the backend and the chunks; those of another ``engine`` differ
    in its name alone.

    Parameters
    ----------
    scenario
        What to begin from.
    over
        Fields by their paths, and the values that each takes; the last one changes fastest.
    replicas, seed
        Runs of each point; replica r has the seed ``seed + r``, where ``seed`` is by default the scenario's.
    until, most
        Figures, and shares of their means: replicas are added until half of each one's 95 % interval is below
        its share, but at most so many.
    engine
        See `sim.simulate`.
    jobs
        How many processes; ``None``: as `joblib.parallel_config` says, where one is in force, otherwise one;
        -1: one for each core.
    journal
        A file to which results are added as they come, and from which those are taken that it has.
    shard
        ``(i, n)``: the i-th of n parts, counted from 1.
    progress
        Called with the runs done, those of them that failed, and all.

    Raises
    ------
    SimError
        Where no point makes a scenario, or the journal cannot be used. A run that fails is a row with its
        error.

    Examples
    --------
    >>> from sim import Worker
    >>> eight = Scenario(workers=[Worker(name="w", count=8, compute=1.0)], stop={"updates": 100})
    >>> sweep(eight, {"protocol": [{"kind": "bsp"}, {"kind": "async"}]})[["protocol", "staleness.mean"]]
                protocol  staleness.mean
    0    {"kind": "bsp"}            0.00
    1  {"kind": "async"}            6.72
    """
    first = scenario.seed if seed is None else seed
    plan = Plan(scenario, axes_of(over), Replicas.checked(replicas, first, until or {}, most))
    with nullcontext() if journal is None else Journal(Path(journal)) as kept:
        return frame(swept(plan, engine=engine, hands=jobs, journal=kept, shard=shard, progress=progress))


def swept(
    plan: Plan,
    *,
    engine: str = "auto",
    hands: int | None = None,
    journal: Journal | None = None,
    shard: tuple[int, int] = (1, 1),
    progress: Progress | None = None,
) -> tuple[Row, ...]:
    """Return the rows of a plan; parameters and errors are those of `sweep`."""
    points = plan.points
    if journal is not None:
        journal.begin(plan.to_data())
    return perform(
        points,
        plan.replicas,
        engine=engine,
        hands=hands,
        journal=journal,
        shard=Shard(*shard),
        progress=progress,
    )

"""Protocols side by side: a sweep over them, with the same seeds for each, and differences to the first."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sim.errors import ScenarioError
from sim.scenario import Scenario, Stop
from sim.scenario.override import parse_protocol
from sim.scenario.protocols import Protocol
from sim.statistics import CONFIDENCE, Estimate
from sim.sweep.perform import Progress, Row
from sim.sweep.plan import Plan
from sim.sweep.points import Axis, plain
from sim.sweep.replicas import Replicas
from sim.sweep.sweeping import swept
from sim.sweep.table import Summary, paired, summaries

if TYPE_CHECKING:
    import pandas as pd

FIGURES: Final = (
    "gradients_per_second",
    "updates_per_second",
    "staleness.mean",
    "staleness.p95",
    "staleness.max",
    "share_wasted",
    "share_waiting",
)
"""Of each protocol's runs, as they stand in a summary."""

TO_UPDATES: Final = "seconds_to_updates"
TO_GRADIENTS: Final = "seconds_to_gradients"
"""Seconds until as many are done as every protocol gets done."""


@dataclass(frozen=True)
class Line:
    """One protocol of a comparison.

    Attributes
    ----------
    protocol
        As it was asked for, such as ``k-async:k=8``.
    figures
        Means over the replicas by the names in `FIGURES`, `TO_UPDATES` and `TO_GRADIENTS`; of a run that
        failed, or did not get as far, there are none.
    differences
        To the first protocol, over pairs of replicas with the same seed; of the first, none.
    error
        Why a run failed.
    """

    protocol: str
    figures: Mapping[str, Estimate | None]
    differences: Mapping[str, Estimate | None]
    error: str | None = None


@dataclass(frozen=True)
class Comparison:
    """Protocols held against the first of them.

    Attributes
    ----------
    scenario
        Whose protocol was replaced.
    seed, replicas
        Replica r of every protocol had the seed ``seed + r``.
    updates, gradients
        How many `TO_UPDATES` and `TO_GRADIENTS` lead to; ``None`` where a protocol gets nothing done.
    lines
        The protocols, as they were asked for.
    """

    scenario: Scenario
    seed: int
    replicas: int
    updates: int | None
    gradients: int | None
    lines: tuple[Line, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The figures that there are."""
        times = {TO_UPDATES: self.updates, TO_GRADIENTS: self.gradients}
        return (*FIGURES, *(name for name, number in times.items() if number is not None))

    def to_data(self) -> dict[str, Any]:
        """Return it as plain data for JSON; a ``half_width`` is of a 95 % interval, ``None`` without one."""
        return {
            "scenario": self.scenario.to_data(),
            "seed": self.seed,
            "replicas": self.replicas,
            "confidence": CONFIDENCE,
            "updates": self.updates,
            "gradients": self.gradients,
            "protocols": [
                {
                    "protocol": line.protocol,
                    "error": line.error,
                    "figures": {name: _as_data(line.figures.get(name)) for name in self.names},
                    "differences": {name: _as_data(each) for name, each in line.differences.items()},
                }
                for line in self.lines
            ],
        }

    def to_pandas(self) -> "pd.DataFrame":
        """Return a row for each protocol: each figure and its half-width, and the same of the differences."""
        import pandas as pd

        rows = []
        for line in self.to_data()["protocols"]:
            row = {"protocol": line["protocol"], "error": line["error"]}
            for part, ending in (("figures", ""), ("differences", ".difference")):
                for name in self.names:
                    found = line[part].get(name) or {"mean": math.nan, "half_width": None}
                    row[f"{name}{ending}"] = found["mean"]
                    row[f"{name}{ending}.half_width"] = found["half_width"]
            rows.append(row)
        return pd.DataFrame(rows)


def half_width(estimate: Estimate) -> float | None:
    """Return half the 95 % interval; one run has none."""
    return estimate.half_width(CONFIDENCE) if estimate.replicas > 1 else None


def _as_data(estimate: Estimate | None) -> dict[str, float | None] | None:
    return None if estimate is None else {"mean": estimate.mean, "half_width": half_width(estimate)}


def compare(
    scenario: Scenario,
    protocols: Sequence[str | Mapping[str, Any] | Protocol],
    *,
    replicas: int = 10,
    seed: int | None = None,
    updates: int | None = None,
    gradients: int | None = None,
    engine: str = "auto",
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Simulate a scenario under several protocols, with the same seeds for each.

    Parameters
    ----------
    scenario
        What else is simulated; its own protocol counts only where it is named.
    protocols
        At least two, such as ``"bsp"`` and ``"k-async:k=8,slack=2"``, or values of `Protocol`.
    replicas, seed
        Runs of each; replica r has the seed ``seed + r``, where ``seed`` is by default the scenario's.
    updates, gradients
        How many the times lead to; by default as many as each protocol gets done before the scenario stops,
        rounded down to two digits.
    engine, jobs, progress
        See `sim.sweep.sweep`.

    Raises
    ------
    ScenarioError
        Where one of the protocols is none, or does not go with the scenario.

    Examples
    --------
    >>> from sim import Worker
    >>> two = Scenario(workers=[Worker(name="a", compute=1.0), Worker(name="b", compute=3.0)],
    ...                stop={"time": 300.0})
    >>> found = compare(two, ["bsp", "async"], replicas=1)
    >>> [line.figures["gradients_per_second"].mean for line in found.lines]
    [0.666..., 1.333...]
    """
    axis = _axis(protocols)
    first = scenario.seed if seed is None else seed
    runs = Replicas.checked(replicas, first, {})

    def run(*axes: Axis) -> list[Summary]:
        plan = Plan(scenario, axes, runs)
        _check(plan, list(axis))
        return summaries(swept(plan, engine=engine, hands=jobs, progress=progress))

    named = Axis("protocol", tuple(axis.values()))
    main = run(named)
    done = [row for each in main if each.error is None for row in each.rows]
    updates = updates or _common(done, "updates")
    gradients = gradients or _common(done, "gradients.applied")

    def until(**stop: int) -> list[Summary]:
        return main if scenario.stop == Stop(**stop) else run(named, Axis("stop", (stop,)))

    columns = [_Column(figure, figure, main) for figure in FIGURES]
    if updates:
        columns.append(_Column(TO_UPDATES, "duration", until(updates=updates)))
    if gradients:
        columns.append(_Column(TO_GRADIENTS, "duration", until(gradients=gradients)))
    reached = {TO_UPDATES: ("updates", updates or 0), TO_GRADIENTS: ("gradients.applied", gradients or 0)}
    lines = tuple(_line(name, place, columns, reached) for place, name in enumerate(axis))
    return Comparison(scenario, first, replicas, updates, gradients, lines)


class _Column(NamedTuple):
    """A figure of the comparison: its name, that of the summary's figure, and the runs that it is from."""

    name: str
    figure: str
    runs: Sequence[Summary]


def _line(name: str, place: int, columns: Sequence[_Column], reached: Mapping[str, tuple[str, int]]) -> Line:
    """Return the line of the protocol at a place; a time that leads nowhere is none."""

    def there(column: _Column, at: int) -> bool:
        figure, number = reached.get(column.name, ("updates", 0))
        results = [row.result for row in column.runs[at].rows]
        return all(result.error is None and int(result.figures[figure] or 0) >= number for result in results)

    own = {column.name: column for column in columns if there(column, place)}
    pairs = [column for column in own.values() if place > 0 and there(column, 0)]
    return Line(
        name,
        {key: column.runs[place].estimate(column.figure) for key, column in own.items()},
        {each.name: paired(each.runs[place], each.runs[0], each.figure) for each in pairs},
        next((each.runs[place].error for each in columns if each.runs[place].error is not None), None),
    )


def _axis(protocols: Sequence[str | Mapping[str, Any] | Protocol]) -> dict[str, Any]:
    """Return the data of each protocol by what it is called."""
    found: dict[str, Any] = {}
    for each in protocols:
        data = parse_protocol(each) if isinstance(each, str) else plain(each)
        name = each.strip() if isinstance(each, str) else written(data)
        if name in found:
            raise ScenarioError(f"protocol {name}: is given twice")
        found[name] = data
    if len(found) < 2:  # noqa: PLR2004 -- what a comparison is
        raise ScenarioError("a comparison needs two protocols or more, such as bsp and async")
    return found


def written(data: Mapping[str, Any]) -> str:
    """Return a protocol as it is asked for in one word.

    >>> written({"kind": "k-async", "k": 8, "slack": 2})
    'k-async:k=8,slack=2'
    """
    settings = ",".join(f"{key}={value}" for key, value in data.items() if key != "kind")
    return f"{data.get('kind', 'async')}{':' if settings else ''}{settings}"


def _check(plan: Plan, names: Iterable[str]) -> None:
    for point, name in zip(plan.points, names, strict=True):
        if point.fault is not None:
            raise ScenarioError(f"protocol {name}: {point.fault.removeprefix('protocol: ')}")


def _common(rows: Sequence[Row], figure: str) -> int | None:
    """Return what every run gets done, rounded down to two digits; ``None`` where one gets nothing done."""
    fewest = min((int(row.result.figures[figure] or 0) for row in rows), default=0)
    unit = 10 ** max(0, len(str(fewest)) - 2)
    return fewest // unit * unit or None

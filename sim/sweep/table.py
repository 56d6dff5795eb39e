"""Rows as a pandas frame, and over the replicas of each point the means and their intervals."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from sim.statistics import Estimate
from sim.sweep.perform import Row
from sim.sweep.points import Point
from sim.sweep.replicas import estimated, number

if TYPE_CHECKING:
    import pandas as pd

LARGEST: Final = 2**63 - 1
"""The largest whole number in a column of numbers; columns with larger ones are text."""


@dataclass(frozen=True)
class Summary:
    """What the replicas of a point say together.

    Attributes
    ----------
    point
        Which.
    rows
        Its runs, by replicas.
    """

    point: Point
    rows: Sequence[Row]

    @property
    def error(self) -> str | None:
        """Why the first of its runs that failed did."""
        return next((row.result.error for row in self.rows if row.result.error is not None), None)

    @property
    def numbers(self) -> list[str]:
        """The names of the figures that are numbers."""
        figures = next((row.result.figures for row in self.rows if row.result.figures), {})
        return [name for name, each in figures.items() if not isinstance(each, str)]

    def estimate(self, figure: str) -> Estimate | None:
        """Return a figure's mean; ``None`` where a run failed or gave no number."""
        return estimated(figure, [row.result for row in self.rows])


def summaries(rows: Sequence[Row]) -> list[Summary]:
    """Return the points of a sweep with their rows, which stand by points and replicas."""
    by_point = groupby(rows, key=lambda row: row.point.number)
    return [Summary(own[0].point, own) for own in (list(group) for _, group in by_point)]


def paired(one: Summary, other: Summary, figure: str) -> Estimate | None:
    """Return the mean difference of a figure at two points, over the replicas that both have.

    Both had the same seeds, so that what chance did to both drops out. ``None`` where there is no number.
    """
    differences = []
    for mine, its in zip(one.rows, other.rows, strict=False):
        values = (number(figure, mine.result.figures), number(figure, its.result.figures))
        if values[0] is None or values[1] is None:
            return None
        differences.append(values[0] - values[1])
    return Estimate.of(differences) if differences else None


def frame(rows: Sequence[Row]) -> "pd.DataFrame":
    """Return rows as a frame: where they stand, their settings, engine, figures, and why they failed.

    A column of settings is one of numbers where all of them are, and otherwise of texts, values that are no
    texts in JSON.
    """
    import pandas as pd

    heads: dict[str, list[Any]] = {
        "point": [row.point.number for row in rows],
        "replica": [row.replica for row in rows],
        "seed": [row.seed for row in rows],
    }
    settings = list(dict.fromkeys(path for row in rows for path in row.point.settings))
    given = {path: [row.point.settings.get(path) for row in rows] for path in settings}
    names = list(dict.fromkeys(name for row in rows for name in row.result.figures))
    figures = {name: [row.result.figures.get(name) for row in rows] for name in names}
    words = {
        "engine": [row.result.engine for row in rows],
        "error": [row.result.error for row in rows],
    }
    columns = {name: _numbers(values) for name, values in heads.items()}
    columns |= {path: _settings(values) for path, values in given.items()}
    columns |= {name: _numbers(values) for name, values in figures.items()}
    columns |= {name: pd.array(values, dtype="str") for name, values in words.items()}
    return pd.DataFrame(columns)


def _settings(values: Sequence[Any]) -> Any:  # noqa: ANN401 -- a pandas array
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return _numbers(values)
    return _numbers([value if isinstance(value, str) else json.dumps(value) for value in values])


def _numbers(values: Sequence[Any]) -> Any:  # noqa: ANN401 -- a pandas array
    """Return a column of whole numbers, of numbers, or of texts, each of which may lack some."""
    import pandas as pd

    present = [value for value in values if value is not None]
    large = any(isinstance(value, int) and abs(value) > LARGEST for value in present)
    if large or any(isinstance(value, str) for value in present):
        return pd.array([None if value is None else str(value) for value in values], dtype="str")
    if all(isinstance(value, int) for value in present):
        return pd.array(values, dtype="int64" if len(present) == len(values) else "Int64")
    return pd.array([float("nan") if value is None else float(value) for value in values], dtype="float64")

"""The inverse of a table: whose convention prints a number."""

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from nets.errors import InputError
from nets.figures import Figure
from nets.tables.presets import HAND
from nets.tables.rows import Rows

_CLOSEST = 5
_FINE = 100


@attrs.frozen
class Reading:
    """An exact count that a figure may stand for.

    Parameters
    ----------
    net
        Whose count it is.
    what
        What is counted, in the words of its convention.
    conventions
        Who counts so.
    exact
        The count.
    rounding
        How the figure comes of it, as `nets.figures.Figure.rounding` says; empty if it does not.
    """

    net: str
    what: str
    conventions: tuple[str, ...]
    exact: int
    rounding: str


@attrs.frozen
class Which:
    """What a figure may stand for.

    Parameters
    ----------
    figure
        The figure.
    input
        Input shape of the counts.
    matches
        The counts that print it, the likeliest first.
    closest
        Where none does: the closest ones.
    """

    figure: Figure
    input: tuple[int, ...]
    matches: tuple[Reading, ...]
    closest: tuple[Reading, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "figure": self.figure.text,
            "value": float(self.figure.value),
            "input": list(self.input),
            "matches": [attrs.asdict(reading) for reading in self.matches],
            "closest": [attrs.asdict(reading) for reading in self.closest],
        }


_LIKELY = ("exact", "rounded", "cut off", "rounded up")


def which(figure: Figure, tables: Iterable[Rows]) -> Which:
    """Find the counts that a printed figure may stand for.

    Parameters
    ----------
    figure
        What is printed somewhere.
    tables
        The same nets in every preset convention, at one input of numbers.

    Raises
    ------
    InputError
        If a table holds formulas.
    """
    counts: dict[tuple[str, str, int], list[str]] = {}
    shape: tuple[Any, ...] = ()
    for table in tables:
        if table.symbolic:
            raise InputError("a figure is one number, so the input must hold no symbols")
        shape = table.input
        for what, exact in _counts(table):
            names = counts.setdefault((table.name, what, exact), [])
            names += [table.convention.name] * (table.convention.name not in names)
    readings = [
        Reading(net, what, tuple(names), exact, _rounding(figure, exact))
        for (net, what, exact), names in counts.items()
        if exact
    ]
    matches = [reading for reading in readings if reading.rounding]
    matches.sort(key=lambda reading: _LIKELY.index(reading.rounding))
    if matches:
        return Which(figure, shape, tuple(matches))
    readings.sort(key=lambda reading: abs(reading.exact - figure.value))
    return Which(figure, shape, (), tuple(readings[:_CLOSEST]))


def _rounding(figure: Figure, exact: int) -> str:
    """Say how the figure comes of a count; one of few digits is taken to be rounded to the nearest."""
    rounding = figure.rounding(exact)
    coarse = _FINE * figure.resolution > figure.value
    return "" if coarse and rounding in ("cut off", "rounded up") else rounding


def _counts(table: Rows) -> Iterator[tuple[str, int]]:
    total: Any = table.total
    unit = table.convention.unit
    yield unit, total.operations
    if unit != "FLOPs":
        yield f"FLOPs, 2 per {'MAC' if unit == 'MACs' else 'mult-add'}", 2 * total.operations
    yield "activations", total.activations
    if table.convention == HAND:
        yield "parameters", total.parameters
        yield "weights", total.weights

"""A grid over the fields of a scenario: axes, and the points where they cross, each a scenario of its own."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from pydantic import BaseModel

from sim.errors import ScenarioError
from sim.scenario import Scenario
from sim.scenario.override import override, parse_path, parse_value
from sim.scenario.values import plain_number, shown

MOST_POINTS: Final = 1_000_000

_RANGE: Final = re.compile(r"\s*([+-]?[0-9]{1,15})\s*\.\.\s*([+-]?[0-9]{1,15})\s*")
_OPEN: Final = {"[": "]", "{": "}", "(": ")"}


@dataclass(frozen=True)
class Axis:
    """A field of a scenario by its path, and the values that it takes in turn, as plain data."""

    path: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Point:
    """One scenario of several.

    Attributes
    ----------
    number
        Its place among them, counted from 0.
    settings
        What sets it apart: values by the paths of their fields, plain data.
    scenario
        ``None`` where the settings make none.
    fault
        Why they make none.
    """

    number: int
    settings: Mapping[str, Any]
    scenario: Scenario | None
    fault: str | None = None


def parse_axis(text: str) -> Axis:
    """Return the axis that a text ``PATH=VALUES`` means: values by commas, ``1..8`` for 1, 2, … 8.

    Raises
    ------
    ScenarioError
        Naming what is wrong.

    Examples
    --------
    >>> parse_axis("protocol.k=1..3,8")
    Axis(path='protocol.k', values=(1, 2, 3, 8))
    >>> parse_axis("server.apply=0, 12 ms")
    Axis(path='server.apply', values=(0, '12 ms'))
    """
    path, *values = [part.strip() for part in _parts(text, "=", most=2)]
    if not (path and values and values[0]):
        raise ScenarioError(f"--over {shown(text)} must read PATH=VALUE,VALUE,… or PATH=FIRST..LAST")
    parse_path(path)
    found: list[Any] = []
    for piece in _parts(values[0], ","):
        bounds = _RANGE.fullmatch(piece)
        if bounds:
            first, last = map(int, bounds.groups())
            if not 0 <= last - first < MOST_POINTS:
                raise ScenarioError(
                    f"--over {path}: {piece.strip()} must lead up, over {MOST_POINTS:,} numbers at most"
                )
            found += range(first, last + 1)
        else:
            found.append(plain(parse_value(piece, path)))
    return Axis(path, tuple(found))


def _parts(text: str, separator: str, most: int = 0) -> Iterator[str]:
    """Yield what stands between separators, those in brackets and quotation marks not counted."""
    closing: list[str] = []
    since = parts = 0
    for place, sign in enumerate(text):
        if closing and sign == closing[-1]:
            closing.pop()
        elif closing and closing[-1] in "\"'":
            continue
        elif sign in _OPEN:
            closing.append(_OPEN[sign])
        elif sign in "\"'":
            closing.append(sign)
        elif sign == separator and not closing and parts + 1 != most:
            yield text[since:place]
            since, parts = place + 1, parts + 1
    yield text[since:]


def axes_of(over: Mapping[str, Sequence[Any]]) -> tuple[Axis, ...]:
    """Return the axes of a mapping of paths to values.

    >>> axes_of({"protocol.k": range(1, 4)})
    (Axis(path='protocol.k', values=(1, 2, 3)),)
    """
    return tuple(Axis(path, tuple(map(plain, values))) for path, values in over.items())


def plain(value: Any) -> Any:  # noqa: ANN401 -- whatever a field can be set to
    """Return a value as JSON can hold it: numpy's numbers and a scenario's parts among them.

    >>> from sim import Exponential
    >>> plain(Exponential(mean=2.0)), plain((1, 2))
    ({'kind': 'exponential', 'mean': 2.0}, [1, 2])
    """
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_defaults=True)
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    value = plain_number(value)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def grid(scenario: Scenario, axes: Sequence[Axis]) -> tuple[Point, ...]:
    """Return the points at which axes cross, the last axis fastest.

    A point whose settings make no scenario keeps the reason.

    Raises
    ------
    ScenarioError
        Where no point makes a scenario: with the first one's reason. Where a path stands twice or is the
        seed's, or there are too many points.

    Examples
    --------
    >>> from sim import Worker
    >>> two = Scenario(workers=[Worker(name="w", count=2, compute=1.0)], stop={"time": 9.0})
    >>> [point.settings for point in grid(two, [Axis("protocol.k", (1, 2)), Axis("server.apply", (0.5,))])]
    [{'protocol.k': 1, 'server.apply': 0.5}, {'protocol.k': 2, 'server.apply': 0.5}]
    """
    paths = [axis.path for axis in axes]
    for path in paths:
        if paths.count(path) > 1:
            raise ScenarioError(f"{path}: is swept twice")
        if path == "seed":
            raise ScenarioError(
                "seed: is not swept: replica r of every point has the first one's seed, plus r"
            )
    if math.prod(len(axis.values) for axis in axes) > MOST_POINTS:
        raise ScenarioError(f"{' × '.join(paths)}: more than {MOST_POINTS:,} points")
    data = scenario.to_data()
    crossings = product(*(axis.values for axis in axes))
    points = tuple(
        _point(number, data, dict(zip(paths, values, strict=True))) for number, values in enumerate(crossings)
    )
    faults = [point.fault for point in points if point.fault is not None]
    if faults and len(faults) == len(points):
        raise ScenarioError(faults[0])
    return points


def _point(number: int, data: Mapping[str, Any], settings: dict[str, Any]) -> Point:
    try:
        return Point(number, settings, Scenario.from_data(override(data, settings)))
    except ScenarioError as error:
        return Point(number, settings, None, "; ".join(str(error).splitlines()))

"""What calibration found, and how predictions stand to measurements, as tables for the terminal."""

import math
from collections.abc import Sequence
from textwrap import wrap

from rich.console import Group, RenderableType
from rich.text import Text

from sim.calibration.costs import Cost
from sim.calibration.fitted import Fitted
from sim.calibration.laws import LEVEL
from sim.calibration.predict import Figure, Prediction, Row
from sim.terminal import Column, Grid, Screen

MILLISECONDS = 1e3
MEGABYTE = 1e6


def calibration(fitted: Fitted, screen: Screen) -> RenderableType:
    """Return what was fitted, with standard errors, and what the records cannot tell apart."""
    ways, gradient, update = fitted.costs
    rows = [
        _cost("there and back", ways),
        _cost("the server, a gradient", gradient),
        _cost("the server, an update", update),
    ]
    columns = [Column("cost", words=True), Column("ms"), Column("ms a MB there and back")]
    parts: list[RenderableType] = [Grid(columns, rows)]
    for (given, law), tried in zip(fitted.laws, fitted.candidates, strict=True):
        parts.append(Text(f"Compute times given as {_law(given)}: {_law(law)}"))
        if tried:
            best = min(each.aic for each in tried)
            laws = [
                [
                    each.kind,
                    f"{each.aic - best:.1f}",
                    f"{each.p_value:.3f}",
                    ", ".join(
                        f"{name} {value:.4g}±{each.errors[name]:.2g}"
                        for name, value in each.parameters.items()
                    ),
                ]
                for each in tried
            ]
            head = [Column("law", words=True), Column("AIC"), Column("p"), Column("parameters", words=True)]
            parts.append(Grid(head, laws))
    lines = [f"AIC beyond the least; a law with p below {LEVEL} does not fit; ± is a standard error."]
    parts += [Text(line) for sentence in [*lines, *fitted.notes] for line in wrap(sentence, screen.width)]
    return Group(*parts)


def _cost(name: str, cost: Cost) -> list[str]:
    return [
        name,
        _pair(MILLISECONDS * cost.seconds, MILLISECONDS * cost.error),
        "–"
        if cost.per_byte is None or cost.per_byte_error is None
        else _pair(MILLISECONDS * MEGABYTE * cost.per_byte, MILLISECONDS * MEGABYTE * cost.per_byte_error),
    ]


def _pair(value: float, error: float) -> str:
    """Return a value and its error, to two digits of that.

    >>> _pair(3.52675, 0.2416), _pair(12.3, 0.0)
    ('3.53±0.24', '12.3')
    """
    if not error:
        return f"{value:.4g}"
    decimals = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{decimals}f}±{error:.{decimals}f}"


def _law(given: object) -> str:
    """Return a compute time as a scenario gives it, short.

    >>> _law({"kind": "gamma", "mean": 0.12345678, "shape": 2.0}), _law(0.5), _law([1.0, 2.0])
    ('gamma, mean 0.1235, shape 2', '0.5 s', 'a list of 2')
    """
    if isinstance(given, dict):
        rest = [
            f"{name} {value:.4g}" if isinstance(value, float) else f"{len(value)} {name}"
            for name, value in given.items()
            if name != "kind"
        ]
        return ", ".join([str(given["kind"]), *rest])
    return f"a list of {len(given)}" if isinstance(given, list | tuple) else f"{given:g} s"


def prediction(found: Prediction) -> RenderableType:
    """Return the figures of one setting, a row each."""
    columns = [Column("figure", words=True)]
    columns += [Column("measured"), Column("predicted"), Column("error")] if found.repeats else [Column("")]
    rows = [
        [
            row.name,
            *([_figure(row.measured, row)] if row.measured else []),
            _figure(row.predicted, row),
            *([_error(row)] if row.measured else []),
        ]
        for row in found.rows
    ]
    parts: list[RenderableType] = [Text(found.title, style="bold"), Grid(columns, rows)]
    if found.distance is not None:
        chance = "" if found.among is None else f"; of one recorded run to the others {found.among:.3f}"
        parts.append(Text(f"Total-variation distance of the staleness: {found.distance:.3f}{chance}\n"))
    return Group(*parts)


def overview(found: Sequence[Prediction]) -> RenderableType:
    """Return a row for each setting: updates a second and mean staleness, and their errors."""
    names = ("updates a second", "staleness, mean")
    columns = [Column("setting", words=True)]
    columns += [Column(head) for name in ("updates/s", "stale") for head in (name, "pred.", "error")]
    columns += [Column("distance")]
    rows = []
    for each in found:
        cells = [_short(each.title)]
        for name in names:
            row = each.row(name)
            measured = "–" if row.measured is None else _figure(row.measured, row)
            cells += [measured, f"{row.predicted.mean:.4g}", _error(row)]
        rows.append([*cells, f"{each.distance:.3f}"])
    return Grid(columns, rows)


def worst(found: Sequence[Prediction]) -> list[str]:
    """Return sentences on the errors of all settings together."""
    sentences = []
    for name in ("updates a second", "staleness, mean"):
        errors = sorted((abs(each.row(name).error or 0.0), _short(each.title)) for each in found)
        middle = (errors[(len(errors) - 1) // 2][0] + errors[len(errors) // 2][0]) / 2
        sentences.append(f"{name}: median error {middle:.1%}, largest {errors[-1][0]:.1%} ({errors[-1][1]})")
    return sentences


def _short(title: str) -> str:
    """Return a title without what a live run adds to it.

    >>> _short("Four workers (live, sleep, times × 0.1)")
    'Four workers'
    """
    return title.partition(" (live, ")[0]


def _figure(figure: Figure, row: Row) -> str:
    if not row.relative:
        return f"{figure.mean:.1%}±{figure.spread:.1%}" if figure.spread else f"{figure.mean:.1%}"
    return f"{figure.mean:.4g}±{figure.spread:.2g}" if figure.spread else f"{figure.mean:.4g}"


def _error(row: Row) -> str:
    return "–" if row.error is None else f"{row.error:+.1%}"

"""What a command hands over when it is done, and how that reaches its user."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analysis.errors import AnalysisError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run.

    Attributes
    ----------
    report
        Sentences and tables to print.
    data
        The same as plain data, ready for JSON.
    draw
        Draws the figure; called only where one is wanted.
    """

    report: Sequence[Any]
    data: Mapping[str, Any]
    draw: Callable[[], "Figure"]


def deliver(run: Run, *, as_json: bool, figures: Iterable[Path] = (), kept: Path | None = None) -> None:
    """Keep and draw a run where that is asked for, then print it.

    Parameters
    ----------
    run
        What there is.
    as_json
        Print the data instead of the report.
    figures
        Files to draw into, of the formats that their names end in.
    kept
        A file to write the JSON into.
    """
    from analysis.console import show

    try:
        _write(run, list(figures), kept)
    finally:  # what cannot be written is printed all the same
        if as_json:
            click.echo(to_json(run.data))
        else:
            show(*run.report)


def _write(run: Run, figures: list[Path], kept: Path | None) -> None:
    from analysis.files import write

    if kept:
        write(kept, f"{to_json(run.data)}\n".encode())
    if figures:
        from analysis.figures import save

        figure = run.draw()
        for path in figures:
            save(figure, path)


def to_json(data: Mapping[str, Any]) -> str:
    """Return data as JSON on one line, all numbers in full.

    Raises
    ------
    AnalysisError
        When a number is not finite, which JSON does not know; where one may be missing it must be None.
    """
    try:
        return json.dumps(data, allow_nan=False, separators=(",", ":"))
    except ValueError:
        raise AnalysisError(
            "json: the result has a number that is not finite, which JSON cannot say"
        ) from None

"""Text for the terminal: tables that fit it, plain where it knows no Unicode, progress on stderr.

A table wider than the terminal is continued below itself: as many columns as fit, then the next ones, the
first column at the left of each part. Nothing is cut: what alone is wider than the terminal runs over its
edge.
"""

import io
import sys
from collections.abc import Iterator
from textwrap import TextWrapper
from typing import Any

import click
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.text import Text

from analysis.terminal import encodable

NARROWEST = 20
"""A terminal that says it has fewer columns is taken to have so many."""


class Table:
    """Rows of text under a heading: names to the left in the first column, the others to the right.

    Parameters
    ----------
    columns
        The heading.
    ruled
        Whether a line parts heading and sections, and every column has a space at its sides.
    """

    def __init__(self, *columns: str, ruled: bool = False) -> None:
        self._ruled = ruled
        self._columns = columns
        self._rows: list[tuple[str, ...] | None] = []

    def add_row(self, *cells: str) -> None:
        """Add a row; cells that are not given are empty."""
        self._rows.append((*cells, *[""] * (len(self._columns) - len(cells))))

    def add_section(self) -> None:
        """Part the rows that follow from those before."""
        self._rows.append(None)

    def lines(self, width: int) -> Iterator[str]:
        """Yield the table, in as many parts below one another as a width asks for."""
        rows = [self._columns, *(row for row in self._rows if row is not None)]
        widths = [max(map(cell_len, cells)) for cells in zip(*rows, strict=True)]
        gap = 3 if self._ruled else 1
        begun = 1
        while begun < len(widths) or begun == 1:
            end, taken = begun, widths[0] + (2 if self._ruled else 0)
            while end < len(widths) and (end == begun or taken + gap + widths[end] <= width):
                taken += gap + widths[end]
                end += 1
            if begun > 1:
                yield ""
            yield from self._part([0, *range(begun, end)], widths, gap)
            begun = max(end, 2)

    def _part(self, columns: list[int], widths: list[int], gap: int) -> Iterator[str]:
        margin = " " if self._ruled else ""

        def line(cells: tuple[str, ...]) -> str:
            first = cells[0] + " " * (widths[0] - cell_len(cells[0]))
            rest = (" " * (gap + widths[i] - cell_len(cells[i])) + cells[i] for i in columns[1:])
            return f"{margin}{first}{''.join(rest)}".rstrip()

        yield line(self._columns)
        if self._ruled:
            yield margin + "─" * (widths[0] + sum(gap + widths[i] for i in columns[1:]))
        for row in self._rows:
            yield "" if row is None else line(row)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for line in self.lines(options.max_width):
            yield Segment(line)
            yield Segment.line()


def table(*columns: str) -> Table:
    """Return an empty table: the first column to the left, numbers to the right."""
    return Table(*columns)


def show(*renderables: Any) -> None:  # noqa: ANN401  # whatever rich can render
    """Print tables and sentences to standard output, as wide as the terminal and in its encoding."""
    rendered = io.StringIO()
    console = Console(
        file=rendered,
        width=max(Console().width, NARROWEST),
        highlight=False,
        markup=False,
        emoji=False,
        force_terminal=False,
        no_color=True,
    )
    for renderable in renderables:
        shown = _wrapped(renderable, console.width) if isinstance(renderable, str) else renderable
        console.print(shown, crop=False, overflow="ignore")
    text = "\n".join(line.rstrip() for line in rendered.getvalue().splitlines())
    click.echo(encodable(text, sys.stdout.encoding))


def _wrapped(text: str, width: int) -> str:
    """Break lines between words; a word that is wider than the terminal runs over its edge, uncut."""
    wrapper = TextWrapper(width, break_long_words=False, break_on_hyphens=False, drop_whitespace=True)
    return "\n".join(part for line in text.split("\n") for part in wrapper.wrap(line) or [""])


def counted(count: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "epoch"), counted(2, "epoch")
    ('1 epoch', '2 epochs')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


class Count(ProgressColumn):
    """How much is done out of how much, or nothing where that is not known."""

    def render(self, task: Task) -> Text:
        """Return the count of a task."""
        return Text("" if task.total is None else f"{task.completed:.0f}/{task.total:.0f}")


def progress(*columns: ProgressColumn) -> Progress:
    """Return a progress display on stderr, which vanishes when done and is silent off a terminal.

    Without columns of the caller's it has a description, a bar, a count and the time that remains.
    """
    usual = (
        TextColumn("{task.description}"),
        BarColumn(),
        Count(),
        TimeRemainingColumn(),
    )
    watched = sys.stderr is not None and sys.stderr.isatty()
    return Progress(*(columns or usual), console=Console(stderr=True), transient=True, disable=not watched)

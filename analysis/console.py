"""Text for the terminal: tables that fit it, plain where it knows no Unicode, progress on stderr."""

import io
import sys
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

PLAIN = str.maketrans(
    {"²": "2", "±": "+-", "×": "x", "−": "-", "–": "-", "σ": "s", "…": "...", "α": "alpha", "─": "-"}
)


def table(*columns: str) -> Table:
    """Return an empty table: the first column to the left, numbers to the right."""
    made = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for position, column in enumerate(columns):
        made.add_column(column, justify="right" if position else "left", no_wrap=True)
    return made


def show(*renderables: Any) -> None:  # noqa: ANN401  # whatever rich can render
    """Print tables and sentences to standard output, as wide as the terminal and in its encoding."""
    width = Console().width
    rendered = io.StringIO()
    console = Console(
        file=rendered,
        width=width,
        highlight=False,
        markup=False,
        emoji=False,
        force_terminal=False,
        no_color=True,
    )
    for renderable in renderables:
        console.print(renderable)
    text = "\n".join(line.rstrip() for line in rendered.getvalue().splitlines())
    encoding = sys.stdout.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(PLAIN).encode(encoding, "replace").decode(encoding)
    click.echo(text)


def counted(count: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "epoch"), counted(2, "epoch")
    ('1 epoch', '2 epochs')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def progress(*columns: ProgressColumn) -> Progress:
    """Return a progress display on stderr, which vanishes when done and is silent off a terminal.

    Without columns of the caller's it has a description, a bar, a count and the time that remains.
    """
    usual = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
    )
    return Progress(
        *(columns or usual), console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    )

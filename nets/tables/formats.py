"""Ways to write a table: for people (text, markdown, latex, html) and for programs (csv, json)."""

import csv
import io
import json
import sys
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from nets.errors import InputError
from nets.network.algebra import Size
from nets.suggestions import near_misses
from nets.tables.columns import (
    COLUMNS,
    FORMULAS,
    PARAMETERS,
    RECORD,
    WITH_WORK,
    WITHOUT_WORK,
    caption,
    cells,
    chosen,
    default_columns,
    notes,
    title,
)
from nets.tables.rows import Row, Rows

if TYPE_CHECKING:
    from rich.table import Table as RichTable


def _number(size: Size) -> int | str:
    return size if isinstance(size, int) else str(size)


def records(table: Rows) -> list[dict[str, Any]]:
    """Return the rows as plain records: ints, or strings that sympy parses."""
    return [_record(table, row) for row in table.rows]


def _record(table: Rows, row: Row) -> dict[str, Any]:
    counts = {name: COLUMNS[name].cell(row) for name in RECORD[3:]}
    record: dict[str, Any] = {
        "layer": row.layer,
        "type": row.type,
        "output": [_number(size) for size in row.output],
        **{name: _number(size) for name, size in counts.items()},
    }
    if default_columns(table, ()):
        record["operations"] = _number(row.counts.operations)
    return record


def to_json(table: Rows) -> str:
    """Write the table as JSON; formulas are strings in the symbols of the input."""
    convention = table.convention
    total = {name: _number(getattr(table.total, name)) for name in RECORD[3:]}
    if default_columns(table, ()):
        total["operations"] = _number(table.total.operations)
    document: dict[str, Any] = {
        "name": table.name,
        "input": [_number(size) for size in table.input],
        "convention": convention.name,
        "unit": convention.unit,
        "rows": records(table),
        "total": total,
    }
    if table.symbolic:
        document["conditions"] = [str(condition) for condition in table.conditions]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def to_csv(table: Rows, names: Sequence[str]) -> str:
    """Write the rows as CSV: bare numbers, and no total that a reader would add once more."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in table.rows:
        values = (COLUMNS[name].cell(row) for name in names)
        writer.writerow([value if isinstance(value, int | str) else str(value) for value in values])
    return out.getvalue()


def _grid(table: Rows, names: Sequence[str], style: str, body: Iterable[Sequence[str]]) -> str:
    from tabulate import tabulate

    grid: str = tabulate(
        body,
        headers=[title(table, name) for name in names],
        tablefmt=style,
        disable_numparse=True,
        colalign=["right" if COLUMNS[name].total else "left" for name in names],
    )
    return grid


def to_markdown(table: Rows, names: Sequence[str], *, work: bool, short: bool) -> str:
    """Write the table as GitHub's Markdown."""
    body = cells(table, names, work=work, short=short)
    grid = _grid(table, names, "github", body)
    return "\n\n".join([f"**{caption(table)}**", grid, *notes(table, short=short)]) + "\n"


def to_html(table: Rows, names: Sequence[str], *, work: bool, short: bool) -> str:
    """Write the table as an HTML fragment."""
    body = cells(table, names, work=work, short=short)
    grid = _grid(table, names, "html", body)
    head = f"<table>\n<caption>{escape(caption(table))}</caption>"
    paragraphs = "\n".join(f"<p>{escape(note)}</p>" for note in notes(table, short=short))
    return f"{grid.replace('<table>', head, 1)}\n{paragraphs}\n"


_LATEX = str.maketrans(
    {"_": r"\_", "%": r"\%", "&": r"\&", "#": r"\#", "×": r"$\times$", "·": r"$\cdot$", "²": "$^2$"}
    | {"⌊": r"$\lfloor$", "⌋": r"$\rfloor$", "≥": r"$\geq$", "*": r"$\cdot$", "→": r"$\to$"}
)


def to_latex(table: Rows, names: Sequence[str], *, work: bool, short: bool) -> str:
    """Write the table for LaTeX; no package is needed."""
    body = [[text.translate(_LATEX) for text in row] for row in cells(table, names, work=work, short=short)]
    grid = _grid(table, names, "latex_raw", body)
    lines = [r"\begin{table}", r"\centering", grid]
    lines.append(rf"\caption{{{caption(table).translate(_LATEX)}}}")
    lines += [rf"\par {note.translate(_LATEX)}" for note in notes(table, short=short)]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def rich_table(table: Rows, names: Sequence[str], *, work: bool, short: bool) -> "RichTable":
    """Return a table for rich to print."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable

    grid = RichTable(box=SIMPLE_HEAD, show_footer=True, pad_edge=False, padding=0, show_edge=False)
    *body, sums = cells(table, names, work=work, short=short)
    if table.symbolic:  # sums of formulas are long; the notes state them
        sums = tuple(
            "" if COLUMNS[name].total and name not in PARAMETERS else text
            for name, text in zip(names, sums, strict=True)
        )
    for name, footer in zip(names, sums, strict=True):
        right = COLUMNS[name].total is not None and not table.symbolic
        grid.add_column(
            title(table, name), footer, justify="right" if right else "left", overflow="fold", style=""
        )
    for row in body:
        grid.add_row(*row)
    return grid


def to_text(table: Rows, columns: Sequence[str] | None, *, short: bool, width: int | None = None) -> str:
    """Write the table for a terminal; where that is too narrow, without the products behind the numbers."""
    from rich.console import Console
    from rich.measure import Measurement

    out = io.StringIO()
    console = Console(file=out, width=width, no_color=True, highlight=False, legacy_windows=False)
    names = tuple(columns) if columns else default_columns(table, WITH_WORK)
    grid = rich_table(table, names, work=not short and not columns, short=short)
    natural = Measurement.get(console, console.options.update(max_width=sys.maxsize), grid).maximum
    if not columns and (short or table.symbolic or natural > console.width):
        names = default_columns(table, FORMULAS if table.symbolic else WITHOUT_WORK)
        grid = rich_table(table, names, work=False, short=short)
    console.print(caption(table), style="bold", markup=False)
    console.print(grid)
    for note in notes(table, short=short):
        console.print(note, markup=False)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


FORMATS = ("text", "markdown", "csv", "json", "latex", "html")


def write(table: Rows, form: str, *, columns: Iterable[str] | None, human: bool) -> str:
    """Write a table in one of `FORMATS`.

    Raises
    ------
    InputError
        If the format or a column does not exist, or columns are asked of JSON, which has them all.
    """
    if form not in FORMATS:
        raise InputError(f"format {form!r} does not exist{near_misses(form, FORMATS)}")
    wanted = chosen(columns) if columns is not None else None
    if form == "json":
        if wanted:
            raise InputError("JSON holds all columns; leave --columns out")
        return to_json(table)
    if form == "csv":
        return to_csv(table, wanted or default_columns(table, RECORD))
    if form == "text":
        return to_text(table, wanted, short=human)
    names = wanted or default_columns(table, ("layer", "type", *WITHOUT_WORK[1:]))
    writer = {"markdown": to_markdown, "latex": to_latex, "html": to_html}[form]
    return writer(table, names, work=wanted is None and not human, short=human)

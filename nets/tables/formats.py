"""Ways to write a table: for people (text, markdown, latex, html) and for programs (csv, json)."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from nets.errors import InputError
from nets.network.algebra import Size
from nets.suggestions import near_misses
from nets.tables.columns import (
    COLUMNS,
    FORMULAS,
    OUTLINES,
    PARAMETERS,
    RECORD,
    WITH_WORK,
    WITHOUT_WORK,
    caption,
    cells,
    chosen,
    column_named,
    default_columns,
    notes,
    refuse_uncounted,
    share,
    title,
    with_gradients,
)
from nets.tables.grid import Column, Grid
from nets.tables.markup import to_html, to_latex, to_markdown
from nets.tables.rows import Row, Rows
from nets.terminal import Paragraph, Part, rendered, terminal_width


def _number(size: Size) -> int | str:
    return size if isinstance(size, int) else str(size)


def records(table: Rows) -> list[dict[str, Any]]:
    """Return the rows as plain records: ints, or strings that sympy parses."""
    return [_record(table, row) for row in _plain(table)]


def _plain(table: Rows) -> list[Row]:
    return [row for row in table.rows if not row.subtotal]


def _value(table: Rows, row: Row, name: str) -> Any:  # noqa: ANN401  # any cell
    column = column_named(name)
    value = column.cell(row)
    return share(value, column.total(table.total)) if name.endswith("%") and column.total else value


def _counted(table: Rows) -> tuple[str, ...]:
    """Return the names of the counts that a record of the table holds."""
    names: tuple[str, ...] = RECORD[3:]
    if table.findings:
        names += ("elementwise", "read", "written")
        names += ("backward", "executed") if table.findings.backward else ()
    return names


def _record(table: Rows, row: Row) -> dict[str, Any]:
    counts = {name: COLUMNS[name].cell(row) for name in _counted(table)}
    record: dict[str, Any] = {
        "layer": row.layer,
        "type": row.type,
        "output": [_number(size) for size in row.output],
        **{name: _number(size) for name, size in counts.items()},
    }
    if default_columns(table, ()):
        record["operations"] = _number(row.counts.operations)
    if table.findings:
        record |= {"calls": _number(row.calls), "times": row.times, "note": row.note}
    return record


def to_json(table: Rows) -> str:
    """Write the table as JSON; formulas are strings in the symbols of the input."""
    convention = table.convention
    total = {name: _number(getattr(table.total, name)) for name in _counted(table)}
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
    if table.findings:
        document |= {
            "subtotals": [_record(table, row) | {"level": row.level} for row in table.rows if row.subtotal],
            **table.findings.to_dict(),
        }
    if table.symbolic:
        document["conditions"] = [str(condition) for condition in table.conditions]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def to_csv(table: Rows, names: Sequence[str]) -> str:
    """Write the rows as CSV: bare numbers, and no total that a reader would add once more."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in _plain(table):
        values = (_value(table, row, name) for name in names)
        writer.writerow([value if isinstance(value, int | str) else str(value) for value in values])
    return out.getvalue()


def to_grid(table: Rows, names: Sequence[str], *, work: bool, short: bool) -> Grid:
    """Return the rows and the totals as columns for a terminal."""
    *body, sums = cells(table, names, work=work, short=short)
    columns = []
    for index, name in enumerate(names):
        counted = column_named(name).total is not None
        # Sums of formulas are long; the notes state them.
        total = "" if table.symbolic and counted and name not in PARAMETERS else sums[index]
        columns.append(
            Column(
                title(table, name),
                [row[index] for row in body],
                [total],
                right=counted and not table.symbolic,
                folds=table.symbolic and name not in ("layer", "type"),
            )
        )
    first = columns.pop(0) if names[0] == "layer" else None
    return Grid(first, tuple((column,) for column in columns), gap=1)


def to_text(
    table: Rows,
    columns: Sequence[str] | None,
    *,
    short: bool,
    width: int | None = None,
    encoding: str = "utf-8",
) -> str:
    """Write the table for a terminal; where that is too narrow, without the products behind the numbers."""
    room = width or terminal_width()
    if columns:
        grid = to_grid(table, columns, work=False, short=short)
    elif table.findings:
        outlines = (default_columns(table, with_gradients(table, names)) for names in OUTLINES)
        for names in outlines:
            grid = to_grid(table, names, work=False, short=short)
            if grid.width <= room:
                break
    else:
        plain = default_columns(table, FORMULAS if table.symbolic else WITHOUT_WORK)
        worked = None
        if not short and not table.symbolic:
            worked = to_grid(table, default_columns(table, WITH_WORK), work=True, short=False)
        fits = worked is not None and worked.width <= room
        grid = worked if worked and fits else to_grid(table, plain, work=False, short=short)
    parts: list[Part] = [Paragraph(caption(table), "bold"), grid]
    parts += [Paragraph(note) for note in notes(table, short=short)]
    return rendered(parts, width=room, encoding=encoding)


FORMATS = ("text", "markdown", "csv", "json", "latex", "html")


def write(
    table: Rows,
    form: str,
    *,
    columns: Iterable[str] | None,
    human: bool,
    encoding: str = "utf-8",
) -> str:
    """Write a table in one of `FORMATS`; ``encoding`` is that of the terminal that text is for.

    Raises
    ------
    InputError
        If the format or a column does not exist, or columns are asked of JSON, which has them all.
    """
    if form not in FORMATS:
        raise InputError(f"format {form!r} does not exist{near_misses(form, FORMATS)}")
    wanted = chosen(columns) if columns is not None else None
    refuse_uncounted(table, wanted or ())
    if form == "json":
        if wanted:
            raise InputError("JSON holds all columns; leave --columns out")
        return to_json(table)
    if form == "csv":
        return to_csv(table, wanted or default_columns(table, (*RECORD[:3], *_counted(table))))
    if form == "text":
        return to_text(table, wanted, short=human, encoding=encoding)
    usual = with_gradients(table, OUTLINES[0]) if table.findings else ("layer", "type", *WITHOUT_WORK[1:])
    names = wanted or default_columns(table, usual)
    writer = {"markdown": to_markdown, "latex": to_latex, "html": to_html}[form]
    return writer(table, names, work=wanted is None and not human, short=human)

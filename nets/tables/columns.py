"""What a table's columns hold, and what stands above and below them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import attrs

from nets.errors import InputError
from nets.layers.base import show
from nets.network.algebra import Shape, Size
from nets.suggestions import near_misses
from nets.tables.rows import Counts, Row, Rows
from nets.tables.working import factor, worked_shape, written


@attrs.frozen
class Column:
    """One column: where its cells come from, and whether they are numbers of something."""

    title: str
    cell: Callable[[Row], Any]
    total: Callable[[Counts], Size] | None = None
    work: Callable[[Row], str] | None = None


def _counted(name: str, title: str, work: Callable[[Row], str] | None = None) -> Column:
    def of(counts: Counts) -> Size:
        size: Size = getattr(counts, name)
        return size

    return Column(title, lambda row: of(row.counts), of, work)


def _shape(shape: Shape, row: Row) -> str:
    return show(tuple(map(factor, shape))) if row.traced else worked_shape(shape, row.kind)


COLUMNS: Mapping[str, Column] = MappingProxyType(
    {
        "layer": Column("layer", lambda row: row.layer),
        "type": Column("type", lambda row: row.type),
        "input": Column("input", lambda row: " + ".join(_shape(shape, row) for shape in row.inputs)),
        "output": Column("output", lambda row: _shape(row.output, row)),
        "activations": _counted("activations", "activations", lambda row: row.worked_activations),
        "weights": _counted("weights", "weights", lambda row: row.worked_weights),
        "biases": _counted("biases", "biases"),
        "parameters": _counted("parameters", "parameters"),
        "macs": _counted("macs", "MACs"),
        "flops": _counted("flops", "FLOPs"),
        "operations": _counted("operations", "operations"),
        "calls": Column("calls", lambda row: row.calls),
        "elementwise": _counted("elementwise", "element-wise"),
        "read": _counted("read", "bytes read"),
        "written": _counted("written", "bytes written"),
        "backward": _counted("backward", "backward MACs"),
        "executed": _counted("executed", "executed MACs"),
        "note": Column("note", lambda row: row.note),
    }
)
"""The columns by name; a name with % behind it is the share of a column of counts in its total."""

TRACED = ("calls", "elementwise", "read", "written", "backward", "executed", "note")
"""Columns that a trace fills, and no formula."""

OUTLINES = (
    ("layer", "type", "output", "parameters", "activations", "macs", "macs%", "elementwise"),
    ("layer", "output", "parameters", "activations", "macs", "macs%"),
    ("layer", "output", "parameters", "macs", "macs%"),
    ("layer", "parameters", "macs", "macs%"),
)
"""What is shown of a traced module: the first of these that fits."""

WITH_WORK = ("layer", "activations", "weights", "biases", "macs")
WITHOUT_WORK = ("layer", "output", "activations", "weights", "biases", "macs")
FORMULAS = ("layer", "output", "weights", "biases", "macs")
PARAMETERS = ("weights", "biases", "parameters")
RECORD = ("layer", "type", "output", "activations", "weights", "biases", "parameters", "macs", "flops")


_BEYOND_LETTERS = 999 * 10**18
_LETTERS = MappingProxyType({18: "E", 15: "P", 12: "T", 9: "G", 6: "M", 3: "K"})


def human(size: Size) -> str:
    """Write a number to four digits with K, M, G, T, P, E for powers of 1000.

    >>> human(143667240), human(999), human(1728), human(999_999)
    ('143.7M', '999', '1.728K', '1M')
    """
    if not isinstance(size, int):
        return written(size)
    if size >= _BEYOND_LETTERS:
        return f"{Decimal(size):.3e}"
    for power, letter in _LETTERS.items():
        text = f"{Decimal(size).scaleb(-power):.4g}"
        if Decimal(text) >= 1:  # once rounded: 999,999 is 1M
            return (text.rstrip("0").rstrip(".") if "." in text else text) + letter
    return str(size)


def chosen(columns: Iterable[str]) -> tuple[str, ...]:
    """Return column names after checking that they exist.

    Raises
    ------
    InputError
        If one does not.
    """
    names = tuple(columns)
    for name in names:
        column = COLUMNS.get(name.removesuffix("%"))
        if column is None or (name.endswith("%") and column.total is None):
            raise InputError(f"column {name!r} does not exist{near_misses(name, COLUMNS)}")
    return names


def column_named(name: str) -> Column:
    """Return a column; that of shares has another title."""
    column = COLUMNS[name.removesuffix("%")]
    return attrs.evolve(column, title=f"% {column.title}", work=None) if name.endswith("%") else column


def refuse_uncounted(table: Rows, names: Iterable[str]) -> None:
    """Refuse columns that nobody has counted.

    Raises
    ------
    InputError
        If a table of formulas is asked for what only a trace knows, or a forward pass for gradients.
    """
    for name in (name.removesuffix("%") for name in names):
        if name in TRACED and table.findings is None:
            raise InputError(
                f"column {name!r} is counted of torch modules only; trace one, such as a built net"
            )
        if name in ("backward", "executed") and table.findings and not table.findings.backward:
            raise InputError(f"column {name!r} needs the gradients: ask for the backward pass, too")


def default_columns(table: Rows, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Add the convention's operations where they differ from the MACs by hand."""
    same = all(row.counts.operations == row.counts.macs for row in table.rows)
    return columns if same else (*columns, "operations")


def with_gradients(table: Rows, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Add what gradients cost where they were asked for."""
    return (*columns, "backward") if table.findings and table.findings.backward else columns


def title(table: Rows, name: str) -> str:
    """Return a column's heading; operations are named as their convention names them."""
    if name == "operations":
        return f"{table.convention.name} {table.convention.unit}"
    return column_named(name).title


def cells(
    table: Rows, names: Sequence[str], *, work: bool = False, short: bool = False
) -> list[tuple[str, ...]]:
    """Return the rows and the totals as texts for people."""
    write_size = human if short else written

    def cell(row: Row, name: str) -> str:
        column = column_named(name)
        value = column.cell(row)
        if name == "layer" and row.label:
            return f"{'  ' * row.level}{row.label}"
        if column.total is None:
            return str(value)
        if name.endswith("%"):
            return share(value, column.total(table.total))
        worked = column.work(row) if work and column.work is not None else ""
        number = write_size(value)
        return f"{worked} = {number}" if "×" in worked else number

    body = [tuple(cell(row, name) for name in names) for row in table.rows]
    sums = [
        "" if name.endswith("%") or column.total is None else write_size(column.total(table.total))
        for name in names
        if (column := column_named(name))
    ]
    least = "at least" if table.findings and not table.findings.complete else "total"
    return [*body, (least if names[0] == "layer" else sums[0], *sums[1:])]


def share(part: Size, whole: Size) -> str:
    """Write a share in per cent.

    >>> share(1, 8), share(0, 0)
    ('12.5', '')
    """
    if not isinstance(part, int) or not isinstance(whole, int) or not part or not whole:
        return ""
    return f"{100 * part / whole:.1f}"


def caption(table: Rows) -> str:
    """Say what was counted, at which input, by which convention."""
    counted_by = "" if table.convention.name == "hand" else f", {table.convention.name} convention"
    return f"{table.name}, input {show(tuple(map(written, table.input)))}{counted_by}"


def notes(table: Rows, *, short: bool = False) -> list[str]:
    """Return what a reader must know beneath the table."""
    parameters = human(table.total.parameters) if short else written(table.total.parameters)
    summands = "weights + biases" if table.convention.biases else "weights only"
    lines = [f"Parameters: {parameters} ({summands}).", "1 MAC = 1 multiply-accumulate = 2 FLOPs."]
    if short:
        lines.append("K, M, G, T, P, E are powers of 1000.")
    if any(row.times > 1 for row in table.rows):
        lines.append("A row × n stands for n equal ones and holds their sum.")
    if table.findings:
        lines += table.findings.sentences()
        lines += [f"{row.layer}: {row.note}." for row in table.rows if row.note.startswith("called")]
    if table.symbolic:
        from nets.network.formulas import divisibly

        counted = (("MACs", table.total.macs), ("Activations", table.total.activations))
        exact = [(name, size, *divisibly(size)) for name, size in counted]
        lines += [f"{name} = {written(size)}" for name, size, _, _ in exact]
        for name, _, size, divisors in exact:
            if divisors:
                lines.append(f"Where {_divides(divisors)}: {name} = {written(size)}")
        lines.append(f"Holds for: {', '.join(map(relation, table.conditions)) or 'any input'}.")
    return lines


def _divides(divisors: Mapping[str, int]) -> str:
    """Write by what the symbols must be divisible.

    >>> _divides({"H": 32, "W": 32})
    '32 divides H and W'
    """
    symbols: dict[int, list[str]] = {}
    for symbol, n in divisors.items():
        symbols.setdefault(n, []).append(symbol)
    return ", ".join(f"{n} divides {' and '.join(names)}" for n, names in symbols.items())


def relation(condition: Any) -> str:  # noqa: ANN401  # a sympy relation
    """Write a condition for people.

    >>> from sympy import Symbol, Ge
    >>> relation(Ge(Symbol("H"), 32))
    'H ≥ 32'
    """
    if not condition.is_Relational:
        return " and ".join(map(relation, condition.args)) if condition.is_Boolean else str(condition)
    sign = {">=": "≥", "<=": "≤", "==": "=", "!=": "≠"}.get(condition.rel_op, condition.rel_op)
    left, right = (
        written(int(side)) if side.is_Integer else written(side) for side in (condition.lhs, condition.rhs)
    )
    return f"{left} {sign} {right}"

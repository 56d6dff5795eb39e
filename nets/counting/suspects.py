"""What accounts for a wrong hand count: a term forgotten, counted twice, or another convention's number."""

import math
import re
from collections.abc import Callable, Iterator

import attrs

from nets.layers.kinds import CONVOLUTION, INPUT
from nets.tables.rows import Row
from nets.tables.table import Table

_WORKED = re.compile(r"\((\d+(?:×\d+)*)\)×(\d+)$")


@attrs.frozen
class Term:
    """A mistake that one can make with a row's product, and the number that it gives."""

    name: str
    value: int


def total_suspect(table: Table, quantity: str, expected: int, others: Callable[[], Iterator[Table]]) -> str:
    """Say what makes the difference between an expected total and the counted one; empty if unknown.

    Parameters
    ----------
    table
        The counts.
    quantity
        A name of `nets.tables.rows.Counts`.
    expected
        What was expected.
    others
        The same table in other conventions, made only if nothing else accounts for the difference.
    """
    counted = int(getattr(table.total, quantity))
    difference = counted - expected
    rows = [row for row in table.rows if not row.subtotal]
    candidates = [
        *_parameters(table, quantity, difference),
        *_sums(table, rows, quantity, abs(difference)),
        *_terms(rows, quantity, difference),
        *_units(table, quantity, expected),
    ]
    if candidates:
        return candidates[0]
    if quantity in ("macs", "flops", "operations"):
        for other in others():
            if expected == int(other.total.operations):
                return f"the {other.convention.name} convention's {other.convention.unit}"
    return ""


def _parameters(table: Table, quantity: str, difference: int) -> Iterator[str]:
    findings = table.findings
    if quantity == "parameters" and difference == table.total.biases:
        yield "all biases"
    if quantity not in ("parameters", "weights", "biases") or findings is None:
        return
    sizes = findings.sizes
    missing = {f"the parameter {name}": sizes[name] for name in findings.bare}
    for what, names in (("bare", findings.bare), ("frozen", findings.frozen), ("never used", findings.idle)):
        missing[f"all {what} parameters"] = sum(sizes[name] for name in names)
    twice = {
        f"{first} counted again as {others[0]}": sizes[first] * len(others)
        for first, *others in findings.tied
    }
    twice["tied parameters counted again"] = sum(twice.values())
    twice["the buffers, which are no parameters"] = findings.buffers
    yield from (name for name, size in missing.items() if size and size == difference)
    yield from (name for name, size in twice.items() if size and size == -difference)


def _sums(table: Table, rows: list[Row], quantity: str, size: int) -> Iterator[str]:
    for kind, counts in table.by_type.items():
        if int(getattr(counts, quantity)) == size and sum(row.type == kind for row in rows) > 1:
            yield f"all of {kind}"
    for row in rows:
        if (
            quantity == "parameters"
            and row.counts.biases
            and row.counts.weights
            and size
            in (
                row.counts.weights,
                row.counts.biases,
            )
        ):
            yield f"the {'weights' if size == row.counts.weights else 'biases'} of {row.layer}"
        if int(getattr(row.counts, quantity)) == size:
            yield f"as much as {row.layer}"


def _terms(rows: list[Row], quantity: str, difference: int) -> Iterator[str]:
    for row in rows:
        counted = int(getattr(row.counts, quantity))
        for term in terms(row, quantity):
            if counted - term.value == difference:
                yield f"{row.layer} {term.name}"
    shared: dict[str, int] = {}
    for row in rows:
        for term in terms(row, quantity):
            kind = re.sub(r"\d[\d×,]*", "", term.name)
            shared[kind] = shared.get(kind, 0) + int(getattr(row.counts, quantity)) - term.value
    for name, sum_of_all in shared.items():
        if sum_of_all == difference:
            yield f"all layers {' '.join(name.split())}"


def _units(table: Table, quantity: str, expected: int) -> Iterator[str]:
    macs = int(table.total.macs)
    if quantity == "macs" and expected == 2 * macs:
        yield "those are FLOPs, two per MAC"
    if quantity == "flops" and expected == macs:
        yield "those are MACs, half of the FLOPs"
    batch = table.input[0] if table.input else 1
    if isinstance(batch, int) and batch > 1 and quantity in ("macs", "flops", "activations"):
        counted = int(getattr(table.total, quantity))
        if expected * batch == counted:
            yield f"the batch of {batch} is missing"


def row_suspect(row: Row, quantity: str, expected: int) -> str:
    """Say which mistake with a row's product gives what was expected; empty if none known does."""
    for term in terms(row, quantity):
        if term.value == expected:
            return term.name
    if quantity == "macs" and expected == 2 * int(row.counts.macs):
        return "in FLOPs, two per MAC"
    return ""


def terms(row: Row, quantity: str) -> Iterator[Term]:
    """Yield the mistakes that one can make with a convolution's or a linear layer's product."""
    counts = row.counts
    if row.kind == INPUT or row.times > 1:
        return
    if quantity == "parameters" and counts.biases and counts.weights:
        yield Term("without its biases", counts.weights)
    match = _WORKED.match(row.worked_weights)
    if match is None or row.kind != CONVOLUTION:
        yield from _linear_terms(row, quantity)
        return
    *window, inner = map(int, match.group(1).split("×"))
    outer = int(match.group(2))
    channels = row.inputs[0][1] if row.inputs and len(row.inputs[0]) > 1 else inner
    groups = channels // inner if isinstance(channels, int) else 1
    sides = [int(side) for side in row.output[2:]]
    weights, kernel = counts.weights, math.prod(window)
    if quantity in ("weights", "parameters"):
        extra = counts.biases if quantity == "parameters" else 0
        base, scale = weights, 1
    elif quantity in ("macs", "flops"):
        extra, scale = 0, 2 if quantity == "flops" else 1
        base = int(counts.macs) * scale
        positions = math.prod(sides)
        if positions > 1:
            shown = "×".join(map(str, sides))
            yield Term(f"without its {shown} positions", base // positions)
            yield Term(f"with {sides[0]} in place of {shown} positions", base // positions * sides[0])
        if counts.biases:
            yield Term("with its biases added", base + counts.biases * positions * int(row.output[0]) * scale)
    else:
        return
    yield Term(f"without its {inner} input channels", base // inner + extra)
    yield Term(f"without its {outer} output channels", base // outer + extra)
    if kernel > 1:
        yield Term(f"without its {'×'.join(map(str, window))} window", base // kernel + extra)
    if groups > 1:
        yield Term(f"as if not in {groups} groups", base * groups + extra)
        yield Term(f"divided by its {groups} groups twice", base // groups + extra)


def _linear_terms(row: Row, quantity: str) -> Iterator[Term]:
    sizes = row.worked_weights.split("×")
    if len(sizes) != 2 or quantity not in ("macs", "flops"):  # noqa: PLR2004  # a matrix
        return
    weights = int(sizes[0]) * int(sizes[1])
    scale = 2 if quantity == "flops" else 1
    base = int(row.counts.macs) * scale
    rows = base // (weights * scale) if weights else 1
    if rows > 1:
        yield Term(f"without its {rows} rows", weights * scale)
    if row.counts.biases:
        yield Term("with its biases added", base + row.counts.biases * rows * scale)

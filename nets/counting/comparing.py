"""A table and what others count, row by row: every difference, and the convention that explains it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs

from nets.counting.outcome import Check, Difference, Line
from nets.layers import kinds
from nets.layers.kinds import INPUT
from nets.tables.conventions import Convention
from nets.tables.presets import FVCORE, HAND
from nets.tables.rows import Counts, Row
from nets.tables.table import Table

if TYPE_CHECKING:
    from nets.counting.opinions import Opinion

FORMULA, TRACE, TOOLS = "formula", "trace", ("fvcore", "torch")
OUTSIDE = "(outside of layers)"
_PRODUCTS = (kinds.CONVOLUTION, kinds.LINEAR, kinds.PRODUCT, kinds.ATTENTION, kinds.RECURRENCE)


@attrs.frozen
class _Conventions:
    own: Convention
    hand: Table
    fvcore: Table


def compare(
    table: Table,
    *,
    hand: Table,
    fvcore: Table,
    traced: Table | None,
    opinions: "tuple[Opinion, ...]",
    unable: tuple[str, ...] = (),
) -> Check:
    """Compare a table, row by row, with what others count.

    Parameters
    ----------
    table
        The base, in any convention.
    hand, fvcore
        The same rows in those two conventions, which explain differences.
    traced
        A module's trace to compare formulas with; None where the base is one.
    opinions
        What the tools say.
    unable
        Who could not count, and why.
    """
    rows = [row for row in table.rows if not row.subtotal]
    by = _Conventions(table.convention, hand, fvcore)
    differences = [difference for row in rows for difference in _row_differences(row, by, traced, opinions)]
    total, macs = table.total, _macs(table.total, table.convention)
    totals: list[tuple[str, int, str, int]] = []
    if traced is not None:
        totals += [
            ("weights", total.weights, "torch", traced.total.weights),
            ("biases", total.biases, "torch", traced.total.biases),
            ("MACs", macs, TRACE, _whole(traced.total.macs)),
        ]
        differences += _outside_of(table, traced)
    for opinion in opinions:
        totals.append(("MACs", macs, opinion.source, opinion.macs[""]))
        if opinion.activations:
            totals.append(("activations", _whole(total.activations), opinion.source, opinion.activations[""]))
        differences += _tool_outside(table, fvcore, opinion)
    findings = table.findings or (traced.findings if traced else None)
    return Check(
        table.name,
        tuple(_whole(size) for size in table.input),
        TRACE if traced is None else FORMULA,
        len(rows),
        tuple(totals),
        tuple(differences),
        tuple(_lines(rows, traced, opinions)),
        _uncounted(opinions),
        unable,
        findings.lower_bound if findings else "",
    )


def _uncounted(opinions: "tuple[Opinion, ...]") -> dict[str, int]:
    named: dict[str, int] = {}
    for opinion in opinions:
        if opinion.source == "fvcore":
            for operator in (operator for names in opinion.blind.values() for operator in names):
                named[operator] = named.get(operator, 0) + 1
    return named


def _lines(rows: list[Row], traced: Table | None, opinions: "tuple[Opinion, ...]") -> Iterator[Line]:
    said = {opinion.source: opinion.macs for opinion in opinions}
    for row in rows:
        base = _whole(row.counts.macs)
        by_trace = base
        if traced is not None:
            by_trace = _whole(traced.by_layer[row.layer].counts.macs) if row.layer in traced.by_layer else 0
        tools = {tool: said[tool].get(row.layer) if tool in said else None for tool in TOOLS}
        if base or by_trace or any(tools.values()):
            formula = base if traced is not None else None
            yield Line(row.layer, row.type, formula, by_trace, tools["fvcore"], tools["torch"])


def _whole(size: Any) -> int:  # noqa: ANN401  # a check has no symbols, which the tables' types do not say
    return int(size)


def _macs(counts: Counts, convention: Convention) -> int:
    operations = _whole(counts.operations)
    return operations // 2 if convention.unit == "FLOPs" else operations


def _row_differences(
    row: Row, by: _Conventions, traced: Table | None, opinions: "tuple[Opinion, ...]"
) -> Iterator[Difference]:
    """Yield where somebody counts a row otherwise."""
    hand, fvcore = by.hand.by_layer[row.layer].counts, by.fvcore.by_layer[row.layer].counts
    for quantity, source, base, theirs, explained in (
        *(_by_trace(row, hand, by.own, traced) if traced is not None else ()),
        *(item for opinion in opinions for item in _by_tool(row, hand, fvcore, by.own, opinion)),
    ):
        if base != theirs:
            yield Difference(row.layer, row.type, quantity, source, base, theirs, explained)


_Item = tuple[str, str, Any, Any, str]


def _by_trace(row: Row, hand: Counts, convention: Convention, traced: Table) -> Iterator[_Item]:
    seen = traced.by_layer.get(row.layer)
    if row.kind == INPUT:
        return
    counts = seen.counts if seen else Counts()
    yield "output", "torch", row.output, seen.output if seen else None, ""
    for quantity in ("weights", "biases"):
        theirs = getattr(counts, quantity)
        left_out = f"the {convention.name} convention leaves these parameters out"
        explained = left_out if theirs == getattr(hand, quantity) else ""
        yield quantity, "torch", getattr(row.counts, quantity), theirs, explained
    yield "MACs", TRACE, row.counts.macs, counts.macs, ""


def _by_tool(
    row: Row, hand: Counts, fvcore: Counts, convention: Convention, opinion: "Opinion"
) -> Iterator[_Item]:
    if row.layer not in opinion.macs:
        return
    why = convention.why.get(row.kind, "")
    blind = _blindness(row.layer, opinion)
    macs, theirs = _macs(row.counts, convention), opinion.macs[row.layer]
    if opinion.source == "torch":
        yield "MACs", "torch", macs, theirs, (why or blind) if theirs == hand.macs else blind
        return
    explained = "; ".join(filter(None, dict.fromkeys((FVCORE.why.get(row.kind, ""), why))))
    if theirs and not hand.macs and row.kind not in _PRODUCTS and theirs != fvcore.operations:
        blind = "fvcore counts what is no product, too"
    yield "MACs", "fvcore", macs, theirs, (explained or blind) if theirs == fvcore.operations else blind
    theirs = opinion.activations[row.layer]
    explained = "fvcore counts the outputs of convolutions and matrix products only"
    if convention is not HAND:
        explained += f", {convention.name} others"
    agrees = theirs == fvcore.activations
    yield "activations", "fvcore", row.counts.activations, theirs, explained if agrees else blind


def _blindness(layer: str, opinion: "Opinion") -> str:
    """Say why somebody saw nothing of what a row does, where they did not."""
    operators = opinion.blind.get(layer)
    if not operators:
        return ""
    return f"{opinion.source} has no rule for {', '.join(operators)} and counts 0"


def _outside_of(table: Table, traced: Table) -> Iterator[Difference]:
    """Yield what the trace of a built net counts that no layer of the description does."""
    for row in traced.rows:
        if row.layer not in table.by_layer and not row.subtotal and row.kind != INPUT and row.counts.macs:
            yield Difference(row.layer, row.type, "MACs", TRACE, 0, row.counts.macs)


def _tool_outside(table: Table, fvcore: Table, opinion: "Opinion") -> Iterator[Difference]:
    """Yield what a tool counts in no module's name: work in plain functions."""
    rows = (row for row in fvcore.rows if not row.subtotal and row.kind != INPUT)
    functions = [row for row in rows if row.layer not in opinion.macs]
    for quantity, counts, expected in (
        ("MACs", opinion.macs, sum(_whole(row.counts.operations) for row in functions)),
        ("activations", opinion.activations, sum(_whole(row.counts.activations) for row in functions)),
    ):
        if not counts:
            continue
        ours = expected
        if opinion.source == "torch":
            ours = sum(_whole(row.counts.macs) for row in functions)
        theirs = opinion.outside("activations" if quantity == "activations" else "macs")
        if theirs != ours:
            why = _why_outside(table, opinion, ours, theirs)
            yield Difference(OUTSIDE, "", quantity, opinion.source, ours, theirs, why)


def _why_outside(table: Table, opinion: "Opinion", ours: int, theirs: int) -> str:
    """Explain what no module's name is on, where a tool is blind or counts more than products."""
    if table.findings is None:
        return ""
    if theirs < ours:
        return _blindness("", opinion)
    functions = (row for row in table.rows if "(" in row.layer and row.kind != INPUT)
    others = dict.fromkeys(row.type for row in functions if not row.counts.macs)
    return f"{opinion.source} counts what is no product, too: {', '.join(others)}" if others else ""

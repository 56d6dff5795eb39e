"""Several ways to the same counts, row by row: every difference, and the convention that explains it."""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from nets.errors import CountError, InputError
from nets.layers import kinds
from nets.layers.kinds import INPUT
from nets.network.algebra import Shape, product
from nets.network.graph import Network
from nets.tables.conventions import Convention
from nets.tables.presets import FVCORE, HAND, convention_named
from nets.tables.rows import Counts, Row
from nets.tables.table import Table

if TYPE_CHECKING:
    from torch import nn

    from nets.counting.arguments import Arguments
    from nets.counting.opinions import Opinion
    from nets.counting.registry import Rules
    from nets.counting.trace import Trace

FORMULA, TRACE, TOOLS = "formula", "trace", ("fvcore", "torch")
QUANTITIES = ("output", "weights", "biases", "MACs", "activations")
OUTSIDE = "(outside of layers)"
_PRODUCTS = (kinds.CONVOLUTION, kinds.LINEAR, kinds.PRODUCT, kinds.ATTENTION, kinds.RECURRENCE)


@attrs.frozen
class Difference:
    """Where two counts are not the same.

    Parameters
    ----------
    layer, type
        Where.
    quantity
        What was counted, such as ``MACs``.
    source
        Who counted otherwise: ``trace``, ``torch`` or ``fvcore``.
    formula, counted
        The two numbers (or shapes); for a module without formulas the first is the trace's.
    explanation
        The convention that accounts for the whole difference, or why the source is blind there; empty where
        nothing does.
    """

    layer: str
    type: str
    quantity: str
    source: str
    formula: Any
    counted: Any
    explanation: str = ""


@attrs.frozen
class Line:
    """The multiply-accumulates of one row by everybody; None for who was not asked.

    Parameters
    ----------
    layer, type
        Where.
    formula, trace, fvcore, torch
        What each counts.
    """

    layer: str
    type: str
    formula: int | None
    trace: int | None
    fvcore: int | None
    torch: int | None


@attrs.frozen
class Check:
    """The outcome of a check.

    Parameters
    ----------
    name, input
        Net and input shape.
    base
        Whose counts the others are compared with: ``formula``, or ``trace`` for a module without formulas.
    layers
        How many rows were compared.
    totals
        Tuples (quantity, counts of the base, source, counted).
    differences
        All of them, explained or not, in execution order.
    lines
        The multiply-accumulates row by row.
    uncounted
        Operators that fvcore has no rule for and counts as zero, and in how many rows it met them.
    unable
        Who could not count, and why.
    lower_bound
        The sentence that says what nobody has a rule for; empty where there is nothing.
    """

    name: str
    input: tuple[int, ...]
    base: str
    layers: int
    totals: tuple[tuple[str, int, str, int], ...]
    differences: tuple[Difference, ...]
    lines: tuple[Line, ...] = ()
    uncounted: Mapping[str, int] = attrs.field(factory=dict)
    unable: tuple[str, ...] = ()
    lower_bound: str = ""

    @property
    def unexplained(self) -> tuple[Difference, ...]:
        """Differences that no convention accounts for."""
        return tuple(difference for difference in self.differences if not difference.explanation)

    @property
    def ok(self) -> bool:
        """Whether everything has a rule and every difference is explained."""
        return not self.unexplained and not self.lower_bound

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"ok": self.ok, **attrs.asdict(self)}


def check_network(
    network: Network,
    shape: Shape | None = None,
    *,
    convention: str | Convention = HAND,
    module: "nn.Module | None" = None,
    tools: Collection[str] = TOOLS,
) -> Check:
    """Compare each layer's formulas with a trace of the built net, with fvcore and with torch's counter.

    Compared are output shapes, weights and biases (the built module's own), MACs and activations.

    Parameters
    ----------
    network
        The net.
    shape
        Numeric input sizes, batch first; the net's own by default.
    convention
        What the formula side counts.
    module
        A module to compare with in place of the one built from the description; its modules bear the layers'
        names.
    tools
        Which of fvcore, which runs the net, and torch's counter are asked.

    Raises
    ------
    InputError, ShapeError
        If the net cannot take the shape, or the shape holds symbols.
    CountError
        If the net cannot be run.
    """
    table = network.table(shape, convention=convention, every=True)
    if table.symbolic:
        raise InputError("a check counts real tensors, so its input must be numbers")
    from nets.build import build
    from nets.counting.arguments import Arguments, Spec
    from nets.counting.opinions import refuse_giants
    from nets.counting.rules import RULES
    from nets.counting.tabulate import tabulate
    from nets.counting.trace import trace

    if "fvcore" in tools:
        largest = max(int(product(row.output)) for row in table.rows)
        refuse_giants(table.total.parameters + 3 * largest, f"{network.name} at input {table.input}")
    if module is None:  # counts do not depend on the numbers, so drawing a hundred million of them is spared
        module = build(network, device="meta")
        if "fvcore" in tools:
            module = module.to_empty(device="cpu")
            for tensor in module.state_dict().values():
                tensor.zero_()  # what the memory held before may be slow to compute with
    arguments = Arguments((Spec(table.input),))
    traced = trace(module, arguments, rules=RULES)
    ours = tabulate(traced, HAND, every=True, fold=False)
    opinions, unable = _opinions(module, arguments, ours, traced, tools)
    return compare(
        table,
        hand=network.table(shape, every=True),
        fvcore=network.table(shape, convention=FVCORE, every=True),
        traced=ours,
        opinions=opinions,
        unable=unable,
    )


def check_module(
    module: "nn.Module",
    inputs: Any = None,  # noqa: ANN401  # what users give
    *,
    kwargs: Mapping[str, Any] | None = None,
    convention: str | Convention = HAND,
    tools: Collection[str] = TOOLS,
    rules: "Rules | None" = None,
) -> Check:
    """Compare the trace of any module with fvcore and torch's counter; see `nets.table` for the parameters.

    Raises
    ------
    InputError
        If the input makes no sense or holds symbols.
    CountError
        If the module cannot be traced.
    """
    from nets.counting.arguments import arguments_for
    from nets.counting.rules import RULES
    from nets.counting.tabulate import tabulate
    from nets.counting.trace import trace

    arguments = arguments_for(module, inputs, kwargs)
    if arguments.symbols:
        raise InputError("a check counts real tensors, so its input must be numbers")
    traced = trace(module, arguments, rules=rules or RULES)
    table, hand, fvcore = (
        tabulate(traced, convention_named(by), every=True, fold=False) for by in (convention, HAND, FVCORE)
    )
    opinions, unable = _opinions(module, arguments, table, traced, tools)
    return compare(table, hand=hand, fvcore=fvcore, traced=None, opinions=opinions, unable=unable)


def _opinions(
    module: "nn.Module", arguments: "Arguments", table: Table, traced: "Trace", tools: Collection[str]
) -> "tuple[tuple[Opinion, ...], tuple[str, ...]]":
    from nets.counting.opinions import fvcore_opinion, torch_opinion

    rows = [row.layer for row in table.rows if not row.subtotal and row.kind != INPUT]
    found: list[Opinion] = []
    unable: list[str] = []
    if "fvcore" in tools:
        try:
            found.append(fvcore_opinion(module, arguments, rows))
        except CountError as error:
            unable.append(str(error))
    if "torch" in tools:
        found.append(torch_opinion(traced, rows))
    return tuple(found), tuple(unable)


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

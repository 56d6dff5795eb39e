"""Formulas against torch and fvcore, row by row: every difference, and the convention that explains it."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from nets.errors import InputError
from nets.layers.kinds import INPUT
from nets.network.algebra import Shape, product
from nets.network.graph import Network
from nets.tables.conventions import Convention
from nets.tables.presets import FVCORE, HAND
from nets.tables.rows import Counts, Row
from nets.tables.table import Table

if TYPE_CHECKING:
    from torch import nn

    from nets.counting.counters import Counted


@attrs.frozen
class Difference:
    """Where a count by formula and a tool's count are not the same.

    Parameters
    ----------
    layer, type
        Where.
    quantity
        What was counted, such as ``MACs``.
    source
        Who counted otherwise: ``torch`` or ``fvcore``.
    formula, counted
        The two numbers (or shapes).
    explanation
        The convention that accounts for the whole difference; empty where none does.
    """

    layer: str
    type: str
    quantity: str
    source: str
    formula: Any
    counted: Any
    explanation: str = ""


@attrs.frozen
class Check:
    """The outcome of a crosscheck.

    Parameters
    ----------
    name, input
        Net and input shape.
    layers
        How many layers were compared.
    totals
        Tuples (quantity, formula, source, counted).
    differences
        All of them, explained or not, in execution order.
    uncounted
        Operators that fvcore has no rule for and counts as zero, and how often it met them.
    """

    name: str
    input: tuple[int, ...]
    layers: int
    totals: tuple[tuple[str, int, str, int], ...]
    differences: tuple[Difference, ...]
    uncounted: Mapping[str, int] = attrs.field(factory=dict)

    @property
    def unexplained(self) -> tuple[Difference, ...]:
        """Differences that no convention accounts for."""
        return tuple(difference for difference in self.differences if not difference.explanation)

    @property
    def ok(self) -> bool:
        """Whether every difference is explained."""
        return not self.unexplained

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"ok": self.ok, **attrs.asdict(self)}


def crosscheck(
    network: Network,
    shape: Shape | None = None,
    *,
    convention: str | Convention = HAND,
    module: "nn.Module | None" = None,
) -> Check:
    """Build the net, run it, and compare each layer's formulas with what torch and fvcore count.

    Compared are output shapes, weights and biases (torch's tensors), MACs (fvcore, and half of torch's FLOPs)
    and activations (fvcore).

    Parameters
    ----------
    network
        The net.
    shape
        Numeric input sizes, batch first; the net's own by default.
    convention
        What the formula side counts.
    module
        A module to compare with in place of the one built from the description; its leaves bear the layers'
        names.

    Raises
    ------
    InputError, ShapeError
        If the net cannot take the shape, or the shape holds symbols.
    CountError
        If the net cannot be run.
    """
    table = network.table(shape, convention=convention, every=True)
    if table.symbolic:
        raise InputError("a check runs the net, so its input must be numbers")
    import torch

    from nets.build import build
    from nets.counting.counters import count, refuse_giants

    largest = max(int(product(row.output)) for row in table.rows)
    refuse_giants(table.total.parameters + 3 * largest, f"{network.name} at input {table.input}")
    if module is None:  # counts do not depend on the numbers, so drawing a hundred million of them is spared
        module = build(network, device="meta").to_empty(device="cpu")
        for tensor in module.state_dict().values():
            tensor.zero_()  # what the memory held before may be slow to compute with
    counted = count(module, torch.zeros(table.input))
    return compare_counts(
        table,
        hand=network.table(shape, every=True),
        fvcore=network.table(shape, convention=FVCORE, every=True),
        counted=counted,
    )


def compare_counts(table: Table, *, hand: Table, fvcore: Table, counted: "Counted") -> Check:
    """Compare a table, row by row, with what was counted of a module with leaves of the same names.

    Parameters
    ----------
    table
        The formulas, in any convention.
    hand, fvcore
        The same rows in those two conventions, which explain differences.
    counted
        What the tools say.
    """
    differences = [
        Difference(row.layer, row.type, quantity, source, formula, theirs, explanation)
        for row in table.rows
        for quantity, source, formula, theirs, explanation in _comparisons(
            row, hand.by_layer[row.layer].counts, fvcore.by_layer[row.layer].counts, counted, table.convention
        )
        if formula != theirs
    ]
    total, macs = table.total, _macs(table.total, table.convention)
    totals = (
        ("weights", total.weights, "torch", counted.weights[""]),
        ("biases", total.biases, "torch", counted.biases[""]),
        ("MACs", macs, "fvcore", counted.fvcore_macs[""]),
        ("MACs", macs, "torch", counted.torch_flops[""] // 2),
        ("activations", _whole(total.activations), "fvcore", counted.fvcore_activations[""]),
    )
    # What runs outside the leaves, as plain functions do, is in the tools' totals and in no row.
    for quantity, source, counts in (
        ("MACs", "fvcore", counted.fvcore_macs),
        ("MACs", "torch", counted.torch_flops),
        ("activations", "fvcore", counted.fvcore_activations),
    ):
        outside = counts[""] - sum(n for name, n in counts.items() if name)
        if outside and "" not in table.by_layer:
            differences.append(Difference("(outside of layers)", "", quantity, source, 0, outside))
    sizes = tuple(_whole(size) for size in table.input)
    return Check(table.name, sizes, len(table.rows), totals, tuple(differences), counted.uncounted[""])


def _whole(size: Any) -> int:  # noqa: ANN401  # a check has no symbols, which the tables' types do not say
    return int(size)


def _macs(counts: Counts, convention: Convention) -> int:
    operations = _whole(counts.operations)
    return operations // 2 if convention.unit == "FLOPs" else operations


def _comparisons(
    row: Row, hand: Counts, fvcore: Counts, counted: "Counted", convention: Convention
) -> Iterator[tuple[str, str, Any, Any, str]]:
    """Yield (quantity, source, formula, counted, explanation for a difference) of one layer."""
    layer, counts, why = row.layer, row.counts, convention.why.get(row.kind, "")
    if row.kind != INPUT:
        yield "output", "torch", row.output, counted.outputs.get(layer), ""
    for quantity in ("weights", "biases"):
        theirs = getattr(counted, quantity).get(layer, 0)
        left_out = f"the {convention.name} convention leaves these parameters out"
        explained = left_out if theirs == getattr(hand, quantity) else ""
        yield quantity, "torch", getattr(counts, quantity), theirs, explained
    macs = _macs(counts, convention)
    theirs = counted.fvcore_macs.get(layer, 0)
    explained = "; ".join(filter(None, dict.fromkeys((FVCORE.why.get(row.kind, ""), why))))
    blind = _blindness(layer, counted)
    yield "MACs", "fvcore", macs, theirs, explained if theirs == fvcore.operations else blind
    theirs = counted.torch_flops.get(layer, 0) // 2
    yield "MACs", "torch", macs, theirs, why if theirs == hand.macs else ""
    theirs = counted.fvcore_activations.get(layer, 0)
    explained = "fvcore counts the outputs of convolutions and matrix products only"
    if convention is not HAND:
        explained += f", {convention.name} others"
    agrees = theirs == fvcore.activations
    yield "activations", "fvcore", counts.activations, theirs, explained if agrees else blind


def _blindness(layer: str, counted: "Counted") -> str:
    """Say why fvcore saw nothing of a layer, where it did not."""
    operators = counted.uncounted.get(layer)
    if operators and not counted.fvcore_macs.get(layer) and not counted.fvcore_activations.get(layer):
        return f"fvcore has no rule for {', '.join(operators)} and counts 0"
    return ""

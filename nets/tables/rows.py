"""What a layer table holds: one row per layer in execution order, and their totals."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType

import attrs

from nets.layers import Layer
from nets.network.algebra import Relation, Shape, Size
from nets.tables.conventions import Convention, Operation, operation_of
from nets.tables.findings import Findings
from nets.tables.working import worked_shape, worked_weights


@attrs.frozen
class Counts:
    """Numbers of things, of a row or summed over rows: ints, or sympy expressions in symbolic tables.

    Parameters
    ----------
    activations
        Numbers that the layer computes and keeps, batch included.
    weights, biases
        Learned parameters.
    macs
        Multiply-accumulates of a forward pass by hand, whatever the convention.
    operations
        Operations of a forward pass as the table's convention counts them, in its unit.
    elementwise, read, written
        Other arithmetic of a forward pass, and the bytes that it moves; counted of traced modules only.
    backward, executed
        Multiply-accumulates of the gradients, and of everything that a step carries out, what it works out
        again included; counted where they were asked for.
    """

    activations: Size = 0
    weights: int = 0
    biases: int = 0
    macs: Size = 0
    operations: Size = 0
    elementwise: Size = 0
    read: Size = 0
    written: Size = 0
    backward: Size = 0
    executed: Size = 0

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.weights + self.biases

    @property
    def flops(self) -> Size:
        """Two per multiply-accumulate."""
        return 2 * self.macs

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, name) + getattr(other, name) for name in _COUNTED))

    def times(self, n: int) -> "Counts":
        """Return the counts of ``n`` alike."""
        return Counts(*(n * getattr(self, name) for name in _COUNTED))


_COUNTED = tuple(field.name for field in attrs.fields(Counts))


@attrs.frozen
class Row:
    """What the table says of one layer.

    Parameters
    ----------
    layer
        Its name.
    type
        The class of `nets.layers` that it is of.
    kind
        What it does, one of `nets.layers.kinds.KINDS`.
    inputs, output
        Shapes, batch first.
    counts
        The numbers.
    worked_activations, worked_weights
        The products behind them, such as ``(3×3×3)×64``; empty where there is none.
    calls
        How often it ran.
    times
        For how many equal rows it stands; it holds their sum.
    level, label, subtotal
        Its place in a tree, what it is called there, and whether it only sums up the rows below it.
    note
        What else to know.
    traced
        Whether it comes from a trace: then shapes are written in torch's order.
    """

    layer: str
    type: str
    kind: str
    inputs: tuple[Shape, ...]
    output: Shape
    counts: Counts
    worked_activations: str = ""
    worked_weights: str = ""
    calls: int = 1
    times: int = 1
    level: int = 0
    label: str = ""
    subtotal: bool = False
    note: str = ""
    traced: bool = False


@attrs.frozen
class Rows:
    """A network's layers, counted: what every writer reads.

    Parameters
    ----------
    name
        The network's.
    input
        Shape that was propagated, batch first.
    convention
        What counted.
    rows
        The rows, in execution order; a layer without one counts nothing.
    conditions
        When the formulas hold: sympy relations; empty for a table of numbers.
    findings
        What stands out in a traced module; None where formulas counted.
    """

    name: str
    input: Shape
    convention: Convention
    rows: tuple[Row, ...]
    conditions: tuple[Relation, ...] = ()
    findings: Findings | None = None

    @cached_property
    def total(self) -> Counts:
        """The sum of the rows."""
        return total(self.rows)

    @property
    def by_layer(self) -> Mapping[str, Row]:
        """The rows by the layers' names, in execution order."""
        return MappingProxyType({row.layer: row for row in self.rows})

    @property
    def by_type(self) -> Mapping[str, Counts]:
        """Sums by type of layer, in order of first appearance."""
        return self._grouped(attrgetter("type"))

    @property
    def by_kind(self) -> Mapping[str, Counts]:
        """Sums by kind of operation, in order of first appearance."""
        return self._grouped(attrgetter("kind"))

    def _grouped(self, key: Callable[[Row], str]) -> Mapping[str, Counts]:
        groups: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            if not row.subtotal:
                groups[key(row)].append(row)
        return MappingProxyType({name: total(rows) for name, rows in groups.items()})

    @property
    def symbolic(self) -> bool:
        """Whether the counts are formulas."""
        return not all(isinstance(size, int) for size in self.input)


def total(rows: Iterable[Row]) -> Counts:
    """Add rows up, subtotals aside."""
    return sum((row.counts for row in rows if not row.subtotal), Counts())


def counts_of(operation: Operation, rules: Convention) -> Counts:
    """Count one operation by a convention."""
    return Counts(
        activations=rules.count(rules.activations, operation),
        weights=rules.weights(operation),
        biases=rules.bias_count(operation),
        macs=operation.macs,
        operations=rules.count(rules.operations, operation),
    )


def row_of(name: str, layer: Layer, inputs: tuple[Shape, ...], output: Shape, rules: Convention) -> Row:
    """Count one layer."""
    operation = operation_of(layer, inputs, output)
    counts = counts_of(operation, rules)
    return Row(
        layer=name,
        type=type(layer).__name__,
        kind=layer.kind,
        inputs=inputs,
        output=output,
        counts=counts,
        worked_activations=worked_shape(output, layer.kind) if counts.activations else "",
        worked_weights=worked_weights(layer) if counts.weights else "",
    )

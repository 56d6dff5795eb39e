"""Counting conventions as data: what each tool or author counts for each kind of operation.

A rule is a sum of multiples of a few quantities of an operation (`QUANTITIES`); a kind without a rule counts
zero. `nets.tables.presets` holds those of the tools; to reproduce another figure, derive a convention of your
own with ``attrs.evolve``.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

import attrs

from nets.errors import InputError
from nets.frozen import FrozenMap
from nets.layers import Layer, LocalResponseNorm
from nets.layers.kinds import KINDS
from nets.network.algebra import Shape, Size, product
from nets.suggestions import near_misses

Rule: TypeAlias = Mapping[str, int]
Rules: TypeAlias = Mapping[str, Rule]


@attrs.frozen
class Operation:
    """What a convention needs to know of one operation, whoever found it: a layer's formulas or a trace.

    Parameters
    ----------
    kind
        One of `nets.layers.kinds.KINDS`.
    inputs, output
        Shapes, batch first.
    macs
        Multiply-accumulates by hand.
    weights, biases
        Learned factors and summands.
    window
        How many channels a local response norm sums over.
    """

    kind: str
    inputs: tuple[Shape, ...]
    output: Shape
    macs: Size = 0
    weights: int = 0
    biases: int = 0
    window: int = 1


def operation_of(layer: Layer, inputs: tuple[Shape, ...], output: Shape) -> Operation:
    """Return what a layer does at these shapes."""
    window = layer.size if isinstance(layer, LocalResponseNorm) else 1
    return Operation(layer.kind, inputs, output, layer.macs(*inputs), layer.weights, layer.biases, window)


def _if(condition: int, size: Size) -> Size:
    return size if condition else 0


_MAPS = 4
"""Sizes of a batch of maps: examples, channels, rows, columns."""

QUANTITIES: Mapping[str, Callable[[Operation], Size]] = MappingProxyType(
    {
        "macs": lambda op: op.macs,
        "inputs": lambda op: sum(product(shape) for shape in op.inputs),
        "inputs of maps": lambda op: sum(product(shape) for shape in op.inputs if len(shape) == _MAPS),
        "outputs": lambda op: product(op.output),
        "biased outputs": lambda op: _if(op.biases, product(op.output)),
        "learned outputs": lambda op: _if(op.weights, product(op.output)),
        "parameters per example": lambda op: (op.weights + op.biases) * op.output[0],
        "channel vectors": lambda op: op.output[0] * product(op.output[2:]),
        "padded channels": lambda op: op.output[0] * (op.output[1] + op.window - 1) * product(op.output[2:]),
    }
)
"""Quantities of an operation by name."""


def _frozen(rules: Mapping[str, Rule]) -> Rules:
    for kind, rule in rules.items():
        _known(kind)
        for quantity in rule:
            if quantity not in QUANTITIES:
                raise InputError(
                    f"{kind}: quantity {quantity!r} does not exist{near_misses(quantity, QUANTITIES)}"
                )
    return FrozenMap({kind: FrozenMap(rule) for kind, rule in rules.items()})


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise InputError(f"kind of operation {kind!r} does not exist{near_misses(kind, KINDS)}")
    return kind


def _kinds(kinds: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_known, kinds))


def _texts(texts: Mapping[str, str]) -> Mapping[str, str]:
    return FrozenMap({_known(kind): text for kind, text in texts.items()})


@attrs.frozen
class Convention:
    """What counts.

    Parameters
    ----------
    name
        Short name, as on the command line.
    unit
        What its operations are called: one MAC is one multiply-accumulate, two FLOPs.
    operations
        Operations of a forward pass by kind.
    activations
        Numbers kept as activations by kind.
    source
        Where the rules come from.
    biases
        Whether biases count as parameters.
    uncounted
        Kinds whose parameters do not count at all.
    why
        By kind, a clause that explains what sets the convention apart there.

    Raises
    ------
    InputError
        If there is no such kind or quantity.

    Examples
    --------
    >>> import attrs
    >>> from nets import zoo
    >>> from nets.tables.presets import HAND
    >>> paper = attrs.evolve(HAND, name="Zhang 2016", uncounted=frozenset({"batch norm"}))
    >>> zoo.small_inception().table(convention=paper).total.parameters
    1649402
    """

    name: str
    unit: Literal["MACs", "FLOPs", "mult-adds"]
    operations: Rules = attrs.field(converter=_frozen)
    activations: Rules = attrs.field(converter=_frozen)
    source: str
    biases: bool = True
    uncounted: frozenset[str] = attrs.field(default=frozenset(), converter=_kinds)
    why: Mapping[str, str] = attrs.field(factory=dict, converter=_texts)

    def count(self, rules: Rules, operation: Operation) -> Size:
        """Apply the rule for the operation's kind."""
        rule = rules.get(operation.kind, {})
        return sum(factor * QUANTITIES[quantity](operation) for quantity, factor in rule.items())

    def weights(self, operation: Operation) -> int:
        """Count the weights that the convention counts."""
        return 0 if operation.kind in self.uncounted else operation.weights

    def bias_count(self, operation: Operation) -> int:
        """Count the biases that the convention counts."""
        return operation.biases if self.biases and operation.kind not in self.uncounted else 0

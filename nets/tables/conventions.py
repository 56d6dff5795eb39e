"""Counting conventions as data: what each tool or author counts for each type of layer.

A rule is a sum of multiples of a few quantities of a layer (`QUANTITIES`); a type without a rule counts zero.
To reproduce another figure, derive a convention of your own with ``attrs.evolve``.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

import attrs

from nets.errors import InputError
from nets.layers import Layer
from nets.network.algebra import Shape, Size, product
from nets.suggestions import near_misses

Rule: TypeAlias = Mapping[str, int]
Rules: TypeAlias = Mapping[str, Rule]
_Quantity: TypeAlias = Callable[[Layer, tuple[Shape, ...], Shape], Size]


def _if(condition: int, size: Size) -> Size:
    return size if condition else 0


QUANTITIES: Mapping[str, _Quantity] = MappingProxyType(
    {
        "macs": lambda layer, inputs, _: layer.macs(*inputs),
        "inputs": lambda _, inputs, __: sum(product(shape) for shape in inputs),
        "outputs": lambda _, __, output: product(output),
        "biased outputs": lambda layer, _, output: _if(layer.biases, product(output)),
        "learned outputs": lambda layer, _, output: _if(layer.weights, product(output)),
        "parameters per example": lambda layer, _, output: (layer.weights + layer.biases) * output[0],
        "channel vectors": lambda _, __, output: output[0] * product(output[2:]),
    }
)
"""Quantities by name: functions of the layer, its input shapes and its output shape."""


def _frozen(rules: Mapping[str, Rule]) -> Rules:
    for kind, rule in rules.items():
        for quantity in rule:
            if quantity not in QUANTITIES:
                raise InputError(
                    f"{kind}: quantity {quantity!r} does not exist{near_misses(quantity, QUANTITIES)}"
                )
    return MappingProxyType({kind: MappingProxyType(dict(rule)) for kind, rule in rules.items()})


def _texts(texts: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(texts))


@attrs.frozen(eq=False)
class Convention:
    """What counts.

    Parameters
    ----------
    name
        Short name, as on the command line.
    unit
        What its operations are called: one MAC is one multiply-accumulate, two FLOPs.
    operations
        Operations of a forward pass by layer type.
    activations
        Numbers kept as activations by layer type.
    biases
        Whether biases count as parameters.
    uncounted
        Types of layers whose parameters do not count at all.
    why
        By layer type, a clause that explains what sets the convention apart there.
    source
        Where the rules come from.

    Examples
    --------
    >>> import attrs
    >>> paper = attrs.evolve(HAND, name="Zhang 2016", uncounted=frozenset({"BatchNorm2d"}))
    >>> from nets import zoo
    >>> zoo.small_inception().table(convention=paper).total.parameters
    1649402
    """

    name: str
    unit: Literal["MACs", "FLOPs", "mult-adds"]
    operations: Rules = attrs.field(converter=_frozen)
    activations: Rules = attrs.field(converter=_frozen)
    source: str
    biases: bool = True
    uncounted: frozenset[str] = frozenset()
    why: Mapping[str, str] = attrs.field(factory=dict, converter=_texts)

    def count(self, rules: Rules, layer: Layer, inputs: tuple[Shape, ...], output: Shape) -> Size:
        """Apply the rule for the layer's type."""
        rule = rules.get(type(layer).__name__, {})
        return sum(factor * QUANTITIES[quantity](layer, inputs, output) for quantity, factor in rule.items())

    def weights(self, layer: Layer) -> int:
        """Count the weights that the convention counts."""
        return 0 if type(layer).__name__ in self.uncounted else layer.weights

    def bias_count(self, layer: Layer) -> int:
        """Count the biases that the convention counts."""
        return layer.biases if self.biases and type(layer).__name__ not in self.uncounted else 0


_MACS = {"Conv2d": {"macs": 1}, "Linear": {"macs": 1}}
_POOLS = ("MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d")


def _outputs(*kinds: str) -> dict[str, Rule]:
    return {kind: {"outputs": 1} for kind in kinds}


HAND = Convention(
    name="hand",
    unit="MACs",
    operations=_MACS,
    activations=_outputs(
        "Input", "Conv2d", "Linear", *_POOLS, "BatchNorm2d", "LocalResponseNorm", "Add", "Softmax"
    ),
    source="multiply-accumulates of convolutions and products, without biases; the numbers that each layer "
    "computes anew (ReLU and dropout overwrite, flatten and concat rearrange)",
)
"""What one counts on paper; the default."""

ASSIGNMENT = Convention(
    name="assignment",
    unit="MACs",
    operations=_MACS,
    activations=_outputs("Input", "Conv2d", "Linear", *_POOLS),
    biases=False,
    source="the homework that this project grew out of: activations of input, convolution, pooling and fully "
    "connected layers, parameters without biases",
)

FVCORE = Convention(
    name="fvcore",
    unit="MACs",
    operations={
        **_MACS,
        "BatchNorm2d": {"outputs": 1, "learned outputs": 1},
        "AdaptiveAvgPool2d": {"inputs": 1},
    },
    activations=_outputs("Conv2d", "Linear"),
    source="fvcore 0.1.5, FlopCountAnalysis and ActivationCountAnalysis of a module in eval mode",
    why={
        "BatchNorm2d": "fvcore counts 2 per element of batch normalisation, 1 if it is not affine",
        "AdaptiveAvgPool2d": "fvcore counts 1 per element that adaptive average pooling reads",
    },
)

TORCH = Convention(
    name="torch",
    unit="FLOPs",
    operations={"Conv2d": {"macs": 2}, "Linear": {"macs": 2}},
    activations={},
    source="torch 2.13, torch.utils.flop_counter.FlopCounterMode over the forward pass",
    why=dict.fromkeys(_MACS, "one MAC is two FLOPs"),
)

TORCHINFO = Convention(
    name="torchinfo",
    unit="mult-adds",
    operations={
        "Conv2d": {"macs": 1, "biased outputs": 1},
        "Linear": {"parameters per example": 1},
        "BatchNorm2d": {"parameters per example": 1},
    },
    activations={kind: {"learned outputs": 1} for kind in ("Conv2d", "Linear", "BatchNorm2d")},
    source="torchinfo 1.8, summary(): parameters times positions; activations are the outputs of layers with "
    "parameters",
    why={
        "Conv2d": "torchinfo counts 1 per bias and position",
        "Linear": "torchinfo counts 1 per bias",
        "BatchNorm2d": "torchinfo counts 1 per parameter of batch normalisation",
    },
)

THOP = Convention(
    name="thop",
    unit="MACs",
    operations={
        **_MACS,
        "BatchNorm2d": {"outputs": 2, "learned outputs": 2},
        "AvgPool2d": {"outputs": 1},
        "AdaptiveAvgPool2d": {"inputs": 1, "outputs": 1},
        "Softmax": {"outputs": 3, "channel vectors": -1},
    },
    activations={},
    source="thop 0.1.1, profile(): MACs of convolutions and products, other operations one by one",
    why={
        "BatchNorm2d": "thop counts 4 per element of batch normalisation, 2 if it is not affine",
        "AvgPool2d": "thop counts 1 per output of average pooling",
        "AdaptiveAvgPool2d": "thop counts 1 per input and 1 per output of adaptive average pooling",
        "Softmax": "thop counts an exponential, a sum and a division per element of softmax",
    },
)

CONVENTIONS: Mapping[str, Convention] = MappingProxyType(
    {convention.name: convention for convention in (HAND, ASSIGNMENT, FVCORE, TORCH, TORCHINFO, THOP)}
)
"""The presets by name."""


def convention_named(name: "str | Convention") -> Convention:
    """Return a preset by its name; a convention is returned as it is.

    Raises
    ------
    InputError
        If there is no such preset.
    """
    if isinstance(name, Convention):
        return name
    if name not in CONVENTIONS:
        raise InputError(f"convention {name!r} does not exist{near_misses(name, CONVENTIONS)}")
    return CONVENTIONS[name]

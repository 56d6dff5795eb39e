"""The conventions of paper and pencil, and of the tools that people quote: tests hold each against its tool.

Tools change their rules: the source of each preset names the version that it was held against.
"""

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from nets.errors import InputError
from nets.layers import kinds
from nets.layers.kinds import KINDS, POOLS
from nets.suggestions import near_misses
from nets.tables.conventions import Convention, Rule

_PRODUCTS = (kinds.CONVOLUTION, kinds.LINEAR)


def _all(rule: Rule, *of: str) -> dict[str, Rule]:
    return dict.fromkeys(of, rule)


_MACS = _all({"macs": 1}, *KINDS)
_COMPUTED = (kinds.INPUT, *_PRODUCTS, *POOLS)
_BIASED = _all({"macs": 1, "biased outputs": 1}, *_PRODUCTS)

HAND = Convention(
    name="hand",
    unit="MACs",
    operations=_MACS,
    activations=_all(
        {"outputs": 1},
        *_COMPUTED,
        *(kinds.PRODUCT, kinds.ATTENTION, kinds.RECURRENCE),
        *(kinds.BATCH_NORM, kinds.LOCAL_RESPONSE_NORM, kinds.NORM, kinds.ADD, kinds.SOFTMAX, kinds.OTHER),
    ),
    source="multiply-accumulates of convolutions and products, without biases; the numbers that each layer "
    "computes anew (ReLU and dropout overwrite, flatten and concat rearrange)",
)
"""What one counts on paper; the default."""

ASSIGNMENT = Convention(
    name="assignment",
    unit="MACs",
    operations=_MACS,
    activations=_all({"outputs": 1}, *_COMPUTED),
    biases=False,
    source="the homework that this project grew out of: activations of input, convolution, pooling and fully "
    "connected layers, parameters without biases",
)

FVCORE = Convention(
    name="fvcore",
    unit="MACs",
    operations={
        **_all({"macs": 1}, *_PRODUCTS, kinds.PRODUCT),
        kinds.BATCH_NORM: {"outputs": 1, "learned outputs": 1},
        kinds.NORM: {"outputs": 4, "learned outputs": 1},
        kinds.ADAPTIVE_AVERAGE_POOL: {"inputs of maps": 1},
    },
    activations=_all({"outputs": 1}, *_PRODUCTS, kinds.PRODUCT),
    source="fvcore 0.1.5, FlopCountAnalysis and ActivationCountAnalysis of a module in eval mode",
    why={
        kinds.BATCH_NORM: "fvcore counts 2 per element of batch normalisation, 1 if it is not affine",
        kinds.NORM: "fvcore counts 5 per element of other normalisations, 4 if they are not affine",
        kinds.ADAPTIVE_AVERAGE_POOL: "fvcore counts 1 per element that adaptive average pooling reads",
    },
)

TIMM = attrs.evolve(
    FVCORE,
    name="timm",
    source="timm 1.0: its benchmark.py counts with fvcore 0.1.5 and calls the figures GMACs and activations",
    why={kind: clause.replace("fvcore", "timm") for kind, clause in FVCORE.why.items()},
)

TORCH = Convention(
    name="torch",
    unit="FLOPs",
    operations=_all({"macs": 2}, *_PRODUCTS, kinds.PRODUCT, kinds.ATTENTION),
    activations={},
    source="torch 2.13, torch.utils.flop_counter.FlopCounterMode over the forward pass",
    why=dict.fromkeys(_PRODUCTS, "one MAC is two FLOPs"),
)

TORCHINFO = Convention(
    name="torchinfo",
    unit="mult-adds",
    operations={
        kinds.CONVOLUTION: {"macs": 1, "biased outputs": 1},
        kinds.LINEAR: {"parameters per example": 1},
        kinds.BATCH_NORM: {"parameters per example": 1},
    },
    activations=_all({"learned outputs": 1}, *_PRODUCTS, kinds.BATCH_NORM),
    source="torchinfo 1.8, summary(): parameters times positions; activations are the outputs of layers with "
    "parameters",
    why={
        kinds.CONVOLUTION: "torchinfo counts 1 per bias and position",
        kinds.LINEAR: "torchinfo counts 1 per bias",
        kinds.BATCH_NORM: "torchinfo counts 1 per parameter of batch normalisation",
    },
)

THOP = Convention(
    name="thop",
    unit="MACs",
    operations={
        **_all({"macs": 1}, *_PRODUCTS),
        kinds.BATCH_NORM: {"outputs": 2, "learned outputs": 2},
        kinds.AVERAGE_POOL: {"outputs": 1},
        kinds.ADAPTIVE_AVERAGE_POOL: {"inputs": 1, "outputs": 1},
        kinds.SOFTMAX: {"outputs": 3, "channel vectors": -1},
    },
    activations={},
    source="thop 0.1.1, profile(): MACs of convolutions and products, other operations one by one",
    why={
        kinds.BATCH_NORM: "thop counts 4 per element of batch normalisation, 2 if it is not affine",
        kinds.AVERAGE_POOL: "thop counts 1 per output of average pooling",
        kinds.ADAPTIVE_AVERAGE_POOL: "thop counts 1 per input and 1 per output of adaptive average pooling",
        kinds.SOFTMAX: "thop counts an exponential, a sum and a division per element of softmax",
    },
)

PTFLOPS = Convention(
    name="ptflops",
    unit="MACs",
    operations={
        **_BIASED,
        **_all({"inputs": 2}, *POOLS),
        kinds.BATCH_NORM: {"outputs": 1, "learned outputs": 1},
        kinds.LOCAL_RESPONSE_NORM: {"outputs": 3, "padded channels": 1},
        kinds.RELU: {"outputs": 2},
        kinds.SOFTMAX: {"outputs": 1},
    },
    activations={},
    source="ptflops 0.7.5, get_model_complexity_info() with its default back end, which counts ReLU and "
    "pooling twice: as modules, and as the functions that these call",
    why={
        **dict.fromkeys(_PRODUCTS, "ptflops counts 1 per bias and position"),
        **dict.fromkeys(POOLS, "ptflops counts 2 per element that pooling reads"),
        kinds.BATCH_NORM: "ptflops counts 2 per element of batch normalisation, 1 if it is not affine",
        kinds.LOCAL_RESPONSE_NORM: "ptflops counts the products and sums of local response normalisation",
        kinds.RELU: "ptflops counts 2 per element of ReLU",
        kinds.SOFTMAX: "ptflops counts 1 per element of softmax",
    },
)

PTFLOPS_ATEN = Convention(
    name="ptflops-aten",
    unit="MACs",
    operations=_BIASED,
    activations={},
    source="ptflops 0.7.5, get_model_complexity_info() with the back end aten",
    why=dict.fromkeys(_PRODUCTS, "ptflops counts 1 per bias and position"),
)

TORCHPROFILE = Convention(
    name="torchprofile",
    unit="MACs",
    operations={
        **_all({"macs": 1}, *_PRODUCTS),
        **_all({"outputs": 1}, kinds.AVERAGE_POOL, kinds.ADAPTIVE_AVERAGE_POOL),
        kinds.BATCH_NORM: {"learned outputs": 1},
        kinds.LOCAL_RESPONSE_NORM: {"outputs": 3},
    },
    activations={},
    source="torchprofile 0.1.0, profile_macs() of a module in eval mode",
    why={
        kinds.AVERAGE_POOL: "torchprofile counts 1 per output of average pooling",
        kinds.ADAPTIVE_AVERAGE_POOL: "torchprofile counts 1 per output of adaptive average pooling",
        kinds.BATCH_NORM: "torchprofile counts 1 per element of affine batch normalisation",
        kinds.LOCAL_RESPONSE_NORM: "torchprofile counts 3 per element of local response normalisation",
    },
)

DEEPSPEED = Convention(
    name="deepspeed",
    unit="FLOPs",
    operations={
        kinds.CONVOLUTION: {"macs": 2, "biased outputs": 1},
        kinds.LINEAR: {"macs": 2},
        **_all({"inputs": 1}, *POOLS, kinds.RELU, kinds.SOFTMAX),
        kinds.BATCH_NORM: {"outputs": 1, "learned outputs": 1},
        kinds.LOCAL_RESPONSE_NORM: {"outputs": 3, "padded channels": 1},
    },
    activations={},
    source="DeepSpeed 0.19.8, FlopsProfiler.get_total_flops() of a module in eval mode; its get_total_macs() "
    "are the MACs by hand",
    why={
        kinds.CONVOLUTION: "one MAC is two FLOPs, and deepspeed counts 1 per bias and position",
        kinds.LINEAR: "one MAC is two FLOPs",
        **dict.fromkeys(POOLS, "deepspeed counts 1 per element that pooling reads"),
        kinds.BATCH_NORM: "deepspeed counts 2 per element of batch normalisation, 1 if it is not affine",
        kinds.LOCAL_RESPONSE_NORM: "deepspeed counts the products and sums of local response normalisation",
        kinds.RELU: "deepspeed counts 1 per element of ReLU",
        kinds.SOFTMAX: "deepspeed counts 1 per element of softmax",
    },
)

CALFLOPS = attrs.evolve(
    DEEPSPEED,
    name="calflops",
    source="calflops 0.3.2, calculate_flops() of a module in eval mode; its MACs are those by hand",
    why={kind: clause.replace("deepspeed", "calflops") for kind, clause in DEEPSPEED.why.items()},
)

CONVENTIONS: Mapping[str, Convention] = MappingProxyType(
    {
        convention.name: convention
        for convention in (
            *(HAND, ASSIGNMENT, FVCORE, TORCH, TORCHINFO, THOP, PTFLOPS, PTFLOPS_ATEN),
            *(TORCHPROFILE, CALFLOPS, DEEPSPEED, TIMM),
        )
    }
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
        raise InputError(f"convention {name!r} does not exist{near_misses(str(name), CONVENTIONS)}")
    return CONVENTIONS[name]

"""A torch module's leaves as layers, so that anyone's module can be counted by formula."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import attrs
from torch import nn

from nets import layers
from nets.build import BuiltNetwork
from nets.counting.counters import Call, Counted, is_bias
from nets.errors import LayerError
from nets.layers import Layer
from nets.network.algebra import Shape
from nets.tables.conventions import Convention
from nets.tables.rows import row_of
from nets.tables.table import Table


@attrs.frozen
class Opaque(Layer):
    """A leaf that no formula here describes: its parameters are read off it, and it counts no MACs.

    Parameters
    ----------
    weights, biases
        As torch holds them.
    shape
        What it returned.
    """

    weights: int
    biases: int
    shape: tuple[int, ...]

    def output(self, *inputs: Shape) -> Shape:
        """Return what the module returned."""
        del inputs
        return self.shape


def observe(module: nn.Module, counted: Counted, convention: Convention) -> Table:
    """Return the layer table of a module from the calls of its leaves, in execution order.

    The calls of a leaf are added up in one row; parameters that leaves share are counted in the first.
    Leaves that no formula describes have rows of type `Opaque`.
    """
    described = (
        {node.name: node.layer for node in module.network.nodes} if isinstance(module, BuiltNetwork) else {}
    )
    entry = counted.calls[0].inputs[0]
    rows = {"(input)": row_of("(input)", layers.Input(entry[1:] or (1,)), (), entry, convention)}
    owned: set[int] = set()
    for call in counted.calls:
        leaf = module.get_submodule(call.name)
        layer = layer_of(leaf, call)
        if isinstance(layer, Opaque):
            layer = described.get(call.name, layer)
        row = row_of(call.name, layer, call.inputs, call.output, convention)
        parameters = {id(parameter) for parameter in leaf.parameters(recurse=False)}
        if parameters & owned:
            row = attrs.evolve(row, counts=attrs.evolve(row.counts, weights=0, biases=0), worked_weights="")
        owned |= parameters
        if call.name in rows:
            row = attrs.evolve(
                rows[call.name], counts=rows[call.name].counts + row.counts, worked_activations=""
            )
        rows[call.name] = row
    return Table(type(module).__name__, entry, convention, tuple(rows.values()))


def layer_of(module: nn.Module, call: Call) -> Layer:
    """Return the layer that describes a leaf; `Opaque` where none does, or none that fits what it did."""
    reader = READERS.get(type(module))
    if reader is not None:
        try:
            layer = reader(module, call)
        except LayerError:  # settings that our layers do not know
            return _opaque(module, call)
        fits = all(demand.holds for demand in layer.demands(*call.inputs))
        if fits and layer.output(*call.inputs) == call.output:
            return layer
    return _opaque(module, call)


def _opaque(module: nn.Module, call: Call) -> Opaque:
    own = [*module.named_parameters(recurse=False)]
    biases = sum(parameter.numel() for name, parameter in own if is_bias(name, parameter))
    return Opaque(sum(parameter.numel() for _, parameter in own) - biases, biases, call.output)


def _convolution(module: Any, _: Call) -> Layer:  # noqa: ANN401  # the keys of READERS say what it is
    padding = module.padding
    if padding == "same":  # odd sums are split unevenly, which no setting of ours says
        padding = tuple(
            d * (k - 1) / 2 if d * (k - 1) % 2 else d * (k - 1) // 2
            for k, d in zip(module.kernel_size, module.dilation, strict=True)
        )
    return layers.Conv2d(
        module.in_channels,
        module.out_channels,
        module.kernel_size,
        module.stride,
        0 if padding == "valid" else padding,
        module.dilation,
        module.groups,
        module.bias is not None,
    )


def _max_pool(module: Any, _: Call) -> Layer:  # noqa: ANN401  # a torch module, which is not imported here
    settings = module.kernel_size, module.stride, module.padding
    return layers.MaxPool2d(*settings, ceil_mode=module.ceil_mode, dilation=module.dilation)


READERS: Mapping[type[nn.Module], Callable[[Any, Call], Layer]] = MappingProxyType(
    {
        nn.Conv2d: _convolution,
        nn.Linear: lambda m, _: layers.Linear(m.in_features, m.out_features, m.bias is not None),
        nn.BatchNorm2d: lambda m, _: layers.BatchNorm2d(m.num_features, m.affine),
        nn.LocalResponseNorm: lambda m, _: layers.LocalResponseNorm(m.size, m.alpha, m.beta, m.k),
        nn.MaxPool2d: _max_pool,
        nn.AvgPool2d: lambda m, _: layers.AvgPool2d(m.kernel_size, m.stride, m.padding, m.ceil_mode),
        nn.AdaptiveAvgPool2d: lambda _, call: layers.AdaptiveAvgPool2d((call.output[2], call.output[3])),
        nn.AdaptiveMaxPool2d: lambda _, call: layers.AdaptiveMaxPool2d((call.output[2], call.output[3])),
        nn.ReLU: lambda _, __: layers.ReLU(),
        nn.Dropout: lambda m, _: layers.Dropout(m.p),
        nn.Flatten: lambda _, __: layers.Flatten(),
        nn.Softmax: lambda _, __: layers.Softmax(),
    }
)
"""How a torch module's settings are read, by its exact class."""

"""From the description to a real ``torch.nn.Module``."""

from collections.abc import Callable
from functools import singledispatch
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nets import layers
from nets.errors import CountError
from nets.network.graph import Network

if TYPE_CHECKING:
    from nets.network.graph import Node

# After these, nothing else needs the numbers that a ReLU overwrites: their backward passes keep their inputs.
_OVERWRITABLE = (layers.Conv2d, layers.Linear, layers.BatchNorm2d, layers.Add)


class BuiltNetwork(nn.Module):
    """A network that computes: one submodule per layer, by the layer's own name.

    Call it with one tensor of the input's shape; it returns the output, or a tuple in the order of
    ``network.outputs`` where there are several.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        for node in network.nodes:
            if isinstance(node.layer, layers.Input):
                continue
            module = module_of(node.layer)
            if isinstance(node.layer, layers.ReLU) and _may_overwrite(network, node):
                module = nn.ReLU(inplace=True)
            try:
                self.add_module(node.name, module)
            except KeyError:
                raise CountError(f"{node.name}: torch keeps this name for itself; choose another") from None
        readers = {name: network.readers(name) for name in network.outputs}
        self._last_reader = {
            name: node.name
            for node in network.nodes
            for name in node.inputs
            if name not in readers  # what is returned must stay
        }

    def _get_name(self) -> str:
        """Return the net's name, for torch's texts and our messages."""
        return self.network.name

    def forward(self, data: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Run the layers in execution order; a tensor is let go after its last reader."""
        values = {self.network.input.name: data}
        for node in self.network.nodes:
            if not node.inputs:
                continue
            values[node.name] = self._modules[node.name](*(values[name] for name in node.inputs))  # type: ignore[misc]  # a module's entry may be None in torch's annotations
            for name in set(node.inputs):
                if self._last_reader.get(name) == node.name:
                    del values[name]
        outputs = tuple(values[name] for name in self.network.outputs)
        return outputs if len(outputs) > 1 else outputs[0]


def build(network: Network, *, device: "torch.device | str | None" = None) -> BuiltNetwork:
    """Make a real module of a description: layer names kept, parameters drawn from torch's generator.

    The same ``torch.manual_seed`` gives the same parameters: layers are created in execution order, each
    initialised as torch initialises it by default.

    Parameters
    ----------
    network
        The description.
    device
        Where the parameters live; ``"meta"`` gives shapes without memory.

    Raises
    ------
    CountError
        If torch reserves one of the layer names.

    Examples
    --------
    >>> from nets import zoo
    >>> module = build(zoo.small_inception())
    >>> sum(parameter.numel() for parameter in module.parameters())
    1652826
    """
    with torch.device(device or torch.get_default_device()):
        return BuiltNetwork(network)


def _may_overwrite(network: Network, node: "Node") -> bool:
    (source,) = node.inputs
    alone = network.readers(source) == (node.name,) and source not in network.outputs
    return alone and isinstance(network[source].layer, _OVERWRITABLE)


@singledispatch
def module_of(layer: layers.Layer) -> nn.Module:
    """Return a fresh torch module that computes one layer."""
    raise CountError(f"{type(layer).__name__} has no torch module")


@module_of.register
def _(layer: layers.Conv2d) -> nn.Module:
    return nn.Conv2d(
        layer.in_channels,
        layer.out_channels,
        layer.kernel,
        layer.stride,
        layer.padding,
        layer.dilation,
        layer.groups,
        layer.bias,
    )


@module_of.register
def _(layer: layers.Linear) -> nn.Module:
    return nn.Linear(layer.in_features, layer.out_features, layer.bias)


@module_of.register
def _(layer: layers.MaxPool2d) -> nn.Module:
    return nn.MaxPool2d(layer.kernel, layer.stride, layer.padding, layer.dilation, ceil_mode=layer.ceil_mode)


@module_of.register
def _(layer: layers.AvgPool2d) -> nn.Module:
    return nn.AvgPool2d(layer.kernel, layer.stride, layer.padding, layer.ceil_mode)


@module_of.register
def _(layer: layers.AdaptiveAvgPool2d) -> nn.Module:
    return nn.AdaptiveAvgPool2d(layer.size)


@module_of.register
def _(layer: layers.AdaptiveMaxPool2d) -> nn.Module:
    return nn.AdaptiveMaxPool2d(layer.size)


@module_of.register
def _(layer: layers.BatchNorm2d) -> nn.Module:
    return nn.BatchNorm2d(layer.channels, affine=layer.affine)


@module_of.register
def _(layer: layers.LocalResponseNorm) -> nn.Module:
    return nn.LocalResponseNorm(layer.size, layer.alpha, layer.beta, layer.k)


@module_of.register
def _(layer: layers.ReLU) -> nn.Module:
    del layer
    return nn.ReLU()


@module_of.register
def _(layer: layers.Dropout) -> nn.Module:
    return nn.Dropout(layer.p)


@module_of.register
def _(layer: layers.Softmax) -> nn.Module:
    del layer
    return nn.Softmax(dim=1)


@module_of.register
def _(layer: layers.Flatten) -> nn.Module:
    del layer
    return nn.Flatten()


class _Join(nn.Module):
    """A function of several tensors as a module, so that counters attribute it to its layer."""

    def __init__(self, function: Callable[[tuple[Tensor, ...]], Tensor]) -> None:
        super().__init__()
        self._function = function

    def forward(self, *branches: Tensor) -> Tensor:
        return self._function(branches)


def _concat(branches: tuple[Tensor, ...]) -> Tensor:
    return torch.cat(branches, dim=1)


def _add(branches: tuple[Tensor, ...]) -> Tensor:
    total = branches[0]
    for branch in branches[1:]:
        total = total + branch
    return total


@module_of.register
def _(layer: layers.Concat) -> nn.Module:
    del layer
    return _Join(_concat)


@module_of.register
def _(layer: layers.Add) -> nn.Module:
    del layer
    return _Join(_add)

"""Nets by name: one of ``nets.zoo``, or whatever a ``package.module:factory`` makes."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from analysis.errors import AnalysisError
from analysis.importing import described, named_object
from analysis.learning.training import Data, check_logits, modes_kept, seeded
from nets import zoo
from nets.build import build
from nets.errors import NetsError

MOST_PARAMETERS = 10**9

BESIDE_ZOO: Mapping[str, tuple[str, Mapping[str, Any]]] = {"logistic": ("mlp", {"hidden": ()})}
"""Names that the zoo does not have: logistic regression is a perceptron without hidden layers."""

Shape = tuple[int, int, int]
"""Channels, height, width."""


def make_module(
    net: str, shape: Shape, classes: int, seed: int, *, width: float = 1.0, device: str = "cpu"
) -> nn.Module:
    """Make a net for images of a shape, its weights drawn from the seed alone.

    Parameters
    ----------
    net
        A name of ``nets.zoo``, ``logistic``, or ``package.module:factory``. A factory is called with those of
        the keywords shape, channels (or in_channels), size, classes (or num_classes) and width that it has
        parameters for.
    shape, classes
        Of the images, and how many outputs there must be at least.
    seed
        Of the weights; torch's own random state is left alone.
    width
        Factor on the net's hidden channels, for nets that have one.
    device
        Where it shall live.

    Raises
    ------
    AnalysisError
        When there is no such net, it cannot be made for these images, or the factory makes no module.

    Examples
    --------
    Without convolution biases, which batch normalisation takes away again, the small Inception has 1,649,386
    parameters (with three colours, biases and no affine pair in batch normalisation the paper's 1,649,402).

    >>> net = make_module("small-inception", (1, 28, 28), 10, seed=0)
    >>> sum(parameter.numel() for parameter in net.parameters())
    1649386
    """
    factory = named_object(net, "net") if ":" in net else None  # imported before anything is drawn
    with seeded(seed):
        if factory is None:
            module = _of_zoo(net, shape, classes, width)
        else:
            module = _made(net, factory, shape, classes, width)
    module.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub leaves memory_format out
    return module


def _of_zoo(net: str, shape: Shape, classes: int, width: float) -> nn.Module:
    channels, *size = shape
    net, fixed = BESIDE_ZOO.get(net, (net, {}))
    wanted: dict[str, Any] = {"channels": channels, "size": tuple(size), "classes": classes, "width": width}
    wanted |= {"features": channels * size[0] * size[1], "conv_bias": False, **fixed}
    try:
        known = zoo.options_of(zoo.canonical(net))
        network = zoo.named(net, **{name: value for name, value in wanted.items() if name in known})
        parameters = sum(node.layer.weights + node.layer.biases for node in network.nodes)
        if parameters > MOST_PARAMETERS:
            raise AnalysisError(
                f"net: {net} of width {width:g} has {parameters:,} parameters, more than {MOST_PARAMETERS:,}:"
                " make it narrower"
            )
        module = build(network)
    except NetsError as error:
        raise AnalysisError(f"net: {error}") from None
    return nn.Sequential(nn.Flatten(), module) if "features" in known else module


def _made(net: str, factory: Callable[..., Any], shape: Shape, classes: int, width: float) -> nn.Module:
    offered = {
        "shape": shape,
        "channels": shape[0],
        "in_channels": shape[0],
        "size": shape[1:],
        "classes": classes,
        "num_classes": classes,
        "width": width,
    }
    try:
        parameters = inspect.signature(factory).parameters
        module = factory(**{name: value for name, value in offered.items() if name in parameters})
    except Exception as error:
        raise AnalysisError(f"net: {net!r} raised {described(error)}") from error
    if not isinstance(module, nn.Module):
        raise AnalysisError(f"net: {net!r} returned {type(module).__name__}, not a torch module")
    return module


def check_module(net: str, make: Callable[[int], nn.Module], data: Data, seed: int) -> int:
    """Try a net on two examples before any work, and return its number of parameters.

    Raises
    ------
    AnalysisError
        When it cannot take them, returns anything but a number for each class, has nothing to learn, or is
        the same module each time, so that a run would go on where the one before ended.
    """
    module = make(seed)
    if make(seed) is module:
        raise AnalysisError(f"net: {net!r} returns one and the same module each time; make a new one")
    if not any(parameter.requires_grad for parameter in module.parameters()):
        raise AnalysisError(f"net: {net!r} has no parameter to learn")
    inputs = data.train.inputs[:2]
    try:
        with torch.no_grad(), modes_kept(module):
            module.eval()
            logits = module(inputs)
    except Exception as error:
        shape = tuple(inputs.shape[1:])
        raise AnalysisError(
            f"net: {net!r} cannot take images of shape {shape}: {described(error)}"
        ) from error
    for part in (data.train, data.validation, data.test):
        check_logits(logits, len(inputs), part)
    return sum(parameter.numel() for parameter in module.parameters())

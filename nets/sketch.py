"""Drawing a network layer by layer, with channel counts read off what is already there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nets.errors import LayerError
from nets.layers import BatchNorm2d, Conv2d, Flatten, Input, Layer, Linear, ReLU
from nets.layers.base import Pair
from nets.network.algebra import Shape, product
from nets.network.graph import Network, Node, step


class Sketch:
    """A network under construction.

    Each method adds layers and returns the name of the last one, which later calls read ``after``; without
    ``after`` a layer reads the one added before it.

    Parameters
    ----------
    name
        The network's name.
    input_shape
        Sizes of one example, without the batch.

    Examples
    --------
    >>> sketch = Sketch("tiny", (3, 8, 8))
    >>> sketch.conv("conv", 4, 3, padding=1)
    'relu_conv'
    >>> sketch.shape()
    (1, 4, 8, 8)
    >>> sketch.network().nodes[1].layer.weights
    108
    """

    def __init__(self, name: str, input_shape: tuple[int, ...]) -> None:
        self.name = name
        self._nodes = [Node("input", Input(input_shape))]
        self._shapes: dict[str, Shape] = {"input": (1, *input_shape)}

    @property
    def last(self) -> str:
        """Name of the layer added last."""
        return self._nodes[-1].name

    def shape(self, name: str | None = None) -> Shape:
        """Return the output shape of a layer, by default the last one, for a batch of one."""
        return self._shapes[name or self.last]

    def add(self, name: str, layer: Layer, *after: str) -> str:
        """Add one layer that reads ``after``, by default the last one added."""
        node = Node(name, layer, after or (self.last,))
        shape, _ = step(name, layer, tuple(self._shapes[source] for source in node.inputs))
        self._nodes.append(node)
        self._shapes[name] = shape
        return name

    def conv(
        self,
        name: str,
        channels: int,
        kernel: int | Pair,
        *,
        after: str | None = None,
        bn: bool | None = None,
        relu: bool = True,
        **settings: Any,  # noqa: ANN401  # they are Conv2d's, which checks them
    ) -> str:
        """Add a convolution, batch normalisation unless ``bn`` is None (its value says if affine), and ReLU.

        The additional layers are called ``bn_<name>`` and ``relu_<name>``, within the same block: for
        ``3a/1x1`` they are ``3a/bn_1x1`` and ``3a/relu_1x1``.
        """
        source = after or self.last
        shape = self.shape(source)
        with _blaming(name):
            layer = Conv2d(_int(shape[1]), channels, kernel, **settings)
        self.add(name, layer, source)
        if bn is not None:
            self.add(_beside(name, "bn"), BatchNorm2d(channels, affine=bn))
        if relu:
            self.add(_beside(name, "relu"), ReLU())
        return self.last

    def linear(
        self, name: str, features: int, *, after: str | None = None, relu: bool = False, bias: bool = True
    ) -> str:
        """Add a fully connected layer; images are flattened first, by ``flatten_<name>``."""
        source = after or self.last
        shape = self.shape(source)
        if len(shape) > 2:  # noqa: PLR2004  # more than N and F
            source = self.add(_beside(name, "flatten"), Flatten(), source)
        with _blaming(name):
            layer = Linear(_int(product(shape[1:])), features, bias=bias)
        self.add(name, layer, source)
        if relu:
            self.add(_beside(name, "relu"), ReLU())
        return self.last

    def network(self, *outputs: str) -> Network:
        """Return what has been drawn; ``outputs`` as in `Network`."""
        return Network(self.name, tuple(self._nodes), outputs)


def _beside(name: str, what: str) -> str:
    """Name a layer after another of the same block.

    >>> _beside("3a/1x1", "relu")
    '3a/relu_1x1'
    """
    block, slash, leaf = name.rpartition("/")
    return f"{block}{slash}{what}_{leaf}"


@contextmanager
def _blaming(name: str) -> Iterator[None]:
    """Put the layer's name before what is wrong with its settings."""
    try:
        yield
    except LayerError as error:
        raise LayerError(f"{name}: {error}") from None


def _int(size: Any) -> int:  # noqa: ANN401  # a sketch's sizes are ints, which its shapes' type does not say
    assert isinstance(size, int)  # noqa: S101  # for the type checker
    return size

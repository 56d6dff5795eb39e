"""The layers that multiply: convolution and the fully connected one."""

from collections.abc import Iterator
from typing import Any

import attrs

from nets.errors import LayerError
from nets.layers import kinds
from nets.layers.base import (
    BATCHED_IMAGES,
    NOT_NEGATIVE,
    POSITIVE,
    Layer,
    Pair,
    demand_fit,
    demand_rank,
    pair,
    reach,
    slide,
    whole,
)
from nets.network.algebra import Demand, Shape, Size, equal, product


@attrs.frozen
class Conv2d(Layer):
    """Two-dimensional convolution.

    Hand count, for kernel k, stride s, padding p, dilation d and g groups: each side n becomes
    ⌊(n + 2p − d(k − 1) − 1)/s⌋ + 1; weights k·k·(C_in/g)·C_out; biases C_out; MACs the weights times the
    positions of the output times the batch.

    Parameters
    ----------
    in_channels, out_channels
        C_in and C_out.
    kernel, stride, padding, dilation
        One integer, or rows and columns.
    groups
        Into how many independent parts the channels are split; divides both channel counts.
    bias
        Whether each output channel has a summand.

    Raises
    ------
    LayerError
        If a setting is out of range.

    Examples
    --------
    >>> conv1_1 = Conv2d(3, 64, 3, padding=1)
    >>> conv1_1.output((1, 3, 224, 224)), conv1_1.weights, conv1_1.biases
    ((1, 64, 224, 224), 1728, 64)
    >>> conv1_1.macs((1, 3, 224, 224))
    86704128
    """

    kind = kinds.CONVOLUTION

    in_channels: int = attrs.field(converter=whole, validator=POSITIVE)
    out_channels: int = attrs.field(converter=whole, validator=POSITIVE)
    kernel: Pair = attrs.field(converter=pair, validator=POSITIVE)
    stride: Pair = attrs.field(default=(1, 1), converter=pair, validator=POSITIVE)
    padding: Pair = attrs.field(default=(0, 0), converter=pair, validator=NOT_NEGATIVE)
    dilation: Pair = attrs.field(default=(1, 1), converter=pair, validator=POSITIVE)
    groups: int = attrs.field(default=1, converter=whole, validator=POSITIVE)
    bias: bool = True

    @groups.validator
    def _check(self, attribute: "attrs.Attribute[Any]", value: int) -> None:
        del attribute
        for channels in (self.in_channels, self.out_channels):
            if channels % value:
                raise LayerError(f"Conv2d: groups {value} must divide the {channels} channels")

    @property
    def extent(self) -> Pair:
        """The window's reach, dilation included."""
        return reach(self.kernel[0], self.dilation[0]), reach(self.kernel[1], self.dilation[1])

    def output(self, *inputs: Shape) -> Shape:
        """Return (N, C_out, H', W')."""
        ((n, _, h, w),) = inputs
        settings = zip((h, w), self.extent, self.stride, self.padding, strict=True)
        return (n, self.out_channels, *(slide(*side) for side in settings))

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        """Demand C_in channels and an image that the window fits into."""
        (shape,) = inputs
        yield from demand_rank(inputs, BATCHED_IMAGES)
        yield Demand(
            equal(shape[1], self.in_channels), f"expects {self.in_channels} channels, gets {shape[1]}"
        )
        yield from demand_fit(shape, self.extent, self.padding)

    @property
    def weights(self) -> int:
        """k·k·(C_in/g)·C_out."""
        return self.kernel[0] * self.kernel[1] * self.in_channels // self.groups * self.out_channels

    @property
    def biases(self) -> int:
        """C_out, or none."""
        return self.out_channels if self.bias else 0

    def macs(self, *inputs: Shape) -> Size:
        """Weights times output positions times batch."""
        n, _, h, w = self.output(*inputs)
        return self.weights * n * h * w


@attrs.frozen
class Linear(Layer):
    """Fully connected layer over the last dimension.

    Hand count: weights F_in·F_out; biases F_out; MACs the weights times the rows that it is applied to.

    Parameters
    ----------
    in_features, out_features
        F_in and F_out.
    bias
        Whether each output has a summand.

    Examples
    --------
    >>> fc6 = Linear(25088, 4096)
    >>> fc6.weights, fc6.biases, fc6.macs((1, 25088))
    (102760448, 4096, 102760448)
    """

    kind = kinds.LINEAR

    in_features: int = attrs.field(converter=whole, validator=POSITIVE)
    out_features: int = attrs.field(converter=whole, validator=POSITIVE)
    bias: bool = True

    def output(self, *inputs: Shape) -> Shape:
        """Return (N, …, F_out)."""
        (shape,) = inputs
        return (*shape[:-1], self.out_features)

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        """Demand F_in features."""
        (shape,) = inputs
        yield Demand(
            equal(shape[-1], self.in_features), f"expects {self.in_features} features, gets {shape[-1]}"
        )

    @property
    def weights(self) -> int:
        """F_in·F_out."""
        return self.in_features * self.out_features

    @property
    def biases(self) -> int:
        """F_out, or none."""
        return self.out_features if self.bias else 0

    def macs(self, *inputs: Shape) -> Size:
        """Weights times rows."""
        (shape,) = inputs
        return self.weights * product(shape[:-1])

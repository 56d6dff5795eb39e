"""Pooling: windows that keep one number each. No weights, and no MACs by hand."""

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
    show,
    slide,
)
from nets.network.algebra import Demand, Shape, Size, ceil_div, minimum

_AS_KERNEL: Any = attrs.Factory(lambda layer: layer.kernel, takes_self=True)


@attrs.frozen
class _Pool2d(Layer):
    """What the two sliding pools share.

    Each side n becomes ⌊(n + 2p − e)/s⌋ + 1 for a window of reach e; with ``ceil_mode``
    ⌈(n + 2p − e)/s⌉ + 1, less the window that would start beyond the image and its left padding:
    never more than ⌈(n + p)/s⌉.
    """

    kernel: Pair = attrs.field(converter=pair, validator=POSITIVE)
    stride: Pair = attrs.field(default=_AS_KERNEL, converter=pair, validator=POSITIVE)
    padding: Pair = attrs.field(default=(0, 0), converter=pair, validator=NOT_NEGATIVE)
    ceil_mode: bool = False

    @padding.validator
    def _check(self, attribute: "attrs.Attribute[Any]", value: Pair) -> None:
        del attribute
        if any(2 * p > k for p, k in zip(value, self.kernel, strict=True)):  # torch's limit, dilated or not
            name = type(self).__name__
            raise LayerError(f"{name}: padding {show(value)} must be at most half of {show(self.kernel)}")

    @property
    def extent(self) -> Pair:
        """The window's reach."""
        return self.kernel

    def output(self, *inputs: Shape) -> Shape:
        """Return (N, C, H', W')."""
        ((n, c, *sides),) = inputs
        settings = zip(sides, self.extent, self.stride, self.padding, strict=True)
        return (n, c, *(self._places(*side) for side in settings))

    def _places(self, size: Size, extent: int, stride: int, padding: int) -> Size:
        if not self.ceil_mode:
            return slide(size, extent, stride, padding)
        places = ceil_div(size + 2 * padding - extent, stride) + 1
        if padding + stride <= extent:  # then the last window always starts early enough
            return places
        return minimum(places, ceil_div(size + padding, stride))

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        """Demand an image that leaves at least one place for the window."""
        (shape,) = inputs
        yield from demand_rank(inputs, BATCHED_IMAGES)
        slack = (self.stride[0] - 1, self.stride[1] - 1) if self.ceil_mode else (0, 0)
        yield from demand_fit(shape, self.extent, self.padding, slack)


@attrs.frozen
class MaxPool2d(_Pool2d):
    """Keep the largest number of each window.

    Hand count: no weights, no MACs; each side as in convolution, rounded up instead with ``ceil_mode``,
    where a window must still start inside the image or its left padding.

    Parameters
    ----------
    kernel, stride, padding, dilation
        One integer, or rows and columns; the stride is the kernel unless given.
    ceil_mode
        Whether a last, incomplete window counts.

    Examples
    --------
    >>> MaxPool2d(3, 2, ceil_mode=True).output((1, 64, 112, 112))
    (1, 64, 56, 56)
    """

    kind = kinds.MAX_POOL

    dilation: Pair = attrs.field(default=(1, 1), converter=pair, validator=POSITIVE)

    @property
    def extent(self) -> Pair:
        """The window's reach, dilation included."""
        return reach(self.kernel[0], self.dilation[0]), reach(self.kernel[1], self.dilation[1])


@attrs.frozen
class AvgPool2d(_Pool2d):
    """Keep the mean of each window.

    Hand count: no weights, no MACs (it adds, and divides once); each side as in `MaxPool2d`.

    Parameters
    ----------
    kernel, stride, padding
        One integer, or rows and columns; the stride is the kernel unless given.
    ceil_mode
        Whether a last, incomplete window counts.

    Examples
    --------
    >>> AvgPool2d(2).output((1, 6, 28, 28))
    (1, 6, 14, 14)
    """

    kind = kinds.AVERAGE_POOL


@attrs.frozen
class _AdaptivePool2d(Layer):
    """Pooling whose windows are chosen so that the output has a given size."""

    size: Pair = attrs.field(default=(1, 1), converter=pair, validator=POSITIVE)

    def output(self, *inputs: Shape) -> Shape:
        """Return (N, C, H', W') with the given H' and W'."""
        ((n, c, _, _),) = inputs
        return (n, c, *self.size)

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        """Demand images; any size will do."""
        yield from demand_rank(inputs, BATCHED_IMAGES)


@attrs.frozen
class AdaptiveAvgPool2d(_AdaptivePool2d):
    """Average over windows chosen so that the output is ``size``; by default over the whole image.

    Hand count: no weights, no MACs; the output has ``size``.

    Examples
    --------
    >>> AdaptiveAvgPool2d().output((1, 336, 7, 7))
    (1, 336, 1, 1)
    """

    kind = kinds.ADAPTIVE_AVERAGE_POOL


@attrs.frozen
class AdaptiveMaxPool2d(_AdaptivePool2d):
    """Maximum over windows chosen so that the output is ``size``; by default over the whole image.

    Hand count: no weights, no MACs; the output has ``size``.

    Examples
    --------
    >>> AdaptiveMaxPool2d((2, 3)).output((1, 8, 9, 9))
    (1, 8, 2, 3)
    """

    kind = kinds.ADAPTIVE_MAX_POOL

"""Layers that rearrange what others computed, and those that join branches."""

from collections.abc import Iterator

import attrs

from nets.layers import kinds
from nets.layers.base import Layer, show
from nets.network.algebra import Demand, Shape, equal, product


@attrs.frozen
class Flatten(Layer):
    """Make one row of features of each example.

    Hand count: free; (N, C, H, W) becomes (N, C·H·W).

    Examples
    --------
    >>> Flatten().output((1, 512, 7, 7))
    (1, 25088)
    """

    kind = kinds.FLATTEN

    def output(self, *inputs: Shape) -> Shape:
        """Return (N, F)."""
        (shape,) = inputs
        return shape[0], product(shape[1:])


class _Join(Layer):
    takes_many = True

    def _same(self, inputs: tuple[Shape, ...], *skipped: int) -> Iterator[Demand]:
        first = inputs[0]
        for other in inputs[1:]:
            complaint = f"cannot join {show(first)} with {show(other)}"
            yield Demand(len(other) == len(first), complaint)
            for axis, (a, b) in enumerate(zip(first, other, strict=True)):
                if axis not in skipped:
                    yield Demand(equal(a, b), complaint)


@attrs.frozen
class Concat(_Join):
    """Stack branches along the channels, dimension 1.

    Hand count: free; C is the sum of the branches' channels. Its numbers are the branches' own and not
    counted again.

    Examples
    --------
    >>> Concat().output((1, 64, 28, 28), (1, 128, 28, 28))
    (1, 192, 28, 28)
    """

    kind = kinds.CONCAT

    def output(self, *inputs: Shape) -> Shape:
        """Return (N, ΣC, …)."""
        first = inputs[0]
        return (first[0], sum(shape[1] for shape in inputs), *first[2:])

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        """Demand equal shapes but for the channels."""
        yield from self._same(inputs, 1)


@attrs.frozen
class Add(_Join):
    """Add branches number by number, as a residual connection does.

    Hand count: no weights and no MACs (it only adds); the shape stays.

    Examples
    --------
    >>> Add().output((1, 64, 56, 56), (1, 64, 56, 56))
    (1, 64, 56, 56)
    """

    kind = kinds.ADD

    def output(self, *inputs: Shape) -> Shape:
        """Return the branches' shape."""
        return inputs[0]

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        """Demand equal shapes."""
        yield from self._same(inputs)

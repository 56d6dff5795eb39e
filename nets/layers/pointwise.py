"""Layers that keep the shape and learn nothing."""

import attrs

from nets.errors import LayerError
from nets.layers import kinds
from nets.layers.base import Layer
from nets.network.algebra import Shape


class _Pointwise(Layer):
    def output(self, *inputs: Shape) -> Shape:
        """Return the input's shape."""
        (shape,) = inputs
        return shape


@attrs.frozen
class ReLU(_Pointwise):
    """max(0, x), in place.

    Hand count: no weights, no MACs, and no activations of its own: it overwrites its input.
    """

    kind = kinds.RELU


@attrs.frozen
class Dropout(_Pointwise):
    """Drop each number with probability p in training; the identity otherwise.

    Hand count: no weights, no MACs, no activations of its own.

    Parameters
    ----------
    p
        Probability in [0, 1) of dropping a number.
    """

    kind = kinds.DROPOUT

    p: float = 0.5

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.p < 1:
            raise LayerError(f"Dropout: p {self.p} must be in [0, 1)")


@attrs.frozen
class Softmax(_Pointwise):
    """exp(x) / Σ exp(x) over the channels or features, dimension 1.

    Hand count: no weights, no MACs.
    """

    kind = kinds.SOFTMAX

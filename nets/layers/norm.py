"""Normalisation."""

from collections.abc import Iterator

import attrs

from nets.layers import kinds
from nets.layers.base import BATCHED_IMAGES, POSITIVE, Layer, demand_rank, whole
from nets.network.algebra import Demand, Shape, equal


@attrs.frozen
class BatchNorm2d(Layer):
    """Batch normalisation of each channel (Ioffe, Szegedy 2015).

    Hand count: γ is C weights, β is C biases, none with ``affine=False``; the running mean and variance are
    buffers, not parameters. No MACs: at inference it folds into the convolution before it.

    Parameters
    ----------
    channels
        C.
    affine
        Whether γ and β are learned.

    Examples
    --------
    >>> BatchNorm2d(96).weights, BatchNorm2d(96).biases
    (96, 96)
    """

    kind = kinds.BATCH_NORM

    channels: int = attrs.field(converter=whole, validator=POSITIVE)
    affine: bool = True

    def output(self, *inputs: Shape) -> Shape:
        """Return the input's shape."""
        (shape,) = inputs
        return shape

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        """Demand C channels."""
        (shape,) = inputs
        yield from demand_rank(inputs, BATCHED_IMAGES)
        yield Demand(equal(shape[1], self.channels), f"expects {self.channels} channels, gets {shape[1]}")

    @property
    def weights(self) -> int:
        """C, or none."""
        return self.channels if self.affine else 0

    @property
    def biases(self) -> int:
        """C, or none."""
        return self.channels if self.affine else 0


@attrs.frozen
class LocalResponseNorm(Layer):
    """Division by a sum of squares over neighbouring channels (Krizhevsky et al. 2012, §3.3).

    Hand count: no weights, no MACs; the shape stays.

    Parameters
    ----------
    size
        How many neighbouring channels are summed.
    alpha, beta, k
        b = a / (k + α/size · Σ a²)^β. The paper does not divide α by the size: its α is ``alpha / size``.

    Examples
    --------
    >>> LocalResponseNorm(5).output((1, 96, 55, 55))
    (1, 96, 55, 55)
    """

    kind = kinds.LOCAL_RESPONSE_NORM

    size: int = attrs.field(converter=whole, validator=POSITIVE)
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def output(self, *inputs: Shape) -> Shape:
        """Return the input's shape."""
        (shape,) = inputs
        return shape

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        """Demand images."""
        yield from demand_rank(inputs, BATCHED_IMAGES)

"""What every layer is, and the checks that their settings share."""

import operator
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, TypeAlias

import attrs

from nets.errors import LayerError
from nets.layers import kinds
from nets.network.algebra import Demand, Shape, Size, at_least, floor_div

Pair: TypeAlias = tuple[int, int]
"""Rows first, then columns, as in (H, W)."""

BATCHED_IMAGES = 4  # N, C, H, W


class Layer(ABC):
    """One operation: frozen settings, and pure functions of the input shapes.

    Every size that goes in or comes out is an int or a sympy expression.
    """

    takes_many: ClassVar[bool] = False
    """Whether the layer joins two or more inputs instead of taking one."""

    kind: ClassVar[str] = kinds.OTHER
    """What it does, one of `nets.layers.kinds.KINDS`; conventions count by it, so subclasses count alike."""

    @abstractmethod
    def output(self, *inputs: Shape) -> Shape:
        """Return the output shape for input shapes that meet all `demands`."""

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        """Yield what the input shapes must fulfil; a later demand may rely on the earlier ones."""
        del inputs
        yield from ()

    @property
    def weights(self) -> int:
        """Number of learned factors."""
        return 0

    @property
    def biases(self) -> int:
        """Number of learned summands."""
        return 0

    def macs(self, *inputs: Shape) -> Size:
        """Return the multiply-accumulates of one forward pass; biases are free."""
        del inputs
        return 0


def whole(value: object) -> int:
    """Return an integer as an int; a float, a bool or a text raises LayerError."""
    if isinstance(value, bool):
        raise LayerError(f"{value} must be an integer")
    try:
        return operator.index(value)  # type: ignore[arg-type]  # what it cannot take is the error below
    except TypeError:
        raise LayerError(f"{value!r} must be an integer") from None


def whole_tuple(values: Iterable[object]) -> tuple[int, ...]:
    """Return integers as a tuple of ints."""
    return tuple(whole(value) for value in values)


@attrs.frozen
class Input(Layer):
    """Where the data enters; it computes nothing.

    Parameters
    ----------
    shape
        Sizes of one example, without the batch: ``(C, H, W)`` or ``(F,)``.
    """

    kind = kinds.INPUT

    shape: tuple[int, ...] = attrs.field(converter=whole_tuple)

    @shape.validator
    def _check(self, attribute: "attrs.Attribute[Any]", value: tuple[int, ...]) -> None:
        del attribute
        if not value or min(value) < 1:
            raise LayerError(f"Input: shape {show(value)} must hold sizes of at least 1")

    def output(self, *inputs: Shape) -> Shape:
        """Pass on the one shape given: the batch of examples."""
        (shape,) = inputs
        return shape


def pair(value: int | tuple[int, int]) -> Pair:
    """Return ``(k, k)`` for ``k``, and a pair as it is."""
    if isinstance(value, tuple | list):
        if len(value) != 2:  # noqa: PLR2004  # that is what a pair is
            raise LayerError(f"{value} must be one integer or two")
        return whole(value[0]), whole(value[1])
    return whole(value), whole(value)


def at_least_validator(least: int) -> Any:  # noqa: ANN401  # attrs' own validators are typed so
    """Return an attrs validator: an integer, or both of a pair, no smaller than ``least``."""

    def check(layer: object, attribute: "attrs.Attribute[Any]", value: int | Pair) -> None:
        if min(pair(value)) < least:
            raise LayerError(
                f"{type(layer).__name__}: {attribute.name} {show(value)} must be at least {least}"
            )

    return check


POSITIVE = at_least_validator(1)
NOT_NEGATIVE = at_least_validator(0)


def show(sizes: object) -> str:
    """Write sizes as people do.

    >>> show((64, 224, 224))
    '64×224×224'
    """
    return "×".join(map(str, sizes)) if isinstance(sizes, tuple) else str(sizes)


def demand_rank(inputs: tuple[Shape, ...], rank: int) -> Iterator[Demand]:
    """Demand inputs of so many dimensions, batch included."""
    for shape in inputs:
        words = "N×C×H×W" if rank == BATCHED_IMAGES else f"{rank} dimensions"
        yield Demand(len(shape) == rank, f"expects {words}, gets {show(shape)}")


def reach(kernel: int, dilation: int) -> int:
    """Return the extent of a dilated window: d·(k − 1) + 1."""
    return dilation * (kernel - 1) + 1


def slide(size: Size, extent: int, stride: int, padding: int) -> Size:
    """Count the places of a window along one side: ⌊(n + 2p − e)/s⌋ + 1."""
    return floor_div(size + 2 * padding - extent, stride) + 1


def demand_fit(shape: Shape, extent: Pair, padding: Pair, slack: Pair = (0, 0)) -> Iterator[Demand]:
    """Demand that a window fits into the padded image, give or take ``slack``."""
    for size, e, p, s in zip(shape[2:], extent, padding, slack, strict=True):
        around = f" with padding {show(padding)}" if any(padding) else ""
        yield Demand(
            at_least(size + 2 * p + s, e),
            f"input {show(shape[2:])} is too small for its {show(extent)} window{around}",
        )

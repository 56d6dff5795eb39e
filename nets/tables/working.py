"""The hand counts written out, as one writes them on paper: ``(3×3×64)×128``."""

from functools import singledispatch

from nets.layers import BatchNorm2d, Conv2d, Layer, Linear
from nets.layers.base import BATCHED_IMAGES as IMAGE_SIZES
from nets.layers.kinds import LINEAR, OTHER
from nets.network.algebra import Shape, Size

_NO_IMAGES = (LINEAR, OTHER)


def written(size: Size) -> str:
    """Write a size for people: thousands separated, formulas with ⌊ ⌋ and ·."""
    if isinstance(size, int):
        return f"{size:,}"
    from nets.network.formulas import by_hand

    return by_hand(size)


def worked_shape(shape: Shape, kind: str) -> str:
    """Write an output behind its batch if that is not 1: images as rows × columns × channels.

    Whether four sizes are an image is told by the kind of operation: a fully connected layer's last size
    holds its features, and what is not known stays in torch's order.

    >>> worked_shape((1, 64, 224, 224), "convolution"), worked_shape((2, 5, 4), "linear")
    ('224×224×64', '2×5×4')
    """
    batch, *rest = shape
    if len(shape) == IMAGE_SIZES and kind not in _NO_IMAGES:
        channels, *sides = rest
        rest = [*sides, channels]
    factors = [*([] if batch == 1 and rest else [batch]), *rest]
    return "×".join(factor(size) for size in factors)


def factor(size: Size) -> str:
    """Write a size where it is multiplied: sums in parentheses."""
    if isinstance(size, int):
        return str(size)
    text = written(size)
    return f"({text})" if size.is_Add else text


@singledispatch
def worked_weights(layer: Layer) -> str:
    """Write the product that counts a layer's weights; empty where there is nothing to multiply.

    >>> worked_weights(Conv2d(64, 128, 3, groups=2))
    '(3×3×32)×128'
    """
    del layer
    return ""


@worked_weights.register
def _(layer: Conv2d) -> str:
    rows, columns = layer.kernel
    return f"({rows}×{columns}×{layer.in_channels // layer.groups})×{layer.out_channels}"


@worked_weights.register
def _(layer: Linear) -> str:
    return f"{layer.in_features}×{layer.out_features}"


@worked_weights.register
def _(layer: BatchNorm2d) -> str:
    return str(layer.channels) if layer.affine else ""

"""The hand counts written out, as one writes them on paper: ``(3×3×64)×128``."""

from functools import singledispatch

from nets.layers import BatchNorm2d, Conv2d, Layer, Linear
from nets.network.algebra import Shape, Size


def written(size: Size) -> str:
    """Write a size for people: thousands separated, formulas with ⌊ ⌋ and ·."""
    if isinstance(size, int):
        return f"{size:,}"
    from nets.network.formulas import by_hand

    return by_hand(size)


def worked_shape(shape: Shape) -> str:
    """Write an output as rows × columns × channels, behind the batch if that is not 1.

    >>> worked_shape((1, 64, 224, 224)), worked_shape((8, 4096))
    ('224×224×64', '8×4096')
    """
    batch, channels, *sides = shape
    factors = [*([] if batch == 1 else [batch]), *sides, channels]
    return "×".join(_factor(size) for size in factors)


def _factor(size: Size) -> str:
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

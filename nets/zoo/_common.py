"""What the families share: input sizes and width."""

import math

from nets.errors import InputError
from nets.layers.base import whole
from nets.network.graph import LARGEST

Size2d = int | tuple[int, int]
"""One side of a square image, or rows and columns."""


def image(channels: int, size: Size2d) -> tuple[int, int, int]:
    """Return (C, H, W)."""
    h, w = size if isinstance(size, tuple) else (size, size)
    return channels, h, w


def scaled(channels: int, width: float) -> int:
    """Return a channel count times the width, rounded half up, at least 1.

    >>> scaled(96, 0.25), scaled(1, 0.1)
    (24, 1)

    Raises
    ------
    InputError
        If the width is not a positive number, or the product is absurdly large.
    """
    if isinstance(width, bool) or not isinstance(width, int | float) or not 0 < width < math.inf:
        raise InputError(f"width {width} must be a positive number")
    if whole(channels) < 1:
        raise InputError(f"{channels} channels or features must be at least 1")
    if width > LARGEST or channels * width > LARGEST:
        raise InputError(f"width {width:.4g} makes more of {channels} channels than a 64-bit index counts")
    return max(1, math.floor(channels * width + 0.5))

"""VGG (Simonyan, Zisserman 2014, arXiv 1409.1556, table 1)."""

from nets.errors import InputError
from nets.layers import Dropout, MaxPool2d
from nets.network.graph import Network
from nets.sketch import Sketch
from nets.zoo._common import Size2d, image, scaled

_FILTERS = (64, 128, 256, 512, 512)
_CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
_HIDDEN = 4096


def vgg(
    depth: int,
    *,
    channels: int = 3,
    classes: int = 1000,
    size: Size2d = 224,
    width: float = 1.0,
    bn: bool = False,
) -> Network:
    """Return VGG of 11, 13, 16 or 19 weight layers: configurations A, B, D, E of the paper.

    Parameters
    ----------
    depth
        Number of convolutions and fully connected layers.
    channels, size
        Of the images; ``size`` is a side or (rows, columns), at least 32. The first fully connected layer
        takes what five halvings leave of it.
    classes
        Outputs of the last layer, before softmax.
    width
        Factor on every hidden channel and feature count.
    bn
        Whether batch normalisation follows each convolution.

    Raises
    ------
    InputError
        If there is no VGG of that depth.

    Examples
    --------
    >>> vgg(19).table().total.macs
    19632062464
    """
    if depth not in _CONVOLUTIONS:
        raise InputError(f"VGG has {', '.join(map(str, _CONVOLUTIONS))} layers, not {depth}")
    sketch = Sketch(f"vgg{depth}{'-bn' if bn else ''}", image(channels, size))
    stages = zip(_FILTERS, _CONVOLUTIONS[depth], strict=True)
    for stage, (filters, convolutions) in enumerate(stages, start=1):
        for index in range(1, convolutions + 1):
            name = f"conv{stage}_{index}"
            sketch.conv(name, scaled(filters, width), 3, padding=1, bn=True if bn else None)
        sketch.add(f"pool{stage}", MaxPool2d(2))
    for name in ("fc6", "fc7"):
        sketch.linear(name, scaled(_HIDDEN, width), relu=True)
        sketch.add(f"drop{name[2:]}", Dropout(0.5))
    sketch.linear("fc8", classes)
    return sketch.network()


def vgg19(
    *, channels: int = 3, classes: int = 1000, size: Size2d = 224, width: float = 1.0, bn: bool = False
) -> Network:
    """Return VGG19, configuration E; see `vgg`."""
    return vgg(19, channels=channels, classes=classes, size=size, width=width, bn=bn)

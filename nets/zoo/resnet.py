"""ResNet (He, Zhang, Ren, Sun 2015, arXiv 1512.03385, table 1), and its variant v1.5."""

from typing import Literal

from nets.errors import InputError
from nets.layers import AdaptiveAvgPool2d, Add, MaxPool2d, ReLU
from nets.network.graph import Network
from nets.sketch import Sketch
from nets.zoo._common import Size2d, image, scaled

_BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
_FILTERS = (64, 128, 256, 512)
_BOTTLENECKS_FROM = 50
_EXPANSION = 4
Version = Literal["v1", "v1.5"]


def resnet(
    depth: int,
    *,
    version: Version = "v1.5",
    channels: int = 3,
    classes: int = 1000,
    size: Size2d = 224,
    width: float = 1.0,
) -> Network:
    """Return a ResNet of 18, 34, 50, 101 or 152 weight layers, projecting where the shape changes (option B).

    Parameters
    ----------
    depth
        Number of weight layers.
    version
        Where a bottleneck that halves the image has its stride: in its first 1×1 convolution (``v1``, the
        paper) or in its 3×3 (``v1.5``, most ports). Depths 18 and 34 have no bottlenecks: both are the same.
    channels, size
        Of the images; ``size`` is a side or (rows, columns).
    classes
        Outputs of the last layer, before softmax.
    width
        Factor on every hidden channel count.

    Raises
    ------
    InputError
        If there is no ResNet of that depth or version.

    Examples
    --------
    >>> resnet(50).table().total.parameters
    25557032
    >>> [resnet(50, version=version).table().total.macs for version in ("v1", "v1.5")]
    [3857973248, 4089184256]
    """
    if depth not in _BLOCKS:
        raise InputError(f"ResNet has {', '.join(map(str, _BLOCKS))} layers, not {depth}")
    if version not in ("v1", "v1.5"):
        raise InputError(f"ResNet's version is v1 or v1.5, not {version}")
    deep = depth >= _BOTTLENECKS_FROM
    sketch = Sketch(f"resnet{depth}{f'-{version}' if deep else ''}", image(channels, size))
    sketch.conv("conv1", scaled(64, width), 7, stride=2, padding=3, bias=False, bn=True)
    at = sketch.add("pool1", MaxPool2d(3, 2, padding=1))
    for stage, (filters, blocks) in enumerate(zip(_FILTERS, _BLOCKS[depth], strict=True), start=2):
        for index in range(1, blocks + 1):
            stride = 2 if stage > 2 and index == 1 else 1  # noqa: PLR2004  # conv2_x follows the pool
            name, hidden = f"conv{stage}_{index}", scaled(filters, width)
            if deep:
                strides = (stride, 1, 1) if version == "v1" else (1, stride, 1)
                path = zip(
                    (1, 3, 1), (hidden, hidden, scaled(filters * _EXPANSION, width)), strides, strict=True
                )
            else:
                path = zip((3, 3), (hidden, hidden), (stride, 1), strict=True)
            at = _add_block(sketch, name, at, tuple(path))
    sketch.add("pool", AdaptiveAvgPool2d(), at)
    sketch.linear("fc", classes)
    return sketch.network()


def _add_block(sketch: Sketch, name: str, source: str, path: tuple[tuple[int, int, int], ...]) -> str:
    """Add a residual block: convolutions (kernel, filters, stride) beside a shortcut."""
    at = source
    for index, (kernel, filters, stride) in enumerate(path, start=1):
        at = sketch.conv(
            f"{name}/{kernel}x{kernel}_{index}",
            filters,
            kernel,
            after=at,
            stride=stride,
            padding=kernel // 2,
            bias=False,
            bn=True,
            relu=index < len(path),
        )
    shortcut = source
    if sketch.shape(at) != sketch.shape(source):
        stride = max(stride for _, _, stride in path)
        shortcut = sketch.conv(
            f"{name}/project", path[-1][1], 1, after=source, stride=stride, bias=False, bn=True, relu=False
        )
    sketch.add(name, Add(), at, shortcut)
    return sketch.add(f"relu_{name}", ReLU())

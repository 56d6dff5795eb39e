"""GoogLeNet (Szegedy et al. 2014, arXiv 1409.4842, table 1 and §5)."""

from nets.layers import AdaptiveAvgPool2d, AvgPool2d, Dropout, LocalResponseNorm, MaxPool2d
from nets.network.graph import Network
from nets.sketch import Sketch
from nets.zoo._common import Size2d, image, scaled
from nets.zoo.inception import add_inception

# 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool projection
_STAGES = (
    (("3a", (64, 96, 128, 16, 32, 32)), ("3b", (128, 128, 192, 32, 96, 64))),
    (
        ("4a", (192, 96, 208, 16, 48, 64)),
        ("4b", (160, 112, 224, 24, 64, 64)),
        ("4c", (128, 128, 256, 24, 64, 64)),
        ("4d", (112, 144, 288, 32, 64, 64)),
        ("4e", (256, 160, 320, 32, 128, 128)),
    ),
    (("5a", (256, 160, 320, 32, 128, 128)), ("5b", (384, 192, 384, 48, 128, 128))),
)
_HEADS = {"4a": "loss1", "4d": "loss2"}


def googlenet(
    *, channels: int = 3, classes: int = 1000, size: Size2d = 224, width: float = 1.0, aux: bool = False
) -> Network:
    """Return GoogLeNet as in the paper: true 5×5 branches, pools that round up, local response normalisation.

    Parameters
    ----------
    channels, size
        Of the images; ``size`` is a side or (rows, columns).
    classes
        Outputs of the last layer, before softmax.
    width
        Factor on every hidden channel and feature count.
    aux
        Whether the two auxiliary classifiers of the training net are there, on 4a and 4d. The module then
        returns three outputs: the main one, then theirs.

    Examples
    --------
    >>> total = googlenet().table().total
    >>> total.parameters, total.macs
    (6998552, 1582671872)
    """
    sketch = Sketch("googlenet", image(channels, size))
    sketch.conv("conv1/7x7_s2", scaled(64, width), 7, stride=2, padding=3)
    sketch.add("pool1/3x3_s2", MaxPool2d(3, 2, ceil_mode=True))
    sketch.add("pool1/norm1", LocalResponseNorm(5))
    sketch.conv("conv2/3x3_reduce", scaled(64, width), 1)
    sketch.conv("conv2/3x3", scaled(192, width), 3, padding=1)
    sketch.add("conv2/norm2", LocalResponseNorm(5))
    at, heads = sketch.last, []
    for index, stage in enumerate(_STAGES, start=2):
        at = sketch.add(f"pool{index}/3x3_s2", MaxPool2d(3, 2, ceil_mode=True), at)
        for name, filters in stage:
            at = add_inception(sketch, f"inception_{name}", at, tuple(scaled(n, width) for n in filters))
            if aux and name in _HEADS:
                heads.append(_add_head(sketch, _HEADS[name], at, classes, width))
    sketch.add("pool5/7x7_s1", AdaptiveAvgPool2d(), at)
    sketch.add("pool5/drop", Dropout(0.4))
    main = sketch.linear("loss3/classifier", classes)
    return sketch.network(main, *heads)


def _add_head(sketch: Sketch, name: str, source: str, classes: int, width: float) -> str:
    sketch.add(f"{name}/ave_pool", AvgPool2d(5, 3), source)
    sketch.conv(f"{name}/conv", scaled(128, width), 1)
    sketch.linear(f"{name}/fc", scaled(1024, width), relu=True)
    sketch.add(f"{name}/drop_fc", Dropout(0.7))
    return sketch.linear(f"{name}/classifier", classes)

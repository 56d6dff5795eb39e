"""AlexNet (Krizhevsky, Sutskever, Hinton 2012, §3)."""

from nets.layers import Dropout, LocalResponseNorm, MaxPool2d
from nets.network.graph import Network
from nets.sketch import Sketch
from nets.zoo._common import Size2d, image, scaled


def alexnet(
    *, channels: int = 3, classes: int = 1000, size: Size2d = 224, width: float = 1.0, groups: int = 2
) -> Network:
    """Return AlexNet as in the paper: second, fourth and fifth convolution split over two GPUs.

    Parameters
    ----------
    channels, size
        Of the images; ``size`` is a side or (rows, columns). The first convolution is padded by 2, so that
        the paper's 224 leaves its 55×55.
    classes
        Outputs of the last layer, before softmax.
    width
        Factor on every hidden channel and feature count; keep the channel counts divisible by ``groups``.
    groups
        Into how many parts those three convolutions are split; 1 joins them, as later ports do.

    Examples
    --------
    >>> alexnet().table().total.parameters
    60965224
    """
    sketch = Sketch("alexnet", image(channels, size))
    norm = LocalResponseNorm(5, alpha=5e-4, k=2.0)  # the paper's α = 1e-4 is not divided by the size
    sketch.conv("conv1", scaled(96, width), 11, stride=4, padding=2)
    sketch.add("norm1", norm)
    sketch.add("pool1", MaxPool2d(3, 2))
    sketch.conv("conv2", scaled(256, width), 5, padding=2, groups=groups)
    sketch.add("norm2", norm)
    sketch.add("pool2", MaxPool2d(3, 2))
    sketch.conv("conv3", scaled(384, width), 3, padding=1)
    sketch.conv("conv4", scaled(384, width), 3, padding=1, groups=groups)
    sketch.conv("conv5", scaled(256, width), 3, padding=1, groups=groups)
    sketch.add("pool5", MaxPool2d(3, 2))
    for name in ("fc6", "fc7"):
        sketch.linear(name, scaled(4096, width), relu=True)
        sketch.add(f"drop{name[2:]}", Dropout(0.5))
    sketch.linear("fc8", classes)
    return sketch.network()

"""LeNet-5 (LeCun, Bottou, Bengio, Haffner 1998, §II.B)."""

from nets.layers import AvgPool2d
from nets.network.graph import Network
from nets.sketch import Sketch
from nets.zoo._common import Size2d, image, scaled


def lenet5(*, channels: int = 1, classes: int = 10, size: Size2d = 32, width: float = 1.0) -> Network:
    """Return LeNet-5 as it is built today.

    It differs from the paper's (60,000 parameters): C3 reads all six maps instead of a chosen few, the pools
    have no coefficients, ReLU replaces tanh, and a linear layer the radial basis functions.

    Parameters
    ----------
    channels, size
        Of the images; 28×28 digits are padded to 32×32.
    classes
        Outputs of the last layer, before softmax.
    width
        Factor on every hidden channel and feature count.

    Examples
    --------
    >>> lenet5().table().total.parameters
    61706
    """
    sketch = Sketch("lenet5", image(channels, size))
    sketch.conv("c1", scaled(6, width), 5)
    sketch.add("s2", AvgPool2d(2))
    sketch.conv("c3", scaled(16, width), 5)
    sketch.add("s4", AvgPool2d(2))
    sketch.linear("c5", scaled(120, width), relu=True)
    sketch.linear("f6", scaled(84, width), relu=True)
    sketch.linear("output", classes)
    return sketch.network()

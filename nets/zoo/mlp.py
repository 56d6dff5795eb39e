"""Plain multi-layer perceptrons."""

from nets.network.graph import Network
from nets.sketch import Sketch
from nets.zoo._common import scaled


def mlp(
    *, features: int = 784, classes: int = 10, hidden: tuple[int, ...] = (512, 512), width: float = 1.0
) -> Network:
    """Return fully connected layers with ReLU between them.

    Parameters
    ----------
    features
        Inputs of the first layer.
    classes
        Outputs of the last layer, before softmax.
    hidden
        Outputs of the layers between.
    width
        Factor on every hidden feature count.

    Examples
    --------
    >>> mlp(hidden=(512,)).table().total.parameters
    407050
    """
    sketch = Sketch("mlp", (features,))
    for index, count in enumerate(hidden, start=1):
        sketch.linear(f"fc{index}", scaled(count, width), relu=True)
    sketch.linear(f"fc{len(hidden) + 1}", classes)
    return sketch.network()

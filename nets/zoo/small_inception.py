"""The small Inception of Zhang, Bengio, Hardt, Recht, Vinyals 2016 (arXiv 1611.03530, figure 3)."""

from nets.layers import AdaptiveAvgPool2d, Concat, MaxPool2d
from nets.network.graph import Network
from nets.sketch import Sketch
from nets.zoo._common import Size2d, image, scaled

# Inc(a, b) joins a 1×1 and a 3×3 convolution, Down(c) a strided 3×3 convolution and a pool.
_STAGES = (
    (("inception1a", 32, 32), ("inception1b", 32, 48)),
    (("inception2a", 112, 48), ("inception2b", 96, 64), ("inception2c", 80, 80), ("inception2d", 48, 96)),
    (("inception3a", 176, 160), ("inception3b", 176, 160)),
)
_DOWN = (("down1", 80), ("down2", 96))


def small_inception(
    *,
    channels: int = 3,
    classes: int = 10,
    size: Size2d = 28,
    width: float = 1.0,
    conv_bias: bool = True,
    bn_affine: bool = True,
) -> Network:
    """Return the small Inception: a 3×3 convolution, eight Inception modules, two halvings, mean, linear.

    Each convolution is followed by batch normalisation and ReLU; convolutions are padded, so 28×28 becomes
    14×14 and 7×7. The mean pool takes what is left, so every input of at least 1×1 works. The paper's table
    says 1,649,402 parameters, which counts 3 channels, convolution biases, and not batch normalisation's
    affine pair.

    Parameters
    ----------
    channels, size
        Of the images; ``size`` is a side or (rows, columns).
    classes
        Outputs of the last layer, before softmax.
    width
        Factor on every hidden channel count.
    conv_bias
        Whether the convolutions have biases (batch normalisation makes them redundant).
    bn_affine
        Whether batch normalisation learns a scale and a shift.

    Examples
    --------
    >>> net = small_inception(bn_affine=False)
    >>> sum(node.layer.weights + node.layer.biases for node in net.nodes)
    1649402
    """
    sketch = Sketch("small-inception", image(channels, size))

    def conv(name: str, filters: int, kernel: int, after: str, stride: int = 1) -> str:
        padding = kernel // 2
        return sketch.conv(
            name,
            scaled(filters, width),
            kernel,
            after=after,
            stride=stride,
            padding=padding,
            bias=conv_bias,
            bn=bn_affine,
        )

    at = conv("conv1", 96, 3, "input")
    for index, stage in enumerate(_STAGES):
        if index:
            name, filters = _DOWN[index - 1]
            branches = (
                conv(f"{name}/3x3", filters, 3, at, stride=2),
                sketch.add(f"{name}/pool", MaxPool2d(3, 2, padding=1), at),
            )
            at = sketch.add(name, Concat(), *branches)
        for name, ones, threes in stage:
            branches = conv(f"{name}/1x1", ones, 1, at), conv(f"{name}/3x3", threes, 3, at)
            at = sketch.add(name, Concat(), *branches)
    sketch.add("pool", AdaptiveAvgPool2d(), at)
    sketch.linear("fc", classes)
    return sketch.network()

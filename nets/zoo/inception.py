"""The two Inception modules of the assignment (Szegedy et al. 2014, arXiv 1409.4842, figure 2)."""

from nets.layers import Concat, MaxPool2d
from nets.network.graph import Network
from nets.sketch import Sketch
from nets.zoo._common import Size2d, image, scaled


def inception_naive(*, channels: int = 256, size: Size2d = 32, width: float = 1.0) -> Network:
    """Return the naive module: 128 filters of 1×1, 192 of 3×3, 96 of 5×5 and a 3×3 max pool, side by side.

    Parameters
    ----------
    channels, size
        Of the input.
    width
        Factor on every filter count.

    Examples
    --------
    >>> inception_naive().table().total.macs
    1115684864
    """
    sketch = Sketch("inception-naive", image(channels, size))
    branches = [
        sketch.conv(f"{k}x{k}", scaled(filters, width), k, after="input", padding=k // 2)
        for k, filters in ((1, 128), (3, 192), (5, 96))
    ]
    branches.append(sketch.add("pool", MaxPool2d(3, 1, padding=1), "input"))
    sketch.add("concat", Concat(), *branches)
    return sketch.network()


def inception_reduced(*, channels: int = 256, size: Size2d = 32, width: float = 1.0) -> Network:
    """Return the reduced module: 1×1 convolutions thin the input of 3×3 and 5×5 and the output of the pool.

    Parameters
    ----------
    channels, size
        Of the input.
    width
        Factor on every filter count.

    Examples
    --------
    >>> inception_reduced().table().total.macs
    397410304
    """
    sketch = Sketch("inception-reduced", image(channels, size))
    add_inception(sketch, "", "input", tuple(scaled(n, width) for n in (128, 128, 192, 32, 96, 64)))
    return sketch.network()


def add_inception(sketch: Sketch, prefix: str, source: str, filters: tuple[int, ...]) -> str:
    """Add a reduced module to a sketch and return the name of its concatenation.

    Parameters
    ----------
    sketch
        Where to add it.
    prefix
        Put before the layers' names; the concatenation is called by it alone, or ``concat``.
    source
        The layer it reads.
    filters
        1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool projection.
    """
    inside = f"{prefix}/" if prefix else ""
    ones, reduce3, threes, reduce5, fives, projection = filters
    branches = [sketch.conv(f"{inside}1x1", ones, 1, after=source)]
    for k, thin, wide in ((3, reduce3, threes), (5, reduce5, fives)):
        sketch.conv(f"{inside}{k}x{k}_reduce", thin, 1, after=source)
        branches.append(sketch.conv(f"{inside}{k}x{k}", wide, k, padding=k // 2))
    sketch.add(f"{inside}pool", MaxPool2d(3, 1, padding=1), source)
    branches.append(sketch.conv(f"{inside}pool_proj", projection, 1))
    return sketch.add(prefix or "concat", Concat(), *branches)

"""Random networks: every layer, stride, padding, dilation, group, rounding and branch that there is."""

from collections.abc import Callable

from hypothesis import strategies as st

from nets.errors import NetsError
from nets.layers import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Add,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
    Softmax,
)
from nets.network.graph import Network
from nets.sketch import Sketch

_small = st.integers(1, 3)
_pairs = st.tuples(_small, _small)
_bools = st.booleans()


@st.composite
def convolutions(draw: st.DrawFn, channels: int) -> Conv2d:
    groups = draw(st.sampled_from([n for n in (1, 2, 3) if channels % n == 0]))
    out = groups * draw(_small)
    kernel, stride, dilation = draw(_pairs), draw(_pairs), draw(_pairs)
    padding = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    return Conv2d(channels, out, kernel, stride, padding, dilation, groups, draw(_bools))


@st.composite
def max_pools(draw: st.DrawFn, _: int = 0) -> MaxPool2d:
    kernel, dilation = draw(_pairs), draw(_pairs)
    padding = draw(st.tuples(*(st.integers(0, k // 2) for k in kernel)))
    return MaxPool2d(kernel, draw(_pairs), padding, ceil_mode=draw(_bools), dilation=dilation)


@st.composite
def mean_pools(draw: st.DrawFn, _: int = 0) -> AvgPool2d:
    kernel = draw(_pairs)
    padding = draw(st.tuples(*(st.integers(0, k // 2) for k in kernel)))
    return AvgPool2d(kernel, draw(_pairs), padding, draw(_bools))


_KINDS: tuple[Callable[[int], st.SearchStrategy[Layer]], ...] = (
    convolutions,
    convolutions,
    max_pools,
    mean_pools,
    lambda _: _pairs.map(AdaptiveAvgPool2d),
    lambda _: _pairs.map(AdaptiveMaxPool2d),
    lambda channels: _bools.map(lambda affine: BatchNorm2d(channels, affine)),
    lambda _: st.sampled_from([ReLU(), Dropout(0.3), Softmax(), LocalResponseNorm(3)]),
)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """A DAG of up to a dozen tiny layers; what does not fit is left out, so every one is valid."""
    sides = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    sketch = Sketch("random", (draw(st.integers(1, 4)), *sides))
    images = ["input"]
    for index in range(draw(st.integers(1, 5))):
        source = draw(st.sampled_from(images))
        shape = sketch.shape(source)
        channels = int(shape[1])
        if draw(st.integers(0, 2)):
            _attempt(sketch, f"layer{index}", draw(draw(st.sampled_from(_KINDS))(channels)), source)
        else:
            _branches(draw, sketch, f"block{index}", source, channels)
        images.append(sketch.last)
    if draw(_bools):
        sketch.add("flatten", Flatten(), images[-1])
        features = int(sketch.shape()[1])
        sketch.add("fc", Linear(features, draw(_small), draw(_bools)))
    return sketch.network()


def _attempt(sketch: Sketch, name: str, layer: Layer, source: str) -> None:
    try:
        sketch.add(name, layer, source)
    except NetsError:  # the image is too small for it
        sketch.add(name, ReLU(), source)


def _branches(draw: st.DrawFn, sketch: Sketch, name: str, source: str, channels: int) -> None:
    """Add two or three branches that keep the image's sides, and join them with each other or the source."""
    adds = draw(_bools)
    ends = [source] if draw(_bools) else []
    for index in range(draw(st.integers(2 - len(ends), 2))):
        kernel, dilation = draw(st.sampled_from([1, 3])), draw(_small)
        out = channels if adds else draw(_small)
        padding = dilation * (kernel - 1) // 2
        layer = Conv2d(channels, out, kernel, padding=padding, dilation=dilation, bias=draw(_bools))
        ends.append(sketch.add(f"{name}/{index}", layer, source))
    sketch.add(name, Add() if adds else Concat(), *ends)

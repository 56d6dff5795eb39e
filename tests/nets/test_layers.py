"""Each layer's hand count on a case small enough to do in one's head, and what it refuses."""

from itertools import product

import pytest
import torch
from torch import nn

from nets.build import module_of
from nets.errors import LayerError, ShapeError
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
    Input,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
)
from nets.network.graph import step


def test_a_convolution_counted_by_hand() -> None:
    layer = Conv2d(4, 6, (3, 2), stride=2, padding=(1, 0), groups=2)
    assert layer.output((5, 4, 7, 8)) == (5, 6, 4, 4)
    assert layer.weights == 3 * 2 * 2 * 6
    assert layer.biases == 6
    assert layer.macs((5, 4, 7, 8)) == 3 * 2 * 2 * 6 * 4 * 4 * 5


def test_dilation_spreads_the_window() -> None:
    assert Conv2d(1, 1, 3, dilation=2).output((1, 1, 7, 7)) == (1, 1, 3, 3)


def test_a_linear_layer_counts_every_row_it_is_applied_to() -> None:
    assert Linear(8, 3).macs((2, 5, 8)) == 2 * 5 * 8 * 3


def test_rounding_up_adds_a_window_only_where_it_starts_in_the_image() -> None:
    assert MaxPool2d(3, 2).output((1, 1, 6, 6)) == (1, 1, 2, 2)
    assert MaxPool2d(3, 2, ceil_mode=True).output((1, 1, 6, 6)) == (1, 1, 3, 3)
    # A window of 1 with stride 3 would start beyond the image of 3.
    assert MaxPool2d(1, 3, ceil_mode=True).output((1, 1, 3, 3)) == (1, 1, 1, 1)


def test_layers_are_values() -> None:
    assert Conv2d(3, 8, 3) == Conv2d(3, 8, (3, 3))
    assert len({Conv2d(3, 8, 3), Conv2d(3, 8, 3), ReLU()}) == 2


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Conv2d(3, 8, 0), "Conv2d: kernel 0×0 must be at least 1"),
        (lambda: Conv2d(3, 8, 3, stride=(1, 0)), "Conv2d: stride 1×0 must be at least 1"),
        (lambda: Conv2d(3, 8, 3, padding=-1), "Conv2d: padding -1×-1 must be at least 0"),
        (lambda: Conv2d(3, 8, 3, groups=2), "Conv2d: groups 2 must divide the 3 channels"),
        (lambda: Conv2d(3, 8, 2.5), "2.5 must be an integer"),  # type: ignore[arg-type]  # wrong on purpose
        (lambda: Conv2d(3, 8, (1, 2, 3)), r"\(1, 2, 3\) must be one integer or two"),  # type: ignore[arg-type]  # wrong on purpose
        (lambda: Linear(0, 8), "Linear: in_features 0 must be at least 1"),
        (lambda: Linear(True, 8), "True must be an integer"),
        (lambda: MaxPool2d(2, padding=2), "MaxPool2d: padding 2×2 must be at most half of 2×2"),
        (lambda: Dropout(1.0), r"Dropout: p 1.0 must be in \[0, 1\)"),
        (lambda: BatchNorm2d(0), "BatchNorm2d: channels 0 must be at least 1"),
        (lambda: LocalResponseNorm(0), "LocalResponseNorm: size 0 must be at least 1"),
        (lambda: Input((3, 0)), "Input: shape 3×0 must hold sizes of at least 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make: "object", sentence: str) -> None:
    with pytest.raises(LayerError, match=f"^{sentence}"):
        make()  # type: ignore[operator]  # the parameter is any callable


@pytest.mark.parametrize(
    ("layer", "shapes", "sentence"),
    [
        (Conv2d(16, 8, 5), [(1, 24, 9, 9)], "expects 16 channels, gets 24"),
        (Conv2d(1, 8, 5), [(1, 1, 4, 9)], "input 4×9 is too small for its 5×5 window"),
        (Conv2d(1, 8, 5, padding=1), [(1, 1, 2, 9)], "too small for its 5×5 window with padding 1×1"),
        (Conv2d(1, 8, 5), [(1, 25)], "expects N×C×H×W, gets 1×25"),
        (Linear(9, 8), [(1, 10)], "expects 9 features, gets 10"),
        (BatchNorm2d(9), [(1, 10, 1, 1)], "expects 9 channels, gets 10"),
        (Concat(), [(1, 3, 8, 8), (1, 4, 8, 9)], "cannot join 1×3×8×8 with 1×4×8×9"),
        (Add(), [(1, 3, 8, 8), (1, 4, 8, 8)], "cannot join 1×3×8×8 with 1×4×8×8"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_by_the_layers_name(
    layer: "Conv2d", shapes: list[tuple[int, ...]], sentence: str
) -> None:
    with pytest.raises(ShapeError, match=f"inception_3a/5x5: .*{sentence}"):
        step("inception_3a/5x5", layer, tuple(shapes))


def test_an_output_beyond_64_bits_is_refused() -> None:
    with pytest.raises(ShapeError, match="holds more numbers than a 64-bit index counts"):
        step("flatten", Flatten(), ((10**10, 10**10, 1, 1),))


@pytest.mark.parametrize(
    ("layer", "shape", "sentence"),
    [
        (BatchNorm2d(8), (1, 8), "bn: expects N×C×H×W, gets 1×8"),
        (LocalResponseNorm(5), (1, 8), "bn: expects N×C×H×W, gets 1×8"),
        (MaxPool2d(1), (1, 8), "bn: expects N×C×H×W, gets 1×8"),
        (AvgPool2d(1), (1, 8), "bn: expects N×C×H×W, gets 1×8"),
        (AdaptiveAvgPool2d(), (1, 8), "bn: expects N×C×H×W, gets 1×8"),
        (AdaptiveMaxPool2d(), (1, 8), "bn: expects N×C×H×W, gets 1×8"),
        (Conv2d(8, 1, 1), (1, 8), "bn: expects N×C×H×W, gets 1×8"),
    ],
)
def test_layers_of_images_refuse_what_is_flat(layer: Layer, shape: tuple[int, ...], sentence: str) -> None:
    with pytest.raises(ShapeError, match=sentence):
        step("bn", layer, (shape,))


def test_local_response_normalisation_has_torchs_defaults() -> None:
    ours, torchs = LocalResponseNorm(5), nn.LocalResponseNorm(5)
    assert (ours.alpha, ours.beta, ours.k) == (torchs.alpha, torchs.beta, torchs.k)
    data = torch.rand(2, 7, 3, 3, generator=torch.Generator().manual_seed(0))
    assert torch.equal(module_of(ours)(data), torchs(data))


def answer(layer: Layer, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The shape that comes out, or None where the layer refuses."""
    try:
        output, undecided = step("layer", layer, (shape,))
    except ShapeError:
        return None
    assert undecided == ()
    assert all(isinstance(size, int) for size in output)
    return tuple(map(int, output))


def torchs(module: nn.Module, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The same of torch, without computing."""
    try:
        return tuple(module.to("meta")(torch.empty(shape, device="meta")).shape)
    except RuntimeError:
        return None


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_pools_take_and_return_what_torchs_do(ceil_mode: bool) -> None:  # noqa: FBT001  # a parameter of the test
    for size, kernel, stride, padding in product(range(1, 8), range(1, 5), range(1, 5), range(3)):
        if 2 * padding > kernel:
            continue
        shape, settings = (2, 3, size, 7), ((kernel, 2), (stride, 3), (padding, 1), ceil_mode)
        k, s, p, _ = settings
        average = nn.AvgPool2d(k, s, p, ceil_mode=ceil_mode)
        assert answer(AvgPool2d(*settings), shape) == torchs(average, shape), settings
        for dilation in (1, 2):
            spread = nn.MaxPool2d(k, s, p, dilation=(dilation, 1), ceil_mode=ceil_mode)
            assert answer(MaxPool2d(*settings, (dilation, 1)), shape) == torchs(spread, shape), settings


def test_convolutions_take_and_return_what_torchs_do() -> None:
    for size, kernel, stride, padding, dilation in product(
        range(1, 8), range(1, 4), (1, 2, 3), (0, 1), (1, 2)
    ):
        shape, settings = (2, 4, 7, size), ((2, kernel), (3, stride), (1, padding), (1, dilation), 2)
        ours, other = Conv2d(4, 6, *settings), nn.Conv2d(4, 6, *settings, device="meta")
        assert answer(ours, shape) == torchs(other, shape), settings
        assert ours.weights == other.weight.numel()
        if output := answer(ours, shape):
            # Each output number is a sum over half of the four channels.
            assert ours.macs(shape) == 2 * 2 * kernel * output[0] * output[1] * output[2] * output[3]


@pytest.mark.parametrize(
    ("layer", "weights", "biases"),
    [
        (Conv2d(4, 6, (3, 2), bias=False), 144, 0),
        (Conv2d(4, 6, (3, 2), groups=2), 72, 6),
        (Linear(5, 7), 35, 7),
        (Linear(5, 7, bias=False), 35, 0),
        (BatchNorm2d(9), 9, 9),
        (BatchNorm2d(9, affine=False), 0, 0),
        *((layer, 0, 0) for layer in (ReLU(), Add(), Concat(), Flatten(), MaxPool2d(2), AdaptiveMaxPool2d())),
    ],
)
def test_weights_and_biases_are_what_the_built_layer_holds(layer: Layer, weights: int, biases: int) -> None:
    assert (layer.weights, layer.biases) == (weights, biases)
    if not layer.takes_many:
        held = {name: parameter.numel() for name, parameter in module_of(layer).named_parameters()}
        assert (held.get("weight", 0), held.get("bias", 0)) == (weights, biases)


@pytest.mark.parametrize(
    ("layer", "shapes", "output"),
    [
        (Concat(), [(2, 3, 8, 9), (2, 4, 8, 9), (2, 5, 8, 9)], (2, 12, 8, 9)),
        (Add(), [(2, 3, 8, 9)] * 3, (2, 3, 8, 9)),
        (Flatten(), [(2, 3, 4, 5)], (2, 60)),
        (AdaptiveAvgPool2d((2, 3)), [(2, 3, 8, 9)], (2, 3, 2, 3)),
        (AdaptiveMaxPool2d(), [(2, 3, 8, 9)], (2, 3, 1, 1)),
        (Linear(5, 7), [(2, 3, 5)], (2, 3, 7)),
        (BatchNorm2d(3), [(2, 3, 8, 9)], (2, 3, 8, 9)),
    ],
)
def test_shapes_that_come_out(layer: Layer, shapes: list[tuple[int, ...]], output: tuple[int, ...]) -> None:
    assert step("layer", layer, tuple(shapes)) == (output, ())
    assert layer.macs(*shapes) == (2 * 3 * 5 * 7 if isinstance(layer, Linear) else 0)


@pytest.mark.parametrize("layer", [Add(), Concat()])
def test_branches_of_other_ranks_or_of_another_batch_do_not_join(layer: Layer) -> None:
    for other in ((2, 3, 8), (3, 3, 8, 9), (2, 3, 8, 9, 1), (2, 3, 7, 9)):
        with pytest.raises(ShapeError, match=r"^sum: cannot join 2×3×8×9 with "):
            step("sum", layer, ((2, 3, 8, 9), other))
    with pytest.raises(ShapeError, match=r"^sum: cannot join 2×3×8×9 with 2×3×8×1$"):
        step("sum", layer, ((2, 3, 8, 9), (2, 3, 8, 9), (2, 3, 8, 1)))


def test_dropout_may_drop_nothing() -> None:
    assert Dropout(0.0).p == 0
    with pytest.raises(LayerError, match=r"^Dropout: p -0\.1 must be in"):
        Dropout(-0.1)

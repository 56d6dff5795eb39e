"""Every net's published or hand-counted size."""

from typing import Any

import pytest

from nets import zoo
from nets.errors import InputError, LayerError, ShapeError
from nets.tables.rows import total


def counts(name: str, prefix: str = "", **options: Any) -> tuple[int, int, int]:  # noqa: ANN401  # the zoo checks them
    """Weights, biases and MACs of the layers whose names begin so."""
    table = zoo.named(name, **options).table()
    found = total(row for row in table.rows if row.layer.startswith(prefix))
    return found.weights, found.biases, int(found.macs)


def test_vgg19_is_the_assignments_table() -> None:
    total_ = zoo.vgg19().table().total
    assert total_.activations == 16_542_184
    assert total_.weights == 143_652_544
    assert total_.parameters == 143_667_240
    assert total_.macs == 19_632_062_464


def test_vgg19_convolutions_and_fully_connected_layers_apart() -> None:
    assert counts("vgg19", "conv") == (20_018_880, 5_504, 19_508_428_800)
    assert counts("vgg19", "fc") == (123_633_664, 9_192, 123_633_664)


def test_googlenet_convolutions_and_classifier_apart() -> None:
    weights, biases, macs = counts("googlenet")
    assert weights + biases == 6_998_552
    assert macs == 1_582_671_872
    assert counts("googlenet", "loss3") == (1_024_000, 1_000, 1_024_000)
    assert (weights - 1_024_000, biases - 1_000) == (5_966_272, 7_280)


def test_googlenet_with_both_auxiliary_heads() -> None:
    weights, biases, _ = counts("googlenet", aux=True)
    assert weights + biases == 13_378_280


@pytest.mark.parametrize(
    ("row", "weights", "output"),
    [
        ("conv1/", 9_408, (1, 64, 112, 112)),
        ("conv2/", 114_688, (1, 192, 56, 56)),
        ("inception_3a", 163_328, (1, 256, 28, 28)),
        ("inception_3b", 388_096, (1, 480, 28, 28)),
        ("inception_4a", 375_552, (1, 512, 14, 14)),
        ("inception_4b", 448_512, (1, 512, 14, 14)),
        ("inception_4c", 509_440, (1, 512, 14, 14)),
        ("inception_4d", 604_672, (1, 528, 14, 14)),
        ("inception_4e", 867_328, (1, 832, 14, 14)),
        ("inception_5a", 1_042_432, (1, 832, 7, 7)),
        ("inception_5b", 1_442_816, (1, 1024, 7, 7)),
    ],
)
def test_googlenets_rows(row: str, weights: int, output: tuple[int, ...]) -> None:
    assert counts("googlenet", row)[0] == weights
    rows = [found for found in zoo.googlenet().table().rows if found.layer.startswith(row)]
    assert rows[-1].output == output


def test_the_two_inception_modules_of_the_assignment() -> None:
    assert counts("inception-naive") == (1_089_536, 416, 1_115_684_864)
    assert counts("inception-reduced") == (388_096, 640, 397_410_304)
    assert zoo.inception_naive().shapes()["concat"] == (1, 672, 32, 32)
    assert zoo.inception_reduced().shapes()["concat"] == (1, 480, 32, 32)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        # torchvision's documentation prints these.
        ("vgg11", 132_863_336),
        ("vgg13", 133_047_848),
        ("vgg16", 138_357_544),
        ("vgg16-bn", 138_365_992),
        ("vgg19-bn", 143_678_248),
        ("resnet18", 11_689_512),
        ("resnet34", 21_797_672),
        ("resnet50-v1.5", 25_557_032),
        ("resnet101-v1.5", 44_549_160),
        ("resnet152-v1.5", 60_192_808),
        # The stride's place does not change the parameters.
        ("resnet50-v1", 25_557_032),
        # Caffe's reference model, split over two GPUs as in the paper.
        ("alexnet", 60_965_224),
        # 6·26 + 16·151 + 48,120 + 10,164 + 850, by hand.
        ("lenet5", 61_706),
        # 784·512 + 512 + 512·512 + 512 + 512·10 + 10, by hand.
        ("mlp", 669_706),
    ],
)
def test_parameters_known_elsewhere(name: str, parameters: int) -> None:
    weights, biases, _ = counts(name)
    assert weights + biases == parameters


def test_resnet_v1_5_moves_the_stride_and_costs_more() -> None:
    # The first 1×1 of the three halving bottlenecks, 2f → f channels, runs at 4 times as many positions.
    more = sum(2 * f * f * 3 * side**2 for f, side in ((128, 28), (256, 14), (512, 7)))
    v1, v15 = (counts(f"resnet50-{version}")[2] for version in ("v1", "v1.5"))
    assert v15 - v1 == more


@pytest.mark.parametrize("name", zoo.NETS)
def test_every_net_has_a_narrow_version_with_other_classes(name: str) -> None:
    known = zoo.options_of(name)
    options: dict[str, Any] = {"width": 0.5, **({"classes": 7} if "classes" in known else {})}
    network = zoo.named(name, **options)
    assert counts(name, **options)[0] < counts(name)[0]
    if "classes" in known:
        assert network.shapes()[network.outputs[0]] == (1, 7)


@pytest.mark.parametrize("name", [name for name in zoo.NETS if "size" in zoo.options_of(name)])
def test_every_image_net_can_be_built_for_oblong_images(name: str) -> None:
    rows, columns = zoo.named(name, size=(96, 128)).shapes()["input"][2:]
    assert (rows, columns) == (96, 128)


def test_an_unknown_net_is_refused_with_the_near_misses() -> None:
    with pytest.raises(InputError, match=r"'vgg91' does not exist; did you mean vgg19"):
        zoo.named("vgg91")
    with pytest.raises(InputError, match=r"did you mean resnet50-v1, resnet50-v1.5"):
        zoo.named("resnet50")


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(InputError, match=r"lenet5 has no option 'aux'"):
        zoo.named("lenet5", aux=True)


def test_an_image_too_small_is_refused_by_the_layer_that_cannot_take_it() -> None:
    with pytest.raises(ShapeError, match=r"pool5: input 1×1 is too small for its 2×2 window"):
        zoo.vgg19(size=16)


@pytest.mark.parametrize("width", [0, -1, float("nan"), float("inf"), True])
def test_a_width_must_be_a_positive_number(width: float) -> None:
    with pytest.raises(InputError, match="must be a positive number"):
        zoo.vgg19(width=width)


def test_channels_that_groups_do_not_divide_are_refused_by_name() -> None:
    with pytest.raises(LayerError, match=r"^conv2: Conv2d: groups 5 must divide the 96 channels$"):
        zoo.alexnet(groups=5)


def test_depths_and_versions_that_do_not_exist_are_refused() -> None:
    with pytest.raises(InputError, match="VGG has 11, 13, 16, 19 layers, not 12"):
        zoo.vgg(12)
    with pytest.raises(InputError, match="ResNet has 18, 34, 50, 101, 152 layers, not 20"):
        zoo.resnet(20)
    with pytest.raises(InputError, match=r"version is v1 or v1\.5, not v2"):
        zoo.resnet(50, version="v2")  # type: ignore[arg-type]  # wrong on purpose

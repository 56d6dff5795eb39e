"""Each preset against the tool that it is named after, on nets with every kind of layer."""

import warnings
from collections.abc import Callable
from typing import Any

import attrs
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import nets
from nets import CONVENTIONS, Network, Node, zoo
from nets.build import build
from nets.counting.arguments import arguments_for
from nets.counting.opinions import fvcore_opinion
from nets.errors import InputError
from nets.layers import AdaptiveAvgPool2d, AvgPool2d, Conv2d, Input, Layer, Softmax
from nets.layers.kinds import CONVOLUTION, KINDS
from nets.network.algebra import Shape
from nets.sketch import Sketch
from nets.tables.presets import HAND, convention_named


def everything() -> Network:
    """A net in which every counted type of layer occurs, affine and not, with and without biases."""
    sketch = Sketch("everything", (3, 17, 19))
    sketch.conv("grouped", 6, 3, groups=3, stride=2, bn=True)
    sketch.conv("plain", 4, 3, padding=1, bias=False, bn=False)
    sketch.add("average", AvgPool2d(2))
    sketch.add("adaptive", AdaptiveAvgPool2d((2, 1)))
    sketch.linear("fc", 5, bias=False, relu=True)
    sketch.linear("out", 4)
    sketch.add("softmax", Softmax())
    return sketch.network()


NETS = {
    "everything": everything(),
    "small-inception": zoo.small_inception(width=0.25),
    "googlenet": zoo.googlenet(width=0.125, aux=True),
    "resnet50": zoo.resnet(50, width=0.125, size=64),
    "lenet5": zoo.lenet5(),
    "alexnet": zoo.alexnet(width=0.125),
}

# What the tools printed for these nets with a batch of two: ptflops 0.7.5, torchprofile 0.1.0, calflops
# 0.3.2 (FLOPs) and DeepSpeed 0.19.8 (FLOPs), on torch 2.13.
RECORDED = {
    "ptflops": {
        "everything": 46_492,
        "small-inception": 27_307_636,
        "googlenet": 81_055_764,
        "resnet50": 13_930_448,
        "lenet5": 897_324,
        "alexnet": 47_856_192,
    },
    "ptflops-aten": {
        "everything": 39_872,
        "small-inception": 26_472_676,
        "googlenet": 77_021_756,
        "resnet50": 13_047_760,
        "lenet5": 846_076,
        "alexnet": 46_759_856,
    },
    "torchprofile": {
        "everything": 40_008,
        "small-inception": 26_472_824,
        "googlenet": 76_814_208,
        "resnet50": 13_273_088,
        "lenet5": 836_192,
        "alexnet": 46_951_056,
    },
    "deepspeed": {
        "everything": 83_330,
        "small-inception": 53_362_792,
        "googlenet": 155_666_424,
        "resnet50": 26_759_680,
        "lenet5": 1_704_312,
        "alexnet": 94_150_792,
    },
}
RECORDED["calflops"] = RECORDED["deepspeed"]


@pytest.fixture(params=NETS)
def network(request: pytest.FixtureRequest) -> Network:
    return NETS[request.param]


def batch_of_two(network: Network) -> torch.Tensor:
    return torch.zeros(2, *network.example[1:])


def operations(network: Network, convention: str) -> int:
    return int(network.table((2, *network.example[1:]), convention=convention).total.operations)


def test_fvcore(network: Network) -> None:
    module = build(network)
    counted = fvcore_opinion(module, arguments_for(module, batch_of_two(network)), [])
    total = network.table((2, *network.example[1:]), convention="fvcore").total
    assert total.operations == counted.macs[""]
    assert total.activations == counted.activations[""]
    assert total.parameters == sum(parameter.numel() for parameter in module.parameters())


def test_torch(network: Network) -> None:
    with FlopCounterMode(display=False) as counted:
        build(network)(batch_of_two(network))
    table = network.table((2, *network.example[1:]), convention="torch")
    assert table.total.operations == counted.get_total_flops()
    assert table.convention.unit == "FLOPs"


def test_torchinfo(network: Network) -> None:
    torchinfo = pytest.importorskip("torchinfo")
    summary = torchinfo.summary(build(network), input_data=batch_of_two(network), verbose=0)
    total = network.table((2, *network.example[1:]), convention="torchinfo").total
    assert total.operations == summary.total_mult_adds
    assert total.parameters == summary.total_params
    assert 8 * int(total.activations) == summary.total_output_bytes  # 4 bytes, and 4 for the gradient


def test_thop(network: Network) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        thop = pytest.importorskip("thop", reason="thop needs distutils, gone since Python 3.12")
        macs, parameters = thop.profile(build(network), inputs=(batch_of_two(network),), verbose=False)
    total = network.table((2, *network.example[1:]), convention="thop").total
    assert total.operations == macs
    assert total.parameters == parameters


@pytest.mark.parametrize("tool", RECORDED)
@pytest.mark.parametrize("name", NETS)
def test_what_other_tools_printed(tool: str, name: str) -> None:
    assert operations(NETS[name], tool) == RECORDED[tool][name]


def by_ptflops(backend: str) -> Callable[[torch.nn.Module, torch.Tensor], Any]:
    def counted(module: torch.nn.Module, data: torch.Tensor) -> Any:  # noqa: ANN401  # the tool's answer
        info = pytest.importorskip("ptflops").get_model_complexity_info
        return info(
            module,
            tuple(data.shape[1:]),
            as_strings=False,
            print_per_layer_stat=False,
            backend=backend,
            input_constructor=lambda _: {"data": data},
        )[0]

    return counted


def by_torchprofile(module: torch.nn.Module, data: torch.Tensor) -> Any:  # noqa: ANN401  # the tool's answer
    return pytest.importorskip("torchprofile").profile_macs(module.eval(), (data,))


def by_calflops(module: torch.nn.Module, data: torch.Tensor) -> Any:  # noqa: ANN401  # the tool's answer
    calculate = pytest.importorskip("calflops").calculate_flops
    return calculate(module.eval(), args=[data], print_results=False, output_as_string=False)[0]


def by_deepspeed(module: torch.nn.Module, data: torch.Tensor) -> Any:  # noqa: ANN401  # the tool's answer
    profiler = pytest.importorskip("deepspeed.profiling.flops_profiler").FlopsProfiler(module.eval())
    profiler.start_profile()
    module(data)
    flops = profiler.get_total_flops()
    profiler.end_profile()
    return flops


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("tool", "by"),
    [
        ("ptflops", by_ptflops("pytorch")),
        ("ptflops-aten", by_ptflops("aten")),
        ("torchprofile", by_torchprofile),
        ("calflops", by_calflops),
        ("deepspeed", by_deepspeed),
    ],
)
def test_other_tools_where_they_are_installed(
    tool: str, by: Callable[[torch.nn.Module, torch.Tensor], Any], network: Network
) -> None:
    assert by(build(network), batch_of_two(network)) == operations(network, tool)


def test_timm_prints_what_fvcore_counts() -> None:
    # The cards of timm's models: resnet50 has 4.1 GMACs and 11.1 M activations, vgg19 19.6 and 14.9.
    for name, macs, activations in (("resnet50-v1.5", 4.1, 11.1), ("vgg19", 19.6, 14.9)):
        total = nets.table(name, convention="timm").total
        assert round(int(total.operations) / 1e9, 1) == macs
        assert round(int(total.activations) / 1e6, 1) == activations


def test_the_assignment_counts_no_biases_and_the_outputs_of_four_kinds_of_layers() -> None:
    total = zoo.vgg19().table(convention="assignment").total
    assert total.parameters == 143_652_544
    assert total.activations == 16_542_184


def test_a_convention_of_ones_own_reproduces_a_published_figure() -> None:
    paper = attrs.evolve(HAND, name="Zhang 2016", uncounted=frozenset({"batch norm"}))
    assert zoo.small_inception().table(convention=paper).total.parameters == 1_649_402


def test_a_relu_that_counts_is_no_longer_hidden() -> None:
    counting = attrs.evolve(HAND, name="mine", operations={**HAND.operations, "relu": {"outputs": 1}})
    table = zoo.lenet5().table(convention=counting)
    assert table.by_layer["relu_c1"].counts.operations == 28 * 28 * 6


class MyConvolution(Conv2d):
    """A class of the user's own."""


class Doubling(Layer):
    """A layer that no convention has heard of, with a count of its own."""

    def output(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def macs(self, *inputs: Shape) -> int:
        (shape,) = inputs
        return 2 * int(shape[1])


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_class_of_ones_own_counts_as_what_it_is(convention: str) -> None:
    def net(layer: Layer) -> Network:
        return Network("one", (Node("input", Input((3, 8, 8))), Node("conv", layer, ("input",))))

    own, plain = (net(kind(3, 4, 3)).table(convention=convention) for kind in (MyConvolution, Conv2d))
    assert own.total == plain.total
    assert own.total.operations > 0
    assert own.by_kind[CONVOLUTION] == plain.by_kind[CONVOLUTION]
    assert own.by_layer["conv"].type == "MyConvolution"


def test_a_layer_of_no_known_kind_counts_its_own_macs_and_output_by_hand() -> None:
    net = Network("one", (Node("input", Input((3,))), Node("twice", Doubling(), ("input",))))
    counts = net.table().by_layer["twice"].counts
    assert (counts.macs, counts.operations, counts.activations) == (6, 6, 3)


def test_unknown_conventions_kinds_and_quantities_are_refused() -> None:
    with pytest.raises(InputError, match="convention 'fvcor' does not exist; did you mean fvcore"):
        convention_named("fvcor")
    with pytest.raises(InputError, match="relu: quantity 'output' does not exist; did you mean outputs"):
        attrs.evolve(HAND, operations={"relu": {"output": 1}})
    wrong: tuple[dict[str, Any], ...] = (
        {"operations": {"ReLU": {}}},
        {"why": {"ReLU": ""}},
        {"uncounted": frozenset({"ReLU"})},
    )
    for settings in wrong:
        with pytest.raises(InputError, match="kind of operation 'ReLU' does not exist; did you mean relu"):
            attrs.evolve(HAND, **settings)


@pytest.mark.parametrize("convention", CONVENTIONS.values(), ids=CONVENTIONS)
def test_every_preset_says_where_it_comes_from_and_explains_its_own_kinds(convention: Any) -> None:  # noqa: ANN401  # a Convention
    assert convention.source
    assert set(convention.why) <= set(KINDS)

"""Each preset against the tool that it is named after, on nets with every kind of layer."""

import warnings

import attrs
import pytest
import torch

from nets import CONVENTIONS, Network, zoo
from nets.build import build
from nets.counting.counters import count
from nets.errors import InputError
from nets.layers import AdaptiveAvgPool2d, AvgPool2d, Softmax
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
}


@pytest.fixture(params=NETS)
def network(request: pytest.FixtureRequest) -> Network:
    return NETS[request.param]


def batch_of_two(network: Network) -> torch.Tensor:
    return torch.zeros(2, *network.example[1:])


def test_fvcore(network: Network) -> None:
    counted = count(build(network), batch_of_two(network))
    total = network.table((2, *network.example[1:]), convention="fvcore").total
    assert total.operations == counted.fvcore_macs[""]
    assert total.activations == counted.fvcore_activations[""]
    assert total.parameters == counted.weights[""] + counted.biases[""]


def test_torch(network: Network) -> None:
    counted = count(build(network), batch_of_two(network))
    table = network.table((2, *network.example[1:]), convention="torch")
    assert table.total.operations == counted.torch_flops[""]
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


def test_unknown_conventions_and_quantities_are_refused() -> None:
    with pytest.raises(InputError, match="convention 'fvcor' does not exist; did you mean fvcore"):
        convention_named("fvcor")
    with pytest.raises(InputError, match="relu: quantity 'output' does not exist; did you mean outputs"):
        attrs.evolve(HAND, operations={"relu": {"output": 1}})
    with pytest.raises(InputError, match="kind of operation 'ReLU' does not exist; did you mean relu"):
        attrs.evolve(HAND, operations={"ReLU": {"outputs": 1}})


@pytest.mark.parametrize("convention", CONVENTIONS.values(), ids=CONVENTIONS)
def test_every_preset_says_where_it_comes_from(convention: "object") -> None:
    assert getattr(convention, "source", "")

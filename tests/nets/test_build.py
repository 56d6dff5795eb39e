"""From a description to a module that computes what the description says."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from nets import Network, Node, zoo
from nets.build import build, module_of
from nets.errors import CountError
from nets.layers import Conv2d, Input, Layer, ReLU
from nets.sketch import Sketch


def test_it_computes_what_torch_computes() -> None:
    sketch = Sketch("plain", (3, 9, 9))
    sketch.conv("conv", 4, 3, stride=2, padding=1)
    sketch.linear("fc", 5)
    module = build(sketch.network())
    data = torch.randn(2, 3, 9, 9)
    state = module.state_dict()
    hidden = functional.conv2d(data, state["conv.weight"], state["conv.bias"], stride=2, padding=1).relu()
    expected = functional.linear(hidden.flatten(1), state["fc.weight"], state["fc.bias"])
    assert torch.equal(module(data), expected)


def test_several_outputs_come_as_a_tuple_the_main_one_first() -> None:
    module = build(zoo.googlenet(width=0.125, classes=7, aux=True)).eval()
    with torch.no_grad():
        outputs = module(torch.zeros(1, 3, 224, 224))
    assert [tuple(output.shape) for output in outputs] == [(1, 7)] * 3
    assert module.network.outputs == ("loss3/classifier", "loss1/classifier", "loss2/classifier")


def test_a_relu_spares_what_others_still_read() -> None:
    conv = Node("conv", Conv2d(1, 1, 1), ("input",))
    relu = Node("relu", ReLU(), ("conv",))
    shared = Network(
        "shared", (Node("input", Input((1, 2, 2))), conv, relu, Node("other", ReLU(), ("conv",)))
    )
    alone = Network("alone", (Node("input", Input((1, 2, 2))), conv, relu))
    assert "inplace" not in repr(build(shared).relu)
    assert "inplace" in repr(build(alone).relu)
    first = build(Network("first", (Node("input", Input((1, 2, 2))), Node("relu", ReLU(), ("input",)))))
    data = -torch.ones(1, 1, 2, 2)
    first(data)
    assert data.eq(-1).all()


@pytest.mark.parametrize("name", ["lenet5", "mlp", "resnet18", "inception-reduced"])
def test_every_parameter_of_a_net_learns(name: str) -> None:
    options = {"size": 32} if "size" in zoo.options_of(name) else {}
    module = build(zoo.named(name, width=0.25, **options))
    module(torch.randn(2, *module.network.example[1:])).square().sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


def test_on_the_meta_device_nothing_is_allocated() -> None:
    assert {parameter.device.type for parameter in build(zoo.vgg19(), device="meta").parameters()} == {"meta"}


def test_names_that_torch_keeps_for_itself_are_refused() -> None:
    with pytest.raises(CountError, match="train: torch keeps this name for itself"):
        build(Network("odd", (Node("input", Input((1, 2, 2))), Node("train", ReLU(), ("input",)))))


def test_layers_that_torch_does_not_have_are_refused() -> None:
    class Strange(Layer):
        def output(self, *inputs: tuple[int, ...]) -> tuple[int, ...]:
            return inputs[0]

    with pytest.raises(CountError, match="Strange has no torch module"):
        module_of(Strange())


def test_modules_train_and_evaluate_like_any_other() -> None:
    module = build(zoo.small_inception(width=0.1, size=8))
    assert isinstance(module, nn.Module)
    before = module.state_dict()["bn_conv1.running_mean"].clone()
    module.train()(torch.randn(4, 3, 8, 8))
    assert not torch.equal(before, module.state_dict()["bn_conv1.running_mean"])

"""Formulas against torch and fvcore: agreement, differences explained, and those that nothing explains."""

import pytest
import torch
from torch import nn

import nets
from nets import Network, Node, zoo
from nets.build import build
from nets.counting.check import check_network
from nets.counting.outcome import Check
from nets.errors import CountError, InputError
from nets.layers import Conv2d, Input


@pytest.mark.parametrize(
    "network",
    [
        zoo.googlenet(width=0.125, aux=True),
        zoo.small_inception(width=0.25),
        zoo.resnet(50, width=0.125, size=64),
        zoo.alexnet(width=0.125),
        zoo.vgg(11, width=0.125, size=32, bn=True),
        zoo.lenet5(),
        zoo.mlp(),
        zoo.inception_naive(width=0.125, size=8),
        zoo.inception_reduced(width=0.125, size=8),
    ],
    ids=lambda network: network.name,
)
def test_every_family_agrees_or_is_explained(network: Network) -> None:
    check = check_network(network)
    assert check.ok, check.unexplained


def test_vgg19_in_full() -> None:
    check = nets.check("vgg19")
    assert check.ok
    totals = {(quantity, source): (formula, counted) for quantity, formula, source, counted in check.totals}
    assert totals["weights", "torch"] == (143_652_544, 143_652_544)
    assert totals["biases", "torch"] == (14_696, 14_696)
    assert totals["MACs", "fvcore"] == (19_632_062_464, 19_632_062_464)
    assert totals["MACs", "torch"] == (19_632_062_464, 19_632_062_464)


def explanations(check: Check, quantity: str) -> dict[str, str]:
    return {d.type: d.explanation for d in check.differences if d.quantity == quantity}


def test_batch_normalisation_in_fvcore_is_explained() -> None:
    found = explanations(check_network(zoo.small_inception(width=0.1, size=8)), "MACs")
    assert "2 per element of batch normalisation" in found["BatchNorm2d"]
    assert "adaptive average pooling" in found["AdaptiveAvgPool2d"]


def test_biases_that_the_assignment_leaves_out_are_explained() -> None:
    check = check_network(zoo.lenet5(), convention="assignment")
    assert explanations(check, "biases")["Conv2d"] == "the assignment convention leaves these parameters out"
    assert check.ok


@pytest.mark.parametrize("convention", nets.CONVENTIONS)
def test_every_preset_can_be_checked(convention: str) -> None:
    check = check_network(zoo.small_inception(width=0.1, size=8), convention=convention)
    assert check.ok, check.unexplained


def test_a_module_that_differs_from_its_description_is_found_out() -> None:
    network = zoo.lenet5()
    module = build(network)
    module.c3 = nn.Conv2d(6, 16, 5, bias=False)
    check = check_network(network, module=module)
    assert [(d.layer, d.quantity, d.formula, d.counted) for d in check.unexplained] == [
        ("c3", "biases", 16, 0)
    ]


def test_work_outside_of_the_layers_is_found_out() -> None:
    network = Network("one", (Node("input", Input((3, 8, 8))), Node("conv", Conv2d(3, 4, 3), ("input",))))

    class Sneaky(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, data: torch.Tensor) -> torch.Tensor:
            return torch.matmul(self.conv(data), torch.ones(6, 2))

    check = check_network(network, module=Sneaky())
    assert {d.layer for d in check.unexplained} == {"(mm)", "(outside of layers)"}


def test_operators_that_fvcore_does_not_know_are_named() -> None:
    assert "aten::max_pool2d" in check_network(zoo.googlenet(width=0.125)).uncounted


def test_the_module_is_left_in_its_mode() -> None:
    module = build(zoo.lenet5()).train()
    check_network(zoo.lenet5(), module=module)
    assert module.training


def test_symbols_and_giants_are_refused() -> None:
    with pytest.raises(InputError, match="its input must be numbers"):
        nets.check("lenet5", "Nx1x32x32")
    with pytest.raises(CountError, match=r"would need about .* GiB to run; the limit is 16 GiB"):
        nets.check("resnet18", "1x3x40000x40000")


def test_a_module_that_does_not_run_is_refused_in_one_sentence() -> None:
    with pytest.raises(CountError, match="Linear does not run on input 1×1×32×32"):
        check_network(zoo.lenet5(), module=nn.Linear(3, 3))


def test_a_wrong_output_shape_is_a_difference() -> None:
    module = build(zoo.lenet5())
    module.c1 = nn.Conv2d(1, 6, 5, padding=1)  # 30×30 where the description says 28×28
    module.s2 = nn.AdaptiveAvgPool2d(14)  # so that the rest fits again
    check = check_network(zoo.lenet5(), module=module)
    assert not check.ok
    found = {d.layer: (d.formula, d.counted) for d in check.unexplained if d.quantity == "output"}
    assert found["c1"] == ((1, 6, 28, 28), (1, 6, 30, 30))

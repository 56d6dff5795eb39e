"""The small Inception of Zhang et al.: its published size, and that it learns at any scale."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from nets import build, zoo


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        ({"bn_affine": False}, 1_649_402),  # as the paper counts them
        ({}, 1_652_826),
        ({"channels": 1, "conv_bias": False}, 1_649_386),
    ],
)
def test_it_has_the_published_number_of_parameters(options: dict[str, object], parameters: int) -> None:
    module = build.build(zoo.small_inception(**options))  # type: ignore[arg-type]  # a mapping of mixed types
    assert sum(parameter.numel() for parameter in module.parameters()) == parameters


def test_28_becomes_14_and_7_and_336_features() -> None:
    shapes = zoo.small_inception().shapes()
    assert shapes["inception1b"] == (1, 80, 28, 28)
    assert shapes["inception2d"] == (1, 144, 14, 14)
    assert shapes["inception3b"] == (1, 336, 7, 7)
    assert shapes["fc"] == (1, 10)


def test_at_14_and_a_quarter_of_the_width_it_still_halves_twice() -> None:
    shapes = zoo.small_inception(channels=1, width=0.25, size=14).shapes()
    assert shapes["down1"][2:] == (7, 7)
    assert shapes["down2"][2:] == (4, 4)
    assert shapes["conv1"] == (1, 24, 14, 14)


def test_it_learns_four_images_by_heart() -> None:
    torch.manual_seed(0)
    module = build.build(zoo.small_inception(channels=1, width=0.25, size=14))
    images, labels = torch.randn(4, 1, 14, 14), torch.tensor([0, 1, 2, 3])
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    for _ in range(20):
        optimizer.zero_grad()
        cross_entropy(module(images), labels).backward()  # type: ignore[no-untyped-call]  # torch does not annotate it
        optimizer.step()
    assert module(images).argmax(dim=1).equal(labels)


def test_the_same_seed_gives_the_same_parameters() -> None:
    network = zoo.small_inception(width=0.1)
    states = []
    for _ in range(2):
        torch.manual_seed(21)
        states.append(build.build(network).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_every_parameter_receives_a_gradient() -> None:
    module = build.build(zoo.small_inception(width=0.1, size=8))
    module(torch.randn(2, 3, 8, 8)).sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


def test_layer_names_are_kept() -> None:
    module = build.build(zoo.small_inception(width=0.1))
    assert "inception2b/3x3.weight" in module.state_dict()

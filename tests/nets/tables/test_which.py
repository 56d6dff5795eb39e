"""Whose convention prints a number."""

import pytest

import nets
from nets import CONVENTIONS, zoo
from nets.errors import InputError


def test_a_well_known_figure_of_resnet50_is_thops() -> None:
    found = nets.which("4.134G", "resnet50")
    assert [(r.net, r.conventions, r.rounding) for r in found.matches] == [
        ("resnet50-v1.5", ("thop",), "rounded")
    ]
    assert found.closest == ()


def test_the_likeliest_reading_comes_first() -> None:
    found = nets.which("4.133G", "resnet50")
    assert [(r.conventions, r.rounding) for r in found.matches] == [
        (("thop",), "cut off"),
        (("ptflops",), "rounded up"),
    ]


def test_every_exact_count_is_found_again() -> None:
    net = zoo.small_inception(width=0.25)
    for name in CONVENTIONS:
        total = net.table(convention=name).total
        found = nets.which(str(total.operations), net)
        assert any(name in reading.conventions for reading in found.matches)
        assert {reading.exact for reading in found.matches} == {total.operations}


def test_parameters_weights_activations_and_doubled_macs_are_found() -> None:
    assert nets.which("143.7M", "vgg19").matches[0].what == "parameters"
    assert nets.which("143,652,544", "vgg19").matches[0].what == "weights"
    doubled = nets.which("39.3G", "vgg19").matches[0]
    assert (doubled.what, doubled.exact) == ("FLOPs, 2 per MAC", 2 * 19_632_062_464)
    assert "torch" in [name for r in nets.which("39.264G", "vgg19").matches for name in r.conventions]
    # fvcore counts the outputs of convolutions and products, which are torchinfo's layers with parameters.
    assert nets.which("14.9M", "vgg19").matches[0].conventions == ("fvcore", "torchinfo", "timm")


def test_where_none_prints_it_the_closest_are_shown() -> None:
    found = nets.which("5.5G", "resnet50")
    assert found.matches == ()
    assert len(found.closest) == 5
    distances = [abs(reading.exact - 5.5e9) for reading in found.closest]
    assert distances == sorted(distances)


def test_the_input_and_the_options_matter() -> None:
    assert nets.which("416,520", "lenet5").matches
    assert nets.which("833,040", "lenet5", "2x1x32x32").matches[0].what == "MACs"
    assert nets.which(str(61_706 - 850 + 84 * 2 + 2), "lenet5", classes=2).matches[0].what == "parameters"


def test_bad_questions_are_refused() -> None:
    with pytest.raises(InputError, match="must be a number such as"):
        nets.which("lots", "vgg19")
    with pytest.raises(InputError, match="the input must hold no symbols"):
        nets.which("1G", "vgg19", "Nx3xHxW")
    with pytest.raises(InputError, match="net 'vgg1' does not exist"):
        nets.which("1G", "vgg1")


def test_its_data_is_plain() -> None:
    assert nets.which("61,706", "lenet5").to_dict() == {
        "figure": "61,706",
        "value": 61_706.0,
        "input": [1, 1, 32, 32],
        "matches": [
            {
                "net": "lenet5",
                "what": "parameters",
                "conventions": ("hand",),
                "exact": 61_706,
                "rounding": "exact",
            }
        ],
        "closest": [],
    }

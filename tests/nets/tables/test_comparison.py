"""Two nets side by side: the assignment's question 4.2, answered."""

import pytest

import nets
from nets.errors import InputError

COMPARISON = nets.compare("inception-naive", "inception-reduced", "1x256x32x32")


def test_the_reduced_module_saves_what_the_assignment_says() -> None:
    assert COMPARISON.total("macs") == (1_115_684_864, 397_410_304)
    assert COMPARISON.ratio("macs") == pytest.approx(2.81, abs=0.005)
    assert "saves 64.4 % of the MACs" in COMPARISON.verdict


def test_and_pays_with_convolution_activations() -> None:
    naive, reduced = COMPARISON.total("convolution activations")
    assert (naive, reduced) == (416 * 32 * 32, 640 * 32 * 32)
    assert "1.54 times as many convolution activations" in COMPARISON.verdict


def test_rows_are_matched_by_name_and_those_of_the_second_stand_in_its_order() -> None:
    assert [pair.layer for pair in COMPARISON.pairs] == [
        "input",
        "1x1",
        "3x3_reduce",
        "3x3",
        "5x5_reduce",
        "5x5",
        "pool",
        "pool_proj",
        "concat",
    ]
    pairs = {pair.layer: pair for pair in COMPARISON.pairs}
    assert pairs["5x5"].ratio("macs") == 8  # 256 channels against 32
    assert pairs["3x3_reduce"].values("macs") == (None, 33_554_432)


def test_nets_of_equal_cost_are_said_to_be_so() -> None:
    assert nets.compare("vgg19", "vgg19").verdict == "vgg19 and vgg19 cost the same."


def test_different_inputs_and_symbols_are_refused() -> None:
    with pytest.raises(InputError, match="give both the same input"):
        nets.compare("lenet5", "vgg19")
    with pytest.raises(InputError, match="must hold no symbols"):
        nets.compare("inception-naive", "inception-reduced", "Nx256xHxW")

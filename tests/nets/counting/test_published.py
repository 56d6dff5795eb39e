"""The papers' own figures, and which of them are misprints."""

import attrs
import pytest

from nets.counting.published import PUBLISHED, verdicts
from nets.errors import InputError


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_figure_agrees_or_is_listed_as_a_misprint(name: str) -> None:
    assert all(verdict.ok for verdict in verdicts(name))


def test_googlenets_parameter_column_is_right_in_four_rows_only() -> None:
    found = {v.printed.row: v for v in verdicts("googlenet") if v.printed.quantity == "parameters"}
    assert [row for row, verdict in found.items() if verdict.agrees] == [
        "conv 3×3/1",
        "inception 3a",
        "inception 3b",
        "linear",
    ]


def test_googlenets_operations_are_right_but_for_conv1_and_5a() -> None:
    found = {v.printed.row: v for v in verdicts("googlenet") if v.printed.quantity == "macs"}
    assert [row for row, verdict in found.items() if not verdict.agrees] == ["conv 7×7/2", "inception 5a"]


def test_a_separable_first_layer_would_have_what_the_paper_prints_of_conv1() -> None:
    weights = 7 * 7 * 3 * 8 + 3 * 8 * 64
    assert round(weights / 1000, 1) == 2.7
    assert round(weights * 112 * 112 / 1e6) == 34


def test_the_exact_counts_of_a_row_without_rounding() -> None:
    parameters, macs = verdicts("googlenet")[:2]
    assert (parameters.exact, parameters.of) == (9_408, "weights")
    assert (macs.exact, macs.of) == (118_013_952, "MACs")


def test_what_is_shown_as_exact_is_what_was_compared() -> None:
    # GoogLeNet's 3b: 388,096 weights and 640 biases; only with them is it 380K of 1,024.
    row = next(v for v in verdicts("googlenet") if v.printed.row == "inception 3b")
    assert (row.exact, row.of, row.agrees) == (388_096 + 640, "parameters", True)
    (small,) = verdicts("small-inception")
    assert small.to_dict() == {
        "row": "whole net",
        "printed": "1,649,402",
        "exact": 1_649_402,
        "of": "parameters",
        "agrees": True,
        "misprint": "",
        "ok": True,
    }


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_figure_that_is_further_off_than_its_last_digit_does_not_agree(name: str) -> None:
    for verdict in verdicts(name):
        printed = verdict.printed.figure
        above, below = verdict.exact + printed.resolution, verdict.exact - printed.resolution
        assert not attrs.evolve(printed, value=above).matches(verdict.exact)
        assert not attrs.evolve(printed, value=below).matches(verdict.exact)


def test_resnets_are_printed_as_their_paper_prints_them() -> None:
    found = {name: verdicts(name)[0] for name in PUBLISHED if name.startswith("resnet")}
    assert {name: verdict.printed.figure.text for name, verdict in found.items()} == {
        "resnet18": "1.8×10⁹",
        "resnet34": "3.6×10⁹",
        "resnet50-v1": "3.8×10⁹",
        "resnet101-v1": "7.6×10⁹",
        "resnet152-v1": "11.3×10⁹",
    }
    assert found["resnet50-v1"].exact == 3_857_973_248


def test_nets_without_published_figures_are_refused() -> None:
    with pytest.raises(InputError, match="no published figures of mlp are kept here"):
        verdicts("mlp")

"""The papers' own figures, and which of them are misprints."""

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
    first = verdicts("googlenet")[0]
    assert (first.weights, first.biases, first.macs) == (9_408, 64, 118_013_952)


def test_nets_without_published_figures_are_refused() -> None:
    with pytest.raises(InputError, match="no published figures of mlp are kept here"):
        verdicts("mlp")

"""Rows arranged by their paths: who sums up whom, which neighbours are folded, and that no number is lost."""

from typing import Any

import pytest

from nets.tables.rows import Counts, Row, total
from nets.tables.tree import largest, outline, split


def row(layer: str, macs: int, **settings: Any) -> Row:  # noqa: ANN401  # a row's fields
    usual = {"kind": "linear", "inputs": ((1, 2),), "output": (1, 3), "counts": Counts(macs=macs, weights=1)}
    return Row(**{"layer": layer, "type": "Linear", "worked_weights": "1×1", **usual, **settings})


ROWS = (
    row("embed", 5),
    row("layers.0.up", 10),
    row("layers.0.down", 20, output=(1, 4)),
    row("layers.0.(torch.add)", 1, kind="add"),
    row("layers.1.up", 10),
    row("layers.1.down", 20, output=(1, 4)),
    row("layers.1.(torch.add)", 1, kind="add"),
    row("head", 7),
)
HEADINGS = {"layers": ("Sequential", 1), "layers.0": ("Block", 1), "layers.1": ("Block", 1)}


def shown(rows: tuple[Row, ...]) -> list[tuple[object, ...]]:
    return [
        (row.level, row.label, row.layer, row.type, row.counts.macs, row.times, row.subtotal) for row in rows
    ]


def test_equal_blocks_are_folded_and_hold_their_sum() -> None:
    found = outline(ROWS, HEADINGS)
    assert shown(found) == [
        (0, "embed", "embed", "Linear", 5, 1, False),
        (0, "layers", "layers", "Sequential", 62, 1, True),
        (1, "0–1 × 2", "layers.0–1", "Block", 62, 2, True),
        (2, "up", "layers.0–1.up", "Linear", 20, 2, False),
        (2, "down", "layers.0–1.down", "Linear", 40, 2, False),
        (2, "(torch.add)", "layers.0–1.(torch.add)", "Linear", 2, 2, False),
        (0, "head", "head", "Linear", 7, 1, False),
    ]
    assert total(found) == total(ROWS)
    assert [row.output for row in found[1:4]] == [(1, 3), (1, 3), (1, 3)]
    assert [row.worked_weights for row in found] == ["1×1", "", "", "", "", "", "1×1"]


def test_without_folding_every_block_stands_by_itself() -> None:
    found = outline(ROWS, HEADINGS, fold=False)
    assert [(level, label) for level, label, *_ in shown(found)] == [
        (0, "embed"),
        (0, "layers"),
        *(
            (level, label)
            for i in "01"
            for level, label in ((1, i), (2, "up"), (2, "down"), (2, "(torch.add)"))
        ),
        (0, "head"),
    ]
    assert {row.times for row in found} == {1}
    assert total(found) == total(ROWS)


@pytest.mark.parametrize(
    ("depth", "labels", "subtotals"),
    [
        (1, ["embed", "layers", "head"], [False, False, False]),
        (2, ["embed", "layers", "0–1 × 2", "head"], [False, True, False, False]),
        (
            9,
            ["embed", "layers", "0–1 × 2", "up", "down", "(torch.add)", "head"],
            [False, True, True, *[False] * 4],
        ),
    ],
)
def test_what_lies_deeper_is_summed_up(depth: int, labels: list[str], subtotals: list[bool]) -> None:
    found = outline(ROWS, HEADINGS, depth=depth)
    assert [row.label for row in found] == labels
    assert [row.subtotal for row in found] == subtotals
    assert total(found) == total(ROWS)


def test_blocks_that_differ_in_a_number_a_shape_or_a_name_are_not_folded() -> None:
    for change in (
        {"counts": Counts(macs=11)},
        {"output": (1, 9)},
        {"calls": 2},
        {"note": "tied"},
        {"type": "Odd"},
    ):
        other = row("layers.1.up", 10, **change)
        rows = tuple(other if each.layer == other.layer else each for each in ROWS)
        assert "0–1 × 2" not in [each.label for each in outline(rows, HEADINGS)]
    renamed = tuple(row("layers.1.right", 10) if each.layer == "layers.1.up" else each for each in ROWS)
    assert "0–1 × 2" not in [each.label for each in outline(renamed, HEADINGS)]


def test_neighbours_without_children_are_folded_by_number_only() -> None:
    numbered = (row("0", 1), row("1", 1), row("2", 1), row("3", 2))
    assert [(each.label, each.counts.macs) for each in outline(numbered, {})] == [("0–2 × 3", 3), ("3", 2)]
    named = (row("a", 1), row("b", 1))
    assert [each.label for each in outline(named, {})] == ["a", "b"]
    blocks = (row("left.up", 1), row("right.up", 1), row("down.up", 1))
    assert [each.label for each in outline(blocks, {})] == ["left…down × 3", "up"]


def test_a_module_called_more_than_once_says_so_and_keeps_what_it_does_itself() -> None:
    rows = (row("block", 3), row("block.up", 4))
    heading, itself, inner = outline(rows, {"block": ("Block", 2)})
    assert (heading.label, heading.calls, heading.note, heading.subtotal) == (
        "block",
        2,
        "called 2 times",
        True,
    )
    assert (itself.layer, itself.label, itself.level, itself.counts.macs) == (
        "block.(itself)",
        "(itself)",
        1,
        3,
    )
    assert (inner.layer, inner.level, inner.counts.macs) == ("block.up", 1, 4)
    assert heading.counts.macs == 7


def test_paths_are_split_at_dots_outside_of_parentheses() -> None:
    assert split("a.b.(torch.add)") == ["a", "b", "(torch.add)"]
    assert split("(torch.add)") == ["(torch.add)"]
    assert split("a") == ["a"]
    assert split("") == [""]


def test_the_largest_are_shown_and_the_others_summed_up() -> None:
    found = largest(outline(ROWS, HEADINGS, fold=False), lambda each: each.counts.macs, 2)
    assert [(each.layer, each.counts.macs, each.label, each.level) for each in found] == [
        ("layers.0.down", 20, "", 0),
        ("layers.1.down", 20, "", 0),
        ("(6 more)", 34, "", 0),
    ]
    assert total(found) == total(ROWS)
    assert len(largest(ROWS, lambda each: each.counts.macs, 8)) == 8
    assert len(largest(ROWS, lambda each: each.counts.macs, None)) == 8

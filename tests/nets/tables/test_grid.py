"""Tables in terminals of any width: stacked, folded, shortened by one rule, and no number ever cut."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nets
from nets.tables.grid import LEAST, Column, Grid, cell_width, fold, shortened

NUMBER = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])")


def numbers(text: str) -> set[str]:
    return set(NUMBER.findall(text))


@pytest.mark.parametrize("width", [28, 40, 60, 80, 120])
@pytest.mark.parametrize("name", ["vgg19", "googlenet", "resnet152-v1.5", "mlp"])
def test_every_number_stands_whole_at_every_width(
    name: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    wide = str(nets.table(name))
    monkeypatch.setenv("COLUMNS", str(width))
    narrow = str(nets.table(name))
    assert max(map(len, narrow.splitlines())) <= width
    assert numbers(narrow) == numbers(wide)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_formulas_break_at_their_operators_only(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    wide = str(nets.table("resnet50-v1", symbolic=True))
    monkeypatch.setenv("COLUMNS", str(width))
    narrow = str(nets.table("resnet50-v1", symbolic=True))
    assert max(map(len, narrow.splitlines())) <= width
    assert numbers(narrow) == numbers(wide)


def test_columns_that_do_not_fit_are_stacked_under_the_names() -> None:
    names = Column("layer", ["a", "b"], ["total"])
    counts = [Column(title, ["1,000,000", "2"], ["1,000,002"], right=True) for title in ("x", "y", "z")]
    grid = Grid(names, tuple((column,) for column in counts))
    assert list(grid.lines(30)) == [
        "layer          x          y",
        "───────────────────────────",
        "a      1,000,000  1,000,000",
        "b              2          2",
        "",
        "total  1,000,002  1,000,002",
        "",
        "layer          z",
        "────────────────",
        "a      1,000,000",
        "b              2",
        "",
        "total  1,000,002",
    ]
    assert max(map(len, grid.lines(80))) == grid.width == 38


def test_a_group_is_parted_only_where_it_does_not_fit_and_its_columns_say_what_they_are() -> None:
    pair = (
        Column("MACs", ["1,115,684,864"], right=True),
        Column("", ["397,410,304"], right=True, alone="MACs (2nd)"),
    )
    grid = Grid(Column("layer", ["conv"]), (pair,))
    assert next(iter(grid.lines(38))).split() == ["layer", "MACs"]
    assert len(list(grid.lines(38))) == 3
    assert [line.split() for line in grid.lines(28)] == [
        ["layer", "MACs"],
        ["─" * 20],
        ["conv", "1,115,684,864"],
        [],
        ["layer", "MACs", "(2nd)"],
        ["─" * 18],
        ["conv", "397,410,304"],
    ]


def test_names_lose_their_middle_where_a_column_would_not_fit_beside_them() -> None:
    grid = Grid(
        Column("layer", ["inception_3a/5x5_reduce"]), ((Column("MACs", ["12,845,056"], right=True),),)
    )
    assert list(grid.lines(30))[-1] == "incepti…_reduce  12,845,056"
    assert list(grid.lines(40))[-1] == "inception_3a/5x5_reduce  12,845,056"


def test_totals_without_a_number_are_left_out_of_a_part() -> None:
    grid = Grid(Column("layer", ["a"], ["total"]), ((Column("shape", ["2×2"], [""]),),))
    assert list(grid.lines(80))[-1].split() == ["a", "2×2"]


def test_columns_need_no_names_beside_them() -> None:
    grid = Grid(None, ((Column("MACs", ["1,000"], ["1,000"], right=True),),))
    assert list(grid.lines(80)) == ["  MACs"[1:], "─────", "1,000", "", "1,000"]


@given(st.text(alphabet="ab×· 1,000", max_size=60), st.integers(5, 30))
def test_folding_loses_nothing_but_spaces(text: str, width: int) -> None:
    folded = fold(text, width)
    assert "".join(folded).replace(" ", "") == text.replace(" ", "")
    for line in folded:
        assert cell_width(line) <= width or not re.search(r"[ ×·](?=.)", line.strip())


@given(st.text(alphabet="abc漢é/_", min_size=1, max_size=40), st.integers(5, 30))
def test_shortened_names_fit_and_keep_their_ends(name: str, width: int) -> None:
    short = shortened(name, width)
    assert cell_width(short) <= width
    if short != name:
        head, tail = short.split("…")
        assert name.startswith(head)
        assert name.endswith(tail)


def test_nothing_is_made_for_less_than_the_least_width() -> None:
    grid = Grid(None, ((Column("n", ["123,456,789,012,345"], right=True),),))
    assert list(grid.lines(1)) == list(grid.lines(LEAST))

"""Tables fit every terminal, no number is ever cut, and every character can be shown."""

import io
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sim.terminal import Column, Grid, Screen, any_streams, as_json, plain

words = st.text(st.sampled_from("abc éß工–σ…"), min_size=1, max_size=30).map(str.strip).filter(bool)
numbers = st.integers(0, 10**12).map(str)


def printed(grid: Grid, width: int) -> list[str]:
    screen = Screen()
    screen.width = width
    with screen.capture() as capture:
        screen.print(grid)
    return capture.get().splitlines()


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    of_words = [True, *draw(st.lists(st.booleans(), max_size=8))]
    rows = draw(st.lists(st.tuples(*(words if each else numbers for each in of_words)), max_size=5))
    heads = [f"column {place}" for place in range(len(of_words))]
    keys = draw(st.integers(1, min(2, len(heads))))
    return Grid([Column(*each) for each in zip(heads, of_words, strict=True)], rows, keys)


@given(grids(), st.integers(40, 120))
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(grid: Grid, width: int) -> None:
    lines = printed(grid, width)
    assert max(map(cell_len, lines)) <= width
    shown = re.split(r"\s{2,}", "   ".join(lines))
    for row in grid.rows:
        for column, cell in zip(grid.columns, row, strict=True):
            assert column.words or cell in shown


@given(grids())
def test_where_there_is_room_there_is_one_table(grid: Grid) -> None:
    lines = printed(grid, 500)
    assert len(lines) == len(grid.rows) + 4
    for line, row in zip(lines[3:-1], grid.rows, strict=True):
        assert line.split() == " ".join(row).split()


def test_what_finds_no_room_goes_on_below_with_the_first_columns_again() -> None:
    columns = [Column("worker", words=True), Column("gradients"), Column("staleness"), Column("computing")]
    assert printed(Grid(columns, [["a", "1", "2", "3"], ["b", "10"]]), 30) == [
        "",
        " worker  gradients  staleness",
        " ────────────────────────────",
        " a               1          2",
        " b              10",
        "",
        " worker  computing",
        " ─────────────────",
        " a               3",
        " b",
        "",
    ]


def test_a_long_name_is_broken_over_lines() -> None:
    columns = [Column("worker", words=True), Column("gradients")]
    lines = printed(Grid(columns, [["a-very-long-name-" * 3, "1"]]), 40)
    assert "".join(line.split()[0] for line in lines[3:-1]) == "a-very-long-name-" * 3


@pytest.mark.parametrize(
    ("columns", "width"),
    [("80", 80), ("0", 80), ("7", 40), ("³", 80), ("x", 80), ("9" * 9, 1000), ("9" * 99, 80), ("", 80)],
)
def test_the_width_is_what_columns_says_within_reason(
    columns: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("os.get_terminal_size", _no_terminal)
    assert Screen().width == width


def _no_terminal(_: int) -> object:
    raise OSError


@given(st.text(), st.sampled_from(["ascii", "latin-1", "cp437", "koi8-r", "utf-8", "utf-16"]))
def test_every_text_can_be_written_in_every_encoding(text: str, encoding: str) -> None:
    shown = plain(text, encoding)
    assert shown.encode(encoding).decode(encoding) == shown
    if encoding.startswith("utf") and not re.search("[\ud800-\udfff]", text):
        assert shown == text


def test_streams_take_any_text_while_they_are_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "latin-1"))
    monkeypatch.setattr(sys, "stderr", None)
    with any_streams():
        print("é ≤ 工", flush=True)  # noqa: T201 -- to the stream under test
        print("nowhere", file=sys.stderr)  # noqa: T201
        assert as_json("é工") == r'"\u00e9\u5de5"'
    assert raw.getvalue() == b"\xe9 <= ?\n"
    with pytest.raises(UnicodeEncodeError):
        print("工", flush=True)  # noqa: T201
    assert sys.stderr is None
    monkeypatch.undo()

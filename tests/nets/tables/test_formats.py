"""Names are data in every format; numbers are short, whole or said to be formulas; values can be kept."""

import copy
import csv
import io
import json
import pickle
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nets
from nets import Network, Node, zoo
from nets.layers import Conv2d, Input, Linear
from nets.tables.columns import human

NASTY = [
    "c[red]y",
    "z[/]",
    "a|b",
    "$x$ {y} \\z ~^_&%#",
    "<b>&amp;",
    "*bold* `code`",
    "line\nbreak\ttab",
    "\x1b[31mred",
    "[x](y)",
    "漢字",
    "--",
    "\u202egpj",
]


def shown(name: str) -> str:
    return name if name.isprintable() else name.encode("unicode_escape").decode()


def one(name: str) -> Network:
    return Network("one", (Node("input", Input((1, 4, 4))), Node(name, Conv2d(1, 2, 3), ("input",))))


@pytest.mark.parametrize("name", NASTY)
def test_a_name_stands_in_text_as_it_is(name: str) -> None:
    lines = one(name).table().to("text").splitlines()
    assert any(line.startswith(shown(name)) for line in lines)
    assert len(lines) == len(one("plain").table().to("text").splitlines())
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_one_cell_in_csv_and_json(name: str) -> None:
    table = one(name).table()
    rows = list(csv.DictReader(io.StringIO(table.to("csv"), newline="")))
    assert [row["layer"] for row in rows] == ["input", name]
    assert json.loads(table.to("json"))["rows"][1]["layer"] == name


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_one_cell_in_markdown(name: str) -> None:
    (row,) = [line for line in one(name).table().to("markdown").splitlines() if "Conv2d" in line]
    unescaped, bars, at = "", 0, 0
    while at < len(row):
        if row[at] == "\\":
            at += 1
            unescaped += row[at]
        elif row[at] == "|":
            bars += 1
        else:
            assert row[at] not in "*`[]<>_$~#"
            unescaped += row[at]
        at += 1
    assert bars == 8
    assert unescaped.strip().startswith(shown(name))


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.add(tag)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_one_cell_in_html(name: str) -> None:
    parser = Cells()
    parser.feed(one(name).table().to("html"))
    assert parser.cells[7] == shown(name)
    assert parser.tags <= {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "p"}


LATEX = {
    r"\_": "_", r"\%": "%", r"\&": "&", r"\#": "#", r"\$": "$", r"\{": "{", r"\}": "}",
    r"\textbackslash{}": "\\", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^",
    "{*}": "*", "{[}": "[", "{]}": "]", "$<$": "<", "$>$": ">", "$|$": "|", "-{}-": "--",
}  # fmt: skip


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_one_cell_in_latex(name: str) -> None:
    (row,) = [line for line in one(name).table().to("latex").splitlines() if "Conv2d" in line]
    cell, read = row.partition(" & Conv2d")[0], ""
    while cell:
        code = max((code for code in LATEX if cell.startswith(code)), key=len, default="")
        assert code or cell[0] not in "\\{}$&#%_^~"
        read += LATEX.get(code, cell[0])
        cell = cell[len(code) or 1 :]
    assert read == shown(name)


def test_latex_is_a_booktabs_table_whose_caption_states_unit_and_convention() -> None:
    text = nets.table("lenet5").to("latex")
    for rule in (r"\toprule", r"\bottomrule", r"% needs \usepackage{booktabs}"):
        assert text.count(rule) == 1
    assert text.count(r"\midrule") == 2
    assert r"\hline" not in text
    (caption,) = [line for line in text.splitlines() if line.startswith(r"\caption")]
    assert "Convention: hand." in caption
    assert "1 MAC = 1 multiply-accumulate = 2 FLOPs." in caption
    assert "Parameters: 61,706 (weights + biases)." in caption
    thop = nets.table("lenet5", convention="thop").to("latex")
    assert "Convention: thop." in thop
    symbolic = nets.table("lenet5", symbolic=True).to("latex")
    assert r"MACs = 150$\cdot$N$\cdot$(H - 4)" in symbolic
    assert "Holds for: H $\\geq$ 16" in symbolic


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1K"),
        (999_949, "999.9K"),
        (999_950, "1M"),
        (999_999, "1M"),
        (999_999_999, "1G"),
        (12_346, "12.35K"),
        (10**15, "1P"),
        (1234 * 10**15, "1.234E"),
        (5 * 10**24, "5.000e+24"),
        (10**400, "1.000e+400"),
    ],
)
def test_short_numbers_have_four_digits_at_most_three_before_the_point(size: int, text: str) -> None:
    assert human(size) == text


@given(st.integers(0, 999 * 10**18 - 1))
def test_short_numbers_are_right_to_four_digits(size: int) -> None:
    text = human(size)
    power = "KMGTPE".find(text[-1]) + 1
    number = float(text.rstrip("KMGTPE")) * 1000**power
    assert abs(number - size) <= size * 5.01e-4
    assert float(text.rstrip("KMGTPE")) < 1000


def test_the_repr_of_a_table_is_one_short_line() -> None:
    for table in (nets.table("vgg19"), nets.table("resnet50-v1", symbolic=True, convention="thop")):
        assert len(repr(table)) < 160
        assert "\n" not in repr(table)
    assert repr(nets.table("vgg19")) == (
        "<Table vgg19, input 1×3×224×224: 25 rows, 143,667,240 parameters, 19,632,062,464 MACs>"
    )


def test_notebooks_show_the_table() -> None:
    assert nets.table("lenet5")._repr_html_() == nets.table("lenet5").to("html")


def _pickled(value: Any) -> Any:  # noqa: ANN401  # whatever it is
    return pickle.loads(pickle.dumps(value))  # noqa: S301  # ours


@pytest.mark.parametrize("keep", [_pickled, copy.deepcopy, copy.copy])
@pytest.mark.parametrize(
    "make",
    [
        lambda: nets.table("vgg19"),
        lambda: nets.table("lenet5", symbolic=True, convention="thop"),
        lambda: nets.CONVENTIONS["ptflops"],
        lambda: nets.compare("inception-naive", "inception-reduced"),
        lambda: nets.which("4.133G", "resnet50"),
        zoo.lenet5,
        lambda: zoo.lenet5().propagate(),
        lambda: zoo.lenet5().nodes[1],
    ],
    ids=["table", "formulas", "convention", "comparison", "which", "network", "flow", "node"],
)
def test_values_can_be_pickled_and_copied(make: Callable[[], Any], keep: Callable[[Any], Any]) -> None:
    value = make()
    kept = keep(value)
    assert kept == value
    assert hash(kept) == hash(value)
    assert str(kept) == str(value)


def test_a_fully_connected_layer_over_rows_keeps_torchs_order_of_sizes() -> None:
    # Linear acts on the last size: (N, L, F) is 2×5×4, in no format 2×4×5.
    net = Network("rows", (Node("input", Input((5, 3))), Node("fc", Linear(3, 4), ("input",))))
    table = net.table((2, 5, 3))
    assert [row["output"] for row in csv.DictReader(io.StringIO(table.to("csv")))] == ["2×5×3", "2×5×4"]
    assert "2×5×4" in table.to("text")
    assert table.by_layer["fc"].worked_activations == "2×5×4"
    deep = Network("deep", (Node("input", Input((6, 5, 3))), Node("fc", Linear(3, 4), ("input",))))
    assert deep.table().by_layer["fc"].worked_activations == "6×5×4"
    images = Network("images", (Node("input", Input((3, 5, 6))), Node("conv", Conv2d(3, 4, 1), ("input",))))
    assert images.table().by_layer["conv"].worked_activations == "5×6×4"


def test_json_has_operations_only_where_they_differ_from_the_macs() -> None:
    for convention, there in (("hand", False), ("thop", True), ("torch", True), ("assignment", False)):
        document = json.loads(nets.table("lenet5", convention=convention).to("json"))
        assert ("operations" in document["total"]) is there
        assert all(("operations" in row) is there for row in document["rows"])


def test_text_that_is_too_wide_for_the_products_drops_them_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    text = str(nets.table("lenet5"))
    assert "(5×5×6)×16" not in text
    assert text.splitlines()[1].split() == ["layer", "output", "activations", "weights", "biases", "MACs"]
    monkeypatch.setenv("COLUMNS", "80")
    assert "(5×5×6)×16 = 2,400" in str(nets.table("lenet5"))

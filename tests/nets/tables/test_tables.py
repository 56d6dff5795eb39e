"""The layer table: what stands in it, in numbers and in symbols, and in every format."""

import csv
import io
import json
from html.parser import HTMLParser

import numpy as np
import pytest
import sympy

import nets
from nets import zoo
from nets.errors import InputError
from nets.network.formulas import parse, substitute
from nets.tables.formats import FORMATS


def test_a_row_holds_the_assignments_hand_count() -> None:
    row = nets.table("vgg19").by_layer["conv1_1"]
    assert row.counts.activations == 3_211_264
    assert row.counts.weights == 1_728
    assert row.counts.biases == 64
    assert row.counts.macs == 86_704_128
    assert (row.worked_activations, row.worked_weights) == ("224×224×64", "(3×3×3)×64")


def test_rows_stand_in_execution_order_the_free_ones_with_zeros() -> None:
    rows = nets.table("inception-naive").rows
    assert [row.layer for row in rows] == ["input", "1x1", "3x3", "5x5", "pool", "concat"]
    assert rows[4].counts.weights == rows[4].counts.macs == rows[5].counts.activations == 0


def test_relu_and_dropout_have_rows_only_on_request_and_never_change_the_totals() -> None:
    short, long = nets.table("vgg19"), nets.table("vgg19", every=True)
    assert {row.type for row in long.rows} - {row.type for row in short.rows} == {
        "ReLU",
        "Dropout",
        "Flatten",
    }
    assert short.total == long.total


def test_sums_by_type() -> None:
    by_type = nets.table("vgg19").by_type
    assert by_type["Conv2d"].weights == 20_018_880
    assert by_type["Linear"].parameters == 123_633_664 + 9_192
    assert list(by_type) == ["Input", "Conv2d", "MaxPool2d", "Linear"]


def test_counts_scale_with_the_batch_but_for_the_parameters() -> None:
    one, eight = nets.table("lenet5").total, nets.table("lenet5", "8x1x32x32").total
    assert eight.macs == 8 * one.macs
    assert eight.activations == 8 * one.activations
    assert eight.parameters == one.parameters


def test_a_data_frame_is_indexed_by_layer_and_sums_to_the_totals() -> None:
    frame = nets.table("vgg19").to_pandas()
    assert frame.loc["conv1_1", "weights"] == 1_728
    assert frame["macs"].sum() == 19_632_062_464
    assert frame["flops"].dtype == np.int64


def test_symbolic_formulas_of_the_reduced_inception() -> None:
    table = nets.table("inception-reduced", symbolic=True)
    n, h, w = (sympy.Symbol(name, integer=True, positive=True) for name in "NHW")
    assert table.total.macs == 388_096 * n * h * w
    assert table.conditions == ()


def test_symbolic_vgg19_holds_where_its_first_fully_connected_layer_fits() -> None:
    table = nets.table("vgg19", symbolic=True)
    assert [str(condition) for condition in table.conditions] == [
        "H >= 32",
        "W >= 32",
        "Eq(floor(H/32)*floor(W/32), 49)",
    ]
    assert substitute(table.total.macs, {"N": 1, "H": 224, "W": 224}) == 19_632_062_464
    assert substitute(table.total.activations, {"N": 1, "H": 224, "W": 224}) == 16_542_184


def test_some_sizes_may_be_symbols_and_others_numbers() -> None:
    assert str(nets.table("googlenet", "1x3xHx224").total.macs) != str(nets.table("googlenet").total.macs)
    assert nets.table("mlp", "Bx784").total.macs == 668_672 * sympy.Symbol("B", integer=True, positive=True)


def test_strings_in_json_are_read_back_by_sympy() -> None:
    document = json.loads(nets.table("googlenet", symbolic=True).to("json"))
    assert document["input"] == ["N", 3, "H", "W"]
    assert document["conditions"] == ["H >= 31", "W >= 31"]
    macs = parse(document["total"]["macs"])
    assert substitute(macs, {"N": 2, "H": 224, "W": 224}) == 2 * 1_582_671_872
    symbols = {name: sympy.Symbol(name) for name in "NHW"}
    assert sympy.sympify(document["rows"][1]["macs"], locals=symbols).free_symbols == set(symbols.values())


def test_json_is_the_documented_structure() -> None:
    document = json.loads(nets.table("vgg19").to("json"))
    assert list(document) == ["name", "input", "convention", "unit", "rows", "total"]
    assert document["rows"][1] == {
        "layer": "conv1_1",
        "type": "Conv2d",
        "output": [1, 64, 224, 224],
        "activations": 3_211_264,
        "weights": 1_728,
        "biases": 64,
        "parameters": 1_792,
        "macs": 86_704_128,
        "flops": 173_408_256,
    }
    assert document["total"]["parameters"] == 143_667_240


def test_csv_holds_bare_numbers_and_no_total() -> None:
    rows = list(csv.DictReader(io.StringIO(nets.table("vgg19").to("csv"))))
    assert sum(int(row["weights"]) for row in rows) == 143_652_544
    assert rows[-1]["layer"] == "fc8"


def test_text_fits_80_columns_with_the_products_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = str(nets.table("vgg19"))
    assert max(map(len, text.splitlines())) <= 80
    assert "224×224×64 = 3,211,264" in text
    assert "(3×3×3)×64 = 1,728" in text
    assert "16,542,184" in text
    assert "143,667,240" in text


@pytest.mark.parametrize("name", [name for name in zoo.NETS if not name.startswith(("resnet1", "vgg1"))])
@pytest.mark.parametrize("symbolic", [False, True])
def test_every_table_fits_80_columns(name: str, symbolic: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001  # pytest passes it by name
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, str(nets.table(name, symbolic=symbolic)).splitlines())) <= 80


def test_human_numbers_say_that_k_is_1000() -> None:
    text = nets.table("vgg19").to("text", human=True)
    assert "143.7M" in text
    assert "K, M, G, T, P, E are powers of 1000." in text


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_names_macs_or_flops(form: str) -> None:
    assert "mac" in nets.table("lenet5").to(form).lower()
    flops = nets.table("lenet5", convention="torch").to(form)
    assert "flop" in flops.lower()


def test_markdown_is_a_table_of_equal_rows() -> None:
    lines = [line for line in nets.table("lenet5").to("markdown").splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1
    assert lines[0].split("|")[1].strip() == "layer"


class Cells(HTMLParser):
    """Counts cells and complains of what is never closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.open.append(tag)
        self.cells += tag in ("td", "th")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_well_formed() -> None:
    parser = Cells()
    parser.feed(nets.table("lenet5").to("html"))
    assert parser.open == []
    assert parser.cells == 7 * (1 + len(nets.table("lenet5").rows) + 1)


def test_latex_escapes_what_tex_would_take_for_its_own() -> None:
    text = nets.table("googlenet").to("latex")
    assert r"inception\_3a/5x5\_reduce" in text
    assert "×" not in text
    assert text.count(r"\begin{") == text.count(r"\end{") == 2


def test_columns_are_chosen_and_checked() -> None:
    assert nets.table("lenet5").to("csv", columns=["layer", "flops"]).startswith("layer,flops\ninput,0\n")
    with pytest.raises(InputError, match=r"column 'flop' does not exist; did you mean flops"):
        nets.table("lenet5").to("text", columns=["flop"])
    with pytest.raises(InputError, match="JSON holds all columns"):
        nets.table("lenet5").to("json", columns=["layer"])


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(InputError, match="format 'xml' does not exist"):
        nets.table("lenet5").to("xml")


def test_options_of_a_network_that_is_built_already_are_refused() -> None:
    with pytest.raises(InputError, match="lenet5 is built already; width cannot be set any more"):
        nets.table(zoo.lenet5(), width=2)

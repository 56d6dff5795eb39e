"""The command line as its user meets it: output, exit status, and one sentence for what is wrong."""

import json
import sys
from pathlib import Path

import pytest

from nets.cli import main
from tests.commands import run_python, signalled, started, wait_until
from tests.test_house import modules_loaded_by


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")


def test_table_prints_the_totals(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", "vgg19"]) == 0
    out = capsys.readouterr().out
    for number in ("16,542,184", "143,652,544", "143,667,240", "19,632,062,464"):
        assert number in out


def test_table_takes_every_format(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for form in ("text", "markdown", "csv", "json", "latex", "html"):
        out = tmp_path / form
        assert main(["table", "lenet5", "--format", form, "--out", str(out)]) == 0
        assert main(["table", "lenet5", "--format", form]) == 0
        assert capsys.readouterr().out == out.read_text(encoding="utf-8")


def test_table_of_formulas_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", "inception-reduced", "--symbolic", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["total"]["macs"] == "388096*H*N*W"
    assert document["conditions"] == []


def test_options_of_the_net_are_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", "googlenet", "--set", "aux=true", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["total"]["parameters"] == 13_378_280


def test_an_input_of_another_size_builds_the_net_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", "vgg19", "--input", "1x3x64x64", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert next(row for row in rows if row["layer"] == "fc6")["weights"] == 512 * 2 * 2 * 4096


def test_check_exits_0_where_all_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "lenet5"]) == 0
    assert "or a convention explains the difference" in capsys.readouterr().out


def test_check_exits_1_with_a_diff_where_something_is_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from nets.layers import Conv2d

    right = Conv2d.macs
    monkeypatch.setattr(Conv2d, "macs", lambda self, *inputs: right(self, *inputs) + 1)
    assert main(["check", "lenet5"]) == 1
    out = capsys.readouterr().out
    assert "Unexplained differences:" in out
    assert "117,601" in out
    assert "117,600" in out


def test_check_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "mlp", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is True
    assert ["weights", 668_672, "torch", 668_672] in document["totals"]


def test_check_against_the_paper(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "googlenet", "--paper"]) == 0
    out = capsys.readouterr().out
    assert out.count("misprint") >= 10
    assert main(["check", "googlenet", "--paper", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 24


def test_compare(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["compare", "inception-naive", "inception-reduced", "--input", "1x256x32x32"]
    assert main(arguments) == 0
    assert "saves 64.4 % of the MACs" in capsys.readouterr().out
    assert main([*arguments, "--json"]) == 0
    total = json.loads(capsys.readouterr().out)["total"]
    assert total["macs"]["first"] == 1_115_684_864


def test_draw_into_a_file_and_onto_the_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "net.svg"
    assert main(["draw", "lenet5", "--out", str(out)]) == 0
    assert main(["draw", "lenet5"]) == 0
    captured = capsys.readouterr()
    assert captured.out == out.read_text(encoding="utf-8")
    assert captured.err == f"wrote {out}\n"


def test_list_names_every_net(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert "small-inception" in out
    assert max(map(len, out.splitlines())) <= 80
    assert main(["list", "--json"]) == 0
    nets = {net["name"]: net["options"] for net in json.loads(capsys.readouterr().out)}
    assert nets["lenet5"]["size"] == 32


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["table", "vgg91"], "net 'vgg91' does not exist; did you mean vgg19, vgg16 or vgg13?"),
        (["table", "vgg19", "--input", "3x224x224"], "vgg19 takes an input of 4 sizes such as 1×3×224×224"),
        (["table", "vgg19", "--input", "1x1x224x224"], "conv1_1: expects 3 channels, gets 1"),
        (["table", "mlp", "--input", "1x100"], "fc1: expects 784 features, gets 100"),
        (["table", "vgg19", "--input", "1x3x16x16"], "pool5: input 1×1 is too small for its 2×2 window"),
        (["table", "lenet5", "--input", "1x1x4x4"], "c1: input 4×4 is too small for its 5×5 window"),
        (["table", "vgg19", "--input", "1x3x22.5x22"], "input 1x3x22.5x22: '22.5' must be an integer"),
        (["table", "vgg19", "--input", "1x3x0x22"], "input 1x3x0x22: 0 must be at least 1"),
        (["table", "vgg19", "--input", "1x3x-4x22"], "input 1x3x-4x22: '-4' must be an integer"),
        (["table", "vgg19", "--input", ""], "input : '' must be an integer"),
        (["table", "vgg19", "--input", "1x3x٣x3"], "input 1x3x٣x3: '٣' must be an integer"),
        (["table", "vgg19", "--input", f"1x3x{'9' * 30}x9"], "is larger than a 64-bit index"),
        (["table", "vgg19", "--input", "1x3x99999999999x99999999999"], "holds more numbers than a 64-bit"),
        (["table", "vgg19", "--input", "1x3xHxW", "--symbolic"], "--symbolic makes the input NxCxHxW"),
        (["table", "vgg19", "--columns", "layer,flop"], "column 'flop' does not exist; did you mean flops?"),
        (["table", "vgg19", "--columns", ""], "column '' does not exist"),
        (["table", "vgg19", "--format", "json", "--columns", "layer"], "JSON holds all columns"),
        (
            ["table", "vgg19", "--convention", "fvcor"],
            "convention 'fvcor' does not exist; did you mean fvcore",
        ),
        (["table", "vgg19", "--set", "width"], "setting 'width' must read KEY=VALUE"),
        (["table", "vgg19", "--set", "wdith=2"], "vgg19 has no option 'wdith'; did you mean width"),
        (["table", "vgg19", "--set", "width=wide"], "vgg19: width must be a number, not 'wide'"),
        (["table", "vgg19", "--set", "width=-1"], "width -1 must be a positive number"),
        (["table", "vgg19", "--set", "width=1e300"], "makes more of 64 channels than a 64-bit index counts"),
        (["table", "vgg19", "--set", "classes=2.5"], "classes must be an integer of at least 1, not 2.5"),
        (["table", "vgg19", "--set", "classes=0"], "vgg19: classes must be an integer of at least 1, not 0"),
        (["table", "vgg19", "--set", "bn=3"], "vgg19: bn must be true or false, not 3"),
        (["table", "vgg19", "--set", "size=a"], "vgg19: size must be an integer of at least 1, not 'a'"),
        (["table", "vgg19", "--set", "size=224.5"], "size must be an integer of at least 1, not 224.5"),
        (
            ["table", "mlp", "--set", "hidden=a"],
            "mlp: hidden must be up to 1,000 integers of at least 1",
        ),
        (["table", "mlp", "--set", "hidden=-5"], "hidden must be up to 1,000 integers of at least 1"),
        (["table", "mlp", "--set", "hidden=5,0"], "integers of at least 1, such as 512,512, not (5, 0)"),
        (["table", "mlp", "--set", f"hidden={'1,' * 1001}1"], "hidden must be up to 1,000 integers"),
        (["table", "mlp", "--set", "features=0"], "mlp: features must be an integer of at least 1, not 0"),
        (["table", "alexnet", "--set", "groups=0"], "alexnet: groups must be an integer of at least 1"),
        (["table", "vgg19", "--set", "size=0,5"], "size must be an integer of at least 1, not (0, 5)"),
        (["table", "vgg19", "--set", "size=5,"], "size must be an integer of at least 1, not (5,)"),
        (["table", "vgg19", "--set", "size=5,5,5"], "size must be an integer of at least 1"),
        (["table", "vgg19", "--set", "width=1e308"], "than a 64-bit index counts"),
        (["table", "vgg19", "--set", "width=1e999"], "width inf must be a positive number"),
        (["table", "vgg19", "--set", "width=nan"], "vgg19: width must be a number, not 'nan'"),
        (["table", "vgg19", "--set", f"width={'9' * 400}"], "is larger than a 64-bit index"),
        (["table", "vgg19", "--set", f"classes={'-' * 3000}1"], "classes must be an integer of at least 1"),
        (["table", "vgg19", "--set", f"classes={'(' * 3000}"], "classes must be an integer of at least 1"),
        (["table", "vgg19", "--set", "name=x"], "vgg19 has no option 'name'"),
        (["table", "vgg19", "--set", "depth=x"], "--set depth: no net has this option"),
        (["table", "vgg19", "--set", "shape=x"], "vgg19 has no option 'shape'"),
        (["table", "vgg19", "--set", "kwargs=x"], "--set kwargs: no net has this option"),
        (["check", "vgg19", "--set", "subject=x"], "--set subject: no net has this option"),
        (["which", "1G", "vgg19", "--set", "shape=0"], "--set shape: no net has this option"),
        (["table", "resnet18", "--set", "net=x"], "resnet18 has no option 'net'"),
        (["table", "lenet5", "--out", "/nowhere/x"], "/nowhere"),
        (["table", "lenet5", "--out", ""], "--out must name a file"),
        (["draw", "lenet5", "--out", ""], "--out must name a file"),
        (["draw", "lenet5", "--out", "/dev"], "/dev: is a folder"),
        (["which", "much", "vgg19"], "figure 'much' must be a number such as 4.133G"),
        (["which", "0", "vgg19"], "figure '0' must be more than nothing"),
        (["which", "1G", "vgg91"], "net 'vgg91' does not exist"),
        (["which", "1G", "vgg19", "--input", "Nx3x32x32"], "the input must hold no symbols"),
        (["draw", "lenet5", "--out", "net.png"], "net.png: a drawing is SVG, so name the file net.svg"),
        (["draw", "lenet5", "--input", "Nx1x32x32"], "a drawing needs numbers"),
        (["check", "lenet5", "--input", "Nx1x32x32"], "its input must be numbers"),
        (["check", "mlp", "--paper"], "no published figures of mlp are kept here"),
        (["check", "vgg19", "--paper", "--set", "width=2"], "a paper's figures hold for its own net"),
        (["check", "resnet18", "--input", "1x3x40000x40000"], "GiB to run; the limit is 16 GiB"),
        (["compare", "lenet5", "vgg19"], "give both the same input"),
        (["compare", "lenet5"], "Missing argument 'SECOND'"),
        (
            ["table", "vgg19", "--format", "xml"],
            "format 'xml' does not exist; did you mean html?",
        ),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else "",
)
def test_nonsense_is_one_sentence_and_status_2(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert sentence in captured.err
    assert captured.err.count("\n") == 1


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "missing"
    assert main(["draw", "lenet5", "--out", str(folder / "net.svg")]) == 2
    assert list(tmp_path.iterdir()) == []


def test_numbers_and_formulas_need_no_torch() -> None:
    loaded = modules_loaded_by(
        "nets.public, nets.cli, nets.tables.formats, nets.drawing.svg, nets.reports, nets.network.formulas"
    )
    assert loaded.isdisjoint({"torch", "fvcore", "matplotlib", "pandas"})
    assert "sympy" not in modules_loaded_by(
        "nets.public, nets.tables.formats, nets.drawing.svg, nets.reports"
    )


def test_an_interrupted_check_ends_with_status_130(tmp_path: Path) -> None:
    sign = tmp_path / "started"
    code = (
        "import pathlib, sys; from nets import cli; from nets.counting import opinions;"
        "right = opinions.fvcore_opinion;"
        f"opinions.fvcore_opinion = lambda *a: (pathlib.Path({str(sign)!r}).touch(), right(*a))[1];"
        "sys.exit(cli.main(['check', 'resnet152-v1']))"
    )
    with started(sys.executable, "-c", code) as process:
        wait_until(sign.exists, process)
        done = signalled(process)
    assert (done.returncode, done.stdout) == (130, "")
    assert "Traceback" not in done.stderr


def test_a_terminal_without_unicode_gets_ascii() -> None:
    done = run_python("-m", "nets", "table", "lenet5", env={"PYTHONIOENCODING": "ascii"})
    assert "28x28x6 = 4,704" in done.stdout
    assert "?" not in done.stdout

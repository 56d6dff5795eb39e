"""The command line on modules of one's own: where they are found, how they are called, what it exits with."""

import json
from pathlib import Path

import pytest

from nets.cli import main

SOURCE = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.words = nn.Embedding(50, width)
        self.blocks = nn.ModuleList(nn.Linear(width, width) for _ in range(3))

    def forward(self, tokens, mask=None):
        data = self.words(tokens)
        for block in self.blocks:
            data = block(data)
        return data if mask is None else data * mask


def wide(width=16):
    return Net(width)


class Spectrum(nn.Module):
    def forward(self, data):
        return torch.fft.fft(data).real


made = Net()
number = 3


class OnlyOnNumbers(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, int(torch.ones(3).sum().item()))

    def forward(self, data):
        return self.fc(data)
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "model.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return "model.py"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    out, err = capsys.readouterr()
    return status, out, err


def test_a_class_a_factory_and_an_instance(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name, parameters in (("Net", 400 + 3 * 72), ("wide", 800 + 3 * 272), ("made", 400 + 3 * 72)):
        status, out, _ = run(capsys, "table", f"{model}:{name}", "--input", "2x5:int64", "--format", "json")
        assert status == 0
        assert json.loads(out)["total"]["parameters"] == parameters
    status, out, _ = run(capsys, "table", f"{model}:wide", "--set", "width=4", "--input", "2x5:int64")
    assert status == 0
    assert f"{200 + 3 * 20:,}" in out


def test_what_can_only_be_built_with_numbers(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "table", f"{model}:OnlyOnNumbers", "--input", "1x4")
    assert (status, "15" in out) == (0, True)


def test_several_inputs_and_keyword_arguments(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (
        "table",
        f"{model}:Net",
        "--input",
        "2x5:int64",
        "--format",
        "csv",
        "--columns",
        "layer,macs",
    )
    _, plain, _ = run(capsys, *arguments)
    status, second, _ = run(capsys, *arguments, "--input", "2x5x8")
    assert (status, "(mul),0" in second, "(mul)" in plain) == (0, True, False)
    status, third, _ = run(capsys, *arguments, "--kwargs", '{"mask": "2x5x8"}')
    assert (status, third) == (0, second)


def test_depth_folding_and_the_largest(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("table", f"{model}:Net", "--input", "2x5:int64")
    _, out, _ = run(capsys, *arguments)
    assert "0–2 × 3" in out
    _, out, _ = run(capsys, *arguments, "--no-fold")
    assert "× 3" not in out
    _, out, _ = run(capsys, *arguments, "--depth", "1")
    assert "0–2" not in out
    _, out, _ = run(capsys, *arguments, "--sort", "parameters", "--top", "1")
    assert "words" in out
    assert "(4 more)" in out


def test_strict_exits_1_where_something_has_no_rule(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "table", f"{model}:Spectrum", "--input", "2x8", "--strict")
    assert status == 1
    assert err.startswith("The totals are lower bounds: no rule says what aten._fft_r2c")
    assert run(capsys, "table", f"{model}:Spectrum", "--input", "2x8")[0] == 0
    assert run(capsys, "table", f"{model}:Net", "--input", "2x5:int64", "--strict")[0] == 0
    assert run(capsys, "check", f"{model}:Spectrum", "--input", "2x8")[0] == 1


def test_check_and_compare_take_modules(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "check", f"{model}:made", "--input", "2x5:int64", "--json")
    document = json.loads(out)
    assert (status, document["ok"], document["base"]) == (0, True, "trace")
    assert [line["trace"] for line in document["lines"]] == [640, 640, 640]
    status, out, _ = run(capsys, "compare", f"{model}:Net", f"{model}:wide", "--input", "2x5:int64")
    assert (status, "wide" in out or "Net" in out) == (0, True)


def test_formulas_and_units(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "table", f"{model}:Net", "--input", "NxL:int64", "--unit", "L=4l")
    assert (status, "MACs = 768·N·l" in out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["{}:Nett", "--input", "2x5:int64"], "model.py has no 'Nett'; did you mean Net?"),
        (["{}:number", "--input", "2x5"], "model.py:number is a int, neither a torch module nor a network"),
        (["{}:Net"], "Net: a module needs inputs"),
        (["{}:", "--input", "3"], "'model.py:' must read package.module:factory or file.py:Class"),
        (["{}:Net", "--input", "2x5:int64", "--kwargs", "{"], "--kwargs is no JSON"),
        (["{}:Net", "--input", "2x5:int64", "--kwargs", "[]"], "--kwargs must be a JSON object"),
        (["{}:Net", "--input", "2x5:int64", "--kwargs", '{"x": 1}'], "unexpected keyword argument 'x'"),
        (["{}:Net", "--input", "2x5:int64", "--set", "depth9=1"], "cannot be built"),
        (["lenet5", "--backward"], "backward: for torch modules only"),
    ],
)
def test_bad_questions_are_one_sentence_and_status_2(
    model: str, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    status, out, err = run(
        capsys, "table", *(argument.replace("{}", model) for argument in arguments[:1]), *arguments[1:]
    )
    assert (status, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


def test_what_a_file_imports_is_not_offered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "one.py"
    file.write_text("import torch\n\nOne = torch.nn.ReLU\n")
    assert run(capsys, "table", f"{file}:Two", "--input", "2x3")[2].endswith("has no 'Two'; there are One\n")

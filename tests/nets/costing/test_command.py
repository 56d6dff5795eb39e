"""The command ``nets cost``: what it prints, draws and hands to ``sim``, and what it refuses."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import nets
from nets.cli import main
from nets.costing.figure import live_figure
from nets.errors import InputError
from sim import Scenario, simulate
from tests.commands import run_python

LENET = ["cost", "lenet5", "--input", "4x1x32x32"]
SIZE = 61_706  # LeNet-5's parameters


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main([*LENET, *arguments]) == 0
    return capsys.readouterr().out


def test_it_prints_bytes_by_kind_tensors_rows_and_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(capsys, "--optimizer", "adam", "--device", "h100-sxm", "--classic")
    assert told.count(f"{4 * SIZE:,}") >= 4  # weights and gradients, in the step and at the peak
    for words in ("Peak ", "largest tensors alive at the peak", "NVIDIA H100 SXM: the step takes", "6·N·D"):
        assert words in told


def test_json_holds_everything(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(printed(capsys, "--device", "h100-sxm", "--memory", "device", "--json"))
    assert told["bytes"]["weights"] == 4 * SIZE
    assert told["fit"]["largest"] > 1000
    assert told["peaks"][0]["bytes"] == sum(told["peaks"][0]["kinds"].values())
    assert told["seconds"]["at_peak"] < told["seconds"]["measured"]
    assert len(told["largest"]) == 20
    assert {"layer", "flops", "bytes", "intensity", "bound"} <= set(told["rows"][0])


def test_json_goes_into_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "--json", "--out", str(tmp_path / "cost.json")) == ""
    assert json.loads((tmp_path / "cost.json").read_text(encoding="utf-8"))["name"] == "lenet5"


def test_top_is_how_many_tensors_and_rows_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert "The 20 largest tensors alive" in printed(capsys, "--top", "20")
    assert "The 3 largest tensors alive" in printed(capsys, "--top", "3")


def test_the_largest_tensors_are_the_largest_that_are_alive() -> None:
    spent = nets.cost("lenet5", (4, 1, 32, 32))
    sizes = [int(held.bytes) for held in spent.largest]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) <= spent.peak.bytes
    assert all(held.born <= spent.peak.index < held.died for held in spent.largest)


@pytest.mark.parametrize("start", [b"\x89PNG", b"<?xml", b"%PDF"])
def test_the_figure_is_a_file_of_its_kind(
    tmp_path: Path, start: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    ending = {b"\x89PNG": "png", b"<?xml": "svg", b"%PDF": "pdf"}[start]
    target = tmp_path / f"live.{ending}"
    printed(capsys, "--figure", str(target))
    assert target.read_bytes().startswith(start)


def test_the_figure_draws_what_is_alive_and_marks_the_peak() -> None:
    spent = nets.cost("lenet5", (4, 1, 32, 32), optimizer="adam")
    drawn = live_figure(spent, "svg").decode()
    for word in ("weights", "gradients", "optimizer state", str(spent.peak.at)):
        assert word in drawn
    assert max(map(sum, zip(*spent.live.values(), strict=True))) == spent.peak.bytes


def test_what_sim_gets_is_a_scenario_that_runs(capsys: pytest.CaptureFixture[str]) -> None:
    fragment = printed(capsys, "--device", "h100-sxm", "--for-sim")
    scenario = Scenario.from_toml(
        f'{fragment}count = 4\n[protocol]\nkind = "async"\n[stop]\nupdates = 20\n'.replace(
            "[network]\n", '[network]\nserver_bandwidth = "10 Gbit/s"\n'
        )
    )
    assert scenario.network.gradient_bytes == scenario.network.weight_bytes == 4 * SIZE
    spent = nets.cost("lenet5", (4, 1, 32, 32), device="h100-sxm")
    assert scenario.workers[0].compute == pytest.approx(spent.gradient_seconds()[1], rel=1e-5)
    assert simulate(scenario).updates == 20


class Odd(nn.Module):
    """A module with an operator of its own, which no rule knows."""

    def forward(self, data: Tensor) -> Tensor:
        return torch.as_tensor(torch.linalg.svd(data)[0])


def test_what_has_no_rule_is_named_and_makes_a_lower_bound() -> None:
    spent = nets.cost(Odd(), (4, 4), inference=True)
    assert not spent.complete
    assert list(spent.unruled) == ["aten._linalg_svd"]
    assert "at least" in repr(spent)
    assert "lower bounds: no rule knows the time and the inner memory of aten._linalg_svd (1)" in " ".join(
        str(spent).split()
    )
    assert spent.to_dict()["lower_bound"] is True


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (["--device", "nope"], "device 'nope' does not exist"),
        (["--device", "nope.toml"], "nope.toml: No such file"),
        (["--dtype", "f32"], "dtype 'f32' must be one of float32, bfloat16, mixed"),
        (["--optimizer", "lion"], "optimizer 'lion' must be one of"),
        (["--loss", "hinge"], "loss 'hinge' must be one of"),
        (["--memory", "80"], "memory '80' must be a number with a unit"),
        (["--memory", "device"], "no device says how much"),
        (["--memory", "1 MB", "--allowance", "2 MB"], "leaves nothing of a memory"),
        (["--checkpoint", "x"], "checkpoint 'x' fits no module"),
        (["--inference", "--checkpoint", "c1"], "inference keeps nothing"),
        (["--for-sim"], "--for-sim needs a training step"),
        (["--for-sim", "--json"], "choose one"),
        (["--out", "x"], "--out goes with --json or --for-sim"),
        (["--figure", "x.jpg"], "a figure can be .svg, .png or .pdf"),
        (["--batch", "N"], "say in how much memory"),
        (["--input", "4x32x32"], "input 4x1x32x32,4x32x32"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(
    wrong: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cost", "lenet5", "--input", "4x1x32x32", *wrong]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1


def test_formulas_have_no_figure_and_nothing_for_sim() -> None:
    spent = nets.cost("lenet5", "Nx1x32x32", device="h100-sxm")
    with pytest.raises(InputError, match="a figure needs sizes in numbers"):
        live_figure(spent, "svg")


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_terminals_of_other_encodings_get_what_they_can_show(encoding: str) -> None:
    done = run_python(
        "-m", "nets", *LENET, "--device", "h100-sxm",
        env={"PYTHONIOENCODING": encoding, "COLUMNS": "60"}, encoding=encoding,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 60
    assert "\\" not in done.stdout

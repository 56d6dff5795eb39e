"""The three experiments as their users meet them: on the command line."""

import json
import math
import os
import re
import sys
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from scipy.stats import sem

from analysis.cli import main
from analysis.learning import results
from analysis.learning.datasets import DEBIAN_FOLDER
from analysis.learning.experiments import GrowthResult, RangeResult
from analysis.learning.setups import SCALES
from tests.analysis.learning.synthetic import write_idx_files
from tests.commands import run_python, started, wait_until

DIGITS = ["--scale", "tiny", "--dataset", "digits"]
EXAMPLES = Path(__file__).parents[3] / "examples" / "fashion-mnist"


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:  # noqa: ANN401  (JSON)
    """What a command prints as JSON."""
    assert main([*arguments, "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out)


def without_time(result: Any) -> Any:  # noqa: ANN401  (JSON)
    """A result without what differs from run to run."""
    if isinstance(result, dict):
        return {name: without_time(value) for name, value in result.items() if name != "seconds"}
    return [without_time(value) for value in result] if isinstance(result, list) else result


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one sentence that a command ends with."""
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err.removeprefix("error: ").removesuffix("\n")


def test_lr_range_returns_its_readings_as_numbers(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    figure = tmp_path / "figure.png"
    result = printed(capsys, "lr-range", *DIGITS, "--figure", str(figure))
    assert len(result["candidates"]["rates"]) == 8
    for curve in ("candidates", "ramp"):
        assert 1e-9 < result[curve]["lr_min"] <= result[curve]["lr_max"] <= 10
        assert set(result[curve]["readings"]) == {
            "first_decrease",
            "steepest",
            "slows",
            "minimum",
            "divergence",
        }
    assert figure.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("decay", ["amplitude", "bounds"])
def test_cyclical_logs_rate_loss_and_accuracy(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, decay: str
) -> None:
    figure = tmp_path / "figure.svg"
    result = printed(capsys, "cyclical", *DIGITS, "--decay", decay, "--figure", str(figure))
    assert [run["seed"] for run in result["runs"]] == [0, 1, 2]
    run = result["runs"][0]
    assert run["updates"] == 96
    rates = [stretch["rate"] for stretch in run["stretches"]]
    assert rates[0] == 0.1
    assert rates[48] == pytest.approx(0.1 if decay == "amplitude" else 0.1 * 0.1**0.5)
    assert [epoch["updates"] for epoch in run["epochs"]] == [24, 48, 72, 96]
    assert run["epochs"][-1]["validation_loss"] < run["epochs"][0]["validation_loss"]
    assert b"<svg" in figure.read_bytes()


def test_batch_growth_answers_with_errors_updates_and_seconds(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command = ["batch-growth", *DIGITS, "--out", str(tmp_path)]
    one = printed(capsys, *command, "--seeds", "1")
    assert list(one["arms"]) == ["growth", "control", "cyclical"]
    assert one["arms"]["growth"][0]["updates"] == 2 * (48 + 24 + 12)
    assert one["arms"]["control"][0]["updates"] == 6 * 48
    assert one["comparisons"][0]["verdict"] is None

    kept = tmp_path / "batch-growth.json"
    assert json.loads(kept.read_text()) == one
    assert printed(capsys, "batch-growth", "--from", str(kept)) == one
    assert refusal(capsys, *command).endswith(
        "holds a run already; go on with it by --resume, or choose another folder"
    )

    other = without_time(printed(capsys, "batch-growth", *DIGITS, "--seeds", "1", "--first-seed", "1"))
    two = printed(capsys, *command, "--seeds", "2", "--resume")
    assert [without_time(runs[1:]) for runs in two["arms"].values()] == list(other["arms"].values())
    assert [runs[:1] for runs in two["arms"].values()] == list(one["arms"].values())
    assert [comparison["second"] for comparison in two["comparisons"]] == ["control", "cyclical"]
    assert two["comparisons"][0]["difference"]["error"] > 0
    refused = refusal(capsys, *command, "--resume", "--momentum", "0.5")
    assert "was made with momentum = 0.0, not 0.5" in refused


def test_the_table_fits_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("lr-range", "cyclical", "batch-growth"):
        assert main([name, "--from", str(EXAMPLES / f"{name}-small.json")]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= 80
        assert lines[0].startswith("fashion-mnist, scale small: 20,000 images")


def test_a_terminal_without_unicode_gets_ascii() -> None:
    kept = str(EXAMPLES / "batch-growth-small.json")
    ascii80 = {"PYTHONIOENCODING": "ascii", "COLUMNS": "80"}
    done = run_python("-m", "analysis", "batch-growth", "--from", kept, env=ascii80)
    assert "+-" in done.stdout
    assert done.stdout.isascii()


def test_the_bounds_are_what_the_range_test_reads() -> None:
    result = results.load(EXAMPLES / "lr-range-small.json", "lr-range")
    assert isinstance(result, RangeResult)
    for options in (SCALES["small"].cyclical, SCALES["small"].growth):
        assert options.lr_min == float(f"{result.candidates.lr_min:.0e}")
        assert options.lr_max == float(f"{result.candidates.lr_max:.0e}")


def test_growth_matches_its_control_with_4_times_fewer_updates_in_the_kept_result() -> None:
    result = results.load(EXAMPLES / "batch-growth-small.json", "batch-growth")
    assert isinstance(result, GrowthResult)
    assert result.setup.seeds == 3
    assert result.comparisons[0].fewer_updates == 5625 / 1252
    growth, control = ([run.test.accuracy for run in result.arms[arm]] for arm in ("growth", "control"))
    assert abs(fmean(growth) - fmean(control)) < math.hypot(sem(growth), sem(control))
    assert result.comparisons[0].verdict == "within error"


def test_the_seeds_of_a_range_test_are_told_apart(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    command = ["lr-range", *DIGITS, "--epochs", "1", "--ramp", "30", "--out", str(tmp_path)]
    first = printed(capsys, *command, "--first-seed", "3")
    assert first["setup"]["first_seed"] == 3
    refused = refusal(capsys, *command, "--resume")
    assert "was made with seeds = [3, 4, 5], not [0, 1, 2]" in refused


def test_killed_and_resumed_a_command_prints_the_same_numbers(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command = ["cyclical", *DIGITS, "--epochs", "15"]
    log = tmp_path / "cyclical" / "cyclical-seed0" / "metrics.jsonl"
    with started(sys.executable, "-m", "analysis", *command, "--out", str(tmp_path)) as running:
        wait_until(lambda: log.exists() and log.read_text().count('epoch", ') >= 3, running)
    assert '"test"' not in log.read_text()
    resumed = printed(capsys, *command, "--out", str(tmp_path), "--resume")
    assert without_time(resumed) == without_time(printed(capsys, *command))


def test_a_range_test_goes_on_after_the_last_rate_it_tried(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command = ["lr-range", *DIGITS]
    whole = printed(capsys, *command, "--out", str(tmp_path))
    log = tmp_path / "lr-range" / "metrics.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:4])[:-3])
    assert printed(capsys, *command, "--out", str(tmp_path), "--resume") == whole


def test_interrupted_it_ends_with_status_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("analysis.learning.experiments.train_seeds", interrupt)
    assert main(["cyclical", *DIGITS]) == 130


def test_other_images_will_do(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write_idx_files(tmp_path, train=600, test=300)
    result = printed(capsys, "cyclical", "--scale", "tiny", "--data-dir", str(tmp_path), "--epochs", "1")
    assert result["runs"][0]["updates"] == 24


@pytest.mark.skipif(
    not DEBIAN_FOLDER.exists(), reason="needs FashionMNIST: install Debian's dataset-fashion-mnist"
)
def test_fashion_mnist_is_learned(capsys: pytest.CaptureFixture[str]) -> None:
    result = printed(capsys, "cyclical", "--scale", "tiny")
    assert result["runs"][0]["test"]["accuracy"] > 0.4  # ten classes: chance is 0.1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["cyclical", "--lr-max", "0"],
            "Invalid value for '--lr-max': 0.0 is not in the range",
        ),
        (["cyclical", "--lr-max", "nan"], "Invalid value for '--lr-max': nan is no number."),
        (["lr-range", "--smoothing", "nan"], "Invalid value for '--smoothing': nan is no number."),
        (["cyclical", *DIGITS, "--lr-min", "1"], "lr_min: 1.0 must be below lr_max, which is 0.5"),
        (["cyclical", *DIGITS, "--batch", "400"], "batch: 400 must be at most 384, the number of images"),
        (["lr-range", *DIGITS, "--batch", "400"], "batch: 400 must be at most 384, the number of images"),
        (
            ["cyclical", *DIGITS, "--cycles", "49"],
            "cycles: 49 must be at most 48, half the number of updates",
        ),
        (
            ["cyclical", *DIGITS, "--threads", "100000"],
            f"threads: 100000 must be at most {os.cpu_count()}, as many as this machine runs at once",
        ),
        (["cyclical", "--resume"], "--resume needs --out, the folder to go on with."),
        (
            ["cyclical", "--figure", "figure.gif"],
            "figure: 'figure.gif' must end in one of .png, .pdf, .svg",
        ),
        (["cyclical", "--figure", "nowhere/figure.png"], "figure: there is no folder 'nowhere'"),
        (["cyclical", "--from", "nowhere.json"], "nowhere.json: cannot be read: No such file or directory"),
        (
            ["cyclical", "--from", "nowhere.json", "--epochs", "3"],
            "--epochs does not go with --from; leave one of them out.",
        ),
        (
            ["cyclical", "--scale", "small", "--dataset", "digits"],
            "digits: has 1297 images where 25000 are wanted for training and validation",
        ),
        (
            ["cyclical", "--data-dir", "nowhere"],
            "nowhere: has no train-images-idx3-ubyte.gz; name the folder that holds the four idx files",
        ),
        (
            ["batch-growth", *DIGITS, "--epochs", "2"],
            "epochs: 2 must be at least 3, one for each batch size from 8 to 32",
        ),
        (
            ["batch-growth", *DIGITS, "--largest", "100"],
            "largest: 100 must be the smallest batch, 8, doubled some times",
        ),
        (
            ["lr-range", *DIGITS, "--lowest", "1e-9", "--highest", "1e-8", "--ramp", "3"],
            "rates: from 1e-09 to 1e-08 the loss falls nowhere from its start",
        ),
    ],
)
def test_bad_input_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert refusal(capsys, *arguments).startswith(sentence)


def test_a_rate_that_is_far_too_high_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    sentence = refusal(capsys, "cyclical", *DIGITS, "--lr-max", "1e6")
    assert re.search(r"not finite|is nan|is inf", sentence)
    assert re.search(r"at update \d+, with learning rate [\d.e+]+; try a lower rate$", sentence)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "is no JSON"),
        ("[]", "holds something else, not one of cyclical"),
        ('{"experiment": "lr-range"}', "holds a result of lr-range, not one of cyclical"),
        ('{"experiment": "cyclical"}', "setup: Field required"),
    ],
)
def test_a_file_that_is_no_result(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str, complaint: str
) -> None:
    path = tmp_path / "result.json"
    path.write_text(content)
    assert complaint in refusal(capsys, "cyclical", "--from", str(path))

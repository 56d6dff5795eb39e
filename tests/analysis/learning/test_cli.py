"""The three experiments as their users meet them: on the command line."""

import json
import math
import os
import re
import sys
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from scipy.stats import sem

from analysis.cli import main
from analysis.learning.fashion_mnist import DEBIAN_FOLDER
from analysis.learning.results import GrowthResult, RangeResult, read_result
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
    assert "was made with optimizer = SGD (" in refused


def test_the_table_fits_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("lr-range", "cyclical", "batch-growth"):
        assert main([name, "--from", str(EXAMPLES / f"{name}-small.json")]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= 80
        assert re.match(r"fashion-mnist.*, small-inception, scale small: 20,000", lines[0])


def test_a_terminal_without_unicode_gets_ascii() -> None:
    kept = str(EXAMPLES / "batch-growth-small.json")
    ascii80 = {"PYTHONIOENCODING": "ascii", "COLUMNS": "80"}
    done = run_python("-m", "analysis", "batch-growth", "--from", kept, env=ascii80)
    assert "+-" in done.stdout
    assert done.stdout.isascii()


def test_the_bounds_are_what_the_range_test_reads() -> None:
    result = read_result(EXAMPLES / "lr-range-small.json", "lr-range")
    assert isinstance(result, RangeResult)
    for options in (SCALES["small"].cyclical, SCALES["small"].growth):
        assert result.candidates.lr_min is not None
        assert result.candidates.lr_max is not None
        assert options.lr_min == float(f"{result.candidates.lr_min:.0e}")
        assert options.lr_max == float(f"{result.candidates.lr_max:.0e}")


def test_growth_matches_its_control_with_4_times_fewer_updates_in_the_kept_result() -> None:
    result = read_result(EXAMPLES / "batch-growth-small.json", "batch-growth")
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
    assert "was made with net = BuiltNetwork of 6,901 parameters (" in refused


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

    monkeypatch.setattr("analysis.learning.experiments.train_plans", interrupt)
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
            "nowhere: cannot be read: No such file or directory",
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
            ["cyclical", *DIGITS, "--decay", "none", "--remaining", "0.5"],
            "--remaining does nothing with --decay none; leave one of them out.",
        ),
        (["cyclical", *DIGITS, "--epochs", "100000000000000000000"], "Invalid value for '--epochs'"),
        (["cyclical", *DIGITS, "--net", "lenet6"], "net: net 'lenet6' does not exist; did you mean lenet5"),
        (["cyclical", *DIGITS, "--net", "vgg19"], "net: "),
        (["cyclical", *DIGITS, "--net", "math:pi"], "net: 'math:pi' raised TypeError"),
        (["cyclical", *DIGITS, "--net", "nowhere:net"], "net: 'nowhere:net': there is no module 'nowhere'"),
        (["cyclical", *DIGITS, "--net", "torch:tensors"], "net: 'torch:tensors': module 'torch' has no"),
        (
            ["cyclical", *DIGITS, "--net", "collections:Counter"],
            "net: 'collections:Counter' returned Counter",
        ),
        (["cyclical", *DIGITS, "--net", ":"], "net: ':' must be like package.module:name"),
        (["cyclical", *DIGITS, "--net", "torch.nn:Identity"], "net: 'torch.nn:Identity' has no parameter"),
        (["cyclical", *DIGITS, "--net", "torch.nn:Linear"], "net: 'torch.nn:Linear' raised TypeError"),
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


def test_a_range_with_nothing_to_read_keeps_its_tables(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["lr-range", *DIGITS, "--lowest", "1e-9", "--highest", "1e-8", "--ramp", "30"]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert out.count("not readable") == 14
    assert "1.00e-09   2.3" in out
    assert re.search(
        r"The candidates: from 1e-09 to 1e-08 the loss falls nowhere|The candidates: the loss", out
    )
    assert "The ramp: " in out


def test_the_header_says_how_high_the_cycles_go(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cyclical", "--from", str(EXAMPLES / "cyclical-small.json")]) == 0
    out = " ".join(capsys.readouterr().out.split())
    # 0.005 + 0.055·0.1^(1/6), and so on at 3/6 and 5/6 of the way
    assert "3 cycles between 0.005 and 0.06" in out
    assert "so they peak at 0.042, 0.022, 0.013" in out


def own(path: Path, seed: int = 0) -> Path:
    """A file of images in colour, with three classes."""
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (80, 6, 6, 3), dtype=np.uint8)
    labels = np.arange(80) % 3
    np.savez(path, x_train=images[:60], y_train=labels[:60], x_test=images[60:], y_test=labels[60:])
    return path


OWN = [
    "--scale",
    "tiny",
    "--shrink",
    "2",
    "--train",
    "40",
    "--validation",
    "20",
    "--test",
    "20",
    "--seeds",
    "2",
]


def test_a_result_is_headed_with_what_it_was_made_from(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = own(tmp_path / "own.npz")
    command = ["cyclical", *OWN, "--data-dir", str(path), "--batch", "10", "--epochs", "2"]
    result = printed(capsys, *command, "--out", str(tmp_path))
    assert result["data"]["name"] == str(path)
    assert (result["data"]["channels"], result["data"]["height"], result["data"]["classes"]) == (3, 3, 3)
    assert main(["cyclical", "--from", str(tmp_path / "cyclical.json")]) == 0
    head = capsys.readouterr().out.splitlines()[0]
    assert head.startswith(f"{path} ({result['data']['fingerprint']})"[:20])
    assert "fashion" not in head


@pytest.mark.parametrize(
    "command", [["cyclical", "--epochs", "2", "--batch", "10"], ["lr-range", "--ramp", "20"]]
)
def test_a_result_is_not_resumed_from_other_images(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: list[str]
) -> None:
    one, other = own(tmp_path / "one.npz"), own(tmp_path / "other.npz", seed=1)
    command = [*command, *OWN, "--out", str(tmp_path / "out")]
    first = printed(capsys, *command, "--data-dir", str(one))
    refused = refusal(capsys, *command, "--data-dir", str(other), "--resume")
    assert "was made with data = 40 train + 20 validation + 20 test examples (" in refused
    again = printed(capsys, *command, "--data-dir", str(one), "--resume")
    assert again == first


def test_seeds_may_be_added_to_a_finished_range_test(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command = ["lr-range", *OWN, "--data-dir", str(own(tmp_path / "own.npz")), "--ramp", "20"]
    two = printed(capsys, *command, "--out", str(tmp_path / "out"))
    three = printed(capsys, *command, "--seeds", "3", "--out", str(tmp_path / "out"), "--resume")
    assert three["candidates"] != two["candidates"]
    assert three == printed(capsys, *command, "--seeds", "3")


NETS = """
from torch import nn

def make(shape, classes):
    channels, height, width = shape
    return nn.Sequential(nn.Flatten(), nn.Linear(channels * height * width, classes))

KEPT = nn.Sequential(nn.Flatten(), nn.Linear(27, 3))

def kept():
    return KEPT

def fails():
    raise RuntimeError("no\\nway")

def wrong(classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(5, classes))
"""


@pytest.fixture
def nets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of somebody's nets in the current folder."""
    (tmp_path / "somebodys_nets.py").write_text(NETS)
    own(tmp_path / "own.npz")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "somebodys_nets", raising=False)


@pytest.mark.usefixtures("nets")
def test_anyones_net_learns(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["cyclical", *OWN, "--data-dir", "own.npz", "--batch", "10", "--epochs", "2"]
    result = printed(capsys, *command, "--net", "somebodys_nets:make")
    assert result["parameters"] == 27 * 3 + 3
    assert result["setup"]["net"] == "somebodys_nets:make"
    zoo = printed(capsys, *command, "--net", "mlp", "--width", "0.01")
    assert zoo["parameters"] == 27 * 5 + 5 + 5 * 5 + 5 + 5 * 3 + 3  # two hidden layers of 512 · 0.01


@pytest.mark.usefixtures("nets")
@pytest.mark.parametrize(
    ("net", "said"),
    [
        ("kept", "net: 'somebodys_nets:kept' returns one and the same module each time; make a new one"),
        ("fails", "net: 'somebodys_nets:fails' raised RuntimeError: no way"),
        ("wrong", "net: 'somebodys_nets:wrong' cannot take images of shape (3, 3, 3): RuntimeError: mat1"),
    ],
)
def test_a_net_that_will_not_do_is_one_sentence(
    capsys: pytest.CaptureFixture[str], net: str, said: str
) -> None:
    sentence = refusal(
        capsys, "cyclical", *OWN, "--data-dir", "own.npz", "--batch", "10", "--net", f"somebodys_nets:{net}"
    )
    assert sentence.startswith(said)


@pytest.mark.usefixtures("nets")
def test_jobs_change_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    common = [*OWN, "--data-dir", "own.npz", "--net", "somebodys_nets:make"]
    for command in (["lr-range", "--ramp", "20"], ["cyclical", "--batch", "10", "--epochs", "2"]):
        alone = printed(capsys, *command, *common)
        assert without_time(printed(capsys, *command, *common, "--jobs", "2")) == without_time(alone)

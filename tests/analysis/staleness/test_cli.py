"""The command ``staleness`` as its users meet it."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from analysis.cli import main
from analysis.staleness.results import StalenessResult, read_staleness
from tests.commands import run_python, started, wait_until

SCENARIO = str(Path(__file__).parents[3] / "examples" / "straggler.toml")
TINY = [SCENARIO, "--scale", "tiny", "--dataset", "digits", "--net", "logistic", "--until", "20"]
TWO = ["--protocol", "k-sync:k=6", "--protocol", "async"]


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:  # noqa: ANN401  (JSON)
    """What the command prints as JSON, without what differs from run to run."""
    assert main(["staleness", *arguments, "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err.startswith("Replaying keeps at most ")
    result = json.loads(captured.out)
    for arm in result["arms"]:
        for curve in arm["curves"]:
            assert curve.pop("processor") >= 0
    return result


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one sentence that the command ends with."""
    assert main(["staleness", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err.removeprefix("error: ").removesuffix("\n")


def test_protocols_are_compared_seed_by_seed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    figure = tmp_path / "figure.png"
    result = printed(capsys, *TINY, *TWO, "--figure", str(figure))
    assert [arm["name"] for arm in result["arms"]] == ["k-sync:k=6", "async"]
    assert [len(arm["curves"]) for arm in result["arms"]] == [3, 3]
    first, stale = result["arms"]
    assert first["staleness"][1:] == []
    assert first["versions"] == 1
    assert sum(stale["staleness"]) == sum(curve["gradients"] for curve in stale["curves"])
    assert stale["versions"] == 8
    starts = [[curve["points"][0]["loss"] for curve in arm["curves"]] for arm in result["arms"]]
    assert starts[0] == starts[1]
    assert result["summary"]["rows"][1]["accuracy"]["mean"] > 0.5
    assert result["summary"]["contrasts"][0]["arm"] == "async"
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_jobs_change_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    command = [*TINY, "--protocol", "async", "--seeds", "2", "--points", "3"]
    assert printed(capsys, *command, "--jobs", "2") == printed(capsys, *command)


def test_the_scenarios_own_protocol_is_taken_where_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    short = [*TINY, "--seeds", "1", "--points", "2"]
    own, named = printed(capsys, *short), printed(capsys, *short, "--protocol", "async")
    assert own["arms"] == named["arms"]


def test_rates_are_arms_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    rates = ["--rate", "constant", "--rate", "over-staleness", "--rate", "momentum-correction"]
    found = printed(capsys, *TINY, *rates, "--momentum", "0.9", "--seeds", "1", "--points", "2")
    names = [arm["name"] for arm in found["arms"]]
    assert names == ["async constant", "async over-staleness", "async momentum-correction"]
    corrected = found["arms"][2]["momentum"][0]
    mean = sum(s * n for s, n in enumerate(found["arms"][2]["staleness"])) / sum(
        found["arms"][2]["staleness"]
    )
    assert corrected == pytest.approx(max(0.0, 0.9 - mean / (mean + 1)))
    assert len({arm["curves"][0]["test"]["loss"] for arm in found["arms"]}) == 3


def test_killed_and_resumed_it_prints_the_same_numbers(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command = [*TINY, *TWO, "--points", "20", "--seeds", "1"]
    log = tmp_path / "staleness" / "async-seed0" / "metrics.jsonl"
    with started(sys.executable, "-m", "analysis", "staleness", *command, "--out", str(tmp_path)) as running:
        wait_until(lambda: log.exists() and log.read_text().count('"point"') >= 2, running)
    resumed = printed(capsys, *command, "--out", str(tmp_path), "--resume")
    assert resumed == printed(capsys, *command)


def test_a_diverging_protocol_is_a_row_that_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    figure = tmp_path / "figure.svg"
    command = [*TINY, "--protocol", "bsp", "--protocol", "async", "--lr", "1e6", "--weights", "sum"]
    overflowing = [*command, "--net", f"{__name__}:make", "--seeds", "1", "--figure", str(figure)]
    assert main(["staleness", *overflowing]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^ async +diverged in 1 of 1", out, re.MULTILINE)
    assert re.search(
        r"async, seed 0: the (training |validation )?loss is (nan|inf) at [0-9.]+ s, update \d", out
    )
    assert figure.exists()


class Steep(nn.Module):
    """A net whose gradient grows faster than its weights."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(64, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.linear(images.flatten(1)) ** 3
        return logits


def make() -> nn.Module:
    return Steep()


def test_a_target_that_is_never_reached_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["staleness", *TINY, *TWO, "--target", "1", "--seeds", "1", "--points", "2"]) == 0
    out = capsys.readouterr().out
    assert re.search(
        r"^100 % is reached by no protocol in every run; the highest level is \d\d\.\d\d %, of async:"
        r" lower --target, or let the scenario go on for longer with --until\.$",
        out,
        re.MULTILINE,
    )
    assert re.search(r"^ async +never ", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Missing argument 'SCENARIO'"),
        (["nowhere.toml"], "nowhere.toml: No such file or directory"),
        ([SCENARIO, "--resume"], "--resume needs --out, the folder to go on with."),
        ([*TINY, "--protocol", "bogus"], "protocol bogus: protocol.kind: 'bogus' must be one of bsp"),
        ([*TINY, "--protocol", "k-sync"], "protocol k-sync: protocol: k-sync needs k"),
        ([*TINY, "--protocol", "k-sync:k=9"], "protocol k-sync:k=9: protocol: k 9 must be at most 8"),
        ([*TINY, "--protocol", "async", "--protocol", "async"], "protocol: async is given twice"),
        ([*TINY, "--rate", "bogus"], "rate: 'bogus' must be constant, over-staleness, polynomial:A"),
        ([*TINY, "--rate", "polynomial:x"], "rate: 'x' in 'polynomial:x' must be a number"),
        ([*TINY, "--rate", "polynomial:-1"], "polynomial: -1.0 must be a finite number of at least 0"),
        ([*TINY, "--rate", "momentum-correction"], "rate: momentum-correction needs a momentum above 0"),
        ([*TINY, "--batch", "400"], "batch: 400 must be from 1 to 384, the number of examples to learn from"),
        ([*TINY, "--until", "x"], f"{SCENARIO}: stop.time: 'x' must be a number of seconds"),
        ([*TINY, "--until", "1e-6"], "async: makes no update in the 1e-06 s that it lasts"),
        ([*TINY, "--lr", "nan"], "Invalid value for '--lr': nan is no number."),
        ([*TINY, "--target", "1.5"], "Invalid value for '--target': 1.5 is not in the range"),
        ([*TINY, "--batch-norm", "x"], "Invalid value for '--batch-norm': 'x' is not one of"),
        ([*TINY, "--figure", "figure.gif"], "figure: 'figure.gif' must end in one of .png, .pdf, .svg"),
        ([*TINY, "--net", "lenet6"], "net: net 'lenet6' does not exist; did you mean lenet5"),
        (["--from", "nowhere.json"], "nowhere.json: cannot be read: No such file or directory"),
        (["--from", "x.json", "--lr", "1"], "--lr does not go with --from; leave one of them out."),
        (["--from", "x.json", SCENARIO], "SCENARIO does not go with --from; leave one of them out."),
    ],
)
def test_bad_input_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert refusal(capsys, *arguments).startswith(sentence)


def test_versions_that_do_not_fit_are_refused_before_the_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Little:
        available = 10_000

    monkeypatch.setattr("psutil.virtual_memory", Little)
    said = refusal(capsys, *TINY, "--jobs", "2")
    assert said.startswith("memory: 8 versions of the weights at once, 2 runs at a time, take 0.0 GB")


def test_a_result_is_kept_and_shown_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    short = [*TINY, *TWO, "--points", "4", "--seeds", "2"]
    assert main(["staleness", *short, "--out", str(tmp_path)]) == 0
    first = capsys.readouterr().out
    kept = tmp_path / "staleness.json"
    assert main(["staleness", "--from", str(kept)]) == 0
    assert capsys.readouterr().out == first
    assert max(map(len, first.splitlines())) <= 80
    assert isinstance(read_staleness(kept), StalenessResult)
    assert main(["staleness", "--from", str(kept), "--target", "0.99"]) == 0
    assert "99 % is reached by no protocol" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is no JSON"),
        ("[]", "holds something else, not one of staleness"),
        ('{"experiment": "cyclical"}', "holds a result of cyclical, not one of staleness"),
        ('{"experiment": "staleness"}', "scenario: Field required"),
    ],
)
def test_a_file_that_is_no_result(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str, sentence: str
) -> None:
    path = tmp_path / "result.json"
    path.write_text(content)
    assert refusal(capsys, "--from", str(path)) == f"{path}: {sentence}"


def test_a_terminal_without_unicode_gets_ascii() -> None:
    small = [*TINY, "--points", "2", "--seeds", "2"]
    done = run_python(
        "-m", "analysis", "staleness", *small, env={"PYTHONIOENCODING": "ascii", "COLUMNS": "60"}
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert max(map(len, done.stdout.splitlines())) <= 60

"""Theory, battery and pictures from the command line."""

import json
from pathlib import Path

import pytest

from sim.cli import main

EXAMPLES = Path(__file__).parents[3] / "examples"
EIGHT = str(EXAMPLES / "theory-eight-workers.toml")
LEARNERS = str(EXAMPLES / "two-learners.toml")


def test_theory_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["theory", EIGHT, "--json", "--updates", "2000", "--replicas", "5"]) == 0
    data = json.loads(capsys.readouterr().out)
    found = {(each["name"], each["label"]): each for each in data["applicable"]}
    assert found["async-staleness", ""]["theory"] == 7
    assert found["async-staleness", ""]["simulated"]["mean"] == pytest.approx(7, abs=0.1)
    assert found["async-staleness", ""]["simulated"]["replicas"] == 5
    assert {"name": "fresh", "failing": ["the protocol is async"]} in data["not_applicable"]
    assert data["short_run"] is None


def test_of_a_short_run_only_exact_laws_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["theory", LEARNERS]) == 0
    out = capsys.readouterr().out
    assert "A short run (workers[0] ends after 4 gradients)" in out
    assert "holds" in out
    assert "agrees" not in out


def test_latex_is_printed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["theory", EIGHT, "--latex"]) == 0
    out = capsys.readouterr().out
    assert "% async-variance: variance of the staleness\n" in out
    assert r"\operatorname{Var}{\left(\sigma \right)} = P \left(P - 1\right)" in out


@pytest.mark.parametrize("kind", ["staleness", "k"])
def test_pictures(kind: str, tmp_path: Path) -> None:
    fast = ["--replicas", "2", "--gradients", "200"] if kind == "k" else []
    assert main(["plot", kind, EIGHT, "--out", str(tmp_path / "x.svg"), *fast]) == 0
    assert (tmp_path / "x.svg").read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize("name", ["x.gif", "x", "missing/x.png"])
def test_a_picture_that_cannot_be_written_is_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plot", "staleness", EIGHT, "--out", str(tmp_path / name)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_bad_input_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["theory", "nowhere.toml"]) == 2
    assert main(["theory", EIGHT, "--replicas", "1"]) == 2
    assert main(["plot", "k", LEARNERS, "--out", "x.png"]) == 2
    assert capsys.readouterr().err.count("error: ") == 3

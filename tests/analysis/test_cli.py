import json
import sys
import time
from pathlib import Path

import pytest

from analysis.cli import main
from tests.commands import run_python, signalled, started

QUICK = ["scores", "--models", "logistic,naive-bayes", "--bootstrap", "20"]


def test_fixed_x_prints_the_published_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bias-variance"]) == 0
    out, err = capsys.readouterr()
    assert "degree 8  0.003803 0.073688 0.377492" in out
    assert "Best: degree 8" in out
    assert err == ""


def test_fixed_x_as_json_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bias-variance", "--degrees", "2,4..6", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [fit["fit"] for fit in result["fits"]] == ["degree 2", "degree 4", "degree 5", "degree 6"]
    for fit in result["fits"]:
        parts = fit["exact"]
        assert parts["bias_squared"] + parts["variance"] + result["noise"] == pytest.approx(parts["mse"])
        assert fit["simulated"]["mse"]["se"] > 0


def test_fresh_x(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bias-variance", "--scheme", "fresh-x", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["best"] == {"mean": "degree 6", "median": "degree 8"}
    quantiles = result["fits"][14]["risk_quantiles"]
    assert quantiles["0.05"] < quantiles["0.5"] < quantiles["0.95"]


def test_ridge(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bias-variance", "--ridge", "0.5", "--degree", "10", "--basis", "monomial", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert round(result["fits"][1]["exact"]["mse"], 6) == 0.387058
    assert round(result["comparison"]["unpaired_wrong"], 2) == 0.44
    assert len(result["path"]) > 100


def test_replay_says_what_matches(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bias-variance", "--replay-handed-in"]) == 0
    out = capsys.readouterr().out
    assert "20 of 20 rows are as printed" in out
    assert out.count(" yes ") == 11
    assert "NO" not in out
    assert main(["bias-variance", "--replay-handed-in", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["best_degree"] == 8


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_figures(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    assert main(["bias-variance", "--figure", str(path)]) == 0
    assert path.read_bytes()[:4] in (b"\x89PNG", b"%PDF", b"<?xm")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "options",
    [
        ["--scheme", "fresh-x"],
        ["--ridge", "1"],
        ["--replay-handed-in"],
        ["--degrees", "4"],
        ["--noise", "0"],
        ["--function", "2"],
        ["--function", "abs(x)", "--interval", "-1", "1", "--degrees", "12..14"],
    ],
)
def test_a_folder_of_results(tmp_path: Path, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new" / "results"
    assert main(["bias-variance", *options, "--out", str(folder), "--json"]) == 0
    assert sorted(file.name for file in folder.iterdir()) == ["figure.png", "result.json"]
    assert (folder / "result.json").read_text() == capsys.readouterr().out


def test_scores_of_breast_cancer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figure = tmp_path / "curves.png"
    assert main([*QUICK, "--figure", str(figure)]) == 0
    out, err = capsys.readouterr()
    assert "All positive: ROC (1, 1), PR (1, 67/188), PR-gain (1, 0)." in out
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert err == ""


def test_scores_as_json_with_splits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "--splits", "3", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    for area in result["models"]["logistic"].values():
        assert area["interval"][0] <= area["value"] <= area["interval"][1]
    assert sum(wins[0] for wins in result["repeated"]["wins"].values()) == 3


def test_scores_of_diabetes(diabetes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scores", "--data", str(diabetes), "--bootstrap", "100"]) == 0
    out = capsys.readouterr().out
    for figure in ("86/254", "0.8161", "0.7995", "0.6585", "0.6525", "0.7235", "0.7102"):
        assert figure in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["bias-variance", "--degrees", "1..99"],
            "degree 99 needs 100 distinct training points, there are 40",
        ),
        (["bias-variance", "--degrees", "9..3"], "counts down: write 3..9"),
        (["bias-variance", "--degrees", "two"], "'two' is not like 1..15 or 1,3,10"),
        (["bias-variance", "--degree", "3"], "--degree goes with --ridge"),
        (["bias-variance", "--basis", "monomial"], "--basis goes with --ridge"),
        (["bias-variance", "--ridge", "1", "--degrees", "3"], "--degrees does not go with --ridge"),
        (["bias-variance", "--ridge", "-1"], "ridge: -1 must be a penalty above 0"),
        (["bias-variance", "--ridge", "nan"], "ridge: nan must be a penalty above 0"),
        (["bias-variance", "--ridge", "1", "--noise", "0"], "noise: without noise"),
        (["bias-variance", "--noise", "-0.3"], "noise: -0.3 is a variance"),
        (["bias-variance", "--function", "evil(x)"], "'evil(x)' in the function"),
        (["bias-variance", "--function", "log(x)"], "not a finite real number at x = 0"),
        (["bias-variance", "--interval", "1", "0"], "interval: 1 must be below 0"),
        (["bias-variance", "--test", "50"], "test: 50 points of 50"),
        (["bias-variance", "--scheme", "fresh-x", "--test", "60"], "test: 60 points of 50"),
        (["bias-variance", "--datasets", "2"], "2 is not in the range"),
        (["bias-variance", "--datasets", "100000", "--test", "30"], "more than 30,000,000 predictions"),
        (
            ["bias-variance", "--replay-handed-in", "--seed", "3"],
            "--seed does not go with --replay-handed-in",
        ),
        (["bias-variance", "--figure", "a.bmp"], "'a.bmp' must end in one of .png, .pdf, .svg"),
        (["bias-variance", "--figure", "no/where/a.png"], "there is no folder 'no/where'"),
        (["scores", "--data", "nowhere.csv"], "'nowhere.csv' is neither a file nor one of"),
        (["scores", "--models", "svm"], "models: 'svm' must be among"),
        (["scores", "--models", ""], "models: '' must be among"),
        (["scores", "--models", "logistic,logistic"], "models: 'logistic' is named twice"),
        (["scores", "--target", "size"], "has no column 'size'"),
        (["scores", "--positive", "fine"], "holds benign and malignant, not 'fine'"),
        (["scores", "--figure", "a.txt"], "'a.txt' must end in one of"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert said in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_without_unicode_gets_plain_text() -> None:
    ascii80 = {"PYTHONIOENCODING": "ascii", "COLUMNS": "80"}
    done = run_python("-m", "analysis", "bias-variance", "--degrees", "1,2", env=ascii80)
    assert "bias2 +- SE" in done.stdout


def test_tables_fit_eighty_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for options in (["--replay-handed-in"], ["--scheme", "fresh-x"], ["--ridge", "0.5"], []):
        assert main(["bias-variance", *options]) == 0
    assert main(["scores", "--models", "adaboost,logistic,forest,naive-bayes", "--splits", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert not any("…" in line for line in lines)


def test_ctrl_c_is_status_130() -> None:
    code = (
        "import sys; from analysis.cli import main; print('up', flush=True);"
        "sys.exit(main(['scores', '--bootstrap', '1000000']))"
    )
    with started(sys.executable, "-c", code) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        time.sleep(2)
        done = signalled(process)
    assert (done.returncode, done.stdout) == (130, "")

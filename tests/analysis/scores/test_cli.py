import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from analysis.cli import main
from analysis.scores import auprg, delong, evaluate

Run = Callable[..., str]
QUICK = ["--bootstrap", "20"]


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """A file of 60 rows: truth in words, a model of probabilities, one of other numbers, weights."""
    rng = np.random.default_rng(3)
    sick = rng.random(60) < 0.4
    frame = pd.DataFrame(
        {
            "y": np.where(sick, "sick", "fine"),
            "model_a": (1 / (1 + np.exp(-2.0 * sick - rng.normal(size=60)))).round(3),
            "model_b": (sick + rng.normal(size=60)).round(3),
            "w": rng.integers(0, 4, 60),
        }
    )
    monkeypatch.chdir(tmp_path)
    frame.to_csv("mine.csv", index=False)
    return frame


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> str:
        assert main(["scores", *arguments, *QUICK]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return call


OWN = ["--from-scores", "mine.csv", "--truth", "y", "--score", "model_a", "--score", "model_b"]


def test_ones_own_scores_are_evaluated(mine: pd.DataFrame, run: Run) -> None:
    y = mine["y"] == "sick"
    result = json.loads(run(*OWN, "--at", "precision=0.9", "--json"))
    assert result["data"]["positive"] == "sick"
    assert result["examples"]["positives"] == y.sum()
    assert result["models"]["model_b"]["AUPRG"]["value"] == auprg(y, mine["model_b"])
    theirs = delong(y, mine[["model_a", "model_b"]])
    assert result["models"]["model_a"]["AUROC"]["interval"] == list(theirs.interval("model_a"))
    assert result["differences"][0]["AUROC"]["p_delong"] == theirs.difference("model_a", "model_b").p
    assert result["operating_points"]["model_a"]["precision 0.9"]["precision"] >= 0.9
    assert result["calibration"]["model_b"] is None
    assert result["calibration"]["model_a"]["brier"] == pytest.approx(np.mean((mine["model_a"] - y) ** 2))


def test_python_and_the_command_line_say_the_same(mine: pd.DataFrame, run: Run) -> None:
    found = evaluate(mine["y"] == "sick", mine[["model_a", "model_b"]], mine["w"], replicates=20, rng=42)
    result = json.loads(run(*OWN, "--weight", "w", "--json"))
    for name in found.names:
        for label, area in (("AUROC", "auroc"), ("AUPR trapezoid", "aupr-trapezoid"), ("AUPRG", "auprg")):
            assert result["models"][name][label]["value"] == found.area(area, name)
            assert result["models"][name][label]["interval"] == list(found.interval(area, name))


@pytest.mark.usefixtures("mine")
def test_the_report_says_it_all_and_files_are_written(run: Run, tmp_path: Path) -> None:
    out = run(*OWN, "--at", "recall=0.8", "--points", "p.csv", "--figure", "f.svg", "--calibration", "c.png")
    for part in (
        "mine.csv: 60 rows",
        "of them sick",
        "by chance",
        "p DeLong",
        "recall 0.8",
        "best F-gain",
        "Brier",
    ):
        assert part in out
    assert "the scores of model_b are no probabilities" in out
    points = pd.read_csv("p.csv")
    assert set(points["model"]) == {"model_a", "model_b"}
    counts = points.groupby("model").last()
    assert (counts["tp"] + counts["fp"] == 60).all()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["c.png", "f.svg", "mine.csv", "p.csv"]


def test_three_classes_stand_each_against_the_rest(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    kind = rng.integers(0, 3, 120)
    frame = pd.DataFrame(
        {"x": kind + rng.normal(size=120), "z": rng.normal(size=120), "kind": [*map("abc".__getitem__, kind)]}
    )
    frame.to_csv("three.csv", index=False)
    command = ["--data", "three.csv", "--models", "logistic,naive-bayes", "--splits", "2"]
    out = run(*command)
    for part in ("a against the rest", "c against the rest", "Each class against the rest, all alike"):
        assert part in out
    result = json.loads(run(*command, "--json"))
    assert list(result["one_versus_rest"]) == ["a", "b", "c"]
    single = json.loads(run(*command, "--positive", "b", "--json"))
    assert single["data"]["positive"] == "b"


@pytest.mark.parametrize("width", [40, 60, 80])
def test_nothing_is_cut_however_many_models_and_however_long_their_names(
    width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(width))
    rng = np.random.default_rng(3)
    y = np.arange(40) % 2
    names = [f"model_{k}_of_{'long' * (k % 3)}" for k in range(7)]
    frame = pd.DataFrame({"y": y} | {name: y + rng.normal(size=40) for name in names})
    frame.to_csv("many.csv", index=False)
    out = run("--from-scores", "many.csv", "--truth", "y", "--at", "recall=0.5")
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= max(width, 40)
    found = evaluate(y, frame[names], replicates=20, rng=42)
    for name in names:
        assert name in out
        for area in ("auroc", "auprg"):
            low, high = found.interval(area, name)
            assert f"{found.area(area, name):.4f}" in out
            assert f"{low:.4f} to {high:.4f}" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from-scores", "mine.csv"], "--from-scores needs --truth"),
        (["--truth", "y"], "--truth goes with --from-scores"),
        (["--score", "y"], "--score goes with --from-scores"),
        ([*OWN, "--models", "logistic"], "--models does not go with --from-scores"),
        ([*OWN, "--splits", "3"], "--splits does not go with --from-scores"),
        ([*OWN, "--missing-values", "drop"], "--missing-values does not go with --from-scores"),
        (["--folds", "3"], "--folds goes with --scheme cross-validated"),
        ([*OWN, "--at", "f1=1"], "'f1=1' must be like precision=0.9"),
        ([*OWN, "--points", "p.txt"], "'p.txt' must end in .csv"),
        ([*OWN, "--points", "no/p.csv"], "there is no folder 'no'"),
        ([*OWN, "--calibration", "c.txt"], "'c.txt' must end in one of"),
        ([*OWN, "--calibration", "c.png", "--figure", "./c.png"], "must be different files"),
        ([*OWN, "--level", "95"], "95.0 is not in the range"),
        ([*OWN, "--level", "nan"], "nan"),
        (["--from-scores", "none.csv", "--truth", "y"], "there is no file 'none.csv'"),
        (
            ["--from-scores", "mine.csv", "--truth", "y", "--score", "model_b", "--calibration", "c.png"],
            "no model's scores are probabilities",
        ),
    ],
)
@pytest.mark.usefixtures("mine")
def test_bad_input_is_one_sentence_and_status_2(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scores", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert said in err
    assert err.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["mine.csv"]


CELLS = st.sampled_from(
    [
        "0",
        "1",
        "0.5",
        "1e308",
        "-1e308",
        "inf",
        "-inf",
        "nan",
        "",
        "?",
        "yes",
        "no",
        "1,5",
        "2020-01-01",
        "x y",
        '"',
        "'",
        "é",
        "1e999",
        "-0",
    ]
)
NUMBERS = st.floats(0, 1).map(lambda x: f"{x:.3f}")


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes]:
    """A small CSV or ARFF file: of numbers, of anything, or damaged."""
    how = draw(st.sampled_from(["numbers", "numbers", "anything", "damaged"]))
    width, height = draw(st.integers(2, 4)), draw(st.integers(0, 14))
    cell = NUMBERS if how == "numbers" else draw(st.sampled_from([CELLS, NUMBERS, st.one_of(CELLS, NUMBERS)]))
    rows = [[draw(st.sampled_from("01")), *(draw(cell) for _ in range(width - 1))] for _ in range(height)]
    if how == "numbers":
        rows += [[truth, *["0.5"] * (width - 1)] for truth in "010101"]
    names = ["y", "a", "b", "w"][:width]
    if draw(st.booleans()):
        kind = ".arff"
        types = [
            "{0,1}",
            *(draw(st.sampled_from(["numeric", "string", "{yes,no,'x y'}"])) for _ in names[1:]),
        ]
        head = "".join(f"@attribute {name} {kind}\n" for name, kind in zip(names, types, strict=True))
        text = f"@relation r\n{head}@data\n" + "".join(",".join(row) + "\n" for row in rows)
    else:
        kind = ".csv"
        mark = draw(st.sampled_from([",", ";", "\t"]))
        text = "".join(mark.join(row) + "\n" for row in [names, *rows])
    content = text.encode()
    if how == "damaged" and content:
        place = draw(st.integers(0, len(content) - 1))
        content = draw(
            st.sampled_from(
                [
                    content[:place],
                    content[:place] + b"\xff\x00" + content[place + 1 :],
                    content[:place] + content[place:][::-1],
                ]
            )
        )
    return kind, content


USUAL = [
    ["--at", "precision=0.9"],
    ["--at", "threshold=1e308"],
    ["--calibration", "c.svg"],
    ["--category", "a"],
    ["--figure", "f.svg"],
    ["--json"],
    ["--level", "0.9"],
    ["--points", "p.csv"],
    ["--positive", "1"],
    ["--score", "a"],
    ["--seed", "0"],
    ["--splits", "2"],
    ["--scheme", "stratified"],
    ["--weight", "b"],
]
ODD = [
    ["--at", "=="],
    ["--drop", "b"],
    ["--folds", "2"],
    ["--missing", "yes"],
    ["--missing-values", "drop"],
    ["--models", "logistic"],
    ["--models", "naive-bayes,math.pi"],
    ["--models", "sklearn.svm.SVC(C=0)"],
    ["--no-header"],
    ["--positive", "maybe"],
    ["--scheme", "cross-validated"],
    ["--score", "b"],
    ["--seed", "-1"],
    ["--splits", "0"],
    ["--target", "a"],
    ["--truth", "z"],
    ["--weight", "w"],
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files(),
    st.booleans(),
    st.tuples(
        st.lists(st.sampled_from(USUAL), max_size=4, unique_by=tuple),
        st.one_of(st.just([]), st.lists(st.sampled_from(ODD), max_size=2, unique_by=tuple)),
    ),
)
def test_whatever_is_asked_is_answered_or_refused_in_one_sentence(
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
    file: tuple[str, bytes],
    own: bool,  # noqa: FBT001  # drawn
    drawn: tuple[list[list[str]], list[list[str]]],
) -> None:
    options = [*drawn[0], *drawn[1]]
    folder = tmp_path_factory.mktemp("any")
    kind, content = file
    (folder / f"in{kind}").write_bytes(content)
    arguments = ["scores", "--bootstrap", "10", "--models", "naive-bayes"]
    if own:
        arguments = ["scores", "--bootstrap", "10", "--from-scores", f"in{kind}", "--truth", "y"]
    else:
        arguments += ["--data", f"in{kind}", "--target", "y"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        status = main([*arguments, *(word for option in options for word in option)])
    out, err = capsys.readouterr()
    written = {path.name for path in folder.iterdir()} - {f"in{kind}"}
    assert "Traceback" not in err
    event(f"status {status}")
    if status == 2:
        assert err.startswith("error: ")
        assert err.count("\n") == 1
        assert (out, written) == ("", set())
    else:
        assert status == 0
        asked = {word for option in options for word in option if word in ("p.csv", "c.svg", "f.svg")}
        assert written == asked
        if ["--json"] in options:
            json.loads(out)

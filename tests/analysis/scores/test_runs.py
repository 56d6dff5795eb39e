"""What the command tells and keeps: of a file of scores, one split, many, two classes, three."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis.console import show
from analysis.errors import AnalysisError
from analysis.scores import evaluate, rank, repeat
from analysis.scores.operating import Rule
from analysis.scores.plain import evaluation_data, repeated_data
from analysis.scores.runs import ScoresRun, Settings, file_run, table_run
from analysis.scores.scored import scored
from analysis.scores.scorefile import ScoreFile
from analysis.scores.tabular import Table

MODELS = ("logistic", "naive-bayes")
SETTINGS = Settings(replicates=3, seed=1, level=0.9, rules=[Rule("recall", 0.5)])
RNG = np.random.default_rng(4)
KIND = np.arange(90) % 3
FEATURES = RNG.normal(size=(90, 2)) + KIND[:, None]
THREE = Table("kinds", "kinds.csv", FEATURES, KIND.astype(np.intp), ("a", "b", "c"), None, notes=("Well.",))
ONE = replace(THREE, positive="b")
SCHEMES: Any = ("hand-in", "stratified", "cross-validated")


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def told(run: ScoresRun, capsys: pytest.CaptureFixture[str]) -> str:
    show(*run.run.report)
    return capsys.readouterr().out


def run_of(table: Table, scheme: Any = "hand-in", splits: int = 1) -> ScoresRun:  # noqa: ANN401  # a literal
    return table_run(table, MODELS, SETTINGS, scheme=scheme, splits=splits, folds=3)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_one_split_of_one_class_against_the_rest(scheme: Any, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: ANN401  # a literal
    run = run_of(ONE, scheme)
    drawn = "hand-in" if scheme == "hand-in" else "stratified"
    s = rank(ONE, MODELS, seed=1, scheme=drawn).against_the_rest(ONE)  # type: ignore[arg-type]  # one of them
    expected = evaluation_data(
        evaluate(s.labels, dict(zip(s.names, s.scores, strict=True)), replicates=3, rng=1, level=0.9),
        SETTINGS.rules,
    )
    data = dict(run.run.data)
    assert data.pop("split") == {"seed": 1, "scheme": drawn, "test_rows": 30}
    assert data.pop("data") == {
        "name": "kinds",
        "source": "kinds.csv",
        "rows": 90,
        "classes": {"a": 30, "b": 30, "c": 30},
        "positive": "b",
        "notes": ["Well."],
    }
    if scheme == "cross-validated":
        repeated = repeat(ONE, MODELS, splits=1, scheme=scheme, folds=3)
        assert data.pop("repeated") == repeated_data(repeated)
    assert data == expected
    positives = int(s.labels.sum())
    out = told(run, capsys)
    split = "Split" if drawn == "hand-in" else "Stratified split"
    assert out.splitlines()[:4] == [
        "kinds, from kinds.csv",
        "90 rows, 30 b.",
        "Well.",
        f"{split} of seed 1: 30 rows to test, {positives} of them positive.",
    ]
    assert ("3 folds, 1 time" in out) == (scheme == "cross-validated")
    assert "recall 0.5" in out
    assert (
        run.title == f"kinds: 30 rows, {positives} of them b to test; split of seed 1; 3 replicates of seed 1"
    )


def test_three_classes_stand_each_against_the_rest_and_their_mean_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = run_of(THREE, splits=2)
    ranked = rank(THREE, MODELS, seed=1)
    found = {}
    for place, name in enumerate("abc"):
        s = ranked.against_the_rest(THREE, place)
        scores = dict(zip(s.names, s.scores, strict=True))
        found[name] = evaluate(s.labels, scores, replicates=3, rng=1, level=0.9)
    data = run.run.data
    assert data["one_versus_rest"] == {
        name: evaluation_data(each, SETTINGS.rules) for name, each in found.items()
    }
    assert set(data) == {"data", "split", "one_versus_rest", "repeated"}
    assert data["repeated"] == repeated_data(repeat(THREE, MODELS, splits=2))
    assert data["data"]["positive"] is None
    out = told(run, capsys)
    assert out.splitlines()[1:4] == [
        "90 rows, 30 a, 30 b, 30 c.",
        "Well.",
        "Split of seed 1: 30 rows to test.",
    ]
    held = np.bincount(ranked.target)
    assert f"\na against the rest, 30 rows, {held[0]} of them a:\n" in out
    means = out.split("Each class against the rest, all alike:")[1].split("Over 2 splits")[0]
    assert means.splitlines()[2].split() == ["area", "mean", "over", "classes"]
    for area in ("auroc", "auprg"):
        for model in MODELS:
            mean = sum(each.area(area, model) for each in found.values()) / 3
            assert f"  {model}" in means
            assert f" {mean:.4f}" in means
    assert run.title.startswith(f"kinds: c against the rest, 30 rows, {held[2]} of them c to test; ")
    assert run.evaluation.area("ap", "logistic") == found["c"].area("ap", "logistic")


def test_missing_numbers_and_what_models_complain_about_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    features = FEATURES.copy()
    features[0, 0] = np.nan
    gaps = replace(ONE, features=features)
    models = ["sklearn.neural_network.MLPClassifier(max_iter=1)"]
    run = table_run(gaps, models, SETTINGS, scheme="hand-in", splits=1, folds=5)
    out = told(run, capsys)
    assert (
        "Missing numbers are filled with the training part's medians, where a model cannot take them.\n"
        in out
    )
    assert "MLPClassifier(max_iter=1): Stochastic Optimizer" in out
    assert [note[:30] for note in run.run.data["data"]["notes"]] == [
        "Well.",
        "MLPClassifier(max_iter=1): Sto",
    ]
    assert "Missing" not in told(run_of(ONE), capsys)


def test_a_file_of_scores(capsys: pytest.CaptureFixture[str]) -> None:
    s = scored([1, 0, 1, 0], {"m": [0.9, 0.8, 0.3, 0.1]}, [1, 1, 2, 1])
    run = file_run(ScoreFile("mine.csv", s, "sick", ("A note.",)), SETTINGS)
    sizes = "4 rows, 2 of them sick, weighted: 60 %"
    assert run.title == f"mine.csv: {sizes}; 3 replicates of seed 1"
    found = evaluate([1, 0, 1, 0], {"m": s.scores[0]}, [1, 1, 2, 1], replicates=3, rng=1, level=0.9)
    assert run.run.data == {
        "data": {"source": "mine.csv", "positive": "sick", "notes": ["A note."]},
        **evaluation_data(found, SETTINGS.rules),
    }
    out = told(run, capsys)
    assert out.splitlines()[:2] == [f"mine.csv: {sizes}.", "A note."]
    for part in ("90 % interval", "recall 0.5", "Calibration: Brier score"):
        assert part in out
    assert run.run.draw().get_suptitle() == run.title
    assert run.draw_calibration().axes


def test_bands_are_drawn_where_they_are_asked_for() -> None:
    s = scored([1, 0, 1, 0], {"m": [0.9, 0.8, 3, 0.1]})
    file = ScoreFile("mine.csv", s, "sick", ())
    assert file_run(file, SETTINGS).evaluation.bootstrap.bands == ()
    run = file_run(file, replace(SETTINGS, bands=True))
    assert len(run.evaluation.bootstrap.bands) == 1
    with pytest.raises(AnalysisError, match=r"^calibration: no model's scores are probabilities$"):
        run.draw_calibration()

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from analysis.errors import AnalysisError
from analysis.scores import bootstrap, calibration, delong, evaluate, pr, prg, roc
from tests.analysis.scores.strategies import Labels, Scores, rankings

RNG = np.random.default_rng(0)
Y = RNG.random(80) < 0.4
GOOD, POOR = 1 / (1 + np.exp(-1.0 * Y - RNG.normal(size=80))), Y / 3 + RNG.normal(size=80)
MODELS = {"good": GOOD, "poor": POOR}


def test_results_are_read_by_name() -> None:
    found = evaluate(Y, MODELS, replicates=100)
    assert repr(found) == f"<Evaluation of good, poor on {Y.sum()} positive and {(~Y).sum()} negative>"
    assert found.interval("auroc", "poor") == delong(Y, MODELS).interval("poor")
    assert found.difference("auroc", "good", "poor") == delong(Y, MODELS).difference("good", "poor")
    assert found.interval("auprg", "poor") == found.bootstrap.interval("auprg", "poor")
    frame = found.to_pandas()
    assert frame.loc[("good", "auprg"), "chance"] == found.chance["auprg"]
    assert found.differences().loc[("good", "poor", "ap"), "p"] == found.difference("ap", "good", "poor").p
    assert frame.columns.tolist() == ["value", "low", "high", "chance"]
    assert found.differences().columns.tolist() == ["difference", "low", "high", "p"]
    with pytest.raises(AnalysisError, match="model: 'best' must be one of good, poor"):
        found.operating_point("recall=0.5", "best")


def test_a_notebook_shows_what_a_result_is_above_its_numbers() -> None:
    found = evaluate(Y, MODELS, replicates=10)
    for result in (found, found.bootstrap, delong(Y, MODELS), roc(Y, GOOD), calibration(Y, GOOD)):
        heading, table = result._repr_html_().split("\n", 1)
        assert heading == f"<p>{repr(result)[1:-1]}</p>"
        assert all(f"<th>{column}</th>" in table for column in result.to_pandas().columns)
    assert all("<td>poor</td>" in each._repr_html_() for each in (found, found.bootstrap, delong(Y, MODELS)))


def test_a_data_frame_of_scores_keeps_its_names() -> None:
    assert evaluate(Y, pd.DataFrame(MODELS), replicates=10).names == ("good", "poor")


@given(rankings(scores=2))
def test_points_hold_every_curve(drawn: tuple[Labels, list[Scores]]) -> None:
    y, scores = drawn
    points = evaluate(y, {"a": scores[0], "b": scores[1]}, replicates=2).points()
    for name, score in zip("ab", scores, strict=True):
        rows = points[points["model"] == name]
        curve = roc(y, score)
        np.testing.assert_allclose(
            rows[["threshold", "tp", "fp", "fpr", "recall"]].to_numpy()[1:].T,
            [curve.thresholds[1:], curve.tp[1:], curve.fp[1:], curve.fpr[1:], curve.tpr[1:]],
        )
        assert (rows["tp"] + rows["fn"] == y.sum()).all()
        assert (rows["fp"] + rows["tn"] == len(y) - y.sum()).all()
        np.testing.assert_allclose(rows["precision"].to_numpy()[1:], pr(y, score).precision)
        gains = prg(y, score)
        known = ~np.isnan(gains.thresholds) & (gains.recall_gain >= 0)
        kept = rows[rows["threshold"].isin(gains.thresholds[known])]
        np.testing.assert_allclose(kept["recall_gain"], gains.recall_gain[known], atol=1e-12)
        np.testing.assert_allclose(kept["precision_gain"], gains.precision_gain[known], atol=1e-12)


def test_dominance_tells_equal_curves_from_better_ones() -> None:
    y = [1, 1, 0, 0]
    found = evaluate(
        y,
        {"a": [4, 3, 2, 1], "same": [3, 4, 1, 2], "worse": [4, 2, 3, 1], "last": [1, 2, 3, 4]},
        replicates=2,
    )
    assert found.dominance("a", "same") == "equal"
    assert (found.dominance("a", "worse"), found.dominance("last", "a")) == ("first", "second")
    crossing = evaluate([1, 1, 0, 0], {"a": [4, 1, 3, 2], "b": [3, 2, 4, 1]}, replicates=2)
    assert crossing.dominance("a", "b") == "neither"


def test_only_probabilities_have_a_calibration() -> None:
    found = evaluate(Y, MODELS, replicates=10)
    good = found.calibration("good")
    assert good is not None
    assert good.brier == calibration(Y, GOOD).brier
    assert found.calibration("poor") is None


def test_figures_take_axes() -> None:
    found = evaluate(Y, MODELS, replicates=20, bands=True)
    figure, axes = plt.subplots(1, 4)
    assert found.plot(axes[:3], title="mine") is figure
    assert figure.get_suptitle() == "mine, bands: 95 %, pointwise"
    labels = [text.get_text() for text in axes[0].get_legend().get_texts()]
    assert labels == [
        f"good {found.area('auroc', 'good'):.4f}",
        f"poor {found.area('auroc', 'poor'):.4f}",
        "chance",
        "all positive",
    ]
    for curve in (roc(Y, GOOD), pr(Y, GOOD), prg(Y, GOOD), calibration(Y, GOOD)):
        assert curve.plot(axes[3], label="good", color="red") is axes[3]
        assert (axes[3].lines[-1].get_label(), axes[3].lines[-1].get_color()) == ("good", "red")
        assert curve.plot().figure is not figure
    plt.close("all")


def test_curves_by_kind() -> None:
    found = evaluate(Y, MODELS, replicates=2)
    np.testing.assert_array_equal(found.curve("prg", "poor").tp, prg(Y, POOR).tp)
    assert repr(found.curve("roc", "good")).startswith("<RocCurve: 81 points")
    assert found.curve("pr", "good").to_pandas().columns.tolist() == [
        "threshold",
        "tp",
        "fp",
        "recall",
        "precision",
    ]
    with pytest.raises(AnalysisError, match="kind: 'det' must be one of roc, pr, prg"):
        found.curve("det", "good")


TRUTH, SCORE = [0, 1, 0, 1, 1, 0], [1, 2, 3, 4, 5, 6]


tried: Any = evaluate  # also of what is refused
drawn_from: Any = bootstrap
numpy: Any = np


@pytest.mark.parametrize(
    ("attempt", "sentence"),
    [
        (lambda: tried(TRUTH, SCORE, replicates=2.5), "bootstrap: 2.5 replicates must be a whole number"),
        (
            lambda: drawn_from(TRUTH, SCORE, replicates="5"),
            "bootstrap: '5' replicates must be a whole number",
        ),
        (lambda: tried(TRUTH, SCORE, replicates=0), "bootstrap: 0 replicates must be .* of at least 1"),
        (lambda: drawn_from(TRUTH, SCORE, rng=-1), "rng: -1 must be a generator or a seed of at least 0"),
        (lambda: tried(TRUTH, SCORE, rng="a"), "rng: 'a' must be a generator or a seed"),
        (lambda: tried(TRUTH, SCORE, level="a"), "level: 'a' must lie between 0 and 1"),
        (lambda: tried(TRUTH, {1: SCORE, "1": TRUTH}), r"names: \[1, '1'\] must be 2 different names"),
        (
            lambda: tried(numpy.ma.array(TRUTH, mask=np.arange(6) == 2), SCORE),
            "y_true has masked values: drop their rows",
        ),
        (
            lambda: tried(TRUTH, {"a": SCORE, "b": SCORE}).dominance("a", "c"),
            "model: 'c' must be one of a, b",
        ),
    ],
)
def test_nonsense_from_python_is_one_sentence(attempt: Callable[[], object], sentence: str) -> None:
    with pytest.raises(AnalysisError, match=sentence):
        attempt()


def test_a_tensor_that_has_a_gradient_is_refused_with_the_way_out() -> None:
    import torch

    with pytest.raises(AnalysisError, match=r"y_score is no array of numbers \(.*detach"):
        evaluate(TRUTH, torch.zeros(6, requires_grad=True))

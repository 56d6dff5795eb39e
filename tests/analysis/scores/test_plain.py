"""What JSON says of scores: every key, and numbers counted by hand."""

from math import log
from typing import Any

import numpy as np
import pytest
from scipy.stats import t

from analysis.scores import Repeats, evaluate
from analysis.scores.operating import Rule
from analysis.scores.plain import evaluation_data, repeated_data

LABELS = ("AUROC", "AUPR", "AP", "AUPR trapezoid", "AUPRG")
NAMES = ("auroc", "aupr", "ap", "aupr-trapezoid", "auprg")
Y = [1, 0, 1, 0]
GOOD, POOR = [0.9, 0.8, 0.3, 0.1], [0.4, 1.8, 1.2, 0.8]
RULES = [Rule("precision", 0.9), Rule("recall", 1.0), Rule("threshold", np.inf)]
AREAS = {"AUROC": 3 / 4, "AUPR": 1 - log(1.5) / 2, "AP": 5 / 6, "AUPR trapezoid": 19 / 24, "AUPRG": 1 / 4}


def point(threshold: float | None, *counts: int, **rates: float | None) -> dict[str, Any]:
    return {"threshold": threshold, **dict(zip(("tp", "fp", "fn", "tn"), counts, strict=True)), **rates}


ALL = point(0.4, 2, 2, 0, 0, precision=1 / 2, recall=1, specificity=0, f_gain=1 / 2)
NOTHING = point(None, 0, 0, 2, 2, precision=None, recall=0, specificity=1, f_gain=None)
FIRST = point(0.9, 1, 0, 1, 2, precision=1, recall=1 / 2, specificity=1, f_gain=1 / 2)
BEST = point(0.3, 2, 1, 0, 1, precision=2 / 3, recall=1, specificity=1 / 2, f_gain=3 / 4)


def test_four_examples_of_two_models_by_hand() -> None:
    found = evaluate(Y, {"good": GOOD, "poor": POOR}, replicates=9, level=0.9)
    data = evaluation_data(found, RULES)
    assert data.pop("examples") == {"rows": 4, "positives": 2, "share": 0.5, "weighted": False}
    by_chance = {label: found.chance[area] for label, area in zip(LABELS, NAMES, strict=True)}
    assert data.pop("baseline") == {"roc": (1, 1), "pr": (1, 0.5), "prg": (1, 0), "by_chance": by_chance}
    assert data.pop("bootstrap") == {"replicates": 9, "level": 0.9}
    models = data.pop("models")
    assert list(models) == ["good", "poor"]
    for name, areas in models.items():
        for label, area in zip(LABELS, NAMES, strict=True):
            told = areas.pop(label)
            assert told.pop("interval") == found.interval(area, name)
            assert told == {"value": found.area(area, name)}
            if name == "good":
                assert told["value"] == pytest.approx(AREAS[label], rel=1e-12)
        assert areas == {}
    (gap,) = data.pop("differences")
    assert [gap.pop(key) for key in ("first", "second", "curves")] == ["good", "poor", "first"]
    assert gap["AUROC"].pop("p_delong") == found.difference("auroc", "good", "poor").p
    for label, area in zip(LABELS, NAMES, strict=True):
        theirs = found.difference(area, "good", "poor")
        p = found.bootstrap_p(area, "good", "poor")
        assert gap.pop(label) == {"value": theirs.value, "interval": theirs.interval, "p": p}
    assert gap == {}
    assert data.pop("operating_points") == {
        "good": {
            "best F-gain": pytest.approx(BEST),
            "precision 0.9": FIRST,
            "recall 1": pytest.approx(BEST),
            "threshold inf": NOTHING,
        },
        "poor": {"best F-gain": ALL, "precision 0.9": None, "recall 1": ALL, "threshold inf": NOTHING},
    }
    # By rising score the rates 0, 1, 0, 1, of which the middle two pool to a half.
    squares = {"brier": 0.2875, "miscalibration": 0.1625, "discrimination": 0.125, "uncertainty": 0.25}
    surprise = {"log_loss": -log(0.9 * 0.2 * 0.3 * 0.9) / 4, "mean_score": 0.525, "share": 0.5}
    assert data.pop("calibration") == {"good": pytest.approx(squares | surprise), "poor": None}
    assert data == {}


def test_weights_are_told_and_a_forecast_that_was_surely_wrong_has_no_log_loss() -> None:
    data = evaluation_data(evaluate([1, 0, 0], {"a": [0.0, 0.5, 0.5]}, [3, 1, 2], replicates=2), [])
    assert data["examples"] == {"rows": 3, "positives": 1, "share": 0.5, "weighted": True}
    assert data["calibration"]["a"]["log_loss"] is None
    assert data["differences"] == []


def test_splits_by_hand() -> None:
    """Three splits on which the first model is ahead by .02, .03 and -.02 in AUROC, and never elsewhere."""
    areas = np.full((3, 2, 5), 0.7)
    areas[:, 0, 0] += [0.02, 0.03, -0.02]
    data = repeated_data(Repeats("stratified", ("a", "b"), areas, ratio=0.5))
    (gap,) = data.pop("differences")
    assert (gap.pop("first"), gap.pop("second")) == ("a", "b")
    # The squares about their mean .01 add up to .0014, two of which are free.
    error = ((1 / 3 + 0.5) * 0.0014 / 2) ** 0.5
    p = 2 * t.sf(0.01 / error, 2)
    assert gap.pop("AUROC") == {
        "mean": pytest.approx(0.01),
        "se": pytest.approx(error),
        "p": pytest.approx(p),
    }
    assert gap == {label: {"mean": 0.0, "se": 0.0, "p": None} for label in LABELS[1:]}
    assert data == {
        "scheme": "stratified",
        "folds": 1,
        "splits": 3,
        "areas": list(LABELS),
        "wins": {"a": [2, 1.5, 1.5, 1.5, 1.5], "b": [1, 1.5, 1.5, 1.5, 1.5]},
        "by_split": {"a": areas[:, 0].tolist(), "b": areas[:, 1].tolist()},
    }


@pytest.mark.parametrize(("splits", "known"), [(1, False), (2, True)])
def test_one_split_has_no_error_and_two_have(splits: int, known: bool) -> None:  # noqa: FBT001  # expected
    areas = np.zeros((splits, 2, 5))
    areas[0, 0] = 0.1
    gap = repeated_data(Repeats("hand-in", ("a", "b"), areas, ratio=0.5))["differences"][0]["AP"]
    assert gap["mean"] == pytest.approx(0.1 / splits)
    assert (gap["se"] is not None, gap["p"] is not None) == (known, known)

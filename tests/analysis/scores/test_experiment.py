from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from analysis.errors import AnalysisError
from analysis.scores.bootstrap import AREAS, bootstrap
from analysis.scores.curves import aupr, auprg, auroc
from analysis.scores.experiment import MODELS, Ranked, rank, repeat, wins
from analysis.scores.geometry import baseline
from analysis.scores.tabular import Table, load

PAIR = ("adaboost", "logistic")


@pytest.fixture
def ranked(diabetes: Path) -> Ranked:
    return rank(load(str(diabetes)), PAIR, seed=42)


def test_the_published_areas_on_diabetes_to_the_last_digit(ranked: Ranked) -> None:
    y, scores = ranked.labels, ranked.scores
    assert [auroc(y, s) for s in scores] == [0.8160991140642303, 0.7994878183831672]
    assert [aupr(y, s, method="trapezoid") for s in scores] == [0.6583825843463507, 0.6522517882377267]


def test_the_right_areas_on_diabetes(ranked: Ranked) -> None:
    y, scores = ranked.labels, ranked.scores
    assert [auprg(y, s) for s in scores] == pytest.approx(
        [0.7235490339511285, 0.710167434602541], rel=1e-15, abs=0
    )
    assert [round(aupr(y, s), 10) for s in scores] == [0.6585179528, 0.6525120422]
    averages = [aupr(y, s, method="average-precision") for s in scores]
    assert averages == pytest.approx([average_precision_score(y, s) for s in scores], rel=1e-14)
    assert averages == pytest.approx([0.6626802301, 0.6574279670], abs=2e-10)


def test_the_all_positive_classifier_stands_at_the_share_of_the_evaluated_set(ranked: Ranked) -> None:
    assert baseline(ranked.labels).pr == (1.0, 86 / 254)


def test_one_split_of_diabetes_proves_nothing(ranked: Ranked) -> None:
    boot = bootstrap(ranked.labels, ranked.scores, rng=np.random.default_rng(1))
    for area in range(len(AREAS)):
        gap, (low, high) = boot.difference(0, 1, area)
        assert low < 0 < gap < high


def test_over_fifty_splits_of_diabetes_logistic_regression_wins_39(diabetes: Path) -> None:
    areas = repeat(load(str(diabetes)), PAIR, splits=50)
    assert wins(areas)[:, 0].tolist() == [11.0, 39.0]


def test_every_model_ranks_breast_cancer_well() -> None:
    ranked = rank(load("breast-cancer"), list(MODELS), seed=42)
    assert ranked.scores.shape == (len(MODELS), 188)
    assert min(auroc(ranked.labels, score) for score in ranked.scores) > 0.98


def test_repeated_splits_are_those_of_their_seeds() -> None:
    table, done = load("breast-cancer"), []
    areas = repeat(table, ["logistic"], splits=3, advance=lambda: done.append(1))
    ranked = rank(table, ["logistic"], seed=2)
    assert areas.shape == (3, 1, len(AREAS))
    assert areas[2, 0, 0] == pytest.approx(auroc(ranked.labels, ranked.scores[0]))
    assert len(done) == 3


def test_a_tie_is_shared_among_the_winners() -> None:
    areas = np.array([[[0.9], [0.9]], [[0.8], [0.7]]])
    assert wins(areas).tolist() == [[1.5], [0.5]]


def table_of(labels: list[int]) -> Table:
    y = np.array(labels, dtype=np.bool_)
    return Table("toy", "toy", np.arange(len(y), dtype=float)[:, None], y, "yes")


def test_what_cannot_be_split_or_fitted_is_refused() -> None:
    with pytest.raises(AnalysisError, match="models: 'svm' must be among adaboost, logistic"):
        rank(load("breast-cancer"), ["logistic", "svm"], seed=1)
    with pytest.raises(AnalysisError, match="each class needs at least two rows"):
        rank(table_of([0, 0, 1]), ["logistic"], seed=1)
    with pytest.raises(AnalysisError, match="one part with one class"):
        rank(table_of([0, 0, 0, 0, 1, 1]), ["logistic"], seed=1)

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_1samp
from sklearn.metrics import average_precision_score, roc_auc_score

from analysis.errors import AnalysisError
from analysis.scores import Repeats, aupr, auprg, auroc, baseline, bootstrap, load, rank, repeat
from analysis.scores.areas import AREAS
from analysis.scores.experiment import Ranked, wins
from analysis.scores.models import MODELS, listed, named
from analysis.scores.scored import Scored
from analysis.scores.tabular import Table

PAIR = ("adaboost", "logistic")
GIVEN = """
from sklearn.base import BaseEstimator
class Constant(BaseEstimator):
    def fit(self, x, y):
        self.fitted_ = True
        return self
    def decision_function(self, x):
        return x[:, 0]
class Breaking(Constant):
    def fit(self, x, y):
        raise RuntimeError("too\\nbad")
class Silent(BaseEstimator):
    def fit(self, x, y):
        return self
prepared = Constant()
number = 3
"""


@pytest.fixture
def ranked(diabetes: Path) -> Scored:
    table = load(str(diabetes))
    return rank(table, PAIR, seed=42).against_the_rest(table)


def test_the_published_areas_on_diabetes_to_the_last_digit(ranked: Scored) -> None:
    y, scores = ranked.labels, ranked.scores
    assert [auroc(y, s) for s in scores] == [0.8160991140642303, 0.7994878183831672]
    assert [aupr(y, s, method="trapezoid") for s in scores] == [0.6583825843463507, 0.6522517882377267]


def test_the_right_areas_on_diabetes(ranked: Scored) -> None:
    y, scores = ranked.labels, ranked.scores
    assert [auprg(y, s) for s in scores] == pytest.approx(
        [0.7235490339511285, 0.710167434602541], rel=1e-15, abs=0
    )
    assert [round(aupr(y, s), 10) for s in scores] == [0.6585179528, 0.6525120422]
    averages = [aupr(y, s, method="average-precision") for s in scores]
    assert averages == pytest.approx([average_precision_score(y, s) for s in scores], rel=1e-14)
    assert averages == pytest.approx([0.6626802301, 0.6574279670], abs=2e-10)


def test_the_all_positive_classifier_stands_at_the_share_of_the_evaluated_set(ranked: Scored) -> None:
    assert baseline(ranked.labels).pr == (1.0, 86 / 254)


def test_one_split_of_diabetes_proves_nothing(ranked: Scored) -> None:
    boot = bootstrap(ranked.labels, dict(zip(PAIR, ranked.scores, strict=True)), rng=1)
    for area in AREAS:
        gap = boot.difference(area, *PAIR)
        assert gap.interval.low < 0 < gap.value < gap.interval.high
        assert gap.p is not None
        assert gap.p > 0.2


def test_over_fifty_splits_of_diabetes_logistic_regression_wins_39(diabetes: Path) -> None:
    repeats = repeat(load(str(diabetes)), PAIR, splits=50)
    assert repeats.wins[:, 0].tolist() == [11.0, 39.0]


def test_every_model_ranks_breast_cancer_well() -> None:
    table = load("breast-cancer")
    found = rank(table, list(MODELS), seed=42).against_the_rest(table)
    assert found.scores.shape == (len(MODELS), 188)
    assert min(auroc(found.labels, score) for score in found.scores) > 0.98


def test_repeated_splits_are_those_of_their_seeds() -> None:
    table, done = load("breast-cancer"), []
    repeats = repeat(table, ["logistic"], splits=3, advance=lambda: done.append(1))
    found = rank(table, ["logistic"], seed=2).against_the_rest(table)
    assert repeats.areas.shape == (3, 1, len(AREAS))
    assert repeats.areas[2, 0, 0] == pytest.approx(auroc(found.labels, found.scores[0]))
    assert len(done) == 3


def test_stratified_splits_keep_the_share_of_positives() -> None:
    table = load("breast-cancer")
    positives = {
        int(rank(table, ["naive-bayes"], seed=seed, scheme="stratified").against_the_rest(table).labels.sum())
        for seed in range(4)
    }
    assert positives == {70}  # a third of 212


def test_folds_test_each_row_once_and_are_scikit_learns() -> None:
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    table = load("breast-cancer")
    repeats = repeat(table, ["logistic"], splits=2, scheme="cross-validated", folds=3)
    expected = [
        cross_val_score(
            make_pipeline(StandardScaler(), MODELS["logistic"]()),
            table.features,
            table.labels,
            cv=StratifiedKFold(3, shuffle=True, random_state=seed),
            scoring="roc_auc",
        )
        for seed in (0, 1)
    ]
    assert repeats.areas[:, 0, 0] == pytest.approx(np.concatenate(expected), rel=1e-12)
    assert (repeats.folds, round(repeats.ratio, 2)) == (3, 0.5)


def test_each_class_against_the_rest_is_scikit_learns() -> None:
    rng = np.random.default_rng(3)
    target = rng.integers(0, 3, 150)
    features = rng.normal(size=(150, 2)) + target[:, None]
    table = Table("toy", "toy", features, target, ("a", "b", "c"), None)
    found = rank(table, ["logistic"], seed=1)
    probabilities = found.scores[0]
    expected = roc_auc_score(found.target, probabilities, multi_class="ovr", average=None)
    ours = [auroc(found.against_the_rest(table, place).labels, probabilities[:, place]) for place in range(3)]
    assert ours == pytest.approx(expected, rel=1e-12)
    repeats = repeat(table, ["logistic"], splits=2)
    macro = roc_auc_score(found.target, probabilities, multi_class="ovr", average="macro")
    assert repeats.areas[1, 0, 0] == pytest.approx(macro, rel=1e-12)


def test_the_corrected_t_test_is_nadeau_and_bengios() -> None:
    gaps = np.array([0.02, -0.01, 0.03, 0.01])
    areas = np.stack([np.stack([gaps, gaps * 0], axis=1)] * len(AREAS), axis=2)
    repeats = Repeats("hand-in", ("a", "b"), areas, ratio=0.5)
    mean, error, p = repeats.difference(0, 1)
    assert mean[0] == pytest.approx(gaps.mean())
    assert error[0] == pytest.approx(gaps.std(ddof=1) * np.sqrt(1 / 4 + 0.5))
    # Without sharing rows it would be the plain t-test.
    plain = replace(repeats, ratio=0.0).difference(0, 1)
    assert plain[2][0] == pytest.approx(ttest_1samp(gaps, 0).pvalue)
    assert p[0] > plain[2][0]


def test_a_tie_is_shared_among_the_winners() -> None:
    areas = np.array([[[0.9], [0.9]], [[0.8], [0.7]]])
    assert wins(areas).tolist() == [[1.5], [0.5]]


def test_weights_reach_the_fit_and_the_areas() -> None:
    """A weight of two is the row twice, in training and in testing."""
    rng = np.random.default_rng(5)
    target = (np.arange(90) % 3 == 0).astype(int)
    features = rng.normal(size=(90, 2)) + target[:, None]
    table = Table("toy", "toy", features, target, ("no", "yes"), "yes", weights=np.full(90, 2.0))
    heavy = rank(table, ["naive-bayes"], seed=1)
    light = rank(replace(table, weights=None), ["naive-bayes"], seed=1)
    np.testing.assert_allclose(heavy.scores, light.scores, rtol=1e-12)
    some = replace(table, weights=np.where(np.arange(90) < 45, 1.0, 3.0))
    assert np.abs(rank(some, ["naive-bayes"], seed=1).scores - light.scores).max() > 1e-3
    found = heavy.against_the_rest(table)
    assert found.weights is not None
    assert set(found.weights) == {2.0}


def test_missing_numbers_are_filled_by_the_training_part_or_left_to_models_that_take_them() -> None:
    rng = np.random.default_rng(5)
    target = (np.arange(90) % 3 == 0).astype(int)
    features = rng.normal(size=(90, 2)) + target[:, None]
    features[::7, 0] = np.nan
    table = Table("toy", "toy", features, target, ("no", "yes"), "yes")
    models = ["logistic", "sklearn.ensemble.HistGradientBoostingClassifier"]
    found = rank(table, models, seed=1)
    assert found.names == ("logistic", "HistGradientBoostingClassifier")
    assert np.isfinite(found.scores).all()


def table_of(labels: list[int]) -> Table:
    y = np.array(labels)
    return Table("toy", "toy", np.arange(len(y), dtype=float)[:, None], y, ("no", "yes"), "yes")


def test_what_cannot_be_split_or_fitted_is_refused() -> None:
    with pytest.raises(AnalysisError, match="models: 'svm' must be among adaboost, logistic"):
        rank(load("breast-cancer"), ["logistic", "svm"], seed=1)
    with pytest.raises(AnalysisError, match="each class needs at least two rows"):
        rank(table_of([0, 0, 1]), ["logistic"], seed=1)
    with pytest.raises(AnalysisError, match="one part with one class"):
        rank(table_of([0, 0, 0, 0, 1, 1]), ["logistic"], seed=1)
    with pytest.raises(AnalysisError, match="5 folds need as many rows of each class, one has 2"):
        repeat(table_of([0, 0, 0, 0, 1, 1]), ["logistic"], splits=1, scheme="cross-validated")
    with pytest.raises(AnalysisError, match="scheme: 'loo' must be one of hand-in"):
        repeat(table_of([0, 0, 1, 1]), ["logistic"], splits=1, scheme="loo")  # type: ignore[arg-type]  # wrong on purpose


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    (tmp_path / "given_models.py").write_text(GIVEN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "given_models", raising=False)
    return table_of([0, 1] * 20)


def test_any_estimator_by_its_import_path(given: Table) -> None:
    found = rank(
        given,
        ["given_models:Constant", "given_models.prepared", "sklearn.svm.SVC(C=2, kernel='rbf')"],
        seed=1,
    )
    assert found.names == ("Constant", "prepared", "SVC(C=2, kernel='rbf')")
    np.testing.assert_array_equal(found.scores[0], found.scores[1])
    (forest,) = named(["sklearn.ensemble.ExtraTreesClassifier(n_estimators=5)"]).values()
    assert (forest.n_estimators, forest.random_state) == (5, 42)
    assert list(named(["logistic", "given_models.Constant", "given_models:Constant()"])) == [
        "logistic",
        "Constant",
        "Constant()",
    ]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("given_models:Breaking", "'Breaking' could not be fitted: RuntimeError: too bad"),
        ("given_models:Silent", "gives no scores: it has neither predict_proba nor decision_function"),
        ("given_models:number", "Cannot clone object '3'"),
        ("given_models:Nothing", "has no attribute 'Nothing'"),
        ("nowhere.Model", "there is no module 'nowhere' to import"),
        ("sklearn.svm.SVC(C=open('x'))", "must be like"),
        ("sklearn.svm.SVC(2)", "must be like"),
        ("sklearn.svm.SVC(depth=2)", "raised TypeError"),
        ("sklearn.svm.SVC(C=-1)", "'SVC\\(C=-1\\)' could not be fitted: InvalidParameterError"),
        ("sklearn.linear_model.LinearRegression", "gives no scores"),
        ("sklearn.svm.SVC(", "must be among"),
        ("os.system", "no estimator|raised"),
    ],
)
def test_what_is_no_classifier_is_refused(given: Table, model: str, said: str) -> None:
    with pytest.raises(AnalysisError, match=said) as error:
        rank(given, [model], seed=1)
    assert "\n" not in str(error.value)


def test_what_a_model_complains_about_is_told_and_not_printed(
    given: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    found = rank(given, ["sklearn.neural_network.MLPClassifier(max_iter=1)"], seed=1)
    assert found.notes[0].startswith("MLPClassifier(max_iter=1): Stochastic Optimizer")
    assert capsys.readouterr().err == ""


def test_lists_of_models_are_split_outside_of_brackets() -> None:
    assert listed("a, b.C(x=(1, 2), y=[3, 4]),d") == ["a", "b.C(x=(1, 2), y=[3, 4])", "d"]
    with pytest.raises(AnalysisError, match="models: '' must be among"):
        named(listed(""))


def test_ranked_without_weights_has_none() -> None:
    found = Ranked(("a",), np.array([0, 1]), np.array([[[0.1], [0.9]]]), None)
    assert found.against_the_rest(table_of([0, 1])).weights is None

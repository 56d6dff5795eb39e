from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.scores.chance import baseline
from analysis.scores.curves import aupr, auprg, auroc, counts, pr, prg, roc
from analysis.scores.dominance import dominates, never_below
from analysis.scores.geometry import pr_between, pr_to_roc, roc_to_pr
from tests.analysis.scores.strategies import Labels, Scores, rankings

unit = st.floats(0.001, 1)
share = st.floats(0.01, 0.99)


@given(st.floats(0, 1), unit, share)
def test_the_map_there_and_back(fpr: float, tpr: float, share: float) -> None:
    assert np.concatenate(pr_to_roc(*roc_to_pr([fpr], [tpr], share), share)) == pytest.approx(
        [fpr, tpr], abs=1e-9
    )


@given(rankings())
def test_the_map_takes_one_curve_to_the_other(drawn: tuple[Labels, list[Scores]]) -> None:
    y, (score,) = drawn
    there, here = roc(y, score), pr(y, score)
    reached = there.tpr > 0
    recall, precision = roc_to_pr(there.fpr[reached], there.tpr[reached], y.mean())
    known = here.recall > 0
    np.testing.assert_allclose([recall, precision], [here.recall[known], here.precision[known]])
    fpr, tpr = pr_to_roc(here.recall[known], here.precision[known], y.mean())
    np.testing.assert_allclose([fpr, tpr], [there.fpr[reached], there.tpr[reached]], atol=1e-12)


@given(rankings(), st.integers(2, 5))
def test_true_negatives_matter_for_roc_and_not_for_pr(drawn: tuple[Labels, list[Scores]], times: int) -> None:
    """Add easy negatives, ranked last: precision and recall stay, the false positive rate falls."""
    y, (score,) = drawn
    more_y = np.concatenate([y, np.zeros(times * len(y), dtype=int)])
    more_score = np.concatenate([score, np.full(times * len(y), score.min() - 1)])
    before, after = pr(y, score), pr(more_y, more_score)
    np.testing.assert_array_equal(after.recall[:-1], before.recall)
    np.testing.assert_array_equal(after.precision[:-1], before.precision)
    assert (roc(more_y, more_score).fpr[1:-1] <= roc(y, score).fpr[1:]).all()
    assert roc(more_y, more_score).fpr[-2] < 1


@given(rankings(scores=2, longest=10))
def test_dominance_in_roc_is_dominance_in_pr(drawn: tuple[Labels, list[Scores]]) -> None:
    y, (first, second) = drawn
    assert dominates(y, first, second, space="roc") == dominates(y, first, second, space="pr")


@given(rankings(scores=2, longest=10))
def test_what_dominates_has_the_larger_areas(drawn: tuple[Labels, list[Scores]]) -> None:
    y, (first, second) = drawn
    if dominates(y, first, second):
        for area in (auroc, aupr, auprg):
            assert area(y, first) >= area(y, second) - 1e-12


@given(rankings())
def test_perfect_dominates_and_everything_dominates_itself(drawn: tuple[Labels, list[Scores]]) -> None:
    y, (score,) = drawn
    for space in ("roc", "pr"):
        assert dominates(y, y, score, space=space)
        assert dominates(y, score, score, space=space)
        assert dominates(y, score, -y, space=space)


def test_curves_that_cross_do_not_dominate() -> None:
    y = [1, 0, 1, 0, 1, 0, 0, 1]
    first, second = [8, 1, 7, 2, 3, 6, 5, 4], [5, 1, 4, 2, 8, 7, 3, 6]
    late = [3, 1, 8, 2, 4, 5, 7, 6]
    verdicts = {(dominates(y, a, b), dominates(y, b, a)) for a, b in ((first, second), (first, late))}
    assert (True, True) not in verdicts
    crossing = ([1, 1, 0, 0], [4, 1, 3, 2], [3, 2, 4, 1])
    assert not dominates(*crossing)
    assert not dominates(crossing[0], crossing[2], crossing[1])


def test_davis_and_goadrichs_example() -> None:
    recall, precision = pr_between((5, 10), (5, 30), positives=20, steps=5)
    assert recall.tolist() == [0.25, 0.3, 0.35, 0.4, 0.45, 0.5]
    assert precision.round(3).tolist() == [0.5, 0.375, 0.318, 0.286, 0.265, 0.25]


def test_between_nothing_predicted_and_something_precision_is_its_limit() -> None:
    recall, precision = pr_between((0, 2), (0, 1), positives=4, steps=2)
    assert recall.tolist() == [0, 0.25, 0.5]
    assert precision.tolist() == [2 / 3, 2 / 3, 2 / 3]


@pytest.mark.parametrize(
    ("tp", "fp", "positives", "steps", "said"),
    [
        ((0, 0), (0, 0), 4, 2, "^tp and fp: nothing is predicted positive at either end, .* no precision$"),
        ((0, 2), (0, 1), 4, 0, "steps: 0 must be at least 1"),
        ((2, 1), (0, 1), 4, 2, r"tp: \(2, 1\) must rise"),
        ((0, 2), (-1, 1), 4, 2, r"fp: \(-1, 1\) must rise"),
        ((0, 2), (0, float("nan")), 4, 2, r"fp: \(0, nan\) must rise"),
        ((0, 5), (0, 1), 4, 2, "tp: 5 is more than all 4 positives"),
        ((0, 2), (0, float("inf")), 4, 2, r"fp: \(0, inf\) must rise"),
        ((0, 2), (0, 1), float("inf"), 2, "tp: 2 is more than all inf positives"),
    ],
)
def test_points_without_a_way_between_are_refused(
    tp: tuple[float, float], fp: tuple[float, float], positives: float, steps: int, said: str
) -> None:
    with pytest.raises(AnalysisError, match=said):
        pr_between(tp, fp, positives, steps)


@given(rankings())
def test_the_all_positive_classifier_is_where_the_curves_end(drawn: tuple[Labels, list[Scores]]) -> None:
    y, (score,) = drawn
    point = baseline(y)
    ends = roc(y, score), pr(y, score), prg(y, score)
    assert (ends[0].fpr[-1], ends[0].tpr[-1]) == point.roc
    assert (ends[1].recall[-1], ends[1].precision[-1]) == pytest.approx(point.pr)
    assert (ends[2].recall_gain[-1], ends[2].precision_gain[-1]) == pytest.approx(point.prg, abs=1e-12)


def test_a_random_ranking_tends_to_the_baseline() -> None:
    rng = np.random.default_rng(1)
    y = rng.random(200_000) < 0.2
    score = rng.random(200_000)
    point = baseline(y)
    areas = (auroc(y, score), aupr(y, score), auprg(y, score))
    assert areas == pytest.approx((point.auroc, point.aupr, point.auprg), abs=0.01)


@pytest.mark.parametrize(
    ("fpr", "tpr", "share", "said"),
    [
        ([0.1], [0.0], 0.5, r"tpr\[0\] is 0: there the map"),
        ([0.1, 0.1], [1.0, 0.0], 0.5, r"tpr\[1\] is 0: there the map"),
        ([0.1, 1.5], [0.5, 0.5], 0.5, r"fpr\[1\]: 1.5 must lie"),
        ([0.1], [float("nan")], 0.5, r"tpr\[0\]: nan must lie"),
        ([0.1], [0.5], 1.0, "share: 1 of positives"),
        ([0.1], [0.5], 0.0, "share: 0 of positives"),
    ],
)
def test_points_without_a_partner_are_refused(
    fpr: list[float], tpr: list[float], share: float, said: str
) -> None:
    with pytest.raises(AnalysisError, match=said):
        roc_to_pr(fpr, tpr, share)


def test_recall_zero_and_unreachable_precision_are_refused() -> None:
    with pytest.raises(AnalysisError, match=r"recall\[0\] is 0: there the map"):
        pr_to_roc([0.0], [0.5], 0.5)
    with pytest.raises(AnalysisError, match=r"precision\[0\]: 0.1 at recall 1 is out of reach"):
        pr_to_roc([1.0], [0.1], 0.5)


def test_one_step_to_the_last_positive_by_as_many_errors() -> None:
    """From half of one positive, all weights below 1, to all of two: as many true as false at each end."""
    recall, precision = pr_between((0.25, 2), (0.5, 2), positives=2, steps=1)
    assert recall.tolist() == [0.125, 1]
    assert precision.tolist() == [1 / 3, 0.5]


def test_towards_no_true_positive_the_fewer_errors_decide() -> None:
    """Two negatives first, against one tie of all: worse near recall 0, better at recall 1."""
    y, first, second = [1, 0, 0, 0], [2, 4, 3, 1], [1, 1, 1, 1]
    for space in ("roc", "pr"):
        assert not dominates(y, first, second, space=space)
        assert not dominates(y, second, first, space=space)


def test_dominance_of_examples_that_weigh_little() -> None:
    weights = np.full(2, 0.1)
    right, wrong = counts([0, 1], [1, 2], weights), counts([0, 1], [2, 1], weights)
    for space in ("roc", "pr"):
        assert never_below(right, wrong, space=space)
        assert not never_below(wrong, right, space=space)


def test_the_baseline_of_weighted_examples() -> None:
    base = baseline([1, 0, 0], [3.0, 1.0, 2.0])
    assert (base.roc, base.pr, base.prg) == ((1, 1), (1, 0.5), (1, 0))
    assert base.auprg != baseline([1, 0, 0]).auprg


@pytest.mark.parametrize(
    ("recall", "precision", "said"),
    [
        ([0.5, 0.5], [0.5, 2.0], r"^precision\[1\]: 2 must lie between 0 and 1"),
        ([0.5, 0.5], [0.5, 0.0], r"^precision\[1\]: 0 at recall 0.5 is out of reach with a share of 0.5"),
        ([1.0, 1.0], [0.5, 0.4], r"^precision\[1\]: 0.4 at recall 1 is out of reach"),
    ],
)
def test_precisions_that_no_ranking_has(recall: list[float], precision: list[float], said: str) -> None:
    with pytest.raises(AnalysisError, match=said):
        pr_to_roc(recall, precision, 0.5)


def test_calling_all_positive_is_the_corner_whatever_is_rounded() -> None:
    for percent in range(1, 100):
        fpr, tpr = pr_to_roc([1.0], [percent / 100], percent / 100)
        assert 1 - 1e-12 < fpr[0] <= 1 == tpr[0]


def test_fractions_become_floats() -> None:
    half: Any = Fraction(1, 2)
    quarter: Any = Fraction(1, 4)
    for mapped in (roc_to_pr([quarter], [half], 0.5), pr_to_roc([half], [half], 0.5)):
        assert all(values.dtype == np.float64 for values in mapped)


def test_a_space_that_is_none_is_refused() -> None:
    with pytest.raises(AnalysisError, match="space: 'ROC' must be roc or pr"):
        dominates([0, 1], [1, 2], [1, 2], space="ROC")  # type: ignore[arg-type]  # what is refused

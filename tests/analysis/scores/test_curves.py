from fractions import Fraction
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from sklearn.metrics import (
    auc,
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from analysis.errors import AnalysisError
from analysis.scores import bootstrap, delong, evaluate
from analysis.scores.curves import PR_AREAS, PrMethod, aupr, auprg, auroc, counts, pr, prg, roc
from tests.analysis.scores.strategies import Labels, Scores, rankings

Y = [0, 0, 1, 1]


@given(rankings())
def test_auroc_is_the_chance_of_ranking_a_pair_rightly(drawn: tuple[Labels, list[Scores]]) -> None:
    y, (score,) = drawn
    pairs = [
        Fraction(int(np.sign(high - low)) + 1, 2)
        for high in score[y == 1].tolist()
        for low in score[y == 0].tolist()
    ]
    assert auroc(y, score) == pytest.approx(float(sum(pairs) / len(pairs)), rel=1e-14)


@given(rankings(), st.data())
def test_areas_are_scikit_learns_with_and_without_weights(
    drawn: tuple[Labels, list[Scores]], data: st.DataObject
) -> None:
    y, (score,) = drawn
    weight = np.array(data.draw(st.lists(st.integers(1, 9), min_size=len(y), max_size=len(y)))) / 4
    for w in (None, weight):
        assert auroc(y, score, w) == pytest.approx(roc_auc_score(y, score, sample_weight=w), rel=1e-12)
        assert aupr(y, score, w, method="average-precision") == pytest.approx(
            average_precision_score(y, score, sample_weight=w), rel=1e-12
        )
        precision, recall, _ = precision_recall_curve(y, score, sample_weight=w)
        assert aupr(y, score, w, method="trapezoid") == pytest.approx(auc(recall, precision), rel=1e-12)


@given(rankings())
def test_points_are_scikit_learns(drawn: tuple[Labels, list[Scores]]) -> None:
    y, (score,) = drawn
    curve = roc(y, score)
    fpr, tpr, thresholds = roc_curve(y, score, drop_intermediate=False)
    np.testing.assert_allclose([curve.fpr, curve.tpr, curve.thresholds], [fpr, tpr, thresholds])
    points = pr(y, score)
    precision, recall, cuts = precision_recall_curve(y, score)
    np.testing.assert_allclose(
        [points.precision, points.recall, points.thresholds], [precision[-2::-1], recall[-2::-1], cuts[::-1]]
    )


@given(rankings())
def test_a_weight_is_a_repetition(drawn: tuple[Labels, list[Scores]]) -> None:
    y, (score,) = drawn
    times = np.arange(len(y)) % 3 + 1
    for area in (auroc, aupr, auprg):
        repeated = area(np.repeat(y, times), np.repeat(score, times))
        assert area(y, score, times) == pytest.approx(repeated, rel=1e-9, abs=1e-12)


@given(rankings())
def test_the_continuous_area_is_the_integral_of_the_interpolation(drawn: tuple[Labels, list[Scores]]) -> None:
    y, (score,) = drawn
    c = counts(y, score)
    area = 0.0
    for a, b, fa, fb in zip(c.tp, c.tp[1:], c.fp, c.fp[1:], strict=False):
        if b > a:
            area += quad(
                lambda t, a=a, b=b, fa=fa, fb=fb: t / (t + fa + (fb - fa) * (t - a) / (b - a)), a, b
            )[0]
    assert aupr(y, score) == pytest.approx(area / c.positives, rel=1e-7, abs=1e-9)


def auprg_in_fractions(y: Labels, score: Scores) -> Fraction:
    """Area under straight lines between gains, the curve cut where recall is the share of positives."""
    positives = Fraction(int(y.sum()))
    negatives = len(y) - positives
    odds = positives / negatives
    points = [(Fraction(0), Fraction(0))]
    for threshold in sorted(set(score.tolist()), reverse=True):
        above = score >= threshold
        points.append((Fraction(int(y[above].sum())), Fraction(int((1 - y[above]).sum()))))
    cut = positives / (1 + negatives / positives)
    area = Fraction(0)
    for (ta, fa), (tb, fb) in pairwise(points):
        if tb <= cut or ta == tb:
            continue
        start = max(ta, cut)
        at_start = fa + (start - ta) / (tb - ta) * (fb - fa)
        recalls = [1 - odds * (positives - t) / t for t in (start, tb)]
        precisions = [1 - odds * f / t for t, f in ((start, at_start), (tb, fb))]
        area += (recalls[1] - recalls[0]) * sum(precisions) / 2
    return area


@given(rankings())
def test_auprg_is_the_exact_area_and_that_of_its_curve(drawn: tuple[Labels, list[Scores]]) -> None:
    y, (score,) = drawn
    expected = float(auprg_in_fractions(y, score))
    curve = prg(y, score)
    assert auprg(y, score) == pytest.approx(expected, rel=1e-11, abs=1e-12)
    assert np.trapezoid(curve.precision_gain, curve.recall_gain) == pytest.approx(
        expected, rel=1e-11, abs=1e-11
    )
    assert curve.recall_gain[0] == pytest.approx(0, abs=1e-12)
    assert curve.recall_gain[-1] == 1


@given(rankings())
def test_monotone_transformations_change_no_area(drawn: tuple[Labels, list[Scores]]) -> None:
    y, (score,) = drawn
    for area in (auroc, aupr, auprg):
        assert area(y, np.exp(score / 2.0)) == area(y, score) == area(y, 3 * score - 7)


@given(rankings())
def test_all_tied_is_chance_and_perfect_is_one(drawn: tuple[Labels, list[Scores]]) -> None:
    y, _ = drawn
    tied, share = np.zeros(len(y)), float(y.mean())
    assert (auroc(y, tied), aupr(y, tied)) == pytest.approx((0.5, share), rel=1e-12)
    assert auprg(y, tied) == pytest.approx(0, abs=1e-12)
    assert (auroc(y, y), aupr(y, y)) == (1.0, 1.0)
    assert auprg(y, y) == 1.0


@given(rankings())
def test_a_reversed_ranking_mirrors_auroc(drawn: tuple[Labels, list[Scores]]) -> None:
    y, (score,) = drawn
    assert auroc(y, -score) == pytest.approx(1 - auroc(y, score))


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_straight_lines_flatter_a_curve_that_falls(first: int, tied: int, wrong: int) -> None:
    """Some positives alone at the top, then a tie of positives and negatives."""
    y = [1] * first + [1] * tied + [0] * wrong
    score = [2] * first + [1] * (tied + wrong)
    assert aupr(y, score) < aupr(y, score, method="trapezoid")


def test_small_reference_values() -> None:
    assert auprg(Y, [0.1, 0.4, 0.35, 0.8]) == 0.25
    assert auprg(Y, [0.1, 0.2, 0.7, 0.8]) == 1.0
    assert auprg(Y, [0.5, 0.5, 0.5, 0.5]) == 0.0


def test_negative_precision_gain_is_negative_area() -> None:
    assert auprg(Y, [0.8, 0.7, 0.2, 0.1]) < 0


def test_a_point_cut_at_recall_gain_zero_has_no_threshold() -> None:
    curve = prg([1, 0, 0, 1], [0.9, 0.8, 0.7, 0.6])
    assert curve.tp[0] == 1.0
    assert curve.thresholds[0] == 0.9
    cut = prg(Y, [0.1, 0.9, 0.9, 0.9])
    assert np.isnan(cut.thresholds[0])


@pytest.mark.parametrize("labels", [[False, False, True, True], [-1, -1, 1, 1], [0.0, 0.0, 1.0, 1.0]])
def test_labels_come_in_three_spellings(labels: list[float]) -> None:
    assert auroc(labels, [0.1, 0.4, 0.35, 0.8]) == 0.75


@pytest.mark.parametrize(
    ("y", "score", "weight", "said"),
    [
        ([0, 1], [0.1], None, r"shapes \(2,\) and \(1,\)"),
        ([], [], None, "y_true is empty"),
        ([1, 1], [0.1, 0.2], None, "holds only 1"),
        ([0, 0], [0.1, 0.2], None, "holds only 0"),
        ([0, 1, 2], [0.1, 0.2, 0.3], None, r"holds \[0, 1, 2\]"),
        ([1, 2], [0.1, 0.2], None, r"holds \[1, 2\]"),
        ([0, 1], [0.1, float("nan")], None, r"y_score\[1\] is NaN"),
        ([0, 1], [0.1, 0.2], [1.0], "sample_weight has shape"),
        ([0, 1], [0.1, 0.2], [1.0, -1.0], r"sample_weight\[1\]: -1"),
        ([0, 1], [0.1, 0.2], [1.0, float("inf")], r"sample_weight\[1\]: inf"),
        ([0, 1], [0.1, 0.2], [1.0, 0.0], "leaves one class without weight"),
        ([0, 1, 0, 1], [1, 1, 1, 1], [0, 1, -1, 1], r"sample_weight\[2\]: -1"),
        ([0, 1], ["low", "high"], None, "y_score holds str"),
        ([0, 1], [1, 2**53 + 1], None, r"y_score\[1\]: 9007199254740993 is beyond 2\*\*53"),
        ([0, 1], [1j, 2], None, "y_score holds complex128"),
        ([0, 1], [[1, 2], [3]], None, "y_score is no array of numbers"),
        ([0, "a"], [1, 2], None, r"y_true holds \['0', 'a'\]"),
    ],
)
@pytest.mark.parametrize("function", [roc, pr, prg, auroc, aupr, auprg, delong, bootstrap, evaluate])
def test_what_cannot_be_ranked_is_refused(
    function: object, y: list[int], score: list[float], weight: list[float] | None, said: str
) -> None:
    with pytest.raises(AnalysisError, match=said):
        function(y, score, weight)  # type: ignore[operator]  # the parameter is any callable


def test_scores_may_be_infinite() -> None:
    assert auroc(Y, [-np.inf, 0.0, 1.0, np.inf]) == 1.0


def test_equal_infinite_scores_are_ties() -> None:
    assert auroc([1, 1, 0, 0], [np.inf] * 4) == 0.5
    assert auroc([0, 0, 1, 1], [-np.inf] * 4) == 0.5
    y, score = np.array([0, 1, 0, 1, 1, 0]), np.array([-np.inf] * 4 + [0.5, 0.2])
    for order in permutations(range(6)):
        assert auroc(y[list(order)], score[list(order)]) == pytest.approx(5 / 9, rel=1e-15)


@given(rankings())
def test_scores_at_the_edge_of_numbers_rank_as_small_ones(drawn: tuple[Labels, list[Scores]]) -> None:
    y, (score,) = drawn
    huge = score * (1.7e308 / 6)
    for area in (auroc, aupr, auprg):
        assert area(y, huge) == area(y, score)
    assert delong(y, huge).auroc[0] == delong(y, score).auroc[0]


@given(rankings(), st.data())
def test_samples_without_weight_are_not_there(
    drawn: tuple[Labels, list[Scores]], data: st.DataObject
) -> None:
    y, (score,) = drawn
    weight = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(y), max_size=len(y))))
    weight[[np.argmax(y), np.argmin(y)]] = 1
    fpr, tpr, thresholds = roc_curve(y, score, sample_weight=weight, drop_intermediate=False)
    curve, some = roc(y, score, weight), weight > 0
    np.testing.assert_allclose([curve.fpr, curve.tpr, curve.thresholds], [fpr, tpr, thresholds], atol=1e-15)
    without = counts(y[some], score[some], weight[some])
    np.testing.assert_array_equal(counts(y, score, weight).thresholds, without.thresholds)


@given(rankings(), st.integers(-300, 12))
def test_however_little_positives_weigh(drawn: tuple[Labels, list[Scores]], power: int) -> None:
    """Positives weigh 10 to a power: the area is that of exact arithmetic, by the integral's closed form."""
    y, (score,) = drawn
    weight = np.where(y == 1, 10.0**power, 1.0)
    assert aupr(y, score, weight) == pytest.approx(aupr_by_mpmath(y, score, weight), rel=1e-11, abs=0)
    assert auroc(y, score, weight) == pytest.approx(auroc(y, score), rel=1e-12)


def aupr_by_mpmath(y: Labels, score: Scores, weight: np.ndarray) -> float:
    """Sum a/D + (t₀ - aS/D)/D·log(1 + D/S) over segments, in a thousand digits."""
    import mpmath

    with mpmath.workdps(1000):
        total, tp, fp = mpmath.mpf(0), mpmath.mpf(0), mpmath.mpf(0)
        for threshold in sorted(set(score.tolist()), reverse=True):
            held = score == threshold
            a = sum((mpmath.mpf(w) for w in weight[held & (y == 1)].tolist()), mpmath.mpf(0))
            b = sum((mpmath.mpf(w) for w in weight[held & (y == 0)].tolist()), mpmath.mpf(0))
            start, growth = tp + fp, a + b
            if a > 0:
                total += a * a / growth
                if start > 0:
                    total += a * (tp - a * start / growth) / growth * mpmath.log(1 + growth / start)
            tp, fp = tp + a, fp + b
        return float(total / tp)


def test_weights_may_be_near_the_largest_and_the_least_number() -> None:
    y, score = [1, 0, 1, 0, 1], [5, 4, 3, 2, 1]
    for area in (auroc, aupr, auprg):
        for scale in (1e308, 1e-300):
            assert area(y, score, np.array([1, 0.5, 1, 0.25, 0.5]) * scale) == pytest.approx(
                area(y, score, [4, 2, 4, 1, 2]), rel=1e-12
            )


@given(rankings())
def test_a_perfect_ranking_has_area_one_to_the_last_bit(drawn: tuple[Labels, list[Scores]]) -> None:
    y, _ = drawn
    weight = np.arange(len(y)) / 7 + 0.1
    for w in (None, weight):
        assert auprg(y, y, w) == 1.0
        assert auprg(y, np.where(y == 1, np.arange(len(y)) + 1, -np.arange(len(y)) - 1), w) == 1.0


def test_an_unknown_method_is_refused() -> None:
    method: PrMethod = "simpson"  # type: ignore[assignment]  # wrong on purpose
    with pytest.raises(AnalysisError, match="'simpson' must be one of davis-goadrich, average-precision"):
        aupr(Y, Y, method=method)


def test_every_method_knows_a_perfect_ranking() -> None:
    assert [aupr(Y, Y, method=method) for method in PR_AREAS] == [1.0, 1.0, 1.0]

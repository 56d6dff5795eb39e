import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score

from analysis.errors import AnalysisError
from analysis.scores.curves import counts
from analysis.scores.operating import Rule, best_f_gain, operate, parse_rule, shortest
from tests.analysis.scores.strategies import Labels, Scores, rankings

Y = [1, 1, 0, 1, 0, 0, 1, 0]
SCORE = [8, 7, 6, 5, 4, 3, 2, 1]


def test_rules_by_hand() -> None:
    c = counts(Y, SCORE)
    at = {
        text: operate(c, parse_rule(text))
        for text in ("precision=0.75", "recall=0.75", "fpr=0.25", "threshold=3.5")
    }
    assert {
        text: point and (point.threshold, point.tp, point.fp, point.fn, point.tn)
        for text, point in at.items()
    } == {
        "precision=0.75": (5, 3, 1, 1, 3),
        "recall=0.75": (5, 3, 1, 1, 3),
        "fpr=0.25": (5, 3, 1, 1, 3),
        "threshold=3.5": (3.5, 3, 2, 1, 2),
    }
    everything, nothing = operate(c, Rule("recall", 1)), operate(c, Rule("threshold", 9))
    assert everything is not None
    assert (everything.threshold, everything.precision) == (2, 4 / 7)
    assert nothing is not None
    assert (nothing.tp, nothing.precision, nothing.f_gain) == (0, None, None)


def test_a_precision_that_no_threshold_reaches_is_never_kept() -> None:
    assert operate(counts([0, 1], [2, 1]), Rule("precision", 0.9)) is None


@given(
    rankings(),
    st.sampled_from(["precision", "recall", "specificity", "fpr"]),
    st.integers(0, 60).map(lambda k: k / 60),
)
def test_no_threshold_that_keeps_the_rule_is_better(
    drawn: tuple[Labels, list[Scores]], measure: str, bound: float
) -> None:
    y, (score,) = drawn
    c = counts(y, score)
    found = operate(c, Rule(measure, bound))
    kept = []
    for tp, fp in zip(c.tp, c.fp, strict=True):
        value = {
            "precision": tp / (tp + fp) if tp + fp else -1,
            "recall": tp / c.positives,
            "specificity": 1 - fp / c.negatives,
            "fpr": -fp / c.negatives,
        }[measure]
        if value >= (-bound if measure == "fpr" else bound) - 1e-9:
            kept.append((tp, fp))
    if not kept:
        assert found is None
        return
    assert found is not None
    if measure == "recall":
        assert found.fp == min(fp for _, fp in kept)
    else:
        assert found.tp == max(tp for tp, _ in kept)
    called = score >= found.threshold
    assert (int((called & (y == 1)).sum()), int((called & (y == 0)).sum())) == (found.tp, found.fp)


@given(rankings())
def test_the_best_f_gain_is_the_best_f1_of_scikit_learn(drawn: tuple[Labels, list[Scores]]) -> None:
    y, (score,) = drawn
    point = best_f_gain(counts(y, score))
    called = score >= point.threshold
    best = max(
        2 * (y[called] @ y[called]) / (called.sum() + y.sum()) for called in (score >= t for t in score)
    )
    assert f1_score(y, called) == pytest.approx(best, rel=1e-12)
    assert point.precision == pytest.approx(precision_score(y, called), rel=1e-12)
    assert point.recall == pytest.approx(recall_score(y, called), rel=1e-12)
    share = y.mean()
    # Flach & Kull: F gain is (F - π) / ((1 - π) F), with π the F₁'s value of always-positive at recall 1.
    assert point.f_gain == pytest.approx((best - share) / ((1 - share) * best), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("f1=0.5", "must be like precision=0.9, of precision, recall, specificity, fpr, threshold$"),
        ("precision", "'' in 'precision' is no number"),
        ("precision=high", "'high' in 'precision=high' is no number"),
        ("recall=1.5", "1.5 must lie between 0 and 1"),
        ("recall=nan", "nan must lie between 0 and 1"),
        ("=", "must be like precision=0.9"),
    ],
)
def test_a_rule_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(AnalysisError, match=said):
        parse_rule(text)


def test_weights_round_nothing_off_a_bound() -> None:
    """Ten tenths of weight: the recall of all but one is .9, though sums of .1 are not."""
    c = counts([1] * 10 + [0], np.arange(11)[::-1], np.full(11, 0.1))
    found = operate(c, Rule("recall", 0.9))
    assert found is not None
    assert found.threshold == 2
    c = counts([1] + [0] * 10, np.arange(11)[::-1], np.full(11, 0.1))
    for rule in (Rule("fpr", 0.3), Rule("specificity", 0.7)):
        found = operate(c, rule)
        assert found is not None
        assert (found.threshold, found.fp) == (10, 0)  # of equal recalls the highest threshold
    ahead = counts([0] * 3 + [1] + [0] * 7, np.arange(11)[::-1], np.full(11, 0.1))
    for rule in (Rule("fpr", 0.3), Rule("specificity", 0.7)):
        found = operate(ahead, rule)
        assert found is not None
        assert (found.threshold, found.recall) == (7, 1)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=8))
def test_a_threshold_is_shown_with_digits_enough_to_make_its_counts(scores: list[float]) -> None:
    y = [0, 1] * (len(scores) // 2) + [1] * (len(scores) % 2)
    c = counts(y, scores)
    for threshold, tp, fp in zip(c.thresholds, c.tp, c.fp, strict=True):
        shown = operate(c, Rule("threshold", float(shortest(c, float(threshold)))))
        assert shown is not None
        assert (shown.tp, shown.fp) == (tp, fp)


def test_a_threshold_of_few_digits_is_shown_as_it_is() -> None:
    c = counts([0, 1, 0], [0.2274, 0.22735, 1e300])
    assert [shortest(c, t) for t in c.thresholds.tolist()] == ["inf", "1e+300", "0.2274", "0.227"]


def test_the_ends_of_the_range_are_bounds_too() -> None:
    assert [parse_rule(f" Recall ={bound}").bound for bound in (0, 1)] == [0, 1]
    assert parse_rule("threshold=-3").bound == -3


def test_a_threshold_that_rounding_up_would_lose_is_cut_off() -> None:
    """Of .12376 three digits are .124, too high, or .123, too low; four are .1238, too high, or .1237."""
    assert shortest(counts([0, 1], [0.123, 0.12376]), 0.12376) == "0.1237"


def test_a_threshold_next_to_another_needs_all_its_digits() -> None:
    near = float(np.nextafter(0.3, 1))
    assert [shortest(counts([0, 1], [0.3, near]), at) for at in (0.3, near)] == ["0.3", repr(near)]


@pytest.mark.parametrize(
    "rule", ["precision=0.75", "recall=0.5", "specificity=0.5", "fpr=0.5", "threshold=3.5"]
)
def test_a_point_says_what_it_is_for(rule: str) -> None:
    c = counts(Y, SCORE)
    found = operate(c, parse_rule(rule))
    assert found is not None
    assert found.rule == rule.replace("=", " ")
    assert best_f_gain(c).rule == "best F-gain"
    assert found.fn + found.tp == found.tn + found.fp == 4
    assert found.specificity == found.tn / 4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import binomtest, norm

from analysis.errors import AnalysisError
from analysis.scores import auprg, auroc, bootstrap, delong, evaluate
from analysis.scores.areas import AREAS
from analysis.scores.intervals import Cases, Interval, difference_interval, effective, score_interval
from tests.analysis.scores.strategies import Labels, Scores, rankings


def many(positives: float, negatives: float, errors: float = 1e12) -> Cases:
    return Cases(positives, negatives, errors, positives / (positives + negatives))


@given(st.integers(1, 60), st.data())
def test_with_the_variance_of_a_proportion_it_is_wilsons_interval(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    p = hits / n
    wilson = binomtest(hits, n).proportion_ci(method="wilson")
    cases = many(n, n, 1e12 if 0 < hits < n else 0)
    found = score_interval("auroc", p, p * (1 - p) / n, cases)
    assert found == pytest.approx((wilson.low, wilson.high), abs=1e-9)


@given(st.floats(-3, 1), st.floats(0.05, 0.9), st.floats(0.5, 0.99))
def test_limits_are_where_the_score_test_turns(value: float, share: float, level: float) -> None:
    """Solve (p - x)² = z² c x (1 - x) by bisection, on the range that AUPRG has at a share of positives."""
    bottom = -(1 - share) / (2 * share)
    if not bottom + 0.05 < value < 0.95:
        return
    variance = 0.01
    cases = Cases(100, 100, 1e15, share)
    low, high = score_interval("auprg", value, variance, cases, level)
    p, z = (value - bottom) / (1 - bottom), norm.ppf((1 + level) / 2)
    c = variance / (1 - bottom) ** 2 / (p * (1 - p))

    def score(x: float) -> float:
        return float((p - x) ** 2 - z**2 * c * x * (1 - x))

    expected = [bottom + (1 - bottom) * brentq(score, *ends) for ends in ((0, p), (p, 1))]
    assert (low, high) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(("positives", "negatives"), [(3, 4), (5, 15), (10, 90), (67, 121), (500, 20)])
def test_a_perfect_ranking_is_no_certainty(positives: int, negatives: int) -> None:
    """By Wilson's limit for no error in n, z² / (n + z²) may go unseen: of AUROC as much is lost."""
    y = np.arange(positives + negatives) < positives
    found = evaluate(y, {"perfect": y * 1.0}, replicates=50)
    unseen = norm.ppf(0.975) ** 2 / (min(positives, negatives) + norm.ppf(0.975) ** 2)
    assert found.interval("auroc") == pytest.approx((1 - unseen, 1))
    for area in AREAS:
        low, high = found.interval(area)
        assert low < 1 - unseen / 10
        assert high == 1
        assert found.area(area) == 1


def test_what_is_lost_unseen_among_positives_or_negatives_by_hand() -> None:
    """10 + 90, no error: a share δ of negatives on top costs AUPRG δ(1 + π)/(2π), as FPR is δ throughout."""
    y = np.arange(100) < 10
    low, _ = bootstrap(y, y * 1.0, replicates=20).interval("auprg")
    delta = norm.ppf(0.975) ** 2 / (90 + norm.ppf(0.975) ** 2)
    assert low == pytest.approx(1 - delta * 1.1 / 0.2, rel=1e-6)


@given(rankings(scores=2), st.sampled_from([0.8, 0.95, 0.99]))
def test_intervals_hold_what_was_measured_within_its_range(
    drawn: tuple[Labels, list[Scores]], level: float
) -> None:
    y, scores = drawn
    found = evaluate(y, np.array(scores), replicates=20, level=level)
    share = y.mean()
    for area in AREAS:
        for model in found.names:
            low, high = found.interval(area, model)
            least = -(1 - share) / (2 * share) if area == "auprg" else 0
            assert least - 1e-12 <= low <= found.area(area, model) <= high <= 1
            assert low < high
        gap = found.difference(area, *found.names)
        assert gap.interval.low <= gap.value <= gap.interval.high


@given(rankings())
def test_the_larger_the_level_the_wider(drawn: tuple[Labels, list[Scores]]) -> None:
    y, (score,) = drawn
    result = delong(y, score)
    narrow, wide = result.interval(level=0.9), result.interval(level=0.99)
    assert wide.low <= narrow.low + 1e-12
    assert wide.high >= narrow.high - 1e-12


def test_a_difference_is_wider_than_neither_and_narrower_when_correlated() -> None:
    limits = (Interval(0.7, 0.9), Interval(0.6, 0.8))
    apart = difference_interval(0.8, 0.7, limits, 0.0)
    assert apart == pytest.approx((0.1 - np.hypot(0.1, 0.1), 0.1 + np.hypot(0.1, 0.1)))
    alike = difference_interval(0.8, 0.7, limits, 0.9)
    assert apart.low < alike.low < 0.1 < alike.high < apart.high


def test_two_perfect_rankings_may_differ() -> None:
    found = evaluate([1, 1, 1, 0, 0, 0], {"a": [6, 5, 4, 3, 2, 1], "b": [5, 6, 4, 3, 2, 1]}, replicates=50)
    gap = found.difference("auroc", "a", "b")
    assert (gap.value, gap.p) == (0, 1)
    assert gap.interval.low < -0.3
    assert gap.interval.high > 0.3


def test_effective_numbers_are_kishs() -> None:
    assert effective(np.full(7, 3.0)) == pytest.approx(7)
    assert effective(np.array([1.0, 0.0, 0.0])) == 1
    assert effective(np.array([3.0, 1.0])) == pytest.approx(16 / 10)


def test_few_positives_well_separated_are_covered() -> None:
    """5 + 15 normals two apart: the truth is Φ(√2) = .9214; percentiles hold it in some 80 of 100 cases."""
    rng = np.random.default_rng(11)
    y = np.arange(20) < 5
    truth = float(norm.cdf(2 / np.sqrt(2)))
    held = 0
    for _ in range(300):
        low, high = delong(y, 2 * y + rng.normal(size=20)).interval()
        held += low <= truth <= high
    assert held / 300 >= 0.93


def test_levels_that_are_none_are_refused() -> None:
    for level in (0, 1, 95, float("nan")):
        with pytest.raises(AnalysisError, match="level: "):
            delong([0, 1, 0, 1], [1, 2, 3, 4]).interval(level=level)


def test_measured_values_are_the_plain_functions() -> None:
    y, score = [0, 1, 0, 1, 1], [1, 2, 3, 4, 5]
    found = evaluate(y, score, replicates=10)
    assert (found.area("auroc"), found.area("AUPRG")) == (auroc(y, score), auprg(y, score))

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.scores import auroc, delong
from tests.analysis.scores.strategies import Labels, Scores, rankings

RNG = np.random.default_rng(0)
Y = RNG.random(120) < 0.4
SCORES = np.stack([Y + RNG.normal(size=120), Y + RNG.normal(size=120).round(1)])


def test_delong_is_its_definition() -> None:
    """Placement values by comparing every pair, as the paper writes them."""
    wins = [(np.sign(s[Y][:, None] - s[~Y][None]) + 1) / 2 for s in SCORES]
    high, low = np.array([w.mean(axis=1) for w in wins]), np.array([w.mean(axis=0) for w in wins])
    expected = np.cov(high) / Y.sum() + np.cov(low) / (~Y).sum()
    result = delong(Y, SCORES)
    np.testing.assert_allclose(result.covariance, expected, rtol=1e-10)
    assert result.auroc == pytest.approx([auroc(Y, s) for s in SCORES], rel=1e-12)


def test_delongs_p_value_is_that_of_a_normal() -> None:
    from scipy.stats import norm

    result = delong(Y, SCORES)
    c = result.covariance
    z = (result.auroc[0] - result.auroc[1]) / np.sqrt(c[0, 0] + c[1, 1] - 2 * c[0, 1])
    assert result.difference("model 1", "model 2").p == pytest.approx(2 * norm.sf(abs(z)), rel=1e-10)


@given(rankings(), st.data())
def test_a_whole_weight_is_a_repetition_of_the_placement(
    drawn: tuple[Labels, list[Scores]], data: st.DataObject
) -> None:
    y, (score,) = drawn
    times = np.array(data.draw(st.lists(st.integers(1, 3), min_size=len(y), max_size=len(y))))
    weighted = delong(y, score, times).auroc[0]
    assert weighted == pytest.approx(delong(np.repeat(y, times), np.repeat(score, times)).auroc[0], rel=1e-12)


def test_equal_weights_are_none() -> None:
    plain, weighted = delong(Y, SCORES), delong(Y, SCORES, np.full(120, 7.0))
    np.testing.assert_allclose(weighted.covariance, plain.covariance, rtol=1e-12)
    np.testing.assert_allclose(weighted.interval("model 1"), plain.interval("model 1"), rtol=1e-12)


@given(rankings(scores=2))
def test_infinite_scores_tie_as_finite_ones_do(drawn: tuple[Labels, list[Scores]]) -> None:
    """Replace the least and the largest score by infinities: nothing changes its order."""
    y, scores = drawn
    infinite = [
        np.where(s == s.max(), np.inf, np.where(s == s.min(), -np.inf, s.astype(float)))
        if s.max() > s.min()
        else np.full(len(s), np.inf)
        for s in scores
    ]
    plain, other = delong(y, np.array(scores)), delong(y, np.array(infinite))
    np.testing.assert_array_equal(other.auroc, plain.auroc)
    np.testing.assert_array_equal(other.covariance, plain.covariance)


def test_delong_covers_the_truth() -> None:
    """Two normals one apart have AUROC Φ(1/√2) = 0.7602…; 95 % of the intervals hold it."""
    rng = np.random.default_rng(5)
    y = np.arange(200) % 2
    hits = 0
    for _ in range(400):
        low, high = delong(y, y + rng.normal(size=200)).interval()
        hits += low <= 0.7602499389 <= high
    assert 0.92 <= hits / 400 <= 0.98


def test_a_class_of_one_has_no_variance_but_an_interval_that_says_little() -> None:
    result = delong([0, 1, 1, 0, 0], {"a": [1, 2, 3, 0, 1], "b": [1, 2, 3, 4, 5]})
    lone = delong([0, 1, 0, 0], {"a": [1, 2, 0, 1], "b": [3, 2, 4, 5]})
    assert np.isnan(lone.covariance).all()
    low, high = lone.interval("a")
    assert (low < 0.3, high) == (True, 1.0)
    assert lone.difference("a", "b").p is None
    assert result.difference("a", "b").p is not None


def test_results_are_read_by_name() -> None:
    result = delong(Y, {"fine": SCORES[0], "rough": SCORES[1]})
    areas = [auroc(Y, score) for score in SCORES]
    assert repr(result) == f"<AUROC by DeLong: fine {areas[0]:.4f}, rough {areas[1]:.4f}>"
    frame = result.to_pandas()
    assert frame.index.name == "model"
    assert frame.loc["rough"].to_dict() == pytest.approx(
        {
            "auroc": areas[1],
            "se": np.sqrt(result.covariance[1, 1]),
            "low": result.interval("rough").low,
            "high": result.interval("rough").high,
        }
    )
    shown = result._repr_html_()
    assert shown.startswith(f"<p>AUROC by DeLong: fine {areas[0]:.4f}, rough {areas[1]:.4f}</p>")
    assert "<table" in shown
    with pytest.raises(AnalysisError, match="model: 'c' must be one of fine, rough"):
        result.interval("c")


def test_equal_rankings_differ_by_nothing_for_certain() -> None:
    found = delong(Y, {"a": SCORES[0], "b": SCORES[0] * 2 + 1, "c": SCORES[1]})
    assert found.difference("a", "b") == (0, (0, 0), 1)
    assert found.difference("a", "c").p != 1

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from analysis.errors import AnalysisError
from analysis.scores import calibration


@st.composite
def forecasts(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = draw(st.integers(2, 25))
    y = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n).filter(lambda y: 0 < sum(y) < n)))
    score = np.array(draw(st.lists(st.integers(1, 9), min_size=n, max_size=n))) / 10
    return y, score, np.array(draw(st.lists(st.integers(1, 5), min_size=n, max_size=n)))


@given(forecasts())
def test_losses_are_scikit_learns(drawn: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    y, score, weight = drawn
    found = calibration(y, score, weight)
    assert found.brier == pytest.approx(brier_score_loss(y, score, sample_weight=weight), rel=1e-12)
    assert found.log_loss == pytest.approx(log_loss(y, score, sample_weight=weight), rel=1e-9)
    assert found.share == pytest.approx(np.average(y, weights=weight), rel=1e-12)


@given(forecasts())
def test_the_brier_score_is_the_sum_of_its_parts(drawn: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    y, score, weight = drawn
    found = calibration(y, score, weight)
    parts = found.miscalibration - found.discrimination + found.uncertainty
    assert found.brier == pytest.approx(parts, abs=1e-12)
    assert found.miscalibration >= 0
    assert found.discrimination >= 0
    assert (np.diff(found.rates) >= 0).all()


def test_pool_adjacent_violators_by_hand() -> None:
    """Rates 0, 1, 0, 1 at rising scores: the middle two violate, and pool to a half."""
    found = calibration([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4])
    assert found.rates.tolist() == [0, 0.5, 0.5, 1]
    assert found.uncertainty - found.discrimination == pytest.approx((0.25 + 0.25) / 4)
    assert found.to_pandas().columns.tolist() == ["score", "rate", "weight"]
    assert "<table" in found._repr_html_()


def test_scores_that_keep_their_word_are_not_miscalibrated() -> None:
    y = [1] * 3 + [0] + [1] + [0] * 3
    found = calibration(y, [0.75] * 4 + [0.25] * 4)
    assert found.miscalibration == pytest.approx(0, abs=1e-15)
    assert repr(found) == "<Calibration: Brier 0.1875, of which miscalibration 0.0000>"


def test_a_certain_forecast_that_was_wrong_costs_everything() -> None:
    assert calibration([0, 1], [1.0, 0.5]).log_loss == np.inf


@pytest.mark.parametrize("score", [[0.5, 1.5], [-0.1, 0.5], [np.inf, 0.5]])
def test_scores_that_are_no_probabilities_have_no_calibration(score: list[float]) -> None:
    with pytest.raises(AnalysisError, match="is no probability"):
        calibration([0, 1], score)

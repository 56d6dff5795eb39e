import numpy as np
import pytest
from hypothesis import given

from analysis.errors import AnalysisError
from analysis.scores.bootstrap import AREAS, GRID, bootstrap, delong
from analysis.scores.curves import aupr, auprg, auroc, counts
from tests.analysis.scores.strategies import Labels, Scores, rankings

RNG = np.random.default_rng(0)
Y = RNG.random(120) < 0.4
SCORES = np.stack([Y + RNG.normal(size=120), Y + RNG.normal(size=120).round(1)])


@given(rankings(scores=2))
def test_what_is_measured_is_what_scores_measures(drawn: tuple[Labels, list[Scores]]) -> None:
    y, scores = drawn
    boot = bootstrap(y, np.array(scores), replicates=2, rng=np.random.default_rng(1))
    for measured, score in zip(boot.measured, scores, strict=True):
        expected = [
            auroc(y, score),
            aupr(y, score),
            aupr(y, score, method="average-precision"),
            aupr(y, score, method="trapezoid"),
            auprg(y, score),
        ]
        assert measured == pytest.approx(expected, rel=1e-12, abs=1e-13)


def test_a_replicate_is_a_weighting_that_keeps_the_classes_and_is_common_to_the_models() -> None:
    """Every replicate's areas are those of some weights: redo the draws and weigh with scores' functions."""
    boot = bootstrap(Y, SCORES, replicates=25, rng=np.random.default_rng(7))
    rng, n, p = np.random.default_rng(7), len(Y), int(Y.sum())
    positives, negatives = rng.integers(0, p, (25, p)), rng.integers(0, n - p, (25, n - p))
    for row in range(25):
        weight = np.zeros(n)
        np.add.at(weight, np.flatnonzero(Y)[positives[row]], 1)
        np.add.at(weight, np.flatnonzero(~Y)[negatives[row]], 1)
        for m in (0, 1):
            c = counts(Y, SCORES[m], weight)
            expected = [float(area(c.tp, c.fp)) for area in AREAS.values()]
            assert boot.replicates[m, :, row] == pytest.approx(expected, rel=1e-12)


def test_batches_report_their_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.scores.bootstrap.CELLS", 1000)
    done: list[int] = []
    bootstrap(Y, SCORES[0], replicates=20, rng=np.random.default_rng(1), advance=done.append)
    assert sum(done) == 20
    assert max(done) == 8


def test_a_pair_of_equal_models_does_not_differ() -> None:
    boot = bootstrap(Y, SCORES[[0, 0]], replicates=50, rng=np.random.default_rng(1))
    assert [boot.difference(0, 1, area) for area in range(len(AREAS))] == [(0.0, (0.0, 0.0))] * len(AREAS)


def test_delong_is_its_definition() -> None:
    """Placement values by comparing every pair, as the paper writes them."""
    wins = [(np.sign(s[Y][:, None] - s[~Y][None]) + 1) / 2 for s in SCORES]
    high, low = np.array([w.mean(axis=1) for w in wins]), np.array([w.mean(axis=0) for w in wins])
    expected = np.cov(high) / Y.sum() + np.cov(low) / (~Y).sum()
    result = delong(Y, SCORES)
    np.testing.assert_allclose(result.covariance, expected, rtol=1e-10)
    assert result.auroc == pytest.approx([auroc(Y, s) for s in SCORES], rel=1e-12)


def test_delong_and_bootstrap_agree() -> None:
    boot = bootstrap(Y, SCORES, replicates=4000, rng=np.random.default_rng(3))
    result = delong(Y, SCORES)
    np.testing.assert_allclose(np.cov(boot.replicates[:, 0]), result.covariance, rtol=0.1, atol=1e-5)
    assert boot.difference(0, 1, 0)[1] == pytest.approx(result.difference(0, 1)[1], abs=0.01)


def test_delong_covers_the_truth() -> None:
    """Two normals one apart have AUROC Φ(1/√2) = 0.7602…; 95 % of the intervals hold it."""
    rng = np.random.default_rng(5)
    y = np.arange(200) % 2
    hits = 0
    for _ in range(400):
        low, high = delong(y, y + rng.normal(size=200)).interval(0)
        hits += low <= 0.7602499389 <= high
    assert 0.92 <= hits / 400 <= 0.98


def test_an_interval_stays_within_reason() -> None:
    low, high = delong([0, 0, 1, 1], [1, 2, 2, 3]).interval(0)
    assert 0 <= low < high <= 1


def test_bands_hold_the_curve_and_are_the_quantiles_of_replicates() -> None:
    boot = bootstrap(Y, SCORES, replicates=400, rng=np.random.default_rng(2), bands=True)
    c = counts(Y, SCORES[0])
    tpr = np.interp(GRID, c.fp / c.negatives, c.tp / c.positives)
    low, high = boot.bands[0].tpr
    assert ((low <= tpr + 0.02) & (tpr <= high + 0.02)).all()
    assert boot.bands[1].precision.shape == boot.bands[1].precision_gain.shape == (2, len(GRID))
    # At full recall everything is called positive at the latest: precision is at least the share.
    assert (boot.bands[0].precision[:, -1] >= Y.mean() - 1e-12).all()


def test_a_perfect_ranking_has_bands_without_width() -> None:
    boot = bootstrap(Y, Y.astype(float), replicates=20, rng=np.random.default_rng(2), bands=True)
    for curve in (boot.bands[0].tpr, boot.bands[0].precision, boot.bands[0].precision_gain):
        np.testing.assert_allclose(curve, 1)


def test_what_cannot_be_resampled_is_refused() -> None:
    with pytest.raises(AnalysisError, match="bootstrap: 0 replicates"):
        bootstrap(Y, SCORES, replicates=0, rng=RNG)
    with pytest.raises(AnalysisError, match=r"y_score\[0\] is NaN"):
        bootstrap([0, 1], [[0.1, 0.2], [np.nan, 0.1]], rng=RNG)
    with pytest.raises(AnalysisError, match="one class once only"):
        delong([0, 1, 1], [0.1, 0.2, 0.3])

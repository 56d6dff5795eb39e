import numpy as np
import pytest
from hypothesis import given
from scipy.optimize import brentq

from analysis.errors import AnalysisError
from analysis.scores import Bootstrap, aupr, auprg, auroc, bootstrap, delong
from analysis.scores.areas import AREAS
from analysis.scores.bootstrapping import GRID
from analysis.scores.curves import counts
from tests.analysis.scores.strategies import Labels, Scores, rankings

RNG = np.random.default_rng(0)
Y = RNG.random(120) < 0.4
SCORES = np.stack([Y + RNG.normal(size=120), Y + RNG.normal(size=120).round(1)])
NAMED = {"fine": SCORES[0], "rough": SCORES[1]}


@given(rankings(scores=2))
def test_what_is_measured_is_what_scores_measures(drawn: tuple[Labels, list[Scores]]) -> None:
    y, scores = drawn
    boot = bootstrap(y, np.array(scores), replicates=2, rng=1)
    for measured, score in zip(boot.measured, scores, strict=True):
        expected = [
            auroc(y, score),
            aupr(y, score),
            aupr(y, score, method="average-precision"),
            aupr(y, score, method="trapezoid"),
            auprg(y, score),
        ]
        assert measured == pytest.approx(expected, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("weight", [None, RNG.integers(1, 4, 120) / 2], ids=["plain", "weighted"])
def test_a_replicate_is_a_weighting_that_keeps_the_classes_and_is_common_to_the_models(
    weight: np.ndarray | None,
) -> None:
    """Every replicate's areas are those of some weights: redo the draws and weigh with scores' functions."""
    boot = bootstrap(Y, SCORES, weight, replicates=25, rng=7)
    rng, n, p = np.random.default_rng(7), len(Y), int(Y.sum())
    for row in range(25):
        drawn = rng.random(n)
        times = np.zeros(n)
        np.add.at(times, np.flatnonzero(Y)[(drawn[:p] * p).astype(int)], 1)
        np.add.at(times, np.flatnonzero(~Y)[(drawn[p:] * (n - p)).astype(int)], 1)
        for m in (0, 1):
            c = counts(Y, SCORES[m], times if weight is None else times * weight)
            expected = [float(area(c.rises)) for area in AREAS.values()]
            assert boot.replicates[m, :, row] == pytest.approx(expected, rel=1e-12)


def test_replicates_and_bands_do_not_depend_on_how_many_are_drawn_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, done = bootstrap(Y, SCORES, replicates=20, rng=1, bands=True), list[int]()
    monkeypatch.setattr("analysis.scores.resampling.CELLS", 840)
    parts = bootstrap(Y, SCORES, replicates=20, rng=1, bands=True, advance=done.append)
    monkeypatch.setattr("analysis.scores.resampling.CELLS", 1)
    single = bootstrap(Y, SCORES, replicates=20, rng=1, bands=True)
    assert done == [7, 7, 6]
    for other in (parts, single):
        np.testing.assert_allclose(other.replicates, whole.replicates, rtol=1e-13)
        for band, expected in zip(other.bands, whole.bands, strict=True):
            np.testing.assert_allclose(band.tpr, expected.tpr, rtol=1e-13)
            np.testing.assert_allclose(band.precision, expected.precision, rtol=1e-13)
            np.testing.assert_allclose(band.precision_gain, expected.precision_gain, rtol=1e-12)


def test_models_that_rank_alike_do_not_differ() -> None:
    boot = bootstrap(Y, {"a": SCORES[0], "b": np.exp(SCORES[0])}, replicates=50)
    for area in AREAS:
        assert boot.difference(area, "a", "b") == (0.0, (0.0, 0.0), 1.0)
    assert boot.delong.difference("a", "b") == (0.0, (0.0, 0.0), 1.0)


def test_the_p_value_is_the_share_of_replicates_on_the_other_side() -> None:
    boot = bootstrap(Y, NAMED, replicates=199)
    gaps = boot.replicates[0, 4] - boot.replicates[1, 4]
    against = min((gaps <= 0).sum(), (gaps >= 0).sum())
    assert boot.difference("auprg", "fine", "rough").p == pytest.approx(2 * (against + 1) / 200)
    assert boot.difference("auprg", "rough", "fine").p == boot.difference("auprg", "fine", "rough").p


def test_results_are_read_by_name() -> None:
    boot = bootstrap(Y, NAMED, replicates=50)
    assert boot.area("auprg", "rough") == pytest.approx(auprg(Y, SCORES[1]), rel=1e-12)
    assert boot.interval("AUPRG", "rough") == boot.interval("auprg", "rough")
    assert repr(boot) == "<Bootstrap of fine, rough: 50 replicates>"
    frame = boot.to_pandas()
    assert frame.loc[("rough", "auprg"), "low"] == boot.interval("auprg", "rough").low
    assert frame.columns.tolist() == ["value", "low", "high"]
    with pytest.raises(AnalysisError, match="area: 'auc' must be one of auroc, aupr"):
        boot.area("auc", "fine")
    with pytest.raises(AnalysisError, match="model: None must be one of fine, rough"):
        boot.area("auroc")
    with pytest.raises(AnalysisError, match="method: 'bca' must be score or percentile"):
        boot.interval("auroc", "fine", method="bca")  # type: ignore[arg-type]  # wrong on purpose


def test_percentiles_are_those_of_the_replicates() -> None:
    boot = bootstrap(Y, NAMED, replicates=400)
    expected = np.quantile(boot.replicates[1, 2], [0.05, 0.95])
    assert boot.interval("ap", "rough", 0.9, method="percentile") == pytest.approx(expected)


def test_delong_and_bootstrap_agree() -> None:
    boot = bootstrap(Y, SCORES, replicates=4000, rng=3)
    result = delong(Y, SCORES)
    np.testing.assert_allclose(np.cov(boot.replicates[:, 0]), result.covariance, rtol=0.1, atol=1e-5)
    ours = boot.difference("auroc", "model 1", "model 2")
    theirs = result.difference("model 1", "model 2")
    assert ours.interval == pytest.approx(theirs.interval, abs=0.01)
    assert ours.p == pytest.approx(theirs.p, abs=0.03)


def test_bands_hold_the_curve_and_are_the_quantiles_of_replicates() -> None:
    boot = bootstrap(Y, SCORES, replicates=400, rng=2, bands=True)
    assert len(GRID) == 101
    c = counts(Y, SCORES[0])
    tpr = np.interp(GRID, c.fp / c.negatives, c.tp / c.positives)
    low, high = boot.bands[0].tpr
    assert ((low <= tpr + 0.02) & (tpr <= high + 0.02)).all()
    assert boot.bands[1].precision.shape == boot.bands[1].precision_gain.shape == (2, 101)
    # At full recall everything is called positive at the latest: precision is at least the share.
    assert (boot.bands[0].precision[:, -1] >= Y.mean() - 1e-12).all()


def test_a_band_of_one_replicate_is_its_curve() -> None:
    """Each curve, redone from the replicate's own weights by linear counts between thresholds."""
    boot = bootstrap(Y, SCORES[0], replicates=1, rng=7, bands=True)
    drawn, p, n = np.random.default_rng(7).random(len(Y)), int(Y.sum()), len(Y)
    times = np.zeros(n)
    np.add.at(times, np.flatnonzero(Y)[(drawn[:p] * p).astype(int)], 1)
    np.add.at(times, np.flatnonzero(~Y)[(drawn[p:] * (n - p)).astype(int)], 1)
    c = counts(Y, SCORES[0], times)

    def false(tp: float) -> float:
        after = int(np.argmax(c.tp >= tp - 1e-9))
        share = (tp - c.tp[after - 1]) / (c.tp[after] - c.tp[after - 1])
        return float(c.fp[after - 1] + share * (c.fp[after] - c.fp[after - 1]))

    band, odds = boot.bands[0], p / (n - p)
    for place in (13, 50, 87, 100):
        tp = GRID[place] * p
        assert band.precision[:, place] == pytest.approx(tp / (tp + false(tp)), rel=1e-9)
        # The true positives of a recall gain: 1 - odds (P - TP) / TP.
        tp = brentq(lambda tp, gain: 1 - odds * (p - tp) / tp - gain, 1, p, args=(GRID[place],))
        assert band.precision_gain[:, place] == pytest.approx(1 - odds * false(tp) / tp, rel=1e-9)
    # No grid point but the ends is a whole number of these negatives.
    assert band.tpr[:, 1:-1] == pytest.approx(
        np.tile(np.interp(GRID[1:-1] * (n - p), c.fp, c.tp) / p, (2, 1))
    )
    assert band.precision[0, 0] == band.precision[0, 1]


def test_a_perfect_ranking_has_bands_without_width() -> None:
    boot = bootstrap(Y, Y.astype(float), replicates=20, rng=2, bands=True)
    for curve in (boot.bands[0].tpr, boot.bands[0].precision, boot.bands[0].precision_gain):
        np.testing.assert_allclose(curve, 1)


def test_what_cannot_be_resampled_is_refused() -> None:
    with pytest.raises(AnalysisError, match="bootstrap: 0 replicates"):
        bootstrap(Y, SCORES, replicates=0)
    with pytest.raises(AnalysisError, match=r"scores of 'model 2'\[0\] is NaN"):
        bootstrap([0, 1], [[0.1, 0.2], [np.nan, 0.1]])
    with pytest.raises(AnalysisError, match=r"level: 95 must lie between 0 and 1"):
        bootstrap(Y, SCORES, level=95)


def test_many_scores_take_no_memory_for_each_replicate() -> None:
    """What is kept is areas: nothing of the size of scores times replicates."""
    import tracemalloc

    rng = np.random.default_rng(1)
    y = rng.random(50_000) < 0.3
    score = y + rng.normal(size=len(y))
    peaks = []
    for replicates in (4, 24):
        tracemalloc.start()
        boot: Bootstrap = bootstrap(y, score, replicates=replicates)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert boot.replicates.shape == (1, len(AREAS), 24)
    assert peaks[1] < 1.1 * peaks[0]

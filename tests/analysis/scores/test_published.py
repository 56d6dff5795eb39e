"""What pROC 1.18's own tests expect of its data: 113 patients after a bleeding in the brain.

The data are Turck et al. 2010 (Intensive Care Medicine 36, doi 10.1007/s00134-009-1641-y), as pROC has them;
the numbers those of its test-var.R, test-cov.R, test-roc.test.R and test-ci.auc.R.
"""

from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from analysis.scores import Delong, Interval, auroc, bootstrap, delong
from analysis.scores.areas import AREAS

PATIENTS = pd.read_csv(Path(__file__).with_name("asah.csv"))
POOR = PATIENTS["outcome"] == "Poor"
MARKERS = PATIENTS[["wfns", "s100b", "ndka"]]


@pytest.fixture(scope="module")
def found() -> Delong:
    return delong(POOR, MARKERS)


def test_areas_are_procs() -> None:
    areas = [auroc(POOR, MARKERS[name]) for name in MARKERS]
    assert areas == pytest.approx([0.823678861788618, 0.731368563685637, 0.611957994579946], rel=1e-14)


def test_variances_and_covariances_are_procs(found: Delong) -> None:
    expected = [
        [0.00146991470882363, 0.00119615567376754, -0.000532967856762438],
        [0.00119615567376754, 0.00266868245717244, -0.000756164938056579],
        [-0.000532967856762438, -0.000756164938056579, 0.0031908105493913],
    ]
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        ("wfns", "s100b", 0.0271757822291882),
        ("wfns", "ndka", 0.00514557970691098),
        ("ndka", "s100b", 0.164295175223054),
    ],
)
def test_paired_p_values_are_procs(found: Delong, first: str, second: str, p: float) -> None:
    assert found.difference(first, second).p == pytest.approx(p, rel=1e-12)
    assert found.difference(second, first).p == pytest.approx(p, rel=1e-12)


def test_procs_interval_is_the_normal_one_of_the_same_variance_and_ours_is_near_it(found: Delong) -> None:
    """Theirs is symmetric and may leave [0, 1]; a score interval is drawn towards a half."""
    theirs = (0.501244999271703, 0.722670989888189)
    reach = NormalDist().inv_cdf(0.975) * np.sqrt(found.covariance[2, 2])
    assert (found.auroc[2] - reach, found.auroc[2] + reach) == pytest.approx(theirs, rel=1e-13)
    low, high = found.interval("ndka")
    assert low == pytest.approx(theirs[0], abs=0.01)
    assert theirs[1] - 0.01 < high < theirs[1]


def test_the_bootstrap_agrees_with_delong(found: Delong) -> None:
    drawn = bootstrap(POOR, MARKERS, replicates=4000, rng=1)
    covariance = np.cov(drawn.replicates[:, 0])
    # 4,000 replicates know a variance to 2.2 %.
    np.testing.assert_allclose(np.diag(covariance), np.diag(found.covariance), rtol=0.1)
    correlation = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    expected = found.covariance[0, 1] / np.sqrt(found.covariance[0, 0] * found.covariance[1, 1])
    assert correlation == pytest.approx(expected, abs=0.05)


def joined(x: float, y: float, limits: tuple[Interval, Interval], correlation: float) -> tuple[float, float]:
    """Zou & Donner 2008, equation 3, of two correlated estimates."""
    (low_x, high_x), (low_y, high_y) = limits
    below, above = (x - low_x, high_y - y), (high_x - x, y - low_y)
    reach = [np.sqrt(a * a + b * b - 2 * correlation * a * b) for a, b in (below, above)]
    return x - y - float(reach[0]), x - y + float(reach[1])


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_a_difference_joins_the_intervals_of_both_with_procs_correlation(found: Delong, level: float) -> None:
    for first, second, covariance in (
        ("wfns", "s100b", 0.00119615567376754),
        ("wfns", "ndka", -0.00053296786),
    ):
        one, two = list(MARKERS).index(first), list(MARKERS).index(second)
        correlation = covariance / np.sqrt(found.covariance[one, one] * found.covariance[two, two])
        limits = (found.interval(first, level), found.interval(second, level))
        expected = joined(found.auroc[one], found.auroc[two], limits, correlation)
        assert found.difference(first, second, level).interval == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_bootstraps_difference_does_so_with_the_correlation_of_its_replicates(level: float) -> None:
    drawn = bootstrap(POOR, MARKERS, replicates=100)
    for a, area in enumerate(AREAS):
        x, y = drawn.area(area, "s100b"), drawn.area(area, "wfns")
        correlation = np.corrcoef(drawn.replicates[1, a], drawn.replicates[0, a])[0, 1]
        limits = (drawn.interval(area, "s100b", level), drawn.interval(area, "wfns", level))
        gap = drawn.difference(area, "s100b", "wfns", level)
        assert gap.interval == pytest.approx(joined(x, y, limits, correlation), rel=1e-9)
        gaps = drawn.replicates[1, a] - drawn.replicates[0, a]
        tails = (gaps >= 0).sum(), (gaps <= 0).sum()
        assert gap.p == pytest.approx(min(1, 2 * (1 + min(tails)) / 101))


def test_a_perfect_ranking_against_its_reverse_has_no_variance_to_judge_by() -> None:
    result = delong([0, 0, 1, 1], {"right": [1, 2, 3, 4], "wrong": [4, 3, 2, 1]})
    gap = result.difference("right", "wrong")
    limits = (result.interval("right"), result.interval("wrong"))
    assert (gap.value, gap.p) == (1, None)
    assert gap.interval == pytest.approx(joined(1, 0, limits, 0))

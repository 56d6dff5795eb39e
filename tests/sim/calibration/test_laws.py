"""Laws are found again in times that were drawn from them, and refused where none of them fits."""

import math

import numpy as np
import pytest
from scipy import stats

from sim.calibration.laws import LAWS, LEVEL, SAMPLES, Times, choose

TRUTHS = {
    "exponential": {"mean": 0.1},
    "shifted-exponential": {"shift": 0.05, "mean": 0.1},
    "uniform": {"low": 0.05, "high": 0.1},
    "pareto": {"minimum": 0.05, "shape": 3.0},
    "gamma": {"mean": 0.1, "shape": 4.0},
    "lognormal": {"mean": 0.1, "sigma": 0.5},
}
THEIRS = {
    "exponential": stats.expon(scale=0.1),
    "shifted-exponential": stats.expon(loc=0.05, scale=0.05),
    "uniform": stats.uniform(loc=0.05, scale=0.05),
    "pareto": stats.pareto(3.0, scale=0.05),
    "gamma": stats.gamma(4.0, scale=0.025),
    "lognormal": stats.lognorm(0.5, scale=0.1 * math.exp(-0.125)),
}


def drawn(kind: str, count: int = 800) -> Times:
    """Times drawn by scipy."""
    times: Times = THEIRS[kind].rvs(count, random_state=np.random.default_rng(5))
    return times


@pytest.mark.parametrize("kind", LAWS)
def test_densities_probabilities_and_quantiles_are_scipys(kind: str) -> None:
    law, truth, theirs = LAWS[kind], TRUTHS[kind], THEIRS[kind]
    u = np.linspace(0.01, 0.99, 25)
    x = theirs.ppf(u)
    assert np.allclose(law.quantile(u, **truth), x)
    assert np.allclose(law.probability(x, **truth), u)
    assert np.allclose(law.log_density(x, **truth), theirs.logpdf(x))


@pytest.mark.parametrize("kind", LAWS)
def test_the_law_that_was_drawn_from_is_chosen_with_its_parameters(kind: str) -> None:
    choice = choose(drawn(kind))
    assert choice.law["kind"] == kind
    best = next(each for each in choice.candidates if each.kind == kind)
    assert best.p_value >= LEVEL
    for name, value in TRUTHS[kind].items():
        assert abs(choice.law[name] - value) < 4 * best.errors[name]


def test_fits_are_scipys() -> None:
    times = drawn("gamma")
    shape, _, scale = stats.gamma.fit(times, floc=0)
    assert LAWS["gamma"].fit(times) == pytest.approx({"shape": shape, "mean": shape * scale}, rel=1e-4)
    times = drawn("lognormal")
    sigma, _, scale = stats.lognorm.fit(times, floc=0)
    expected = {"mean": scale * math.exp(sigma**2 / 2), "sigma": sigma}
    assert LAWS["lognormal"].fit(times) == pytest.approx(expected, rel=1e-4)
    times = drawn("pareto")
    shape, _, scale = stats.pareto.fit(times, floc=0)
    assert LAWS["pareto"].fit(times) == pytest.approx({"minimum": scale, "shape": shape}, rel=1e-3)


def test_a_standard_error_is_how_far_fits_scatter() -> None:
    random = np.random.default_rng(1)
    fits = [LAWS["exponential"].fit(random.exponential(0.1, 400))["mean"] for _ in range(400)]
    told = next(each for each in choose(drawn("exponential", 400)).candidates if each.kind == "exponential")
    # Both are estimated, from 400 and from SAMPLES fits: each is off by 1/sqrt(2n) of itself.
    off = 4 * math.hypot(1 / math.sqrt(800), 1 / math.sqrt(2 * SAMPLES))
    assert told.errors["mean"] == pytest.approx(np.std(fits), rel=off)
    assert np.std(fits) == pytest.approx(0.1 / math.sqrt(400), rel=0.2)


def test_where_no_law_fits_the_times_themselves_are_drawn_from() -> None:
    random = np.random.default_rng(2)
    times = np.concatenate([random.normal(0.1, 0.002, 400), random.normal(0.2, 0.002, 400)])
    law = choose(times).law
    assert law["kind"] == "empirical"
    assert np.mean(law["values"]) == pytest.approx(times.mean(), rel=1e-3)
    assert np.std(law["values"]) == pytest.approx(times.std(), rel=1e-2)


def test_few_times_are_judged_by_no_law() -> None:
    law = choose(np.array([0.1, 0.2, 0.3])).law
    assert law == {"kind": "empirical", "values": pytest.approx([0.4 / 3, 0.2, 0.8 / 3])}

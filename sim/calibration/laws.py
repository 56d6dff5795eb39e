"""Which law measured times follow: fitted by maximum likelihood, judged by a test, chosen by AIC.

The test is Kolmogorov and Smirnov's distance, whose distribution under a fitted law is found by a parametric
bootstrap (Stute, González Manteiga, Presedo Quindimil 1993): data are drawn from the fit, fitted again, and
their distance taken. The same samples give the standard errors of the parameters.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]
Parameters = dict[str, float]

LEVEL: Final = 0.05
"""A law whose p-value is below does not fit."""

SAMPLES: Final = 200
"""Of the bootstrap."""

MOST: Final = 500
"""Times that a law is judged by: more than these tell laws apart that predict the same."""

KEPT: Final = 200
"""Values of an empirical law: the measured times' quantiles."""

ALIKE: Final = 1e-3
"""Times that differ by less, as a share of their mean, are always the same."""

FEWEST: Final = 20
"""Times that a law is fitted to at least."""


class Law(NamedTuple):
    """A kind of law: how many parameters it has, its fit, density's logarithm, distribution and quantiles."""

    size: int
    fit: Callable[[Times], Parameters]
    log_density: Callable[..., Times]
    probability: Callable[..., Times]
    quantile: Callable[..., Times]


class Candidate(NamedTuple):
    """A law fitted to times: its AIC, the p-value of its fit, and the standard errors of its parameters."""

    kind: str
    parameters: Parameters
    errors: Parameters
    aic: float
    p_value: float


class Choice(NamedTuple):
    """The law that times follow, as a scenario writes it, and all that were tried, the best AIC first."""

    law: Mapping[str, Any]
    candidates: Sequence[Candidate]


def choose(times: Times, seed: int = 0) -> Choice:
    """Return the law with the least AIC among those that fit; where none does, their ``empirical`` one.

    Examples
    --------
    >>> times = 0.1 - 0.05 * np.log(1.0 - (np.arange(300) + 0.5) / 300)
    >>> choose(times).law["kind"]
    'shifted-exponential'
    >>> choose(np.full(50, 0.25)).law
    {'kind': 'constant', 'mean': 0.25}
    """
    if np.ptp(times) < ALIKE * times.mean():
        return Choice({"kind": "constant", "mean": float(times.mean())}, [])
    random = np.random.default_rng(seed)
    judged = random.permutation(times)[:MOST]
    tried = [_candidate(kind, times, judged, random) for kind in LAWS] if len(times) >= FEWEST else []
    tried.sort(key=lambda each: each.aic)
    for each in tried:
        if each.p_value >= LEVEL:
            return Choice({"kind": each.kind} | each.parameters, tried)
    size = min(KEPT, len(times))
    values = np.quantile(times, (np.arange(size) + 0.5) / size)
    return Choice({"kind": "empirical", "values": values.tolist()}, tried)


def _candidate(kind: str, times: Times, judged: Times, random: np.random.Generator) -> Candidate:
    law = LAWS[kind]
    parameters, sampled = law.fit(times), law.fit(judged)
    aic = 2 * law.size - 2 * float(law.log_density(times, **parameters).sum())
    distance = _distance(law, judged, sampled)
    further, fits = 0, []
    for _ in range(SAMPLES):
        again = law.quantile(random.random(len(judged)), **sampled)
        fits.append(law.fit(again))
        further += _distance(law, again, fits[-1]) >= distance
    shrunk = np.sqrt(len(judged) / len(times))
    errors = {name: float(np.std([fit[name] for fit in fits], ddof=1) * shrunk) for name in parameters}
    return Candidate(kind, parameters, errors, aic, (further + 1) / (SAMPLES + 1))


def _distance(law: Law, times: Times, parameters: Parameters) -> float:
    """Return the largest distance between the times' distribution and a law's."""
    ranks = np.arange(len(times) + 1) / len(times)
    there = law.probability(np.sort(times), **parameters)
    return float(np.maximum(ranks[1:] - there, there - ranks[:-1]).max())


def _exponential(x: Times, mean: float, shift: float = 0.0) -> Times:
    return np.where(x < shift, -np.inf, -(x - shift) / (mean - shift) - np.log(mean - shift))


def _lognormal(times: Times) -> Parameters:
    logs = np.log(times)
    sigma = float(logs.std())
    return {"mean": float(np.exp(logs.mean() + sigma**2 / 2)), "sigma": sigma}


def _gamma(times: Times) -> Parameters:
    from scipy.optimize import brentq
    from scipy.special import digamma

    gap = float(np.log(times.mean()) - np.log(times).mean())
    shape = brentq(lambda k: np.log(k) - digamma(k) - gap, 1e-3, 1e9)
    return {"mean": float(times.mean()), "shape": float(shape)}


def _frozen(kind: str, mean: float, shape: float) -> Any:  # noqa: ANN401 -- scipy's
    from scipy import stats

    return (
        stats.gamma(shape, scale=mean / shape)
        if kind == "gamma"
        else stats.lognorm(shape, scale=mean * np.exp(-(shape**2) / 2))
    )


LAWS: Final[Mapping[str, Law]] = {
    "exponential": Law(
        1,
        lambda x: {"mean": float(x.mean())},
        _exponential,
        lambda x, mean: 1 - np.exp(-x / mean),
        lambda u, mean: -mean * np.log1p(-u),
    ),
    "shifted-exponential": Law(
        2,
        # The least of n times lies above the shift by an n-th of the mean beyond it, on average.
        lambda x: {"shift": float(x.min() - (x.mean() - x.min()) / (len(x) - 1)), "mean": float(x.mean())},
        lambda x, shift, mean: _exponential(x, mean, shift),
        lambda x, shift, mean: 1 - np.exp(-np.maximum(x - shift, 0) / (mean - shift)),
        lambda u, shift, mean: shift - (mean - shift) * np.log1p(-u),
    ),
    "uniform": Law(
        2,
        lambda x: {"low": float(x.min()), "high": float(x.max())},
        lambda x, low, high: np.full(len(x), -np.log(high - low)),
        lambda x, low, high: np.clip((x - low) / (high - low), 0, 1),
        lambda u, low, high: low + (high - low) * u,
    ),
    "pareto": Law(
        2,
        lambda x: {"minimum": float(x.min()), "shape": float(1 / np.log(x / x.min()).mean())},
        lambda x, minimum, shape: np.log(shape) + shape * np.log(minimum) - (shape + 1) * np.log(x),
        lambda x, minimum, shape: 1 - (minimum / x) ** shape,
        lambda u, minimum, shape: minimum * (1 - u) ** (-1 / shape),
    ),
    "gamma": Law(
        2,
        _gamma,
        lambda x, mean, shape: _frozen("gamma", mean, shape).logpdf(x),
        lambda x, mean, shape: _frozen("gamma", mean, shape).cdf(x),
        lambda u, mean, shape: _frozen("gamma", mean, shape).ppf(u),
    ),
    "lognormal": Law(
        2,
        _lognormal,
        lambda x, mean, sigma: _frozen("lognormal", mean, sigma).logpdf(x),
        lambda x, mean, sigma: _frozen("lognormal", mean, sigma).cdf(x),
        lambda u, mean, sigma: _frozen("lognormal", mean, sigma).ppf(u),
    ),
}

"""Compute times as probability laws: worker by worker, scaled by speed, with their order statistics.

E[X_{K:P}], the mean time until K of P workers are done, is computed here by integration; where a closed form
exists, the two are tested against each other.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.scenario import Scenario
from sim.scenario.durations import (
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    LogNormal,
    Pareto,
    ShiftedExponential,
    Uniform,
)
from sim.scenario.worker import Worker

if TYPE_CHECKING:
    from scipy.stats._distn_infrastructure import rv_frozen

Times = NDArray[np.float64]
Group = tuple[Distribution, int]
"""A law, and how many workers follow it."""

NODES = 40
PROBABILITIES = np.concatenate(
    [[0, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2], np.linspace(0.05, 0.95, 19), 1 - 10.0 ** -np.arange(2, 15)]
)
"""Where the range of integration is cut: at these quantiles of every law."""


def law(worker: Worker) -> Distribution | None:
    """Return the law of a worker's compute times, speed included; ``None`` where no one law holds."""
    if isinstance(worker.compute, tuple) or worker.varies or not isinstance(worker.speed, int | float):
        return None
    given = worker.compute
    return scaled(given if not isinstance(given, int | float) else Constant(mean=given), 1 / worker.speed)


def scaled(given: Distribution, factor: float) -> Distribution:
    """Return the law of ``factor`` times a duration.

    >>> scaled(ShiftedExponential(shift=1.0, mean=3.0), 0.5)
    ShiftedExponential(kind='shifted-exponential', shift=0.5, mean=1.5)
    """
    if factor == 1:
        return given
    match given:
        case Pareto():
            return Pareto(minimum=given.minimum * factor, shape=given.shape)
        case Uniform():
            return Uniform(low=given.low * factor, high=given.high * factor)
        case ShiftedExponential():
            return ShiftedExponential(shift=given.shift * factor, mean=given.mean * factor)
        case Empirical():
            return Empirical(values=tuple(value * factor for value in given.values))
        case _:
            return given.model_copy(update={"mean": given.mean * factor})


def groups(scenario: Scenario) -> tuple[Group, ...]:
    """Return the laws of the workers and how many follow each, equal laws together.

    Raises
    ------
    ValueError
        Where a worker's times follow no one law; the assumptions of the formulas exclude it.
    """
    found: dict[Distribution, int] = {}
    for worker in scenario.workers:
        its = law(worker)
        if its is None:
            raise ValueError(f"the times of worker {worker.name!r} follow no one law")
        found[its] = found.get(its, 0) + (worker.count or 1)
    return tuple(found.items())


def mean_order_statistic(k: int, workers: Sequence[Group]) -> float:
    """Return E[X_{K:P}] = ∫ P(fewer than K of P independent times are at most t) dt, in seconds.

    Parameters
    ----------
    k
        K, from 1 to P.
    workers
        Each law with its number of workers.

    Examples
    --------
    >>> round(mean_order_statistic(4, [(Exponential(mean=1.0), 8)]), 4)
    0.6345
    """
    marks = np.unique(np.concatenate([_marks(each) for each, _ in workers]))
    cdfs = [(_cdf(each), count) for each, count in workers]
    total = float(marks[0])  # nobody is done before the first mark
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    for low, high in pairwise(marks):
        half = (high - low) / 2
        survival = _fewer_than(k, cdfs, low + half * (nodes + 1))
        total += float(half * (weights @ survival))
        if survival.max() == 0:
            return total
    return total + _tail(lambda t: float(_fewer_than(k, cdfs, np.array([t]))[0]), float(marks[-1]))


def _tail(survival: Callable[[float], float], start: float) -> float:
    """Integrate from ``start`` to infinity, by t = start/u, which suits the power laws that need it."""
    if survival(start) == 0:
        return 0.0
    from scipy.integrate import quad

    return float(quad(lambda u: survival(start / u) * start / u**2, 0, 1)[0])


def _fewer_than(
    k: int, cdfs: Sequence[tuple[Callable[[Times], Times], int]], times: Times
) -> NDArray[np.float64]:
    """Return the probability that fewer than ``k`` workers are done by each of the ``times``."""
    from scipy.stats import binom

    if sum(count for _, count in cdfs) == k:
        with np.errstate(divide="ignore"):
            return -np.expm1(sum((count * np.log(cdf(times)) for cdf, count in cdfs), np.zeros(len(times))))
    if len(cdfs) == 1:
        ((cdf, count),) = cdfs
        return np.asarray(binom.cdf(k - 1, count, cdf(times)))
    done = np.zeros((len(times), k))  # probability of each number done, K and more left out
    done[:, 0] = 1.0
    for cdf, count in cdfs:
        these = binom.pmf(np.arange(min(count, k - 1) + 1), count, cdf(times)[:, None])
        done = np.array([np.convolve(a, b)[:k] for a, b in zip(done, these, strict=True)])
    return np.asarray(done.sum(axis=1))


def frozen(given: Distribution) -> "rv_frozen":
    """Return a continuous law as SciPy has it.

    Raises
    ------
    TypeError
        Where the law is discrete.
    """
    from scipy import stats

    match given:
        case Exponential():
            return stats.expon(scale=given.mean)
        case ShiftedExponential():
            return stats.expon(given.shift, given.mean - given.shift)
        case Uniform():
            return stats.uniform(given.low, given.high - given.low)
        case Gamma():
            return stats.gamma(given.shape, scale=given.mean / given.shape)
        case LogNormal():
            return stats.lognorm(given.sigma, scale=given.mean * math.exp(-(given.sigma**2) / 2))
        case Pareto():
            return stats.pareto(given.shape, scale=given.minimum)
    raise TypeError(f"{given.kind} is discrete")


def _atoms(given: Distribution) -> Times | None:
    if isinstance(given, Constant):
        return np.array([given.mean])
    return np.sort(given.values) if isinstance(given, Empirical) else None


def _marks(given: Distribution) -> Times:
    atoms = _atoms(given)
    return np.asarray(frozen(given).ppf(PROBABILITIES)) if atoms is None else np.unique(atoms)


def _cdf(given: Distribution) -> Callable[[Times], Times]:
    atoms = _atoms(given)
    if atoms is None:
        cdf: Any = frozen(given).cdf
        return lambda times: np.asarray(cdf(times))
    return lambda times: np.searchsorted(atoms, times, side="right") / len(atoms)

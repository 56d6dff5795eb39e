"""Moments of compute times: how uneven they are, and how heavy their tails."""

import math
from typing import Final

import numpy as np

from sim.scenario.durations import (
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    LogNormal,
    Pareto,
    ShiftedExponential,
    Uniform,
)

INFINITE: Final = math.inf
SECOND, THIRD = 2, 3
"""A power law with an exponent of at most that has no such moment."""


def dispersion(given: Distribution) -> float:  # noqa: PLR0911 -- a case for each law
    """Return the squared coefficient of variation; infinite where there is no second moment.

    >>> dispersion(Gamma(mean=3.0, shape=4.0))
    0.25
    """
    match given:
        case Exponential():
            return 1.0
        case ShiftedExponential():
            return ((given.mean - given.shift) / given.mean) ** 2
        case Uniform():
            return ((given.high - given.low) / given.mean) ** 2 / 12
        case Gamma():
            return 1 / given.shape
        case LogNormal():
            return _expm1(given.sigma**2)
        case Pareto():
            return 1 / (given.shape * (given.shape - 2)) if given.shape > SECOND else INFINITE
        case Empirical():
            return float(np.var(given.values)) / given.mean**2
    return 0.0


def unevenness(given: Distribution) -> float:
    """Return E[X²]/E[X]², which says how much the ends of a run do; 1 where it is infinite."""
    spread = dispersion(given)
    return 1 + spread if math.isfinite(spread) else 1.0


def skewness(given: Distribution) -> float:
    """Return the third standardised moment; infinite where there is none, 0 where nothing varies.

    >>> skewness(Pareto(minimum=1.0, shape=3.0))
    inf
    """
    match given:
        case Exponential() | ShiftedExponential():
            return 2.0
        case Gamma():
            return 2 / math.sqrt(given.shape)
        case LogNormal():
            spread = _expm1(given.sigma**2)
            return (spread + 3) * math.sqrt(spread)
        case Pareto(shape=tail):
            return 2 * (1 + tail) / (tail - 3) * math.sqrt(1 - 2 / tail) if tail > THIRD else INFINITE
        case Empirical():
            off = np.array(given.values) - given.mean
            spread = float(np.mean(off**2))
            return float(np.mean(off**3)) / spread**1.5 if spread > 0 else 0.0
    return 0.0


def _expm1(power: float) -> float:
    try:
        return math.expm1(power)
    except OverflowError:
        return INFINITE

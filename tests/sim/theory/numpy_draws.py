"""Compute times drawn by numpy alone: the oracle for formulas, which shares nothing with the engine."""

import math

import numpy as np
from numpy.typing import NDArray

from sim import Constant, Empirical, Exponential, Gamma, LogNormal, Pareto, ShiftedExponential, Uniform
from sim.scenario.durations import Distribution


def drawn(  # noqa: PLR0911 -- a case for each law
    law: Distribution, rng: np.random.Generator, size: int | tuple[int, ...]
) -> NDArray[np.float64]:
    """Draw times of a law."""
    match law:
        case Constant():
            return np.full(size, law.mean)
        case Exponential():
            return rng.exponential(law.mean, size)
        case ShiftedExponential():
            return law.shift + rng.exponential(law.mean - law.shift, size)
        case Uniform():
            return rng.uniform(law.low, law.high, size)
        case Gamma():
            return rng.gamma(law.shape, law.mean / law.shape, size)
        case LogNormal():
            return rng.lognormal(math.log(law.mean) - law.sigma**2 / 2, law.sigma, size)
        case Pareto():
            return law.minimum * (1 + rng.pareto(law.shape, size))
        case Empirical():
            return rng.choice(np.array(law.values), size)
    raise AssertionError(law)

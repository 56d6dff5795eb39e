"""Confidence intervals from independent replicas.

Gradients of one run depend on each other, replicas with seeds of their own do not: their means are as good as
normal, and Student's t gives the interval.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

CONFIDENCE: Final = 0.95
"""Of the intervals that are shown."""

MOST_DECIMALS: Final = 9


@dataclass(frozen=True)
class Estimate:
    """A mean over independent replicas.

    Attributes
    ----------
    mean
        Of the replicas' values; ``nan`` where one of them had none.
    error
        Its standard error; 0 where all replicas gave the same.
    replicas
        How many there were.
    """

    mean: float
    error: float
    replicas: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Estimate":
        """Estimate the mean of independent values.

        >>> Estimate.of([1.0, 2.0, 3.0]).half_width(0.95)
        2.4841...
        """
        array = np.asarray(values, dtype=float)
        size = len(array)
        spread = float(np.std(array, ddof=1)) if size > 1 and np.ptp(array) > 0 else 0.0
        return cls(float(array.mean()), spread / math.sqrt(size), size)

    def half_width(self, confidence: float) -> float:
        """Return half the width of the interval that covers the true mean with that probability."""
        from scipy.special import stdtrit

        if self.error == 0 or self.replicas == 1:
            return 0.0
        return self.error * float(stdtrit(self.replicas - 1, (1 + confidence) / 2))

    def p_value(self, truth: float) -> float:
        """Return the probability of a mean at least as far from ``truth``, if that is the true one."""
        from scipy.special import stdtr

        if self.error == 0:
            return 1.0 if math.isclose(self.mean, truth, rel_tol=1e-9, abs_tol=1e-9) else 0.0
        return 2 * float(stdtr(self.replicas - 1, -abs(self.mean - truth) / self.error))


def interval(estimate: Estimate | None) -> str:
    """Return a mean and half its interval, to two digits of that; without an interval, the mean.

    >>> interval(Estimate(mean=12.3456, error=0.02, replicas=20))
    '12.346 ± 0.042'
    >>> interval(Estimate(mean=12.3456, error=0.0, replicas=20)), interval(None)
    ('12.3456', '–')
    """
    if estimate is None:
        return "–"
    half = estimate.half_width(CONFIDENCE)
    if not half:
        return f"{estimate.mean:.6g}"
    decimals = max(0, 1 - math.floor(math.log10(half)))
    if decimals > MOST_DECIMALS:
        return f"{estimate.mean:.6g} ± {half:.2g}"
    return f"{estimate.mean:.{decimals}f} ± {half:.{decimals}f}"


def sigmas(p_value: float) -> float:
    """Return how many standard deviations a normal variable must be off to be as unlikely.

    >>> round(sigmas(0.05), 2)
    1.96
    """
    from scipy.special import ndtri

    return abs(float(ndtri(p_value / 2))) if p_value > 0 else math.inf

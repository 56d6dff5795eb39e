"""Means over seeds, how sure they are, and what differences seed by seed amount to."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal

from scipy.special import stdtrit

Verdict = Literal["within error", "undecided", "different"]
"""At most the standard error away from 0; between the two; 0 outside the interval."""

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds and its standard error, None of which one seed can tell."""

    mean: float
    error: float | None


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean and the standard error of the mean, s/√n with s² = Σ(x − mean)²/(n − 1).

    >>> estimate([1.0, 2.0, 3.0])
    Estimate(mean=2.0, error=0.5773502691896258)
    """
    error = stdev(values) / math.sqrt(len(values)) if len(values) > 1 else None
    return Estimate(fmean(values), error)


def interval_of(difference: Estimate, count: int) -> tuple[float, float] | None:
    """Return Student's 95 % confidence interval of a mean over so many seeds, None of one."""
    if difference.error is None:
        return None
    half = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2)) * difference.error
    return difference.mean - half, difference.mean + half


def verdict_of(difference: Estimate, interval: tuple[float, float] | None) -> Verdict | None:
    """Say whether a mean difference is told from 0 by its interval; of one seed nothing can be said."""
    if interval is None or difference.error is None:
        return None
    if abs(difference.mean) <= difference.error:
        return "within error"
    return "undecided" if interval[0] <= 0 <= interval[1] else "different"

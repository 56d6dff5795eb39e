"""The reading of bounds for the learning rate off a curve of losses over rates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError

CLEAR = 0.1
"""The share of the whole fall that makes a decrease a clear one."""
NOTICEABLE = 0.02
"""The share of the first loss that the whole fall must reach for there to be anything to read."""


@dataclass(frozen=True)
class Readings:
    """What a curve of losses over learning rates says.

    Attributes
    ----------
    first_decrease
        The lowest rate from which on, up to the minimum, the loss is clearly below its start: by a tenth of
        its fall, and by more than the start is uncertain.
    steepest
        Where it falls fastest per factor of the rate.
    slows
        The lowest rate from which on, up to the minimum, nine tenths of the fall are made.
    minimum
        Where the loss is lowest.
    divergence
        The lowest rate past the minimum at which the loss is back at its start, or no number; None without.
    """

    first_decrease: float
    steepest: float
    slows: float
    minimum: float
    divergence: float | None


def read(rates: Sequence[float], losses: Sequence[float]) -> Readings:
    """Read a curve, as Smith 2015 (section 3.3) reads accuracies, by rules instead of by eye.

    The start is the median of the first tenth of the losses, whose rates should be too small to matter, and
    three times their standard deviation is its uncertainty; the fall is from there to the minimum. Slopes are
    taken over the logarithm of the rate and a tenth of the points.

    Parameters
    ----------
    rates
        Ascending.
    losses
        One for each rate; what is not finite counts as diverged.

    Raises
    ------
    AnalysisError
        When there are fewer than three rates, they do not ascend, or the loss falls nowhere.

    Examples
    --------
    >>> read([1e-4, 1e-3, 1e-2, 1e-1, 1e0], [2.3, 2.2, 1.0, 0.5, 2.4])
    Readings(first_decrease=0.01, steepest=0.01, slows=0.1, minimum=0.1, divergence=1.0)
    """
    x = np.asarray(rates, dtype=float)
    y = np.where(np.isfinite(np.asarray(losses, dtype=float)), losses, np.inf)
    if len(x) != len(y) or len(x) < 3 or (np.diff(x) <= 0).any():  # noqa: PLR2004  (a start, a fall, a rise)
        raise AnalysisError(f"rates: {len(x)} with {len(y)} losses must be at least 3, ascending")
    before = y[: max(1, len(y) // 10)]
    start = float(np.median(before))
    noise = float(np.std(before)) if np.isfinite(before).all() else math.inf
    lowest = int(np.argmin(y))
    fall = start - float(y[lowest])
    if not (math.isfinite(start) and fall > max(NOTICEABLE * abs(start), 3 * noise)):
        raise AnalysisError(
            f"rates: from {x[0]:.3g} to {x[-1]:.3g} the loss falls nowhere from its start, {start:.4g}; "
            "try others, or more updates"
        )
    beyond = np.flatnonzero((np.arange(len(y)) > lowest) & (y >= start))
    return Readings(
        first_decrease=float(x[_stays_below(y[: lowest + 1], start - max(CLEAR * fall, 3 * noise))]),
        steepest=float(x[_steepest(np.log(x), y, lowest)]),
        slows=float(x[_stays_below(y[: lowest + 1], start - (1 - CLEAR) * fall)]),
        minimum=float(x[lowest]),
        divergence=float(x[beyond[0]]) if len(beyond) else None,
    )


def _stays_below(losses: NDArray[np.float64], level: float) -> int:
    """Return the first index from which on no loss is above a level; the last loss is below it."""
    return int(np.flatnonzero(losses > level)[-1]) + 1


def _steepest(log_rates: NDArray[np.float64], losses: NDArray[np.float64], lowest: int) -> int:
    """Return the index of the steepest fall before the minimum, by secants over a tenth of the points."""
    reach = max(1, len(losses) // 20)
    at = np.arange(min(len(losses) // 10, lowest), lowest + 1)
    left, right = np.maximum(at - reach, 0), np.minimum(at + reach, lowest)
    slopes = (losses[right] - losses[left]) / (log_rates[right] - log_rates[left])
    return int(at[np.argmin(slopes)])


class MovingAverage:
    """An exponential moving average, corrected for its start at nothing.

    After n values it is Σᵢ w^(n−i)·valueᵢ / Σᵢ w^(n−i), w being the `weight` of the past: the bias correction
    of Kingma and Ba 2015 (arXiv 1412.6980, section 3).

    >>> average = MovingAverage(0.5)
    >>> [average.after(value) for value in (4.0, 4.0, 0.5)]
    [4.0, 4.0, 2.0]
    """

    def __init__(self, weight: float) -> None:
        if not 0 <= weight < 1:
            raise AnalysisError(f"smoothing: {weight} must be at least 0 and below 1")
        self._weight = weight
        self._sum = self._weights = 0.0

    def after(self, value: float) -> float:
        """Take one more value and return the average."""
        self._sum = self._weight * self._sum + value
        self._weights = self._weight * self._weights + 1
        return self._sum / self._weights

"""The reading of bounds for the learning rate off a curve of losses over rates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError

Array = NDArray[np.float64]

FEWEST = 3
"""A start, a fall and a rise."""
CLEAR = 0.1
"""The share of the whole fall that makes a decrease a clear one."""
NOTICEABLE = 0.02
"""The share of the first loss that the whole fall must reach for there to be anything to read."""
SURE = 3.0
"""How many times its own scatter, and that of its start, a curve must fall."""


class UnreadableError(AnalysisError):
    """A curve says nothing about learning rates; the sentence says why."""


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


def read(rates: Sequence[float], losses: Sequence[float], *, scatter: float | None = None) -> Readings:
    """Read a curve, as Smith 2015 (section 3.3) reads accuracies, by rules instead of by eye.

    The start is the median of the first tenth of the losses, whose rates should be too small to matter, and
    three times their standard deviation is its uncertainty; the fall is from there to the minimum. Slopes are
    taken over the logarithm of the rate and a tenth of the points.

    Parameters
    ----------
    rates
        Ascending.
    losses
        One for each rate. What is not finite has diverged if it is past the minimum, and is left out before.
    scatter
        The standard error of a fall. Without it, it is estimated from what is left of the
        curve without its best fall and rise; eight losses at least tell it that way, of fewer it is taken as
        nothing.

    Raises
    ------
    UnreadableError
        When the curve falls nowhere, by no more than it scatters, not in one piece, or to the end of the
        range.
    AnalysisError
        When there are fewer than three rates, not as many losses, or the rates do not ascend.

    Examples
    --------
    >>> read([1e-4, 1e-3, 1e-2, 1e-1, 1e0], [2.3, 2.2, 1.0, 0.5, 2.4])
    Readings(first_decrease=0.01, steepest=0.01, slows=0.1, minimum=0.1, divergence=1.0)
    """
    x, y = np.asarray(rates, dtype=float), np.asarray(losses, dtype=float)
    if x.ndim != 1 or x.shape != y.shape or len(x) < FEWEST:
        raise AnalysisError(f"rates: {x.size} with {y.size} losses must be at least 3, one loss for each")
    check_rates(rates)
    finite = np.isfinite(y)
    if finite.sum() < FEWEST - 1:
        raise UnreadableError(f"only {finite.sum()} of {len(y)} losses are finite")
    lowest = int(np.argmin(np.where(finite, y, np.inf)))
    kept = finite | (np.arange(len(y)) > lowest)
    x, y, lowest = x[kept], np.where(finite, y, np.inf)[kept], lowest - int((~kept[:lowest]).sum())
    unit = float(np.abs(y[np.isfinite(y)]).max()) or 1.0
    return _read(x, y / unit, lowest, None if scatter is None else scatter / unit)


def check_rates(rates: Sequence[float]) -> None:
    """Refuse rates that no curve is read over, before anything is measured at them.

    Raises
    ------
    AnalysisError
        When there are fewer than three, or they do not ascend from above 0.
    """
    x = np.asarray(rates, dtype=float)
    if len(x) < FEWEST:
        raise AnalysisError(f"rates: {len(x)} must be at least 3")
    if not (np.isfinite(x).all() and x[0] > 0 and (np.diff(x) > 0).all()):
        raise AnalysisError("rates: must be positive and ascend, no two of them equal")


def _read(x: Array, y: Array, lowest: int, scatter: float | None) -> Readings:
    """Read losses of at most 1, infinite where they have diverged, all of these past the minimum."""
    before = y[: max(1, len(y) // 10)]
    if lowest < len(before):
        raise UnreadableError(
            f"the loss is lowest among the first rates, at {x[lowest]:.3g}: it falls nowhere, or the range"
            " begins too high"
        )
    start, noise = float(np.median(before)), float(np.std(before))
    fall = start - float(y[lowest])
    if not fall > NOTICEABLE * abs(start):
        raise UnreadableError(f"from {x[0]:.3g} to {x[-1]:.3g} the loss falls nowhere from its start")
    if fall <= _least_fall(y, lowest, scatter) or fall <= SURE * noise:
        raise UnreadableError("the loss falls by no more than it scatters")
    if lowest == len(y) - 1:
        raise UnreadableError(
            f"the loss is lowest at the end of the range, {x[lowest]:.3g}, and may fall further: go higher"
        )
    down = y[: lowest + 1]
    clear = min(max(CLEAR * fall, SURE * noise), (1 - CLEAR) * fall)
    first = _stays_below(down, start - clear)
    steepest, reach = _steepest(np.log(x), y, lowest)
    if steepest < first - reach:
        raise UnreadableError(
            f"the loss falls fastest at {x[steepest]:.3g} but is back near its start before {x[first]:.3g}:"
            " it does not fall in one piece"
        )
    beyond = np.flatnonzero((np.arange(len(y)) > lowest) & (y >= start))
    return Readings(
        first_decrease=float(x[first]),
        steepest=float(x[max(steepest, first)]),
        slows=float(x[_stays_below(down, start - (1 - CLEAR) * fall)]),
        minimum=float(x[lowest]),
        divergence=float(x[beyond[0]]) if len(beyond) else None,
    )


def _least_fall(y: Array, lowest: int, scatter: float | None) -> float:
    """Return what a fall must exceed not to be one of noise.

    Without a known scatter: what is left of the curve without its best fall and rise (isotonic regressions on
    both sides of the minimum) makes the scatter smaller than it is, the fewer the points the more so. The
    factor is the 99th percentile of fall over residual for independent noise, from 8 to 400 points.
    """
    from scipy.optimize import isotonic_regression

    if scatter is not None:
        return SURE * scatter
    values = y[np.isfinite(y)]
    count = len(values)
    if count < 8:  # noqa: PLR2004  # as said above
        return 0.0
    left = isotonic_regression(values[: lowest + 1], increasing=False).x
    right = isotonic_regression(values[lowest:], increasing=True).x
    residual = np.concatenate([values[: lowest + 1] - left, values[lowest:] - right])
    return float((4.5 + 75 / (count - 5) ** 1.25) * np.sqrt((residual**2).sum() / (count - FEWEST)))


def _stays_below(losses: Array, level: float) -> int:
    """Return the first index from which on no loss is above a level; the last loss is below it."""
    above = np.flatnonzero(losses > level)
    return int(above[-1]) + 1 if len(above) else 0


def _steepest(log_rates: Array, losses: Array, lowest: int) -> tuple[int, int]:
    """Return the index of the steepest fall before the minimum, and half the length of the secants."""
    reach = max(1, len(losses) // 20)
    at = np.arange(min(len(losses) // 10, lowest), lowest + 1)
    left, right = np.maximum(at - reach, 0), np.minimum(at + reach, lowest)
    slopes = (losses[right] - losses[left]) / (log_rates[right] - log_rates[left])
    return int(at[np.argmin(slopes)]), reach


def neighbours_scatter(losses: Sequence[float]) -> float:
    """Return the standard deviation of losses about a curve, from the median step between neighbours.

    For independent normal noise about a slow curve it is right; steps and outliers, if few, do not matter.

    >>> round(neighbours_scatter([0, 1, 0, 1, 0, 1, 100]), 3)
    1.048
    """
    steps = np.abs(np.diff(np.asarray(losses, dtype=float)))
    steps = steps[np.isfinite(steps)]
    return float(1.4826 * np.median(steps) / math.sqrt(2)) if len(steps) else 0.0


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


def averages_scatter(weight: float, count: float = math.inf) -> float:
    """Return the standard deviation of a moving average of independent values of standard deviation 1.

    After n values it is √(Σᵢ w²ⁱ) / Σᵢ wⁱ, here summed up.

    >>> averages_scatter(0.5, 1), round(averages_scatter(0.5, 2) ** 2, 12), round((1 + 0.25) / 1.5**2, 12)
    (1.0, 0.555555555556, 0.555555555556)
    """
    past = weight**count if weight else 0.0
    return math.sqrt((1 - weight) / (1 + weight) * (1 + past) / (1 - past))

"""Training loss over learning rate, measured with one seed or several, and what it says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from analysis.errors import AnalysisError
from analysis.learning.readings import (
    FEWEST,
    SURE,
    MovingAverage,
    Readings,
    UnreadableError,
    averages_scatter,
    neighbours_scatter,
    read,
)
from analysis.notebooks import as_html

if TYPE_CHECKING:
    import pandas as pd

Loss = float | None
"""None where a run broke down."""


@dataclass(frozen=True, repr=False)
class RangeCurve:
    """Training loss over learning rate, and what it says.

    Attributes
    ----------
    kind
        ``candidates``, of which each rate had a run of its own, or a ``ramp``, whose rate grew.
    rates
        Ascending.
    losses
        As measured, over the seeds the median for candidates and the mean for a ramp; None where the run
        broke down.
    smoothed
        What was read: of candidates the losses themselves.
    lowest, highest
        Of the same over the seeds.
    readings
        The rates that stand out; None where the curve is not readable.
    lr_min, lr_max
        The suggested bounds; None where there are none.
    unreadable
        Why there are none.
    """

    kind: Literal["candidates", "ramp"]
    rates: tuple[float, ...]
    losses: tuple[Loss, ...]
    smoothed: tuple[Loss, ...]
    lowest: tuple[Loss, ...]
    highest: tuple[Loss, ...]
    readings: Readings | None
    lr_min: float | None
    lr_max: float | None
    unreadable: str | None

    def __post_init__(self) -> None:
        columns = (self.losses, self.smoothed, self.lowest, self.highest)
        if any(len(column) != len(self.rates) for column in columns) or not self.rates:
            raise AnalysisError(f"{self.kind}: must have as many losses as rates, and one at least")
        if not all(0 < rate < math.inf for rate in self.rates):
            raise AnalysisError(f"{self.kind}: rates must be positive and finite")
        if (self.lr_min is None) == (self.unreadable is None) or (self.lr_min is None) != (
            self.lr_max is None
        ):
            raise AnalysisError(f"{self.kind}: must have both bounds, or none and the reason")

    def __repr__(self) -> str:
        found = self.unreadable and f"not readable: {self.unreadable}"
        found = found or f"lr_min {self.lr_min:.3g}, lr_max {self.lr_max:.3g}"
        span = f"{len(self.rates)} rates from {self.rates[0]:.3g} to {self.rates[-1]:.3g}"
        return f"RangeCurve({self.kind}, {span}: {found})"

    def _repr_html_(self) -> str:
        return as_html(repr(self), self.to_pandas())

    def to_pandas(self) -> "pd.DataFrame":
        """Return a row for each rate."""
        import pandas as pd

        names = ("losses", "smoothed", "lowest", "highest")
        columns = {name: np.array(getattr(self, name), dtype=float) for name in names}
        return pd.DataFrame({"rate": self.rates, **columns}).rename(columns={"losses": "loss"})


def candidates_curve(rates: Sequence[float], by_seed: Sequence[Sequence[Loss]]) -> RangeCurve:
    """Return the curve of runs at constant rates.

    The suggested bounds are the first clear decrease and the minimum: at a constant rate, the latter is by
    measurement the best of them.

    Parameters
    ----------
    rates
        Ascending.
    by_seed
        A loss for each rate, for each seed.
    """
    each = [
        [math.inf if loss is None else loss for loss in at_rate] for at_rate in zip(*by_seed, strict=True)
    ]
    medians = [median(losses) for losses in each]
    return _curve("candidates", rates, _Columns(medians, medians, each), _median_scatter(each, medians))


def _median_scatter(each: Sequence[Sequence[float]], medians: Sequence[float]) -> float | None:
    """Return the standard error of the median's fall from the first rate to the lowest; None for one seed.

    Seed by seed, since runs of one seed share what they begin with, and with the fall to the rate before the
    lowest pooled in. √(π/2) is what the median of many scatters more than their mean, and Student's law says
    how much further than a normal one an error from so few seeds must be taken.
    """
    from scipy.special import ndtr, stdtrit

    lowest = int(np.argmin(medians))
    falls = np.array([each[0]]) - np.array(each[max(lowest - 1, 0) : lowest + 1])
    seeds = falls.shape[1]
    if seeds == 1 or not np.isfinite(falls).all():
        return None
    freedom = len(falls) * (seeds - 1)
    wider = float(stdtrit(freedom, ndtr(SURE))) / SURE
    return wider * math.sqrt(math.pi / 2 / seeds * float(falls.var(axis=1, ddof=1).mean()))


def ramp_curve(rates: Sequence[float], by_seed: Sequence[Sequence[Loss]], *, smoothing: float) -> RangeCurve:
    """Return the curve of runs whose rate grows, averaged over the seeds and as long as the shortest.

    The suggested bounds are the first clear decrease and where the fall slows: past that, a ramp's loss still
    sinks for a while, thanks to what was learned at lower rates.

    Parameters
    ----------
    rates
        Of the updates.
    by_seed
        The loss at each update, for each seed.
    smoothing
        The weight of the past in the moving average.
    """
    length = min(map(len, by_seed))
    runs = [[math.inf if loss is None else loss for loss in losses[:length]] for losses in by_seed]
    mean = [fmean(at) for at in zip(*runs, strict=True)]
    smoothed = [_smoothed(run, smoothing) for run in runs]
    spread = list(zip(*smoothed, strict=True))
    begin, end = averages_scatter(smoothing, max(1, length // 10)), averages_scatter(smoothing)
    scatter = neighbours_scatter(mean) * math.hypot(begin, end)
    return _curve("ramp", rates[:length], _Columns(mean, _smoothed(mean, smoothing), spread), scatter)


def _smoothed(losses: Sequence[float], smoothing: float) -> list[float]:
    average = MovingAverage(smoothing)
    return [average.after(loss) for loss in losses]


class _Columns(NamedTuple):
    """Losses, what is read, and that for each seed, at each rate."""

    losses: Sequence[float]
    smoothed: Sequence[float]
    each: Sequence[Sequence[float]]


def _curve(
    kind: Literal["candidates", "ramp"], rates: Sequence[float], columns: _Columns, scatter: float | None
) -> RangeCurve:
    readings, bounds, unreadable = None, None, None
    try:
        if kind == "ramp":
            _check_length(len(rates))
        readings = read(rates, columns.smoothed, scatter=scatter)
        bounds = readings.first_decrease, readings.minimum if kind == "candidates" else readings.slows
        if bounds[0] == bounds[1]:
            unreadable = (
                f"the loss falls between two neighbouring rates, the higher {bounds[0]:.3g}: take more"
            )
            bounds = None
    except UnreadableError as error:
        unreadable = str(error)
    return RangeCurve(
        kind,
        tuple(rates),
        finite_or_none(columns.losses),
        finite_or_none(columns.smoothed),
        finite_or_none([min(at_rate) for at_rate in columns.each]),
        finite_or_none([max(at_rate) for at_rate in columns.each]),
        readings,
        bounds and bounds[0],
        bounds and bounds[1],
        unreadable,
    )


def _check_length(updates: int) -> None:
    if updates < FEWEST:
        raise UnreadableError(
            f"it ends at update {updates}: the loss explodes or is no number, so begin lower, or more updates"
            " are needed"
        )


def finite_or_none(values: Sequence[float]) -> tuple[Loss, ...]:
    """Return values as JSON can hold them."""
    return tuple(value if math.isfinite(value) else None for value in values)

"""What a trace says: staleness, throughput, where each worker's time went, queues, wasted work.

Pure functions of a `Trace`. Times are seconds, rates are per second of simulated time, shares are of the
whole run.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import TraceError
from sim.metrics.tally import STAGES, WASTED, Line, Tally, tally
from sim.scenario import Scenario
from sim.scenario.clock import NANOSECONDS
from sim.trace import ENDINGS, Outcome, Trace

Seconds = NDArray[np.float64]

CAUSES = (*STAGES, "unread")
"""What a worker waits for: the slack; its weights; its push; its turn at the server; the server's work on its
gradient; the update that its gradient goes into; and for leave or weights that never came before the end."""


@dataclass(frozen=True)
class Staleness:
    """Staleness of the applied gradients, of all workers or of one.

    ``histogram[s]`` counts those of staleness s. Without any gradient, the mean is ``nan`` and a quantile
    ``None``.
    """

    count: int
    mean: float
    std: float
    max: int
    histogram: NDArray[np.int64]

    def quantile(self, q: float) -> int | None:
        """Return the smallest staleness that at least a share ``q`` of the gradients does not exceed."""
        if not self.count:
            return None
        return int(np.searchsorted(np.cumsum(self.histogram), q * self.count - 1e-9))


def staleness(trace: Trace, worker: str | None = None) -> Staleness:
    """Return the staleness of the applied gradients, of one worker where it is named.

    Raises
    ------
    TraceError
        Where no worker has that name.
    """
    values = trace.staleness
    if worker is not None:
        values = values[trace.worker[: trace.applied] == _place(trace, worker)]
    return _staleness_of(np.bincount(values, minlength=1))


def _staleness_of(histogram: NDArray[np.int64]) -> Staleness:
    count = int(histogram.sum())
    if not count:
        return Staleness(0, float("nan"), float("nan"), 0, np.zeros(1, np.int64))
    found = np.flatnonzero(histogram)
    weights, values = histogram[found].tolist(), found.tolist()
    total = sum(weight * value for weight, value in zip(weights, values, strict=True))
    squares = sum(weight * value * value for weight, value in zip(weights, values, strict=True))
    variance = Fraction(squares, count) - Fraction(total, count) ** 2
    return Staleness(count, total / count, math.sqrt(variance), values[-1], histogram)


def _place(trace: Trace, worker: str) -> int:
    try:
        return trace.workers.index(worker)
    except ValueError:
        raise TraceError(f"no worker is named {worker!r}") from None


def updates_per_second(trace: Trace) -> float:
    """Return the updates made in a second."""
    return _share(trace.updates, trace.duration)


def gradients_per_second(trace: Trace) -> float:
    """Return the gradients applied in a second."""
    return _share(trace.applied, trace.duration)


def time_to_updates(trace: Trace, updates: int) -> float:
    """Return the second at which so many updates had been made.

    Raises
    ------
    TraceError
        Where the run made fewer.
    """
    if not 1 <= updates <= trace.updates:
        raise TraceError(f"{updates} updates: the run made {trace.updates}")
    return float(trace.updated_at[updates - 1])


def outcomes(trace: Trace) -> dict[str, int]:
    """Return how many gradients were begun, and how many came to each outcome."""
    counts = {outcome.label: int(np.count_nonzero(trace.outcome == outcome)) for outcome in Outcome}
    return {"started": len(trace)} | dict(sorted(counts.items()))


@dataclass(frozen=True)
class Time:
    """Where each worker's time went: seconds, one entry a worker.

    ``present`` is the time from coming to going, without the time away and after its last gradient;
    ``computing + waiting = present``, and ``waiting`` is the sum over `CAUSES`.
    """

    present: Seconds
    computing: Seconds
    causes: Mapping[str, Seconds]

    @property
    def waiting(self) -> Seconds:
        """Seconds that each worker was present without computing."""
        return self.present - self.computing


def time(trace: Trace) -> Time:
    """Return where each worker's time went."""
    return _time(tally(trace))


def _time(sums: Tally) -> Time:
    unread = sums.present - sums.computing - sums.waits.sum(axis=0)
    causes = dict(zip(CAUSES, (*sums.waits, unread), strict=True))
    return Time(
        sums.present / NANOSECONDS,
        sums.computing / NANOSECONDS,
        {cause: waited / NANOSECONDS for cause, waited in causes.items()},
    )


@dataclass(frozen=True)
class Station:
    """How busy the server, or a direction of its link, was: share of time, and how many waited for it."""

    utilisation: float
    mean_queue: float
    max_queue: int


def server(trace: Trace) -> Station:
    """Return how busy the server was with applying gradients, and how many gradients waited for it."""
    return _station(tally(trace).server, trace.end)


def uplink(trace: Trace) -> Station:
    """Return how busy the server's incoming link was, and how many pushes waited for it."""
    return _station(tally(trace).uplink, trace.end)


def downlink(trace: Trace) -> Station:
    """Return how busy the server's outgoing link was, and how many pulls waited for it."""
    return _station(tally(trace).downlink, trace.end)


def _station(line: Line, end: int) -> Station:
    busy, waited = (int(part.sum(dtype=object)) for part in (line.busy, line.waited))
    return Station(_share(busy, end), _share(waited, end), line.longest)


def wasted(trace: Trace) -> dict[str, float]:
    """Return the seconds of computing that came to nothing, by outcome: discarded, cancelled, lost."""
    return _wasted(tally(trace))


def _wasted(sums: Tally) -> dict[str, float]:
    return {outcome.label: spent / NANOSECONDS for outcome, spent in zip(WASTED, sums.wasted, strict=True)}


def summary(trace: Trace) -> dict[str, Any]:
    """Return the figures of a run as plain data for JSON; ``None`` stands where there is no number.

    ``share_wasted`` is the share of all computing that came to nothing; ``share_computing`` and
    ``share_waiting`` are means over the workers, of the whole run.
    """
    return figures(tally(trace), trace.scenario, trace.ended)


def figures(sums: Tally, scenario: Scenario, ended: str) -> dict[str, Any]:
    """Return the figures of a run that has been summed up, as `summary` does."""
    duration, applied = sums.end / NANOSECONDS, int(sums.applied.sum())
    overall, where = _staleness_of(sums.staleness), _time(sums)
    counts = {outcome.label: int(sums.outcomes[place]) for place, outcome in enumerate(Outcome)}
    return {
        "duration": duration,
        "ended": ended,
        "ended_because": ENDINGS[ended],
        "protocol": scenario.protocol.describe(scenario.size),
        "updates": sums.updates,
        "updates_per_second": _share(sums.updates, duration),
        "gradients": {"started": int(sums.outcomes.sum())} | dict(sorted(counts.items())),
        "gradients_per_second": _share(applied, duration),
        "staleness": {
            "mean": _number(overall.mean),
            "std": _number(overall.std),
            "p50": overall.quantile(0.5),
            "p95": overall.quantile(0.95),
            "max": overall.max,
            "histogram": overall.histogram.tolist(),
        },
        "wasted_seconds": _wasted(sums),
        "share_wasted": _share(sum(sums.wasted), int(sums.computing.sum(dtype=object))),
        "share_computing": _share(float(where.computing.mean()), duration),
        "share_waiting": _share(float(where.waiting.mean()), duration),
        "server": vars(_station(sums.server, sums.end)),
        "uplink": vars(_station(sums.uplink, sums.end)),
        "downlink": vars(_station(sums.downlink, sums.end)),
        "workers": _by_worker(sums, where, scenario, duration),
    }


def _by_worker(sums: Tally, where: Time, scenario: Scenario, duration: float) -> list[dict[str, Any]]:
    columns = (where.computing, where.waiting, *(where.causes[cause] for cause in CAUSES))
    computing, waiting, *causes = ((column / (duration or 1.0)).tolist() for column in columns)
    return [
        {
            "name": name,
            "gradients": gradients,
            "mean_staleness": stale / gradients if gradients else None,
            "share_computing": busy,
            "share_waiting": idle,
            "waiting": dict(zip(CAUSES, shares, strict=True)),
        }
        for name, gradients, stale, busy, idle, *shares in zip(
            scenario.names,
            sums.applied.tolist(),
            sums.stale.tolist(),
            computing,
            waiting,
            *causes,
            strict=True,
        )
    ]


def _share(part: float, whole: float) -> float:
    """Return a part of a whole; of a run without duration, nothing."""
    return float(part / whole) if whole else 0.0


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value

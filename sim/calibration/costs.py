"""What transfers and the server cost, by the records of live runs: seconds, and seconds a byte.

The server is one process: while it adds a gradient up, makes an update or hands weights over, all else waits.
These three are its work; what passes between them and the worker's own stamps is the way there and back.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.scenario.clock import NANOSECONDS, NEVER
from sim.scenario.durations import mean_of
from sim.statistics import Estimate
from sim.trace import Trace

Integers = NDArray[np.int64]

BATCHES: Final = 10
"""Means of so many consecutive parts of a run give its standard error: neighbours depend on each other."""


class Cost(NamedTuple):
    """Seconds, and seconds a byte that is sent there and back, each with its standard error.

    ``per_byte`` is none where all records have one size, or where more bytes took no longer.
    """

    seconds: float
    error: float
    per_byte: float | None = None
    per_byte_error: float | None = None

    def of(self, size: float) -> float:
        """Return the seconds for so many bytes."""
        return self.seconds + (self.per_byte or 0.0) * size


class Mean(NamedTuple):
    """A mean of some run, and its standard error."""

    seconds: float
    error: float


class Costs(NamedTuple):
    """What a gradient costs: its ways, its own share of the server's time, and what each update adds."""

    ways: Cost
    gradient: Cost
    update: Cost


def size_of(trace: Trace) -> float:
    """Return the bytes of a pull and a push together."""
    return trace.scenario.network.weight_bytes + trace.scenario.network.gradient_bytes


def costs(traces: Sequence[Trace]) -> Costs:
    """Return the costs that the records of live runs show."""
    sizes = [size_of(trace) for trace in traces]
    found = [_of_run(trace) for trace in traces]
    return Costs(*(_line(sizes, [each[place] for each in found]) for place in range(3)))


def _of_run(trace: Trace) -> tuple[Mean, Mean, Mean]:
    """Return a run's seconds of ways, of the server for each gradient, and for each update.

    A version is put into Ray's store when it is sent first: that is part of the update that made it. Where
    no version was sent again, this cannot be told from the sending, which each gradient has one of.
    """
    ticks = trace.ticks
    done = ticks["served_at"] != NEVER
    waited = Mean(-mean_of(trace.scenario.server.apply), 0.0)  # by the scenario, on top of the work
    adding, closing = _mean((ticks["served_at"] - ticks["service_at"])[done]), _mean(_updates(trace))
    first, again = _sendings(trace)
    sending = _mean(again if len(again) else first)
    more = Mean(_mean(first).seconds - sending.seconds, np.hypot(_mean(first).error, sending.error))
    pulls = _mean(ticks["read_at"] - ticks["left_at"])
    pushes = _mean((ticks["service_at"] - ticks["computed_at"])[_found_idle(trace)])
    return _sum(pulls, pushes), _sum(adding, sending, waited), _sum(closing, more) if len(again) else closing


def _sendings(trace: Trace) -> tuple[Integers, Integers]:
    """Return how long it took to hand each version over for the first time, and again."""
    ticks, version = trace.ticks, trace.version_read
    order = np.argsort(ticks["pull_at"], kind="stable")
    order = order[version[order] > 0]  # what is sent first of all also makes the connections
    took = (ticks["left_at"] - ticks["pull_at"])[order]
    first = np.zeros(len(order), bool)
    first[np.unique(version[order], return_index=True)[1]] = True
    return took[first], took[~first]


def _updates(trace: Trace) -> Integers:
    """Return how long each update took after the last of its gradients had been added up."""
    last = _last(trace)
    return trace.ticks["ended_at"][last] - trace.ticks["served_at"][last]


def _last(trace: Trace) -> Integers:
    """Return the row of each update's last gradient."""
    return np.flatnonzero(np.diff(trace.version_applied[: trace.applied], append=-1))


def _found_idle(trace: Trace) -> NDArray[np.bool_]:
    """Whether each gradient came while the server did nothing, and was taken up."""
    ticks, last = trace.ticks, _last(trace)
    spans = [
        (ticks["pull_at"], ticks["left_at"]),
        (ticks["service_at"], ticks["served_at"]),
        (ticks["served_at"][last], ticks["ended_at"][last]),
    ]
    begun = np.concatenate([begin for begin, _ in spans])
    ended = np.concatenate([end for _, end in spans])
    real = (begun != NEVER) & (ended != NEVER)
    order = np.argsort(begun[real])
    begun, ended = begun[real][order], np.maximum.accumulate(ended[real][order])
    at = np.searchsorted(begun, ticks["arrived_at"], side="left") - 1
    busy = (at >= 0) & (ended[np.maximum(at, 0)] > ticks["arrived_at"])
    idle: NDArray[np.bool_] = ~busy & (ticks["service_at"] != NEVER)
    return idle


def _mean(nanoseconds: Integers) -> Mean:
    """Return a mean in seconds, with the standard error that consecutive parts give."""
    if not len(nanoseconds):
        return Mean(0.0, 0.0)
    parts = np.array_split(nanoseconds / NANOSECONDS, min(BATCHES, len(nanoseconds)))
    error = Estimate.of([float(part.mean()) for part in parts]).error
    return Mean(float(nanoseconds.mean()) / NANOSECONDS, error)


def _sum(*parts: Mean) -> Mean:
    return Mean(sum(part.seconds for part in parts), float(np.hypot.reduce([part.error for part in parts])))


def _line(sizes: Sequence[float], means: Sequence[Mean]) -> Cost:
    """Return the line through the means of runs by their bytes, of least squares weighted by their errors."""
    x, y = np.array(sizes), np.array([each.seconds for each in means])
    errors = np.array([each.error for each in means])
    exact = not errors.any()
    weights = np.ones(len(x)) if exact else 1 / np.maximum(errors, errors.max() / 1000) ** 2
    if np.ptp(x) > 0:
        design = np.stack([np.ones(len(x)), x], axis=1)
        covariance = np.linalg.inv(design.T @ (weights[:, np.newaxis] * design))
        seconds, per_byte = covariance @ design.T @ (weights * y)
        error, per_byte_error = np.sqrt(np.diag(covariance))
        if per_byte > 0 and seconds > 0:
            told = (0.0, 0.0) if exact else (float(error), float(per_byte_error))
            return Cost(float(seconds), told[0], float(per_byte), told[1])
    mean = float(np.average(y, weights=weights))
    return Cost(max(mean, 0.0), 0.0 if exact else float(weights.sum() ** -0.5))

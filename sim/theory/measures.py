"""What is read off a trace to be held against a closed form.

Each measure is a function of a trace and of the number of updates to leave out at its start (warm-up). The
end is cut at an update, so that gradients enter in order of application and none is preferred.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.scenario.clock import NEVER
from sim.trace import Trace

Measure = Callable[[Trace, int], float]


def _window(trace: Trace, warm: int) -> tuple[float, float]:
    """Return the instants of the last update left out and of the last update, in seconds."""
    return (float(trace.updated_at[warm - 1]) if warm else 0.0), float(trace.updated_at[-1])


def gradients(trace: Trace, warm: int) -> int:
    """Return the number of gradients counted: those applied after the updates that are left out."""
    return int(np.count_nonzero(_counted(trace, warm)))


def _counted(trace: Trace, warm: int) -> NDArray[np.bool_]:
    return np.asarray(trace.version_applied[: trace.applied] >= warm)


def staleness_values(trace: Trace, warm: int, workers: range | None = None) -> NDArray[np.int64]:
    """Return the staleness of the counted gradients, of some workers where they are given by place."""
    counted = _counted(trace, warm)
    if workers is not None:
        worker = trace.worker[: trace.applied]
        counted &= (worker >= workers.start) & (worker < workers.stop)
    return trace.staleness[counted]


def seconds_per_update(trace: Trace, warm: int) -> float:
    """Return the mean time between updates."""
    begin, end = _window(trace, warm)
    return (end - begin) / (trace.updates - warm)


def updates_per_second(trace: Trace, warm: int) -> float:
    """Return the number of updates in a second."""
    return 1 / seconds_per_update(trace, warm)


def gradients_per_second(trace: Trace, warm: int) -> float:
    """Return the number of gradients applied in a second."""
    begin, end = _window(trace, warm)
    return gradients(trace, warm) / (end - begin)


def gradients_per_second_of_all(trace: Trace, warm: int) -> float:  # noqa: ARG001 -- one signature
    """Return the number of gradients of the whole run over the instant of its last update."""
    return trace.applied / float(trace.updated_at[-1])


def rate_of(workers: range) -> Measure:
    """Return the measure of how many gradients of some workers, given by place, are applied in a second."""

    def measure(trace: Trace, warm: int) -> float:
        begin, end = _window(trace, warm)
        return len(staleness_values(trace, warm, workers)) / (end - begin)

    return measure


def mean_staleness(workers: range | None = None) -> Measure:
    """Return the measure of the mean staleness, of some workers where they are given by place."""

    def measure(trace: Trace, warm: int) -> float:
        values = staleness_values(trace, warm, workers)
        return float(values.mean()) if len(values) else float("nan")

    return measure


def staleness_variance(trace: Trace, warm: int) -> float:
    """Return the variance of the staleness over all gradients."""
    return float(staleness_values(trace, warm).var())


def staleness_share(k: int) -> Measure:
    """Return the measure of the share of gradients of staleness ``k``."""

    def measure(trace: Trace, warm: int) -> float:
        return float(np.mean(staleness_values(trace, warm) == k))

    return measure


def greatest_staleness(trace: Trace, warm: int) -> float:  # noqa: ARG001 -- one signature
    """Return the greatest staleness of the whole run."""
    return float(trace.staleness.max(initial=0))


def unaccounted_by_worker(trace: Trace, warm: int) -> float:  # noqa: ARG001 -- one signature
    """Return the largest deviation, over the workers, of Σ(staleness + 1) from its last update's number.

    Of the whole run, in whole numbers.
    """
    worker = trace.worker[: trace.applied]
    sums = np.zeros(len(trace.workers), np.int64)
    last = np.zeros(len(trace.workers), np.int64)
    np.add.at(sums, worker, trace.staleness + 1)
    np.maximum.at(last, worker, trace.version_applied[: trace.applied] + 1)
    return float(np.abs(sums - last).max())


def unaccounted(per_update: Callable[[int, int], int]) -> Measure:
    """Return the measure of how far the staleness of a whole run is from being conserved, in whole numbers.

    Every update adds ``per_update(P, K)`` in all to the staleness of the gradients in flight. So the
    staleness of the applied gradients, and of those in flight at the end the updates since their reading,
    add up to that many for each update.
    """

    def measure(trace: Trace, warm: int) -> float:  # noqa: ARG001 -- one signature
        size = trace.scenario.size
        batch = trace.scenario.protocol.batch(size) or size
        # Just before the last instant, at which a run may end between two of several simultaneous events.
        applied = (trace.applied_ticks != NEVER) & (trace.applied_ticks < trace.end)
        updates = int(trace.version_applied[applied].max(initial=-1)) + 1
        read = trace.ticks["read_at"] < trace.end
        flying = trace.version_read[read & ~applied]
        total = int(trace.staleness[applied[: trace.applied]].sum()) + int((updates - flying).sum())
        return float(total - per_update(size, batch) * updates)

    return measure


def utilisation(trace: Trace, warm: int) -> float:
    """Return the share of time in which the server applies a gradient."""
    return _mean_number(trace, warm, trace.service_at, trace.served_at)


def number_at_server(trace: Trace, warm: int) -> float:
    """Return the mean number of gradients waiting for the server or being applied."""
    return _mean_number(trace, warm, trace.arrived_at, trace.served_at)


def _mean_number(trace: Trace, warm: int, since: NDArray[np.float64], until: NDArray[np.float64]) -> float:
    begin, end = _window(trace, warm)
    present = ~np.isnan(since)
    left = np.where(np.isnan(until[present]), np.inf, until[present])
    stays = np.clip(left, begin, end) - np.clip(since[present], begin, end)
    return float(stays.sum()) / (end - begin)


def longest_run_of_updates(count: int) -> Measure:
    """Return the measure of the longest time that ``count`` consecutive updates took, in the whole run."""

    def measure(trace: Trace, warm: int) -> float:  # noqa: ARG001 -- one signature
        instants = np.concatenate([[0.0], trace.updated_at])
        spans = instants[count:] - instants[:-count]
        return float(spans.max()) if len(spans) else float("nan")

    return measure

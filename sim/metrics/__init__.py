"""What a trace says: staleness, throughput, where each worker's time went, queues, wasted work.

Pure functions of a `Trace`. Times are seconds, rates are per second of simulated time, shares are of the
whole run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import presence, streams
from sim.errors import TraceError
from sim.scenario.clock import NANOSECONDS, NEVER, to_ns
from sim.trace import ENDINGS, Outcome, Trace

Seconds = NDArray[np.float64]

CAUSES = ("hold", "pull", "push", "queue", "service", "update", "unread")
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
    return _staleness_of(values)


def _staleness_of(values: NDArray[np.int64]) -> Staleness:
    if not len(values):
        return Staleness(0, float("nan"), float("nan"), 0, np.zeros(1, np.int64))
    return Staleness(
        len(values), float(values.mean()), float(values.std()), int(values.max()), np.bincount(values)
    )


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

    ``present`` is the time from joining to leaving, without the time offline and after its last gradient;
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
    waits = trace.scenario.protocol.after_push == "wait"
    ticks, workers = trace.ticks, len(trace.workers)
    presences = _presences(trace)

    def spent(begin: str, *ends: str) -> Seconds:
        since = ticks[begin]
        until = np.full(len(trace), trace.end)
        for name in (*ends, "ended_at"):
            until = np.where(ticks[name] != NEVER, np.minimum(until, ticks[name]), until)
        length = np.where((since != NEVER) & (since < until), until - since, 0)
        for place, (instants, present) in presences.items():
            mine = trace.worker == place
            before, after = (np.interp(at[mine], instants, present) for at in (since, until))
            length[mine] = after - before
        return np.bincount(trace.worker, np.where(since == NEVER, 0, length), workers) / NANOSECONDS

    computing = spent("read_at", "computed_at")
    until = _worked_until(trace, waits=waits)
    present = np.array(
        [
            np.interp(until[place], *presences[place]) if place in presences else until[place]
            for place in range(workers)
        ]
    )
    causes = {
        "hold": spent("ready_at", "asked_at"),
        "pull": spent("asked_at", "read_at"),
        "push": spent("computed_at", "arrived_at"),
        "queue": spent("arrived_at", "service_at"),
        "service": spent("service_at", "served_at"),
        "update": spent("served_at") if waits else np.zeros(workers),
    }
    rest = present / NANOSECONDS - computing - sum(causes.values())
    return Time(present / NANOSECONDS, computing, causes | {"unread": rest.clip(min=0).round(9)})


def _presences(trace: Trace) -> dict[int, tuple[list[int], list[int]]]:
    """Of each worker that is ever away: instants, and the nanoseconds that it has been present until each."""
    found = {}
    for place, (name, worker) in enumerate(trace.scenario.each):
        if not worker.always_there:
            instants, present = [0], [0]
            for enters, leaves in presence(worker, streams(trace.seed, name)):
                until = trace.end if leaves is None else min(leaves, trace.end)
                if enters >= until:
                    break
                instants += [enters, until]
                present += [present[-1], present[-1] + until - enters]
            found[place] = instants, present
    return found


def _worked_until(trace: Trace, *, waits: bool) -> NDArray[np.int64]:
    """Return the instant of each worker's release from its last gradient, or of the end of the run."""
    served, ended = trace.ticks["served_at"], trace.ticks["ended_at"]
    released = np.where((served == NEVER) | waits, ended, served)
    last = np.zeros(len(trace.workers), np.int64)
    np.maximum.at(last, trace.worker, np.where(released == NEVER, trace.end, released))
    begun = np.bincount(trace.worker, minlength=len(trace.workers))
    most = np.array([worker.most or NEVER for _, worker in trace.scenario.each])
    return np.where(begun == most, last, trace.end)


@dataclass(frozen=True)
class Station:
    """How busy the server, or a direction of its link, was: share of time, and how many waited for it."""

    utilisation: float
    mean_queue: float
    max_queue: int


def server(trace: Trace) -> Station:
    """Return how busy the server was with applying gradients, and how many gradients waited for it."""
    ticks = trace.ticks
    return _station(trace, ticks["arrived_at"], ticks["service_at"], ticks["served_at"])


def uplink(trace: Trace) -> Station:
    """Return how busy the server's incoming link was, and how many pushes waited for it."""
    ticks, network = trace.ticks, trace.scenario.network
    own = np.array([to_ns(network.way(worker, network.gradient_bytes)) for _, worker in trace.scenario.each])
    there = np.where(ticks["computed_at"] == NEVER, NEVER, ticks["computed_at"] + own[trace.worker])
    return _station(trace, there, ticks["push_at"], ticks["arrived_at"])


def downlink(trace: Trace) -> Station:
    """Return how busy the server's outgoing link was, and how many pulls waited for it."""
    ticks, network = trace.ticks, trace.scenario.network
    carried = ticks["pull_at"] + to_ns(network.shared(network.weight_bytes))
    return _station(trace, ticks["asked_at"], ticks["pull_at"], carried)


def _station(
    trace: Trace, arrived: NDArray[np.int64], begun: NDArray[np.int64], done: NDArray[np.int64]
) -> Station:
    """Measure one that serves in order of arrival; what it did not begin on waited to its own end."""
    ended = np.where(trace.ticks["ended_at"] == NEVER, trace.end, trace.ticks["ended_at"])
    here = (arrived != NEVER) & (arrived < ended)
    left = np.where(begun == NEVER, ended, begun)[here]
    busy = np.where(done == NEVER, ended, done) - begun
    waited = left - arrived[here]
    instants = np.concatenate([left, arrived[here]])
    order = np.lexsort((np.repeat([0, 1], len(left)), instants))
    queue = np.cumsum(np.repeat([-1, 1], len(left))[order])
    return Station(
        utilisation=_share(float(busy[begun != NEVER].sum()), trace.end),
        mean_queue=_share(float(waited.sum()), trace.end),
        max_queue=int(queue.max(initial=0)),
    )


def wasted(trace: Trace) -> dict[str, float]:
    """Return the seconds of computing that came to nothing, by outcome: discarded, cancelled, lost."""
    computed = trace.ticks["computed_at"]
    length = np.where(computed == NEVER, trace.ticks["ended_at"], computed) - trace.ticks["read_at"]
    return {
        outcome.label: float(length[trace.outcome == outcome].sum()) / NANOSECONDS
        for outcome in (Outcome.DISCARDED, Outcome.CANCELLED, Outcome.LOST)
    }


def summary(trace: Trace) -> dict[str, Any]:
    """Return the figures of a run as plain data for JSON; ``None`` stands where there is no number."""
    overall = staleness(trace)
    where = time(trace)
    by_worker = np.split(
        trace.staleness[np.argsort(trace.worker[: trace.applied], kind="stable")],
        np.cumsum(np.bincount(trace.worker[: trace.applied], minlength=len(trace.workers)))[:-1],
    )
    return {
        "duration": trace.duration,
        "ended": trace.ended,
        "ended_because": ENDINGS[trace.ended],
        "protocol": trace.scenario.protocol.describe(),
        "updates": trace.updates,
        "updates_per_second": updates_per_second(trace),
        "gradients": outcomes(trace),
        "gradients_per_second": gradients_per_second(trace),
        "staleness": {
            "mean": _number(overall.mean),
            "std": _number(overall.std),
            "p50": overall.quantile(0.5),
            "p95": overall.quantile(0.95),
            "max": overall.max,
            "histogram": overall.histogram.tolist(),
        },
        "wasted_seconds": wasted(trace),
        "server": vars(server(trace)),
        "uplink": vars(uplink(trace)),
        "downlink": vars(downlink(trace)),
        "workers": [
            {
                "name": name,
                "gradients": len(mine),
                "mean_staleness": _number(_staleness_of(mine).mean),
                "share_computing": _share(where.computing[place], trace.duration),
                "share_waiting": _share(where.waiting[place], trace.duration),
                "waiting": {cause: _share(where.causes[cause][place], trace.duration) for cause in CAUSES},
            }
            for place, (name, mine) in enumerate(zip(trace.workers, by_worker, strict=True))
        ],
    }


def _share(part: float, whole: float) -> float:
    """Return a part of a whole; of a run without duration, nothing."""
    return float(part / whole) if whole else 0.0


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value

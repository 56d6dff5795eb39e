"""A run in sums: whole numbers that all figures of a summary are made of, whatever its length."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.scenario.clock import NEVER
from sim.trace import Outcome, Trace

Integers = NDArray[np.int64]

STAGES = ("hold", "pull", "push", "queue", "service", "update")
"""What a worker waits for while its gradient comes and goes, in order."""

WASTED = (Outcome.DISCARDED, Outcome.CANCELLED, Outcome.LOST)

AT_ONCE = 1 << 16
"""So many gradients are looked at at a time, to keep the memory small."""


@dataclass(frozen=True)
class Line:
    """A server, or a direction of its link: nanoseconds busy and waited, by worker, and the longest queue."""

    busy: Integers
    waited: Integers
    longest: int


@dataclass(frozen=True)
class Tally:
    """What happened in a run. Arrays have an entry for each worker; times are nanoseconds.

    Attributes
    ----------
    end
        When the run ended.
    updates
        Updates made.
    outcomes
        Gradients by outcome, `Outcome` by `Outcome` from the first.
    staleness
        Applied gradients by staleness, from 0 to the greatest.
    applied, stale
        Applied gradients, and the sum of their staleness.
    present, computing
        Time there, and computing.
    waits
        Time waited, a row for each of `STAGES`.
    wasted
        Computing time that came to nothing, for each outcome in `WASTED`.
    server, uplink, downlink
        See `Line`.
    """

    end: int
    updates: int
    outcomes: Integers
    staleness: Integers
    applied: Integers
    stale: Integers
    present: Integers
    computing: Integers
    waits: Integers
    wasted: tuple[int, ...]
    server: Line
    uplink: Line
    downlink: Line


def tally(trace: Trace) -> Tally:
    """Return a trace in sums."""
    ticks, worker, end, workers = trace.ticks, trace.worker, trace.end, len(trace.workers)
    ended = np.where(ticks["ended_at"] == NEVER, end, ticks["ended_at"])
    times = np.zeros((1 + len(STAGES), workers), np.int64)
    wasted = np.zeros(len(WASTED), np.int64)
    attendance, many = _Attendance(trace), max(AT_ONCE, workers)
    for first in range(0, len(trace), many):
        rows = slice(first, first + many)
        spent = _spent(trace, rows, ended[rows], attendance)
        times += [_total(part, worker[rows], workers) for part in spent]
        wasted += [int(spent[0][trace.outcome[rows] == outcome].sum()) for outcome in WASTED]
    computing, *waits = times
    if trace.scenario.protocol.after_push != "wait":
        waits[STAGES.index("update")][:] = 0
    comes, goes = trace.stays["comes"], trace.stays["goes"]
    stays = np.where(goes == NEVER, end, goes) - comes
    return Tally(
        end=end,
        updates=trace.updates,
        outcomes=np.bincount(trace.outcome - min(Outcome), minlength=len(Outcome)),
        staleness=np.bincount(trace.staleness, minlength=1),
        applied=np.bincount(worker[: trace.applied], minlength=workers),
        stale=_total(trace.staleness, worker[: trace.applied], workers),
        present=_total(stays, trace.stays["worker"], workers),
        computing=computing,
        waits=np.array(waits),
        wasted=tuple(wasted.tolist()),
        server=_line(worker, ticks["arrived_at"], ticks["service_at"], ticks["served_at"], ended, workers),
        uplink=_line(worker, ticks["sent_at"], ticks["push_at"], ticks["arrived_at"], ended, workers),
        downlink=_downlink(trace, ended),
    )


class _Attendance:
    """How long each worker has been there until an instant, not counting the times between its stays."""

    def __init__(self, trace: Trace) -> None:
        stays, workers = trace.stays, len(trace.workers)
        order = np.lexsort((stays["comes"], stays["worker"]))
        goes = np.where(stays["goes"] == NEVER, trace.end, stays["goes"])
        self._whose, self._comes, self._goes = stays["worker"][order], stays["comes"][order], goes[order]
        self._several = np.bincount(self._whose, minlength=workers) > 1
        self._last = np.zeros(workers, np.int64)
        np.maximum.at(self._last, self._whose, self._goes)
        lengths = self._goes - self._comes
        before = np.cumsum(lengths) - lengths
        self._before = before - before[np.searchsorted(self._whose, self._whose)]

    def until(self, cuts: list[Integers], worker: Integers) -> list[Integers]:
        """Return instants of gradients, in order, as the time for which their workers had been there.

        Only where a worker went while its gradient was at the server; elsewhere differences are the same.
        """
        rows = np.flatnonzero(self._several[worker] | (cuts[-1] > self._last[worker]))
        if not len(rows):
            return cuts
        attended = []
        for instants in cuts:
            at = instants[rows]
            stay = _latest(self._whose, self._comes, worker[rows], at)
            result = instants.copy()
            result[rows] = self._before[stay] + np.minimum(at, self._goes[stay]) - self._comes[stay]
            attended.append(result)
        return attended


def _latest(whose: Integers, comes: Integers, worker: Integers, instants: Integers) -> Integers:
    """Return each worker's latest stay, in order of workers and comings, that has begun at an instant."""
    moments, ranks = np.unique(np.concatenate([comes, instants]), return_inverse=True)
    keys = whose * len(moments) + ranks[: len(comes)]
    return np.searchsorted(keys, worker * len(moments) + ranks[len(comes) :], side="right") - 1


def _spent(trace: Trace, rows: slice, ended: Integers, attendance: _Attendance) -> list[Integers]:
    """Return for some gradients the time that each was computed, and that it waited at each of `STAGES`."""

    def cut(name: str) -> Integers:
        instants = trace.ticks[name][rows]
        return np.where(instants == NEVER, ended, np.minimum(instants, ended))

    begun = [cut(name) for name in ("ready_at", "asked_at", "read_at", "computed_at", "arrived_at")]
    hold, pull, computing, push = (until - since for since, until in pairwise(begun))
    cuts = [begun[-1], cut("service_at"), cut("served_at"), ended]
    at_server = attendance.until(cuts, trace.worker[rows])
    return [computing, hold, pull, push, *(until - since for since, until in pairwise(at_server))]


def _total(amounts: Integers, of: Integers, workers: int) -> Integers:
    """Return the sum of the amounts that belong to each worker, exactly."""
    high, low = np.divmod(amounts, 1 << 26)  # sums of floats are exact below 2**53
    sums = (np.bincount(of, part, workers).astype(np.int64) for part in (high, low))
    return (next(sums) << 26) + next(sums)


def _downlink(trace: Trace, ended: Integers) -> Line:
    """Measure the server's outgoing link, which also carried what led to no gradient."""
    unread = trace.unread
    given_up = np.where(unread["ended_at"] == NEVER, trace.end, unread["ended_at"])
    names = ("worker", "asked_at", "pull_at", "left_at")
    worker, asked, taken, left = (np.concatenate([trace.ticks[name], unread[name]]) for name in names)
    return _line(worker, asked, taken, left, np.concatenate([ended, given_up]), len(trace.workers))


def _line(
    worker: Integers, arrived: Integers, begun: Integers, done: Integers, ended: Integers, workers: int
) -> Line:
    """Measure one that serves in order of arrival; what it did not begin on waited to its own end."""
    if np.array_equal(arrived, begun) and np.array_equal(begun, done):  # it takes no time
        nothing = np.zeros(workers, np.int64)
        return Line(nothing, nothing, 0)
    here = (arrived != NEVER) & (arrived < ended)
    left = np.where(begun == NEVER, ended, begun)
    busy = np.where(begun == NEVER, 0, np.where(done == NEVER, ended, done) - begun)
    instants = np.concatenate([left[here], arrived[here]])
    change = np.repeat([-1, 1], np.count_nonzero(here))
    order = np.lexsort((change, instants))
    return Line(
        busy=_total(busy, worker, workers),
        waited=_total((left - arrived)[here], worker[here], workers),
        longest=int(np.cumsum(change[order]).max(initial=0)),
    )

"""Who does what from when to when: the intervals that every picture of a run is drawn from."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import Final

import numpy as np

from sim.scenario.clock import NEVER
from sim.trace import STAYS, Column, Trace

NOBODY: Final = -1
"""The row of a span that belongs to no gradient."""

_LATER = np.iinfo(np.int64).max


class Kind(IntEnum):
    """What happens in a span."""

    HOLD = 0
    """The worker may not begin yet: the slack holds it back."""
    LINK = 1
    """Weights or a gradient wait for the link that all workers share."""
    PULL = 2
    COMPUTE = 3
    PUSH = 4
    QUEUE = 5
    """The gradient is at the server and waits for its turn."""
    SERVICE = 6
    """The server applies the gradient."""
    BATCH = 7
    """The gradient is served, and waits for its update."""
    OFFLINE = 8
    """The worker takes no part: not yet, not now, or no more."""

    @property
    def label(self) -> str:
        """The kind in words, as in legends."""
        return _LABELS[self]


_LABELS: Final = {
    Kind.HOLD: "held back",
    Kind.LINK: "waiting for the link",
    Kind.PULL: "pulling",
    Kind.COMPUTE: "computing",
    Kind.PUSH: "pushing",
    Kind.QUEUE: "in the queue",
    Kind.SERVICE: "being applied",
    Kind.BATCH: "waiting for the update",
    Kind.OFFLINE: "offline",
}

WAITING: Final = frozenset({Kind.HOLD, Kind.LINK, Kind.QUEUE, Kind.BATCH})
"""The kinds in which nothing is done."""

_STAGES: Final = (
    Kind.HOLD,
    Kind.LINK,
    Kind.PULL,
    Kind.COMPUTE,
    Kind.PUSH,  # on the worker's own link
    Kind.LINK,
    Kind.PUSH,  # on the server's
    Kind.QUEUE,
    Kind.SERVICE,
    Kind.BATCH,
)
_QUEUE, _BATCH = _STAGES.index(Kind.QUEUE), _STAGES.index(Kind.BATCH)


@dataclass(frozen=True, eq=False)
class Spans:
    """Intervals as read-only columns, in order of lane, then of begin; none is empty.

    Attributes
    ----------
    workers
        The number of workers. Lane ``i`` is worker ``i``'s, the next lane is the server's, and the one after
        it takes what waits at the server while its worker does something else. The spans of a worker and of
        the server never overlap; those in the last lane may.
    lane, kind
        Where, and a `Kind`.
    begin, end
        In nanoseconds; the end is not part of the span.
    row
        The gradient's row in the trace, `NOBODY` where a worker is offline.
    """

    workers: int
    lane: Column
    kind: Column
    begin: Column
    end: Column
    row: Column

    def __post_init__(self) -> None:
        for column in (self.lane, self.kind, self.begin, self.end, self.row):
            column.flags.writeable = False

    def __len__(self) -> int:
        return len(self.lane)

    @property
    def server(self) -> int:
        """The server's lane."""
        return self.workers

    @property
    def unattended(self) -> int:
        """The lane of what waits at the server while its worker does something else."""
        return self.workers + 1

    def on(self, lane: int) -> "Spans":
        """Return the spans of one lane."""
        first, last = np.searchsorted(self.lane, [lane, lane + 1])
        columns = (self.lane, self.kind, self.begin, self.end, self.row)
        return Spans(self.workers, *(column[first:last] for column in columns))

    def bars(self) -> "Spans":
        """Return each gradient's whole time on its worker's lane, as spans of kind `Kind.COMPUTE`."""
        own = np.flatnonzero((self.lane < self.workers) & (self.row != NOBODY))
        row, first = np.unique(self.row[own], return_index=True)
        last = len(own) - 1 - np.unique(self.row[own][::-1], return_index=True)[1]
        kind = np.full_like(row, Kind.COMPUTE)
        order = np.argsort(first)
        columns = (self.lane[own[first]], kind, self.begin[own[first]], self.end[own[last]], row)
        return Spans(self.workers, *(column[order] for column in columns))

    def rows(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield row, kind, begin and end of each span."""
        columns = (self.row, self.kind, self.begin, self.end)
        return zip(*(column.tolist() for column in columns), strict=True)


def spans(trace: Trace) -> Spans:
    """Return what every worker and the server do when.

    A gradient is shown up to the instant at which it ended, one in flight up to the end of the run. What had
    led to no gradient by then (a pull under way, a worker held back) is not shown.

    Examples
    --------
    >>> from sim import Scenario, Worker, simulate
    >>> found = spans(simulate(Scenario(workers=[Worker(name="L1", compute=[1.0, 2.5])])))
    >>> for begin, end, kind in zip(found.begin, found.end, found.kind):
    ...     print(begin, end, Kind(kind).label)
    0 1000000000 computing
    1000000000 3500000000 computing
    """
    cuts = _cuts(trace)
    outages = _outages(trace)
    released = _released(trace, cuts, outages)
    pieces = list(_pieces(trace, cuts, released))
    if outages:
        if trace.scenario.protocol.after_push == "wait":
            pieces = [part for piece in pieces for part in _interrupted(piece, outages, len(trace.workers))]
        pieces.append(_offline(outages))
    lane, kind, begin, end, row = (np.concatenate(columns) for columns in zip(*pieces, strict=True))
    order = np.lexsort((end, begin, lane))
    order = order[begin[order] < end[order]]
    return Spans(len(trace.workers), lane[order], kind[order], begin[order], end[order], row[order])


Piece = tuple[Column, Column, Column, Column, Column]
"""Lane, kind, begin, end and row of some spans."""


def _piece(lane: Column | int, kind: int, begin: Column, end: Column, row: Column) -> Piece:
    return np.broadcast_to(lane, row.shape), np.full_like(row, kind), begin, end, row


def _cuts(trace: Trace) -> list[Column]:
    """Return the instants between the stages, and before and after them."""
    ticks = trace.ticks
    final = np.where(ticks["ended_at"] == NEVER, trace.end, ticks["ended_at"])

    pull = (ticks[name] for name in ("ready_at", "asked_at", "pull_at", "read_at"))
    names = ("computed_at", "sent_at", "push_at", "arrived_at", "service_at", "served_at")
    return [*pull, *(np.where(ticks[name] == NEVER, final, ticks[name]) for name in names), final]


def _pieces(trace: Trace, cuts: list[Column], released: Column) -> Iterator[Piece]:
    """Yield the stages: on the worker's lane while it is busy or waits with them, else beside it."""
    workers, rows = len(trace.workers), np.arange(len(trace))
    for stage, (begin, end) in enumerate(pairwise(cuts)):
        kind = _STAGES[stage]
        if stage < _QUEUE:
            yield _piece(trace.worker, kind, begin, end, rows)
        else:
            yield _piece(trace.worker, kind, begin, np.minimum(end, released), rows)
            yield _piece(workers + 1, kind, np.maximum(begin, released), end, rows)
        if kind == Kind.SERVICE:
            yield _piece(workers, kind, begin, end, rows)


def _released(trace: Trace, cuts: list[Column], outages: dict[int, Column]) -> Column:
    """Return when each gradient's worker no longer waits for it."""
    by_worker = np.lexsort((trace.index, trace.worker))
    following: Column = np.full(len(trace), _LATER)
    same = trace.worker[by_worker][:-1] == trace.worker[by_worker][1:]
    following[by_worker[:-1][same]] = cuts[0][by_worker[1:][same]]
    if trace.scenario.protocol.after_push == "wait":
        return following
    released: Column = np.minimum(following, cuts[_BATCH])
    for worker, away in outages.items():
        own = trace.worker == worker
        leaves = np.append(away[:, 0], _LATER)
        released[own] = np.minimum(released[own], leaves[np.searchsorted(leaves, cuts[_QUEUE][own])])
    return released


def _outages(trace: Trace) -> dict[int, Column]:
    """Return the intervals in which a worker takes no part, by worker: an array of pairs, in order."""
    stays = trace.stays
    away: dict[int, list[tuple[int, int]]] = {}
    since = np.zeros(len(trace.workers), np.int64)
    for worker, comes, goes, done in zip(*(stays[name].tolist() for name in STAYS), strict=True):
        if since[worker] < comes:
            away.setdefault(worker, []).append((int(since[worker]), comes))
        since[worker] = trace.end if done or goes == NEVER else goes
    for worker in np.flatnonzero(since < trace.end).tolist():
        away.setdefault(worker, []).append((int(since[worker]), trace.end))
    return {worker: np.array(pairs, np.int64) for worker, pairs in sorted(away.items())}


def _interrupted(piece: Piece, outages: dict[int, Column], workers: int) -> Iterator[Piece]:
    """Move what a worker would wait for while it is offline to the lane beside."""
    lane, kind, begin, end, row = piece
    touched = np.isin(lane, list(outages)) & (kind >= Kind.QUEUE)
    yield lane[~touched], kind[~touched], begin[~touched], end[~touched], row[~touched]
    parts = []
    for at in np.flatnonzero(touched & (begin < end)):
        away = outages[int(lane[at])]
        edges = np.unique(np.clip([begin[at], *away.ravel(), end[at]], begin[at], end[at]))
        for first, last in pairwise(edges):
            absent = np.any((away[:, 0] <= first) & (last <= away[:, 1]))
            parts.append((workers + 1 if absent else lane[at], kind[at], first, last, row[at]))
    columns = np.array(parts, np.int64).reshape(-1, 5).T
    yield columns[0], columns[1], columns[2], columns[3], columns[4]


def _offline(outages: dict[int, Column]) -> Piece:
    lanes = np.concatenate([np.full(len(away), worker) for worker, away in outages.items()])
    both = np.concatenate(list(outages.values()))
    return _piece(lanes, Kind.OFFLINE, both[:, 0], both[:, 1], np.full(len(both), NOBODY))

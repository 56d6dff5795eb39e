"""Runs the compiled event loop: makes room where it asks for more, then a trace or sums of what it leaves."""

from typing import Any, Final, Protocol

import numpy as np

from sim.engine import room
from sim.engine.compiled import memory as names
from sim.engine.compiled.memory import Integers, Memory, remember
from sim.engine.results import Progress, Run, TooLong
from sim.engine.setup import Setup
from sim.metrics.tally import STAGES, Line, Tally
from sim.scenario.clock import NANOSECONDS, NEVER
from sim.trace import COLUMNS, STAYS, UNREAD, Outcome

AT_ONCE = 1 << 18
"""Events between two looks at the clock and the keyboard."""

MOST_AT_FIRST = 1 << 24
"""Rows for which room is made at first, at most."""


_ROOM: Final = {
    names.NEEDS_ROWS: "rows",
    names.NEEDS_OTHERS: "others",
    names.NEEDS_STAYS: "stays",
    names.NEEDS_UNREAD: "unread",
    names.NEEDS_HISTOGRAM: "histogram",
    names.NEEDS_BIGS: "bigs",
}
"""What of the memory has run out."""


APART: Final = 72
AT_FIRST: Final = (1 << 16) + APART
"""Rows for which there is room at first where nothing is known: columns that lie a power of two apart would
share few lines of the cache."""


class Loop(Protocol):
    """The functions of `sim.engine.compiled.kernel`, compiled or not."""

    def start(self, s: Setup, m: Memory) -> int: ...  # noqa: D102 -- see kernel
    def advance(self, s: Setup, m: Memory, events: int) -> int: ...  # noqa: D102 -- see kernel
    def close_up(self, s: Setup, m: Memory) -> None: ...  # noqa: D102 -- see kernel


def run(setup: Setup, loop: Loop, progress: Progress | None = None) -> Run:
    """Simulate a scenario that has been set up, and keep every gradient."""
    room.foresee(setup)
    m = _simulate(setup, loop, remember(setup, rows=_rows(setup), sums=False), progress)
    g = m.numbers
    end = int(g[names.NOW])
    stays = m.stays[:, : g[names.STAYED]]
    unread = m.unread[:, : g[names.MISSED]]
    unread = unread[:, np.lexsort(unread[::-1])]
    return Run(
        _columns(m),
        dict(zip(STAYS, stays.copy(), strict=True)),
        dict(zip(UNREAD, unread, strict=True)),
        names.ENDED_AS[g[names.ENDED]],
        end,
    )


def sum_up(setup: Setup, loop: Loop, progress: Progress | None = None) -> tuple[Tally, str]:
    """Simulate a scenario that has been set up; return its sums, and why it ended."""
    m = _simulate(setup, loop, remember(setup, rows=0, sums=True), progress)
    g, sums = m.numbers, m.sums
    histogram = m.histogram
    if g[names.BIGS]:
        bigs = np.bincount(m.bigs[: g[names.BIGS]])
        bigs[: len(histogram)] += histogram
        histogram = bigs
    last = np.flatnonzero(histogram)
    busy = (names.SERVER_BUSY, names.UP_BUSY, names.DOWN_BUSY)
    longest = (names.LONGEST_QUEUE, names.LONGEST_UP, names.LONGEST_DOWN)
    lines = (Line(sums[:, b], sums[:, b + 1], int(g[at])) for b, at in zip(busy, longest, strict=True))
    wasted = (int(sums[:, names.WASTED + place].sum(dtype=object)) for place in range(3))
    tally = Tally(
        int(g[names.NOW]),
        int(g[names.VERSIONS]),
        g[names.OUTCOMES : names.OUTCOMES + len(Outcome)],
        histogram[: last[-1] + 1 if len(last) else 1],
        sums[:, names.GRADIENTS],
        sums[:, names.STALE],
        m.workers[:, names.PRESENT],
        sums[:, names.COMPUTING],
        sums[:, : len(STAGES)].T,
        tuple(wasted),
        *lines,
    )
    return tally, names.ENDED_AS[g[names.ENDED]]


def _simulate(setup: Setup, loop: Loop, m: Memory, progress: Progress | None) -> Memory:
    code = loop.start(setup, m)
    while True:
        g = m.numbers
        if code == names.FAILS:
            raise TooLong(int(g[names.FAILED_WORKER]), int(g[names.FAILED_PURPOSE]), float(m.fraction[1]))
        if code == names.OUTLASTS:
            raise OverflowError
        if g[names.ENDED]:
            break
        m = _roomier(m, code)
        if progress is not None:
            progress(g[names.NOW] / NANOSECONDS, int(g[names.VERSIONS]), int(g[names.READINGS]))
        code = loop.advance(setup, m, AT_ONCE)
    if m.keeps:
        m = m._replace(others=_grown(m.others, setup.size), unread=_grown(m.unread, setup.size))
    loop.close_up(setup, m)
    return m


def _roomier(m: Memory, code: int) -> Memory:
    """Return the memory with twice the room of what has run out of it."""
    if code == names.NEEDS_ROWS:
        room.check(m.rows.shape[1], m.rows.shape[1])
    if code not in _ROOM:
        return m
    name = _ROOM[code]
    columns = getattr(m, name)
    if name == "histogram":
        more = np.append(columns, np.zeros_like(columns))
    elif name == "bigs":
        more = np.append(columns, np.empty(len(columns) + m.rows.shape[1], np.int64))
    else:
        more = _grown(columns, columns.shape[1] + APART)
    changed: dict[str, Any] = {name: more}
    return m._replace(**changed)


def _grown(columns: Integers, more: int) -> Integers:
    grown = np.empty((columns.shape[0], columns.shape[1] + more), np.int64)
    grown[:, : columns.shape[1]] = columns
    return grown


def _rows(setup: Setup) -> int:
    """Return how many gradients there is room for at first: all, where that is known."""
    known = room.known(setup)
    return AT_FIRST if known is None else min(known, MOST_AT_FIRST) + 1


def _columns(m: Memory) -> dict[str, Integers]:
    """Return the columns of the trace: applied gradients as they were applied, the others as they were read.

    They are the columns of the memory's rows, not copies, and equal ones are one.
    """
    g = m.numbers
    applied, joined, others = (int(g[at]) for at in (names.APPLIED, names.JOINED, names.OTHERS))
    rest = np.concatenate([m.others[:, :others], m.rows[:, applied:joined]], axis=1)
    rest[names.ENDED_ROW, others:] = rest[names.VERSION_APPLIED_ROW, others:] = NEVER
    rest[names.OUTCOME_ROW, others:] = Outcome.IN_FLIGHT
    rest = rest[:, np.argsort(rest[names.SEQUENCE_ROW])]
    rows, count = m.rows, applied + rest.shape[1]
    if count > rows.shape[1]:
        rows = _grown(rows, count - rows.shape[1])
    rows[:, applied:count] = rest
    table = {name: rows[place, :count] for place, name in enumerate(COLUMNS)}
    table["outcome"] = np.zeros(count, np.int64)
    table["outcome"][applied:] = rest[names.OUTCOME_ROW]
    if not m.pulled:
        table["asked_at"] = table["pull_at"] = table["left_at"] = table["read_at"]
    if not m.pushed:
        table["sent_at"] = table["push_at"] = table["arrived_at"] = table["computed_at"]
    if not m.served:
        served = table["arrived_at"]
        dropped = table["outcome"][applied:] == Outcome.DISCARDED
        if dropped.any():
            served = served.copy()
            served[applied:][dropped] = NEVER
        table["service_at"] = table["served_at"] = served
    return table

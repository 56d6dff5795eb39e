"""Runs the compiled event loop: makes room where it asks for more, and makes a trace or sums of what it leaves."""

from typing import Protocol

import numpy as np

from sim.engine import room
from sim.engine.compiled import memory as names
from sim.engine.compiled.memory import Integers, Memory, remember
from sim.engine.results import Progress, Run, TooLong
from sim.engine.setup import Setup
from sim.metrics.tally import STAGES, Line, Tally
from sim.scenario.clock import NANOSECONDS, NEVER
from sim.trace import COLUMNS, STAYS, UNREAD, Outcome

AT_ONCE = 1 << 20
"""Events between two looks at the clock and the keyboard."""

MOST_AT_FIRST = 1 << 24
"""Rows for which room is made at first, at most."""


class Loop(Protocol):
    """The functions of `sim.engine.compiled.kernel`, compiled or not."""

    def start(self, s: Setup, m: Memory) -> int: ...  # noqa: D102
    def advance(self, s: Setup, m: Memory, events: int) -> int: ...  # noqa: D102
    def close_up(self, s: Setup, m: Memory) -> None: ...  # noqa: D102


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
        return m._replace(rows=_grown(m.rows, m.rows.shape[1]))
    if code == names.NEEDS_OTHERS:
        return m._replace(others=_grown(m.others, m.others.shape[1]))
    if code == names.NEEDS_STAYS:
        return m._replace(stays=_grown(m.stays, m.stays.shape[1]))
    if code == names.NEEDS_UNREAD:
        return m._replace(unread=_grown(m.unread, m.unread.shape[1]))
    if code == names.NEEDS_HISTOGRAM:
        return m._replace(histogram=np.append(m.histogram, np.zeros_like(m.histogram)))
    if code == names.NEEDS_BIGS:
        return m._replace(bigs=np.append(m.bigs, np.empty(len(m.bigs) + m.rows.shape[1], np.int64)))
    return m


def _grown(columns: Integers, more: int) -> Integers:
    grown = np.empty((columns.shape[0], columns.shape[1] + more), np.int64)
    grown[:, : columns.shape[1]] = columns
    return grown


def _rows(setup: Setup) -> int:
    """Return how many gradients there is room for at first: all, where that is known."""
    known = room.known(setup)
    return 1 << 16 if known is None else min(known, MOST_AT_FIRST) + 1


def _columns(m: Memory) -> dict[str, Integers]:
    """Return the columns of the trace: applied gradients as they were applied, the others as they were read."""
    g = m.numbers
    applied, joined, others = (int(g[at]) for at in (names.APPLIED, names.JOINED, names.OTHERS))
    waiting = m.rows[:, applied:joined]
    waiting[names.ENDED_ROW] = waiting[names.VERSION_APPLIED_ROW] = NEVER
    waiting[names.OUTCOME_ROW] = Outcome.IN_FLIGHT
    rest = np.concatenate([m.others[:, :others], waiting], axis=1)
    rest = rest[:, np.argsort(rest[names.SEQUENCE_ROW])]
    rows, total = m.rows, applied + rest.shape[1]
    if total > rows.shape[1]:
        rows = _grown(rows, total - rows.shape[1])
    rows[: len(rest), applied:total] = rest
    rows[names.OUTCOME_ROW, :applied] = Outcome.APPLIED
    implied = _implied(m)
    table = {name: rows[place, :total] for place, name in enumerate(COLUMNS) if name not in implied}
    if not m.pulled:
        table["asked_at"] = table["pull_at"] = table["left_at"] = table["read_at"]
    if not m.pushed:
        table["sent_at"] = table["push_at"] = table["arrived_at"] = table["computed_at"]
    if not m.served:
        served = table["arrived_at"]
        dropped = table["outcome"] == Outcome.DISCARDED
        table["service_at"] = table["served_at"] = (
            np.where(dropped, NEVER, served) if dropped.any() else served
        )
    return {name: table[name] for name in COLUMNS}


def _implied(m: Memory) -> set[str]:
    """Return the columns that equal others in this scenario."""
    implied: set[str] = set()
    implied |= set() if m.pulled else {"asked_at", "pull_at", "left_at"}
    implied |= set() if m.pushed else {"sent_at", "push_at", "arrived_at"}
    return implied | (set() if m.served else {"service_at", "served_at"})

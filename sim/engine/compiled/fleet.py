"""Workers come and go, are answered, and lose what they hold."""

from sim.engine.compiled.agenda import put, schedule_presence
from sim.engine.compiled.book import close, miss
from sim.engine.compiled.links import leave_line
from sim.engine.compiled.memory import (
    ASKED_AT,
    AT_LEAST,
    AWAY,
    BEGUN,
    BUSY,
    COMES,
    COMPLETED,
    DUE,
    ENDS,
    FAILED_PURPOSE,
    FAILED_WORKER,
    FAILS,
    GOES,
    GONE,
    HAND,
    HELDS,
    LEAST,
    LEFT_AT,
    LINK,
    LOST,
    NO_LINK,
    NOW,
    OWED,
    PLACE,
    PRESENT,
    PULL_AT,
    READIES,
    READY,
    READY_AT,
    SCHEDULED,
    STAY,
    STAYED,
    Memory,
)
from sim.engine.compiled.slack import place_at
from sim.engine.pace import FAILED
from sim.engine.presence import next_stay
from sim.engine.setup import NONE, Setup
from sim.scenario.clock import LAST, NEVER


def expect(s: Setup, m: Memory, worker: int) -> int:
    """Let a worker come when it comes next, if it does."""
    comes, goes, drawn = 0, NONE, 0.0
    if not s.always_there[s.entry[worker]]:
        comes, goes, drawn = next_stay(s, m.presence, worker)
    if comes <= FAILED:
        return fail(m, worker, FAILED - comes, drawn)
    m.workers[worker, GOES] = goes
    if comes == NONE:
        place_at(s, m, worker, GONE)
    elif comes == 0 and m.numbers[NOW] == 0:
        _come(s, m, worker)
    else:
        place_at(s, m, worker, AWAY)
        schedule_presence(m, worker, comes)
    return ENDS


def come_or_go(s: Setup, m: Memory, worker: int) -> int:
    """Let a worker come that is away, and one go that is there."""
    if m.workers[worker, PLACE] == AWAY:
        _come(s, m, worker)
        return ENDS
    return _go(s, m, worker)


def _come(s: Setup, m: Memory, worker: int) -> None:
    own, g = m.workers[worker], m.numbers
    now = g[NOW]
    own[COMES] = now
    if m.keeps:
        own[STAY] = g[STAYED]
        m.stays[0, g[STAYED]] = worker
        m.stays[1, g[STAYED]] = now
        m.stays[2, g[STAYED]] = NONE
        m.stays[3, g[STAYED]] = 0
        g[STAYED] += 1
    if own[GOES] != NONE:
        schedule_presence(m, worker, own[GOES])
    elif m.presence_at[1] != LAST:
        schedule_presence(m, worker, LAST)
    if s.slack != NONE and g[AT_LEAST]:
        own[COMPLETED] = max(own[COMPLETED], g[LEAST])
    place_at(s, m, worker, OWED)
    if not own[DUE]:
        let_go_on(s, m, worker)


def _go(s: Setup, m: Memory, worker: int) -> int:
    """Lose the gradient that a worker computes or sends, or its pull; one at the server stays."""
    own, g = m.workers[worker], m.numbers
    schedule_presence(m, worker, LAST)
    if own[PLACE] == BUSY:
        drop(m, worker, LOST)
    elif own[PLACE] == READY:
        place = 0
        while m.held[place] != worker:
            place += 1
        g[HELDS] -= 1
        m.held[place] = m.held[g[HELDS]]
        miss(m, worker, g[NOW])
    _end_stay(m, worker, 0)
    return expect(s, m, worker)


def drop(m: Memory, worker: int, outcome: int) -> None:
    """Drop what a worker pulls, computes or sends."""
    own = m.workers[worker]
    put(m.tree_at, m.tree_of, m.workers, SCHEDULED, worker, LAST)
    if own[LINK] != NO_LINK:
        leave_line(m, worker)
    if own[HAND]:
        close(m, worker, outcome)
        own[HAND] = 0
    else:
        miss(m, worker, m.numbers[NOW])


def answer(s: Setup, m: Memory, worker: int) -> None:
    """Answer a worker; one that is away learns of it when it comes."""
    m.workers[worker, DUE] = 0
    if m.workers[worker, PLACE] >= BUSY:
        let_go_on(s, m, worker)


def let_go_on(s: Setup, m: Memory, worker: int) -> None:
    """Let a worker that is there begin its next gradient; without one it is done."""
    own = m.workers[worker]
    if own[BEGUN] != s.most[s.entry[worker]]:
        _free(s, m, worker)
        return
    _end_stay(m, worker, 1)
    if own[GOES] != NONE:
        schedule_presence(m, worker, LAST)
    place_at(s, m, worker, GONE)


def _free(s: Setup, m: Memory, worker: int) -> None:
    """Let a worker begin its next gradient when what follows is settled; only the slack may hold it."""
    own, g = m.workers[worker], m.numbers
    place = BUSY if s.slack == NONE else READY
    if own[PLACE] != place:
        place_at(s, m, worker, place)
    own[READY_AT] = g[NOW]
    if m.pulled or s.slack != NONE:
        own[ASKED_AT] = own[PULL_AT] = own[LEFT_AT] = NEVER
    m.ready[g[READIES]] = worker
    g[READIES] += 1


def _end_stay(m: Memory, worker: int, done: int) -> None:
    own, now = m.workers[worker], m.numbers[NOW]
    own[PRESENT] += now - own[COMES]
    if m.keeps:
        m.stays[2, own[STAY]] = now
        m.stays[3, own[STAY]] = done


def fail(m: Memory, worker: int, purpose: int, drawn: float) -> int:
    """Note whose draw is too long for the clock."""
    m.numbers[FAILED_WORKER] = worker
    m.numbers[FAILED_PURPOSE] = purpose
    m.fraction[1] = drawn
    return FAILS

"""Reading and pushing: what workers do on their own, from asking for the weights to sending a gradient."""

from sim.engine.compiled.agenda import schedule, schedule_at
from sim.engine.compiled.fleet import fail
from sim.engine.compiled.links import join_line
from sim.engine.compiled.memory import (
    ARRIVED_AT,
    ASKED_AT,
    BEGUN,
    BUSY,
    COMPLETED,
    COMPUTED_AT,
    COMPUTED_STAGE,
    DOWN,
    ENDED,
    ENDS,
    HAND,
    HELDS,
    IDLE,
    LEAST,
    LEAST_SEEN,
    LEFT_AT,
    NEXT_PART,
    NEXT_WHOLE,
    NO_PROGRESS,
    NOW,
    PULL_AT,
    PULLED,
    PUSH_AT,
    READ_AT,
    READIES,
    READINGS,
    SENT_AT,
    SEQUENCE,
    SERVED_AT,
    SERVICE_AT,
    SERVICE_PART,
    SERVICE_WHOLE,
    UP,
    VERSION,
    VERSIONS,
    Integers,
    Memory,
)
from sim.engine.compiled.server import arrive
from sim.engine.compiled.slack import place_at
from sim.engine.draws import COMPUTE, SERVICE, TOO_LONG, duration
from sim.engine.pace import FAILED, TOO_OFTEN, finish
from sim.engine.setup import NONE, Setup
from sim.scenario.clock import NEVER


def begin_in_order(s: Setup, m: Memory) -> int:
    """Let workers ask for the weights, in the order of the scenario, as far as the slack allows."""
    g = m.numbers
    if s.slack != NONE:
        _hold(s, m)
    count = g[READIES]
    if count > 1:
        _sort(m.ready, count)
    g[READIES] = 0
    for place in range(count):
        worker = m.ready[place]
        if s.slack != NONE:
            place_at(s, m, worker, BUSY)
        code = _ask(s, m, worker) if m.pulled else read(s, m, worker)
        if code != ENDS or g[ENDED]:
            return code
    return ENDS


def _hold(s: Setup, m: Memory) -> None:
    """Hold the workers that are too far ahead; look at all of them again when the slowest has moved."""
    g = m.numbers
    if g[LEAST] != g[LEAST_SEEN]:
        for place in range(g[HELDS]):
            m.ready[g[READIES]] = m.held[place]
            g[READIES] += 1
        g[HELDS] = 0
        g[LEAST_SEEN] = g[LEAST]
    kept = 0
    for place in range(g[READIES]):
        worker = m.ready[place]
        if m.workers[worker, COMPLETED] <= g[LEAST] + s.slack:
            m.ready[kept] = worker
            kept += 1
        else:
            m.held[g[HELDS]] = worker
            g[HELDS] += 1
    g[READIES] = kept


def _ask(s: Setup, m: Memory, worker: int) -> int:
    own, now = m.workers[worker], m.numbers[NOW]
    own[ASKED_AT] = now
    if s.down.whole > 0 or s.down.part > 0.0:
        join_line(m, worker, DOWN)
        return ENDS
    own[PULL_AT] = own[LEFT_AT] = now
    return cross(s, m, worker)


def cross(s: Setup, m: Memory, worker: int) -> int:
    """Let the weights cross the latency and the worker's own link."""
    entry = s.entry[worker]
    if s.pull_whole[entry] > 0 or s.pull_part[entry] > 0.0:
        schedule(m, worker, PULLED, s.pull_whole[entry], s.pull_part[entry])
        return ENDS
    return read(s, m, worker)


def read(s: Setup, m: Memory, worker: int) -> int:
    """Read the weights and compute a gradient from them."""
    own, g = m.workers[worker], m.numbers
    entry, now = s.entry[worker], g[NOW]
    number = own[BEGUN]
    own[BEGUN] = number + 1
    own[HAND] = 1
    own[VERSION] = g[VERSIONS]
    own[SEQUENCE] = g[READINGS]
    g[READINGS] += 1
    own[READ_AT] = now
    own[COMPUTED_AT] = NEVER
    if m.pushed:
        own[SENT_AT] = own[PUSH_AT] = own[ARRIVED_AT] = NEVER
    if m.served:
        own[SERVICE_AT] = own[SERVED_AT] = NEVER
        own[SERVICE_WHOLE], m.fractions[worker, SERVICE_PART] = duration(
            s.laws, s.service, s.keys[SERVICE], s.identity[worker], number
        )
    whole, part = own[NEXT_WHOLE], m.fractions[worker, NEXT_PART]
    if whole == TOO_LONG:
        return fail(m, worker, COMPUTE, part)
    draw_ahead(s, m, worker, number + 1)
    if not s.varies[entry]:
        schedule(m, worker, COMPUTED_STAGE, whole, part)
        return ENDS
    at, fraction, changes = finish(s, m.paces, worker, now, m.fraction[0], whole, part, s.patience - g[IDLE])
    g[IDLE] += changes
    if at <= FAILED:
        return fail(m, worker, FAILED - at, fraction)
    if at == TOO_OFTEN:
        g[ENDED] = NO_PROGRESS
        return ENDS
    schedule_at(m, worker, COMPUTED_STAGE, at, fraction)
    return ENDS


def draw_ahead(s: Setup, m: Memory, worker: int, number: int) -> None:
    """Draw how long a worker computes its gradient of that number, from 0, if it will begin one."""
    entry = s.entry[worker]
    if number != s.most[entry]:
        m.workers[worker, NEXT_WHOLE], m.fractions[worker, NEXT_PART] = duration(
            s.laws, s.compute[entry], s.keys[COMPUTE], s.identity[worker], number
        )


def sent(s: Setup, m: Memory, worker: int) -> int:
    """Let a gradient wait for the incoming link, where that takes time."""
    own, now = m.workers[worker], m.numbers[NOW]
    own[SENT_AT] = now
    if s.up.whole > 0 or s.up.part > 0.0:
        join_line(m, worker, UP)
        return ENDS
    own[PUSH_AT] = own[ARRIVED_AT] = now
    return arrive(s, m, worker)


def _sort(places: Integers, count: int) -> None:
    """Sort the first of some places (Shell 1959, with the gaps of Knuth)."""
    gap = 1
    while gap < count // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for at in range(gap, count):
            place, to = places[at], at
            while to >= gap and places[to - gap] > place:
                places[to] = places[to - gap]
                to -= gap
            places[to] = place
        gap //= 3

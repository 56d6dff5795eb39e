"""The event loop of the compiled engine: what docs/sim/protocols.md says, over arrays.

The functions of this and the neighbouring modules are plain Python over numbers and arrays. They are compiled
together (see `sim.engine.compiled.entries`), and run as they are, too.
"""

from sim.engine.compiled.agenda import put, schedule, upcoming
from sim.engine.compiled.book import attended, close, miss
from sim.engine.compiled.fleet import come_or_go, expect
from sim.engine.compiled.links import carry
from sim.engine.compiled.memory import (
    APPLIED,
    ARRIVED_AT,
    ASKED_AT,
    AT_PLACE,
    AWAY,
    BIGS,
    BUSY,
    BY_TIME,
    CARRIED,
    CARRIED_DOWN,
    CARRIED_UP,
    COMES,
    COMPLETED,
    COMPUTED_AT,
    COMPUTED_STAGE,
    DOWN,
    DUE,
    ENDED,
    ENDS,
    FINISHED,
    FRACTION,
    GOES,
    HAND,
    HELDS,
    HISTOGRAM_LIMIT,
    IDLE,
    IN_FLIGHT,
    JOINED,
    LEAST,
    LEFT_AT,
    LINK,
    LONGEST_DOWN,
    LONGEST_QUEUE,
    LONGEST_UP,
    MISSED,
    NEEDS_BIGS,
    NEEDS_HISTOGRAM,
    NEEDS_OTHERS,
    NEEDS_ROWS,
    NEEDS_STAYS,
    NEEDS_UNREAD,
    NO_LINK,
    NO_PROGRESS,
    NOW,
    OTHERS,
    OUTCOMES,
    OUTLASTS,
    OWED,
    PAUSES,
    PLACE,
    PRESENT,
    PULL_AT,
    QUEUED,
    READ_AT,
    READIES,
    READY,
    READY_AT,
    SCHEDULED,
    SENT_STAGE,
    SERVED_AT,
    SERVED_STAGE,
    SERVER_BUSY,
    SERVICE_AT,
    SERVING,
    STAGE,
    STALE_LEAF,
    STALLED,
    STAYED,
    THERE_SERVED,
    UP,
    UPDATE_WAIT,
    VERSIONS,
    WAITING,
    WAITS,
    WORKER_ROW,
    Memory,
)
from sim.engine.compiled.reading import begin_in_order, cross, draw_ahead, read, sent
from sim.engine.compiled.server import arrive, full, join_batch, serve, update
from sim.engine.setup import NONE, Setup
from sim.scenario.clock import LAST, NEVER


def start(s: Setup, m: Memory) -> int:
    """Let the workers come that are there from the first instant, and settle what follows."""
    for worker in range(s.size):
        draw_ahead(s, m, worker, 0)
        code = expect(s, m, worker)
        if code != ENDS:
            return code
    return _settle(s, m)


def advance(s: Setup, m: Memory, events: int) -> int:
    """Let so many events happen; return why it stops."""
    g = m.numbers
    left = events
    while left > 0:
        lacks, room = _room(s, m)
        if room <= 0 and not g[ENDED]:
            return lacks
        left -= room
        for _ in range(room if left >= 0 else room + left):
            if g[ENDED]:
                return ENDS
            code = _step(s, m)
            if code != ENDS:
                return code
    return ENDS if g[ENDED] else PAUSES


def _room(s: Setup, m: Memory) -> tuple[int, int]:
    """Return what has room for the fewest events, as a reason to return, and for how many."""
    g = m.numbers
    lacks, room = NEEDS_ROWS, m.rows.shape[1] - g[JOINED]
    if m.keeps:
        most = s.size + 1 if s.cancels or s.max_staleness != NONE else 1
        others = (m.others.shape[1] - g[OTHERS]) // most
        if others < room:
            lacks, room = NEEDS_OTHERS, others
        stays = m.stays.shape[1] - g[STAYED]
        if stays < room:
            lacks, room = NEEDS_STAYS, stays
        unread = m.unread.shape[1] - g[MISSED]
        if unread < room:
            lacks, room = NEEDS_UNREAD, unread
    if m.sums_up:
        histogram = len(m.histogram) - g[VERSIONS] - 1
        bigs = len(m.bigs) - g[BIGS] - (g[JOINED] - g[APPLIED])
        if len(m.histogram) < HISTOGRAM_LIMIT:
            if histogram < room:
                lacks, room = NEEDS_HISTOGRAM, histogram
        elif histogram < room and bigs < room:
            lacks, room = NEEDS_BIGS, max(histogram, bigs)
    return lacks, room


def _step(s: Setup, m: Memory) -> int:
    """Let happen what happens next, and settle what follows; return why the run cannot go on."""
    g = m.numbers
    worker, presence = upcoming(m)
    now = m.presence_at[1] if presence else m.tree_at[1]
    if s.stop_time != NONE and now > s.stop_time:
        _pass(m, s.stop_time)
        g[ENDED] = BY_TIME
        return ENDS
    if now == LAST:
        return OUTLASTS
    _pass(m, now)
    g[IDLE] += 1
    if presence:
        m.fraction[0] = 0.0
        code = come_or_go(s, m, worker)
    else:
        m.fraction[0] = m.fractions[worker, FRACTION]
        g[STALE_LEAF] = worker
        code = _happen(s, m, worker)
    if code != ENDS:
        return code
    return _settle(s, m)


def close_up(s: Setup, m: Memory) -> None:
    """Enter what is in flight when the run ends."""
    g = m.numbers
    end = g[NOW]
    for worker in range(s.size):
        own = m.workers[worker]
        if own[PLACE] >= READY:
            own[PRESENT] += end - own[COMES]
            own[COMES] = end
        at_server = own[DUE] and m.served and own[SERVED_AT] == NEVER
        begun = own[READ_AT] < end or own[COMPUTED_AT] != NEVER
        if (own[HAND] and begun) or at_server:
            close(m, worker, IN_FLIGHT)
        elif own[PLACE] == READY or (own[PLACE] == BUSY and (not own[HAND] or m.pulled)):
            if own[READY_AT] < end:
                miss(m, worker, NEVER)
        elif own[HAND] and own[READY_AT] < end:
            own[ASKED_AT] = own[PULL_AT] = own[LEFT_AT] = end
            miss(m, worker, NEVER)
    g[OUTCOMES + 1 + IN_FLIGHT] += g[JOINED] - g[APPLIED]
    if m.sums_up and s.waits:
        for row in range(g[APPLIED], g[JOINED]):
            worker = m.rows[WORKER_ROW, row]
            m.sums[worker, WAITS + UPDATE_WAIT] += attended(m, worker) - m.workers[worker, THERE_SERVED]


def _pass(m: Memory, now: int) -> None:
    """Let time pass; how many wait is counted at the end of each instant."""
    g = m.numbers
    if m.sums_up and now > g[NOW]:
        if m.served:
            g[LONGEST_QUEUE] = max(g[LONGEST_QUEUE], g[QUEUED])
        if m.pulled:
            g[LONGEST_DOWN] = max(g[LONGEST_DOWN], m.links[DOWN, WAITING])
        if m.pushed:
            g[LONGEST_UP] = max(g[LONGEST_UP], m.links[UP, WAITING])
    g[NOW] = now


def _happen(s: Setup, m: Memory, worker: int) -> int:  # noqa: PLR0911 -- one for each stage
    """Let happen to a worker's pull or gradient what happens next."""
    own, now = m.workers[worker], m.numbers[NOW]
    stage = own[STAGE]
    if stage == COMPUTED_STAGE:
        own[COMPUTED_AT] = now
        if not m.pushed:
            return arrive(s, m, worker)
        entry = s.entry[worker]
        if s.push_whole[entry] > 0 or s.push_part[entry] > 0.0:
            schedule(m, worker, SENT_STAGE, s.push_whole[entry], s.push_part[entry])
            return ENDS
        return sent(s, m, worker)
    if stage == SERVED_STAGE:
        m.numbers[SERVING] = NONE
        own[SERVED_AT] = now
        if m.sums_up:
            own[THERE_SERVED] = attended(m, worker)
            m.sums[worker, SERVER_BUSY] += now - own[SERVICE_AT]
        join_batch(s, m, worker)
        return ENDS
    if stage == SENT_STAGE:
        return sent(s, m, worker)
    if stage == CARRIED_UP:
        m.links[UP, CARRIED] = NONE
        own[LINK] = NO_LINK
        own[ARRIVED_AT] = now
        return arrive(s, m, worker)
    if stage == CARRIED_DOWN:
        m.links[DOWN, CARRIED] = NONE
        own[LINK] = NO_LINK
        own[LEFT_AT] = now
        return cross(s, m, worker)
    return read(s, m, worker)


def _settle(s: Setup, m: Memory) -> int:  # noqa: C901 -- the list of what follows
    """Let follow what follows from an event."""
    g = m.numbers
    if g[JOINED] > g[APPLIED] and full(s, m):
        update(s, m)
        if g[ENDED]:
            return ENDS
    if g[QUEUED] and g[SERVING] == NONE:
        code = serve(s, m)
        if code != ENDS:
            return code
    if g[READIES] or g[HELDS]:
        code = begin_in_order(s, m)
        if code != ENDS or g[ENDED]:
            return code
    if m.links[DOWN, WAITING] and m.links[DOWN, CARRIED] == NONE:
        carry(s, m, DOWN)
    if m.links[UP, WAITING] and m.links[UP, CARRIED] == NONE:
        carry(s, m, UP)
    if g[IDLE] > s.patience:
        g[ENDED] = NO_PROGRESS
    if g[STALE_LEAF] != NONE:
        put(m.tree_at, m.tree_of, m.workers, SCHEDULED, g[STALE_LEAF], LAST)
        g[STALE_LEAF] = NONE
    if not (g[AT_PLACE + BUSY] or g[AT_PLACE + AWAY] or g[QUEUED] or g[SERVING] != NONE):
        _end_unless_released(s, m)
    return ENDS


def _end_unless_released(s: Setup, m: Memory) -> None:
    """End a run in which nothing is under way, unless a worker's going will release others."""
    g = m.numbers
    if g[HELDS]:
        released = True
        for worker in range(s.size):
            own = m.workers[worker]
            if own[PLACE] >= READY and own[COMPLETED] == g[LEAST] and own[GOES] == NONE:
                released = False
        if released:
            return
    if not g[ENDED]:
        g[ENDED] = STALLED if g[AT_PLACE + READY] or g[AT_PLACE + OWED] else FINISHED

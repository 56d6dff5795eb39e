"""The event loop of the compiled engine: what docs/sim/protocols.md says, over arrays.

Plain Python functions over numbers and arrays. They are compiled together (see `sim.engine.compiled.build`), and
run as they are, too.
"""

import numpy as np
from numpy.typing import NDArray

from sim.engine.compiled.memory import (
    APPLIED,
    ARRIVED_AT,
    ARRIVED_ROW,
    ASKED_AT,
    ASKED_ROW,
    AT_LEAST,
    AT_PLACE,
    AWAY,
    BEGUN,
    BIGS,
    BUSY,
    BY_GRADIENTS,
    BY_TIME,
    BY_UPDATES,
    CARRIED,
    CARRIED_DOWN,
    CARRIED_UP,
    COMES,
    COMES_OR_GOES_SCHEDULED,
    COMPLETED,
    COMPUTED_AT,
    COMPUTED_ROW,
    COMPUTED_STAGE,
    COMPUTING,
    DOWN,
    DOWN_BUSY,
    DOWN_WAITED,
    DUE,
    ENDED,
    ENDED_ROW,
    ENDS,
    FAILED_PURPOSE,
    FAILED_WORKER,
    FAILS,
    FINISHED,
    GOES,
    GONE,
    GRADIENTS,
    HAND,
    HEAD,
    HELDS,
    HISTOGRAM_LIMIT,
    IDLE,
    INDEX_ROW,
    JOINED,
    LEAST,
    LEAST_SEEN,
    LEFT_AT,
    LEFT_ROW,
    LENGTH,
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
    OUTCOME_ROW,
    OUTCOMES,
    OUTLASTS,
    OWED,
    PAUSES,
    PLACE,
    PRESENT,
    PULL_AT,
    PULL_ROW,
    PULLED,
    PUSH_AT,
    PUSH_ROW,
    QUEUE_HEAD,
    QUEUED,
    READ_AT,
    READ_ROW,
    READIES,
    READINGS,
    READY,
    READY_AT,
    READY_ROW,
    SCHEDULED,
    SENT_AT,
    SENT_ROW,
    SENT_STAGE,
    SEQUENCE,
    SEQUENCE_ROW,
    SERVED_AT,
    SERVED_ROW,
    SERVED_STAGE,
    SERVER_BUSY,
    SERVER_WAITED,
    SERVICE_AT,
    SERVICE_ROW,
    SERVING,
    STAGE,
    STALE,
    STALE_LEAF,
    STALLED,
    STAY,
    STAYED,
    THERE_ARRIVED,
    THERE_SERVED,
    THERE_SERVICE,
    TICKET,
    TICKETS,
    TOTAL,
    UP,
    UP_BUSY,
    UP_WAITED,
    UPDATE_WAIT,
    VERSION,
    VERSION_APPLIED_ROW,
    VERSION_READ_ROW,
    VERSIONS,
    WAITING,
    WAITS,
    WASTED,
    WORKER_ROW,
    Integers,
    Memory,
)  # fmt: skip
from sim.engine.draws import COMPUTE, SERVICE, TOO_LONG, duration
from sim.engine.pace import FAILED, TOO_OFTEN, finish
from sim.engine.presence import next_stay
from sim.engine.setup import NONE, Setup
from sim.scenario.clock import LAST, NEVER, later

APPLIED_AS, DISCARDED, CANCELLED, LOST = 0, 1, 2, 3
IN_FLIGHT = -1


def start(s: Setup, m: Memory) -> int:
    """Let the workers come that are there from the first instant, and settle what follows."""
    for worker in range(s.size):
        code = _await(s, m, worker)
        if code != ENDS:
            return code
    return _settle(s, m)


def advance(s: Setup, m: Memory, events: int) -> int:
    """Let so many events happen; return why it stops."""
    g = m.numbers
    for _ in range(events):
        if g[ENDED]:
            return ENDS
        if g[JOINED] >= m.rows.shape[1]:
            return NEEDS_ROWS
        if m.keeps:
            most = s.size + 1 if s.cancels or s.max_staleness != NONE else 1
            if g[OTHERS] + most > m.others.shape[1]:
                return NEEDS_OTHERS
            if g[STAYED] >= m.stays.shape[1]:
                return NEEDS_STAYS
            if g[MISSED] >= m.unread.shape[1]:
                return NEEDS_UNREAD
        if m.sums_up:
            if g[VERSIONS] + 2 > len(m.histogram):
                if len(m.histogram) < HISTOGRAM_LIMIT:
                    return NEEDS_HISTOGRAM
                if g[BIGS] + g[JOINED] - g[APPLIED] + 1 > len(m.bigs):
                    return NEEDS_BIGS
        worker, presence = _next(m)
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
            code = _come_or_go(s, m, worker)
        else:
            m.fraction[0] = m.fractions[worker]
            g[STALE_LEAF] = worker
            code = _happen(s, m, worker)
        if code == ENDS:
            code = _settle(s, m)
        if code != ENDS:
            return code
    return PAUSES


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
            _close(s, m, worker, IN_FLIGHT)
        elif own[PLACE] == READY or (own[PLACE] == BUSY and (not own[HAND] or m.pulled)):
            if own[READY_AT] < end:
                _miss(m, worker, NEVER)
        elif own[HAND] and own[READY_AT] < end:
            own[ASKED_AT] = own[PULL_AT] = own[LEFT_AT] = end
            _miss(m, worker, NEVER)
    g[OUTCOMES + 1 + IN_FLIGHT] += g[JOINED] - g[APPLIED]
    if m.sums_up and s.waits:
        for row in range(g[APPLIED], g[JOINED]):
            worker = m.rows[WORKER_ROW, row]
            m.sums[worker, WAITS + UPDATE_WAIT] += _there(m, worker) - m.workers[worker, THERE_SERVED]


def _next(m: Memory) -> tuple[int, bool]:
    """Return the worker to which something happens next, and whether it is its coming or going."""
    worker, who = np.int64(m.tree_of[1]), np.int64(m.presence_of[1])
    at, coming = m.tree_at[1], m.presence_at[1]
    if coming == at and at != LAST:
        theirs, mine = m.workers[who, COMES_OR_GOES_SCHEDULED], m.workers[worker, SCHEDULED]
        if theirs < mine or (theirs == mine and who <= worker):
            return who, True
        return worker, False
    if coming < at:
        return who, True
    return worker, False


def _pass(m: Memory, now: int) -> None:
    """Let time pass; how many wait is counted at the end of each instant."""
    g = m.numbers
    if m.sums_up and now > g[NOW]:
        g[LONGEST_QUEUE] = max(g[LONGEST_QUEUE], g[QUEUED])
        g[LONGEST_DOWN] = max(g[LONGEST_DOWN], m.links[DOWN, WAITING])
        g[LONGEST_UP] = max(g[LONGEST_UP], m.links[UP, WAITING])
    g[NOW] = now


def _happen(s: Setup, m: Memory, worker: int) -> int:
    """Let happen to a worker's pull or gradient what happens next."""
    own, now = m.workers[worker], m.numbers[NOW]
    stage = own[STAGE]
    if stage == COMPUTED_STAGE:
        own[COMPUTED_AT] = now
        if not m.pushed:
            return _arrive(s, m, worker)
        entry = s.entry[worker]
        if s.push_whole[entry] > 0 or s.push_part[entry] > 0.0:
            _schedule(m, worker, SENT_STAGE, s.push_whole[entry], s.push_part[entry])
            return ENDS
        return _sent(s, m, worker)
    if stage == SERVED_STAGE:
        m.numbers[SERVING] = NONE
        own[SERVED_AT] = now
        if m.sums_up:
            own[THERE_SERVED] = _there(m, worker)
            m.sums[worker, SERVER_BUSY] += now - own[SERVICE_AT]
        _join_batch(s, m, worker)
        return ENDS
    if stage == SENT_STAGE:
        return _sent(s, m, worker)
    if stage == CARRIED_UP:
        m.links[UP, CARRIED] = NONE
        own[LINK] = NO_LINK
        own[ARRIVED_AT] = now
        return _arrive(s, m, worker)
    if stage == CARRIED_DOWN:
        m.links[DOWN, CARRIED] = NONE
        own[LINK] = NO_LINK
        own[LEFT_AT] = now
        return _cross(s, m, worker)
    return _read(s, m, worker)


def _settle(s: Setup, m: Memory) -> int:
    """Let follow what follows from an event."""
    g = m.numbers
    if g[JOINED] > g[APPLIED] and _full(s, m):
        _update(s, m)
        if g[ENDED]:
            return ENDS
    if g[QUEUED] and g[SERVING] == NONE:
        code = _serve(s, m)
        if code != ENDS:
            return code
    if g[READIES] or g[HELDS]:
        code = _begin_in_order(s, m)
        if code != ENDS or g[ENDED]:
            return code
    if m.links[DOWN, WAITING] and m.links[DOWN, CARRIED] == NONE:
        _carry(s, m, DOWN)
    if m.links[UP, WAITING] and m.links[UP, CARRIED] == NONE:
        _carry(s, m, UP)
    if g[IDLE] > s.patience:
        g[ENDED] = NO_PROGRESS
    if g[STALE_LEAF] != NONE:
        _set(m.tree_at, m.tree_of, m.workers, SCHEDULED, g[STALE_LEAF], LAST)
        g[STALE_LEAF] = NONE
    if not (g[AT_PLACE + BUSY] or g[AT_PLACE + AWAY] or g[QUEUED] or g[SERVING] != NONE):
        _end_unless_released(s, m)
    return ENDS


# Coming and going.


def _await(s: Setup, m: Memory, worker: int) -> int:
    """Let a worker come when it comes next, if it does."""
    comes, goes, drawn = 0, NONE, 0.0
    if not s.always_there[s.entry[worker]]:
        comes, goes, drawn = next_stay(s, m.presence, worker)
    if comes <= FAILED:
        return _fail(m, worker, FAILED - comes, drawn)
    m.workers[worker, GOES] = goes
    if comes == NONE:
        _place(s, m, worker, GONE)
    elif comes == 0 and m.numbers[NOW] == 0:
        _come(s, m, worker)
    else:
        _place(s, m, worker, AWAY)
        _schedule_presence(m, worker, comes)
    return ENDS


def _come_or_go(s: Setup, m: Memory, worker: int) -> int:
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
        _schedule_presence(m, worker, own[GOES])
    elif m.presence_at[1] != LAST:
        _schedule_presence(m, worker, LAST)
    if s.slack != NONE and g[AT_LEAST]:
        own[COMPLETED] = max(own[COMPLETED], g[LEAST])
    _place(s, m, worker, OWED)
    if not own[DUE]:
        _let_go_on(s, m, worker)


def _go(s: Setup, m: Memory, worker: int) -> int:
    """Lose the gradient that a worker computes or sends, or its pull; one at the server stays."""
    own, g = m.workers[worker], m.numbers
    _schedule_presence(m, worker, LAST)
    if own[PLACE] == BUSY:
        _drop(s, m, worker, LOST)
    elif own[PLACE] == READY:
        place = 0
        while m.held[place] != worker:
            place += 1
        g[HELDS] -= 1
        m.held[place] = m.held[g[HELDS]]
        _miss(m, worker, g[NOW])
    _end_stay(m, worker, 0)
    return _await(s, m, worker)


def _end_stay(m: Memory, worker: int, done: int) -> None:
    own, now = m.workers[worker], m.numbers[NOW]
    own[PRESENT] += now - own[COMES]
    if m.keeps:
        m.stays[2, own[STAY]] = now
        m.stays[3, own[STAY]] = done


def _drop(s: Setup, m: Memory, worker: int, outcome: int) -> None:
    """Drop what a worker pulls, computes or sends."""
    own = m.workers[worker]
    _set(m.tree_at, m.tree_of, m.workers, SCHEDULED, worker, LAST)
    link = own[LINK]
    if link != NO_LINK:
        if m.links[link, CARRIED] == worker:
            m.links[link, CARRIED] = NONE
        else:
            m.links[link, WAITING] -= 1
        own[LINK] = NO_LINK
    if own[HAND]:
        _close(s, m, worker, outcome)
        own[HAND] = 0
    else:
        _miss(m, worker, m.numbers[NOW])


def _miss(m: Memory, worker: int, ended: int) -> None:
    """Enter that a worker's wait for the weights led to no gradient."""
    own, g = m.workers[worker], m.numbers
    if m.keeps:
        place = g[MISSED]
        m.unread[0, place] = worker
        m.unread[1, place] = own[READY_AT]
        m.unread[2, place] = own[ASKED_AT]
        m.unread[3, place] = own[PULL_AT]
        m.unread[4, place] = own[LEFT_AT]
        m.unread[5, place] = ended
        g[MISSED] += 1
    if m.sums_up:
        _sum_downlink(m, worker)


# Reading.


def _free(s: Setup, m: Memory, worker: int) -> None:
    """Let a worker begin its next gradient when what follows is settled; only the slack may hold it."""
    own, g = m.workers[worker], m.numbers
    place = BUSY if s.slack == NONE else READY
    if own[PLACE] != place:
        _place(s, m, worker, place)
    own[READY_AT] = g[NOW]
    if m.pulled or s.slack != NONE:
        own[ASKED_AT] = own[PULL_AT] = own[LEFT_AT] = NEVER
    m.ready[g[READIES]] = worker
    g[READIES] += 1


def _begin_in_order(s: Setup, m: Memory) -> int:
    """Let workers ask for the weights, in the order of the scenario, as far as the slack allows."""
    g = m.numbers
    if s.slack != NONE:
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
    count = g[READIES]
    if count > 1:
        _sort(m.ready, count)
    g[READIES] = 0
    for place in range(count):
        worker = m.ready[place]
        if s.slack != NONE:
            _place(s, m, worker, BUSY)
        if not m.pulled:
            code = _read(s, m, worker)
        else:
            own = m.workers[worker]
            own[ASKED_AT] = g[NOW]
            code = ENDS
            if s.down.whole > 0 or s.down.part > 0.0:
                _join_line(m, worker, DOWN)
            else:
                own[PULL_AT] = own[LEFT_AT] = g[NOW]
                code = _cross(s, m, worker)
        if code != ENDS or g[ENDED]:
            return code
    return ENDS


def _cross(s: Setup, m: Memory, worker: int) -> int:
    """Let the weights cross the latency and the worker's own link."""
    entry = s.entry[worker]
    if s.pull_whole[entry] > 0 or s.pull_part[entry] > 0.0:
        _schedule(m, worker, PULLED, s.pull_whole[entry], s.pull_part[entry])
        return ENDS
    return _read(s, m, worker)


def _read(s: Setup, m: Memory, worker: int) -> int:
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
    whole, part = duration(s.laws, s.compute[entry], s.keys[COMPUTE], s.identity[worker], number)
    if whole == TOO_LONG:
        return _fail(m, worker, COMPUTE, part)
    if not s.varies[entry]:
        _schedule(m, worker, COMPUTED_STAGE, whole, part)
        return ENDS
    at, fraction, changes = finish(s, m.paces, worker, now, m.fraction[0], whole, part, s.patience - g[IDLE])
    g[IDLE] += changes
    if at <= FAILED:
        return _fail(m, worker, FAILED - at, fraction)
    if at == TOO_OFTEN:
        g[ENDED] = NO_PROGRESS
        return ENDS
    _schedule_at(m, worker, COMPUTED_STAGE, at, fraction)
    return ENDS


# Pushing.


def _sent(s: Setup, m: Memory, worker: int) -> int:
    own, now = m.workers[worker], m.numbers[NOW]
    own[SENT_AT] = now
    if s.up.whole > 0 or s.up.part > 0.0:
        _join_line(m, worker, UP)
        return ENDS
    own[PUSH_AT] = own[ARRIVED_AT] = now
    return _arrive(s, m, worker)


def _join_line(m: Memory, worker: int, link: int) -> None:
    """Let a message wait for the server's link; those that gave up leave their places when these are needed."""
    own, line, places = m.workers[worker], m.links[link], m.lines[link]
    room = places.shape[1]
    if line[LENGTH] == room:
        kept = 0
        for step in range(room):
            place = (line[HEAD] + step) % room
            who, ticket = places[0, place], places[1, place]
            if m.workers[who, LINK] == link and m.workers[who, TICKET] == ticket and line[CARRIED] != who:
                to = (line[HEAD] + kept) % room
                places[0, to], places[1, to] = who, ticket
                kept += 1
        line[LENGTH] = kept
    place = (line[HEAD] + line[LENGTH]) % room
    line[TICKETS] += 1
    own[LINK], own[TICKET] = link, line[TICKETS]
    places[0, place], places[1, place] = worker, line[TICKETS]
    line[LENGTH] += 1
    line[WAITING] += 1


def _carry(s: Setup, m: Memory, link: int) -> None:
    """Let an idle link take up the next message that waits for it."""
    line, places = m.links[link], m.lines[link]
    room = places.shape[1]
    while True:
        place = line[HEAD]
        worker, ticket = places[0, place], places[1, place]
        line[HEAD] = (place + 1) % room
        line[LENGTH] -= 1
        if m.workers[worker, LINK] == link and m.workers[worker, TICKET] == ticket:
            break
    line[WAITING] -= 1
    line[CARRIED] = worker
    if link == DOWN:
        m.workers[worker, PULL_AT] = m.numbers[NOW]
        _schedule(m, worker, CARRIED_DOWN, s.down.whole, s.down.part)
    else:
        m.workers[worker, PUSH_AT] = m.numbers[NOW]
        _schedule(m, worker, CARRIED_UP, s.up.whole, s.up.part)


# At the server.


def _arrive(s: Setup, m: Memory, worker: int) -> int:
    """Take a gradient in: into the queue, or, where applying costs nothing, into the batch at once."""
    own, g = m.workers[worker], m.numbers
    own[HAND] = 0
    own[DUE] = 1
    if m.served or s.waits:
        _place(s, m, worker, OWED)
    if m.sums_up:
        own[THERE_ARRIVED] = own[THERE_SERVED] = _there(m, worker)
    if m.served:
        place = g[QUEUE_HEAD] + g[QUEUED]
        m.queue[place - s.size if place >= s.size else place] = worker
        g[QUEUED] += 1
    elif _too_stale(s, m, worker):
        _discard(s, m, worker)
    else:
        _join_batch(s, m, worker)
    return ENDS


def _serve(s: Setup, m: Memory) -> int:
    """Take up the next gradient in the queue, discarding those that are too stale."""
    g = m.numbers
    while g[QUEUED] and g[SERVING] == NONE:
        worker = _unqueue(s, m)
        if _too_stale(s, m, worker):
            _discard(s, m, worker)
            continue
        own = m.workers[worker]
        own[SERVICE_AT] = g[NOW]
        if m.sums_up:
            own[THERE_SERVICE] = _there(m, worker)
        number = own[BEGUN] - 1
        whole, part = duration(s.laws, s.service, s.keys[SERVICE], s.identity[worker], number)
        if whole == TOO_LONG:
            return _fail(m, worker, SERVICE, part)
        g[SERVING] = worker
        _schedule(m, worker, SERVED_STAGE, whole, part)
    return ENDS


def _unqueue(s: Setup, m: Memory) -> int:
    g = m.numbers
    worker = m.queue[g[QUEUE_HEAD]]
    g[QUEUE_HEAD] = 0 if g[QUEUE_HEAD] + 1 == s.size else g[QUEUE_HEAD] + 1
    g[QUEUED] -= 1
    return worker


def _too_stale(s: Setup, m: Memory, worker: int) -> bool:
    return s.max_staleness != NONE and m.numbers[VERSIONS] - m.workers[worker, VERSION] > s.max_staleness


def _discard(s: Setup, m: Memory, worker: int) -> None:
    _close(s, m, worker, DISCARDED)
    _complete(s, m, worker)
    _answer(s, m, worker)


def _join_batch(s: Setup, m: Memory, worker: int) -> None:
    g = m.numbers
    g[IDLE] = 0
    if m.keeps:
        _enter(m, worker, m.rows, g[JOINED])
    else:
        m.rows[WORKER_ROW, g[JOINED]] = worker
        m.rows[VERSION_READ_ROW, g[JOINED]] = m.workers[worker, VERSION]
    g[JOINED] += 1
    if m.sums_up:
        _sum_stages(m, worker)
    _complete(s, m, worker)
    if not s.waits:
        _answer(s, m, worker)


def _full(s: Setup, m: Memory) -> bool:
    g = m.numbers
    if s.k:
        return g[JOINED] - g[APPLIED] >= s.k
    return not (g[QUEUED] or g[SERVING] != NONE or g[AT_PLACE + READY] or g[AT_PLACE + BUSY])


def _update(s: Setup, m: Memory) -> None:
    """Update the weights with the batch; answer those who waited for that, cancel the rest."""
    g, rows, found = m.numbers, m.rows, m.numbers[VERSIONS]
    g[VERSIONS] = found + 1
    for row in range(g[APPLIED], g[JOINED]):
        worker = rows[WORKER_ROW, row]
        if m.keeps:
            rows[ENDED_ROW, row] = g[NOW]
            rows[VERSION_APPLIED_ROW, row] = found
        if m.sums_up:
            _sum_applied(s, m, worker, found - rows[VERSION_READ_ROW, row])
        if s.waits:
            _answer(s, m, worker)
    g[TOTAL] += g[JOINED] - g[APPLIED]
    g[OUTCOMES + 1 + APPLIED_AS] = g[TOTAL]
    if not m.keeps:
        g[JOINED] = 0
    g[APPLIED] = g[JOINED]
    if s.cancels:
        _cancel(s, m)
    if g[VERSIONS] == s.stop_updates:
        g[ENDED] = BY_UPDATES
    elif s.stop_gradients != NONE and g[TOTAL] >= s.stop_gradients:
        g[ENDED] = BY_GRADIENTS


def _cancel(s: Setup, m: Memory) -> None:
    """Drop every gradient that is being computed, sent or queued; their workers begin anew."""
    for worker in range(s.size):
        if m.workers[worker, HAND]:
            _drop(s, m, worker, CANCELLED)
            _answer(s, m, worker)
    while m.numbers[QUEUED]:
        worker = _unqueue(s, m)
        _close(s, m, worker, CANCELLED)
        _answer(s, m, worker)


def _answer(s: Setup, m: Memory, worker: int) -> None:
    m.workers[worker, DUE] = 0
    if m.workers[worker, PLACE] >= BUSY:
        _let_go_on(s, m, worker)


def _let_go_on(s: Setup, m: Memory, worker: int) -> None:
    """Let a worker that is there begin its next gradient; without one it is done."""
    own = m.workers[worker]
    if own[BEGUN] != s.most[s.entry[worker]]:
        _free(s, m, worker)
        return
    _end_stay(m, worker, 1)
    if own[GOES] != NONE:
        _schedule_presence(m, worker, LAST)
    _place(s, m, worker, GONE)


# The slack.


def _complete(s: Setup, m: Memory, worker: int) -> None:
    own, g = m.workers[worker], m.numbers
    own[COMPLETED] += 1
    if s.slack != NONE and own[PLACE] >= READY and own[COMPLETED] - 1 == g[LEAST]:
        g[AT_LEAST] -= 1
        if not g[AT_LEAST]:
            _find_least(s, m)


def _find_least(s: Setup, m: Memory) -> None:
    g = m.numbers
    g[AT_LEAST] = 0
    for worker in range(s.size):
        if m.workers[worker, PLACE] >= READY:
            completed = m.workers[worker, COMPLETED]
            if not g[AT_LEAST] or completed < g[LEAST]:
                g[LEAST] = completed
                g[AT_LEAST] = 1
            elif completed == g[LEAST]:
                g[AT_LEAST] += 1


def _place(s: Setup, m: Memory, worker: int, place: int) -> None:
    """Note where a worker stands; the slack looks at those that are there."""
    own, g = m.workers[worker], m.numbers
    before = own[PLACE]
    own[PLACE] = place
    g[AT_PLACE + before] -= 1
    g[AT_PLACE + place] += 1
    if s.slack == NONE:
        return
    if before >= READY and place < READY:
        if own[COMPLETED] == g[LEAST]:
            g[AT_LEAST] -= 1
            if not g[AT_LEAST]:
                _find_least(s, m)
    elif before < READY and place >= READY:
        if not g[AT_LEAST] or own[COMPLETED] < g[LEAST]:
            g[LEAST] = own[COMPLETED]
            g[AT_LEAST] = 1
        elif own[COMPLETED] == g[LEAST]:
            g[AT_LEAST] += 1


# The end.


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


def _fail(m: Memory, worker: int, purpose: int, drawn: float) -> int:
    m.numbers[FAILED_WORKER] = worker
    m.numbers[FAILED_PURPOSE] = purpose
    m.fraction[1] = drawn
    return FAILS


# Events.


def _schedule(m: Memory, worker: int, stage: int, whole: int, part: float) -> None:
    at, fraction = later(m.numbers[NOW], m.fraction[0], whole, part)
    _schedule_at(m, worker, stage, at, fraction)


def _schedule_at(m: Memory, worker: int, stage: int, at: int, fraction: float) -> None:
    own = m.workers[worker]
    own[STAGE] = stage
    own[SCHEDULED] = m.numbers[NOW]
    m.fractions[worker] = fraction
    if m.numbers[STALE_LEAF] == worker:
        m.numbers[STALE_LEAF] = NONE
    _set(m.tree_at, m.tree_of, m.workers, SCHEDULED, worker, at)


def _schedule_presence(m: Memory, worker: int, at: int) -> None:
    m.workers[worker, COMES_OR_GOES_SCHEDULED] = m.numbers[NOW]
    _set(m.presence_at, m.presence_of, m.workers, COMES_OR_GOES_SCHEDULED, worker, at)


def _set(
    tree_at: Integers, tree_of: NDArray[np.int32], workers: Integers, scheduled: int, worker: int, at: int
) -> None:
    """Set a worker's instant at its leaf, and at every node above whose comes first of the two below."""
    node, first = len(tree_at) // 2 + worker, worker
    tree_at[node] = at
    while node > 1:
        other = tree_at[node ^ 1]
        if other == at and at != LAST:
            rival = np.int64(tree_of[node ^ 1])
            theirs, mine = workers[rival, scheduled], workers[first, scheduled]
            if theirs < mine or (theirs == mine and rival < first):
                first = rival
        elif other < at:
            at = other
            first = np.int64(tree_of[node ^ 1])
        node >>= 1
        tree_at[node] = at
        tree_of[node] = first


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


# Rows and sums.


def _enter(m: Memory, worker: int, columns: Integers, row: int) -> None:
    """Enter a worker's gradient; what takes no time in this scenario need not be entered."""
    own = m.workers[worker]
    columns[WORKER_ROW, row] = worker
    columns[INDEX_ROW, row] = own[BEGUN]
    columns[READY_ROW, row] = own[READY_AT]
    columns[READ_ROW, row] = own[READ_AT]
    columns[COMPUTED_ROW, row] = own[COMPUTED_AT]
    columns[VERSION_READ_ROW, row] = own[VERSION]
    columns[SEQUENCE_ROW, row] = own[SEQUENCE]
    if m.pulled:
        columns[ASKED_ROW, row] = own[ASKED_AT]
        columns[PULL_ROW, row] = own[PULL_AT]
        columns[LEFT_ROW, row] = own[LEFT_AT]
    if m.pushed:
        columns[SENT_ROW, row] = own[SENT_AT]
        columns[PUSH_ROW, row] = own[PUSH_AT]
        columns[ARRIVED_ROW, row] = own[ARRIVED_AT]
    if m.served:
        columns[SERVICE_ROW, row] = own[SERVICE_AT]
        columns[SERVED_ROW, row] = own[SERVED_AT]


def _close(s: Setup, m: Memory, worker: int, outcome: int) -> None:
    """Enter that a gradient ended unapplied, or is in flight at the end."""
    g = m.numbers
    g[OUTCOMES + 1 + outcome] += 1
    if m.keeps:
        row = g[OTHERS]
        _enter(m, worker, m.others, row)
        m.others[ENDED_ROW, row] = NEVER if outcome == IN_FLIGHT else g[NOW]
        m.others[VERSION_APPLIED_ROW, row] = NEVER
        m.others[OUTCOME_ROW, row] = outcome
        g[OTHERS] = row + 1
    if m.sums_up:
        _sum_stages(m, worker)
        own = m.workers[worker]
        if outcome > APPLIED_AS:
            computed = g[NOW] if own[COMPUTED_AT] == NEVER else own[COMPUTED_AT]
            m.sums[worker, WASTED + outcome - 1] += computed - own[READ_AT]


def _there(m: Memory, worker: int) -> int:
    """Return for how long a worker has been there."""
    own = m.workers[worker]
    if own[PLACE] >= READY:
        return own[PRESENT] + m.numbers[NOW] - own[COMES]
    return own[PRESENT]


def _sum_downlink(m: Memory, worker: int) -> None:
    own, sums, now = m.workers[worker], m.sums[worker], m.numbers[NOW]
    if own[ASKED_AT] != NEVER:
        taken = now if own[PULL_AT] == NEVER else own[PULL_AT]
        sums[DOWN_WAITED] += taken - own[ASKED_AT]
        if own[PULL_AT] != NEVER:
            sums[DOWN_BUSY] += (now if own[LEFT_AT] == NEVER else own[LEFT_AT]) - taken


def _sum_stages(m: Memory, worker: int) -> None:
    """Add up the stages that a gradient has gone through, to its end or up to now."""
    own, sums, now = m.workers[worker], m.sums[worker], m.numbers[NOW]
    asked = own[ASKED_AT] if m.pulled else own[READ_AT]
    sums[WAITS] += asked - own[READY_AT]
    if m.pulled:
        sums[WAITS + 1] += own[READ_AT] - asked
        _sum_downlink(m, worker)
    if own[COMPUTED_AT] == NEVER:
        sums[COMPUTING] += now - own[READ_AT]
        return
    sums[COMPUTING] += own[COMPUTED_AT] - own[READ_AT]
    if m.pushed:
        arrived = now if own[ARRIVED_AT] == NEVER else own[ARRIVED_AT]
        sums[WAITS + 2] += arrived - own[COMPUTED_AT]
        if own[SENT_AT] == NEVER:
            return
        taken = arrived if own[PUSH_AT] == NEVER else own[PUSH_AT]
        sums[UP_WAITED] += taken - own[SENT_AT]
        if own[PUSH_AT] != NEVER:
            sums[UP_BUSY] += arrived - taken
        if own[ARRIVED_AT] == NEVER:
            return
    else:
        arrived = own[COMPUTED_AT]
    if m.served:
        there = _there(m, worker)
        if own[SERVICE_AT] == NEVER:
            sums[WAITS + 3] += there - own[THERE_ARRIVED]
            sums[SERVER_WAITED] += now - arrived
            return
        sums[WAITS + 3] += own[THERE_SERVICE] - own[THERE_ARRIVED]
        sums[SERVER_WAITED] += own[SERVICE_AT] - arrived
        if own[SERVED_AT] == NEVER:
            sums[WAITS + 4] += there - own[THERE_SERVICE]
            sums[SERVER_BUSY] += now - own[SERVICE_AT]
        else:
            sums[WAITS + 4] += own[THERE_SERVED] - own[THERE_SERVICE]


def _sum_applied(s: Setup, m: Memory, worker: int, staleness: int) -> None:
    sums = m.sums[worker]
    sums[GRADIENTS] += 1
    sums[STALE] += staleness
    if staleness < len(m.histogram):
        m.histogram[staleness] += 1
    else:
        m.bigs[m.numbers[BIGS]] = staleness
        m.numbers[BIGS] += 1
    if s.waits:
        sums[WAITS + UPDATE_WAIT] += _there(m, worker) - m.workers[worker, THERE_SERVED]

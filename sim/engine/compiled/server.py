"""At the server: the queue, the batch, and the update."""

from sim.engine.compiled.agenda import schedule
from sim.engine.compiled.book import attended, close, enter, sum_applied, sum_stages
from sim.engine.compiled.fleet import answer, drop, fail
from sim.engine.compiled.memory import (
    APPLIED,
    APPLIED_AS,
    AT_PLACE,
    BUSY,
    BY_GRADIENTS,
    BY_UPDATES,
    CANCELLED,
    DISCARDED,
    DUE,
    ENDED,
    ENDED_ROW,
    ENDS,
    HAND,
    IDLE,
    JOINED,
    NOW,
    OUTCOMES,
    OWED,
    QUEUE_HEAD,
    QUEUED,
    READY,
    SERVED_STAGE,
    SERVICE_AT,
    SERVICE_PART,
    SERVICE_WHOLE,
    SERVING,
    THERE_ARRIVED,
    THERE_SERVED,
    THERE_SERVICE,
    TOTAL,
    VERSION,
    VERSION_APPLIED_ROW,
    VERSION_READ_ROW,
    VERSIONS,
    WORKER_ROW,
    Memory,
)
from sim.engine.compiled.slack import complete, place_at
from sim.engine.draws import SERVICE, TOO_LONG
from sim.engine.setup import NONE, Setup


def arrive(s: Setup, m: Memory, worker: int) -> int:
    """Take a gradient in: into the queue, or, where applying costs nothing, into the batch at once."""
    own, g = m.workers[worker], m.numbers
    own[HAND] = 0
    own[DUE] = 1
    if m.served or s.waits:
        place_at(s, m, worker, OWED)
    if m.sums_up and (m.served or s.waits):
        own[THERE_ARRIVED] = own[THERE_SERVED] = attended(m, worker)
    if m.served:
        place = g[QUEUE_HEAD] + g[QUEUED]
        m.queue[place - s.size if place >= s.size else place] = worker
        g[QUEUED] += 1
    elif _too_stale(s, m, worker):
        _discard(s, m, worker)
    else:
        join_batch(s, m, worker)
    return ENDS


def serve(s: Setup, m: Memory) -> int:
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
            own[THERE_SERVICE] = attended(m, worker)
        whole, part = own[SERVICE_WHOLE], m.fractions[worker, SERVICE_PART]
        if whole == TOO_LONG:
            return fail(m, worker, SERVICE, part)
        g[SERVING] = worker
        schedule(m, worker, SERVED_STAGE, whole, part)
    return ENDS


def _unqueue(s: Setup, m: Memory) -> int:
    g = m.numbers
    worker = m.queue[g[QUEUE_HEAD]]
    g[QUEUE_HEAD] = 0 if g[QUEUE_HEAD] + 1 == s.size else g[QUEUE_HEAD] + 1
    g[QUEUED] -= 1
    return int(worker)


def _too_stale(s: Setup, m: Memory, worker: int) -> bool:
    return s.max_staleness != NONE and m.numbers[VERSIONS] - m.workers[worker, VERSION] > s.max_staleness


def _discard(s: Setup, m: Memory, worker: int) -> None:
    close(m, worker, DISCARDED)
    complete(s, m, worker)
    answer(s, m, worker)


def join_batch(s: Setup, m: Memory, worker: int) -> None:
    """Put a gradient that has been applied into the batch."""
    g = m.numbers
    g[IDLE] = 0
    if m.keeps:
        enter(m, worker, m.rows, g[JOINED])
    else:
        m.rows[WORKER_ROW, g[JOINED]] = worker
        m.rows[VERSION_READ_ROW, g[JOINED]] = m.workers[worker, VERSION]
    g[JOINED] += 1
    if m.sums_up:
        sum_stages(m, worker)
    complete(s, m, worker)
    if not s.waits:
        answer(s, m, worker)


def full(s: Setup, m: Memory) -> bool:
    """Return whether the batch is full."""
    g = m.numbers
    if s.k:
        return bool(g[JOINED] - g[APPLIED] >= s.k)
    return not (g[QUEUED] or g[SERVING] != NONE or g[AT_PLACE + READY] or g[AT_PLACE + BUSY])


def update(s: Setup, m: Memory) -> None:
    """Update the weights with the batch; answer those who waited for that, cancel the rest."""
    g, rows, found = m.numbers, m.rows, m.numbers[VERSIONS]
    g[VERSIONS] = found + 1
    for row in range(g[APPLIED], g[JOINED]):
        worker = rows[WORKER_ROW, row]
        if m.keeps:
            rows[ENDED_ROW, row] = g[NOW]
            rows[VERSION_APPLIED_ROW, row] = found
        if m.sums_up:
            sum_applied(s, m, worker, found - rows[VERSION_READ_ROW, row])
        if s.waits:
            answer(s, m, worker)
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
            drop(m, worker, CANCELLED)
            answer(s, m, worker)
    while m.numbers[QUEUED]:
        worker = _unqueue(s, m)
        close(m, worker, CANCELLED)
        answer(s, m, worker)

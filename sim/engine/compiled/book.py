"""The book of gradients: rows for a trace, or sums for its figures."""

from sim.engine.compiled.memory import (
    APPLIED_AS,
    ARRIVED_AT,
    ARRIVED_ROW,
    ASKED_AT,
    ASKED_ROW,
    BEGUN,
    BIGS,
    COMES,
    COMPUTED_AT,
    COMPUTED_ROW,
    COMPUTING,
    DOWN_BUSY,
    DOWN_WAITED,
    ENDED_ROW,
    GRADIENTS,
    IN_FLIGHT,
    INDEX_ROW,
    LEFT_AT,
    LEFT_ROW,
    MISSED,
    NOW,
    OTHERS,
    OUTCOME_ROW,
    OUTCOMES,
    PLACE,
    PRESENT,
    PULL_AT,
    PULL_ROW,
    PUSH_AT,
    PUSH_ROW,
    READ_AT,
    READ_ROW,
    READY,
    READY_AT,
    READY_ROW,
    SENT_AT,
    SENT_ROW,
    SEQUENCE,
    SEQUENCE_ROW,
    SERVED_AT,
    SERVED_ROW,
    SERVER_BUSY,
    SERVER_WAITED,
    SERVICE_AT,
    SERVICE_ROW,
    STALE,
    THERE_ARRIVED,
    THERE_SERVED,
    THERE_SERVICE,
    UP_BUSY,
    UP_WAITED,
    UPDATE_WAIT,
    VERSION,
    VERSION_APPLIED_ROW,
    VERSION_READ_ROW,
    WAITS,
    WASTED,
    WORKER_ROW,
    Integers,
    Memory,
)
from sim.engine.setup import Setup
from sim.scenario.clock import NEVER


def miss(m: Memory, worker: int, ended: int) -> None:
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


def close(m: Memory, worker: int, outcome: int) -> None:
    """Enter that a gradient ended unapplied, or is in flight at the end."""
    g = m.numbers
    g[OUTCOMES + 1 + outcome] += 1
    if m.keeps:
        row = g[OTHERS]
        enter(m, worker, m.others, row)
        m.others[ENDED_ROW, row] = NEVER if outcome == IN_FLIGHT else g[NOW]
        m.others[VERSION_APPLIED_ROW, row] = NEVER
        m.others[OUTCOME_ROW, row] = outcome
        g[OTHERS] = row + 1
    if m.sums_up:
        sum_stages(m, worker)
        own = m.workers[worker]
        if outcome > APPLIED_AS:
            computed = g[NOW] if own[COMPUTED_AT] == NEVER else own[COMPUTED_AT]
            m.sums[worker, WASTED + outcome - 1] += computed - own[READ_AT]


def attended(m: Memory, worker: int) -> int:
    """Return for how long a worker has been there."""
    own = m.workers[worker]
    if own[PLACE] >= READY:
        return int(own[PRESENT] + m.numbers[NOW] - own[COMES])
    return int(own[PRESENT])


def enter(m: Memory, worker: int, columns: Integers, row: int) -> None:
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


def _sum_downlink(m: Memory, worker: int) -> None:
    own, sums, now = m.workers[worker], m.sums[worker], m.numbers[NOW]
    if own[ASKED_AT] != NEVER:
        taken = now if own[PULL_AT] == NEVER else own[PULL_AT]
        sums[DOWN_WAITED] += taken - own[ASKED_AT]
        if own[PULL_AT] != NEVER:
            sums[DOWN_BUSY] += (now if own[LEFT_AT] == NEVER else own[LEFT_AT]) - taken


def sum_stages(m: Memory, worker: int) -> None:
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
        there = attended(m, worker)
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


def sum_applied(s: Setup, m: Memory, worker: int, staleness: int) -> None:
    """Add up what an update applies."""
    sums = m.sums[worker]
    sums[GRADIENTS] += 1
    sums[STALE] += staleness
    if staleness < len(m.histogram):
        m.histogram[staleness] += 1
    else:
        m.bigs[m.numbers[BIGS]] = staleness
        m.numbers[BIGS] += 1
    if s.waits:
        sums[WAITS + UPDATE_WAIT] += attended(m, worker) - m.workers[worker, THERE_SERVED]

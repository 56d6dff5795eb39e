"""Where workers stand, and the least count of completed gradients among those that are there."""

from sim.engine.compiled.memory import AT_LEAST, AT_PLACE, COMPLETED, LEAST, PLACE, READY, Memory
from sim.engine.setup import NONE, Setup


def place_at(s: Setup, m: Memory, worker: int, place: int) -> None:
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


def complete(s: Setup, m: Memory, worker: int) -> None:
    """Count a gradient as completed; only the slack asks for that."""
    own, g = m.workers[worker], m.numbers
    if s.slack == NONE:
        return
    own[COMPLETED] += 1
    if own[PLACE] >= READY and own[COMPLETED] - 1 == g[LEAST]:
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

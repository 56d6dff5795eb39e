"""What happens next: a tree over the workers, each with the instant of its next event at its leaf."""

import numpy as np
from numpy.typing import NDArray

from sim.engine.compiled.memory import (
    COMES_OR_GOES_SCHEDULED,
    FRACTION,
    NOW,
    SCHEDULED,
    STAGE,
    STALE_LEAF,
    Integers,
    Memory,
)
from sim.engine.setup import NONE
from sim.scenario.clock import LAST, later


def upcoming(m: Memory) -> tuple[int, bool]:
    """Return the worker to which something happens next, and whether it is its coming or going."""
    worker, who = int(m.tree_of[1]), int(m.presence_of[1])
    at, coming = m.tree_at[1], m.presence_at[1]
    if coming == at and at != LAST:
        theirs, mine = m.workers[who, COMES_OR_GOES_SCHEDULED], m.workers[worker, SCHEDULED]
        if theirs < mine or (theirs == mine and who <= worker):
            return who, True
        return worker, False
    if coming < at:
        return who, True
    return worker, False


def schedule(m: Memory, worker: int, stage: int, whole: int, part: float) -> None:
    """Schedule what happens to a pull or a gradient a duration after the event at hand."""
    at, fraction = later(m.numbers[NOW], m.fraction[0], whole, part)
    schedule_at(m, worker, stage, at, fraction)


def schedule_at(m: Memory, worker: int, stage: int, at: int, fraction: float) -> None:
    """Schedule it for an exact instant."""
    own = m.workers[worker]
    own[STAGE] = stage
    own[SCHEDULED] = m.numbers[NOW]
    m.fractions[worker, FRACTION] = fraction
    if m.numbers[STALE_LEAF] == worker:
        m.numbers[STALE_LEAF] = NONE
    put(m.tree_at, m.tree_of, m.workers, SCHEDULED, worker, at)


def schedule_presence(m: Memory, worker: int, at: int) -> None:
    """Schedule a worker's coming or going; `LAST` for never."""
    m.workers[worker, COMES_OR_GOES_SCHEDULED] = m.numbers[NOW]
    put(m.presence_at, m.presence_of, m.workers, COMES_OR_GOES_SCHEDULED, worker, at)


def put(
    tree_at: Integers, tree_of: NDArray[np.int32], workers: Integers, scheduled: int, worker: int, at: int
) -> None:
    """Set a worker's instant at its leaf, and at every node above whose comes first of the two below."""
    node, first = len(tree_at) // 2 + worker, worker
    tree_at[node] = at
    while node > 1:
        other, rival = tree_at[node ^ 1], int(tree_of[node ^ 1])
        sooner = other < at
        if other == at and at != LAST:
            theirs, mine = workers[rival, scheduled], workers[first, scheduled]
            sooner = theirs < mine or (theirs == mine and rival < first)
        first = rival if sooner else first
        at = min(at, other)
        node >>= 1
        tree_at[node] = at
        tree_of[node] = first

"""When a worker is there: its stays, one after the other."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import FAILURE, REPAIR, TOO_LONG, duration
from sim.engine.pace import FAILED
from sim.engine.setup import NONE, Setup
from sim.scenario.clock import LAST, later


class Stays(NamedTuple):
    """How far each worker's stays have been told, a row each."""

    outage: NDArray[np.int64]  # the number of its next outage
    since: NDArray[np.int64]  # when it comes, if nothing intervenes; `LAST` where it does not come again
    repaired: NDArray[np.int64]  # when its last failure ended, exactly
    repaired_fraction: NDArray[np.float64]


def from_the_start(setup: Setup) -> Stays:
    """Return every worker before its first stay."""
    joins = setup.joins[setup.entry]
    return Stays(np.zeros(setup.size, np.int64), joins.copy(), joins.copy(), np.zeros(setup.size))


def next_stay(setup: Setup, stays: Stays, worker: int) -> tuple[int, int, float]:
    """Return when a worker comes next, and when it goes: `NONE` where it does not; then 0.

    Where a draw is too long, what `FAILED` says, and the length.
    """
    entry = setup.entry[worker]
    leaves = setup.leaves[entry]
    comes = stays.since[worker]
    while comes < LAST:
        away, back = _outage(setup, stays, worker, entry)
        if away < NONE:
            return away, NONE, stays.repaired_fraction[worker]
        if away == LAST or (leaves != NONE and away >= leaves):
            stays.since[worker] = LAST
            if leaves == NONE or comes < leaves:
                return comes, leaves, 0.0
            break
        stays.since[worker] = max(comes, back)
        if away > comes:
            return comes, away, 0.0
        comes = stays.since[worker]
    return NONE, NONE, 0.0


def _outage(setup: Setup, stays: Stays, worker: int, entry: int) -> tuple[int, int]:
    """Return the next time that a worker is away, from and to; `LAST` where there is none."""
    number = stays.outage[worker]
    stays.outage[worker] += 1
    if setup.failure[entry] == NONE:
        if number >= setup.outages[entry]:
            return LAST, LAST
        row = setup.outage[entry] + number
        return setup.away_from[row], setup.away_to[row]
    at, fraction, name = stays.repaired[worker], stays.repaired_fraction[worker], setup.identity[worker]
    whole, part = duration(setup.laws, setup.failure[entry], setup.keys[FAILURE], name, number)
    if whole == TOO_LONG:
        stays.repaired_fraction[worker] = part
        return FAILED - FAILURE, 0
    away, fraction = later(at, fraction, whole, part)
    whole, part = duration(setup.laws, setup.repair[entry], setup.keys[REPAIR], name, number)
    if whole == TOO_LONG:
        stays.repaired_fraction[worker] = part
        return FAILED - REPAIR, 0
    back, fraction = later(away, fraction, whole, part)
    stays.repaired[worker], stays.repaired_fraction[worker] = back, fraction
    return away, back

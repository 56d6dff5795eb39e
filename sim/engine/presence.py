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

    told: NDArray[np.int64]  # how many outages have been told
    since: NDArray[np.int64]  # when it comes, if nothing intervenes; `LAST` where it does not come again
    failed: NDArray[np.int64]  # when it last began to be away by a failure, exactly
    failed_fraction: NDArray[np.float64]


def from_the_start(setup: Setup) -> Stays:
    """Return every worker before its first stay."""
    joins = setup.joins[setup.entry]
    return Stays(np.zeros(setup.size, np.int64), joins, np.zeros(setup.size, np.int64), np.zeros(setup.size))


def next_stay(setup: Setup, stays: Stays, worker: int) -> tuple[int, int, float]:
    """Return when a worker comes next, and when it goes: `NONE` where it does not; then 0.

    Where a draw is too long, what `FAILED` says, and the length.
    """
    entry = setup.entry[worker]
    if setup.failure[entry] != NONE:
        return _until_failure(setup, stays, worker, entry)
    leaves, comes = setup.leaves[entry], stays.since[worker]
    while comes < LAST:
        away, back = LAST, LAST
        if stays.told[worker] < setup.outages[entry]:
            row = setup.outage[entry] + stays.told[worker]
            away, back = setup.away_from[row], setup.away_to[row]
            stays.told[worker] += 1
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


def _until_failure(setup: Setup, stays: Stays, worker: int, entry: int) -> tuple[int, int, float]:
    """Draw the repair that a worker waits for, if any, then when it fails next."""
    leaves, number, name = setup.leaves[entry], stays.told[worker], setup.identity[worker]
    comes, fraction = setup.joins[entry], 0.0
    if number > 0:
        whole, part = duration(setup.laws, setup.repair[entry], setup.keys[REPAIR], name, number - 1)
        if whole == TOO_LONG:
            return FAILED - REPAIR, NONE, part
        comes, fraction = later(stays.failed[worker], stays.failed_fraction[worker], whole, part)
    if comes == LAST or (leaves != NONE and comes >= leaves):
        return NONE, NONE, 0.0
    whole, part = duration(setup.laws, setup.failure[entry], setup.keys[FAILURE], name, number)
    if whole == TOO_LONG:
        return FAILED - FAILURE, NONE, part
    away, fraction = later(comes, fraction, whole, part)
    stays.told[worker] = number + 1
    stays.failed[worker], stays.failed_fraction[worker] = away, fraction
    if away == LAST or (leaves != NONE and away >= leaves):
        return comes, leaves, 0.0
    return comes, away, 0.0

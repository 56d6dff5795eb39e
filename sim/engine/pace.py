"""How long a worker takes whose speed changes while it computes.

Products and quotients keep about twice a float's precision (Dekker 1971), so that work at speed 3 from a list
of speeds takes exactly as long as at a speed of 3.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import RECOVERY, SLOWDOWN, TOO_LONG, duration
from sim.engine.setup import NONE, Setup
from sim.scenario.clock import HALF, LAST, later

TOO_OFTEN: Final = -2
"""In place of an instant: the speed changes more often than patience allows."""

FAILED: Final = -10
"""In place of an instant: this less the purpose of a draw that is `TOO_LONG`; the fraction is how long."""

IDLE_CHANGES: Final = 10
"""So many times its patience a run takes changes of a worker's speed since its last computation began."""

_ENDLESS: Final = 4.0e18  # nanoseconds: more than any computation may take
_SPLITTER: Final = 134217729.0

State = tuple[int, int, int, int, float]
"""One row of `Paces`."""


class Paces(NamedTuple):
    """How fast each worker is at present, a row each."""

    step: NDArray[np.int64]  # how many scheduled changes of speed lie behind it
    slowed: NDArray[np.int64]  # 1 while it is slowed down
    drawn: NDArray[np.int64]  # how many times between full and slow have been drawn
    change_at: NDArray[np.int64]  # when it changes between full and slow next; `LAST` for never
    change_fraction: NDArray[np.float64]


def at_the_start(setup: Setup) -> Paces:
    """Return every worker at full speed; no rows where no speed changes."""
    size = setup.size if setup.varies.any() else 0
    step, slowed, drawn = (np.zeros(size, np.int64) for _ in range(3))
    return Paces(step, slowed, drawn, np.full(size, NONE, np.int64), np.zeros(size))


def finish(
    setup: Setup, paces: Paces, worker: int, now: int, fraction: float, whole: int, part: float, patience: int
) -> tuple[int, float, int]:
    """Return the exact instant at which work begun now is done, and how many changes of speed it took.

    The work is ``whole + part`` nanoseconds at speed 1; it takes at least a nanosecond. Instead of the
    instant, `TOO_OFTEN` is returned after more than ``patience`` changes, or what `FAILED` says.
    """
    entry = setup.entry[worker]
    state = (
        paces.step[worker],
        paces.slowed[worker],
        paces.drawn[worker],
        paces.change_at[worker],
        paces.change_fraction[worker],
    )
    since = 0
    if state[3] == NONE:
        state = _begun(setup, worker, entry, state)
    while state[3] >= 0 and _until(setup, entry, state) <= now and since <= IDLE_CHANGES * setup.patience:
        state = _changed(setup, worker, entry, state)
        since += 1
    changes = 0 if since <= IDLE_CHANGES * setup.patience else patience + 1
    paces.step[worker], paces.slowed[worker], paces.drawn[worker] = state[0], state[1], state[2]
    paces.change_at[worker], paces.change_fraction[worker] = state[3], state[4]
    at, rest = now, fraction
    while state[3] >= 0 and changes <= patience:
        fast, low = _speed(setup, entry, state)
        until = _until(setup, entry, state)
        if until < LAST:
            floor = at - 1 if rest >= HALF else at
            gap = until - floor
            if rest > 0.0:
                done, done_part = _product(float(gap - 1), 1.0 - rest, fast, low)
            else:
                done, done_part = _product(float(gap), 0.0, fast, low)
            if whole > done or (whole == done and part > done_part):
                whole, part = whole - done, part - done_part
                if part < 0.0:
                    whole, part = whole - 1, part + 1.0
                at, rest = until, 0.0
                state = _changed(setup, worker, entry, state)
                changes += 1
                continue
        took, took_part = _quotient(float(whole), part, fast, low)
        at, rest = later(at, rest, took, took_part)
        least, least_rest = later(now, fraction, 1, 0.0)
        floor, least_floor = at - (rest >= HALF), least - (least_rest >= HALF)
        if floor < least_floor or (floor == least_floor and rest < least_rest):
            at, rest = least, least_rest
        return at, rest, changes
    if state[3] < 0:
        return state[3], state[4], changes
    return TOO_OFTEN, 0.0, changes


def _begun(setup: Setup, worker: int, entry: int, state: State) -> State:
    """Draw the first slowdown, where there are any."""
    if setup.slowdown[entry] == NONE:
        return state[0], 0, 0, LAST, 0.0
    return _drawn(setup, worker, entry, (state[0], 0, 0, 0, 0.0))


def _drawn(setup: Setup, worker: int, entry: int, state: State) -> State:
    """Draw when the change after the present one comes."""
    step, slowed, drawn, at, fraction = state
    purpose = RECOVERY if slowed else SLOWDOWN
    law = setup.recovery[entry] if slowed else setup.slowdown[entry]
    whole, part = duration(setup.laws, law, setup.keys[purpose], setup.identity[worker], drawn // 2)
    if whole == TOO_LONG:
        return step, slowed, drawn, FAILED - purpose, part
    at, fraction = later(at, fraction, whole, part)
    return step, slowed, drawn + 1, at, fraction


def _until(setup: Setup, entry: int, state: State) -> int:
    """Return when the speed changes next."""
    following = state[0] + 1
    if following < setup.steps[entry]:
        planned: int = setup.step_at[setup.step[entry] + following]
        return min(state[3], planned)
    return state[3]


def _changed(setup: Setup, worker: int, entry: int, state: State) -> State:
    """Make the next change of speed."""
    step, slowed, drawn, at, fraction = state
    if _until(setup, entry, state) < at or at == LAST:
        return step + 1, slowed, drawn, at, fraction
    return _drawn(setup, worker, entry, (step, 1 - slowed, drawn, at, fraction))


def _speed(setup: Setup, entry: int, state: State) -> tuple[float, float]:
    row = setup.step[entry] + state[0]
    if state[1]:
        return setup.slow[row], setup.slow_low[row]
    return setup.speed[row], setup.speed_low[row]


def _product(whole: float, part: float, factor: float, low: float) -> tuple[int, float]:
    """Return ``(whole + part)·(factor + low)`` as whole nanoseconds and a part of one."""
    product = whole * factor
    if not product < _ENDLESS:
        return int(_ENDLESS), 0.0
    floor = math.floor(product)
    rest = (product - floor) + (_error(whole, factor, product) + whole * low + part * factor)
    more = math.floor(rest)
    return floor + more, rest - more


def _quotient(whole: float, part: float, divisor: float, low: float) -> tuple[int, float]:
    """Return ``(whole + part)/(divisor + low)`` as whole nanoseconds and a part of one."""
    quotient = whole / divisor
    if not quotient < _ENDLESS:
        return int(_ENDLESS), 0.0
    floor = float(math.floor(quotient))
    product = floor * divisor
    rest = ((whole - product) - _error(floor, divisor, product) - floor * low + part) / divisor
    more = math.floor(rest)
    rest -= more
    if rest >= 1.0:
        return int(floor) + more + 1, 0.0
    return int(floor) + more, rest


def _error(a: float, b: float, product: float) -> float:
    """Return ``a·b - product`` exactly, where the product is the rounded one (Dekker 1971)."""
    a_high = a * _SPLITTER
    a_high -= a_high - a
    a_low = a - a_high
    b_high = b * _SPLITTER
    b_high -= b_high - b
    b_low = b - b_high
    return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low

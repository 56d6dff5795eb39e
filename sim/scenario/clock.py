"""Seconds outside, nanoseconds inside: exact durations, and a clock that shows whole nanoseconds.

An exact instant is a pair ``(shown, fraction)``: what the clock shows, the nearest nanosecond, and the exact
instant's fraction of a nanosecond, at least 0 and less than 1. Fractions are carried on from event to event,
so that equal times are simultaneous: three steps of a third of a second end when one of a second does.
"""

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NANOSECONDS = 1_000_000_000
LONGEST = 1e9
"""The longest single duration that a scenario may name, in seconds: about 32 years."""

NEVER = -1
"""In a column of instants: what has not happened when the run ends."""

LAST = 2**63 - 1
"""In place of an instant: later than any that the clock shows, which ends after 292 years."""

HALF = 0.5 - 2.0**-20
"""From this fraction on the next nanosecond is shown: a half, less what rounding may have taken from it."""


class Duration(NamedTuple):
    """An exact duration: whole nanoseconds, and a part of one, at least 0 and less than 1."""

    whole: int
    part: float


def exactly(seconds: Fraction) -> Duration:
    """Return a duration as nanoseconds; what is not a whole number of them to 2⁻⁵³ of one.

    >>> exactly(Fraction(1, 3))
    Duration(whole=333333333, part=0.3333333333333333)
    """
    whole, rest = divmod(seconds * NANOSECONDS, 1)
    part = float(rest)
    return Duration(whole, part) if part < 1 else Duration(whole + 1, 0.0)


def decimal(number: float) -> Fraction:
    """Return a number as it is written: 0.1 is a tenth.

    >>> decimal(0.1)
    Fraction(1, 10)
    """
    return Fraction(repr(float(number)))


def to_ns(seconds: float) -> int:
    """Return the nanosecond that the clock shows so many seconds after the start.

    >>> 3 * to_ns(0.1) == to_ns(0.3)
    True
    """
    return later(0, 0.0, *exactly(decimal(seconds)))[0]


def later(shown: int, fraction: float, whole: int, part: float) -> tuple[int, float]:
    """Return the exact instant that comes a duration after another; `LAST` where the clock does not show it.

    >>> later(333333333, 1 / 3, 333333333, 1 / 3)
    (666666667, 0.6666666666666666)
    """
    if whole >= LAST - shown - 1:
        return LAST, 0.0
    floor = shown + whole
    if fraction >= HALF:
        floor -= 1
    fraction += part
    if fraction >= 1.0:
        fraction -= 1.0
        floor += 1
    if fraction >= HALF:
        floor += 1
    return floor, fraction


def to_seconds(instants: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return instants in seconds, ``nan`` for `NEVER`; each is the float nearest to its exact value."""
    return np.where(instants == NEVER, np.nan, instants / NANOSECONDS)

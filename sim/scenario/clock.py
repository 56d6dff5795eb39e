"""Seconds outside, integer nanoseconds inside.

Whole nanoseconds make simultaneous mean simultaneous: three steps of 0.1 s end exactly when one of 0.3 s
does.
"""

import numpy as np
from numpy.typing import NDArray

NANOSECONDS = 1_000_000_000
LONGEST = 1e9
"""The longest single duration that a scenario may name, in seconds: about 32 years."""

NEVER = -1
"""In a column of instants: what has not happened when the run ends."""


def to_ns(seconds: float) -> int:
    """Return a duration as whole nanoseconds, the nearest.

    >>> 3 * to_ns(0.1) == to_ns(0.3)
    True
    """
    return round(seconds * NANOSECONDS)


def to_seconds(instants: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return instants in seconds, ``nan`` for `NEVER`; each is the float nearest to its exact value."""
    return np.where(instants == NEVER, np.nan, instants / NANOSECONDS)

"""How many runs a point gets: a number, or as many as its figures' intervals ask for."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from sim.errors import SimError
from sim.scenario.values import LARGEST_SEED, checked_seed, shown
from sim.statistics import CONFIDENCE, Estimate
from sim.sweep.runs import Figure, Result, check_name

MOST: Final = 1000
"""Runs of a point, unless told otherwise, however wide its interval."""

ENOUGH: Final = 10
"""Runs of a point from which on the width of an interval is believed."""


@dataclass(frozen=True)
class Replicas:
    """How many runs each point gets, and their seeds: replica r has the seed ``seed + r``, at every point.

    Attributes
    ----------
    count
        How many; with ``until`` to begin with, at least `ENOUGH`.
    seed
        Of the first.
    until
        Figures by name, and the share of its mean that half of each one's interval shall not exceed.
    most
        Runs after which a point is given up.
    """

    count: int = 1
    seed: int = 0
    until: Mapping[str, float] = field(default_factory=dict)
    most: int = MOST

    @classmethod
    def checked(cls, count: int, seed: int, until: Mapping[str, float], most: int = MOST) -> Self:
        """Return it; raises `SimError` where it asks for what cannot be."""
        for name, share in until.items():
            check_name(name)
            if not (isinstance(share, int | float) and 0 < share < math.inf):
                raise SimError(f"until {name}: {shown(share)} must be a share greater than 0, such as 0.01")
        if until:
            count = max(count, ENOUGH)
            most = max(most, count)
        if count < 1:
            raise SimError(f"replicas {count} must be at least 1")
        if checked_seed(seed) + max(count, most if until else 0) - 1 > LARGEST_SEED:
            raise SimError(f"seed {shown(seed)} leaves no room for so many replicas below 2**128")
        return cls(count, seed, dict(until), most)

    def seeds(self, count: int) -> range:
        """Return the seeds of the first so many replicas."""
        return range(self.seed, self.seed + count)

    def more(self, results: Sequence[Result]) -> int:
        """Return how many runs a point should have, when its first ones gave these results.

        By their numbers alone, so that the answer is the same whenever and wherever it is asked for: enough
        for intervals as narrow as asked for, if the spread stays as it is; at most twice as many at a time.
        """
        count = len(results)
        wanted = count
        for name, share in self.until.items():
            estimate = estimated(name, results)
            if estimate is None:
                return count
            reached, goal = estimate.half_width(CONFIDENCE), share * abs(estimate.mean)
            if reached > goal:
                factor = min(2.0, (reached / goal) ** 2) if goal else 2.0
                wanted = max(wanted, count + 1, math.ceil(count * factor))
        return min(wanted, max(self.most, count))

    def wide(self, results: Sequence[Result]) -> dict[str, float | None]:
        """Return the figures whose intervals are wider than asked for, and by which share of their means.

        ``None`` where there is no interval, since a run failed or gave no number.
        """
        found: dict[str, float | None] = {}
        for name, share in self.until.items():
            estimate = estimated(name, results)
            reached = None if estimate is None else estimate.half_width(CONFIDENCE)
            if estimate is None or reached is None:
                found[name] = None
            elif reached > share * abs(estimate.mean):
                found[name] = reached / abs(estimate.mean) if estimate.mean else math.inf
        return found


def estimated(name: str, results: Sequence[Result]) -> Estimate | None:
    """Return the mean of a figure over runs; ``None`` where one failed or gave no number."""
    values = [number(name, result.figures) for result in results]
    present = [value for value in values if value is not None]
    return Estimate.of(present) if present and len(present) == len(values) else None


def number(name: str, figures: Mapping[str, Figure]) -> float | None:
    """Return a figure of a run, ``None`` where it has no such number."""
    value = figures.get(name)
    return None if isinstance(value, str) else value

"""The learning rate as a pure function of time: of the index of an update, 0 for the first."""

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from numbers import Integral

from analysis.errors import AnalysisError

Rate = Callable[[int], float]
"""From the index of an update, 0 for the first, to the learning rate of that update."""


class Decay(StrEnum):
    """How the cycles of `Cyclical` shrink as training goes on."""

    NONE = "none"
    """They do not: Smith's ``triangular``."""
    HALVING = "halving"
    """The amplitude halves with every cycle: Smith's ``triangular2``."""
    AMPLITUDE = "amplitude"
    """The amplitude shrinks by γ at every update and the lower bound stays: ``exp_range`` in torch."""
    BOUNDS = "bounds"
    """Both bounds shrink by γ at every update: ``exp_range`` in the text of Smith 2015."""

    @property
    def by_gamma(self) -> bool:
        """Whether γ says how much."""
        return self in {Decay.AMPLITUDE, Decay.BOUNDS}


def _positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise AnalysisError(f"{name}: {value} must be a positive, finite number")


def ordered(low: str, lowest: float, high: str, highest: float) -> None:
    """Refuse bounds, by their names and values, that are not positive and ascending."""
    _positive(low, lowest)
    _positive(high, highest)
    if lowest >= highest:
        raise AnalysisError(f"{low}: {lowest} must be below {high}, which is {highest}")


def at_least_one(name: str, value: int) -> None:
    """Refuse a count below one, or one that is not whole."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise AnalysisError(f"{name}: {value!r} must be a whole number")
    if value < 1:
        raise AnalysisError(f"{name}: {value} must be at least 1")


@dataclass(frozen=True)
class Constant:
    """The same learning rate at every update.

    >>> Constant(0.1)(1000)
    0.1
    """

    rate: float

    def __post_init__(self) -> None:
        _positive("rate", self.rate)

    def __call__(self, update: int) -> float:  # noqa: ARG002  (a constant ignores time)
        """Return the learning rate."""
        return self.rate


@dataclass(frozen=True)
class Ramp:
    """A learning rate that grows by the same factor at every update: a range test's.

    The first update has the rate `lowest`, the last of `updates` the rate `highest`
    (Smith 2015, arXiv 1506.01186, section 3.3, there along a straight line).

    >>> ramp = Ramp(1e-3, 1e1, updates=5)
    >>> [round(ramp(update), 6) for update in range(5)]
    [0.001, 0.01, 0.1, 1.0, 10.0]
    """

    lowest: float
    highest: float
    updates: int

    def __post_init__(self) -> None:
        ordered("lowest", self.lowest, "highest", self.highest)
        at_least_one("updates", self.updates)
        if self.updates < 2:  # noqa: PLR2004  (a first and a last)
            raise AnalysisError(f"updates: {self.updates} must be at least 2 for the rate to grow")

    def __call__(self, update: int) -> float:
        """Return the learning rate of an update."""
        return self.lowest * math.pow(self.highest / self.lowest, update / (self.updates - 1))


@dataclass(frozen=True)
class Cyclical:
    """A learning rate that goes up and down in straight lines between two bounds.

    The policies of Smith 2015 (arXiv 1506.01186).

    Parameters
    ----------
    lowest, highest
        The bounds before any decay; the first update has the rate `lowest`.
    half_cycle
        Updates from `lowest` to `highest`, and as many back (the paper's stepsize).
    decay, gamma
        How the cycles shrink, and for ``amplitude`` and ``bounds`` by which factor per update, in (0, 1].

    Examples
    --------
    >>> [Cyclical(1.0, 3.0, half_cycle=2)(update) for update in range(5)]
    [1.0, 2.0, 3.0, 2.0, 1.0]
    >>> [Cyclical(1.0, 3.0, 2, Decay.AMPLITUDE, gamma=0.5)(update) for update in range(5)]
    [1.0, 1.5, 1.5, 1.125, 1.0]
    >>> [Cyclical(1.0, 3.0, 2, Decay.BOUNDS, gamma=0.5)(update) for update in range(5)]
    [1.0, 1.0, 0.75, 0.25, 0.0625]
    """

    lowest: float
    highest: float
    half_cycle: int
    decay: Decay = Decay.NONE
    gamma: float = 1.0

    def __post_init__(self) -> None:
        ordered("lowest", self.lowest, "highest", self.highest)
        at_least_one("half_cycle", self.half_cycle)
        try:
            object.__setattr__(self, "decay", Decay(self.decay))
        except ValueError:
            raise AnalysisError(
                f"decay: {self.decay!r} must be one of {', '.join(map(str, Decay))}"
            ) from None
        if not 0 < self.gamma <= 1:
            raise AnalysisError(f"gamma: {self.gamma} must be above 0 and at most 1")
        if self.gamma != 1 and not self.decay.by_gamma:
            raise AnalysisError(f"gamma: {self.gamma} does nothing with the decay {str(self.decay)!r}")

    def __call__(self, update: int) -> float:
        """Return the learning rate of an update."""
        cycle, position = divmod(update, 2 * self.half_cycle)
        height = 1 - abs(position / self.half_cycle - 1)
        amplitude = self.highest - self.lowest
        if self.decay is Decay.BOUNDS:
            return (self.lowest + amplitude * height) * self.gamma**update
        shrunk = {
            Decay.NONE: 1.0,
            Decay.HALVING: 0.5**cycle,
            Decay.AMPLITUDE: self.gamma**update,
        }
        return self.lowest + amplitude * height * shrunk[self.decay]


@dataclass(frozen=True)
class Stepped:
    """A learning rate that is constant for a number of updates, then another one, and so on.

    `rates` holds the values, `lengths` for how many updates each lasts; the last one stays for ever.

    >>> [Stepped((0.4, 0.2, 0.1), (2, 2, 2))(update) for update in (0, 1, 2, 4, 100)]
    [0.4, 0.4, 0.2, 0.1, 0.1]
    """

    rates: tuple[float, ...]
    lengths: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.rates or len(self.rates) != len(self.lengths):
            raise AnalysisError(f"lengths: {len(self.lengths)} of them for {len(self.rates)} rates")
        for rate in self.rates:
            _positive("rates", rate)
        for length in self.lengths:
            at_least_one("lengths", length)

    def __call__(self, update: int) -> float:
        """Return the learning rate of an update."""
        ends = list(accumulate(self.lengths[:-1]))
        return self.rates[bisect_right(ends, update)]


def gamma_leaving(fraction: float, updates: int) -> float:
    """Return the γ of which `fraction` is left after `updates` updates: ``fraction ** (1 / updates)``.

    >>> round(gamma_leaving(0.1, 1000) ** 1000, 12)
    0.1
    """
    if not 0 < fraction <= 1:
        raise AnalysisError(f"remaining: {fraction} must be above 0 and at most 1")
    at_least_one("updates", updates)
    return float(fraction ** (1 / updates))

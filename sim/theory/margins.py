"""How far a finite run may be from what holds in the long run: the margins of each kind of number.

At either end of a run each worker has a gradient in flight that is counted on one side only. Where the start
is forgotten and phases are mixed, that evens out over the replicas, for a run that ends at an update; where
times hardly vary, it does not. What is left is worked out here, in gradients' worth of the quantity; heavy
tails make more of it, by E[X²]/E[X]². Also here: after how many gradients the mean of a replica is near to
normal, its skewness below 1.
"""

import math

from sim.scenario import Scenario
from sim.scenario.durations import mean_of
from sim.theory.form import Margin
from sim.theory.laws import Cycle, cycles, groups
from sim.theory.lengths import LONG_RUN, WARM_UP, rate, slowest
from sim.theory.moments import dispersion, skewness, unevenness
from sim.theory.order_statistics import moment

NANOSECOND = 1e-9
FORGOTTEN = 0.05
"""More than is left of the start after the warm-up, exp(−5), and of squares of exponential times."""

RARE_EVENTS = 10.0
"""Expected number of occurrences after which a share is near to normal."""

SQUARES_LEFT = 0.35
"""∫ (x² + 2x + 2)·e⁻ˣ dx from 5 on: what the start still does to the variance of a staleness."""

SQUARES = 100.0
"""Exponential times after which the mean of their squares is near to normal: its skewness is 6.6 for one."""

UNEVEN = 1e-6
"""Squared coefficients of variation below this are left to the clock."""


def _batch(scenario: Scenario) -> int:
    return scenario.protocol.batch(scenario.size) or scenario.size


def loose(spread: float) -> float:
    """Return the share of a gradient's worth that an end of the run does not even out.

    The first harmonic of a worker's phase dies away with exp(−4π²·variance), the variance being what the
    warm-up adds up: a tenth of the gradients of the shortest run that is called long.
    """
    return FORGOTTEN + math.exp(-4 * math.pi**2 * WARM_UP * LONG_RUN * min(spread, 1.0))


def _loose(cycle: Cycle) -> float:
    spread = dispersion(cycle.compute)
    varies = min(spread, 1.0) * (cycle.compute.mean / cycle.seconds) ** 2
    return loose(varies) * unevenness(cycle.compute)


def _ends(scenario: Scenario) -> float:
    """Return how many gradients the ends are worth, all workers together."""
    worth = sum(cycle.workers * _loose(cycle) for cycle in cycles(scenario))
    if scenario.stop.time is not None:  # the last update before it is not just any
        worth += max(unevenness(cycle.compute) for cycle in cycles(scenario))
    return worth


def _normal_after(scenario: Scenario) -> float:
    """Return after how many gradients the number in a given time is near to normal.

    The cumulants of renewals, per second: λ·cv² and at most λ·(3cv⁴ + γ·cv³).
    """
    second = third = 0.0
    for cycle in cycles(scenario):
        share = cycle.compute.mean / cycle.seconds
        spread = dispersion(cycle.compute) * share**2
        skew = skewness(cycle.compute)
        if not math.isfinite(spread) or not math.isfinite(skew):
            return math.inf
        often = cycle.workers / cycle.seconds
        second += often * spread
        third += often * (3 * spread**2 + abs(skew) * spread**1.5)
    return rate(scenario) * third**2 / second**3 if second > 0 else 0.0


def _tails(scenario: Scenario) -> float:
    """Return infinity where some compute time has no third moment, so that spans have no variance."""
    heavy = any(not math.isfinite(skewness(its)) for its, _ in groups(scenario))
    return math.inf if heavy else 0.0


def rates(scenario: Scenario, value: float, *, factor: float = 1.0) -> Margin:
    """Return the margin of a throughput, or of the time that an update takes, where nobody waits."""
    grain = NANOSECOND if factor == 1 else 0.0
    return Margin(factor * value * _ends(scenario), _normal_after(scenario), grain)


def renewals(scenario: Scenario, value: float) -> Margin:
    """Return the margin of the time that an update takes, where all start anew at each one.

    A run that stops at an update has no ends.
    """
    batch = _batch(scenario)
    if scenario.protocol.name == "k-batch-sync" and batch > 1:
        spread, skew = 1 / batch, 2 / math.sqrt(batch)
    else:
        spread, skew = _shape(min(batch, scenario.size), scenario)
    ends = value * batch * (1 + spread) if scenario.stop.time is not None and math.isfinite(spread) else 0.0
    return Margin(ends, batch * skew**2, NANOSECOND)


def _shape(k: int, scenario: Scenario) -> tuple[float, float]:
    """Return the squared coefficient of variation and the skewness of the K-th of P compute times."""
    first, second, third = (moment(k, groups(scenario), power).value for power in (1, 2, 3))
    if not math.isfinite(third):
        return (second / first**2 - 1 if math.isfinite(second) else math.inf), math.inf
    spread = max(0.0, second / first**2 - 1)
    if spread < UNEVEN:
        return spread, 2.0
    cubes = third / first**3 - 3 * second / first**2 + 2
    return spread, cubes / spread**1.5


def spans(scenario: Scenario) -> Margin:
    """Return the margin of the mean staleness of all: what those in flight at the ends have seen."""
    fastest, batch = rate(scenario), _batch(scenario)
    ends = sum(
        cycle.workers * (fastest * longest / batch + 1) * _loose(cycle)
        for cycle, longest in slowest(scenario)
    )
    return Margin(ends, _tails(scenario))


def own_spans(scenario: Scenario, cycle: Cycle, value: float) -> Margin:
    """Return the margin of the mean staleness of one entry's workers, where nobody waits."""
    each = rate(scenario) * cycle.seconds
    skew = skewness(cycle.compute)
    spread = dispersion(cycle.compute)
    worth = _loose(cycle) + (spread if math.isfinite(spread) else 1.0)  # a ratio, whose denominator varies
    return Margin((value + 1) * each * worth, each * skew**2 / cycle.workers)


def shares(scenario: Scenario, probability: float) -> Margin:
    """Return the margin of the probability of a staleness."""
    return Margin(FORGOTTEN * scenario.size * probability, RARE_EVENTS / probability)


def variances(scenario: Scenario) -> Margin:
    """Return the margin of the variance of the staleness, of exponential compute times."""
    fastest, batch = rate(scenario), _batch(scenario)
    spans = [(cycle.workers, fastest * cycle.seconds / batch + 1) for cycle in cycles(scenario)]
    ends = SQUARES_LEFT * sum(count * each**2 for count, each in spans)
    return Margin(ends, SQUARES * max(each for _, each in spans))


def server(scenario: Scenario, value: float) -> Margin:
    """Return the margin of what a server does that takes an exponential time for each gradient.

    Its queue as a gradient leaves is not quite its queue over time.
    """
    skew = max(abs(skewness(cycle.compute)) for cycle in cycles(scenario))
    uneven = max(unevenness(cycle.compute) for cycle in cycles(scenario))
    return Margin(uneven * value * scenario.size / 4, scenario.size * max(4.0, skew**2))


def service(scenario: Scenario, value: float) -> Margin:
    """Return the margin of the server's own bound."""
    apply = scenario.server.apply
    if isinstance(apply, int | float):
        return Margin(value * scenario.size, 0.0, value * NANOSECOND / mean_of(apply))
    return Margin(2 * value * scenario.size * unevenness(apply), skewness(apply) ** 2)


def bound(scenario: Scenario, value: float, *, held: int = 0) -> Margin:
    """Return the margin of a bound on a throughput, where workers may be ``held`` gradients ahead at most."""
    ahead = sum(cycle.workers * unevenness(cycle.compute) for cycle in cycles(scenario))
    ends = 2 * value * (ahead + scenario.size * held)
    return Margin(ends, max(_tails(scenario), 4 * scenario.size), value * NANOSECOND * scenario.size)

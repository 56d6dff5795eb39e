"""How long a run must be for what holds in the long run, worked out from the scenario alone.

The formulas describe what goes on when the start is forgotten. A worker has forgotten it after some
gradients, more of them where tails are heavy; phases of nearly constant times take the square of their
steadiness; the lead of one worker over another takes about the square of the slack. Nothing here looks at a
simulation.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from sim.scenario import Scenario
from sim.scenario.durations import Distribution, Exponential, mean_of
from sim.theory.assumptions import Assumption
from sim.theory.law_assumptions import one_law
from sim.theory.laws import Cycle, cycles, groups
from sim.theory.moments import dispersion, unevenness
from sim.theory.order_statistics import mean_order_statistic

TOO_SHORT: Final = "the run stops after"
"""So begins a clause that says how long a run must be."""

LONG_RUN: Final = 50
"""Gradients of each worker, updates, or times between faults that a run must have to be called long."""

ROUNDING: Final = 1e-6
"""Less than that short of a number is that number."""

FEW: Final = 10
"""As many are enough for a bound, which allows for the ends of the run."""

PHASES: Final = 5.0
"""Over a squared coefficient of variation: gradients after which workers no longer move in step. Their
relative phase spreads by twice the variance with each gradient, and its first harmonic dies away as
exp(−4π²·variance)."""

MIXED: Final = 3.0
"""The start is forgotten when less than exp(−3) of it is left."""

WARM_UP: Final = 0.1
"""Share of the updates that is left out at the start of each replica."""


class Pace(NamedTuple):
    """Something that must happen often enough: what, the seconds that each takes at most, and how often."""

    what: str
    seconds: float
    needed: float


def rate(scenario: Scenario) -> float:
    """Return how many gradients a second there are at most, for the workers and for the server."""
    server = mean_of(scenario.server.apply)
    workers = sum(cycle.workers / cycle.seconds for cycle in cycles(scenario))
    return min(workers, 1 / server) if server else workers


def slowest(scenario: Scenario) -> list[tuple[Cycle, float]]:
    """Return each worker's cycle with its mean length at most, in queues and waiting for updates.

    In the worst case it queues behind everybody else, and waits until everybody has a gradient ready.
    """
    found = cycles(scenario)
    queue = (scenario.size - 1) * mean_of(scenario.server.apply)
    if scenario.protocol.after_push == "wait":
        away: dict[Distribution, int] = {}
        for cycle in found:
            away[cycle.compute] = away.get(cycle.compute, 0) + cycle.workers
        everybody = mean_order_statistic(scenario.size, tuple(away.items())).value
        queue += min(everybody, sum(its.mean * count for its, count in away.items()))
    return [(cycle, cycle.seconds + queue) for cycle in found]


def _alike(scenario: Scenario) -> bool:
    return len(groups(scenario)) == 1 and len({cycle.seconds for cycle in cycles(scenario)}) == 1


def _paces(scenario: Scenario, needed: Callable[[Cycle], float]) -> tuple[list[Pace], list[Pace]]:
    """Return what must happen in a run of given length: where that is a number, and where it is a time."""
    batch, fastest = scenario.protocol.batch(scenario.size) or scenario.size, rate(scenario)
    updates = Pace("updates", batch / fastest, LONG_RUN)
    if _alike(scenario):
        (cycle, longest), *_ = slowest(scenario)
        each = "gradients of each worker"
        counted = [Pace(each, scenario.size / fastest, needed(cycle))]
        timed = [Pace(each, longest, needed(cycle))]
    else:
        timed = [
            Pace(f"gradients of workers[{cycle.place}]", longest, needed(cycle))
            for cycle, longest in slowest(scenario)
        ]
        counted = timed
    return [*counted, updates], [*timed, updates]


def shortfall(
    scenario: Scenario, gradients_a_second: float, counted: Sequence[Pace], timed: Sequence[Pace]
) -> str | None:
    """Say what a run stops too early for, and how long it must be; ``None`` where it is long enough."""
    stop, batch = scenario.stop, scenario.protocol.batch(scenario.size) or scenario.size
    worst: tuple[float, str] | None = None
    takes = []
    for amount, unit, seconds, paces in (
        (stop.time, "s", 1.0, timed),
        (stop.updates, "updates", batch / gradients_a_second, counted),
        (stop.gradients, "gradients in all", 1 / gradients_a_second, counted),
    ):
        if amount is None:
            continue
        share, pace = min((amount * seconds / each.seconds / each.needed, each) for each in paces)
        if share < 1 - ROUNDING:
            reached = share * pace.needed
            words = (
                f"about {_few_digits(reached)} {pace.what}, fewer than {_few_digits(pace.needed, up=True)}"
            )
            worst = min(worst or (math.inf, ""), (share, words))
            takes.append(f"{_few_digits(amount / share if share else math.inf, up=True)} {unit}")
    if worst is None:
        return None
    return f"{TOO_SHORT} {worst[1]}: it takes {' and '.join(takes)}"


def _few_digits(amount: float, *, up: bool = False) -> str:
    """Return a number in three digits; two, rounded up, where it is one to reach."""
    if not math.isfinite(amount):
        return "∞"
    if up and amount > 0:
        step = 10.0 ** (math.floor(math.log10(amount) + 1e-12) - 1)
        amount = math.ceil(amount / step - ROUNDING) * step
    return f"{amount:,.0f}" if 1e3 <= amount < 1e15 else f"{amount:.3g}"  # noqa: PLR2004 -- of readable length


def _endless_with_laws(scenario: Scenario) -> bool:
    """Whether the length of a run can be estimated; where not, another assumption says why."""
    if not all(worker.endless for worker in scenario.workers) or one_law(scenario) is not None:
        return False
    return math.isfinite(sum(cycle.seconds for cycle in cycles(scenario)))


def _forgets(cycle: Cycle) -> float:
    return LONG_RUN * max(1.0, unevenness(cycle.compute) / 2)


def _scatters(cycle: Cycle) -> float:
    varies = dispersion(cycle.compute) * cycle.compute.mean**2 + cycle.service**2
    return max(_forgets(cycle), PHASES * cycle.seconds**2 / varies if varies else 0.0)


def _free(needed: Callable[[Cycle], float]) -> Callable[[Scenario], str | None]:
    def why_not(scenario: Scenario) -> str | None:
        if not _endless_with_laws(scenario):
            return None
        return shortfall(scenario, rate(scenario), *_paces(scenario, needed))

    return why_not


def seconds_per_update(scenario: Scenario) -> float:
    """Return the mean time of an update where all start anew at each one, in seconds."""
    batch = scenario.protocol.batch(scenario.size) or scenario.size
    if scenario.protocol.name == "k-batch-sync":  # of exponential times
        return batch / sum(count / its.mean for its, count in groups(scenario))
    return mean_order_statistic(min(batch, scenario.size), groups(scenario)).value


def _renewed(scenario: Scenario) -> str | None:
    if not all(worker.endless for worker in scenario.workers) or one_law(scenario) is not None:
        return None
    batch = scenario.protocol.batch(scenario.size) or scenario.size
    each = seconds_per_update(scenario) if scenario.stop.time is not None else 1.0
    if not math.isfinite(each):
        return None
    paces = [Pace("updates", each, LONG_RUN)]
    return shortfall(scenario, batch / each, paces, paces)


class Lead(NamedTuple):
    """The lead of the first of two exponential workers over the second: a walk that the slack reflects."""

    throughput: float
    relaxation: float  # seconds after which a deviation is left to 1/e
    forgotten: float  # seconds after which the start is forgotten


def lead(first: float, second: float, most: int) -> Lead:
    """Return how fast the walk between −most and most, with rates up and down, forgets its start at 0.

    Its spectral gap is (√λ₁ − √λ₂)² + 2√(λ₁λ₂)(1 − cos(π/(2D + 1))); from 0 it is within exp(−3) of its
    stationary law by (½ ln(1/π₀) + 3)/gap (Levin, Peres and Wilmer 2009, chapter 20).
    """
    steps = 2 * most + 1
    root = math.sqrt(first * second)
    gap = (math.sqrt(first) - math.sqrt(second)) ** 2 + 4 * root * math.sin(math.pi / steps / 2) ** 2
    slope = abs(math.log(first / second))
    at_top = 1 / steps if slope == 0 else math.expm1(-slope) / math.expm1(-slope * steps)
    at_bottom = at_top * math.exp(-slope * (steps - 1))
    throughput = max(first, second) * (1 - at_top) + min(first, second) * (1 - at_bottom)
    at_start = math.log(at_top) - slope * most
    return Lead(throughput, 1 / gap, (MIXED - at_start / 2) / gap)


def _lead_forgotten(scenario: Scenario) -> str | None:
    slack, size = scenario.protocol.slack, scenario.size
    if slack is None or size != 2 or not _endless_with_laws(scenario):  # noqa: PLR2004 -- two
        return None
    if not all(isinstance(its, Exponential) for its, _ in groups(scenario)):
        return None
    first, second = (1 / its.mean for its, count in groups(scenario) for _ in range(count))
    walk = lead(first, second, slack + 1)
    needed = max(walk.forgotten / WARM_UP, LONG_RUN * walk.relaxation, 2 * LONG_RUN / walk.throughput)
    paces = [Pace("updates", 1 / walk.throughput, needed * walk.throughput)]
    return shortfall(scenario, walk.throughput, paces, paces)


def _slack_forgotten(scenario: Scenario) -> str | None:
    if not _endless_with_laws(scenario):
        return None
    slack = scenario.protocol.slack or 0
    each = max(longest for _, longest in slowest(scenario))
    paces = [Pace("gradients of the slowest worker", each, FEW * (slack + 1))]
    return shortfall(scenario, rate(scenario), paces, paces)


def _enough_for_a_bound(scenario: Scenario) -> str | None:
    """Estimate the gradients of the whole run by their number or the slowest way in which they can come."""
    if not _endless_with_laws(scenario):
        return None
    network = scenario.network
    queue = network.shared(network.weight_bytes) + network.shared(network.gradient_bytes)
    each = max(longest for _, longest in slowest(scenario)) + (scenario.size - 1) * queue
    cancels = scenario.protocol.at_update == "cancel"
    everyone = ((scenario.protocol.batch(scenario.size) or 1) if cancels else scenario.size) / each
    paces = [Pace("gradients", 1 / everyone, FEW * scenario.size)]
    return shortfall(scenario, everyone, paces, paces)


LONG: Final = Assumption(
    f"the run is long: {LONG_RUN} updates and {LONG_RUN} gradients of each worker, more where compute times"
    " vary by more than their mean",
    _free(_forgets),
    length=True,
)
SCATTERED: Final = Assumption(
    f"the run is so long that workers do not move in step: {LONG_RUN} gradients of each worker, and"
    f" {PHASES:g} over the squared coefficient of variation of its cycle",
    _free(_scatters),
    length=True,
)
RENEWED: Final = Assumption(f"the run is long: at least {LONG_RUN} updates", _renewed, length=True)
LEAD_FORGOTTEN: Final = Assumption(
    f"the run is long: {LONG_RUN} times the relaxation of the lead between the workers, which grows with the"
    " square of the slack",
    _lead_forgotten,
    length=True,
)
SLACK_FORGOTTEN: Final = Assumption(
    f"the run is long: {FEW}·(s + 1) gradients of the slowest worker", _slack_forgotten, length=True
)
ENOUGH: Final = Assumption(f"there are {FEW} gradients for each worker", _enough_for_a_bound, length=True)

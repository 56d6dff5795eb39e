"""Closed forms of asynchronous workers that fail, or are slowed down, at random."""

from collections.abc import Callable, Iterator
from typing import Final

import sympy as sp

from sim.scenario import Scenario
from sim.theory import assumptions as a
from sim.theory import faults, measures
from sim.theory import law_assumptions as on
from sim.theory.assumptions import Assumption, either
from sim.theory.form import ClosedForm, Margin, Meaning, Point
from sim.theory.forms_staleness import BATCH, WORKERS, K, P
from sim.theory.laws import law, transfers
from sim.theory.lengths import LONG_RUN, Pace, shortfall
from sim.theory.margins import NANOSECOND, loose
from sim.theory.moments import unevenness

rate, up, down, fast, slow, factor = sp.symbols("lambda_i M R A B f", positive=True)
T = sp.Symbol("T")
through = sp.Symbol("phi", positive=True)
each = sp.IndexedBase("lambda")
i = sp.Symbol("i", integer=True, positive=True)
t = sp.Symbol("t_i", positive=True)


def _long(scenario: Scenario) -> str | None:
    """Count gradients and faults of each worker that the run has time for."""
    known = (a.ENDLESS, a.UNPLANNED, on.MEMORYLESS_FAULTS, on.FINITE_FAULTS)
    if any(each.why_not(scenario) for each in known):
        return None
    found = [faults.rate(scenario, place) for place in range(len(scenario.workers))]
    counts = [worker.count or 1 for worker in scenario.workers]
    everyone = sum(its.gradients * count for its, count in zip(found, counts, strict=True))
    paces = (
        [Pace("updates", (scenario.protocol.batch(scenario.size) or 1) / everyone, LONG_RUN)]
        if everyone
        else []
    )
    for place, its in enumerate(found):
        spread = law(scenario.workers[place], slowed=True)
        needed = LONG_RUN * max(1.0, (unevenness(spread) if spread else 1.0) / 2)
        if its.gradients:
            paces.append(Pace(f"gradients of workers[{place}]", 1 / its.gradients, needed))
        if its.rounds:
            needed = LONG_RUN * max(1.0, its.uneven / 2)
            paces.append(Pace(f"faults of workers[{place}]", its.rounds, needed))
    return shortfall(scenario, everyone, paces, paces) if everyone else None


LONG: Final = Assumption(
    f"the run is long: at least {LONG_RUN} gradients and faults of each worker", _long, length=True
)


def _some(*features: str) -> Callable[[Scenario], str | None]:
    def why_not(scenario: Scenario) -> str | None:
        if any(getattr(worker, each) for worker in scenario.workers for each in features):
            return None
        return f"no worker has {either(features)}"

    return why_not


SLOWED: Final = Assumption("some worker is slowed down at random", _some("slowdowns"), topic=True)
FAILING: Final = Assumption("some worker fails at random", _some("failures"), topic=True)
FAULTY: Final = Assumption(
    "some worker fails or is slowed down at random", _some("failures", "slowdowns"), topic=True
)


def _instant_where_slowed(scenario: Scenario) -> str | None:
    """Transfers take part of a slow spell without being slowed down themselves."""
    for place, (worker, times) in enumerate(zip(scenario.workers, transfers(scenario), strict=True)):
        if any(times) and worker.slowdowns:
            return f"transfers of workers[{place}], which is slowed down, take time"
    return None


INSTANT_WHERE_SLOWED: Final = Assumption(
    "transfers of workers that are slowed down cost nothing", _instant_where_slowed
)


def _margin(found: list[tuple[faults.Rate, int]], value: float, share: float) -> Margin:
    """Return the margin of a rate: at the ends a gradient, and a fault's worth of them, of each worker."""
    everyone = sum(its.gradients * count for its, count in found)
    ends = enough = error = 0.0
    for its, count in found:
        ends += count * (2 + its.gradients * its.rounds) * its.uneven * loose(its.spread)
        enough = max(enough, everyone * its.rounds * max(25.0, its.skew**2), 25.0 * everyone / its.gradients)
        error += count * its.error
    return Margin(value * ends / share, enough, NANOSECOND, value * error / everyone)


def _rates(*, failing: bool) -> Callable[[Scenario], Iterator[Point]]:
    """Return the points of the entries whose workers fail, or of those that do not."""

    def points(scenario: Scenario) -> Iterator[Point]:
        found = [
            (faults.rate(scenario, place), worker.count or 1) for place, worker in enumerate(scenario.workers)
        ]
        everyone, begin = sum(its.gradients * count for its, count in found), 0
        for worker, (its, count) in zip(scenario.workers, found, strict=True):
            places, begin = range(begin, begin + count), begin + count
            if failing is (worker.failures is not None):
                value = its.gradients * count
                margin = _margin([(its, count)], value, value / everyone)
                margin = margin._replace(enough=margin.enough * everyone / value, grain=0.0)
                yield Point(worker.name, {}, measures.rate_of(places), value, margin)

    return points


def _update(scenario: Scenario) -> Iterator[Point]:
    found = [
        (faults.rate(scenario, place), worker.count or 1) for place, worker in enumerate(scenario.workers)
    ]
    batch = scenario.protocol.batch(scenario.size) or 1
    value = batch / sum(its.gradients * count for its, count in found)
    yield Point("", {}, measures.seconds_per_update, value, _margin(found, value, 1.0))


TAKEN: Final = (
    a.protocol("async", "k-batch-async"),
    a.ENDLESS,
    a.UNPLANNED,
    on.MEMORYLESS_FAULTS,
    INSTANT_WHERE_SLOWED,
    a.UNSHARED,
    a.FREE_APPLYING,
    a.NO_SLACK,
    a.NO_DISCARDS,
    on.FINITE_FAULTS,
    on.RESOLVED,
    LONG,
)

FORMS: Final = (
    ClosedForm(
        name="slowed-rates",
        quantity="gradients per second of the workers of an entry",
        unit="1/s",
        left=rate,
        expression=(fast + factor * slow) / (fast + slow) / t,
        symbols=(
            Meaning(rate, "completed gradients of worker i, which does not fail", "1/s"),
            Meaning(fast, "mean time at full speed between slowdowns", "s"),
            Meaning(slow, "mean time of a slowdown", "s"),
            Meaning(factor, "speed meanwhile", "1"),
            Meaning(t, "mean compute time at full speed, and transfers", "s"),
        ),
        assumptions=(SLOWED, *TAKEN),
        source="the work done is the integral of the speed: its mean over time, by renewal",
        points=_rates(failing=False),
    ),
    ClosedForm(
        name="failing-rates",
        quantity="gradients per second of the workers of an entry",
        unit="1/s",
        left=rate,
        expression=through / (1 - through) / (up + down),
        symbols=(
            Meaning(rate, "completed gradients of worker i, which fails", "1/s"),
            Meaning(through, "E exp(−(X + transfers)/M): a gradient ends before a failure", "1"),
            Meaning(up, "mean time to a failure", "s"),
            Meaning(down, "mean time to repair", "s"),
        ),
        assumptions=(FAILING, *TAKEN),
        source="failures without memory end a renewal process after a geometric number of gradients; with"
        " exponential times it is their rate times the availability M/(M + R), for any law of failures, and"
        " times the mean speed of slowed-rates",
        points=_rates(failing=True),
    ),
    ClosedForm(
        name="fault-time",
        quantity="seconds per update",
        unit="s",
        left=T,
        expression=K / sp.Sum(each[i], (i, 1, P)),
        symbols=(
            Meaning(T, "mean time of an update", "s"),
            BATCH,
            WORKERS,
            Meaning(each[i], "completed gradients of worker i, as in slowed-rates and failing-rates", "1/s"),
        ),
        assumptions=(FAULTY, *TAKEN),
        source="renewal: nobody waits for anybody",
        points=_update,
    ),
)

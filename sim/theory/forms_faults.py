"""Closed forms of asynchronous workers that fail, or are slowed down, at random."""

from collections.abc import Iterator
from typing import Final

import sympy as sp

from sim.scenario import Scenario
from sim.theory import assumptions as a
from sim.theory import faults, measures
from sim.theory import law_assumptions as on
from sim.theory.assumptions import Assumption
from sim.theory.form import ClosedForm, Margin, Meaning, Point
from sim.theory.forms_staleness import BATCH, WORKERS, K, P
from sim.theory.laws import law, transfers
from sim.theory.lengths import LONG_RUN, Pace, shortfall, unevenness
from sim.theory.margins import NANOSECOND

rate, up, down, fast, slow, factor = sp.symbols("lambda_i M R A B f", positive=True)
T = sp.Symbol("T")
through = sp.Symbol("phi", positive=True)
each = sp.IndexedBase("lambda")
i = sp.Symbol("i", integer=True, positive=True)
X, t = sp.Symbol("X"), sp.Symbol("t_i", positive=True)
E = sp.Function("E")


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


LONG: Final = Assumption(f"the run is long: at least {LONG_RUN} gradients and faults of each worker", _long, length=True)


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
        ends += count * (2 + its.gradients * its.rounds) * its.uneven
        enough = max(enough, everyone * its.rounds * max(25.0, its.skew**2), 25.0 * everyone / its.gradients)
        error += count * its.error
    return Margin(value * ends / share, enough, NANOSECOND, value * error / everyone)


def _worker(scenario: Scenario) -> Iterator[Point]:
    begin = 0
    everyone = 0.0
    rates = [faults.rate(scenario, place) for place in range(len(scenario.workers))]
    counts = [worker.count or 1 for worker in scenario.workers]
    everyone = sum(its.gradients * count for its, count in zip(rates, counts, strict=True))
    for worker, its, count in zip(scenario.workers, rates, counts, strict=True):
        places, begin = range(begin, begin + count), begin + count
        value = its.gradients * count
        margin = _margin([(its, count)], value, value / everyone)
        margin = margin._replace(enough=margin.enough * everyone / value, grain=0.0)
        yield Point(worker.name, {}, measures.rate_of(places), value, margin)


def _update(scenario: Scenario) -> Iterator[Point]:
    found = [
        (faults.rate(scenario, place), worker.count or 1) for place, worker in enumerate(scenario.workers)
    ]
    batch = scenario.protocol.batch(scenario.size) or 1
    value = batch / sum(its.gradients * count for its, count in found)
    yield Point("", {}, measures.seconds_per_update, value, _margin(found, value, 1.0))


TAKEN: Final = (
    a.protocol("async", "k-batch-async"),
    a.FAULTY,
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
        name="fault-rates",
        quantity="gradients per second of the workers of an entry",
        unit="1/s",
        left=rate,
        expression=sp.Piecewise(
            ((fast + factor * slow) / (fast + slow) / t, sp.Eq(sp.Symbol("failures"), 0)),
            (through / (1 - through) / (up + down), True),
        ),
        symbols=(
            Meaning(rate, "completed gradients of worker i", "1/s"),
            Meaning(fast, "mean time at full speed", "s"),
            Meaning(slow, "mean time of a slowdown", "s"),
            Meaning(factor, "speed meanwhile", "1"),
            Meaning(t, "mean compute time at full speed", "s"),
            Meaning(sp.Symbol("failures"), "0 where the worker never fails", "1"),
            Meaning(through, "E exp(−(X_i + transfers)/M): a gradient ends before a failure", "1"),
            Meaning(up, "mean time to a failure", "s"),
            Meaning(down, "mean time to repair", "s"),
        ),
        assumptions=TAKEN,
        source="work done is the integral of the speed; failures without memory cut renewals off at a"
        " geometric number; exponential times give the mean speed times the availability M/(M + R)",
        points=_worker,
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
            Meaning(each[i], "completed gradients of worker i, as in fault-rates", "1/s"),
        ),
        assumptions=TAKEN,
        source="renewal: nobody waits for anybody",
        points=_update,
    ),
)

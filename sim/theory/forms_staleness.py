"""Closed forms of the staleness: what is conserved, its mean, its bounds."""

from collections.abc import Iterator
from typing import Any, Final

import sympy as sp

from sim.scenario import Scenario
from sim.theory import assumptions as a
from sim.theory import law_assumptions as on
from sim.theory import lengths, margins, measures
from sim.theory.form import ClosedForm, Meaning, Point
from sim.theory.laws import cycles

P, K, n, s, m = sp.symbols("P K n s m", positive=True, integer=True)
U, N = sp.symbols("U N", nonnegative=True, integer=True)
sigma = sp.Symbol("sigma", nonnegative=True)
rate, total, compute, push = sp.symbols("lambda_i Lambda X_i d_i", positive=True)
E = sp.Function("E")

WORKERS = Meaning(P, "number of workers", "1")
BATCH = Meaning(K, "gradients per update", "1")
STALENESS = Meaning(sigma, "staleness of an applied gradient", "updates")
RATE = Meaning(rate, "worker i's own rate 1/E[X_i]", "gradients/s")
TOTAL = Meaning(total, "sum of all workers' rates", "gradients/s")

LASTING: Final = (a.ENDLESS, a.STEADY, on.RESOLVED)
LONG_RUN: Final = (*LASTING, lengths.LONG)
READS_AT_ONCE: Final = (a.FREE_NETWORK, a.NO_SLACK, a.NO_DISCARDS)
"""Each worker reads again as soon as its gradient is done with; applying may take time."""
INSTANT: Final = (a.FREE_NETWORK, a.FREE_APPLYING, a.NO_SLACK, a.NO_DISCARDS)

CONSERVATION = "every update adds one to the staleness of each gradient in flight outside its batch"


def numbers(scenario: Scenario) -> dict[sp.Basic, Any]:
    """Return P and K of a scenario; in bsp K is P."""
    return {P: scenario.size, K: scenario.protocol.batch(scenario.size) or scenario.size}


def _all(scenario: Scenario) -> Iterator[Point]:
    margin = margins.spans(scenario)
    yield Point("", numbers(scenario), measures.mean_staleness(), margin=margin)


def _exactly_zero(scenario: Scenario) -> Iterator[Point]:
    yield Point("greatest", numbers(scenario), measures.greatest_staleness)


def _each(scenario: Scenario) -> Iterator[Point]:
    """Yield each entry's mean; what others do while its pull is under way makes nothing stale."""
    found = cycles(scenario)
    everyone, begin = sum(cycle.workers / cycle.seconds for cycle in found), 0
    for cycle, worker in zip(found, scenario.workers, strict=True):
        own = 1 / cycle.seconds
        values = {rate: own, total: everyone, compute: cycle.compute.mean, push: cycle.push}
        margin = margins.own_spans(scenario, cycle, everyone / own)
        places, begin = range(begin, begin + cycle.workers), begin + cycle.workers
        yield Point(
            worker.name, values | {K: numbers(scenario)[K]}, measures.mean_staleness(places), margin=margin
        )


def _softsync(scenario: Scenario) -> Iterator[Point]:
    parts = int(str(scenario.protocol.k).removeprefix("P/"))
    margin = margins.spans(scenario)
    yield Point("", {P: scenario.size, n: parts}, measures.mean_staleness(), margin=margin)


def _conserved(name: str, expression: sp.Expr, *protocols: str) -> ClosedForm:
    per_update = sp.lambdify((P, K), expression)

    return ClosedForm(
        name=f"{name}-conservation",
        quantity="sum of the staleness over all gradients",
        unit="updates",
        left=sp.Symbol("Sigma"),
        expression=expression * U,
        symbols=(
            Meaning(
                sp.Symbol("Sigma"), "staleness of all gradients, those in flight with that of now", "updates"
            ),
            WORKERS,
            *([BATCH] if expression.has(K) else []),
            Meaning(U, "updates made", "updates"),
        ),
        assumptions=(a.protocol(*protocols), a.ENDLESS, a.PRESENT, *READS_AT_ONCE),
        source=f"conservation: {CONSERVATION}",
        points=lambda _: iter([Point("deviation, any run", {}, measures.unaccounted(per_update), 0.0)]),
        check="exact",
    )


def _mean(name: str, expression: sp.Expr, source: str, *protocols: str) -> ClosedForm:
    return ClosedForm(
        name=f"{name}-staleness",
        quantity="mean staleness",
        unit="updates",
        left=E(sigma),
        expression=expression,
        symbols=(STALENESS, WORKERS, BATCH)[: 3 if expression.has(K) else 2],
        assumptions=(a.protocol(*protocols), *LONG_RUN, *READS_AT_ONCE, on.ONE_LAW, on.FINITE_MEAN),
        source=source,
        points=_all,
    )


DUTTA = "Dutta et al. 2018 (arXiv 1803.01113)"


FORMS: Final = (
    ClosedForm(
        name="fresh",
        quantity="staleness",
        unit="updates",
        left=sigma,
        expression=sp.Integer(0),
        symbols=(STALENESS,),
        assumptions=(a.protocol("bsp", "k-sync", "k-batch-sync"),),
        source="every gradient in an update was computed from the weights that the update found",
        points=_exactly_zero,
        check="exact",
    ),
    ClosedForm(
        name="async-account",
        quantity="each worker's sum of (staleness + 1)",
        unit="updates",
        left=sp.Symbol("Sigma_i"),
        expression=N,
        symbols=(
            Meaning(
                sp.Symbol("Sigma_i"), "sum of (staleness + 1) over worker i's applied gradients", "updates"
            ),
            Meaning(N, "number of the update that applied its last gradient", "updates"),
        ),
        assumptions=(a.protocol("async"), a.PRESENT, *READS_AT_ONCE),
        source="a worker reads at its own update, so that its gradients' spans join without a gap",
        points=lambda _: iter([Point("deviation, any run", {}, measures.unaccounted_by_worker, 0.0)]),
        check="exact",
    ),
    _conserved("async", P - 1, "async"),
    _conserved("k-async", P - K, "k-async"),
    _conserved("k-batch-async", P - 1, "k-batch-async"),
    _mean("async", P - 1, f"conservation: {CONSERVATION}", "async"),
    _mean("k-async", (P - K) / K, f"conservation: {CONSERVATION}", "k-async"),
    _mean("k-batch-async", (P - 1) / K, f"conservation: {CONSERVATION}", "k-batch-async"),
    ClosedForm(
        name="worker-staleness",
        quantity="mean staleness of one worker",
        unit="updates",
        left=E(sp.Symbol("sigma_i")),
        expression=total / rate - 1,
        symbols=(Meaning(sp.Symbol("sigma_i"), "staleness of worker i's gradients", "updates"), TOTAL, RATE),
        assumptions=(a.protocol("async"), *LONG_RUN, *INSTANT, on.UNLIKE, on.FINITE_MEAN),
        source=f"conservation: {CONSERVATION}",
        points=_each,
    ),
    ClosedForm(
        name="transfer-staleness",
        quantity="mean staleness of one worker",
        unit="updates",
        left=E(sp.Symbol("sigma_i")),
        expression=(total - rate) * (compute + push) / K,
        symbols=(
            Meaning(sp.Symbol("sigma_i"), "staleness of worker i's gradients", "updates"),
            TOTAL,
            Meaning(rate, "worker i's rate, 1 over its mean time from pull to pull", "gradients/s"),
            Meaning(compute, "its mean compute time", "s"),
            Meaning(push, "the time that its push takes", "s"),
            BATCH,
        ),
        assumptions=(
            a.protocol("async", "k-batch-async"),
            *LASTING,
            lengths.SCATTERED,
            a.TRANSFERRED,
            a.UNSHARED,
            a.FREE_APPLYING,
            a.NO_SLACK,
            a.NO_DISCARDS,
            on.SPREAD,
            on.FINITE_MEAN,
        ),
        source="the others' gradients while worker i's is computed and sent; workers are independent",
        points=_each,
    ),
    ClosedForm(
        name="softsync-staleness",
        quantity="mean staleness",
        unit="updates",
        left=E(sigma),
        expression=n * (1 - 1 / P),
        symbols=(STALENESS, Meaning(n, "parts of n-softsync, K = P/n", "1"), WORKERS),
        assumptions=(
            a.protocol("k-batch-async", "async"),
            a.EVEN_SHARE,
            *LONG_RUN,
            *READS_AT_ONCE,
            on.ONE_LAW,
            on.FINITE_MEAN,
        ),
        source="conservation with K = P/n; Gupta et al. 2015 (Rudra, arXiv 1509.04210) measure about n",
        points=_softsync,
    ),
    ClosedForm(
        name="ssp-bound",
        quantity="staleness",
        unit="updates",
        left=sigma,
        relation="≤",
        expression=(P - 1) * (2 * s + 1),
        symbols=(STALENESS, WORKERS, Meaning(s, "slack", "gradients")),
        assumptions=(a.protocol("async"), a.SLACK, a.STEADY),
        source="Ho et al. 2013 (SSP): while one gradient is on its way, each other worker completes 2s + 1",
        points=lambda scenario: iter(
            [Point("greatest", {P: scenario.size, s: scenario.protocol.slack}, measures.greatest_staleness)]
        ),
        check="bound",
    ),
    ClosedForm(
        name="discard-bound",
        quantity="staleness",
        unit="updates",
        left=sigma,
        relation="≤",
        expression=m,
        symbols=(STALENESS, Meaning(m, "max_staleness", "updates")),
        assumptions=(a.protocol("async"), a.MAX_STALENESS),
        source="staler gradients are discarded (Maranjyan et al. 2025, Ringmaster ASGD, arXiv 2501.16168)",
        points=lambda scenario: iter(
            [Point("greatest", {m: scenario.protocol.max_staleness}, measures.greatest_staleness)]
        ),
        check="bound",
    ),
)

"""Closed forms of the staleness: what is conserved, its mean, its distribution, its bounds."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from sim import assumptions as a
from sim import measures
from sim.assumptions import Assumption, transfers
from sim.laws import groups, law
from sim.scenario import Scenario
from sim.theory import ClosedForm, Meaning, Point, evaluate

P, K, n, s, m = sp.symbols("P K n s m", positive=True, integer=True)
k, U, N = sp.symbols("k U N", nonnegative=True, integer=True)
i = sp.Symbol("i", integer=True, positive=True)
sigma = sp.Symbol("sigma", nonnegative=True)
rate, total, compute, push = sp.symbols("lambda_i Lambda X_i d_i", positive=True)
share = sp.IndexedBase("p")
E = sp.Function("E")
Var = sp.Function("Var")
Pr = sp.Function("Pr")

WORKERS = Meaning(P, "number of workers", "1")
BATCH = Meaning(K, "gradients per update", "1")
STALENESS = Meaning(sigma, "staleness of an applied gradient", "updates")
VALUE = Meaning(k, "a staleness", "updates")
RATE = Meaning(rate, "worker i's own rate 1/E[X_i]", "gradients/s")
TOTAL = Meaning(total, "sum of all workers' rates", "gradients/s")

LONG_RUN: Final = (a.ENDLESS, a.LONG, a.STEADY)
READS_AT_ONCE: Final = (a.FREE_NETWORK, a.NO_SLACK, a.NO_DISCARDS)
"""Each worker reads again as soon as its gradient is done with; applying may take time."""
INSTANT: Final = (a.FREE_NETWORK, a.FREE_APPLYING, a.NO_SLACK, a.NO_DISCARDS)

CONSERVATION = "every update adds one to the staleness of each gradient in flight outside its batch"
DISTRIBUTION = "distribution of the staleness"
RARE = 0.005
"""Values of the staleness that are less likely than this are not compared."""


def _numbers(scenario: Scenario) -> dict[sp.Basic, Any]:
    return {P: scenario.size, K: scenario.protocol.batch(scenario.size) or scenario.size}


def _rates(scenario: Scenario) -> list[tuple[float, int]]:
    return [(1 / its.mean, count) for its, count in groups(scenario)]


def _all(scenario: Scenario) -> Iterator[Point]:
    yield Point("", _numbers(scenario), measures.mean_staleness())


def _exactly_zero(scenario: Scenario) -> Iterator[Point]:
    yield Point("greatest", _numbers(scenario), measures.greatest_staleness)


def _each(scenario: Scenario) -> Iterator[Point]:
    everyone = sum(count / mean for mean, count in ((its.mean, c) for its, c in groups(scenario)))
    begin = 0
    for worker in scenario.workers:
        its, places = law(worker), range(begin, begin + (worker.count or 1))
        begin = places.stop
        if its is not None:
            yield Point(worker.name, {rate: 1 / its.mean, total: everyone}, measures.mean_staleness(places))


def _each_with_transfers(scenario: Scenario) -> Iterator[Point]:
    found = [
        (law(worker), *times) for worker, times in zip(scenario.workers, transfers(scenario), strict=True)
    ]
    rates = [1 / (its.mean + pull + push) if its else 0.0 for its, pull, push in found]
    counts = [worker.count or 1 for worker in scenario.workers]
    everyone = sum(each * count for each, count in zip(rates, counts, strict=True))
    begin = 0
    for worker, (its, _, sent), own, count in zip(scenario.workers, found, rates, counts, strict=True):
        values = {rate: own, total: everyone, compute: its.mean if its else 0.0, push: sent}
        places, begin = range(begin, begin + count), begin + count
        yield Point(worker.name, values | {K: _numbers(scenario)[K]}, measures.mean_staleness(places))


def _softsync(scenario: Scenario) -> Iterator[Point]:
    parts = int(str(scenario.protocol.k).removeprefix("P/"))
    yield Point("", {P: scenario.size, n: parts}, measures.mean_staleness())


def _variance(scenario: Scenario) -> Iterator[Point]:
    yield Point("", _numbers(scenario), measures.staleness_variance)


def _probabilities(expression: sp.Expr, scenario: Scenario) -> Iterator[Point]:
    """Yield the probabilities of staleness 0, 1, 2, 4, 8 … down to rare ones."""
    for value in (0, *(2**power for power in range(40))):
        values = _numbers(scenario) | {k: value}
        probability = evaluate(expression, values)
        if value and probability < RARE:
            return
        yield Point(f"k = {value}", values, measures.staleness_share(value), probability)


def distribution(scenario: Scenario, most: int) -> tuple[ClosedForm, NDArray[np.float64]] | None:
    """Return the distribution of the staleness that applies, with P(σ = 0 … most); ``None`` where none."""
    for form in FORMS:
        if form.quantity != DISTRIBUTION or form.failing(scenario):
            continue
        values = np.arange(most + 1)
        if form.expression.has(share):
            found = _rates(scenario)
            everyone = sum(each * count for each, count in found)
            terms = [count * (p := each / everyone) ** 2 * (1 - p) ** values for each, count in found]
            return form, np.sum(terms, axis=0)
        pmf = sp.lambdify((P, K, k), form.expression)
        numbers = _numbers(scenario)
        return form, np.array([float(pmf(numbers[P], numbers[K], value)) for value in values.tolist()])
    return None


def _mixture(scenario: Scenario) -> Iterator[Point]:
    found = _rates(scenario)
    everyone = sum(each * count for each, count in found)
    for value in (0, *(2**power for power in range(40))):
        own = [(each / everyone, count) for each, count in found]
        probability = sum(count * p * p * (1 - p) ** value for p, count in own)
        if value and probability < RARE:
            return
        yield Point(f"k = {value}", {}, measures.staleness_share(value), probability)


def _mixture_variance(scenario: Scenario) -> Iterator[Point]:
    found = _rates(scenario)
    everyone = sum(each * count for each, count in found)
    own = [(each / everyone, count) for each, count in found]
    square = sum(count * p * (1 - p) * (2 - p) / p**2 for p, count in own)
    yield Point("", {}, measures.staleness_variance, square - (scenario.size - 1) ** 2)


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
        assumptions=(a.protocol(*protocols), a.ENDLESS, a.STEADY, *READS_AT_ONCE),
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
        assumptions=(a.protocol(*protocols), *LONG_RUN, *READS_AT_ONCE),
        source=source,
        points=_all,
    )


def _distribution(
    name: str, pmf: sp.Expr, variance: sp.Expr, source: str, which: str
) -> Iterator[ClosedForm]:
    symbols = (STALENESS, WORKERS, BATCH)[: 3 if pmf.has(K) else 2]
    taken: tuple[Assumption, ...] = (a.protocol(which), a.ALIKE, a.EXPONENTIAL, *LONG_RUN, *INSTANT)
    yield ClosedForm(
        name=f"{name}-distribution",
        quantity=DISTRIBUTION,
        unit="1",
        left=Pr(sp.Eq(sigma, k)),
        expression=pmf,
        symbols=(*symbols, VALUE),
        assumptions=taken,
        source=source,
        points=lambda scenario: _probabilities(pmf, scenario),
    )
    yield ClosedForm(
        name=f"{name}-variance",
        quantity="variance of the staleness",
        unit="updates²",
        left=Var(sigma),
        expression=variance,
        symbols=symbols,
        assumptions=taken,
        source=f"variance of {name}-distribution",
        points=_variance,
    )


q = 1 - 1 / P
MITLIAGKAS = "Mitliagkas et al. 2016 (Asynchrony begets momentum, arXiv 1605.09774), queueing model"
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
        assumptions=(a.protocol("async"), a.STEADY, *READS_AT_ONCE),
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
        assumptions=(a.protocol("async"), *LONG_RUN, *INSTANT, a.UNLIKE, a.FINITE_MEAN),
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
            *LONG_RUN,
            a.TRANSFERRED,
            a.UNSHARED,
            a.FREE_APPLYING,
            a.NO_SLACK,
            a.NO_DISCARDS,
            a.SPREAD,
            a.FINITE_MEAN,
        ),
        source="the others' gradients while worker i's is computed and sent; workers are independent",
        points=_each_with_transfers,
    ),
    ClosedForm(
        name="softsync-staleness",
        quantity="mean staleness",
        unit="updates",
        left=E(sigma),
        expression=n * (1 - 1 / P),
        symbols=(STALENESS, Meaning(n, "parts of n-softsync, K = P/n", "1"), WORKERS),
        assumptions=(a.protocol("k-batch-async", "async"), a.EVEN_SHARE, *LONG_RUN, *READS_AT_ONCE),
        source="conservation with K = P/n; Gupta et al. 2015 (Rudra, arXiv 1509.04210) measure about n",
        points=_softsync,
    ),
    *_distribution("async", q**k / P, P * (P - 1), MITLIAGKAS, "async"),
    *_distribution(
        "k-async",
        K / P * (1 - K / P) ** k,
        P * (P - K) / K**2,
        "without memory, each update takes K of P workers at random",
        "k-async",
    ),
    *_distribution(
        "k-batch-async",
        sp.Piecewise(
            (1 - q * (1 - q**K) * P / K, sp.Eq(k, 0)),
            (q ** ((k - 1) * K + 1) * (1 - q**K) ** 2 * P / K, True),
        ),
        q * P / K * (1 + q**K) / (1 - q**K) - ((P - 1) / K) ** 2,
        "a geometric number of other gradients, from a uniform place in the batch, by whole batches",
        "k-batch-async",
    ),
    ClosedForm(
        name="mixture-distribution",
        quantity=DISTRIBUTION,
        unit="1",
        left=Pr(sp.Eq(sigma, k)),
        expression=sp.Sum(share[i] ** 2 * (1 - share[i]) ** k, (i, 1, P)),
        symbols=(STALENESS, VALUE, Meaning(share[i], "worker i's share of the updates, λ_i/Λ", "1"), WORKERS),
        assumptions=(a.protocol("async"), a.EXPONENTIAL, a.UNLIKE, *LONG_RUN, *INSTANT),
        source="geometric with p_i for worker i, which makes a share p_i of the updates",
        points=_mixture,
    ),
    ClosedForm(
        name="mixture-variance",
        quantity="variance of the staleness",
        unit="updates²",
        left=Var(sigma),
        expression=sp.Sum((1 - share[i]) * (2 - share[i]) / share[i], (i, 1, P)) - (P - 1) ** 2,
        symbols=(STALENESS, Meaning(share[i], "worker i's share of the updates, λ_i/Λ", "1"), WORKERS),
        assumptions=(a.protocol("async"), a.EXPONENTIAL, a.UNLIKE, *LONG_RUN, *INSTANT),
        source="variance of mixture-distribution",
        points=_mixture_variance,
    ),
    ClosedForm(
        name="implicit-momentum",
        quantity="implicit momentum",
        unit="1",
        left=sp.Symbol("mu"),
        expression=1 - 1 / P,
        symbols=(Meaning(sp.Symbol("mu"), "momentum that asynchrony adds to the mean step", "1"), WORKERS),
        assumptions=(a.protocol("async"), a.ALIKE, a.EXPONENTIAL, *LONG_RUN, *INSTANT),
        source=MITLIAGKAS,
        points=lambda scenario: iter([Point("", {P: scenario.size}, None)]),
        check="none",
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

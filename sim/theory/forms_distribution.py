"""Closed forms of the distribution of the staleness, where nothing has a memory."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from sim.scenario import Scenario
from sim.theory import assumptions as a
from sim.theory import law_assumptions as on
from sim.theory import margins, measures
from sim.theory.assumptions import Assumption
from sim.theory.form import ClosedForm, Meaning, Point, evaluate
from sim.theory.forms_staleness import BATCH, INSTANT, LONG_RUN, STALENESS, WORKERS, K, P, numbers, sigma
from sim.theory.laws import groups

k = sp.Symbol("k", nonnegative=True, integer=True)
i = sp.Symbol("i", integer=True, positive=True)
share = sp.IndexedBase("p")
Var = sp.Function("Var")
Pr = sp.Function("Pr")
VALUE = Meaning(k, "a staleness", "updates")

DISTRIBUTION = "distribution of the staleness"
RARE = 0.005
"""Values of the staleness that are less likely than this are not compared."""


def _rates(scenario: Scenario) -> list[tuple[float, int]]:
    return [(1 / its.mean, count) for its, count in groups(scenario)]


def _variance(scenario: Scenario) -> Iterator[Point]:
    margin = margins.variances(scenario)
    yield Point("", numbers(scenario), measures.staleness_variance, margin=margin)


def _probabilities(expression: sp.Expr, scenario: Scenario) -> Iterator[Point]:
    """Yield the probabilities of staleness 0, 1, 2, 4, 8 … down to rare ones."""
    for value in (0, *(2**power for power in range(40))):
        values = numbers(scenario) | {k: value}
        probability = evaluate(expression, values)
        if value and probability < RARE:
            return
        margin = margins.shares(scenario, probability)
        yield Point(f"k = {value}", values, measures.staleness_share(value), probability, margin)


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
        given = numbers(scenario)
        return form, np.array([float(pmf(given[P], given[K], value)) for value in values.tolist()])
    return None


def _mixture(scenario: Scenario) -> Iterator[Point]:
    found = _rates(scenario)
    everyone = sum(each * count for each, count in found)
    for value in (0, *(2**power for power in range(40))):
        own = [(each / everyone, count) for each, count in found]
        probability = sum(count * p * p * (1 - p) ** value for p, count in own)
        if value and probability < RARE:
            return
        margin = margins.shares(scenario, probability)
        yield Point(f"k = {value}", {}, measures.staleness_share(value), probability, margin)


def _mixture_variance(scenario: Scenario) -> Iterator[Point]:
    found = _rates(scenario)
    everyone = sum(each * count for each, count in found)
    own = [(each / everyone, count) for each, count in found]
    square = sum(count * p * (1 - p) * (2 - p) / p**2 for p, count in own)
    variance = square - (scenario.size - 1) ** 2
    yield Point("", {}, measures.staleness_variance, variance, margins.variances(scenario))


def _distribution(
    name: str, pmf: sp.Expr, variance: sp.Expr, source: str, which: str
) -> Iterator[ClosedForm]:
    symbols = (STALENESS, WORKERS, BATCH)[: 3 if pmf.has(K) else 2]
    taken: tuple[Assumption, ...] = (a.protocol(which), on.ALIKE, on.EXPONENTIAL, *LONG_RUN, *INSTANT)
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

FORMS: Final = (
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
        assumptions=(a.protocol("async"), on.EXPONENTIAL, on.UNLIKE, *LONG_RUN, *INSTANT),
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
        assumptions=(a.protocol("async"), on.EXPONENTIAL, on.UNLIKE, *LONG_RUN, *INSTANT),
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
        assumptions=(a.protocol("async"), on.ALIKE, on.EXPONENTIAL, *LONG_RUN, *INSTANT),
        source=MITLIAGKAS,
        points=lambda scenario: iter([Point("", {P: scenario.size}, None)]),
        check="none",
    ),
)

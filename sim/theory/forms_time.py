"""Closed forms of the time that an update takes."""

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from types import MappingProxyType
from typing import Any, Final

import sympy as sp

from sim.scenario import Scenario
from sim.scenario.durations import Exponential, Pareto, ShiftedExponential, Uniform
from sim.theory import assumptions as a
from sim.theory import law_assumptions as on
from sim.theory import lengths, margins, measures
from sim.theory.assumptions import Assumption
from sim.theory.form import ClosedForm, Meaning, Point, evaluate
from sim.theory.forms_staleness import BATCH, DUTTA, INSTANT, LASTING, LONG_RUN, WORKERS, K, P, numbers
from sim.theory.laws import cycles, groups
from sim.theory.order_statistics import mean_order_statistic

rate, shift, low, high, smallest, tail, mean, total, t = sp.symbols(
    "mu Delta a b x_m alpha X Lambda t", positive=True
)
i = sp.Symbol("i", integer=True, positive=True)
tau = sp.IndexedBase("tau")
T, X = sp.Symbol("T"), sp.Symbol("X")
late = sp.Function("S_K")
H = sp.harmonic(P) - sp.harmonic(P - K)

TIME = Meaning(T, "mean time of an update", "s")
RATE = Meaning(rate, "rate of the exponential", "1/s")
SYNC: Final = ("bsp", "k-sync")
RENEWAL = "all start anew at each update"


def _parameters(scenario: Scenario) -> dict[sp.Basic, Any]:
    """Return the parameters of the one law that all workers follow."""
    ((its, _),) = groups(scenario)
    match its:
        case Exponential():
            return {rate: 1 / its.mean}
        case ShiftedExponential():
            return {shift: its.shift, rate: 1 / (its.mean - its.shift)}
        case Uniform():
            return {low: its.low, high: its.high}
        case Pareto():
            return {smallest: its.minimum, tail: its.shape}
    return {}


def _renewed(expression: sp.Expr) -> Callable[[Scenario], Iterator[Point]]:
    """Return the point of a formula in the parameters of the one law that all workers follow."""

    def points(scenario: Scenario) -> Iterator[Point]:
        values = numbers(scenario) | _parameters(scenario)
        yield _update(scenario, evaluate(expression, values), values)

    return points


def _update(scenario: Scenario, value: float, values: Mapping[sp.Basic, Any] = MappingProxyType({})) -> Point:
    """Return the mean time of an update at which all start anew."""
    margin = margins.renewals(scenario, value)
    return Point("", values, measures.seconds_per_update, value, margin)


def _mean_alike(scenario: Scenario) -> Iterator[Point]:
    found = numbers(scenario)
    values = found | {mean: groups(scenario)[0][0].mean}
    margin = margins.rates(scenario, found[K] * values[mean] / found[P])
    yield Point("", values, measures.seconds_per_update, margin=margin)


def _from_rates(scenario: Scenario) -> Iterator[Point]:
    k, everyone = numbers(scenario)[K], sum(cycle.workers / cycle.seconds for cycle in cycles(scenario))
    margin = margins.rates(scenario, k / everyone)
    yield Point("", {K: k, total: everyone}, measures.seconds_per_update, margin=margin)


def _memoryless(scenario: Scenario) -> Iterator[Point]:
    k, everyone = numbers(scenario)[K], sum(count / its.mean for its, count in groups(scenario))
    yield _update(scenario, k / everyone, {K: k, total: everyone})


def _times(scenario: Scenario) -> list[float]:
    return sorted(its.mean for its, count in groups(scenario) for _ in range(count))


def _constant(scenario: Scenario) -> Iterator[Point]:
    yield _update(scenario, _times(scenario)[numbers(scenario)[K] - 1])


def _subsets(scenario: Scenario) -> Iterator[Point]:
    """Sum over all sets of workers, the even ones with a minus: the maximum by inclusion and exclusion."""
    rates = [1 / its.mean for its, count in groups(scenario) for _ in range(count)]
    value = sum(
        (-1) ** (size + 1) / sum(chosen)
        for size in range(1, len(rates) + 1)
        for chosen in combinations(rates, size)
    )
    yield _update(scenario, value)


def _integrated(scenario: Scenario) -> Iterator[Point]:
    found = mean_order_statistic(numbers(scenario)[K], groups(scenario))
    point = _update(scenario, found.value)
    yield point._replace(margin=point.margin._replace(error=found.error))


def _time(
    name: str,
    expression: sp.Expr,
    symbols: tuple[Meaning, ...],
    assumptions: tuple[Assumption, ...],
    source: str,
    *,
    points: Callable[[Scenario], Iterator[Point]] | None = None,
    numeric: bool = False,
) -> ClosedForm:
    return ClosedForm(
        name=name,
        quantity="seconds per update",
        unit="s",
        left=T,
        expression=expression,
        symbols=(TIME, *symbols),
        assumptions=assumptions,
        source=source,
        points=points or _renewed(expression),
        numeric=numeric,
    )


def _sync(*more: Assumption) -> tuple[Assumption, ...]:
    return (a.protocol(*SYNC), *more, *INSTANT, *LASTING, lengths.RENEWED)


FORMS: Final = (
    _time(
        "sync-exponential",
        H / rate,
        (WORKERS, BATCH, RATE),
        _sync(on.ALIKE, on.EXPONENTIAL),
        f"{DUTTA}, E[X_{{K:P}}]; Rényi 1953",
    ),
    _time(
        "sync-shifted-exponential",
        shift + H / rate,
        (WORKERS, BATCH, Meaning(shift, "the part of a compute time that is always the same", "s"), RATE),
        _sync(on.ALIKE, on.family(ShiftedExponential)),
        f"{DUTTA}, E[X_{{K:P}}]",
    ),
    _time(
        "sync-uniform",
        low + (high - low) * K / (P + 1),
        (
            WORKERS,
            BATCH,
            Meaning(low, "least compute time", "s"),
            Meaning(high, "greatest compute time", "s"),
        ),
        _sync(on.ALIKE, on.UNIFORM),
        f"{RENEWAL}; the K-th of P uniforms is Beta(K, P − K + 1)",
    ),
    _time(
        "sync-pareto",
        smallest
        * sp.gamma(P + 1)
        * sp.gamma(P - K + 1 - 1 / tail)
        / (sp.gamma(P - K + 1) * sp.gamma(P + 1 - 1 / tail)),
        (WORKERS, BATCH, Meaning(smallest, "least compute time", "s"), Meaning(tail, "tail index", "1")),
        _sync(on.ALIKE, on.PARETO, on.FINITE_ORDER_MEAN),
        f"{DUTTA}, E[X_{{K:P}}]",
    ),
    _time(
        "sync-constant",
        tau[K],
        (BATCH, Meaning(tau[K], "the K-th smallest compute time", "s")),
        _sync(on.CONSTANT),
        f"{RENEWAL}, and end with the K-th",
        points=_constant,
    ),
    _time(
        "bsp-unequal-exponential",
        sp.Integral(1 - sp.Product(1 - sp.exp(-sp.IndexedBase("mu")[i] * t), (i, 1, P)), (t, 0, sp.oo)),
        (WORKERS, Meaning(sp.IndexedBase("mu")[i], "rate of worker i", "1/s"), Meaning(t, "time", "s")),
        (a.protocol("bsp"), on.UNLIKE, on.FEW_EXPONENTIAL, *INSTANT, *LASTING, lengths.RENEWED),
        "the maximum of exponentials, by inclusion and exclusion over all sets of workers",
        points=_subsets,
    ),
    _time(
        "sync-numeric",
        sp.Integral(late(t), (t, 0, sp.oo)),
        (
            Meaning(late(t), "probability that fewer than K workers are done by t", "1"),
            Meaning(t, "time since the last update", "s"),
        ),
        _sync(on.ONE_LAW, on.NO_CLOSED_FORM, on.FINITE_ORDER_MEAN),
        f"{DUTTA}, E[X_{{K:P}}], integrated numerically",
        points=_integrated,
        numeric=True,
    ),
    _time(
        "async-time",
        K * mean / P,
        (WORKERS, BATCH, Meaning(mean, "mean compute time", "s")),
        (a.protocol("async", "k-batch-async"), on.ALIKE, on.FINITE_MEAN, *INSTANT, *LONG_RUN),
        f"{DUTTA}: E[X]/P and K·E[X]/P, by renewal",
        points=_mean_alike,
    ),
    _time(
        "async-rates",
        K / total,
        (BATCH, Meaning(total, "sum over the workers of 1/(mean compute time + transfers)", "gradients/s")),
        (
            a.protocol("async", "k-batch-async"),
            on.ONE_LAW,
            on.FINITE_MEAN,
            a.UNSHARED,
            a.FREE_APPLYING,
            a.NO_SLACK,
            a.NO_DISCARDS,
            *LONG_RUN,
        ),
        "renewal: nobody waits for anybody",
        points=_from_rates,
    ),
    _time(
        "k-batch-sync-exponential",
        K / total,
        (BATCH, Meaning(total, "sum of all workers' rates", "gradients/s")),
        (a.protocol("k-batch-sync"), on.EXPONENTIAL, *INSTANT, *LASTING, lengths.RENEWED),
        f"{DUTTA}; without memory, cancelling changes nothing",
        points=_memoryless,
    ),
    _time(
        "k-async-exponential",
        H / rate,
        (WORKERS, BATCH, RATE),
        (a.protocol("k-async"), on.ALIKE, on.EXPONENTIAL, *INSTANT, *LASTING, lengths.RENEWED),
        f"{DUTTA}; without memory, those that carry on are as good as new",
    ),
)

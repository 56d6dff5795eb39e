"""Closed forms of the time that an update takes."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, Final

import sympy as sp

from sim.scenario import Scenario
from sim.scenario.durations import Exponential, Pareto, ShiftedExponential, Uniform
from sim.theory import assumptions as a
from sim.theory import measures
from sim.theory.assumptions import Assumption, transfers
from sim.theory.form import ClosedForm, Meaning, Point
from sim.theory.forms_staleness import BATCH, DUTTA, INSTANT, LONG_RUN, WORKERS, K, P, numbers
from sim.theory.laws import groups, law, mean_order_statistic

rate, shift, low, high, smallest, tail, mean, total, t = sp.symbols(
    "mu Delta a b x_m alpha X Lambda t", positive=True
)
slack_rate_1, slack_rate_2, rho = sp.symbols("lambda_1 lambda_2 rho", positive=True)
D = sp.Symbol("D", positive=True, integer=True)
d = sp.Symbol("d", integer=True)
i = sp.Symbol("i", integer=True, positive=True)
m, R = sp.symbols("m R", positive=True, integer=True)
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


def _alike(scenario: Scenario) -> Iterator[Point]:
    yield Point("", numbers(scenario) | _parameters(scenario), measures.seconds_per_update)


def _mean_alike(scenario: Scenario) -> Iterator[Point]:
    values = numbers(scenario) | {mean: groups(scenario)[0][0].mean}
    yield Point("", values, measures.seconds_per_update)


def _from_rates(scenario: Scenario) -> Iterator[Point]:
    everyone = 0.0
    for worker, times in zip(scenario.workers, transfers(scenario), strict=True):
        if (its := law(worker)) is not None:
            everyone += (worker.count or 1) / (its.mean + sum(times))
    yield Point("", {K: numbers(scenario)[K], total: everyone}, measures.seconds_per_update)


def _times(scenario: Scenario) -> list[float]:
    return sorted(its.mean for its, count in groups(scenario) for _ in range(count))


def _constant(scenario: Scenario) -> Iterator[Point]:
    k = numbers(scenario)[K]
    yield Point("", {}, measures.seconds_per_update, _times(scenario)[k - 1])


def _subsets(scenario: Scenario) -> Iterator[Point]:
    """Sum over all sets of workers, the even ones with a minus: the maximum by inclusion and exclusion."""
    rates = [1 / its.mean for its, count in groups(scenario) for _ in range(count)]
    value = sum(
        (-1) ** (size + 1) / sum(chosen)
        for size in range(1, len(rates) + 1)
        for chosen in combinations(rates, size)
    )
    yield Point("", {}, measures.seconds_per_update, value)


def _integrated(scenario: Scenario) -> Iterator[Point]:
    value = mean_order_statistic(numbers(scenario)[K], groups(scenario))
    yield Point("", {}, measures.seconds_per_update, value)


def _two(scenario: Scenario) -> Iterator[Point]:
    first, second = (1 / its.mean for its, count in groups(scenario) for _ in range(count))
    values = {slack_rate_1: first, slack_rate_2: second, rho: first / second}
    yield Point("", values | {D: (scenario.protocol.slack or 0) + 1}, measures.updates_per_second)


def _ringmaster(scenario: Scenario) -> Iterator[Point]:
    times, most = _times(scenario), (scenario.protocol.max_staleness or 0) + 1
    speed, best = 0.0, (float("inf"), 1)
    for workers, seconds in enumerate(times, 1):
        speed += 1 / seconds
        best = min(best, (2 * (workers + most) / speed, workers))
    yield Point(f"R = {most}", {}, measures.longest_run_of_updates(most), best[0])


def _time(
    name: str,
    expression: sp.Expr,
    symbols: tuple[Meaning, ...],
    assumptions: tuple[Assumption, ...],
    source: str,
    *,
    points: Callable[[Scenario], Iterator[Point]] = _alike,
    numeric: bool = False,
) -> ClosedForm:
    return ClosedForm(
        name=name,
        quantity="seconds per update",
        unit="s",
        left=T,
        expression=expression,
        symbols=(TIME, *symbols),
        assumptions=(*assumptions, *LONG_RUN),
        source=source,
        points=points,
        numeric=numeric,
    )


def _sync(*more: Assumption) -> tuple[Assumption, ...]:
    return (a.protocol(*SYNC), *more, *INSTANT)


FORMS: Final = (
    _time(
        "sync-exponential",
        H / rate,
        (WORKERS, BATCH, RATE),
        _sync(a.ALIKE, a.EXPONENTIAL),
        f"{DUTTA}, E[X_{{K:P}}]; Rényi 1953",
    ),
    _time(
        "sync-shifted-exponential",
        shift + H / rate,
        (WORKERS, BATCH, Meaning(shift, "the part of a compute time that is always the same", "s"), RATE),
        _sync(a.ALIKE, a.family(ShiftedExponential)),
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
        _sync(a.ALIKE, a.UNIFORM),
        f"{RENEWAL}; the K-th of P uniforms is Beta(K, P − K + 1)",
    ),
    _time(
        "sync-pareto",
        smallest
        * sp.gamma(P + 1)
        * sp.gamma(P - K + 1 - 1 / tail)
        / (sp.gamma(P - K + 1) * sp.gamma(P + 1 - 1 / tail)),
        (WORKERS, BATCH, Meaning(smallest, "least compute time", "s"), Meaning(tail, "tail index", "1")),
        _sync(a.ALIKE, a.PARETO, a.FINITE_ORDER_MEAN),
        f"{DUTTA}, E[X_{{K:P}}]",
    ),
    _time(
        "sync-constant",
        tau[K],
        (BATCH, Meaning(tau[K], "the K-th smallest compute time", "s")),
        _sync(a.CONSTANT),
        f"{RENEWAL}, and end with the K-th",
        points=_constant,
    ),
    _time(
        "bsp-unequal-exponential",
        sp.Integral(1 - sp.Product(1 - sp.exp(-sp.IndexedBase("mu")[i] * t), (i, 1, P)), (t, 0, sp.oo)),
        (WORKERS, Meaning(sp.IndexedBase("mu")[i], "rate of worker i", "1/s"), Meaning(t, "time", "s")),
        (a.protocol("bsp"), a.UNLIKE, a.FEW_EXPONENTIAL, *INSTANT),
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
        _sync(a.ONE_LAW, a.NO_CLOSED_FORM, a.FINITE_ORDER_MEAN),
        f"{DUTTA}, E[X_{{K:P}}], integrated numerically",
        points=_integrated,
        numeric=True,
    ),
    _time(
        "async-time",
        K * mean / P,
        (WORKERS, BATCH, Meaning(mean, "mean compute time", "s")),
        (a.protocol("async", "k-batch-async"), a.ALIKE, a.FINITE_MEAN, *INSTANT),
        f"{DUTTA}: E[X]/P and K·E[X]/P, by renewal",
        points=_mean_alike,
    ),
    _time(
        "async-rates",
        K / total,
        (BATCH, Meaning(total, "sum over the workers of 1/(mean compute time + transfers)", "gradients/s")),
        (
            a.protocol("async", "k-batch-async"),
            a.ONE_LAW,
            a.FINITE_MEAN,
            a.UNSHARED,
            a.FREE_APPLYING,
            a.NO_SLACK,
            a.NO_DISCARDS,
        ),
        "renewal: nobody waits for anybody",
        points=_from_rates,
    ),
    _time(
        "k-batch-sync-exponential",
        K / total,
        (BATCH, Meaning(total, "sum of all workers' rates", "gradients/s")),
        (a.protocol("k-batch-sync"), a.EXPONENTIAL, *INSTANT),
        f"{DUTTA}; without memory, cancelling changes nothing",
        points=_from_rates,
    ),
    _time(
        "k-async-exponential",
        H / rate,
        (WORKERS, BATCH, RATE),
        (a.protocol("k-async"), a.ALIKE, a.EXPONENTIAL, *INSTANT),
        f"{DUTTA}; without memory, those that carry on are as good as new",
    ),
    ClosedForm(
        name="ssp-throughput",
        quantity="updates per second",
        unit="1/s",
        left=sp.Symbol("U"),
        expression=slack_rate_1
        + slack_rate_2
        - (slack_rate_1 * rho**D + slack_rate_2 * rho ** (-D)) / sp.Sum(rho**d, (d, -D, D)).doit(),
        symbols=(
            Meaning(sp.Symbol("U"), "throughput", "updates/s"),
            Meaning(slack_rate_1, "rate of the first worker", "1/s"),
            Meaning(slack_rate_2, "rate of the second worker", "1/s"),
            Meaning(rho, "λ₁/λ₂", "1"),
            Meaning(D, "s + 1, the greatest lead", "gradients"),
        ),
        assumptions=(
            a.protocol("async"),
            a.SLACK,
            a.NO_DISCARDS,
            a.TWO,
            a.EXPONENTIAL,
            a.FREE_NETWORK,
            a.FREE_APPLYING,
            *LONG_RUN,
        ),
        source="the lead d is a birth-death chain with π_d ∝ ρ^d, −D ≤ d ≤ D; rule of Ho et al. 2013",
        points=_two,
    ),
    ClosedForm(
        name="ringmaster-bound",
        quantity="seconds for R consecutive updates",
        unit="s",
        left=sp.Symbol("t_R"),
        relation="≤",
        expression=2 * (m + R) / sp.Sum(1 / tau[i], (i, 1, m)),
        symbols=(
            Meaning(sp.Symbol("t_R"), "time that any R consecutive updates take", "s"),
            Meaning(m, "number of fastest workers, that for which the bound is least", "1"),
            Meaning(R, "max_staleness + 1", "updates"),
            Meaning(tau[i], "compute time of the i-th fastest worker", "s"),
        ),
        assumptions=(
            a.protocol("async"),
            a.MAX_STALENESS,
            a.NO_SLACK,
            a.CONSTANT,
            a.ENDLESS,
            a.STEADY,
            a.FREE_NETWORK,
            a.FREE_APPLYING,
        ),
        source="Maranjyan et al. 2025 (Ringmaster ASGD, arXiv 2501.16168), fixed computation model",
        points=_ringmaster,
        check="bound",
    ),
)

"""Closed forms of the protocols that bound the drift of workers or the staleness."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import sympy as sp

from sim.scenario import Scenario
from sim.theory import assumptions as a
from sim.theory import law_assumptions as on
from sim.theory import lengths, margins, measures
from sim.theory.form import ClosedForm, Margin, Meaning, Point
from sim.theory.forms_staleness import LASTING
from sim.theory.laws import groups

slack_rate_1, slack_rate_2, rho = sp.symbols("lambda_1 lambda_2 rho", positive=True)
D = sp.Symbol("D", positive=True, integer=True)
d = sp.Symbol("d", integer=True)
m, R = sp.symbols("m R", positive=True, integer=True)
i = sp.Symbol("i", integer=True, positive=True)
tau = sp.IndexedBase("tau")


def _two(scenario: Scenario) -> Iterator[Point]:
    means = [Fraction(its.mean) for its, count in groups(scenario) for _ in range(count)]
    values = {slack_rate_1: 1 / means[0], slack_rate_2: 1 / means[1], rho: means[1] / means[0]}
    both = float(values[slack_rate_1] + values[slack_rate_2])
    margin = margins.rates(scenario, both, factor=2.0)
    values |= {D: (scenario.protocol.slack or 0) + 1}
    yield Point("", values, measures.updates_per_second, margin=margin)


def _ringmaster(scenario: Scenario) -> Iterator[Point]:
    times, most = (
        sorted(its.mean for its, count in groups(scenario) for _ in range(count)),
        (scenario.protocol.max_staleness or 0) + 1,
    )
    speed, best = 0.0, (float("inf"), 1)
    for workers, seconds in enumerate(times, 1):
        speed += 1 / seconds
        best = min(best, (2 * (workers + most) / speed, workers))
    margin = Margin(grain=margins.NANOSECOND * most)
    yield Point(f"R = {most}", {}, measures.longest_run_of_updates(most), best[0], margin)


FORMS: Final = (
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
            on.EXPONENTIAL,
            a.FREE_NETWORK,
            a.FREE_APPLYING,
            *LASTING,
            lengths.LEAD_FORGOTTEN,
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
            on.CONSTANT,
            a.ENDLESS,
            a.STEADY,
            a.FREE_NETWORK,
            a.FREE_APPLYING,
            on.RESOLVED,
        ),
        source="Maranjyan et al. 2025 (Ringmaster ASGD, arXiv 2501.16168), fixed computation model",
        points=_ringmaster,
        check="bound",
    ),
)

"""Closed forms of a server that takes time to apply a gradient, and of its queue."""

from collections.abc import Iterator
from typing import Any, Final

import sympy as sp

from sim.scenario import Scenario
from sim.scenario.durations import mean_of
from sim.theory import assumptions as a
from sim.theory import measures
from sim.theory.form import ClosedForm, Meaning, Point
from sim.theory.forms_staleness import LONG_RUN, WORKERS, P
from sim.theory.laws import groups
from sim.theory.measures import Measure

S, Z = sp.symbols("S Z", positive=True)
k = sp.Symbol("k", integer=True, nonnegative=True)
idle = 1 / sp.Sum(sp.factorial(P) / sp.factorial(P - k) * (S / Z) ** k, (k, 0, P))

SERVICE = Meaning(S, "mean time to apply a gradient", "s")
THINKING = Meaning(Z, "mean compute time", "s")
REPAIRMAN = "machine repairman M/M/1//P (Kleinrock 1975); of Z only the mean matters (Baskett et al. 1975)"


def _numbers(scenario: Scenario) -> dict[sp.Basic, Any]:
    return {P: scenario.size, S: mean_of(scenario.server.apply), Z: groups(scenario)[0][0].mean}


def _repairman(
    name: str, *, quantity: str, unit: str, left: str, formula: sp.Expr, measure: Measure
) -> ClosedForm:
    def points(scenario: Scenario) -> Iterator[Point]:
        yield Point("", _numbers(scenario), measure)

    return ClosedForm(
        name=name,
        quantity=quantity,
        unit=unit,
        left=sp.Symbol(left),
        expression=formula,
        symbols=(Meaning(sp.Symbol(left), quantity, unit), WORKERS, SERVICE, THINKING),
        assumptions=(
            a.protocol("async", "k-batch-async"),
            a.SERVED,
            a.MEAN_ALIKE,
            a.EXPONENTIAL_SERVICE,
            a.FREE_NETWORK,
            a.NO_SLACK,
            a.NO_DISCARDS,
            a.FINITE_MEAN,
            *LONG_RUN,
        ),
        source=REPAIRMAN,
        points=points,
    )


def _bound(scenario: Scenario) -> Iterator[Point]:
    yield Point("", _numbers(scenario), measures.gradients_per_second)


FORMS: Final = (
    _repairman(
        "server-throughput",
        quantity="gradients per second",
        unit="1/s",
        left="G",
        formula=(1 - idle) / S,
        measure=measures.gradients_per_second,
    ),
    _repairman(
        "server-utilisation",
        quantity="share of time that the server works",
        unit="1",
        left="U",
        formula=1 - idle,
        measure=measures.utilisation,
    ),
    _repairman(
        "server-number",
        quantity="mean number of gradients at the server",
        unit="1",
        left="L",
        formula=P - Z / S * (1 - idle),
        measure=measures.number_at_server,
    ),
    ClosedForm(
        name="server-bound",
        quantity="gradients per second",
        unit="1/s",
        left=sp.Symbol("G"),
        relation="≤",
        expression=sp.Min(1 / S, P / (Z + S)),
        symbols=(Meaning(sp.Symbol("G"), "gradients applied", "1/s"), WORKERS, SERVICE, THINKING),
        assumptions=(a.KEPT, a.NO_DISCARDS, a.SERVED, a.MEAN_ALIKE, a.FINITE_MEAN, *LONG_RUN),
        source="asymptotic bounds of Denning and Buzen 1978, for any distributions",
        points=_bound,
        check="mean bound",
    ),
)

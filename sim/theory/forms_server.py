"""Closed forms of a server that takes an exponential time to apply a gradient, and of its queue.

Workers, the delays of their links and the server are a closed queueing network. It is of product form, and
mean-value analysis exact, where the only queue is the server's, served in order of arrival, with exponential
times of one mean for all: then only the means of the other times matter, whatever their laws (Baskett et al.
1975). A link that all share, whose times are constant, is not of product form: of that there are bounds.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from sim.scenario import Scenario
from sim.scenario.durations import mean_of
from sim.theory import assumptions as a
from sim.theory import law_assumptions as on
from sim.theory import lengths, margins, measures
from sim.theory.form import ClosedForm, Meaning, Point
from sim.theory.forms_staleness import LASTING, WORKERS, P
from sim.theory.laws import cycles
from sim.theory.measures import Measure

S, Z = sp.symbols("S Z", positive=True)
k = sp.Symbol("k", integer=True, nonnegative=True)
i = sp.Symbol("i", integer=True, positive=True)
u = sp.Symbol("u", positive=True)
think = sp.IndexedBase("Z")
idle = 1 / sp.Sum(sp.factorial(P) / sp.factorial(P - k) * (S / Z) ** k, (k, 0, P))

SERVICE = Meaning(S, "mean time to apply a gradient", "s")
THINKING = Meaning(Z, "mean time from one service to the next arrival: compute time and transfers", "s")
EACH = Meaning(think[i], "worker i's mean time from one service to the next arrival", "s")
REPAIRMAN = "machine repairman M/M/1//P (Kleinrock 1975); of Z only the mean matters (Baskett et al. 1975)"
PRODUCT = "product form (Baskett et al. 1975), a class for each worker; the multinomials are ∫ uᵏ exp(−u) du"


def _weighed(factor: sp.Expr | int) -> sp.Expr:
    """Return ∫ factor·e⁻ᵘ·Π(1 + uS/Zᵢ) du."""
    product = sp.Product(1 + u * S / think[i], (i, 1, P))
    return sp.Integral(factor * sp.exp(-u) * product, (u, 0, sp.oo))


class Busy(NamedTuple):
    """What the server does in the long run: the share of time it works, and the mean number at it."""

    share: float
    number: float


def alike(scenario: Scenario) -> Busy:
    """Return what the server does where all workers are away for the same mean time, by mean-value analysis.

    A gradient finds at the server what would be there without its worker (Reiser and Lavenberg 1980).
    """
    service, away = mean_of(scenario.server.apply), cycles(scenario)[0].away
    number = throughput = 0.0
    for workers in range(1, scenario.size + 1):
        stay = service * (1 + number)
        throughput = workers / (away + stay)
        number = throughput * stay
    return Busy(throughput * service, number)


def unlike(scenario: Scenario) -> Busy:
    """Return what the server does, from the probabilities of k at it: k!·(the k-th symmetric sum of S/Zᵢ)."""
    service = mean_of(scenario.server.apply)
    terms = np.full(scenario.size + 1, -np.inf)  # logarithms of k! times the symmetric sums
    terms[0] = 0.0
    places = np.log(np.arange(1, scenario.size + 1))
    for cycle in cycles(scenario):
        for _ in range(cycle.workers):
            terms[1:] = np.logaddexp(terms[1:], terms[:-1] + places + np.log(service / cycle.away))
    shares: NDArray[np.float64] = np.exp(terms - np.logaddexp.reduce(terms))
    return Busy(float(shares[1:].sum()), float(shares @ np.arange(scenario.size + 1)))


def _server(
    name: str,
    what: tuple[str, str],
    formula: sp.Expr,
    measure: Measure,
    read: Callable[[Busy, float], float],
    *,
    equal: bool,
) -> ClosedForm:
    """Return a form of the server's queue, for workers of equal or unequal mean times."""
    quantity, unit = what
    left = sp.Symbol({"throughput": "G", "utilisation": "U", "number": "L"}[name.rpartition("-")[2]])

    def points(scenario: Scenario) -> Iterator[Point]:
        value = read(alike(scenario) if equal else unlike(scenario), mean_of(scenario.server.apply))
        yield Point("", {}, measure, value, margins.server(scenario, value))

    return ClosedForm(
        name=name,
        quantity=quantity,
        unit=unit,
        left=left,
        expression=formula,
        symbols=(Meaning(left, quantity, unit), WORKERS, SERVICE, THINKING if equal else EACH),
        assumptions=(
            a.protocol("async", "k-batch-async"),
            a.SERVED,
            *((on.AWAY_ALIKE,) if equal else (on.AWAY_UNLIKE, on.FEW_UNLIKE)),
            a.EXPONENTIAL_SERVICE,
            a.UNSHARED,
            a.NO_SLACK,
            a.NO_DISCARDS,
            on.FINITE_MEAN,
            *LASTING,
            lengths.SCATTERED,
        ),
        source=REPAIRMAN if equal else PRODUCT,
        points=points,
    )


def _three(
    which: str, idle: sp.Expr, number: sp.Expr, *, equal: bool
) -> tuple[ClosedForm, ClosedForm, ClosedForm]:
    return (
        _server(
            f"server{which}-throughput",
            ("gradients per second", "1/s"),
            (1 - idle) / S,
            measures.gradients_per_second,
            lambda busy, service: busy.share / service,
            equal=equal,
        ),
        _server(
            f"server{which}-utilisation",
            ("share of time that the server works", "1"),
            1 - idle,
            measures.utilisation,
            lambda busy, _: busy.share,
            equal=equal,
        ),
        _server(
            f"server{which}-number",
            ("mean number of gradients at the server", "1"),
            number,
            measures.number_at_server,
            lambda busy, _: busy.number,
            equal=equal,
        ),
    )


FORMS: Final = (
    *_three("", idle, P - Z / S * (1 - idle), equal=True),
    *_three("-unlike", 1 / _weighed(1), _weighed(u - 1) / _weighed(1), equal=False),
)

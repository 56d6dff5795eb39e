"""Bounds on throughput by what is busiest: the server, its link, the workers, the slowest of them.

They hold for any laws of the times. The asymptotic bounds of a closed queueing network (Denning and Buzen
1978) are those of the stations, of the workers and, from below, of everybody queueing behind everybody.
"""

from collections.abc import Iterator
from typing import Final

import sympy as sp

from sim.scenario import Scenario
from sim.scenario.durations import mean_of
from sim.theory import assumptions as a
from sim.theory import law_assumptions as on
from sim.theory import lengths, margins, measures
from sim.theory.form import ClosedForm, Margin, Meaning, Point
from sim.theory.forms_staleness import LASTING, WORKERS, P
from sim.theory.laws import cycles

G, U = sp.symbols("G U")
S, B, b, D, T = sp.symbols("S B b D T", positive=True)
i = sp.Symbol("i", integer=True, positive=True)
way = sp.IndexedBase("c")
own = sp.IndexedBase("z")

GRADIENTS = Meaning(G, "gradients applied", "1/s")
WAY = Meaning(
    way[i], "worker i's mean time for pull, gradient, push and applying, where nobody stands in its way", "s"
)
DENNING = "asymptotic bounds of Denning and Buzen 1978"


def _link(scenario: Scenario) -> Iterator[Point]:
    network = scenario.network
    for label, size in (("pulls", network.weight_bytes), ("pushes", network.gradient_bytes)):
        if (each := network.shared(size)) >= a.RESOLUTION:
            margin = Margin(grain=margins.NANOSECOND / each**2)
            yield Point(
                label,
                {B: network.server_bandwidth, b: size},
                measures.gradients_per_second_of_all,
                margin=margin,
            )


def _server(scenario: Scenario) -> Iterator[Point]:
    mean = mean_of(scenario.server.apply)
    yield Point("", {S: mean}, measures.gradients_per_second, margin=margins.service(scenario, 1 / mean))


def _workers(scenario: Scenario) -> Iterator[Point]:
    value = sum(cycle.workers / cycle.seconds for cycle in cycles(scenario))
    yield Point("", {}, measures.gradients_per_second, value, margins.bound(scenario, value))


def _barrier(scenario: Scenario) -> Iterator[Point]:
    value = 1 / max(cycle.seconds for cycle in cycles(scenario))
    yield Point("", {}, measures.updates_per_second, value, margins.bound(scenario, value))


def _slowest(scenario: Scenario) -> Iterator[Point]:
    slack, longest = scenario.protocol.slack or 0, max(cycle.seconds for cycle in cycles(scenario))
    margin = margins.bound(scenario, scenario.size / longest, held=slack + 1)
    yield Point("", {P: scenario.size, T: longest}, measures.gradients_per_second, margin=margin)


def _queueing(scenario: Scenario) -> Iterator[Point]:
    network, service = scenario.network, mean_of(scenario.server.apply)
    links = network.shared(network.weight_bytes) + network.shared(network.gradient_bytes)
    alone = sum(cycle.workers / (cycle.away - links) for cycle in cycles(scenario))
    value = alone / (1 + alone * (links + service))
    yield Point("", {}, measures.gradients_per_second, value, margins.bound(scenario, value))


FORMS: Final = (
    ClosedForm(
        name="link-bound",
        quantity="gradients per second",
        unit="1/s",
        left=G,
        relation="≤",
        expression=B / b,
        symbols=(
            GRADIENTS,
            Meaning(B, "bandwidth of the server's link, each way", "byte/s"),
            Meaning(b, "bytes of the weights that each gradient needs, and of the gradient", "byte"),
        ),
        assumptions=(a.SHARED,),
        source="each gradient has the link to itself for its pull, and again for its push; of every run",
        points=_link,
        check="bound",
    ),
    ClosedForm(
        name="server-bound",
        quantity="gradients per second",
        unit="1/s",
        left=G,
        relation="≤",
        expression=1 / S,
        symbols=(GRADIENTS, Meaning(S, "mean time to apply a gradient", "s")),
        assumptions=(a.SERVED, a.FINITE_SERVICE, a.ENDLESS, on.RESOLVED, lengths.ENOUGH),
        source=f"{DENNING}: the server applies one gradient at a time",
        points=_server,
        check="mean bound",
    ),
    ClosedForm(
        name="worker-bound",
        quantity="gradients per second",
        unit="1/s",
        left=G,
        relation="≤",
        expression=sp.Sum(1 / way[i], (i, 1, P)),
        symbols=(GRADIENTS, WORKERS, WAY),
        assumptions=(
            a.KEPT,
            a.CONTENDED,
            on.ONE_LAW,
            on.FINITE_MEAN,
            a.FINITE_SERVICE,
            *LASTING,
            lengths.ENOUGH,
        ),
        source=f"{DENNING}: nobody is faster than without the others",
        points=_workers,
        check="mean bound",
    ),
    ClosedForm(
        name="barrier-bound",
        quantity="updates per second",
        unit="1/s",
        left=U,
        relation="≤",
        expression=1 / T,
        symbols=(
            Meaning(U, "updates", "1/s"),
            Meaning(T, "the slowest worker's mean time for pull, gradient, push and applying", "s"),
        ),
        assumptions=(
            a.protocol("bsp"),
            a.KEPT,
            on.ONE_LAW,
            on.FINITE_MEAN,
            a.FINITE_SERVICE,
            *LASTING,
            lengths.ENOUGH,
        ),
        source="each update waits for the slowest worker, and the mean of a maximum is at least that of each",
        points=_barrier,
        check="mean bound",
    ),
    ClosedForm(
        name="slack-bound",
        quantity="gradients per second",
        unit="1/s",
        left=G,
        relation="≤",
        expression=P / T,
        symbols=(
            GRADIENTS,
            WORKERS,
            Meaning(T, "the slowest worker's mean time for pull, gradient, push and applying", "s"),
        ),
        assumptions=(
            a.KEPT,
            a.SLACK,
            on.ONE_LAW,
            on.FINITE_MEAN,
            a.FINITE_SERVICE,
            *LASTING,
            lengths.SLACK_FORGOTTEN,
        ),
        source="nobody is ever more than s + 1 gradients ahead of the slowest worker (Ho et al. 2013)",
        points=_slowest,
        check="mean bound",
    ),
    ClosedForm(
        name="queueing-bound",
        quantity="gradients per second",
        unit="1/s",
        left=G,
        relation="≥",
        expression=1 / (D + 1 / sp.Sum(1 / own[i], (i, 1, P))),
        symbols=(
            GRADIENTS,
            WORKERS,
            Meaning(own[i], "worker i's mean time outside of queues: compute time, latency, own link", "s"),
            Meaning(D, "mean time that a gradient has the server and both ways of its link to itself", "s"),
        ),
        assumptions=(
            a.KEPT,
            a.GOES_ON,
            a.QUEUES,
            a.NO_SLACK,
            a.NO_DISCARDS,
            on.ONE_LAW,
            on.FINITE_MEAN,
            a.FINITE_SERVICE,
            *LASTING,
            lengths.ENOUGH,
        ),
        source=f"{DENNING}: at worst each gradient waits in each queue for one of everybody else",
        points=_queueing,
        check="mean bound",
    ),
)

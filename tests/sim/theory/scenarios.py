"""Random scenarios for the closed forms: most meet the assumptions of some, or break one of them."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from sim import (
    Constant,
    Empirical,
    Exponential,
    Failures,
    Gamma,
    LogNormal,
    Network,
    Pareto,
    Protocol,
    Scenario,
    Server,
    ShiftedExponential,
    Slowdowns,
    Stop,
    Uniform,
    Worker,
)
from sim.scenario.durations import Distribution, mean_of
from tests.sim import strategies

SHORT = settings().max_examples <= 100
"""Whether this is the ordinary suite, not a soak."""


def examples(few: int) -> int:
    """Return how many examples to try: a few, each of which is simulated, or as many as a soak asks for."""
    return few if SHORT else settings().max_examples


scales = st.sampled_from([0.01, 0.3, 1.0, 2.5])


@st.composite
def laws(draw: st.DrawFn) -> Distribution:  # noqa: PLR0911 -- a case for each law
    """Every kind, from nearly constant to without a mean."""
    mean = draw(scales)
    kind = draw(st.sampled_from(["exponential"] * 4 + ["shifted", "uniform", "gamma", "lognormal", "pareto",
                                                      "empirical", "constant"]))  # fmt: skip
    match kind:
        case "shifted":
            return ShiftedExponential(shift=mean * draw(st.sampled_from([0.1, 0.5, 0.999])), mean=mean)
        case "uniform":
            return Uniform(low=mean * draw(st.sampled_from([0.0, 0.5, 0.99])), high=1.5 * mean)
        case "gamma":
            return Gamma(mean=mean, shape=draw(st.sampled_from([0.01, 0.1, 0.5, 3.0, 50.0, 1000.0])))
        case "lognormal":
            return LogNormal(mean=mean, sigma=draw(st.sampled_from([0.1, 0.5, 1.0, 2.0, 3.0])))
        case "pareto":
            return Pareto(
                minimum=mean, shape=draw(st.sampled_from([0.8, 0.9, 1.0, 1.05, 1.5, 2.0, 2.5, 3.0, 4.0, 9.0]))
            )
        case "empirical":
            values = draw(st.lists(st.sampled_from([0.5, 0.9, 1.0, 1.5, 4.0]), min_size=1, max_size=6))
            return Empirical(values=tuple(mean * value for value in values))
        case "constant":
            return Constant(mean=mean)
    return Exponential(mean=mean)


@st.composite
def fleets(draw: st.DrawFn) -> list[Worker]:
    """Equal workers, or two or three kinds of them, one sometimes a thousand times as slow."""
    if draw(st.booleans()):
        return [Worker(name="w", count=draw(st.integers(1, 10)), compute=draw(laws()))]
    slow = draw(st.sampled_from([1.0, 1.0, 1.0, 1.0, 0.5, 3.0, 0.001]))
    return [
        Worker(
            name=f"w{place}",
            count=draw(st.integers(1, 4)),
            compute=draw(laws()),
            speed=slow if place else 1.0,
        )
        for place in range(draw(st.integers(2, 3)))
    ]


DEPARTURES = ("worker", "network", "server", "slack", "staleness", "length")
"""What a scenario may have beyond workers, a protocol and a long run."""


@st.composite
def protocols(draw: st.DrawFn, size: int, departures: frozenset[str]) -> Protocol:
    """Every protocol; the slack is sometimes so large that it is hardly ever felt."""
    protocol = draw(strategies.protocols(size))
    if protocol.always_fresh:
        return protocol
    slack = draw(st.sampled_from([0, 1, 5, 40, 1000])) if "slack" in departures else None
    staleness = draw(st.sampled_from([0, 3, 50])) if "staleness" in departures else None
    return protocol.replace(slack=slack, max_staleness=staleness)


def _twists(worker: Worker) -> st.SearchStrategy[dict[str, Any]]:
    """Draw nothing, or one thing that breaks an assumption."""
    mean = worker.compute if isinstance(worker.compute, int | float) else mean_of(worker.compute)  # type: ignore[arg-type]
    mean = min(mean, 10.0)
    spells = st.sampled_from(
        [
            Exponential(mean=20 * mean),
            Uniform(low=2 * mean, high=9 * mean),
            Pareto(minimum=3 * mean, shape=1.5),
        ]
    )
    return st.one_of(
        st.just({"gradients": 60}),
        st.just({"joins": 7.0}),
        st.just({"leaves": 40.0}),
        st.just({"offline": ((5.0, 9.0), (20.0, 3.0 + 20.0))}),
        st.just({"speed": ((3.0, 0.5), (30.0, 2.0))}),
        st.just({"compute": (mean, 2 * mean, mean / 2) * 30}),
        st.builds(
            lambda mtbf, repair: {"failures": Failures(mtbf=mtbf, repair=repair)},
            st.one_of(st.just(8 * mean), spells),
            st.one_of(st.just(mean), spells),
        ),
        st.builds(
            lambda every, lasting, factor: {
                "slowdowns": Slowdowns(every=every, lasting=lasting, factor=factor)
            },
            spells,
            spells,
            st.sampled_from([0.1, 0.5, 3.0]),
        ),
    )


networks = st.builds(
    Network,
    latency=st.sampled_from([0.0, 0.01, 5.0]),
    bandwidth=st.sampled_from([None, 1e7]),
    server_bandwidth=st.sampled_from([None, None, 1e7, 1e8]),
    gradient_bytes=st.sampled_from([0.0, 1e6]),
    weight_bytes=st.sampled_from([0.0, 1e6, 3e6]),
)
servers = st.one_of(
    st.builds(Server, apply=st.sampled_from([0.01, 0.2])),
    st.builds(Server, apply=st.builds(Exponential, mean=st.sampled_from([1e-4, 0.02, 0.3, 2.0]))),
    st.builds(Server, apply=laws()),
)


@st.composite
def any_scenario(draw: st.DrawFn, most: int = 4000) -> Scenario:
    """Draw a scenario; its runs apply ``most`` gradients at most.

    Usually it departs from the simplest case in one way at most, sometimes in several.
    """
    departures = frozenset(
        draw(st.one_of(
            *[st.sampled_from(DEPARTURES).map(lambda one: [one])] * 2,
            st.just([]),
            st.lists(st.sampled_from(DEPARTURES), max_size=4),
        ))
    )  # fmt: skip
    workers = draw(fleets())
    if "worker" in departures:
        place = draw(st.integers(0, len(workers) - 1))
        workers[place] = workers[place].replace(**draw(_twists(workers[place])))
    size = sum(worker.count or 1 for worker in workers)
    gradients = most // draw(st.sampled_from([100, 8])) if "length" in departures else most
    means = [
        min(10.0, mean_of(worker.compute)) for worker in workers if not isinstance(worker.compute, tuple)
    ]
    seconds = gradients * max([*means, 0.1]) / size
    time = draw(st.sampled_from([None, seconds, 3 * seconds]))
    return Scenario(
        workers=workers,
        protocol=draw(protocols(size, departures)),
        network=draw(networks) if "network" in departures else Network(),
        server=draw(servers) if "server" in departures else Server(),
        seed=draw(st.integers(0, 2**32)),
        stop=Stop(time=min(1e8, time or 40 * seconds + 1e4), gradients=gradients),
    )

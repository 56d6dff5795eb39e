"""Random scenarios for the property tests of the simulator."""

from typing import Any

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

# Few and round, so that many events fall on the same instant.
round_seconds = st.integers(1, 8).map(lambda tenths: tenths / 10)

distributions = st.one_of(
    st.builds(Exponential, mean=round_seconds),
    st.builds(Uniform, low=st.just(0.0), high=round_seconds),
    st.builds(Gamma, mean=round_seconds, shape=st.sampled_from([0.5, 4.0])),
)
computes = st.one_of(
    round_seconds, st.lists(round_seconds, min_size=1, max_size=12).map(tuple), distributions
)


@st.composite
def workers(draw: st.DrawFn, /, name: str, **features: st.SearchStrategy[Any]) -> Worker:
    """One worker, with the optional features that are named drawn from their strategies."""
    drawn = {feature: draw(strategy) for feature, strategy in features.items()}
    return Worker(name=name, compute=draw(computes), **drawn)


def fleets(max_size: int = 5, **features: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Worker]]:
    """A few workers A, B, C, …"""
    return st.integers(1, max_size).flatmap(
        lambda size: st.tuples(*(workers("ABCDEFGH"[i], **features) for i in range(size))).map(list)
    )


stops = st.one_of(
    st.builds(Stop, time=st.integers(1, 60).map(lambda tenths: tenths / 10)),
    st.builds(Stop, updates=st.integers(1, 40), time=st.just(100.0)),
    st.builds(Stop, gradients=st.integers(1, 40), time=st.just(100.0)),
)

asynchronous = st.builds(Scenario, workers=fleets(), stop=stops, seed=st.integers(0, 2**32))


def protocols(size: int) -> st.SearchStrategy[Protocol]:
    """Every protocol that makes sense for so many workers, with every bound that makes sense for it."""
    share = st.integers(1, size)
    any_k = st.integers(1, 2 * size)
    slack = st.none() | st.integers(0, 3)
    staleness = st.none() | st.integers(0, 4)
    return st.one_of(
        st.just(Protocol.bsp()),
        st.builds(Protocol.k_sync, share),
        st.builds(Protocol.k_batch_sync, any_k),
        st.builds(Protocol.asynchronous, slack=slack, max_staleness=staleness),
        st.builds(Protocol.k_async, share, slack=slack, max_staleness=staleness),
        st.builds(Protocol.k_batch_async, any_k, slack=slack, max_staleness=staleness),
        st.builds(
            Protocol.k_batch_async,
            st.sampled_from([f"P/{n}" for n in (2, 3) if n <= size] or ["P/1"]),
            slack=slack,
        ),
    )


def _intervals(cuts: list[int]) -> tuple[tuple[float, float], ...]:
    instants = [cut / 10 for cut in sorted(cuts)]
    return tuple(zip(instants[::2], instants[1::2], strict=False))


attendances: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.builds(
        lambda cuts: {"offline": _intervals(cuts)}, st.lists(st.integers(1, 50), unique=True, max_size=4)
    ),
    st.builds(
        lambda mtbf, repair: {"failures": Failures(mtbf=mtbf, repair=repair)}, round_seconds, round_seconds
    ),
)
speeds = st.one_of(
    st.just(1.0),
    st.just(2.5),
    st.lists(st.integers(0, 30), min_size=1, max_size=3, unique=True).map(
        lambda starts: tuple((start / 10, 0.5 + start % 3) for start in sorted(starts))
    ),
)
slowdowns = st.none() | st.builds(Slowdowns, every=distributions, lasting=distributions, factor=st.just(0.25))


@st.composite
def everything(draw: st.DrawFn) -> Scenario:
    """Every feature switched on and off at random: protocol, server, network, faults, changes of speed."""
    fleet = [
        worker.replace(**draw(attendances), **draw(_lifetimes))
        for worker in draw(
            fleets(speed=speeds, slowdowns=slowdowns, gradients=st.none() | st.integers(1, 12))
        )
    ]
    size = st.sampled_from([0.0, 1e6, 3e6])
    return Scenario(
        seed=draw(st.integers(0, 2**32)),
        workers=fleet,
        protocol=draw(protocols(len(fleet))),
        server=Server(apply=draw(st.one_of(st.just(0.0), st.just(0.1), distributions))),
        network=Network(
            latency=draw(st.sampled_from([0.0, 0.1])),
            bandwidth=draw(st.sampled_from([None, 1e7])),
            server_bandwidth=draw(st.sampled_from([None, 1e7])),
            gradient_bytes=draw(size),
            weight_bytes=draw(size),
        ),
        stop=draw(stops),
    )


_lifetimes: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.builds(
        lambda joins, stays: {"joins": joins / 10, "leaves": (joins + stays) / 10},
        st.integers(0, 20),
        st.integers(1, 40),
    ),
)


# Also what only engines that are held against each other need: every law, times so short that fractions of a
# nanosecond count, and times so round that nearly all events tie.


@st.composite
def anything(draw: st.DrawFn) -> Scenario:
    """Every feature of a scenario, on one scale of time."""
    unit = draw(st.sampled_from([1.0, 1.0, 0.1, 1.005e-7, 1e-9, 1.5e-9, 1.7e-9]))
    most = draw(st.sampled_from([2, 8, 30]))

    def times(first: int, last: int = most) -> st.SearchStrategy[float]:
        return st.integers(first, last).map(lambda number: float(f"{number * unit:.12g}"))

    laws = _laws(times(1))
    fleet = [draw(_one("ABCDE"[i], times, laws)) for i in range(draw(st.integers(1, 5)))]
    size = sum(worker.count or 1 for worker in fleet)
    rate = st.none() | st.sampled_from([1.0, 2.0, 3.0, 7.0]).map(lambda rate: rate / unit)
    if draw(st.booleans()):
        fleet = [worker.replace(bandwidth=draw(rate)) for worker in fleet]
    sizes = st.sampled_from([0.0, 0.0, 1.0, 2.0, 5.0])
    free = draw(st.booleans())
    return Scenario(
        seed=draw(st.integers(0, 2**32)),
        workers=fleet,
        protocol=draw(protocols(size)),
        server=Server(apply=draw(st.just(0.0) | times(0) | laws)),
        network=Network()
        if free
        else Network(
            latency=draw(st.just(0.0) | times(0) | times(1).map(lambda seconds: seconds / 4)),
            bandwidth=draw(rate),
            server_bandwidth=draw(rate),
            gradient_bytes=draw(sizes),
            weight_bytes=draw(sizes),
        ),
        stop=draw(_ends(times, finite=not any(worker.endless for worker in fleet))),
    )


def _laws(times: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.builds(Constant, mean=times),
        st.builds(Exponential, mean=times),
        times.flatmap(
            lambda shift: times.map(lambda rest: ShiftedExponential(shift=shift, mean=shift + rest))
        ),
        times.flatmap(lambda low: times.map(lambda width: Uniform(low=low, high=low + width))),
        st.builds(Gamma, mean=times, shape=st.sampled_from([0.5, 4.0])),
        st.builds(LogNormal, mean=times, sigma=st.sampled_from([0.5, 1.5])),
        st.builds(Pareto, minimum=times, shape=st.sampled_from([1.5, 3.0])),
        st.builds(Empirical, values=st.lists(times, min_size=1, max_size=4).map(tuple)),
    )


@st.composite
def _one(draw: st.DrawFn, name: str, times: Any, laws: st.SearchStrategy[Any]) -> Worker:  # noqa: ANN401
    listed = st.lists(times(1), min_size=1, max_size=12).map(tuple)
    factors = st.sampled_from([0.5, 1.0, 2.0, 3.0, 7.0, 0.3])
    steps = st.lists(times(0), min_size=1, max_size=4, unique=True).flatmap(
        lambda starts: st.tuples(*(st.tuples(st.just(start), factors) for start in sorted(starts)))
    )
    given: dict[str, Any] = {
        "compute": st.one_of(times(1), times(1), listed, laws),
        "gradients": st.none() | st.integers(1, 12),
        "count": st.sampled_from([None, None, None, 1, 2, 3]),
        "speed": st.one_of(st.just(1.0), factors, steps),
        "slowdowns": st.one_of(
            st.none(),
            st.none(),
            st.builds(Slowdowns, every=times(1) | laws, lasting=times(1) | laws, factor=factors),
        ),
        "joins": st.one_of(st.just(0.0), st.just(0.0), times(0)),
    }
    away = st.lists(times(0, 60), unique=True, max_size=6).map(sorted)
    given |= draw(
        st.sampled_from(
            [
                {},
                {"offline": away.map(lambda cuts: tuple(zip(cuts[::2], cuts[1::2], strict=False)))},
                {"failures": st.builds(Failures, mtbf=times(1, 60) | laws, repair=times(1) | laws)},
            ]
        )
    )
    worker = Worker(name=name, **{feature: draw(strategy) for feature, strategy in given.items()})
    stay = draw(st.none() | times(1, 60))
    return worker if stay is None else worker.replace(leaves=worker.joins + stay)


def _ends(times: Any, *, finite: bool) -> st.SearchStrategy[Stop]:  # noqa: ANN401
    number = st.integers(1, 40)
    time = times(1, 60)
    return st.one_of(
        st.builds(Stop, time=time),
        st.builds(Stop, updates=number, time=times(300, 300)),
        st.builds(Stop, gradients=number, time=times(300, 300)),
        st.builds(Stop, updates=number, gradients=number, time=time),
        *([st.just(Stop())] if finite else []),
    )

"""How long a run must be is worked out from the scenario, said, and right when it is taken at its word."""

import math
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import (
    Constant,
    Exponential,
    Gamma,
    LogNormal,
    Network,
    Pareto,
    Protocol,
    Scenario,
    Server,
    Stop,
    Worker,
)
from sim.scenario.durations import Distribution
from sim.theory import applicable
from sim.theory.catalogue import form
from sim.theory.lengths import lead

EXP = Exponential(mean=1.0)
LONG_FORMS = {"async-staleness", "async-time", "async-rates"}


def names(scenario: Scenario) -> set[str]:
    return {each.form.name for each in applicable(scenario).predictions}


def failing(scenario: Scenario, name: str) -> tuple[str, ...]:
    return form(name).failing(scenario)


def async_(stop: Stop, *workers: Worker, network: Network | None = None) -> Scenario:
    return Scenario(workers=workers, stop=stop, network=network or Network())


def many(count: int, law: Distribution = EXP, name: str = "w") -> Worker:
    return Worker(name=name, count=count, compute=law)


def test_seven_fast_workers_and_a_thousand_times_slower_one_take_long() -> None:
    workers = many(7), many(1, Exponential(mean=1000.0), "slow")
    reason = (
        "the run stops after about 0.571 gradients of workers[1], fewer than 50: it takes 360,000 updates",
    )
    assert failing(async_(Stop(updates=4000), *workers), "async-staleness") == reason
    assert failing(async_(Stop(updates=360_000), *workers), "async-staleness") == ()
    both = failing(async_(Stop(time=100.0, gradients=4000), *workers), "worker-staleness")
    assert both[0].endswith("it takes 50,000 s and 360,000 gradients in all")


def test_latency_counts_as_time_from_gradient_to_gradient() -> None:
    slow = async_(Stop(time=30.0), many(4, Exponential(mean=0.01)), network=Network(latency=5.0))
    assert failing(slow, "async-rates") == (
        "the run stops after about 3 gradients of each worker, fewer than 50: it takes 510 s",
    )
    assert failing(slow.model_copy(update={"stop": Stop(time=510.0)}), "async-rates") == ()


def test_eighty_gradients_of_two_workers_are_forty_of_each() -> None:
    (reason,) = failing(async_(Stop(gradients=80), many(2)), "async-time")
    assert "about 40 gradients of each worker, fewer than 50" in reason
    assert failing(async_(Stop(gradients=100), many(2)), "async-time") == ()
    assert failing(async_(Stop(gradients=99), many(2)), "async-time") != ()


def test_uneven_times_take_longer() -> None:
    wild = many(4, Gamma(mean=1.0, shape=0.01))  # E[X²]/E[X]² is 101
    (reason,) = failing(async_(Stop(updates=4000), wild), "async-time")
    assert "about 1,000 gradients of each worker, fewer than 2,600" in reason
    wilder = many(4, LogNormal(mean=1.0, sigma=3.0))
    assert failing(async_(Stop(updates=4000), wilder), "async-time") != ()


def test_batches_and_barriers_are_counted_in_updates() -> None:
    for protocol in (Protocol.bsp(), Protocol.k_sync(2)):
        enough = Scenario(protocol=protocol, workers=[many(4)], stop=Stop(updates=50))
        assert failing(enough, "sync-exponential") == ()
        short = enough.model_copy(update={"stop": Stop(updates=49)})
        assert "about 49 updates, fewer than 50: it takes 50 updates" in failing(short, "sync-exponential")[0]
    # By time: E[X_{4:4}] = 25/12 s.
    timed = Scenario(protocol=Protocol.bsp(), workers=[many(4)], stop=Stop(time=104.0))
    assert failing(timed, "sync-exponential") != ()
    assert failing(timed.model_copy(update={"stop": Stop(time=105.0)}), "sync-exponential") == ()


def test_a_slow_worker_that_is_always_cancelled_makes_no_run_short() -> None:
    workers = [many(7), many(1, Exponential(mean=1e6), "slow")]
    rare = Scenario(protocol=Protocol.k_sync(2), workers=workers, stop=Stop(updates=100))
    assert "sync-numeric" in names(rare)


def test_slack_takes_the_square_of_itself() -> None:
    def ssp(slack: int, updates: int, pace: float = 1.0) -> tuple[str, ...]:
        two = [Worker(name="a", compute=EXP), Worker(name="b", compute=Exponential(mean=pace))]
        scenario = Scenario(
            protocol=Protocol.asynchronous(slack=slack), workers=two, stop=Stop(updates=updates)
        )
        return failing(scenario, "ssp-throughput")

    assert ssp(1000, 4000, 1.5) != ()
    assert ssp(3, 4000) == ()
    needed = []
    for slack in (20, 40, 80):
        (reason,) = ssp(slack, 10)
        found = re.search(r"it takes ([\d,]+) updates", reason)
        assert found
        needed.append(int(found[1].replace(",", "")))
        assert ssp(slack, needed[-1]) == ()
    assert [b / a for a, b in pairwise(needed)] == pytest.approx([4, 4], rel=0.1)


@pytest.mark.parametrize(("first", "second"), [(1.0, 1.0), (1.0, 1 / 1.5), (3.0, 0.4)])
@pytest.mark.parametrize("most", [1, 4, 20])
def test_the_lead_forgets_as_fast_as_its_chain(first: float, second: float, most: int) -> None:
    states = 2 * most + 1
    chain = np.diag(np.full(states - 1, first), 1) + np.diag(np.full(states - 1, second), -1)
    chain -= np.diag(chain.sum(axis=1))
    gap = -sorted(np.linalg.eigvals(chain).real)[-2]
    walk = lead(first, second, most)
    assert walk.relaxation == pytest.approx(1 / gap)
    values, vectors = np.linalg.eig(chain.T)
    law = np.abs(vectors[:, np.argmax(values.real)].real)
    law /= law.sum()
    assert walk.throughput == pytest.approx(law @ (chain - np.diag(np.diag(chain))).sum(axis=1))
    start = np.zeros(states)
    start[most] = 1.0
    inverse = np.linalg.inv(vectors)
    then = (vectors @ np.diag(np.exp(values * walk.forgotten)) @ inverse @ start).real
    assert np.abs(then - law).sum() / 2 < math.exp(-3)


def test_workers_in_step_take_long_to_scatter() -> None:
    network = Network(latency=0.1)
    steady = async_(Stop(updates=4000), many(4, Gamma(mean=1.0, shape=1000.0)), network=network)
    assert "fewer than 7,200" in failing(steady, "transfer-staleness")[0]
    loose = async_(Stop(updates=4000), many(4, Gamma(mean=1.0, shape=50.0)), network=network)
    assert failing(loose, "transfer-staleness") == ()


def test_the_length_is_said_only_where_nothing_else_is_in_the_way() -> None:
    short = Scenario(workers=[many(4, Constant(mean=1.0))], server=Server(apply=0.1), stop=Stop(updates=5))
    assert failing(short, "async-time") == ("applying a gradient takes time",)


@pytest.mark.parametrize("law", [Pareto(minimum=1.0, shape=0.9), Pareto(minimum=1.0, shape=1.0)])
def test_without_a_mean_there_is_no_long_run(law: Distribution) -> None:
    for protocol in (Protocol.asynchronous(), Protocol.k_async(3), Protocol.k_batch_async(3)):
        scenario = Scenario(protocol=protocol, workers=[many(8, law)], stop=Stop(updates=100_000))
        assert not {name for name in names(scenario) if name.endswith(("staleness", "time", "rates"))}
        assert f"{protocol.name}-conservation" in names(scenario)  # which is exact in every run


def test_times_near_the_clocks_nanosecond_are_refused() -> None:
    tiny = async_(Stop(updates=4000), many(8, Exponential(mean=1e-6)))
    assert failing(tiny, "async-time") == (
        "the compute times of workers[0], 1e-06 s, are near the clock's nanosecond",
    )
    crowd = Scenario(
        protocol=Protocol.k_sync(1), workers=[many(1000, Exponential(mean=1e-5))], stop=Stop(updates=100)
    )
    (refusal,) = [each for each in applicable(crowd).refusals if each.form.name == "sync-exponential"]
    assert refusal.failing == ("updates would take 1e-08 s, near the clock's nanosecond",)


@given(
    st.integers(1, 6),
    st.sampled_from([EXP, Gamma(mean=0.3, shape=4.0), Constant(mean=2.0), LogNormal(mean=1.0, sigma=1.5)]),
    st.sampled_from(["updates", "gradients", "time"]),
    st.floats(1.0, 30.0),
)
def test_a_run_as_long_as_it_takes_is_long(count: int, law: Distribution, stop: str, slower: float) -> None:
    workers = [many(count, law), Worker(name="slow", compute=EXP, speed=1 / slower)]
    amount = 1.0 if stop == "time" else 1
    short = async_(Stop(**{stop: amount}), *workers)
    (reason,) = failing(short, "async-rates")
    found = re.search(r"it takes ([\d,.]+) ", reason)
    assert found
    needed = float(found[1].replace(",", ""))
    enough = Stop(**{stop: needed if stop == "time" else math.ceil(needed)})
    assert LONG_FORMS - {"async-time"} <= names(async_(enough, *workers))

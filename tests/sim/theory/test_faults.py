"""Rates of workers that fail or are slowed down, against numpy alone."""

import math

import numpy as np
import pytest

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
from sim.scenario.durations import Distribution
from sim.theory import applicable
from sim.theory.catalogue import form
from sim.theory.comparison import compare
from sim.theory.faults import mean_speed
from tests.sim.theory.numpy_draws import drawn

EXP = Exponential(mean=1.0)
LAWS = [
    EXP,
    Constant(mean=1.0),
    ShiftedExponential(shift=0.5, mean=1.0),
    Uniform(low=0.5, high=1.5),
    Gamma(mean=1.0, shape=3.0),
    LogNormal(mean=1.0, sigma=0.8),
    Pareto(minimum=0.5, shape=3.5),
    Empirical(values=(0.5, 1.0, 1.8)),
]


def scenario(worker: Worker, protocol: Protocol | None = None, network: Network | None = None) -> Scenario:
    return Scenario(
        workers=[worker],
        protocol=protocol or Protocol.asynchronous(),
        network=network or Network(),
        stop=Stop(gradients=10**6),
    )


def rate(given: Scenario) -> float:
    found = [
        each for each in applicable(given).predictions if each.form.name in {"slowed-rates", "failing-rates"}
    ]
    (prediction,) = found
    return prediction.value


def completed(law: Distribution, mtbf: float, repair: float, way: float, rounds: int) -> tuple[float, float]:
    """Let a worker fail so often, and return its gradients a second with the standard error, by numpy."""
    rng = np.random.default_rng(1)
    up = rng.exponential(mtbf, rounds)
    times = np.cumsum(drawn(law, rng, (rounds, 80)) + way, axis=1)
    assert (times[:, -1] > up).all()
    counts = (times <= up[:, None]).sum(axis=1)
    cycle = mtbf + repair
    return counts.mean() / cycle, counts.std() / math.sqrt(rounds) / cycle


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.kind)
@pytest.mark.parametrize("way", [0.0, 0.4])
def test_failing_workers_complete_what_numpy_counts(law: Distribution, way: float) -> None:
    worker = Worker(name="w", compute=law, failures=Failures(mtbf=2.5, repair=Uniform(low=1.0, high=2.0)))
    network = Network(latency=way / 2)
    mean, error = completed(law, 2.5, 1.5, way, 40_000)
    assert abs(rate(scenario(worker, network=network)) - mean) < 4.5 * error


def test_a_constant_gradient_must_come_through_whole() -> None:
    worker = Worker(name="w", compute=2.0, failures=Failures(mtbf=4.0, repair=1.0))
    through = math.exp(-0.5)
    assert rate(scenario(worker)) == pytest.approx(through / (1 - through) / 5)


def test_without_memory_only_the_availability_counts_whatever_the_law_of_failures() -> None:
    failures = Failures(mtbf=Uniform(low=1.0, high=9.0), repair=LogNormal(mean=3.0, sigma=1.0))
    slowdowns = Slowdowns(every=Gamma(mean=6.0, shape=2.0), lasting=EXP, factor=0.3)
    worker = Worker(
        name="w", compute=Exponential(mean=0.5), failures=failures, slowdowns=slowdowns, speed=2.0
    )
    assert rate(scenario(worker)) == pytest.approx(4 * 5 / 8 * (6 + 0.3) / 7)


def test_the_mean_speed_is_that_over_time() -> None:
    slowdowns = Slowdowns(every=300.0, lasting=Exponential(mean=30.0), factor=0.2)
    assert mean_speed(Worker(name="w", compute=1.0, slowdowns=slowdowns)) == pytest.approx(306 / 330)
    assert mean_speed(Worker(name="w", compute=1.0)) == 1


@pytest.mark.parametrize("law", LAWS[:5], ids=lambda law: law.kind)
def test_slowed_workers_do_what_numpy_integrates(law: Distribution) -> None:
    rng = np.random.default_rng(2)
    fast, slow = rng.exponential(4.0, 30_000), rng.uniform(1.0, 3.0, 30_000)
    work = (fast + 0.25 * slow).sum()
    gradients = np.searchsorted(np.cumsum(drawn(law, rng, 150_000)), work)
    slowdowns = Slowdowns(every=Exponential(mean=4.0), lasting=Uniform(low=1.0, high=3.0), factor=0.25)
    got = rate(scenario(Worker(name="w", compute=law, slowdowns=slowdowns)))
    assert got == pytest.approx(gradients / (fast + slow).sum(), rel=0.02)
    assert got == pytest.approx(4.5 / 6)


def test_update_times_add_the_rates_up() -> None:
    failing = Worker(name="f", count=3, compute=EXP, failures=Failures(mtbf=9.0, repair=3.0))
    steady = Worker(name="s", compute=0.5)
    given = Scenario(protocol=Protocol.k_batch_async(4), workers=[failing, steady], stop=Stop(updates=10_000))
    (time,) = [each.value for each in applicable(given).predictions if each.form.name == "fault-time"]
    assert time == pytest.approx(4 / (3 * 0.75 + 2))


def test_the_simulation_of_failing_and_slowed_workers_agrees() -> None:
    failing = Worker(name="f", count=3, compute=0.7, failures=Failures(mtbf=5.0, repair=2.0))
    slowed = Worker(
        name="s",
        count=2,
        compute=Uniform(low=0.5, high=1.5),
        slowdowns=Slowdowns(every=Exponential(mean=9.0), lasting=Gamma(mean=3.0, shape=2.0), factor=0.2),
    )
    given = Scenario(workers=[failing, slowed], stop=Stop(updates=6000))
    findings = compare(given, applicable(given).predictions, 8, seed=1)
    assert {each.prediction.form.name for each in findings} == {"slowed-rates", "failing-rates", "fault-time"}
    assert not {each.verdict for each in findings} & {
        "disagrees",
        "undecided",
        "not simulated",
        "no interval",
    }


FAILURES = Failures(mtbf=9.0, repair=1.0)
SLOWDOWNS = Slowdowns(every=9.0, lasting=1.0, factor=0.5)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"compute": 1.0, "failures": Failures(mtbf=Gamma(mean=9.0, shape=2.0), repair=1.0)},
            "does not fail without",
        ),
        ({"compute": 1.0, "slowdowns": SLOWDOWNS}, "both fails and is slowed down, with constant times"),
        ({"compute": (1.0, 2.0)}, "ends with its list of 2 times"),
        ({"gradients": 9}, "ends after 9 gradients"),
        ({"joins": 2.0}, "has joins"),
        ({"speed": ((1.0, 2.0),)}, "the speed of workers[0] changes"),
        (
            {"failures": Failures(mtbf=9.0, repair=Pareto(minimum=1.0, shape=1.0))},
            "a mean time of workers[0] is infinite",
        ),
        ({"failures": Failures(mtbf=2e6, repair=1.0)}, "faults of workers[0], fewer than 50"),
    ],
)
def test_other_faults_are_not_known(changes: dict[str, object], reason: str) -> None:
    worker = Worker(**{"name": "w", "compute": EXP, "failures": FAILURES} | changes)
    assert reason in " ".join(form("failing-rates").failing(scenario(worker)))


def test_waiting_makes_rates_depend_on_others() -> None:
    worker = Worker(name="w", compute=EXP, failures=FAILURES)
    assert form("failing-rates").failing(scenario(worker, Protocol.bsp())) == ("the protocol is bsp",)
    served = scenario(worker).replace(server=Server(apply=0.1))
    assert form("failing-rates").failing(served) == ("applying a gradient takes time",)
    slowed = Worker(name="w", compute=EXP, slowdowns=SLOWDOWNS)
    far = scenario(slowed, network=Network(latency=1.0))
    assert "transfers of workers[0], which is slowed down, take time" in form("slowed-rates").failing(far)

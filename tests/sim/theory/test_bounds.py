"""What the link, the server, the workers and their queue leave possible, by hand and by brute force."""

from pathlib import Path

import numpy as np
import pytest

from sim import (
    Constant,
    Exponential,
    Gamma,
    LogNormal,
    Network,
    Protocol,
    Scenario,
    Server,
    Stop,
    Uniform,
    Worker,
    simulate,
)
from sim.theory import applicable
from sim.theory.comparison import compare
from sim.theory.forms_server import alike, unlike

EXAMPLES = Path(__file__).parents[3] / "examples"
EXP = Exponential(mean=1.0)


def values(scenario: Scenario) -> dict[tuple[str, str], float]:
    return {(each.form.name, each.label): each.value for each in applicable(scenario).predictions}


def test_vgg19_over_ten_gigabit_has_an_answer() -> None:
    scenario = Scenario.load(EXAMPLES / "vgg19-10gbit.toml")
    transfer = 574_668_960 / 1.25e9  # of the 143,667,240 parameters in float32
    got = values(scenario)
    assert got["link-bound", "pulls"] == got["link-bound", "pushes"] == pytest.approx(1 / transfer)
    assert got["worker-bound", ""] == pytest.approx(8 / (0.1 + 2 * transfer + 1e-4))
    assert got["queueing-bound", ""] == pytest.approx(8 / (0.1 + 1e-4 + 8 * 2 * transfer))
    findings = compare(scenario, applicable(scenario).predictions, 3)
    assert {finding.verdict for finding in findings} == {"exact", "agrees"}
    (pushes,) = [each for each in findings if each.prediction.label == "pushes"]
    assert pushes.estimate is not None
    assert pushes.estimate.mean == pytest.approx(1 / transfer, rel=0.01)  # which is what the link gives


@pytest.mark.parametrize(
    "protocol",
    [
        Protocol.asynchronous(),
        Protocol.bsp(),
        Protocol.k_sync(2),
        Protocol.k_batch_sync(3),
        Protocol.k_async(2),
    ],
)
@pytest.mark.parametrize("stop", [Stop(time=9.0), Stop(updates=7)])
def test_a_link_bounds_every_run_however_short(protocol: Protocol, stop: Stop) -> None:
    network = Network(server_bandwidth=1e6, weight_bytes=3e5, gradient_bytes=1e5, latency=0.01)
    workers = [Worker(name="w", count=4, compute=Uniform(low=0.01, high=0.3), leaves=8.0)]
    scenario = Scenario(protocol=protocol, workers=workers, network=network, stop=stop)
    assert values(scenario)["link-bound", "pulls"] == pytest.approx(1 / 0.3)
    for seed in range(4):
        trace = simulate(scenario, seed)
        assert trace.applied <= trace.updated_at[-1] / 0.3 + 1e-6


def test_the_barrier_waits_for_the_slowest_way_around() -> None:
    network = Network(latency=0.5, bandwidth=1e6, gradient_bytes=1e6)
    workers = [
        Worker(name="a", compute=3.0),
        Worker(name="b", compute=Gamma(mean=1.0, shape=2.0), bandwidth=2e5),
    ]
    scenario = Scenario(protocol=Protocol.bsp(), workers=workers, network=network, stop=Stop(updates=200))
    assert values(scenario)["barrier-bound", ""] == pytest.approx(1 / 7)  # 1 s, 2 × 0.5 s, 5 s


def test_slack_holds_everybody_to_the_slowest() -> None:
    workers = [
        Worker(name="w", count=3, compute=EXP),
        Worker(name="slow", compute=LogNormal(mean=4.0, sigma=0.5)),
    ]
    scenario = Scenario(protocol=Protocol.asynchronous(slack=2), workers=workers, stop=Stop(updates=2000))
    assert values(scenario)["slack-bound", ""] == pytest.approx(4 / 4)
    verdicts = {
        each.prediction.form.name: each.verdict
        for each in compare(scenario, applicable(scenario).predictions, 6)
    }
    assert verdicts == {"ssp-bound": "exact", "slack-bound": "agrees", "worker-bound": "agrees"}


def test_a_wrong_bound_is_found_out_on_either_side() -> None:
    scenario = Scenario.load(EXAMPLES / "theory-server-queue.toml")
    for each in applicable(scenario).predictions:
        if each.form.check == "mean bound":
            wrong = type(each)(
                each.form, each.label, 6.6 * (0.8 if each.form.relation == "≤" else 1.25), each.measure
            )
            assert compare(scenario, [wrong], 6)[0].verdict == "disagrees"


def stationary(scenario: Scenario) -> tuple[float, float]:
    """Solve the Markov chain of exponential workers at a FIFO server: the states are the queues, in order."""
    away = [its.mean for worker in scenario.workers for its in [worker.compute] * (worker.count or 1)]  # type: ignore[union-attr]
    service = scenario.server.apply.mean  # type: ignore[union-attr]
    states: dict[tuple[int, ...], int] = {(): 0}
    moves: list[tuple[tuple[int, ...], tuple[int, ...], float]] = []
    todo: list[tuple[int, ...]] = [()]
    for state in todo:
        following = [((*state, i), 1 / mean) for i, mean in enumerate(away) if i not in state]
        following += [(state[1:], 1 / service)] if state else []
        for other, rate in following:
            moves.append((state, other, rate))
            if other not in states:
                states[other] = len(states)
                todo.append(other)
    generator = np.zeros((len(states), len(states)))
    for state, other, rate in moves:
        generator[states[state], states[other]] += rate
        generator[states[state], states[state]] -= rate
    system = np.vstack([generator.T, np.ones(len(states))])
    law = np.linalg.lstsq(system, np.append(np.zeros(len(states)), 1.0), rcond=None)[0]
    lengths = np.array([len(state) for state in states])
    return float(law[lengths > 0].sum()), float(law @ lengths)


@pytest.mark.parametrize("service", [0.05, 0.4, 3.0])
def test_unequal_workers_at_the_server_are_their_chain(service: float) -> None:
    workers = [
        Worker(name="a", compute=EXP),
        Worker(name="b", count=2, compute=Exponential(mean=0.3)),
        Worker(name="c", compute=Exponential(mean=5.0)),
    ]
    scenario = Scenario(
        workers=workers, server=Server(apply=Exponential(mean=service)), stop=Stop(updates=10**5)
    )
    share, number = stationary(scenario)
    got = values(scenario)
    assert got["server-unlike-utilisation", ""] == pytest.approx(share)
    assert got["server-unlike-throughput", ""] == pytest.approx(share / service)
    assert got["server-unlike-number", ""] == pytest.approx(number)


@pytest.mark.parametrize(("count", "service"), [(1, 1.0), (8, 0.1), (40, 0.02), (500, 1e-4), (300, 1.0)])
def test_equal_workers_are_unequal_ones_at_their_limit(count: int, service: float) -> None:
    workers = [Worker(name="w", count=count, compute=EXP)]
    scenario = Scenario(
        workers=workers, server=Server(apply=Exponential(mean=service)), stop=Stop(updates=100)
    )
    assert unlike(scenario) == pytest.approx(alike(scenario), rel=1e-9)


def test_transfers_that_queue_for_nobody_are_time_away_from_the_server() -> None:
    network = Network(latency=0.2, bandwidth=1e6, weight_bytes=1e5, gradient_bytes=5e5)
    near = Scenario(
        workers=[Worker(name="w", count=5, compute=EXP)],
        server=Server(apply=Exponential(mean=0.3)),
        network=network,
        stop=Stop(updates=20_000),
    )
    far = near.replace(workers=[Worker(name="w", count=5, compute=Exponential(mean=2.0))], network=Network())
    assert values(near)["server-number", ""] == pytest.approx(values(far)["server-number", ""])
    constant = near.replace(workers=[Worker(name="w", count=5, compute=Constant(mean=1.0))])
    assert alike(constant) == alike(near)

"""Each form on a scenario that is made for it, and on that with one thing changed: it refuses, or holds."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from sim import (
    Constant,
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
    SimError,
    Slowdowns,
    Stop,
    Uniform,
    Worker,
)
from sim.theory.applying import applicable
from sim.theory.catalogue import FORMS
from tests.sim.theory.judging import disagreeing
from tests.sim.theory.scenarios import examples

EXP = Exponential(mean=1.0)
ASYNC, BSP = Protocol.asynchronous(), Protocol.bsp()
SLOW = Worker(name="slow", count=2, compute=Exponential(mean=2.5))
SERVED = Server(apply=Exponential(mean=0.1))
FAILING: dict[str, Any] = {"failures": Failures(mtbf=12.0, repair=Uniform(low=1.0, high=3.0))}
SLOWED: dict[str, Any] = {
    "slowdowns": Slowdowns(every=Exponential(mean=9.0), lasting=Gamma(mean=4.0, shape=2.0), factor=0.3)
}


def made(
    protocol: Protocol = ASYNC,
    law: Any = EXP,  # noqa: ANN401 -- a duration
    *more: Worker,
    count: int = 6,
    updates: int = 600,
    server: Server | None = None,
    network: Network | None = None,
    **features: Any,  # noqa: ANN401 -- of the worker
) -> Scenario:
    return Scenario(
        protocol=protocol,
        workers=[Worker(name="w", count=count, compute=law, **features), *more],
        server=server or Server(),
        network=network or Network(),
        stop=Stop(updates=updates),
    )


PACES = [Worker(name=f"p{place}", compute=1.0 + place) for place in range(4)]
MADE_FOR = {
    "fresh": made(BSP),
    **dict.fromkeys(
        ("async-account", "async-conservation", "async-staleness", "async-distribution", "async-variance",
         "implicit-momentum", "async-time", "async-rates"),
        made(),
    ),
    **dict.fromkeys(
        ("k-async-conservation", "k-async-staleness", "k-async-distribution", "k-async-variance",
         "k-async-exponential"),
        made(Protocol.k_async(2)),
    ),
    **dict.fromkeys(
        ("k-batch-async-conservation", "k-batch-async-staleness", "k-batch-async-distribution",
         "k-batch-async-variance", "softsync-staleness"),
        made(Protocol.k_batch_async("P/3")),
    ),
    **dict.fromkeys(
        ("worker-staleness", "mixture-distribution", "mixture-variance"),
        made(ASYNC, EXP, SLOW, updates=1500),
    ),
    "transfer-staleness": made(network=Network(latency=0.2)),
    "ssp-bound": made(Protocol.asynchronous(slack=2)),
    "discard-bound": made(Protocol.asynchronous(max_staleness=4)),
    "sync-exponential": made(Protocol.k_sync(3)),
    "sync-shifted-exponential": made(BSP, ShiftedExponential(shift=0.5, mean=1.0)),
    "sync-uniform": made(Protocol.k_sync(3), Uniform(low=0.5, high=1.5)),
    "sync-pareto": made(Protocol.k_sync(3), Pareto(minimum=1.0, shape=2.0)),
    "sync-constant": made(Protocol.k_sync(3), 1.0, SLOW.replace(compute=2.0)),
    "bsp-unequal-exponential": made(BSP, EXP, SLOW),
    "sync-numeric": made(Protocol.k_sync(3), Gamma(mean=1.0, shape=2.0), SLOW),
    "k-batch-sync-exponential": made(Protocol.k_batch_sync(4), EXP, SLOW),
    "ssp-throughput": made(Protocol.asynchronous(slack=2), count=2),
    "ringmaster-bound": Scenario(
        protocol=Protocol.asynchronous(max_staleness=2), workers=PACES, stop=Stop(updates=300)
    ),
    **dict.fromkeys(
        ("server-throughput", "server-utilisation", "server-number", "server-bound", "worker-bound",
         "queueing-bound"),
        made(server=SERVED, updates=1500),
    ),
    **dict.fromkeys(
        ("server-unlike-throughput", "server-unlike-utilisation", "server-unlike-number"),
        made(ASYNC, EXP, SLOW, server=SERVED, updates=2500),
    ),
    "slowed-rates": made(updates=6000, **SLOWED),
    **dict.fromkeys(("failing-rates", "fault-time"), made(updates=6000, **FAILING)),
    "link-bound": made(network=Network(server_bandwidth=1e7, gradient_bytes=2e6)),
    "barrier-bound": made(BSP, network=Network(latency=0.1)),
    "slack-bound": made(Protocol.asynchronous(slack=2), EXP, SLOW),
}  # fmt: skip


def worker(**changes: Any) -> Callable[[Scenario], Scenario]:  # noqa: ANN401 -- fields of Worker
    """Change the first worker."""
    return lambda given: given.replace(workers=[given.workers[0].replace(**changes), *given.workers[1:]])


def all_workers(**changes: Any) -> Callable[[Scenario], Scenario]:  # noqa: ANN401 -- fields of Worker
    return lambda given: given.replace(workers=[each.replace(**changes) for each in given.workers])


def more(added: Worker) -> Callable[[Scenario], Scenario]:
    return lambda given: given.replace(workers=[*given.workers, added])


def protocol(**changes: Any) -> Callable[[Scenario], Scenario]:  # noqa: ANN401 -- fields of Protocol
    return lambda given: given.replace(protocol=given.protocol.replace(**changes))


def network(**changes: Any) -> Callable[[Scenario], Scenario]:  # noqa: ANN401 -- fields of Network
    return lambda given: given.replace(network=given.network.replace(**changes))


CHANGES: dict[str, Callable[[Scenario], Scenario]] = {
    "none": lambda given: given,
    "ends": worker(gradients=30),
    "list": worker(compute=(0.5, 1.0, 3.0) * 20),
    "leaves": worker(leaves=20.0),
    "joins": worker(joins=15.0),
    "offline": worker(offline=((5.0, 25.0), (30.0, 31.0))),
    "fails": worker(**FAILING),
    "fails rarely": worker(failures=Failures(mtbf=1e4, repair=1e3)),
    "fails steadily": worker(failures=Failures(mtbf=Constant(mean=9.3), repair=2.0)),
    "slowed": worker(**SLOWED),
    "paced": worker(speed=((10.0, 0.2), (40.0, 3.0))),
    "slower": worker(speed=0.3),
    "much slower": worker(speed=0.001),
    "one much slower": more(Worker(name="snail", compute=Exponential(mean=1000.0))),
    "all tiny": all_workers(speed=1e7),
    "constant": all_workers(compute=1.0),
    "nearly constant": all_workers(compute=Gamma(mean=1.0, shape=1000.0)),
    "uneven": all_workers(compute=Gamma(mean=1.0, shape=0.05)),
    "heavy": all_workers(compute=Pareto(minimum=0.5, shape=1.5)),
    "without a mean": all_workers(compute=Pareto(minimum=0.1, shape=0.9)),
    "very uneven": all_workers(compute=LogNormal(mean=1.0, sigma=2.5)),
    "barely held": protocol(slack=1000),
    "held": protocol(slack=0),
    "discarding": protocol(max_staleness=1),
    "batches": protocol(k=5),
    "huge batches": protocol(k=200),
    "barrier": lambda given: given.replace(protocol=BSP),
    "cancelling": lambda given: given.replace(protocol=Protocol.k_sync(2)),
    "waiting": lambda given: given.replace(protocol=Protocol.k_async(2)),
    "latency": network(latency=5.0),
    "a little latency": network(latency=1e-3),
    "links": network(bandwidth=1e7, weight_bytes=4e6, gradient_bytes=1e6),
    "shared link": network(server_bandwidth=1e7, weight_bytes=4e6, gradient_bytes=1e6),
    "serving": lambda given: given.replace(server=SERVED),
    "serving constantly": lambda given: given.replace(server=Server(apply=0.2)),
    "serving slowly": lambda given: given.replace(server=Server(apply=Exponential(mean=3.0))),
    "serving heavily": lambda given: given.replace(server=Server(apply=Pareto(minimum=0.1, shape=1.2))),
    "short": lambda given: given.replace(stop=Stop(updates=12)),
    "short in time": lambda given: given.replace(stop=Stop(time=7.0)),
    "timed": lambda given: given.replace(stop=Stop(time=200.0)),
    "in gradients": lambda given: given.replace(stop=Stop(gradients=700)),
}
"""What may be different, one at a time; each breaks the assumptions of some forms."""

MOST = 6000


def changed(name: str, how: str) -> Scenario | None:
    """Return the scenario made for a form with a change, not too long a one; ``None`` if there is none."""
    try:
        scenario = CHANGES[how](MADE_FOR[name])
    except SimError:
        return None
    stop = scenario.stop
    limits = {"gradients": min(stop.gradients or MOST, MOST), "time": min(stop.time or 3e4, 3e4)}
    return scenario.replace(stop=Stop(updates=stop.updates, **limits))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_each_form_applies_to_what_is_made_for_it(form: Any) -> None:  # noqa: ANN401 -- a form
    found = applicable(MADE_FOR[form.name])
    assert form.name in {each.form.name for each in found.predictions}


@given(st.sampled_from(sorted(MADE_FOR)), st.sampled_from(sorted(CHANGES)), st.integers(0, 2**32))
@settings(max_examples=examples(40))
def test_with_one_thing_changed_a_form_refuses_or_holds(name: str, how: str, seed: int) -> None:
    scenario = changed(name, how)
    if scenario is None:
        return
    predicted = [each for each in applicable(scenario).predictions if each.form.name == name]
    wrong = disagreeing(scenario, predicted, seed)
    for each in wrong:
        note(f"{each.prediction}: {each.estimate} ± {each.half_width}, {each.verdict}")
    assert not wrong

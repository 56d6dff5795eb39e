"""Scenarios of a second or less, one for each rule."""

from typing import Final

from sim import Exponential, Network, Protocol, Scenario, Server, Stop, Trace, Worker
from tests.sim import laws

FLEET = (
    Worker(name="w", count=2, compute=Exponential(mean=0.01)),
    Worker(name="slow", compute=Exponential(mean=0.02)),
)


FORTY: Final = Stop(updates=40)


def scenario(protocol: Protocol, stop: Stop = FORTY, apply: float = 0.0) -> Scenario:
    """Three workers, one of them slow, until forty updates are made."""
    network = Network(weight_bytes=4000, gradient_bytes=4000)
    server = Server(apply=apply)
    return Scenario(workers=FLEET, protocol=protocol, network=network, server=server, stop=stop, seed=3)


EACH: Final = {
    "bsp": scenario(Protocol.bsp()),
    "k-sync": scenario(Protocol.k_sync(2)),
    "k-batch-sync": scenario(Protocol.k_batch_sync(2)),
    "async": scenario(Protocol.asynchronous()),
    "k-async": scenario(Protocol.k_async(2)),
    "k-batch-async": scenario(Protocol.k_batch_async(2)),
    "slack": scenario(Protocol.asynchronous(slack=1)),
    "bound": scenario(Protocol.asynchronous(max_staleness=1)),
    "server": scenario(Protocol.asynchronous(), apply=0.005),
}


def obeys_every_law(trace: Trace) -> None:
    """Assert all that must hold of a live trace, whatever its clock showed."""
    laws.every_gradient_is_accounted_for(trace)
    laws.stages_follow_each_other(trace)
    laws.one_at_a_time(trace, "service_at", "served_at")
    laws.one_at_a_time(trace, "pull_at", "left_at")
    laws.versions_rise_by_one_and_batches_have_their_size(trace)
    laws.staleness_keeps_within_its_bounds(trace)
    laws.a_version_read_is_the_number_of_updates_made_by(trace, "pull_at")
    laws.a_worker_computes_one_gradient_at_a_time_and_only_while_it_is_there(trace)
    laws.a_workers_time_is_computing_and_waiting(trace)
    if trace.scenario.protocol.slack is not None:
        laws.slack_is_never_exceeded(trace)
    if trace.scenario.protocol.k == "all":
        laws.a_barrier_waits_for_all(trace)

"""Records whose truth is known: simulations of a cluster, taken for live runs of it."""

from sim import Network, Protocol, Scenario, Server, ShiftedExponential, Stop, Trace, Worker, simulate

COMPUTE = ShiftedExponential(shift=0.06, mean=0.1)
LATENCY, BANDWIDTH = 0.002, 1e9
PER_GRADIENT, PER_BYTE = 0.001, 2e-10


def asked(protocol: Protocol, workers: int = 4, size: float = 4e3, seconds: float = 40.0) -> Scenario:
    """A scenario as it is given to a live run: it says nothing of the cluster."""
    return Scenario(
        title=f"{workers} workers",
        workers=[Worker(name="w", count=workers, compute=COMPUTE)],
        protocol=protocol,
        network=Network(weight_bytes=size, gradient_bytes=size),
        stop=Stop(time=seconds),
    )


def recorded(scenario: Scenario, seed: int = 1) -> Trace:
    """What a live run of it would record on a cluster of known costs."""
    network = scenario.network.replace(latency=LATENCY, bandwidth=BANDWIDTH)
    apply = PER_GRADIENT + PER_BYTE * (network.weight_bytes + network.gradient_bytes)
    trace = simulate(scenario.replace(network=network, server=Server(apply=apply)), seed)
    return Trace(scenario, seed, "live", trace.ended, trace.end, trace.ticks, trace.stays, trace.unread)

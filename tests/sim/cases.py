"""Scenarios that several tests work out by hand."""

from sim import Network, Scenario, Server, Worker

SHARED_LINK = Scenario(
    workers=[Worker(name=name, compute=2.0, gradients=1) for name in "AB"],
    server=Server(apply=0.5),
    network=Network(latency=0.1, server_bandwidth=10.0, weight_bytes=2.0, gradient_bytes=3.0),
)
"""A pull takes .2 s of the server's link and .1 s of latency, a push .1 s and .3 s; applying .5 s."""

"""The server, the network between it and its workers, and when a run stops."""

from fractions import Fraction

from sim.scenario.clock import decimal
from sim.scenario.durations import Cost
from sim.scenario.model import Count, Instant, Seconds, Value
from sim.scenario.units import Bytes, Rate
from sim.scenario.worker import Worker


class Server(Value):
    """The parameter server.

    Attributes
    ----------
    apply
        Seconds to apply one gradient; gradients are applied one after the other, in order of arrival.
    """

    apply: Cost = 0.0


class Network(Value):
    """What lies between the server and its workers; by default it costs nothing.

    A pull waits its turn on the server's outgoing link, which carries ``weight_bytes`` at
    ``server_bandwidth``, then crosses the latency and the worker's own link at ``bandwidth``; a push of
    ``gradient_bytes`` takes the same way back, onto the server's incoming link. Each hop stores and
    forwards.

    Attributes
    ----------
    latency
        Seconds, each way.
    bandwidth
        Bytes a second of each worker's own link, unless the worker has one of its own; not given: unlimited.
    server_bandwidth
        Bytes a second of the server's link, shared by all workers, in each direction; not given: unlimited.
    gradient_bytes, weight_bytes
        Size of a push and of a pull.
    """

    latency: Instant = 0.0
    bandwidth: Rate | None = None
    server_bandwidth: Rate | None = None
    gradient_bytes: Bytes = 0.0
    weight_bytes: Bytes = 0.0

    def way(self, worker: Worker, size: float) -> Fraction:
        """Return the seconds that a message takes over the latency and the worker's own link."""
        return decimal(self.latency) + _transfer(size, worker.bandwidth or self.bandwidth)

    def shared(self, size: float) -> Fraction:
        """Return the seconds that a message takes on the server's link."""
        return _transfer(size, self.server_bandwidth)


def _transfer(size: float, rate: float | None) -> Fraction:
    return decimal(size) / decimal(rate) if rate else Fraction(0)


class Stop(Value):
    """When the run ends: as the first of these is reached.

    Attributes
    ----------
    time
        Seconds; what happens at that instant still happens.
    updates, gradients
        So many updates made, so many gradients applied; an update that reaches both ends the run by
        ``updates``.
    """

    time: Seconds | None = None
    updates: Count | None = None
    gradients: Count | None = None

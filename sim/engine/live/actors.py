"""The server and the workers as Ray's actors, and how they reach each other."""

import os
import sys
import time
from collections.abc import Sequence
from functools import partial
from queue import SimpleQueue
from threading import Event
from typing import Any, Final, NamedTuple

import numpy as np

from sim.engine.live.engine import LiveEngine
from sim.engine.live.messages import Kind, Message, Vector
from sim.engine.live.worker import Order, Orders, worker
from sim.engine.results import Run
from sim.scenario import Scenario

POST: Final = "post"
"""The thread that takes messages in while another works."""

WATCH: Final = "watch"
"""The thread whose end tells that of its process."""

GROUPS: Final = {POST: 1, WATCH: 1}

INLINE: Final = 100_000
"""Bytes up to which a vector travels inside its message; a larger one goes through Ray's store of objects."""

PINGS: Final = 5

SWITCH: Final = 1e-4
"""Seconds after which the server's thread that works lets the one that takes messages in have its turn."""

Actor = Any
"""Ray's handle of an actor, which has no type."""


class Process(NamedTuple):
    """The process that an actor is, and the bytes of its vectors where they are its own."""

    number: int
    weights: float | None = None
    gradients: float | None = None


def _node() -> str:
    import ray

    return str(ray.get_runtime_context().get_node_id())


class WorkerActor:
    """A worker: carries out orders one after the other, and tells the server how far it is."""

    def __init__(self, scenario: Scenario, seed: int, order: int, work: str) -> None:
        self._order = order
        self._orders = Orders()
        self._work = worker(work, scenario, seed, order)
        self._post: Any = None

    def process(self) -> Process:
        """Return what it is."""
        return Process(os.getpid(), self._work.weights, self._work.gradients)

    def clock(self) -> int:
        """Return what its machine's monotonic clock shows."""
        return time.monotonic_ns()

    def meet(self, server: Actor) -> str:
        """Take note of the server that its messages go to; return the machine that this is."""
        self._post = server.tell.options(concurrency_group=POST)
        return _node()

    def watch(self) -> None:
        """Never return: whoever waits for this learns when the process ends."""
        Event().wait()

    def cancel(self, ticket: int) -> None:
        """Drop all orders up to one."""
        self._orders.cancel(ticket)

    def begin(self, ticket: int, index: int, origin: int, weights: Vector) -> None:
        """Read the weights, compute a gradient, send it; ``origin`` is the start by this machine's clock."""

        def now() -> int:
            return time.monotonic_ns() - origin

        if not self._orders.stands(ticket):
            return
        try:
            held = np.array(weights)
            self._post.remote(Kind.READ, self._order, ticket, now())
            gradient = self._work.compute(self._orders, Order(ticket, index, held), now)
            if gradient is not None:
                self._post.remote(Kind.PUSHED, self._order, ticket, now(), gradient)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it ends the run, not the process
            self._post.remote(Kind.FAILED, self._order, ticket, -1, error)


class RayCrew:
    """Workers that are Ray's actors; ``offsets`` are what their clocks show beyond the server's."""

    def __init__(self, workers: Sequence[Actor], offsets: Sequence[int], inbox: SimpleQueue[Message]) -> None:
        self._begin = [each.begin for each in workers]
        self._cancel = [each.cancel.options(concurrency_group=POST) for each in workers]
        self._offsets = offsets
        for order, each in enumerate(workers):
            end = each.watch.options(concurrency_group=WATCH).remote().future()
            end.add_done_callback(partial(_died, inbox, order))

    def begin(self, order: int, ticket: int, index: int, origin: int, weights: object) -> None:
        """Send a worker the weights: see `sim.engine.live.messages.Crew`."""
        self._begin[order].remote(ticket, index, origin + self._offsets[order], weights)

    def cancel(self, order: int, ticket: int) -> None:
        """Let a worker drop what was asked of it."""
        self._cancel[order].remote(ticket)

    def published(self, weights: Vector) -> object:
        """Return small weights as they are, and large ones as an object in Ray's store."""
        import ray

        return weights.copy() if weights.nbytes <= INLINE else ray.put(weights)


def _died(inbox: SimpleQueue[Message], order: int, _: object) -> None:
    inbox.put(Message(time.monotonic_ns(), Kind.DIED, order))


class ServerActor:
    """The parameter server: one thread runs the engine, another takes messages in."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        sys.setswitchinterval(SWITCH)
        self._scenario = scenario
        self._seed = seed
        self._inbox: SimpleQueue[Message] = SimpleQueue()
        self._engine: LiveEngine | None = None

    def process(self) -> Process:
        """Return what it is."""
        return Process(os.getpid())

    def tell(
        self, kind: Kind, order: int = -1, ticket: int = -1, at: int = -1, content: object = None
    ) -> None:
        """Take in a message."""
        self._inbox.put(Message(time.monotonic_ns(), kind, order, ticket, at, content))

    def reached(self) -> tuple[float, int, int]:
        """Return how far the run is: seconds, updates and gradients begun."""
        return (0.0, 0, 0) if self._engine is None else self._engine.reached

    def run(self, workers: Sequence[Actor]) -> Run:
        """Run the scenario with these workers, and return what became of it."""
        import ray

        server = ray.get_runtime_context().current_actor
        crew = RayCrew(workers, [_meet(each, server) for each in workers], self._inbox)
        self._engine = LiveEngine(self._scenario, self._seed, crew, self._inbox)
        return self._engine.run()


def _meet(other: Actor, server: Actor) -> int:
    """Make a worker known with the server; return what its clock shows beyond this process's own.

    That is nothing on the same machine, nor where the worker is dead already, which the run will notice.
    """
    import ray

    try:
        if ray.get(other.meet.remote(server)) == _node():
            return 0
        found = []
        for _ in range(PINGS):
            sent = time.monotonic_ns()
            there = ray.get(other.clock.remote())
            back = time.monotonic_ns()
            found.append((back - sent, there - (sent + back) // 2))
    except ray.exceptions.RayActorError:
        return 0
    return int(min(found)[1])

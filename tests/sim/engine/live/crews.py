"""Real workers for tests of live runs: threads of this process."""

import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any

import numpy as np

from sim import Scenario, Trace
from sim.engine.live.engine import LiveEngine
from sim.engine.live.messages import Kind, Message, Vector
from sim.engine.live.worker import Order, Orders, worker


class Threads:
    """A crew of threads, which sleep as actors do."""

    def __init__(self, scenario: Scenario, inbox: SimpleQueue[Message]) -> None:
        self.inbox = inbox
        self._works = [worker("sleep", scenario, scenario.seed, order) for order in range(scenario.size)]
        self._orders = [Orders() for _ in self._works]
        self._desks: list[SimpleQueue[tuple[int, Order] | None]] = [SimpleQueue() for _ in self._works]
        self._threads = [Thread(target=self._attend, args=(place,)) for place in range(scenario.size)]
        for thread in self._threads:
            thread.start()

    def begin(self, order: int, ticket: int, index: int, origin: int, weights: object) -> None:
        assert isinstance(weights, np.ndarray)
        self._desks[order].put((origin, Order(ticket, index, weights)))

    def cancel(self, order: int, ticket: int) -> None:
        self._orders[order].cancel(ticket)

    def published(self, weights: Vector) -> object:
        return weights.copy()

    def tell(self, kind: Kind, *rest: Any) -> None:  # noqa: ANN401 -- see Message
        self.inbox.put(Message(time.monotonic_ns(), kind, *rest))

    def end(self) -> None:
        for orders, desk in zip(self._orders, self._desks, strict=True):
            orders.cancel(10**9)
            desk.put(None)
        for thread in self._threads:
            thread.join()

    def _attend(self, place: int) -> None:
        while (asked := self._desks[place].get()) is not None:
            origin, order = asked
            if not self._orders[place].stands(order.ticket):
                continue

            def now(origin: int = origin) -> int:
                return time.monotonic_ns() - origin

            self.tell(Kind.READ, place, order.ticket, now())
            gradient = self._works[place].compute(self._orders[place], order, now)
            if gradient is not None:
                self.tell(Kind.PUSHED, place, order.ticket, now(), gradient)


def on_threads(
    scenario: Scenario, meanwhile: Callable[[Threads], None] | None = None, crew: type[Threads] = Threads
) -> Trace:
    """Run a scenario live with threads; ``meanwhile`` is called in another thread as the run begins."""
    inbox: SimpleQueue[Message] = SimpleQueue()
    threads = crew(scenario, inbox)
    other = Thread(target=meanwhile or (lambda _: None), args=(threads,))
    try:
        other.start()
        run = LiveEngine(scenario, scenario.seed, threads, inbox).run()
    finally:
        threads.end()
        other.join()
    return Trace(scenario, scenario.seed, "live", run.ended, run.end, run.ticks, run.stays, run.unread)

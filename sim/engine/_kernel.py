"""SimPy with the house's tie rule, and a link that carries one message at a time.

Events at the same instant happen in the order in which they were scheduled, and those scheduled at one
instant in the order of the workers in the scenario. Whatever an event sets going at once comes before the
next event of its instant; where it sets several workers going, they start in the order of the scenario.
"""

from collections.abc import Callable, Generator, MutableSequence
from typing import Any

from simpy import Environment, Event, Resource

Life = Generator[Event, Any, None]
"""What a SimPy process runs: it yields the events that it waits for."""

AT_ONCE = 2  # SimPy's own priorities are 0 and 1; they belong to consequences of the event at hand


class Delay(Event):
    """A SimPy timeout with a priority of its own; its value is the instant at which it happens."""

    def __init__(self, env: "Kernel", delay: int, priority: int) -> None:
        self.env = env
        self.callbacks = []
        self._ok = True
        self._value = env.now + delay
        env.schedule(self, priority, delay)  # type: ignore[arg-type]  # SimPy names two priorities, but compares any


class Kernel(Environment):
    """The event loop of ``workers`` workers, known by their order in the scenario."""

    _now: int  # SimPy also allows floats; every delay here is whole

    def __init__(self, workers: int) -> None:
        super().__init__(0)
        self._workers = workers

    @property
    def now(self) -> int:
        """Nanoseconds since the start of the run."""
        return self._now

    def after(self, worker: int, delay: int) -> Delay:
        """Return an event ``delay`` ns from now; ties go by the instant of this call, then by worker."""
        return Delay(self, delay, AT_ONCE + self._workers * (1 + self._now) + worker)

    def turn(self, worker: int) -> Delay:
        """Return an event at this instant, in the order of the workers and before any by `after`."""
        return Delay(self, 0, AT_ONCE + worker)

    def finally_at(self, at: int, action: Callable[[], None]) -> None:
        """Do something after all other events of the instant ``at``."""
        event = Delay(self, at - self._now, AT_ONCE + self._workers * (2 + at))
        event.callbacks.append(lambda _: action())


class Link:
    """A link that all workers share: it carries one message at a time, first come, first served."""

    def __init__(self, env: Kernel, duration: int) -> None:
        self._env = env
        self._line = Resource(env)
        self._duration = duration

    def carry(self, worker: int, book: MutableSequence[int], row: int) -> Life:
        """Wait for the link, enter into ``book[row]`` when it takes the message, and carry that."""
        with self._line.request() as granted:
            yield granted
            book[row] = self._env.now
            yield self._env.after(worker, self._duration)

"""SimPy's event loop with the house's rule for ties, stated in full by each event's place in the queue.

Events at the same instant happen in the order in which they were scheduled, and those scheduled at one
instant in the order of the workers in the scenario; a worker's coming or going before what its gradient does.
SimPy's queue compares an instant, a priority and a number; here these are the instant at which an event
happens, the one at which it was scheduled, and a rank that the worker's place in the scenario gives.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from simpy import Environment, Event

from sim.scenario.clock import HALF, LAST, NEVER

Action = Callable[[Any], None]
"""What happens, to whom: to a worker, if to any."""


class Happening(Event):
    """What happens to somebody at an exact instant: the clock shows it, ``fraction`` completes it.

    It can be scheduled again once it has happened.
    """

    __slots__ = ("action", "fraction", "rank", "void", "whom")

    def __init__(self, env: "Kernel", whom: object, rank: int, action: Action) -> None:
        self.env = env
        self.whom = whom
        self.rank = rank
        self.action = action
        self.fraction = 0.0
        self.void = False

    def __lt__(self, other: "Happening") -> bool:
        """Order what has the same place in the queue: at most one of these is not void."""
        return False


class Kernel(Environment):
    """The event loop; after each event ``follow`` lets follow what follows from it.

    ``fraction`` completes the ``instant`` that the clock shows to the exact one of the event at hand;
    ``idle`` counts the events since a gradient joined a batch.
    """

    _queue: list[tuple[int, int, int, Happening]]  # type: ignore[assignment]  # SimPy names two priorities

    def __init__(self, follow: Callable[[], None]) -> None:
        super().__init__(0)
        self._follow = follow
        self.instant = 0
        self.fraction = 0.0
        self.idle = 0

    @property
    def now(self) -> int:
        """Nanoseconds that the clock shows."""
        return self.instant

    def first(self, at: int, action: Action) -> None:
        """Schedule what happens before everything else at an instant."""
        self._enter(at, NEVER, Happening(self, None, 0, action))

    def last(self, at: int, action: Action) -> None:
        """Schedule what happens after everything else at an instant."""
        self._enter(at, LAST, Happening(self, None, 0, action))

    def after(self, event: Happening, whole: int, part: float, action: Action) -> None:
        """Schedule what a worker's gradient does next, a duration after the event at hand: see `later`."""
        now = self.instant
        fraction = self.fraction
        at = now + whole
        if at >= LAST - 1:
            at, fraction, part = LAST, 0.0, 0.0
        if fraction >= HALF:
            at -= 1
        fraction += part
        if fraction >= 1.0:
            fraction -= 1.0
            at += 1
        if fraction >= HALF:
            at += 1
        event.fraction = fraction
        event.action = action
        heappush(self._queue, (at, now, event.rank, event))

    def at(self, event: Happening, instant: int, fraction: float) -> None:
        """Schedule an event for an exact instant."""
        event.fraction = fraction
        self._enter(instant, self.instant, event)

    def _enter(self, at: int, since: int, event: Happening) -> None:
        """Do what `Environment.schedule` does, which names two priorities, but compares any."""
        heappush(self._queue, (at, since, event.rank, event))

    def step(self) -> None:
        """Let happen what happens next, and what follows from it."""
        self.instant, _, _, event = heappop(self._queue)
        if event.void:
            return
        self.fraction = event.fraction
        self.idle += 1
        event.action(event.whom)
        self._follow()

"""SimPy's event loop with the house's rule for ties, stated in full by each event's priority.

Events at the same instant happen in the order in which they were scheduled, and those scheduled at one
instant in the order of the workers in the scenario; a worker's coming or going before what its gradient does.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from simpy import Environment, Event

from sim.scenario.clock import later

if TYPE_CHECKING:
    from sim.engine._simpy import Member

Action = Callable[["Happening"], None]


class Happening(Event):
    """What happens to a worker at an exact instant: the clock shows it, ``fraction`` completes it."""

    _ok = True
    _value = None
    void = False

    def __init__(self, env: "Kernel", member: "Member", fraction: float, action: Action) -> None:
        self.env = env
        self.callbacks = [action]
        self.member = member
        self.fraction = fraction

    def cancel(self) -> None:
        """Let it not happen."""
        self.callbacks = []
        self.void = True


class Kernel(Environment):
    """The event loop of ``workers`` workers, known by their order in the scenario.

    ``fraction`` completes ``now`` to the exact instant of the event at hand.
    """

    _now: int  # SimPy also allows floats; every instant here is whole

    def __init__(self, workers: int) -> None:
        super().__init__(0)
        self._workers = workers
        self.fraction = 0.0

    @property
    def now(self) -> int:
        """Nanoseconds that the clock shows."""
        return self._now

    def after(self, member: "Member", whole: int, part: float, action: Action) -> Happening:
        """Schedule what a worker's gradient does next, a duration after the event at hand."""
        now = self._now
        at, fraction = later(now, self.fraction, whole, part)
        event = Happening(self, member, fraction, action)
        self._enter(at, 2 * (self._workers * now + member.order) + 1, event)
        return event

    def at(
        self, member: "Member", instant: int, fraction: float, action: Action, *, presence: bool = False
    ) -> Happening:
        """Schedule the end of a computation, or a worker's coming or going, for an exact instant."""
        event = Happening(self, member, float(fraction), action)
        self._enter(int(instant), 2 * (self._workers * self._now + member.order) + (not presence), event)
        return event

    def _enter(self, at: int, priority: int, event: Happening) -> None:
        """Do what `Environment.schedule` does, which names two priorities, but compares any."""
        heappush(self._queue, (at, priority, next(self._eid), event))  # type: ignore[misc]  # SimPy's own queue

    def upcoming(self) -> int | None:
        """Return the instant of the next event, ``None`` where there is none."""
        queue = self._queue
        while queue and queue[0][3].void:  # type: ignore[attr-defined]  # all are ours
            heappop(queue)
        return queue[0][0] if queue else None  # type: ignore[return-value]  # whole

"""The event loop on a real clock: it waits for messages, and for what is due at an instant of its own."""

import time
from collections.abc import Callable
from heapq import heappop
from queue import Empty, SimpleQueue

from sim.engine._kernel import Kernel
from sim.engine.live.messages import Message
from sim.scenario.clock import NANOSECONDS

LONGEST_WAIT = 3600.0
"""Seconds that a queue is waited for at a time: more than that no system's clock promises to count."""


class LiveKernel(Kernel):
    """A kernel whose ``instant`` is read off the system's clock; messages come in by ``inbox``.

    The origin of its time is the system's monotonic clock when the first event happens.
    """

    def __init__(
        self, follow: Callable[[], None], inbox: SimpleQueue[Message], handle: Callable[[Message], None]
    ) -> None:
        super().__init__(follow)
        self.origin = 0
        self._inbox = inbox
        self._handle = handle

    def look(self) -> None:
        """Look at the clock."""
        self.instant = max(self.instant, self._elapsed())

    def _elapsed(self) -> int:
        return time.monotonic_ns() - self.origin

    def step(self) -> None:
        """Let happen what is due, or what a message tells, and what follows from it."""
        begins = not self.origin
        if begins:
            self.origin = time.monotonic_ns()
        message = self._next(self._queue[0][0])
        if not begins:
            self.look()
        if message is None:
            event = heappop(self._queue)[-1]
            if event.void:
                return
            event.action(event.whom)
        else:
            self._handle(message)
        self.idle += 1
        self._follow()

    def _next(self, due: int) -> Message | None:
        """Wait for a message; return none where an event is due before."""
        while (left := due - self._elapsed()) > 0:
            try:
                return self._inbox.get(timeout=min(left / NANOSECONDS, LONGEST_WAIT))
            except Empty:
                continue
        return None

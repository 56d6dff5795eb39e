"""A worker as the SimPy engine sees it: where it stands, and the gradient that it is at."""

from collections import deque
from enum import IntEnum
from typing import Protocol

from sim.engine._kernel import Action, Happening, Kernel
from sim.engine.setup import NONE
from sim.scenario.clock import Duration


class Place(IntEnum):
    """Where a worker stands; from `READY` on it is there."""

    GONE = 0
    """Away for good, or done."""
    AWAY = 1
    """It will come."""
    READY = 2
    """There, and free to begin a gradient, unless the slack holds it."""
    BUSY = 3
    """It pulls, computes or sends."""
    OWED = 4
    """The server owes it the answer to a gradient that has arrived."""


GONE, AWAY, READY, BUSY, OWED = (int(place) for place in Place)


class Member:
    """A worker; ``order`` is its place in the scenario. Instants are those of its present gradient."""

    __slots__ = (
        *(
            "order",
            "entry",
            "most",
            "wholes",
            "parts",
            "place",
            "begun",
            "completed",
            "row",
            "due",
            "event",
            "link",
        ),
        *("stay", "goes", "presence", "ready_at", "asked_at", "pull_at", "left_at", "read_at", "computed_at"),
        *("sent_at", "push_at", "arrived_at", "service_at", "served_at", "version_read"),
    )

    def __init__(self, env: Kernel, order: int, entry: int, most: int) -> None:
        self.order = order
        self.entry = entry
        self.most = most  # gradients that it may begin
        self.wholes: list[int] = []  # how long its next gradients take: whole nanoseconds
        self.parts: list[float] = []  # and parts of one, the next one's last
        self.place = GONE
        self.begun = 0
        self.completed = 0  # gradients that were applied or discarded
        self.row = NONE  # the gradient that it has read the weights for
        self.due = False  # whether the server owes it an answer
        self.event = Happening(env, self, 2 * order + 1, _nothing)  # what its pull or its gradient does next
        self.link: Carrier | None = None  # what it waits for or uses, such as the server's link
        self.stay: list[int] = []
        self.goes = NONE  # when it goes, while it is there
        self.presence: Happening | None = None  # its going or its next coming
        self.ready_at = self.asked_at = self.pull_at = self.left_at = NONE
        self.read_at = self.computed_at = self.sent_at = self.push_at = self.arrived_at = NONE
        self.service_at = self.served_at = self.version_read = NONE

    def appointment(self, env: Kernel, action: Action) -> Happening:
        """Return a coming or going, still to be scheduled."""
        return Happening(env, self, 2 * self.order, action)


class Carrier(Protocol):
    """What carries messages, and may have to let go of one."""

    def drop(self, member: Member) -> None:
        """Let go of a worker's message."""


class Link:
    """One direction of the server's link: it carries one message at a time, first come, first served."""

    def __init__(self, duration: Duration) -> None:
        self.duration = duration
        self.waiting: deque[Member] = deque()
        self.carried: Member | None = None

    def drop(self, member: Member) -> None:
        """Let go a message that waits for the link or uses it."""
        if self.carried is member:
            self.carried = None
        else:
            self.waiting.remove(member)


def _nothing(_: Member) -> None:
    """Stand for what has not been scheduled."""

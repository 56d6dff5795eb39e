"""The engine's book of gradients: a row each, entered when it ends."""

from collections.abc import Callable
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from sim.engine._member import Member
from sim.scenario.clock import NEVER
from sim.trace import COLUMNS, STAYS, UNREAD, Column, Outcome

BLOCK = 4096
"""So many gradients are begun between two looks at the memory."""

Gradient = tuple[int, ...]
"""What is known of a gradient when it joins a batch: `Ledger.known`, in this order."""

_ENDED = ("ended_at", "version_applied", "outcome")


class Pile:
    """Rows of ``width`` whole numbers; ``loose`` holds the last of them, one number after the other.

    A row is no object of its own, which the garbage collector would look through again and again.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._packed: list[NDArray[np.int64]] = []
        self.loose: list[int] = []

    def pack(self) -> None:
        """Take up less room."""
        self._packed.append(np.array(self.loose, np.int64))
        self.loose.clear()

    def table(self) -> NDArray[np.int64]:
        """Return the rows as an array."""
        self.pack()
        return np.concatenate(self._packed).reshape(-1, self._width)


class Ledger:
    """One row of `COLUMNS` for each gradient; ``-1`` stands where nothing happened.

    ``watch`` is called as each block of gradients begins. What takes no time in this scenario is not kept,
    but known from what is: ``pulled``, ``pushed`` and ``served`` say whether pulls, pushes and applying a
    gradient take any, and ``held`` whether a slack may hold a worker back.
    """

    def __init__(
        self, watch: Callable[[], None], *, pulled: bool, pushed: bool, served: bool, held: bool
    ) -> None:
        self.known: tuple[str, ...] = ("row", "order", "begun", "read_at", "version_read", "arrived_at")
        if pulled or held:
            self.known += ("ready_at",)
        if pulled:
            self.known += ("asked_at", "pull_at", "left_at")
        if pushed:
            self.known += ("computed_at", "sent_at", "push_at")
        if served:
            self.known += ("service_at", "served_at")
        self.gradient: Callable[[Member], Gradient] = attrgetter(*self.known)
        """Return what is known of a worker's present gradient."""
        self.rows = 0
        """How many gradients have begun."""
        self.room = 0
        """How many may begin until `make_room` is called."""
        self.applied = 0
        self.stays: list[list[int]] = []
        self._unread: list[tuple[int, ...]] = []
        self._applied = Pile(len(self.known))
        self._updates = Pile(2)
        self._others = Pile(len(self.known) + 2)
        self._watch = watch

    def make_room(self) -> None:
        """Begin a block of gradients."""
        self._watch()
        self.room += BLOCK
        for pile in (self._applied, self._updates, self._others):
            pile.pack()

    def update(self, batch: list[Gradient], now: int) -> None:
        """Enter an update of the weights, and that it applied the gradients of a batch."""
        size = len(batch)
        self.applied += size
        self._updates.loose += (now, size)
        for gradient in batch:
            self._applied.loose += gradient

    def close(self, member: Member, now: int, outcome: Outcome) -> None:
        """Enter that a worker's gradient ended unapplied."""
        self._others.loose += (*self.gradient(member), now, outcome)

    def miss(self, member: Member, now: int) -> None:
        """Enter that a worker's wait for the weights led to no gradient."""
        ready_at = member.ready_at  # what is earlier is still that of the worker's gradient before
        reached = (member.asked_at, member.pull_at, member.left_at)
        pull = (at if at >= ready_at else NEVER for at in reached)
        self._unread.append((member.order, ready_at, *pull, now))

    def leave(self, batch: list[Gradient], members: list[Member]) -> None:
        """Enter what is in flight when the run ends: in a batch, and with workers or at the server."""
        for gradient in batch:
            self._others.loose += (*gradient, NEVER, Outcome.IN_FLIGHT)
        for member in members:
            self.close(member, NEVER, Outcome.IN_FLIGHT)

    def columns(self, end: int) -> dict[str, Column]:
        """Return the columns: applied gradients in order of application, then the others as they were read.

        A gradient just read at the very end of the run has not begun; its pull led to none.
        """
        applied, others, updates = self._applied.table(), self._others.table(), self._updates.table()
        others = others[np.argsort(others[:, 0])]
        known = np.concatenate([applied, others[:, :-2]]).T
        table = dict(zip(self.known, known, strict=True))
        # What is not after the reading is still that of the worker's gradient before.
        for name in ("computed_at", "sent_at", "push_at", "arrived_at", "service_at", "served_at"):
            if name in table:
                table[name] = np.where(table[name] > table["read_at"], table[name], NEVER)
        unapplied = np.full(len(others), NEVER)
        table["worker"], table["index"] = table["order"], table["begun"]
        table["ended_at"] = np.concatenate([np.repeat(updates[:, 0], updates[:, 1]), others[:, -2]])
        table["version_applied"] = np.concatenate(
            [np.repeat(np.arange(len(updates)), updates[:, 1]), unapplied]
        )
        table["outcome"] = np.concatenate([np.full(len(applied), Outcome.APPLIED), others[:, -1]])
        self._fill(table)
        late = (table["read_at"] == end) & (table["computed_at"] == NEVER)
        late &= table["outcome"] == Outcome.IN_FLIGHT
        for row in np.flatnonzero(late & (table["ready_at"] < end)).tolist():
            pull = (table[name][row] for name in ("worker", "ready_at", "asked_at", "pull_at", "left_at"))
            self._unread.append((*pull, NEVER))
        kept = ~late if late.any() else slice(None)
        return {name: np.ascontiguousarray(table[name][kept], np.int64) for name in COLUMNS}

    @staticmethod
    def _fill(table: dict[str, Column]) -> None:
        """Fill in what took no time."""
        read_at, arrived_at = table["read_at"], table["arrived_at"]
        table.setdefault("ready_at", read_at)
        for name in ("asked_at", "pull_at", "left_at"):
            table.setdefault(name, read_at)
        for name in ("computed_at", "sent_at", "push_at"):
            table.setdefault(name, arrived_at)
        dropped = table["outcome"] == Outcome.DISCARDED
        for name in ("service_at", "served_at"):
            table.setdefault(name, np.where(dropped, NEVER, arrived_at))

    def side_tables(self) -> tuple[dict[str, Column], dict[str, Column]]:
        """Return the stays in order of coming, and the pulls that led to no gradient in order of workers."""
        stays = np.array(self.stays, np.int64).reshape(-1, len(STAYS))
        unread = np.array(sorted(self._unread), np.int64).reshape(-1, len(UNREAD))
        return dict(zip(STAYS, stays.T.copy(), strict=True)), dict(zip(UNREAD, unread.T.copy(), strict=True))

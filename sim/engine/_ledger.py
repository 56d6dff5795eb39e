"""The engine's book of gradients: a row each, in growing columns of integers."""

from array import array
from collections.abc import Callable

import numpy as np

from sim.scenario.clock import NEVER
from sim.trace import COLUMNS, STAYS, UNREAD, Column, Outcome

BLOCK = 4096


class Ledger:
    """One column of 64-bit integers for each of `COLUMNS`; ``-1`` stands where nothing was entered.

    ``applied`` holds the rows of the applied gradients in order of application. ``watch`` is called as each
    block of rows begins. What takes no time in this scenario need not be entered: ``pulled``, ``pushed`` and
    ``served`` say whether pulls, pushes and applying a gradient do.
    """

    def __init__(self, watch: Callable[[], None], *, pulled: bool, pushed: bool, served: bool) -> None:
        self.worker = array("q")
        self.index = array("q")
        self.ready_at = array("q")
        self.asked_at = array("q")
        self.pull_at = array("q")
        self.left_at = array("q")
        self.read_at = array("q")
        self.computed_at = array("q")
        self.sent_at = array("q")
        self.push_at = array("q")
        self.arrived_at = array("q")
        self.service_at = array("q")
        self.served_at = array("q")
        self.ended_at = array("q")
        self.version_read = array("q")
        self.version_applied = array("q")
        self.outcome = array("q")
        self.applied = array("q")
        self.rows = 0
        self.stays: list[list[int]] = []
        self.unread: list[tuple[int, ...]] = []
        self._capacity = 0
        self._watch = watch
        self._pulled = pulled
        self._pushed = pushed
        self._served = served

    def open(self, worker: int, index: int, now: int, version: int) -> int:
        """Begin a gradient whose worker has just read a version of the weights; return its row."""
        row = self.rows
        if row == self._capacity:
            self._grow()
        self.rows = row + 1
        self.worker[row] = worker
        self.index[row] = index
        self.read_at[row] = now
        self.version_read[row] = version
        return row

    def apply(self, row: int, now: int, version: int) -> None:
        """Enter that an update, which found ``version``, applied a gradient."""
        self.ended_at[row] = now
        self.version_applied[row] = version
        self.outcome[row] = 0
        self.applied.append(row)

    def close(self, row: int, now: int, outcome: Outcome) -> None:
        """Enter that a gradient ended unapplied."""
        self.ended_at[row] = now
        self.outcome[row] = outcome

    def columns(self, end: int) -> dict[str, Column]:
        """Return the columns: applied gradients in order of application, then the others as they were read.

        A gradient just read at the very end of the run has not begun; its pull led to none.
        """
        table = {name: np.frombuffer(getattr(self, name), np.int64)[: self.rows] for name in COLUMNS}
        in_flight = table["outcome"] == Outcome.IN_FLIGHT
        late = in_flight & (table["read_at"] == end) & (table["computed_at"] == NEVER)
        if not self._pulled:
            table["left_at"] = table["pull_at"] = table["asked_at"] = table["read_at"]
            table["ready_at"] = np.where(table["ready_at"] == NEVER, table["read_at"], table["ready_at"])
        if not self._pushed:
            table["sent_at"] = table["push_at"] = table["arrived_at"] = table["computed_at"]
        if not self._served:
            dropped = table["outcome"] == Outcome.DISCARDED
            table["service_at"] = table["served_at"] = np.where(dropped, NEVER, table["arrived_at"])
        for row in np.flatnonzero(late & (table["ready_at"] < end)).tolist():
            pull = (table[name][row] for name in ("worker", "ready_at", "asked_at", "pull_at", "left_at"))
            self.unread.append((*pull, NEVER))
        order = np.frombuffer(self.applied, np.int64) if self.applied else np.empty(0, np.int64)
        others = np.flatnonzero((table["outcome"] != Outcome.APPLIED) & ~late)
        rows = np.concatenate([order, others])
        return {name: table[name][rows] for name in COLUMNS}

    def side_tables(self) -> tuple[dict[str, Column], dict[str, Column]]:
        """Return the stays in order of coming, and the pulls that led to no gradient in order of workers."""
        stays = np.array(self.stays, np.int64).reshape(-1, len(STAYS))
        unread = np.array(sorted(self.unread), np.int64).reshape(-1, len(UNREAD))
        return dict(zip(STAYS, stays.T.copy(), strict=True)), dict(zip(UNREAD, unread.T.copy(), strict=True))

    def _grow(self) -> None:
        self._watch()
        blank = array("q", [NEVER]) * BLOCK
        for name in COLUMNS:
            getattr(self, name).extend(blank)
        self._capacity += BLOCK

"""The engine's book of gradients: a row each, in growing columns of integers."""

from array import array
from collections.abc import Callable

import numpy as np

from sim.scenario.clock import NEVER
from sim.trace import COLUMNS, Column, Outcome

BLOCK = 4096


class Ledger:
    """One column of 64-bit integers for each of `COLUMNS`; ``-1`` stands where nothing was entered.

    ``applied`` holds the rows of the applied gradients in order of application. ``watch`` is called as each
    block of rows begins; ``served`` says whether applying a gradient takes the server any time.
    """

    def __init__(self, watch: Callable[[], None], *, served: bool) -> None:
        self.worker = array("q")
        self.index = array("q")
        self.ready_at = array("q")
        self.asked_at = array("q")
        self.pull_at = array("q")
        self.read_at = array("q")
        self.computed_at = array("q")
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
        self._capacity = 0
        self._watch = watch
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

        What costs nothing happens together with the stage beside it, and need not be entered. A gradient
        begun at the very end of the run has not begun.
        """
        table = {name: np.frombuffer(getattr(self, name), np.int64)[: self.rows] for name in COLUMNS}
        for name, moment in (("pull_at", "read_at"), ("asked_at", "pull_at"), ("ready_at", "asked_at")):
            table[name] = np.where(table[name] == NEVER, table[moment], table[name])
        table["push_at"] = np.where(table["push_at"] == NEVER, table["arrived_at"], table["push_at"])
        if not self._served:
            dropped = table["outcome"] == Outcome.DISCARDED
            table["service_at"] = table["served_at"] = np.where(dropped, NEVER, table["arrived_at"])
        begun = (table["read_at"] < end) | (table["computed_at"] != NEVER)
        order = np.frombuffer(self.applied, np.int64) if self.applied else np.empty(0, np.int64)
        others = np.flatnonzero((table["outcome"] != Outcome.APPLIED) & begun)
        rows = np.concatenate([order, others])
        return {name: table[name][rows] for name in COLUMNS}

    def _grow(self) -> None:
        self._watch()
        blank = array("q", [NEVER]) * BLOCK
        for name in COLUMNS:
            getattr(self, name).extend(blank)
        self._capacity += BLOCK

"""What a trace asks of whoever replays it: which gradients make which update, which weights must be kept."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from sim import Trace

Column = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Agenda:
    """The updates of a trace, and for how long each version of the weights is of use.

    Attributes
    ----------
    starts
        The row of each update's first gradient, and at the end the number of applied gradients.
    last_use
        Of each version, the last update that a gradient read at it goes into; -1 where there is none.
    """

    starts: Column
    last_use: Column

    @classmethod
    def of(cls, trace: Trace) -> "Agenda":
        """Read a trace.

        Raises
        ------
        AnalysisError
            When its updates are not in order, or a gradient was applied before it was read.
        """
        applied, read = (
            getattr(trace, name)[: trace.applied] for name in ("version_applied", "version_read")
        )
        steps = np.diff(applied, prepend=-1)
        if not (np.isin(steps, (0, 1)).all() and (read >= 0).all() and (read <= applied).all()):
            raise AnalysisError(
                "trace: its updates are not in order, or a gradient is older than its weights"
            )
        last_use = np.full(trace.updates, -1)
        np.maximum.at(last_use, read, applied)
        return cls(np.append(np.flatnonzero(steps), trace.applied), last_use)

    @property
    def updates(self) -> int:
        """How many there are."""
        return len(self.starts) - 1

    def rows(self, update: int) -> range:
        """Return the rows of an update's gradients, in order of application."""
        return range(int(self.starts[update]), int(self.starts[update + 1]))

    def is_read_after(self, version: int, update: int) -> bool:
        """Whether a gradient of a later update was read at a version."""
        return version < self.updates and bool(self.last_use[version] > update)

    @property
    def most_kept(self) -> int:
        """The most versions that have to be there at once, the newest among them.

        A version that no later gradient has read is overwritten. With one gradient at a time for each worker
        there are never more than workers: the worker whose gradient made an update reads the newest next.
        """
        if not self.updates:
            return 1
        versions = np.arange(self.updates)
        # Beside the newest, a version is there from the update after its own to the last that it goes into.
        outlived = self.last_use > versions
        changes = np.zeros(self.updates + 1, np.int64)
        np.add.at(changes, versions[outlived] + 1, 1)
        np.add.at(changes, self.last_use[outlived] + 1, -1)
        return int(np.cumsum(changes)[: self.updates].max()) + 1

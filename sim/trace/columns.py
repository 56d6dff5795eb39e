"""The names of what a trace is made of: its columns, what became of a gradient, why a run ended."""

from enum import IntEnum
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.int64]


class Outcome(IntEnum):
    """What became of a gradient."""

    IN_FLIGHT = -1
    """Computing, under way or waiting at the server when the run ended."""
    APPLIED = 0
    DISCARDED = 1
    """Too stale for the server."""
    CANCELLED = 2
    """Dropped at an update that other gradients made."""
    LOST = 3
    """Its worker went offline or left."""

    @property
    def label(self) -> str:
        """The outcome in words, as in tables and JSON."""
        return self.name.lower().replace("_", "-")


PULL: Final = ("ready_at", "asked_at", "pull_at", "left_at", "read_at")
PUSH: Final = ("computed_at", "sent_at", "push_at", "arrived_at", "service_at", "served_at", "ended_at")
INSTANTS: Final = (*PULL, *PUSH)
COLUMNS: Final = ("worker", "index", *INSTANTS, "version_read", "version_applied", "outcome")
STAYS: Final = ("worker", "comes", "goes", "done")
UNREAD: Final = ("worker", "ready_at", "asked_at", "pull_at", "left_at", "ended_at")

ENDINGS: Final = MappingProxyType(
    {
        "finished": "every worker is done",
        "time": "the time is up",
        "updates": "so many updates are made",
        "gradients": "so many gradients are applied",
        "stalled": "every worker left waits for one that will not come",
        "no-progress": "no gradient reached an update in very many events",
        "interrupted": "it was interrupted",
    }
)
"""Why a run ended."""

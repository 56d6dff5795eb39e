"""What workers tell the server, and what the server asks of them."""

from enum import IntEnum
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]

FLOAT = 4
"""Bytes of a number in a vector."""


class Kind(IntEnum):
    """What a message says."""

    READ = 0
    """A worker has the weights, and computes."""
    PUSHED = 1
    """Its gradient is here."""
    DIED = 2
    """Its process is no more."""
    FAILED = 3
    """Something went wrong there: the run cannot go on."""
    STOP = 4
    """Somebody wants the run to end."""


class Message(NamedTuple):
    """What a worker tells the server.

    ``came`` is when it came, on the server's own clock; ``at`` is when the worker says that it was, in
    nanoseconds since the start of the run. A message answers the order whose ``ticket`` it bears.
    """

    came: int
    kind: Kind
    order: int = -1
    ticket: int = -1
    at: int = -1
    content: Any = None


class Crew(Protocol):
    """The workers, as far as the server reaches them; both methods return at once."""

    def begin(self, order: int, ticket: int, index: int, origin: int, weights: object) -> None:
        """Send a worker the weights to compute its gradient number ``index`` from, counted from 0.

        ``origin`` is the start of the run on the server's clock.
        """

    def cancel(self, order: int, ticket: int) -> None:
        """Let a worker drop all that was asked of it up to an order."""

    def published(self, weights: Vector) -> object:
        """Return weights in the form in which they are sent, which later changes do not reach."""


def vector(size: float) -> Vector:
    """Return a vector of so many bytes, in whole numbers of `FLOAT` bytes."""
    return np.zeros(int(size) // FLOAT, np.float32)

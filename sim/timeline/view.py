"""What part of a run a picture shows, and in which unit of time."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sim.scenario.clock import NANOSECONDS
from sim.timeline.spans import Spans, spans
from sim.trace import Trace

UNITS: Final = {"seconds": 10**9, "ms": 10**6, "µs": 10**3, "ns": 1}
"""Units of time on an axis, in nanoseconds."""


@dataclass(frozen=True)
class View:
    """The first workers of a run, from its begin up to an instant.

    Attributes
    ----------
    workers
        How many.
    end
        In nanoseconds.
    spans
        What they and the server do until then; what goes on longer is cut off there.
    statement
        What is not shown, in words; empty where all is.
    """

    workers: int
    end: int
    spans: Spans
    statement: str

    @property
    def unit(self) -> str:
        """The largest unit of time that the view is no shorter than."""
        return unit_of(self.end)

    @property
    def lanes(self) -> list[int]:
        """The lanes shown: the workers', and the server's."""
        return [*range(self.workers), self.spans.server]


def label(trace: Trace, row: int) -> tuple[str, str]:
    """Return a gradient's label, ``j (staleness)`` where it was applied, in full and in short."""
    index = str(trace.index[row])
    return (f"{index} ({trace.staleness[row]})" if row < trace.applied else index), index


def unit_of(end: int) -> str:
    """Return the largest unit of time that ``end`` nanoseconds are no shorter than.

    >>> unit_of(2_500_000)
    'ms'
    """
    return next(unit for unit, size in UNITS.items() if end >= size)


def view(trace: Trace, *, workers: int, gradients: int) -> View:
    """Return as much of a run as at most so many workers and their first so many gradients make up."""
    shown = min(workers, len(trace.workers))
    begins = np.sort(trace.ticks["ready_at"][trace.worker < shown])
    end = int(begins[gradients]) if len(begins) > gradients else trace.end
    end = max(end, 1)
    found = spans(trace)
    seen = (found.begin < end) & ((found.lane < shown) | (found.lane >= found.server))
    found = Spans(
        found.workers,
        found.lane[seen],
        found.kind[seen],
        found.begin[seen],
        np.minimum(found.end[seen], end),
        found.row[seen],
    )
    left_out = []
    if shown < len(trace.workers):
        left_out.append(f"the first {shown:,} of {len(trace.workers):,} workers")
    if end < trace.end:
        left_out.append(f"the first {end / NANOSECONDS:.4g} s of {trace.duration:.4g} s")
    return View(shown, end, found, f"Shown: {', '.join(left_out)}" if left_out else "")

"""Whether columns can be those of a run: what every picture and every metric relies on."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from sim.errors import TraceError
from sim.scenario.clock import NEVER
from sim.trace.columns import COLUMNS, ENDINGS, INSTANTS, PULL, Column, Outcome


def check(ticks: Mapping[str, Column], workers: int, ended: Any, end: Any) -> None:  # noqa: ANN401 -- from a file
    """Look at what a file says of a run of so many workers.

    Raises
    ------
    TraceError
        With one sentence on the first thing that no run can have left behind.
    """
    if ended not in ENDINGS:
        raise TraceError(f"ended is {ended!r}, not one of {', '.join(ENDINGS)}")
    if type(end) is not int or not 0 <= end < 2**63:
        raise TraceError(f"end is {end!r}, not a number of nanoseconds")
    if missing := [name for name in COLUMNS if name not in ticks]:
        raise TraceError(f"it has no column {missing[0]}")
    for look in (_gradients, _instants, _order, _outcomes, _versions):
        for fault in look(ticks, workers, end):
            raise TraceError(fault)


def _gradients(ticks: Mapping[str, Column], workers: int, _: int) -> Iterator[str]:
    worker, index = ticks["worker"], ticks["index"]
    if np.any((worker < 0) | (worker >= workers)):
        yield f"worker is none of 0 to {workers - 1}"
    order = np.lexsort((index, worker))
    same = (np.diff(worker[order]) == 0) & (np.diff(index[order]) == 0)
    if np.any(index < 1) or np.any(same):
        yield "index does not number each worker's gradients from 1"


def _instants(ticks: Mapping[str, Column], _: int, end: int) -> Iterator[str]:
    for name in INSTANTS:
        if np.any((ticks[name] < (0 if name in PULL else NEVER)) | (ticks[name] > end)):
            yield f"{name} lies outside the run"


def _order(ticks: Mapping[str, Column], *_: int) -> Iterator[str]:
    """Yield instants of a gradient that do not follow each other; what has not happened does not count."""
    last = np.full(len(ticks["worker"]), NEVER)
    for before, name in pairwise(("the run", *INSTANTS)):
        happened = ticks[name] != NEVER
        if np.any((ticks[name] < last)[happened]):
            yield f"{name} comes before {before}, or before what precedes that"
        last = np.where(happened, ticks[name], last)


def _outcomes(ticks: Mapping[str, Column], *_: int) -> Iterator[str]:
    outcome = ticks["outcome"]
    applied = outcome == Outcome.APPLIED
    if not np.all(np.isin(outcome, list(Outcome))):
        yield f"outcome is none of {min(Outcome)} to {max(Outcome)}"
    if np.any(applied[1:] > applied[:-1]):
        yield "outcome puts an applied gradient after one that is not"
    if np.any((outcome == Outcome.IN_FLIGHT) != (ticks["ended_at"] == NEVER)):
        yield "outcome and ended_at disagree on what is in flight"


def _versions(ticks: Mapping[str, Column], *_: int) -> Iterator[str]:
    applied = ticks["outcome"] == Outcome.APPLIED
    made, read = ticks["version_applied"], ticks["version_read"]
    steps = np.diff(made[applied], prepend=-1)
    if not np.all(np.isin(steps, (0, 1))) or np.any(steps[:1] == 0) or np.any(made[~applied] != NEVER):
        yield "version_applied does not count the updates"
    if np.any(read < 0) or np.any((read > made)[applied]) or np.any(read > steps.sum()):
        yield "version_read is none that was there to be read"

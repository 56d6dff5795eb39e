"""A run as Chrome trace events, the JSON that the Perfetto UI and ``chrome://tracing`` open.

The format is described in Google's "Trace Event Format" document. Processes and threads stand for what runs
side by side: the workers are the threads of one process, the server that of another.
"""

import json
from collections.abc import Iterator
from heapq import merge
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import numpy as np

from sim import files
from sim.scenario.clock import NANOSECONDS, NEVER
from sim.timeline.spans import NOBODY, Kind, Spans, spans
from sim.trace import Outcome, Trace

Event = dict[str, Any]

SERVER, WORKERS = 1, 2
"""Process ids."""

SERVER_THREAD: Final = 3
FIRST_WORKER: Final = 4
"""Thread ids, none of which is its process's: that one would be called its main thread."""


def write(trace: Trace, path: Path | str) -> None:
    """Write a run as a file for https://ui.perfetto.dev.

    Each worker has a track, on which a slice is a gradient and holds its stages; the server's track shows
    services and updates, and beside it what waits there for an update. Version and staleness (the mean over
    the update's gradients) are counters. An arrow leads from each push to its update. Click a gradient for
    its versions and instants.

    The file is written to a temporary name and moved into place.
    """
    files.write(path, packed(trace))


def packed(trace: Trace) -> bytes:
    """Return what `write` writes."""
    about = {
        "title": trace.scenario.title,
        "seed": trace.seed,
        "engine": trace.engine,
        "ended": trace.ended,
        "protocol": trace.scenario.protocol.describe(trace.scenario.size),
    }
    head = '{"displayTimeUnit":"ns","otherData":' + json.dumps(about) + ',"traceEvents":[\n'
    body = ",\n".join(json.dumps(event, separators=(",", ":")) for event in events(trace))
    return f"{head}{body}\n]}}\n".encode()


def events(trace: Trace) -> Iterator[Event]:
    """Yield the events of a run: the names of the tracks, then track by track.

    Times are microseconds, exact to the nanosecond in runs of up to a hundred days. The events of a track are
    in order of time, outer slices first; its slices nest or are apart.
    """
    found = spans(trace)
    yield from _names(trace)
    for place in range(len(trace.workers)):
        yield from _worker_track(trace, place, found.on(place))
    yield from _server_track(trace, found.on(found.server))
    yield from _unattended(trace, found.on(found.unattended))
    yield from _counters(trace)


def _us(ticks: int) -> float:
    return ticks / 1000


def _names(trace: Trace) -> Iterator[Event]:
    threads = [(SERVER, SERVER_THREAD, "server")]
    threads += [(WORKERS, FIRST_WORKER + place, name) for place, name in enumerate(trace.workers)]
    for process, name in ((SERVER, "parameter server"), (WORKERS, "workers")):
        yield _about(process, 0, "process_name", name=name)
        yield _about(process, 0, "process_sort_index", sort_index=process)
    for order, (process, thread, name) in enumerate(threads):
        yield _about(process, thread, "thread_name", name=name)
        yield _about(process, thread, "thread_sort_index", sort_index=order)


def _about(process: int, thread: int, what: str, **value: str | int) -> Event:
    return {"ph": "M", "pid": process, "tid": thread, "name": what, "args": value}


def _slice(track: Event, name: str, category: str, begin: int, end: int, **about: Any) -> Event:  # noqa: ANN401 -- JSON
    event = {"ph": "X", **track, "name": name, "cat": category, "ts": _us(begin), "dur": _us(end - begin)}
    return event | {"args": about} if about else event


def _worker_track(trace: Trace, place: int, found: Spans) -> Iterator[Event]:
    track = {"pid": WORKERS, "tid": FIRST_WORKER + place}
    ends = dict(zip(found.row.tolist(), found.end.tolist(), strict=True))
    arrived, applied = trace.ticks["arrived_at"], trace.applied
    begun = NOBODY
    for row, kind, begin, end in found.rows():
        if row not in {NOBODY, begun}:
            begun = row
            yield _slice(
                track, f"gradient {trace.index[row]}", "gradient", begin, ends[row], **_facts(trace, row)
            )
        yield _slice(track, Kind(kind).label, "stage", begin, end)
        if kind < Kind.QUEUE and end == arrived[row] and row < applied:
            yield {"ph": "s", **track, **_arrow(row), "ts": _us(end - 1)}


def _arrow(row: int) -> Event:
    return {"name": "push to update", "cat": "push", "id": row}


def _facts(trace: Trace, row: int) -> dict[str, Any]:
    """Return what the trace says of a gradient; what did not happen is left out."""
    facts: dict[str, Any] = {
        "worker": trace.workers[trace.worker[row]],
        "j": int(trace.index[row]),
        "outcome": Outcome(trace.outcome[row]).label,
        "version read": int(trace.version_read[row]),
    }
    if row < trace.applied:
        facts |= {"version applied": int(trace.version_applied[row]), "staleness": int(trace.staleness[row])}
    instants = {"read at (s)": trace.ticks["read_at"][row], "ended at (s)": trace.ticks["ended_at"][row]}
    return facts | {name: int(ticks) / NANOSECONDS for name, ticks in instants.items() if ticks != NEVER}


def _server_track(trace: Trace, found: Spans) -> Iterator[Event]:
    """Yield services and updates in order of time; an update comes before a service of the same instant."""
    track = {"pid": SERVER, "tid": SERVER_THREAD}
    services = (
        (begin, [_slice(track, f"apply {_title(trace, row)}", "service", begin, end)])
        for row, _, begin, end in found.rows()
    )
    updates = ((at, list(_update(trace, track, at, rows))) for at, rows in _updates(trace))
    for _, group in merge(updates, services, key=itemgetter(0)):
        yield from group


def _title(trace: Trace, row: int) -> str:
    return f"{trace.workers[trace.worker[row]]} {trace.index[row]}"


def _updates(trace: Trace) -> Iterator[tuple[int, range]]:
    """Yield the instant of each update and the rows of its gradients."""
    _, first = np.unique(trace.version_applied[: trace.applied], return_index=True)
    for begin, end in pairwise([*first.tolist(), trace.applied]):
        yield int(trace.ticks["ended_at"][begin]), range(begin, end)


def _update(trace: Trace, track: Event, at: int, rows: range) -> Iterator[Event]:
    made = int(trace.version_applied[rows[0]]) + 1
    gradients = ", ".join(_title(trace, row) for row in rows)
    yield _slice(track, f"update {made}", "update", at, at, version=made, gradients=gradients)
    for row in rows:
        yield {"ph": "f", "bp": "e", **track, **_arrow(row), "ts": _us(at)}


def _unattended(trace: Trace, found: Spans) -> Iterator[Event]:
    """Yield what waits at the server without its worker: side by side, hence as asynchronous events."""
    for row, kind, begin, end in found.rows():
        common = {"pid": SERVER, "tid": SERVER_THREAD, "name": Kind(kind).label, "cat": "server", "id": row}
        yield {"ph": "b", **common, "ts": _us(begin), "args": {"gradient": _title(trace, row)}}
        yield {"ph": "e", **common, "ts": _us(end)}


def _counters(trace: Trace) -> Iterator[Event]:
    """Yield the version, and the staleness of each update: the mean over its gradients."""
    yield _counter("version", 0, 0)
    for at, rows in _updates(trace):
        yield _counter("version", at, int(trace.version_applied[rows[0]]) + 1)
        yield _counter("staleness", at, float(trace.staleness[rows.start : rows.stop].mean()))


def _counter(name: str, at: int, value: float) -> Event:
    return {"ph": "C", "pid": SERVER, "name": name, "ts": _us(at), "args": {name: value}}

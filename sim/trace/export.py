"""A trace as plain data for other programs."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from sim.metrics import summary
from sim.scenario.clock import NEVER, to_seconds
from sim.trace import INSTANTS, Outcome, Trace

AT_ONCE = 1 << 14
"""Gradients that are turned into text at a time."""

_LABELS = {int(outcome): f'"{outcome.label}"' for outcome in Outcome}


def pieces(trace: Trace, *, ascii_only: bool = False) -> Iterator[str]:
    """Yield a whole run as the text of a JSON object, piece by piece.

    Instants are in seconds, null for what has not happened; ``gradients`` stand in order of application,
    then those not applied in order of reading; ``updates`` tells the instant and size of each; ``summary``
    is `sim.metrics.summary`.
    """
    head = {"scenario": trace.scenario.to_data(), "seed": trace.seed, "engine": trace.engine}
    yield json.dumps(head, ensure_ascii=ascii_only)[:-1] + ', "gradients": ['
    names = [json.dumps(name, ensure_ascii=ascii_only) for name in trace.workers]
    for first in range(0, len(trace), AT_ONCE):
        yield ("," if first else "") + _objects(_gradients(trace, names, slice(first, first + AT_ONCE)))
    yield '], "updates": ['
    sizes = np.bincount(trace.version_applied[: trace.applied], minlength=trace.updates)
    for first in range(0, trace.updates, AT_ONCE):
        chosen = slice(first, first + AT_ONCE)
        columns = {
            "version": [str(version + 1) for version in range(trace.updates)[chosen]],
            "at": _numbers(trace.updated_at[chosen]),
            "gradients": _numbers(sizes[chosen]),
        }
        yield ("," if first else "") + _objects(columns)
    yield '], "summary": ' + json.dumps(summary(trace), ensure_ascii=ascii_only) + "}"


def _gradients(trace: Trace, names: list[str], rows: slice) -> dict[str, list[str]]:
    """Return the columns of some gradients, each value as JSON writes it."""
    known: dict[int, list[str]] = {}
    columns = {
        "worker": [names[place] for place in trace.worker[rows].tolist()],
        "index": _numbers(trace.index[rows]),
    }
    for name in (*INSTANTS[:-1], "applied_at", "ended_at"):
        column = trace.applied_ticks if name == "applied_at" else trace.ticks[name]
        if id(column) not in known:
            known[id(column)] = _numbers(to_seconds(column[rows]))
        columns[name] = known[id(column)]
    read, applied = trace.version_read[rows], trace.version_applied[rows]
    columns["version_read"] = _numbers(read)
    columns["version_applied"] = _numbers(applied)
    columns["staleness"] = _numbers(applied - read)
    for place in np.flatnonzero(applied == NEVER).tolist():
        columns["version_applied"][place] = columns["staleness"][place] = "null"
    columns["outcome"] = [_LABELS[outcome] for outcome in trace.outcome[rows].tolist()]
    return columns


def _numbers(column: NDArray[Any]) -> list[str]:
    """Return numbers as JSON writes them; NaN is null."""
    text = orjson.dumps(np.ascontiguousarray(column), option=orjson.OPT_SERIALIZE_NUMPY).decode()
    return text[1:-1].split(",")


def _objects(columns: dict[str, list[str]]) -> str:
    """Return the rows of some columns as JSON objects, a comma between two."""
    count, width = len(next(iter(columns.values()))), 2 * len(columns)
    signs = [""] * (count * width)
    for place, (name, values) in enumerate(columns.items()):
        signs[2 * place :: width] = [f'{"," if place else "},{"}"{name}":'] * count
        signs[2 * place + 1 :: width] = values
    return "".join(signs)[2:] + "}"

"""A trace as plain data for other programs."""

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson

from sim.metrics import summary
from sim.scenario.clock import NEVER, to_seconds
from sim.trace import INSTANTS, Column, Outcome, Trace

AT_ONCE = 1 << 14
"""Gradients that are turned into text at a time."""

_LABELS = {int(outcome): outcome.label for outcome in Outcome}


def as_data(trace: Trace) -> dict[str, Any]:
    """Return a whole run as nested dicts and lists for JSON.

    Instants are in seconds, ``None`` for what has not happened; ``gradients`` stand in order of
    application, then those not applied in order of reading; ``updates`` tells the instant and size of each;
    ``summary`` is `sim.metrics.summary`.
    """
    data: dict[str, Any] = json.loads("".join(pieces(trace)))
    return data


def pieces(trace: Trace, *, ascii_only: bool = False) -> Iterator[str]:
    """Yield what `as_data` returns as the text of a JSON object, piece by piece."""
    head = {"scenario": trace.scenario.to_data(), "seed": trace.seed, "engine": trace.engine}
    yield json.dumps(head, ensure_ascii=ascii_only)[:-1] + ', "gradients": ['
    for first in range(0, len(trace), AT_ONCE):
        rows = _gradients(trace, slice(first, first + AT_ONCE))
        yield ("," if first else "") + _text(rows, ascii_only=ascii_only)[1:-1]
    yield '], "updates": ['
    sizes = np.bincount(trace.version_applied[: trace.applied], minlength=trace.updates)
    for first in range(0, trace.updates, AT_ONCE):
        chosen = slice(first, first + AT_ONCE)
        updates = zip(trace.updated_at[chosen].tolist(), sizes[chosen].tolist(), strict=True)
        rows = [
            {"version": version, "at": at, "gradients": size}
            for version, (at, size) in enumerate(updates, first + 1)
        ]
        yield ("," if first else "") + _text(rows, ascii_only=False)[1:-1]
    yield '], "summary": ' + json.dumps(summary(trace), ensure_ascii=ascii_only) + "}"


def _gradients(trace: Trace, rows: slice) -> list[dict[str, Any]]:
    def seconds(column: Column) -> list[float]:
        return to_seconds(column[rows]).tolist()  # type: ignore[no-any-return]  # nan is null in JSON

    known: dict[int, list[float]] = {}
    columns: dict[str, list[Any]] = {
        "worker": [trace.workers[place] for place in trace.worker[rows].tolist()],
        "index": trace.index[rows].tolist(),
    }
    for name in (*INSTANTS[:-1], "applied_at", "ended_at"):
        column = trace.applied_ticks if name == "applied_at" else trace.ticks[name]
        columns[name] = known.setdefault(id(column), seconds(column))
    applied = trace.version_applied[rows]
    read = trace.version_read[rows]
    columns["version_read"] = read.tolist()
    columns["version_applied"] = [None if version == NEVER else version for version in applied.tolist()]
    columns["staleness"] = [
        None if version == NEVER else version - seen
        for version, seen in zip(applied.tolist(), read.tolist(), strict=True)
    ]
    columns["outcome"] = [_LABELS[outcome] for outcome in trace.outcome[rows].tolist()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _text(data: Any, *, ascii_only: bool) -> str:  # noqa: ANN401 -- whatever JSON can hold
    text = orjson.dumps(data).decode()
    return re.sub(r"[^\x00-\x7f]", _escaped, text) if ascii_only else text


def _escaped(sign: re.Match[str]) -> str:
    pair = sign[0].encode("utf-16-be")
    return "".join(f"\\u{pair[at : at + 2].hex()}" for at in range(0, len(pair), 2))

"""A trace as plain data for other programs."""

import math
from typing import Any

import numpy as np

from sim.metrics import summary
from sim.trace import INSTANTS, Outcome, Trace

_INSTANTS = (*INSTANTS[:-1], "applied_at", "ended_at")


def as_data(trace: Trace) -> dict[str, Any]:
    """Return a whole run as nested dicts and lists for JSON.

    Instants are in seconds, ``None`` for what has not happened; ``gradients`` stand in order of
    application, then those not applied in order of reading; ``updates`` tells the instant and size of each;
    ``summary`` is `sim.metrics.summary`.
    """
    sizes = np.bincount(trace.version_applied[: trace.applied], minlength=trace.updates).tolist()
    return {
        "scenario": trace.scenario.to_data(),
        "seed": trace.seed,
        "engine": trace.engine,
        "gradients": _gradients(trace),
        "updates": [
            {"version": version, "at": at, "gradients": size}
            for version, (at, size) in enumerate(zip(trace.updated_at.tolist(), sizes, strict=True), 1)
        ],
        "summary": summary(trace),
    }


def _gradients(trace: Trace) -> list[dict[str, Any]]:
    columns: dict[str, list[Any]] = {
        "worker": [trace.workers[place] for place in trace.worker.tolist()],
        "index": trace.index.tolist(),
    }
    for name in _INSTANTS:
        instants = getattr(trace, name).tolist()
        columns[name] = [None if math.isnan(instant) else instant for instant in instants]
    unapplied = [None] * (len(trace) - trace.applied)
    columns["version_read"] = trace.version_read.tolist()
    columns["version_applied"] = trace.version_applied[: trace.applied].tolist() + unapplied
    columns["staleness"] = trace.staleness.tolist() + unapplied
    columns["outcome"] = [Outcome(outcome).label for outcome in trace.outcome.tolist()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

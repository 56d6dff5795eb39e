"""Predicted beside measured: the figures of simulations with fitted costs, and of recorded live runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sim.calibration.fitted import Fitted
from sim.engine import simulate
from sim.errors import TraceError
from sim.metrics import time
from sim.scenario import Scenario
from sim.trace import Trace

REPLICAS: Final = 20

SEED: Final = 1_000_000
"""Of the first simulation: far from those of recorded runs, whose draws are not used to predict them."""

SHARES: Final = {
    "held by the slack": ("hold",),
    "transfers and server": ("pull", "push", "queue", "service"),
    "waiting for the update": ("update",),
}
"""Causes of waiting that are told apart the same way in both: a live server sends and applies by turns."""

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Figure:
    """A figure of some runs that are alike: its mean and its standard deviation."""

    mean: float
    spread: float


@dataclass(frozen=True)
class Row:
    """A figure, measured and predicted; shares of time and distances have no relative error."""

    name: str
    measured: Figure | None
    predicted: Figure
    relative: bool

    @property
    def error(self) -> float | None:
        """How far the prediction is off: relative, or a difference of shares; none without measurement."""
        if self.measured is None:
            return None
        if not self.relative:
            return self.predicted.mean - self.measured.mean
        if self.measured.mean == 0:
            return 0.0 if self.predicted.mean == 0 else float("inf")
        return self.predicted.mean / self.measured.mean - 1


@dataclass(frozen=True)
class Prediction:
    """A setting, its figures, and the distance of its staleness distributions.

    ``distance`` is the total-variation distance of measured and predicted staleness, ``among`` the mean one
    of each recorded run to the others: what chance alone does.
    """

    scenario: Scenario
    title: str
    repeats: int
    rows: Sequence[Row]
    distance: float | None
    among: float | None

    def row(self, name: str) -> Row:
        """Return a figure by its name."""
        return next(row for row in self.rows if row.name == name)


def staleness_as_sent(trace: Trace) -> Counts:
    """Return the staleness of the applied gradients as a live run counts it.

    A live worker reads the version that was there when the weights were sent, not the one when they came;
    where updates cancel, it is sent the new ones, as in a simulation.
    """
    if trace.engine == "live" or trace.scenario.protocol.at_update == "cancel":
        return trace.staleness
    updated = np.unique(trace.ticks["ended_at"][: trace.applied])
    sent = np.searchsorted(updated, trace.ticks["pull_at"][: trace.applied], side="right")
    return trace.version_applied[: trace.applied] - sent


def settings(traces: Mapping[str, Trace]) -> list[list[Trace]]:
    """Return recorded runs by what they are repeats of: their scenarios, but for the seed.

    Raises
    ------
    TraceError
        Where one was not live, or applied nothing.
    """
    found: dict[str, list[Trace]] = {}
    for name, trace in traces.items():
        if trace.engine != "live":
            raise TraceError(f"{name}: engine {trace.engine}, but predictions are held against live runs")
        if not trace.applied:
            raise TraceError(f"{name}: no gradient was applied in it")
        found.setdefault(trace.scenario.to_toml(), []).append(trace)
    return list(found.values())


def predict(
    fitted: Fitted, scenario: Scenario, measured: Sequence[Trace] = (), replicas: int = REPLICAS
) -> Prediction:
    """Predict the figures of a scenario, and hold them against recorded runs of it where there are any."""
    filled = fitted.filled(scenario)
    simulated = [simulate(filled, SEED + number) for number in range(replicas)]
    ours, theirs = _figures(simulated), _figures(measured) if measured else {}
    rows = [Row(name, theirs.get(name), figure, name not in SHARES) for name, figure in ours.items()]
    among = None
    if len(measured) > 1:
        among = float(
            np.mean(
                [_distance([each], [other for other in measured if other is not each]) for each in measured]
            )
        )
    distance = _distance(simulated, measured) if measured else None
    return Prediction(filled, scenario.title, len(measured), rows, distance, among)


def _figures(traces: Sequence[Trace]) -> dict[str, Figure]:
    """Return the figures of runs that are alike."""
    found = [_figures_of(trace) for trace in traces]
    return {
        name: Figure(
            float(np.mean([each[name] for each in found])),
            float(np.std([each[name] for each in found], ddof=1)) if len(found) > 1 else 0.0,
        )
        for name in found[0]
    }


def _figures_of(trace: Trace) -> dict[str, float]:
    stale = staleness_as_sent(trace)
    where = time(trace)
    present = float(where.present.sum()) or 1.0
    p50, p95 = np.quantile(stale, (0.5, 0.95), method="inverted_cdf") if len(stale) else (0, 0)
    figures = {
        "updates a second": trace.updates / trace.duration,
        "gradients a second": trace.applied / trace.duration,
        "staleness, mean": float(stale.mean()) if len(stale) else 0.0,
        "staleness, median": float(p50),
        "staleness, 95 %": float(p95),
        "staleness, largest": float(stale.max(initial=0)),
    }
    return figures | {
        name: float(sum(where.causes[cause].sum() for cause in causes)) / present
        for name, causes in SHARES.items()
    }


def _distance(one: Sequence[Trace], other: Sequence[Trace]) -> float:
    """Return the total-variation distance of the staleness of two groups of runs."""
    pooled = [
        np.bincount(np.concatenate([staleness_as_sent(trace) for trace in runs])) for runs in (one, other)
    ]
    length = max(map(len, pooled))
    shares = [np.pad(counts, (0, length - len(counts))) / counts.sum() for counts in pooled]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def as_data(predictions: Sequence[Prediction]) -> list[dict[str, Any]]:
    """Return predictions as plain data for JSON."""
    return [
        {
            "title": each.title,
            "scenario": each.scenario.to_data(),
            "repeats": each.repeats,
            "figures": {
                row.name: {
                    "measured": None if row.measured is None else vars(row.measured),
                    "predicted": vars(row.predicted),
                    "error": row.error,
                }
                for row in each.rows
            },
            "staleness_distance": each.distance,
            "staleness_distance_among_repeats": each.among,
        }
        for each in predictions
    ]

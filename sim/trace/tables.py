"""A run as tables for the terminal: its gradients, and its summary."""

from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from sim.metrics import CAUSES
from sim.trace import Outcome, Trace

MOST_WORKERS = 20
"""So many workers have a line of their own in the summary."""


VISIBLE = 5e-4
"""A share of time that is not 0.0 % when printed."""


def seconds(value: float | None) -> str:
    """Return an instant or a duration with as many digits as it takes, six at most after the point."""
    return "–" if value is None or value != value else f"{value:.6f}".rstrip("0").rstrip(".")  # noqa: PLR0124 -- nan


def gradients(trace: Trace) -> Table:
    """Return every gradient of a run, a row each."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("worker")
    for name in ("j", "read at", "version", "applied at", "version", "staleness"):
        table.add_column(name, justify="right")
    unapplied = len(trace) > trace.applied
    if unapplied:
        table.add_column("outcome")
    for row in range(len(trace)):
        applied = row < trace.applied
        cells = [
            escape(trace.workers[trace.worker[row]]),
            str(trace.index[row]),
            seconds(trace.read_at[row]),
            str(trace.version_read[row]),
            seconds(trace.applied_at[row]),
            str(trace.version_applied[row]) if applied else "–",
            str(trace.staleness[row]) if applied else "–",
        ]
        table.add_row(*cells, *([Outcome(trace.outcome[row]).label] if unapplied else []))
    return table


def summary(figures: dict[str, Any]) -> RenderableType:
    """Return the figures of `sim.metrics.summary` as text and tables."""
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_column()
    facts.add_column(overflow="fold")
    for name, text in _facts(figures):
        facts.add_row(name, escape(text))
    parts: list[RenderableType] = [facts]
    if len(figures["workers"]) <= MOST_WORKERS:
        parts += ["", _workers(figures["workers"])]
    return Group(*parts)


def _facts(figures: dict[str, Any]) -> list[tuple[str, str]]:
    counts = {name: count for name, count in figures["gradients"].items() if count}
    started = counts.pop("started", 0)
    stale = figures["staleness"]
    facts = [
        ("protocol", figures["protocol"]),
        ("ended", f"at {seconds(figures['duration'])} s: {figures['ended_because']}"),
        ("updates", f"{figures['updates']}, {figures['updates_per_second']:.4g} a second"),
        ("gradients", f"{started} begun: " + ", ".join(f"{n} {name}" for name, n in counts.items())),
    ]
    if stale["mean"] is not None:
        text = f"mean {stale['mean']:.4g}, median {stale['p50']}, 95 % {stale['p95']}, maximum {stale['max']}"
        facts.append(("staleness", text))
    for name in ("server", "uplink", "downlink"):
        station = figures[name]
        if station["utilisation"]:
            text = f"{station['utilisation']:.1%} busy, queue {station['mean_queue']:.3g} on average"
            facts.append((name, f"{text}, {station['max_queue']} at most"))
    wasted = {name: spent for name, spent in figures["wasted_seconds"].items() if spent}
    if wasted:
        facts.append(("wasted", ", ".join(f"{seconds(spent)} s {name}" for name, spent in wasted.items())))
    if len(figures["workers"]) > MOST_WORKERS:
        for name in ("computing", "waiting"):
            shares = [worker[f"share_{name}"] for worker in figures["workers"]]
            text = (
                f"{sum(shares) / len(shares):.1%} of a worker's time, {min(shares):.1%} to {max(shares):.1%}"
            )
            facts.append((name, text))
    return facts


def _workers(workers: list[dict[str, Any]]) -> Table:
    causes = [cause for cause in CAUSES if any(worker["waiting"][cause] >= VISIBLE for worker in workers)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("worker", overflow="fold")
    for name in ("gradients", "staleness", "computing", "waiting", *causes):
        table.add_column(name, justify="right")
    for worker in workers:
        mean = worker["mean_staleness"]
        table.add_row(
            escape(worker["name"]),
            str(worker["gradients"]),
            "–" if mean is None else f"{mean:.4g}",
            f"{worker['share_computing']:.1%}",
            f"{worker['share_waiting']:.1%}",
            *(f"{worker['waiting'][cause]:.1%}" for cause in causes),
        )
    return table

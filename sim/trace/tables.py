"""A run as tables for the terminal: its gradients, and its summary."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group as Together
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sim.metrics import CAUSES
from sim.terminal import Column, Grid
from sim.trace import Outcome, Trace
from sim.trace.groups import Group

MILLISECOND = 1e-3

VISIBLE = 5e-4
"""A share of time that is not 0.0 % when printed."""


def seconds(value: float | None) -> str:
    """Return an instant or a duration with as many digits as it takes, six at most after the point.

    Below a millisecond there are nine, which show each nanosecond.

    >>> seconds(1.25), seconds(2 / 3), seconds(3e-9)
    ('1.25', '0.666667', '0.000000003')
    """
    if value is None or value != value:  # noqa: PLR0124 -- nan
        return "–"
    return f"{value:.{6 if abs(value) >= MILLISECOND else 9}f}".rstrip("0").rstrip(".")


def gradients(trace: Trace) -> Grid:
    """Return every gradient of a run, a row each."""
    columns = [
        Column("worker", words=True),
        Column("j"),
        Column("read at", beside=True),
        Column("version"),
        Column("applied at", beside=True),
        Column("version"),
        Column("staleness"),
    ]
    unapplied = len(trace) > trace.applied
    if unapplied:
        columns.append(Column("outcome", words=True))
    rows = []
    for row in range(len(trace)):
        applied = row < trace.applied
        cells = [
            trace.workers[trace.worker[row]],
            str(trace.index[row]),
            seconds(trace.read_at[row]),
            str(trace.version_read[row]),
            seconds(trace.applied_at[row]),
            str(trace.version_applied[row]) if applied else "–",
            str(trace.staleness[row]) if applied else "–",
        ]
        rows.append([*cells, *([Outcome(trace.outcome[row]).label] if unapplied else [])])
    return Grid(columns, rows, keys=2)


def summary(figures: dict[str, Any], groups: Sequence[Group] | None = None) -> RenderableType:
    """Return the figures of `sim.metrics.summary` as text and tables.

    Parameters
    ----------
    figures
        Of a run.
    groups
        Of workers: each has one row, of means over its workers. Where not given, each worker has a row.
    """
    facts = Table.grid(padding=(0, 2), pad_edge=False)
    facts.add_column()
    facts.add_column(overflow="fold")
    for name, text in _facts(figures):
        facts.add_row(name, Text(text))
    if groups is None or all(len(places) == 1 for _, places in groups):
        return Together(facts, "", _workers(figures["workers"]))
    means = list(_means(figures["workers"], groups))
    return Together(facts, "", _workers(means, [str(len(places)) for _, places in groups]))


def grouped(figures: dict[str, Any], groups: Sequence[Group] | None) -> dict[str, Any]:
    """Return the figures with the means over each group in place of its workers, as `summary` prints them."""
    if groups is None or all(len(places) == 1 for _, places in groups):
        return figures
    means = zip(_means(figures["workers"], groups), groups, strict=True)
    workers = [{"name": group.name, "count": len(group.places)} | mean for mean, group in means]
    return figures | {"workers": workers}


def why_no_progress(figures: dict[str, Any]) -> str:
    """Return in a sentence why a run ended without progress."""
    counts = {name: figures["gradients"][name] for name in ("lost", "discarded", "cancelled")}
    most = max(counts, key=counts.__getitem__)
    cause = {
        "lost": f"{counts['lost']:,} gradients were lost, since workers go before these are done",
        "discarded": f"{counts['discarded']:,} gradients were too stale",
        "cancelled": f"{counts['cancelled']:,} gradients were cancelled",
    }[most]
    if not counts[most]:
        cause = "the speed of a worker changes too often for a gradient to be done"
    return f"no progress by {seconds(figures['duration'])} s: {cause}"


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
    if "engine" in figures:
        facts.append(("engine", figures["engine"]))
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
    return facts


def _means(workers: list[dict[str, Any]], groups: Sequence[Group]) -> Iterator[dict[str, Any]]:
    """Yield for each group what its workers have on average, as if it were one worker."""
    for name, places in groups:
        size, members = len(places), [workers[place] for place in places]
        gradients = sum(member["gradients"] for member in members)
        stale = [member["mean_staleness"] * member["gradients"] for member in members if member["gradients"]]
        yield {
            "name": name,
            "gradients": gradients / size,
            "mean_staleness": sum(stale) / gradients if gradients else None,
            "share_computing": sum(member["share_computing"] for member in members) / size,
            "share_waiting": sum(member["share_waiting"] for member in members) / size,
            "waiting": {
                cause: sum(member["waiting"][cause] for member in members) / size for cause in CAUSES
            },
        }


def _workers(workers: list[dict[str, Any]], sizes: list[str] | None = None) -> RenderableType:
    """Return a table of workers, or of groups of such sizes."""
    causes = [cause for cause in CAUSES if any(worker["waiting"][cause] >= VISIBLE for worker in workers)]
    numbers = ("gradients", "staleness", "computing", "waiting", *causes)
    columns = [Column("worker", words=True), *map(Column, (*(["count"] if sizes else []), *numbers))]
    rows = []
    for place, worker in enumerate(workers):
        mean = worker["mean_staleness"]
        rows.append(
            [
                worker["name"],
                *(sizes[place : place + 1] if sizes else []),
                f"{worker['gradients']:.1f}".removesuffix(".0"),
                "–" if mean is None else f"{mean:.4g}",
                f"{worker['share_computing']:.1%}",
                f"{worker['share_waiting']:.1%}",
                *(f"{worker['waiting'][cause]:.1%}" for cause in causes),
            ]
        )
    note = "A group's figures are means over its workers; --workers shows each."
    return Together(Grid(columns, rows), *([Text(note)] if sizes else []))

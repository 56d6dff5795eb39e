"""A run as a matplotlib figure, as one would put it into a paper."""

from collections import defaultdict
from collections.abc import Sequence
from io import BytesIO
from itertools import product
from operator import itemgetter
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from sim.scenario.clock import NANOSECONDS
from sim.timeline.spans import NOBODY, Kind, Spans
from sim.timeline.view import UNITS, View, label, view
from sim.trace import Outcome, Trace

Flags = NDArray[np.bool_]

WORKERS: Final = 100
GRADIENTS_PER_WORKER: Final = 30
"""What is shown at most: so many workers, and so many gradients for each of them on average."""

FEWEST: Final = 60
"""Gradients that are shown at least, however few the workers."""

ARROWS: Final = 60
"""As many pushes may have an arrow each."""

COLOURS: Final = {
    Kind.HOLD: "#e8c3d8",
    Kind.LINK: "#f6e0b3",
    Kind.PULL: "#56b4e9",
    Kind.COMPUTE: "#0072b2",
    Kind.PUSH: "#e69f00",
    Kind.QUEUE: "#b8e0d2",
    Kind.SERVICE: "#009e73",
    Kind.BATCH: "#dddddd",
    Kind.OFFLINE: "#a0a0a0",
}
"""Of Okabe and Ito's palette, which colour-blind eyes tell apart; a wait is a tint of what it is for."""

DARK: Final = frozenset({Kind.COMPUTE, Kind.SERVICE})
"""The kinds on whose colour a label is white."""

HALF: Final = 0.38
"""Of a bar's height, in lanes."""

INK: Final = "#333333"
FADED: Final = "#aaaaaa"
VEIL: Final = "#ffffff90"
HATCH: Final = "////"

POINTS: Final = 72
WIDTH: Final = 7.2
"""Inches, as wide as two columns of a paper."""
FONT: Final = 8.0
SMALL_FONT: Final = 6.5
KEYS_IN_A_ROW: Final = 4


def figure(trace: Trace) -> Figure:
    """Return the figure that `sim.timeline.figure` describes."""
    workers = min(WORKERS, len(trace.workers))
    shown = view(trace, workers=workers, gradients=max(FEWEST, GRADIENTS_PER_WORKER * workers))
    keys = _keys(trace, shown)
    drawn, axes, lane = _frame(trace, shown, legend_rows=-(-len(keys) // KEYS_IN_A_ROW))
    pitch = POINTS * WIDTH * axes.get_position().width / shown.end
    font = min(SMALL_FONT, 0.62 * lane * POINTS)
    _draw_bars(axes, trace, shown)
    _draw_labels(axes, trace, shown, pitch, font)
    _draw_updates(axes, trace, shown, pitch, font)
    _draw_arrows(axes, trace, shown)
    drawn.legend(handles=keys, loc="lower center", ncols=KEYS_IN_A_ROW, frameon=False, fontsize=SMALL_FONT)
    return drawn


def render(trace: Trace, kind: str) -> bytes:
    """Return the figure as a ``"png"`` or ``"svg"`` file; the same run gives the same bytes."""
    metadata = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}[kind]
    drawn = BytesIO()
    with mpl.rc_context({"svg.hashsalt": "dlsyslab"}):
        figure(trace).savefig(drawn, format=kind, dpi=200, metadata=metadata)
    return drawn.getvalue()


def _frame(trace: Trace, shown: View, legend_rows: int) -> tuple[Figure, Axes, float]:
    """Return a figure, its axes with a line for each lane, and the height of a lane in inches."""
    names = [_short(name) for name in trace.workers[: shown.workers]] + ["server", "version"]
    lane = min(0.34, max(0.11, 6.0 / len(names)))
    font = min(FONT, 0.8 * lane * POINTS)
    left = 0.15 + 0.62 * font * max(map(len, names)) / POINTS
    top = 0.34 + (0.16 if shown.statement else 0.0)
    bottom = 0.48 + 0.17 * legend_rows
    height = top + lane * len(names) + bottom
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes(
        (left / WIDTH, bottom / height, (WIDTH - left - 0.2) / WIDTH, lane * len(names) / height)
    )
    axes.set_xlim(0, shown.end / UNITS[shown.unit])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), names, fontsize=font, parse_math=False)
    axes.tick_params(axis="y", length=0, pad=8)
    axes.tick_params(axis="x", labelsize=FONT)
    axes.set_xlabel(f"time in {shown.unit}", fontsize=FONT)
    axes.spines[["left", "right", "top"]].set_visible(False)
    title = trace.scenario.title or trace.scenario.protocol.describe(trace.scenario.size)
    figure.text(0.5, 1 - 0.2 / height, _short(title, 80), ha="center", fontsize=FONT + 1, parse_math=False)
    figure.text(0.5, 1 - 0.38 / height, shown.statement, ha="center", fontsize=SMALL_FONT, color=INK)
    return figure, axes, lane


def _short(name: str, most: int = 24) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _keys(trace: Trace, shown: View) -> list[Artist]:
    """Return what the legend explains: the kinds, the fates and the marks that are shown."""
    kinds = np.unique(shown.spans.kind[_attended(shown.spans)])
    keys: list[Artist] = [Patch(facecolor=COLOURS[kind], label=kind.label) for kind in map(Kind, kinds)]
    outcomes = np.unique(trace.outcome[shown.spans.bars().row])
    fates = [Outcome(outcome).label for outcome in outcomes if outcome > Outcome.APPLIED]
    if fates:
        keys.append(
            Patch(facecolor=FADED, edgecolor="white", hatch=HATCH, linewidth=0, label=", ".join(fates))
        )
    if trace.updates:
        keys.append(Line2D([], [], linestyle="", marker="^", color="black", markersize=4, label="update"))
        keys.append(Line2D([], [], linestyle="", label="j (s): gradient j, staleness s"))
    return keys


def _attended(found: Spans) -> Flags:
    return np.not_equal(found.lane, found.unattended)


def _boxes(found: Spans, shown: View, which: Flags) -> Sequence[Any]:
    """Return the corners of some spans' boxes."""
    begin, end = found.begin[which] / UNITS[shown.unit], found.end[which] / UNITS[shown.unit]
    lane = np.minimum(found.lane[which], shown.workers)
    top, bottom = lane - HALF, lane + HALF
    return list(np.stack([[begin, top], [end, top], [end, bottom], [begin, bottom]]).transpose(2, 0, 1))


def _draw_bars(axes: Axes, trace: Trace, shown: View) -> None:
    found, bars = shown.spans, shown.spans.bars()
    for kind in map(Kind, np.unique(found.kind[_attended(found)])):
        boxes = _boxes(found, shown, _attended(found) & (found.kind == kind))
        axes.add_collection(PolyCollection(boxes, facecolors=COLOURS[kind], linewidths=0))
    dropped = _boxes(bars, shown, trace.outcome[bars.row] > Outcome.APPLIED)
    axes.add_collection(
        PolyCollection(dropped, facecolors=VEIL, edgecolors="white", hatch=HATCH, linewidths=0)
    )
    outlines = _boxes(bars, shown, np.ones(len(bars), np.bool_))
    axes.add_collection(PolyCollection(outlines, facecolors="none", edgecolors="white", linewidths=0.6))


def _draw_labels(axes: Axes, trace: Trace, shown: View, pitch: float, font: float) -> None:
    """Write each gradient's label on its computing or its longest stage, the first that has room for it."""
    stages: defaultdict[int, list[tuple[bool, int, int, Kind]]] = defaultdict(list)
    workers_only = shown.spans.lane < shown.workers
    for (row, kind, begin, end), own in zip(shown.spans.rows(), workers_only, strict=True):
        if own and row != NOBODY:
            stages[row].append((kind == Kind.COMPUTE, end - begin, begin, Kind(kind)))
    for row, parts in stages.items():
        dropped = trace.outcome[row] > Outcome.APPLIED
        places = (max(parts), max(parts, key=itemgetter(1)))
        for words, (_, length, begin, kind) in product(label(trace, row), places):
            if length * pitch > 0.62 * font * (len(words) + 0.5):
                at = (begin + length / 2) / UNITS[shown.unit]
                colour = "white" if kind in DARK and not dropped else INK
                _write(axes, (at, trace.worker[row]), words, font, colour)
                break


def _draw_updates(axes: Axes, trace: Trace, shown: View, pitch: float, font: float) -> None:
    """Mark the updates on the server's lane, their versions under them where there is room."""
    instants = np.rint(trace.updated_at * NANOSECONDS).astype(np.int64)
    instants = instants[instants <= shown.end]
    crowded = len(instants) * font > shown.end * pitch
    axes.plot(
        instants / UNITS[shown.unit],
        np.full(len(instants), shown.workers),
        "|" if crowded else "^",
        color="black",
        markersize=0.6 * font,
        markeredgewidth=0.3 if crowded else 0,
        clip_on=False,
    )
    free_from = -np.inf
    for version, instant in enumerate([0, *instants.tolist()]):
        half = 0.31 * font * (len(str(version)) + 1)
        if instant * pitch - half >= free_from:
            _write(axes, (instant / UNITS[shown.unit], shown.workers + 1), str(version), font, INK)
            free_from = instant * pitch + half


def _draw_arrows(axes: Axes, trace: Trace, shown: View) -> None:
    """Lead from each push to its update, behind the bars, where there are few."""
    ended, arrived = (trace.ticks[name][: trace.applied] for name in ("ended_at", "arrived_at"))
    rows = np.flatnonzero((trace.worker[: trace.applied] < shown.workers) & (ended <= shown.end))
    if len(rows) > ARROWS:
        return
    for row in rows:
        axes.annotate(
            "",
            xy=(ended[row] / UNITS[shown.unit], shown.workers - HALF),
            xytext=(arrived[row] / UNITS[shown.unit], trace.worker[row] + HALF),
            arrowprops={"arrowstyle": "->", "color": INK, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0},
            fontsize=FONT / 2,
            zorder=0.5,
        )


def _write(axes: Axes, where: tuple[float, float], what: str, font: float, colour: str) -> None:
    axes.text(*where, what, ha="center", va="center_baseline", fontsize=font, color=colour)

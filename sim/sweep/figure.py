"""Figures of a sweep: a panel for each figure over one field, a line for each setting of the others."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.statistics import CONFIDENCE
from sim.sweep.table import Summary
from sim.sweep.text import value

LOOKS: Final = tuple(
    zip(("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"), "osD^vP*", strict=True)
)
"""Of Okabe and Ito, told apart with any kind of colour vision; markers tell the same in black and white."""

WIDTH, HEIGHT = 4.6, 3.6
KINDS: Final = (".png", ".svg", ".pdf")


def draw(found: Sequence[Summary], figures: Sequence[str], over: str, title: str = "") -> Figure:
    """Draw means over one field, with bands of 95 % intervals, and a line for each setting of the others.

    There are at most `sim.sweep.text.MOST_LINES` of them.
    """
    lines = _lines(found, over)
    places, ticks = _places(found, over)
    columns = min(2, len(figures))
    rows = -(-len(figures) // columns)
    figure = Figure(figsize=(WIDTH * columns, HEIGHT * rows), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, squeeze=False).flat
    for name, axes in zip(figures, panels, strict=False):
        for (label, own), look in zip(lines.items(), LOOKS, strict=False):
            _line(axes, name, [(places[value(each.point.settings[over])], each) for each in own], label, look)
        axes.set_xlabel(over)
        axes.set_ylabel(name)
        if all(isinstance(each.point.settings[over], int) for each in found):
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if ticks:
            axes.set_xticks(range(len(ticks)), ticks, parse_math=False)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in list(panels):
        axes.set_axis_off()
    if len(lines) > 1:
        figure.axes[0].legend(frameon=False, fontsize="small")
    bands = any(len(each.rows) > 1 for each in found)
    note = f"bands: {CONFIDENCE:.0%} intervals" if bands else ""
    words = "\n".join(filter(None, [title, note]))
    figure.suptitle(words, fontsize="medium", parse_math=False)
    return figure


def _lines(found: Sequence[Summary], over: str) -> dict[str, list[Summary]]:
    """Return the points of each line by its label, in their order."""
    lines: dict[str, list[Summary]] = {}
    for each in found:
        others = {path: given for path, given in each.point.settings.items() if path != over}
        label = ", ".join(f"{path} = {value(given)}" for path, given in others.items())
        lines.setdefault(label, []).append(each)
    return lines


def _places(found: Sequence[Summary], over: str) -> tuple[dict[str, float], list[str]]:
    """Return where each value stands, and the labels of the ticks where values are no numbers."""
    given: dict[str, Any] = {value(each.point.settings[over]): each.point.settings[over] for each in found}
    if all(isinstance(each, int | float) and not isinstance(each, bool) for each in given.values()):
        return {text: float(each) for text, each in given.items()}, []
    return {text: float(place) for place, text in enumerate(given)}, list(given)


def _line(
    axes: Axes, name: str, own: Sequence[tuple[float, Summary]], label: str, look: tuple[str, str]
) -> None:
    colour, marker = look
    known = [(place, each.estimate(name)) for place, each in own]
    x = np.array([place for place, _ in known])
    y = np.array([np.nan if estimate is None else estimate.mean for _, estimate in known])
    half = np.array([0.0 if estimate is None else estimate.half_width(CONFIDENCE) for _, estimate in known])
    order = np.argsort(x, kind="stable")
    x, y, half = x[order], y[order], half[order]
    axes.plot(
        x, y, color=colour, marker=marker, markerfacecolor="none", markersize=5, linewidth=1, label=label
    )
    axes.fill_between(x, y - half, y + half, color=colour, alpha=0.25, linewidth=0)


def render(figure: Figure, path: Path) -> bytes:
    """Return a figure as a file of the kind that the path names; the same sweep gives the same bytes."""
    kind = path.suffix.lower().removeprefix(".")
    metadata: dict[str, Any] = {
        "png": {"Software": None},
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None},
    }[kind]
    drawn = BytesIO()
    with mpl.rc_context({"svg.hashsalt": "dlsyslab"}):
        figure.savefig(drawn, format=kind, dpi=200, metadata=metadata)
    return drawn.getvalue()

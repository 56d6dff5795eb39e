"""A result as a figure: what was learned over time and over updates, the trade-off, and the staleness."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from analysis.console import counted
from analysis.figures import headed
from analysis.staleness.reading import level, reached, summary
from analysis.staleness.results import Arm, StalenessResult
from analysis.staleness.runs import Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito's, told apart by colour-blind eyes too; the line styles differ as well."""
STYLES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
MARKERS = "osD^vPX"


def draw(result: StalenessResult, target: float | None = None) -> Figure:
    """Draw a result: a line for each arm's mean, a band from the lowest to the highest of its seeds."""
    goal = summary(result, target).target
    figure = Figure(figsize=(13, 7.6), layout="constrained")
    panels = figure.subplots(2, 3)
    for place, arm in enumerate(result.arms):
        style = {"color": COLOURS[place % len(COLOURS)], "linestyle": STYLES[place % len(STYLES)]}
        for column, over in enumerate((_seconds, _updates)):
            _band(panels[0, column], arm, over, lambda point: point.loss, style)
            _band(panels[1, column], arm, over, lambda point: 100 * point.accuracy, style)
        _trade_off(panels[0, 2], arm, goal, place)
        _histogram(panels[1, 2], arm, place)
    for axes in panels[1, :2]:
        axes.axhline(100 * goal, color="0.6", linewidth=0.8)
    panels[0, 0].set_ylabel("training loss on a fixed sample (nats)")
    panels[1, 0].set_ylabel("validation accuracy (%)\nmean, and range over seeds")
    for row in range(2):
        panels[row, 0].set_xlabel("simulated seconds")
        panels[row, 1].set_xlabel("updates")
        panels[row, 1].set_xscale("symlog", linthresh=10)
        panels[row, 1].set_xlim(left=0)
    _label_loss(panels[0, :2], result)
    panels[0, 2].set_title("Error and run time", loc="left")
    panels[0, 2].set_xlabel(f"seconds to {100 * goal:g} % (validation)")
    panels[0, 2].set_ylabel("validation error at the end (%)")
    if not any(reached(curve, goal) for arm in result.arms for curve in arm.curves):
        panels[0, 2].text(
            0.5, 0.5, "reached by none", transform=panels[0, 2].transAxes, ha="center", color="0.4"
        )
    panels[1, 2].set_title("Staleness of the gradients", loc="left")
    panels[1, 2].set_xlabel("staleness (updates)")
    panels[1, 2].set_ylabel("share of gradients")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 5), frameon=False)
    headed(figure, f"{result.title}; {counted(result.setup.seeds, 'seed')} from {result.setup.first_seed}")
    return figure


def _seconds(point: Point) -> float:
    return point.seconds


def _updates(point: Point) -> float:
    return float(point.updates)


def _band(
    axes: "Axes",
    arm: Arm,
    over: Callable[[Point], float],
    what: Callable[[Point], float],
    style: Mapping[str, Any],
) -> None:
    """Draw the mean over the seeds as long as all of them go on, and their range."""
    looks = list(zip(*(curve.points for curve in arm.curves), strict=False))
    if not looks:
        return
    at = [sum(map(over, points)) / len(points) for points in looks]
    values = np.array([[what(point) for point in points] for points in looks]).reshape(len(looks), -1)
    axes.fill_between(at, values.min(1), values.max(1), color=style["color"], alpha=0.15, linewidth=0)
    axes.plot(at, values.mean(1), linewidth=1.4, label=arm.name, **style)


def _label_loss(panels: "list[Axes]", result: StalenessResult) -> None:
    """Leave off what a diverging run shoots up to, and spread out the rest."""
    losses = [point.loss for arm in result.arms for curve in arm.curves for point in curve.points]
    starts = [curve.points[0].loss for arm in result.arms for curve in arm.curves if curve.points]
    if starts:
        top = 1.1 * max(starts)
        for axes in panels:
            axes.set_yscale("log")
            axes.set_ylim(0.95 * min(losses), max(top, 1.01 * min(losses)))


def _trade_off(axes: "Axes", arm: Arm, goal: float, place: int) -> None:
    """Mark each run that reached the target at its time and its error, and their mean."""
    pairs = [
        (point.seconds, 100 * (1 - level(curve)[0]))
        for curve in arm.curves
        if curve.diverged is None and (point := reached(curve, goal))
    ]
    colour, marker = COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)]
    seconds, errors = ([pair[side] for pair in pairs] for side in range(2))
    axes.plot(seconds, errors, marker, color=colour, markersize=4, alpha=0.45, linestyle="")
    if len(pairs) == len(arm.curves):
        axes.plot(np.mean(seconds), np.mean(errors), marker, color=colour, markersize=9)


def _histogram(axes: "Axes", arm: Arm, place: int) -> None:
    """Mark the share of each staleness that a gradient had."""
    counts = np.array(arm.staleness)
    found = np.flatnonzero(counts)
    marker, colour = MARKERS[place % len(MARKERS)], COLOURS[place % len(COLOURS)]
    shares = counts[found] / counts.sum()
    axes.plot(found, shares, marker, color=colour, markersize=4, alpha=0.6, linestyle="")
    axes.set_yscale("log")

"""Figures of the learning experiments, drawn from their results and from nothing else."""

from collections.abc import Sequence
from statistics import fmean
from textwrap import wrap
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, ScalarFormatter

from analysis.console import counted
from analysis.figures import axes_or_new, headed
from analysis.learning.estimates import estimate
from analysis.learning.range_curve import RangeCurve
from analysis.learning.results import CyclicalResult, GrowthResult, RangeResult, Result
from analysis.learning.tables import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"growth": "#0072b2", "control": "#d55e00", "cyclical": "#009e73"}
"""Okabe and Ito's colours, told apart by colour-blind eyes too; the line styles differ as well."""
STYLES = {"growth": "-", "control": "--", "cyclical": ":"}
MARKS = {
    "first_decrease": ("first clear decrease", "^", 17),
    "steepest": ("steepest", "s", 11),
    "slows": ("nine tenths of the fall", "D", 8),
    "minimum": ("minimum", "o", 5),
    "divergence": ("divergence", "X", 9),
}
"""The readings' labels, markers and their sizes, of which all at the same rate show."""


def draw(result: Result) -> Figure:
    """Draw a result of any of the three experiments."""
    match result:
        case RangeResult():
            figure = _range_figure(result)
        case CyclicalResult():
            figure = _cyclical_figure(result)
        case GrowthResult():
            figure = _growth_figure(result)
    headed(figure, f"{result.source}, {counted(result.setup.seeds, 'seed')} from {result.setup.first_seed}")
    return figure


def plot(curve: RangeCurve, ax: "Axes | None" = None) -> "Axes":
    """Draw a curve of losses over learning rates: its spread over the seeds, its readings, suggested bounds.

    Parameters
    ----------
    curve
        Of `lr_range_test`, or one of a range test's two.
    ax
        Where to draw; a figure of its own by default.
    """
    axes = axes_or_new(ax)
    if curve.kind == "ramp":
        axes.plot(curve.rates, _gaps(curve.losses), color="0.8", linewidth=0.8, label="each batch")
    low, high = _gaps(curve.lowest), _gaps(curve.highest)
    if low != high:
        axes.fill_between(
            curve.rates, low, high, color="0.5", alpha=0.3, linewidth=0, label="range over seeds"
        )
    style = ".-" if curve.kind == "candidates" else "-"
    axes.plot(curve.rates, _gaps(curve.smoothed), style, color="black", linewidth=1.2)
    _mark(axes, curve)
    axes.set_xscale("log")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("training loss")
    return axes


def _range_figure(result: RangeResult) -> Figure:
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    left.set_title(f"One run of {counted(result.options.epochs, 'epoch')} per rate", loc="left")
    right.set_title("One run with a growing rate", loc="left")
    for axes, curve in ((left, result.candidates), (right, result.ramp)):
        plot(curve, axes)
    left.set_ylim(0, 1.3 * (result.candidates.losses[0] or 1.0))
    left.set_ylabel("training loss (nats)")
    right.set_ylabel("")
    named = {
        label: handle
        for axes in (right, left)
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=4, frameon=False)
    return figure


def _mark(axes: "Axes", curve: RangeCurve) -> None:
    """Mark the readings on a curve, and shade the suggested range or say why there is none."""
    if curve.unreadable:
        said = "\n".join(wrap(f"not readable: {curve.unreadable}", 40))
        axes.text(0.03, 0.03, said, transform=axes.transAxes, fontsize="small", color="#d55e00")
    elif curve.lr_min is not None and curve.lr_max is not None:
        axes.axvspan(curve.lr_min, curve.lr_max, color="#009e73", alpha=0.15, label="suggested range")
        axes.text(
            (curve.lr_min * curve.lr_max) ** 0.5,
            0.98,
            f"{curve.lr_min:.2g} to\n{curve.lr_max:.2g}",
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="top",
            fontsize="small",
            color="#00664b",
        )
    heights = dict(zip(curve.rates, curve.smoothed, strict=True))
    for index, (name, (label, marker, size)) in enumerate(MARKS.items()):
        rate = getattr(curve.readings, name, None)
        height = None if rate is None else heights.get(rate)
        if rate is not None and height is not None:
            axes.plot(rate, height, marker, color=f"C{index}", markersize=size, label=label)


def _gaps(values: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in values]


def _cyclical_figure(result: CyclicalResult) -> Figure:
    figure = Figure(figsize=(8, 7), layout="constrained")
    losses, accuracies, rates = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 2))
    for run in result.runs:
        first = run is result.runs[0]
        at = [stretch.updates for stretch in run.stretches]
        ends = [epoch.updates for epoch in run.epochs]
        train = {"color": COLOURS["growth"], "alpha": 0.6, "linewidth": 0.8}
        validation = {"color": COLOURS["control"], "marker": "o", "markersize": 4}
        losses.plot(at, [s.loss for s in run.stretches], label="training" if first else None, **train)
        losses.plot(
            ends,
            [e.validation_loss for e in run.epochs],
            label="validation" if first else None,
            **validation,
        )
        accuracies.plot(at, [100 * s.accuracy for s in run.stretches], **train)
        accuracies.plot(ends, [100 * e.validation_accuracy for e in run.epochs], **validation)
    rates.plot([s.updates for s in result.runs[0].stretches], [s.rate for s in result.runs[0].stretches], "k")
    losses.set_ylabel("loss (nats)")
    losses.set_ylim(bottom=0)
    losses.legend(frameon=False)
    accuracies.set_ylabel("accuracy (%)")
    rates.set_ylabel("learning rate")
    rates.set_ylim(bottom=0)
    rates.set_xlabel("updates")
    tested = percent(estimate([run.test.accuracy for run in result.runs]))
    decay = result.options.decay
    losses.set_title(f"Cyclical learning rate, decay: {decay}; test accuracy {tested} %", loc="left")
    return figure


def _growth_figure(result: GrowthResult) -> Figure:
    figure = Figure(figsize=(9, 6.5), layout="constrained")
    panels = figure.subplots(2, 2, sharex="col", sharey="row")
    for arm, runs in result.arms.items():
        epochs = list(zip(*(run.epochs for run in runs), strict=True))
        label = f"{arm}, test {percent(estimate([run.test.accuracy for run in runs]))} %"
        style = {"color": COLOURS[arm], "linestyle": STYLES[arm], "marker": ".", "label": label}
        for column, at in enumerate(([e[0].epoch + 1 for e in epochs], [e[0].updates for e in epochs])):
            panels[0, column].plot(at, [fmean(e.train_loss for e in of) for of in epochs], **style)
            accuracies = [[100 * e.validation_accuracy for e in of] for of in epochs]
            panels[1, column].plot(at, [fmean(of) for of in accuracies], **style)
            panels[1, column].fill_between(
                at,
                [min(of) for of in accuracies],
                [max(of) for of in accuracies],
                color=COLOURS[arm],
                alpha=0.15,
            )
    panels[0, 0].set_ylabel("training loss (nats)")
    panels[0, 0].set_yscale("log")
    panels[0, 0].yaxis.set_major_formatter(ScalarFormatter())
    panels[0, 0].yaxis.set_minor_formatter(ScalarFormatter())
    panels[1, 0].set_ylabel("validation accuracy (%)\nmean, and range over seeds")
    panels[1, 0].set_xlabel("epochs")
    panels[1, 1].set_xlabel("updates")
    panels[1, 0].xaxis.set_major_locator(MaxNLocator(integer=True))
    panels[0, 0].legend(frameon=False)
    return figure

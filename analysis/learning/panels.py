"""Panels: what is drawn on one pair of axes, for the figures of the commands and of the report alike."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from textwrap import wrap
from typing import TYPE_CHECKING, Literal

from analysis.figures import axes_or_new
from analysis.learning.batch_growth import Arm
from analysis.learning.range_curve import RangeCurve
from analysis.learning.results import CyclicalResult, GrowthResult, RangeResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Over = Literal["epochs", "updates"]

COLOURS: Mapping[Arm, str] = {"growth": "#0072b2", "control": "#d55e00", "cyclical": "#009e73"}
"""Okabe and Ito's colours, told apart by colour-blind eyes too; the line styles differ as well."""
STYLES: Mapping[Arm, str] = {"growth": "-", "control": "--", "cyclical": ":"}
MARKS = {
    "first_decrease": ("first clear decrease", "^", 17),
    "steepest": ("steepest", "s", 11),
    "slows": ("nine tenths of the fall", "D", 8),
    "minimum": ("minimum", "o", 5),
    "divergence": ("divergence", "X", 9),
}
"""The readings' labels, markers and their sizes, of which all at the same rate show."""


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


def ranges(axes: "Axes", result: RangeResult, *, ramp: bool) -> None:
    """Draw one of a range test's two curves, up to a little above the loss at the lowest rate."""
    plot(result.ramp if ramp else result.candidates, axes)
    axes.set_ylim(0, 1.3 * (result.candidates.losses[0] or 1.0))


def rates(axes: "Axes", result: CyclicalResult) -> None:
    """Draw the learning rate over updates, the same for every seed."""
    made = result.runs[0].stretches
    axes.plot([part.updates for part in made], [part.rate for part in made], color="black")
    axes.set_ylabel("learning rate")
    axes.set_ylim(bottom=0)


def runs(axes: "Axes", result: CyclicalResult, quantity: Literal["loss", "accuracy"]) -> None:
    """Draw every seed's loss (nats) or accuracy (%) over updates: in training, and in validation."""
    factor = 100 if quantity == "accuracy" else 1
    for run in result.runs:
        label = ("training", "validation") if run is result.runs[0] else (None, None)
        made = [factor * getattr(part, quantity) for part in run.stretches]
        at = [part.updates for part in run.stretches]
        axes.plot(at, made, color=COLOURS["growth"], alpha=0.6, linewidth=0.8, label=label[0])
        ends = [epoch.updates for epoch in run.epochs]
        seen = [factor * getattr(epoch, f"validation_{quantity}") for epoch in run.epochs]
        axes.plot(ends, seen, color=COLOURS["control"], marker="o", markersize=4, label=label[1])
    axes.set_ylabel("accuracy (%)" if quantity == "accuracy" else "loss (nats)")


def arms(
    axes: "Axes",
    result: GrowthResult,
    quantity: Literal["train_loss", "validation_accuracy"],
    *,
    over: Over = "epochs",
    names: Mapping[Arm, str] | None = None,
) -> None:
    """Draw the arms' losses (nats, logarithmic) or accuracies (%): means, and bands that hold every seed.

    Parameters
    ----------
    axes
        Where to draw.
    result
        Of batch growth.
    quantity
        What is drawn.
    over
        What it is drawn over.
    names
        The arms' labels, where they are not their names.
    """
    factor = 100 if quantity == "validation_accuracy" else 1
    for arm, made in result.arms.items():
        ends = [(epoch.epoch + 1, epoch.updates)[over == "updates"] for epoch in made[0].epochs]
        by_seed = [[factor * getattr(epoch, quantity) for epoch in run.epochs] for run in made]
        of_ends = list(zip(*by_seed, strict=True))
        means, low, high = ([of(values) for values in of_ends] for of in (fmean, min, max))
        label = names[arm] if names else arm
        axes.plot(ends, means, STYLES[arm], color=COLOURS[arm], marker=".", label=label)
        axes.fill_between(ends, low, high, color=COLOURS[arm], alpha=0.15, linewidth=0)
    if quantity == "train_loss":
        axes.set_yscale("log")


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

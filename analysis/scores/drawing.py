"""Single curves, drawn into anybody's axes: ROC, precision–recall, PR-gain, calibration."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from analysis.figures import axes_or_new
from analysis.scores.geometry import pr_between

if TYPE_CHECKING:
    from analysis.scores.calibrating import Calibration
    from analysis.scores.curves import Counts, PrCurve, PrgCurve, RocCurve

BETWEEN = 20
CHANCE: dict[str, Any] = {"color": "0.5", "linestyle": "--", "linewidth": 1}
STRAIGHT = 500
"""Curves of more points are joined by straight lines: what lies between is narrower than a line."""


def plot_roc(
    curve: "RocCurve", ax: Axes | None = None, *, label: str | None = None, color: str | None = None
) -> Axes:
    """Draw a ROC curve."""
    ax = axes_or_new(ax)
    ax.plot(curve.fpr, curve.tpr, color=color, label=label)
    ax.set(title="ROC", xlabel="false positive rate", ylabel="true positive rate")
    ax.set(xlim=(0, 1), ylim=(0, 1.02))
    return ax


def plot_pr(
    curve: "PrCurve", ax: Axes | None = None, *, label: str | None = None, color: str | None = None
) -> Axes:
    """Draw a precision–recall curve, joined as Davis and Goadrich do."""
    ax = axes_or_new(ax)
    ax.plot(*_pr_line(curve), color=color, label=label)
    ax.set(title="Precision–recall", xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    return ax


def plot_prg(
    curve: "PrgCurve", ax: Axes | None = None, *, label: str | None = None, color: str | None = None
) -> Axes:
    """Draw a PR-gain curve."""
    ax = axes_or_new(ax)
    ax.plot(curve.recall_gain, curve.precision_gain, color=color, label=label)
    ax.set(title="PR-gain", xlabel="recall gain", ylabel="precision gain", xlim=(0, 1))
    return ax


def plot_calibration(
    found: "Calibration", ax: Axes | None = None, *, label: str | None = None, color: str | None = None
) -> Axes:
    """Draw the rates that follow a model's scores over these, with where its scores lie at the bottom."""
    ax = axes_or_new(ax)
    if not ax.lines:
        ax.plot([0, 1], [0, 1], **CHANCE, label="calibrated")
    drawn = ax.plot(found.scores, found.rates, color=color, label=label)
    held, edges = np.histogram(found.scores, bins=40, range=(0, 1), weights=found.weights)
    ax.stairs(0.15 * held / held.max(), edges, color=drawn[0].get_color(), alpha=0.5)
    ax.set(title="Calibration (isotonic)", xlabel="score", ylabel="rate of positives")
    ax.set(xlim=(0, 1), ylim=(0, 1.02))
    return ax


def _pr_line(curve: "Counts") -> tuple[np.ndarray, np.ndarray]:
    """Join the points as Davis and Goadrich do, never by straight lines where that could be seen."""
    tp, fp = curve.tp, curve.fp
    if len(tp) > STRAIGHT:
        recall, precision = tp / curve.positives, tp / (tp + fp)
        return np.concatenate([[0.0], recall]), np.concatenate([precision[:1], precision])
    pieces = [
        pr_between((start, end), (fp_start, fp_end), curve.positives, BETWEEN)
        for start, end, fp_start, fp_end in zip(tp, tp[1:], fp, fp[1:], strict=False)
    ]
    ends = [np.array([tp[0] / curve.positives]), np.array([tp[0] / (tp[0] + fp[0])])]
    recall, precision = (np.concatenate([end, *(piece[i] for piece in pieces)]) for i, end in enumerate(ends))
    # Before the first threshold FP is proportional to TP, so precision stays what it is there.
    return np.concatenate([[0.0], recall]), np.concatenate([precision[:1], precision])

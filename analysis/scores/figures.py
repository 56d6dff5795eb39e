"""Figures of scores: ROC, precision–recall and PR-gain side by side, and calibration."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import axes_or_new, headed, panels
from analysis.scores.bootstrapping import GRID
from analysis.scores.calibrating import Calibration
from analysis.scores.curves import Counts, PrCurve, PrgCurve, RocCurve, pr_curve, prg_curve, roc_curve
from analysis.scores.geometry import pr_between

if TYPE_CHECKING:
    from analysis.scores.evaluation import Evaluation

F1_LEVELS = (0.2, 0.4, 0.6, 0.8)
BETWEEN = 20
CHANCE: dict[str, Any] = {"color": "0.5", "linestyle": "--", "linewidth": 1}
STRAIGHT = 500
"""Curves of more points are joined by straight lines: what lies between is narrower than a line."""


def draw_curves(
    evaluation: "Evaluation", *, title: str | None = None, axes: "Sequence[Axes] | None" = None
) -> Figure:
    """Draw all three curves of each model with their bands, and the all-positive classifier."""
    left, middle, right = panels(3)[1] if axes is None else axes
    figure = cast("Figure", left.get_figure(root=True))  # axes without one cannot be drawn into
    s, bands = evaluation.scored, evaluation.bootstrap.bands
    for position, name in enumerate(s.names):
        color, c = f"C{position % 10}", evaluation.counts[name]

        def label(area: str, name: str = name) -> str:
            return f"{_short(name)} {evaluation.area(area, name):.4f}"

        plot_roc(roc_curve(c), left, color=color, label=label("auroc"))
        plot_pr(pr_curve(c), middle, color=color, label=label("aupr"))
        plot_prg(prg_curve(c), right, color=color, label=label("auprg"))
        if bands:
            band = bands[position]
            for ax, limits in ((left, band.tpr), (middle, band.precision), (right, band.precision_gain)):
                ax.fill_between(GRID, *limits, color=color, alpha=0.15, linewidth=0)
    left.plot([0, 1], [0, 1], **CHANCE, label="chance")
    middle.axhline(s.share, **CHANCE, label="chance")
    right.axhline(0, **CHANCE, label="chance")
    for ax, point in ((left, (1, 1)), (middle, (1, s.share)), (right, (1, 0))):
        ax.plot(*point, "s", color="black", label="all positive", clip_on=False, zorder=4)
    _draw_iso_f1(middle)
    for ax, area in ((left, "AUROC"), (middle, "AUPR"), (right, "AUPRG")):
        ax.legend(loc="lower right" if ax is left else "best", fontsize="x-small", title=area)
    middle.set_title("Precision–recall, iso-F₁ in grey")
    right.set_ylim(min(-0.2, max(right.get_ylim()[0], -2)), 1.02)
    shaded = f"bands: {100 * evaluation.level:g} %, pointwise" if bands else ""
    heading = ", ".join(part for part in (title, shaded) if part)
    if heading:
        headed(figure, heading)
    return figure


def plot_roc(
    curve: RocCurve, ax: Axes | None = None, *, label: str | None = None, color: str | None = None
) -> Axes:
    """Draw a ROC curve."""
    ax = axes_or_new(ax)
    ax.plot(curve.fpr, curve.tpr, color=color, label=label)
    ax.set(title="ROC", xlabel="false positive rate", ylabel="true positive rate")
    ax.set(xlim=(0, 1), ylim=(0, 1.02))
    return ax


def plot_pr(
    curve: PrCurve, ax: Axes | None = None, *, label: str | None = None, color: str | None = None
) -> Axes:
    """Draw a precision–recall curve, joined as Davis and Goadrich do."""
    ax = axes_or_new(ax)
    ax.plot(*_pr_line(curve), color=color, label=label)
    ax.set(title="Precision–recall", xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    return ax


def plot_prg(
    curve: PrgCurve, ax: Axes | None = None, *, label: str | None = None, color: str | None = None
) -> Axes:
    """Draw a PR-gain curve."""
    ax = axes_or_new(ax)
    ax.plot(curve.recall_gain, curve.precision_gain, color=color, label=label)
    ax.set(title="PR-gain", xlabel="recall gain", ylabel="precision gain", xlim=(0, 1))
    return ax


def plot_calibration(
    found: Calibration, ax: Axes | None = None, *, label: str | None = None, color: str | None = None
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


def draw_calibration(evaluation: "Evaluation", *, title: str | None = None) -> Figure:
    """Draw the calibration of every model whose scores are probabilities."""
    figure, (ax,) = panels(1)
    for position, name in enumerate(evaluation.names):
        found = evaluation.calibration(name)
        if found is not None:
            label = f"{_short(name)}, Brier {found.brier:.4f}"
            plot_calibration(found, ax, label=label, color=f"C{position % 10}")
    ax.legend(fontsize="x-small", title="below: where the scores lie", title_fontsize="x-small")
    if title:
        headed(figure, title)
    return figure


def _short(name: str) -> str:
    most = 24
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _pr_line(curve: Counts) -> tuple[np.ndarray, np.ndarray]:
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


def _draw_iso_f1(axes: Axes) -> None:
    for level in F1_LEVELS:
        recall = np.linspace(level / (2 - level), 1, 200)
        precision = level * recall / (2 * recall - level)
        axes.plot(recall, precision, color="0.8", linewidth=0.8, zorder=0)
        axes.annotate(f"{level:g}", (1.0, precision[-1]), color="0.6", fontsize="x-small", ha="right")

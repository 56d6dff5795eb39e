"""Figures of rankings: ROC, precision–recall and PR-gain side by side."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import panels
from analysis.scores.bootstrap import GRID, Bands
from analysis.scores.curves import Counts, counts, prg
from analysis.scores.experiment import Ranked
from analysis.scores.geometry import baseline, pr_between

F1_LEVELS = (0.2, 0.4, 0.6, 0.8)
BETWEEN = 20


def draw_rankings(models: Sequence[str], ranked: Ranked, bands: Sequence[Bands]) -> Figure:
    """Draw all three curves of each model with their bands, and the all-positive classifier."""
    figure, (left, middle, right) = panels(3)
    base = baseline(ranked.labels)
    for position, (name, score) in enumerate(zip(models, ranked.scores, strict=True)):
        color = f"C{position}"
        curve = counts(ranked.labels, score)
        left.plot(curve.fp / curve.negatives, curve.tp / curve.positives, color=color, label=name)
        middle.plot(*_pr_line(curve), color=color, label=name)
        gain = prg(ranked.labels, score)
        right.plot(gain.recall_gain, gain.precision_gain, color=color, label=name)
        band = bands[position]
        for axes, limits in ((left, band.tpr), (middle, band.precision), (right, band.precision_gain)):
            axes.fill_between(GRID, *limits, color=color, alpha=0.15, linewidth=0)
    left.plot([0, 1], [0, 1], color="0.5", linestyle="--", linewidth=1, label="chance")
    middle.axhline(base.pr[1], color="0.5", linestyle="--", linewidth=1, label="chance")
    right.axhline(0, color="0.5", linestyle="--", linewidth=1, label="chance")
    for axes, point in ((left, base.roc), (middle, base.pr), (right, base.prg)):
        axes.plot(*point, "s", color="black", label="all positive", clip_on=False, zorder=4)
    _draw_iso_f1(middle)
    left.set(title="ROC", xlabel="false positive rate", ylabel="true positive rate")
    middle.set(title="Precision–recall, iso-F₁ in grey", xlabel="recall", ylabel="precision")
    right.set(title="PR-gain", xlabel="recall gain", ylabel="precision gain")
    for axes in (left, middle):
        axes.set(xlim=(0, 1), ylim=(0, 1.02))
    right.set(xlim=(0, 1), ylim=(min(-0.2, right.get_ylim()[0]), 1.02))
    left.legend(loc="lower right", fontsize="small", title="bands: 95 %, pointwise", title_fontsize="small")
    return figure


def _pr_line(curve: Counts) -> tuple[np.ndarray, np.ndarray]:
    """Join the points as Davis and Goadrich do, never by straight lines."""
    pieces = [
        pr_between((tp, next_tp), (fp, next_fp), curve.positives, BETWEEN)
        for tp, next_tp, fp, next_fp in zip(
            curve.tp[1:], curve.tp[2:], curve.fp[1:], curve.fp[2:], strict=False
        )
    ]
    recall, precision = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    # Before the first threshold FP is proportional to TP, so precision stays what it is there.
    return np.concatenate([[0.0], recall]), np.concatenate([precision[:1], precision])


def _draw_iso_f1(axes: Axes) -> None:
    for level in F1_LEVELS:
        recall = np.linspace(level / (2 - level), 1, 200)
        precision = level * recall / (2 * recall - level)
        axes.plot(recall, precision, color="0.8", linewidth=0.8, zorder=0)
        axes.annotate(f"{level:g}", (1.0, precision[-1]), color="0.6", fontsize="x-small", ha="right")

"""Figures of scores: ROC, precision–recall and PR-gain side by side, and calibration."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from analysis.figures import headed, panels
from analysis.scores.bootstrapping import GRID
from analysis.scores.curves import pr_curve, prg_curve, roc_curve
from analysis.scores.drawing import CHANCE, plot_calibration, plot_pr, plot_prg, plot_roc

if TYPE_CHECKING:
    from analysis.scores.evaluation import Evaluation

F1_LEVELS = (0.2, 0.4, 0.6, 0.8)
FEW = 4
"""Of more models the legend stands below the axes, where it covers no curve."""
BELOW: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.13)}
LONGEST = 24
"""Characters of a name in a legend."""


def draw_curves(
    evaluation: "Evaluation", *, title: str | None = None, axes: "Sequence[Axes] | None" = None
) -> Figure:
    """Draw all three curves of each model with their bands, and the all-positive classifier."""
    left, middle, right = panels(3)[1] if axes is None else axes
    figure = cast("Figure", left.get_figure(root=True))  # axes without one cannot be drawn into
    s, bands = evaluation.scored, evaluation.bootstrap.bands
    shown, colours = shortened(s.names), _colours(len(s.names))
    if axes is None:
        _make_room(figure, len(s.names))
    for position, name in enumerate(s.names):
        color, c = colours[position], evaluation.counts[name]

        def label(area: str, name: str = name) -> str:
            return f"{shown[name]} {evaluation.area(area, name):.4f}"

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
        place = BELOW if len(s.names) > FEW else {"loc": "lower right" if ax is left else "best"}
        ax.legend(**place, fontsize="x-small", title=area)
    middle.set_title("Precision–recall, iso-F₁ in grey")
    right.set_ylim(min(-0.2, max(right.get_ylim()[0], -2)), 1.02)
    shaded = f"bands: {100 * evaluation.level:g} %, pointwise" if bands else ""
    heading = ", ".join(part for part in (title, shaded) if part)
    if heading:
        headed(figure, heading)
    return figure


def draw_calibration(evaluation: "Evaluation", *, title: str | None = None) -> Figure:
    """Draw the calibration of every model whose scores are probabilities."""
    figure, (ax,) = panels(1)
    shown, colours = shortened(evaluation.names), _colours(len(evaluation.names))
    _make_room(figure, len(evaluation.names))
    for position, name in enumerate(evaluation.names):
        found = evaluation.calibration(name)
        if found is not None:
            label = f"{shown[name]}, Brier {found.brier:.4f}"
            plot_calibration(found, ax, label=label, color=colours[position])
    place = BELOW if len(evaluation.names) > FEW else {}
    ax.legend(
        **place, fontsize="x-small", title="at the bottom: where the scores lie", title_fontsize="x-small"
    )
    if title:
        headed(figure, title)
    return figure


def shortened(names: Sequence[str]) -> dict[str, str]:
    """Return names that a legend has room for; those that would look alike stay whole.

    >>> shortened(["a", "model_of_the_first_experiment_x", "model_of_the_second_experiment_x"])["a"]
    'a'
    >>> shortened(["model_of_the_first_experiment_x"])
    {'model_of_the_first_experiment_x': 'model_of_th…periment_x'}
    """
    half = LONGEST // 2
    short = {
        name: name if len(name) <= LONGEST else f"{name[: half - 1]}…{name[2 - half :]}" for name in names
    }
    return {name: brief if list(short.values()).count(brief) == 1 else name for name, brief in short.items()}


def _colours(models: int) -> list[str]:
    """Return as many colours as there are models, no two of them equal."""
    usual = 10
    if models <= usual:
        return [f"C{position}" for position in range(models)]
    return [to_hex(colormaps["turbo"](position / (models - 1))) for position in range(models)]


def _make_room(figure: Figure, models: int) -> None:
    """Make a figure higher by what a legend below its axes takes."""
    if models > FEW:
        figure.set_figheight(figure.get_figheight() + 0.4 + 0.17 * models)


def _draw_iso_f1(axes: Axes) -> None:
    for level in F1_LEVELS:
        recall = np.linspace(level / (2 - level), 1, 200)
        precision = level * recall / (2 * recall - level)
        axes.plot(recall, precision, color="0.8", linewidth=0.8, zorder=0)
        axes.annotate(f"{level:g}", (1.0, precision[-1]), color="0.6", fontsize="x-small", ha="right")

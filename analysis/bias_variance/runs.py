"""What the command ``bias-variance`` hands over of a result: report, data and figure."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from analysis.bias_variance import data, report
from analysis.bias_variance.experiments import sample
from analysis.bias_variance.replay import DEGREES, PRINTED_LINES, Replay
from analysis.bias_variance.results import FixedXResult, FreshXResult, RidgeResult, Settings
from analysis.delivery import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SAMPLE = 20
SHOWN_DEGREES = (1, 3, 10)


def run_of(result: FixedXResult | FreshXResult | RidgeResult | Replay) -> Run:
    """Return what to print of a result, as text and as data, and how to draw it."""
    match result:
        case FixedXResult():
            return Run(report.fixed_report(result), data.fixed_data(result), partial(_fixed, result))
        case FreshXResult():
            return Run(report.fresh_report(result), data.fresh_data(result), partial(_fresh, result))
        case RidgeResult():
            return Run(report.ridge_report(result), data.ridge_data(result), partial(_ridge, result))
        case Replay():
            return Run(report.replay_report(result), data.replay_data(result), partial(_replay, result))


def _fixed(result: FixedXResult) -> "Figure":
    from analysis.bias_variance import figures
    from analysis.figures import panels

    figure, (left, right) = panels(2, title=str(result.settings))
    _draw_sample(left, result.settings, result.degrees)
    figures.draw_decomposition(right, result.degrees, result.exact, result.simulation)
    return figure


def _fresh(result: FreshXResult) -> "Figure":
    from analysis.bias_variance import figures
    from analysis.figures import panels

    figure, (left, right) = panels(2, title=str(result.settings))
    _draw_sample(left, result.settings, result.degrees)
    figures.draw_fresh_x(right, result.degrees, result.fresh)
    return figure


def _ridge(result: RidgeResult) -> "Figure":
    from analysis.bias_variance import figures
    from analysis.figures import panels

    figure, (axes,) = panels(1, title=str(result.fits.settings))
    figures.draw_ridge_path(axes, result)
    return figure


def _replay(result: Replay) -> "Figure":
    from analysis.bias_variance import figures
    from analysis.figures import panels

    figure, (left, right) = panels(2, title="The homework as handed in: its sample of 20, and exactly")
    figures.draw_sample(left, result.problem, result.x, result.y, tuple(PRINTED_LINES))
    figures.draw_decomposition(right, DEGREES, result.exact, None)
    return figure


def _draw_sample(axes: "Axes", settings: Settings, degrees: Sequence[int]) -> None:
    from analysis.bias_variance import figures

    x, y = sample(settings.problem, points=SAMPLE, seed=settings.seed)
    figures.draw_sample(axes, settings.problem, x, y, _shown(degrees))


def _shown(degrees: Sequence[int]) -> list[int]:
    """Choose the lines to draw: 1, 3 and 10 where asked for, else the ends."""
    possible = [degree for degree in degrees if degree < SAMPLE]
    return [degree for degree in SHOWN_DEGREES if degree in possible] or possible[
        :: max(1, len(possible) - 1)
    ]

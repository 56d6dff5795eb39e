"""Figures of many models: each is told from the others, and no legend covers a curve."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from analysis.scores import evaluate
from analysis.scores.evaluation import Evaluation
from analysis.scores.figures import draw_calibration, draw_curves, shortened

RNG = np.random.default_rng(4)
Y = np.arange(40) % 2


def of(models: int, name: str = "model {}") -> Evaluation:
    scores = {name.format(k): (RNG.random(40) + Y * k / 20) / 2 for k in range(models)}
    return evaluate(Y, scores, replicates=10)


def drawn(figure: Figure) -> dict[str, str]:
    """Colours of the models' lines in the first axes, by label."""
    ax = figure.axes[0]
    return {
        str(line.get_label()): str(line.get_color()) for line in ax.lines if "model" in str(line.get_label())
    }


@pytest.mark.parametrize("models", [2, 12])
def test_every_model_has_its_own_colour_and_its_area(models: int) -> None:
    found = of(models)
    curves = drawn(draw_curves(found))
    assert list(curves) == [f"{name} {found.area('auroc', name):.4f}" for name in found.names]
    assert len(set(curves.values())) == models
    calibrations = drawn(draw_calibration(found))
    assert len(set(calibrations.values())) == len(calibrations) == models


@pytest.mark.parametrize(("models", "below"), [(4, False), (5, True), (12, True)])
def test_legends_of_many_models_stand_below_the_axes(models: int, below: bool) -> None:  # noqa: FBT001  # expected
    for figure in (draw_curves(of(models)), draw_calibration(of(models))):
        FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]  # matplotlib does not annotate it
        for ax in figure.axes:
            legend = ax.get_legend()
            assert legend is not None
            box = legend.get_window_extent()
            assert (box.y1 <= ax.get_window_extent().y0) == below
            assert box.y0 >= 0


def test_long_names_are_shortened_unless_they_would_look_alike() -> None:
    one, two = "experiment_of_monday_resnet_a", "experiment_of_monday_resnet_b"
    assert shortened([one, "short"]) == {one: "experiment_…y_resnet_a", "short": "short"}
    both = shortened([one, two])
    assert both == {one: "experiment_…y_resnet_a", two: "experiment_…y_resnet_b"}
    alike = ["experiment_of_monday_resnet_a", "experiment_on_monday_resnet_a"]
    assert shortened(alike) == {name: name for name in alike}

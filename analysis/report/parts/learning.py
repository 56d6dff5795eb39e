"""Problem 3: the range test, cyclical rates, and growing batches with their control."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal

from analysis.errors import AnalysisError
from analysis.learning import (
    SCALES,
    CyclicalResult,
    GrowthResult,
    RangeResult,
    Setup,
    experiments,
    panels,
    read_result,
)
from analysis.learning.batch_growth import Arm, ArmDifference
from analysis.learning.curves import Curves
from analysis.learning.estimates import estimate
from analysis.learning.results import Result
from analysis.learning.runs import Keeping
from analysis.learning.setups import DataSummary, load_data
from analysis.learning.watching import StartWatch
from analysis.report.drawing import drawn
from analysis.report.part import Part
from analysis.report.scales import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EXPERIMENTS = ("lr-range", "cyclical", "batch-growth")
READINGS = ("first_decrease", "steepest", "slows", "minimum", "divergence")
ARMS: tuple[Arm, ...] = ("growth", "control", "cyclical")


@dataclass(frozen=True)
class Task:
    """What is to be trained, on what, and, where FashionMNIST is not to be had, how to get it.

    Attributes
    ----------
    scale
        A name of `analysis.learning.SCALES`.
    setup
        The experiments' common setup.
    data
        What the images are.
    missing
        Why they are not FashionMNIST's; None where they are.
    """

    scale: str
    setup: Setup
    data: DataSummary
    missing: str | None = None

    @property
    def options(self) -> dict[str, Any]:
        """The experiments' own settings, by their names."""
        chosen = SCALES[self.scale]
        return dict(zip(EXPERIMENTS, (chosen.lr_range, chosen.cyclical, chosen.growth), strict=True))


def find(scale: Scale) -> Task:
    """Look for the images of a scale; without FashionMNIST take scikit-learn's digits, at the tiny scale."""
    setup = SCALES[scale.name].setup
    try:
        return Task(scale.name, setup, load_data(setup)[1])
    except AnalysisError as error:
        digits = replace(SCALES["tiny"].setup, dataset="digits", shrink=1)
        return Task("tiny", digits, load_data(digits)[1], str(error))


def train(task: Task, experiment: str, folder: Path, watch: StartWatch, jobs: int = 1) -> Result:
    """Run one of the three experiments, going on with what ``folder`` holds of it."""
    run: Callable[..., Result] = getattr(experiments, experiment.replace("-", "_"))
    means = experiments.Means(keeping=Keeping(folder=folder, resume=True), jobs=jobs, watch=watch)
    return run(task.setup, task.options[experiment], means)


def fits(result: Result, task: Task) -> bool:
    """Tell whether a result was made with these settings from these images."""
    return (result.setup, result.options, result.data) == (
        task.setup,
        task.options[result.experiment],
        task.data,
    )


def given(folder: Path, experiment: str, scale: Scale) -> Result:
    """Return the result of an experiment that somebody else's run left in a folder.

    Raises
    ------
    AnalysisError
        When there is none, or it was made at another scale.
    """
    names = (f"{experiment}.json", f"{experiment}-{scale.name}.json")
    for path in (folder / name for name in names):
        if path.exists():
            result = read_result(path, experiment)
            if result.setup.scale != scale.name:
                raise AnalysisError(f"from: {path} is of scale {result.setup.scale}, not {scale.name}")
            return result
    raise AnalysisError(f"from: {folder} holds no result of {experiment}: {' or '.join(names)}")


def compute(results: Mapping[str, Result], missing: str | None) -> Part:
    """Return everything of problem 3."""
    tried, cycles, grown = (results[name] for name in EXPERIMENTS)
    assert isinstance(tried, RangeResult)  # noqa: S101  # read_result has seen to it
    assert isinstance(cycles, CyclicalResult)  # noqa: S101  # as above
    assert isinstance(grown, GrowthResult)  # noqa: S101  # as above
    numbers = {
        "missing": missing,
        "is_fashion": tried.setup.dataset == "fashion-mnist",
        "setup": asdict(tried.setup),
        "data": None if tried.data is None else asdict(tried.data),
        "parameters": tried.parameters,
        "range": _range(tried),
        "cyclical": _cyclical(cycles),
        "growth": _growth(grown),
    }
    figures = {
        "candidates": drawn(lambda axes: _draw_range(axes, tried, ramp=False)),
        "ramp": drawn(lambda axes: _draw_range(axes, tried, ramp=True)),
        "rates": drawn(lambda axes: _draw_rates(axes, cycles)),
        "cyclical_loss": drawn(lambda axes: _draw_runs(axes, cycles, "loss")),
        "cyclical_accuracy": drawn(lambda axes: _draw_runs(axes, cycles, "accuracy")),
        "growth_loss": drawn(lambda axes: _draw_losses(axes, grown)),
        "growth_accuracy": drawn(lambda axes: _draw_accuracies(axes, grown)),
    }
    return Part(numbers, figures)


def _range(result: RangeResult) -> dict[str, Any]:
    rates = result.candidates.rates
    return {
        "options": asdict(result.options),
        "factor": (rates[-1] / rates[0]) ** (1 / (len(rates) - 1)),
        **{
            curve.kind: {
                "losses": [
                    {"rate": rate, "loss": loss} for rate, loss in zip(curve.rates, curve.losses, strict=True)
                ]
                if curve.kind == "candidates"
                else len(curve.rates),
                "readings": {
                    name: None if curve.readings is None else getattr(curve.readings, name)
                    for name in READINGS
                },
                "lr_min": curve.lr_min,
                "lr_max": curve.lr_max,
                "unreadable": curve.unreadable,
            }
            for curve in (result.candidates, result.ramp)
        },
    }


def _cyclical(result: CyclicalResult) -> dict[str, Any]:
    epochs = [
        {
            "epoch": of_seeds[0].epoch + 1,
            "updates": of_seeds[0].updates,
            **{
                name: fmean(getattr(epoch, name) for epoch in of_seeds)
                for name in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
            },
        }
        for of_seeds in zip(*(run.epochs for run in result.runs), strict=True)
    ]
    return {
        "options": {**asdict(result.options), "decay": str(result.options.decay)},
        "epochs": epochs,
        "test": _test(result.runs),
    }


def _growth(result: GrowthResult) -> dict[str, Any]:
    return {
        "options": asdict(result.options),
        "seeds": len(result.arms["growth"]),
        "arms": {
            arm: {"updates": result.arms[arm][0].updates, "test": _test(result.arms[arm])} for arm in ARMS
        },
        "comparisons": {gap.second: _comparison(gap) for gap in result.comparisons},
    }


def _test(runs: tuple[Curves, ...]) -> dict[str, Any]:
    return {
        name: asdict(estimate([getattr(run.test, name) for run in runs])) for name in ("accuracy", "loss")
    }


def _comparison(gap: ArmDifference) -> dict[str, Any]:
    return {
        **asdict(gap.difference),
        "interval": gap.interval,
        "verdict": gap.verdict,
        "fewer_updates": gap.fewer_updates,
    }


def _draw_range(axes: "Axes", result: RangeResult, *, ramp: bool) -> None:
    panels.ranges(axes, result, ramp=ramp)
    axes.set_title("One run with a growing rate" if ramp else "A run for each rate")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, fontsize="small", markerscale=0.6)


def _draw_rates(axes: "Axes", result: CyclicalResult) -> None:
    panels.rates(axes, result)
    axes.set(xlabel="updates", title="The policy")


def _draw_runs(axes: "Axes", result: CyclicalResult, quantity: Literal["loss", "accuracy"]) -> None:
    panels.runs(axes, result, quantity)
    axes.set(xlabel="updates", title=quantity.capitalize())
    axes.legend()


def _draw_losses(axes: "Axes", result: GrowthResult) -> None:
    panels.arms(axes, result, "train_loss")
    axes.set(xlabel="epochs", ylabel="loss (nats)", title="Training loss")
    axes.legend()


def _draw_accuracies(axes: "Axes", result: GrowthResult) -> None:
    panels.arms(axes, result, "validation_accuracy")
    axes.set(xlabel="epochs", ylabel="accuracy (%), range over seeds", title="Validation accuracy")
    axes.legend()

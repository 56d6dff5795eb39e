"""Figures of the learning experiments, drawn from their results and from nothing else."""

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, ScalarFormatter

from analysis.console import counted
from analysis.figures import headed
from analysis.learning import panels
from analysis.learning.estimates import estimate
from analysis.learning.results import CyclicalResult, GrowthResult, RangeResult, Result
from analysis.learning.tables import percent


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


def _range_figure(result: RangeResult) -> Figure:
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    left.set_title(f"One run of {counted(result.options.epochs, 'epoch')} per rate", loc="left")
    right.set_title("One run with a growing rate", loc="left")
    panels.ranges(left, result, ramp=False)
    panels.ranges(right, result, ramp=True)
    left.set_ylabel("training loss (nats)")
    right.set_ylabel("")
    named = {
        label: handle
        for axes in (right, left)
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=4, frameon=False)
    return figure


def _cyclical_figure(result: CyclicalResult) -> Figure:
    figure = Figure(figsize=(8, 7), layout="constrained")
    losses, accuracies, rates = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 2))
    panels.runs(losses, result, "loss")
    panels.runs(accuracies, result, "accuracy")
    panels.rates(rates, result)
    losses.set_ylim(bottom=0)
    losses.legend(frameon=False)
    rates.set_xlabel("updates")
    tested = percent(estimate([run.test.accuracy for run in result.runs]))
    decay = result.options.decay
    losses.set_title(f"Cyclical learning rate, decay: {decay}; test accuracy {tested} %", loc="left")
    return figure


def _growth_figure(result: GrowthResult) -> Figure:
    figure = Figure(figsize=(9, 6.5), layout="constrained")
    (losses, *_), (accuracies, *_) = grid = figure.subplots(2, 2, sharex="col", sharey="row")
    tested = {
        arm: percent(estimate([run.test.accuracy for run in runs])) for arm, runs in result.arms.items()
    }
    names = {arm: f"{arm}, test {accuracy} %" for arm, accuracy in tested.items()}
    overs: tuple[panels.Over, ...] = ("epochs", "updates")
    for (above, below), over in zip(grid.T, overs, strict=True):
        panels.arms(above, result, "train_loss", over=over, names=names)
        panels.arms(below, result, "validation_accuracy", over=over, names=names)
        below.set_xlabel(over)
    losses.set_ylabel("training loss (nats)\nmean, and range over seeds")
    losses.yaxis.set_major_formatter(ScalarFormatter())
    losses.yaxis.set_minor_formatter(ScalarFormatter())
    losses.legend(frameon=False)
    accuracies.set_ylabel("validation accuracy (%)\nmean, and range over seeds")
    accuracies.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure

"""Results of the learning experiments as tables for an 80-column terminal."""

from collections.abc import Sequence
from statistics import fmean

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from analysis.console import counted
from analysis.learning.batch_growth import Comparison, Estimate, estimate
from analysis.learning.experiments import CyclicalResult, GrowthResult, RangeResult, Result
from analysis.learning.lr_range import Curve
from analysis.learning.schedules import Decay
from analysis.learning.setups import Setup


def table(result: Result) -> RenderableType:
    """Return what a terminal shows of a result."""
    match result:
        case RangeResult():
            return _range_table(result)
        case CyclicalResult():
            return _cyclical_table(result)
        case GrowthResult():
            return _growth_table(result)


def _columns(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _conditions(setup: Setup, parameters: int) -> str:
    seeds = counted(setup.seeds, "seed")
    if setup.first_seed:
        seeds += f" from {setup.first_seed}"
    precision = "bfloat16" if setup.bfloat16 else "float32"
    return (
        f"{setup.dataset}, scale {setup.scale}: {setup.train:,} images to learn from, "
        f"{parameters:,} parameters, momentum {setup.momentum:g}, {seeds}, {precision}"
    )


def _rate(rate: float | None) -> str:
    return "none" if rate is None else f"{rate:.2e}"


def _loss(loss: float | None) -> str:
    return "diverged" if loss is None else f"{loss:.4f}"


def _percent(value: Estimate) -> str:
    error = "" if value.error is None else f" ± {100 * value.error:.2f}"
    return f"{100 * value.mean:.2f}{error}"


def _range_table(result: RangeResult) -> RenderableType:
    tried = _columns("rate", "loss")
    for rate, loss in zip(result.candidates.rates, result.candidates.losses, strict=True):
        tried.add_row(_rate(rate), _loss(loss))
    read = _columns("read off the curve", "candidates", "ramp")

    def row(name: str, *values: float | None) -> None:
        read.add_row(name, *map(_rate, values))

    curves: tuple[Curve, Curve] = (result.candidates, result.ramp)
    row("first clear decrease", *(curve.readings.first_decrease for curve in curves))
    row("steepest", *(curve.readings.steepest for curve in curves))
    row("nine tenths of the fall", *(curve.readings.slows for curve in curves))
    row("minimum", *(curve.readings.minimum for curve in curves))
    row("divergence", *(curve.readings.divergence for curve in curves))
    read.add_section()
    row("suggested lr_min", *(curve.lr_min for curve in curves))
    row("suggested lr_max", *(curve.lr_max for curve in curves))
    return Group(
        _conditions(result.setup, result.parameters),
        "",
        f"Training loss, {counted(result.options.epochs, 'epoch')} at a constant rate",
        tried,
        f"Suggested bounds, and why (the ramp has {len(result.ramp.rates)} updates)",
        read,
    )


_DECAYS = {
    Decay.NONE: "no decay",
    Decay.HALVING: "the amplitude halves with each",
    Decay.AMPLITUDE: "the amplitude decays to {:g} of itself",
    Decay.BOUNDS: "both bounds decay to {:g} of themselves",
}


def _cyclical_table(result: CyclicalResult) -> RenderableType:
    options = result.options
    epochs = _columns(
        "epoch",
        "updates",
        "train loss",
        "train %",
        "val. loss",
        "val. %",
    )
    for of_seeds in zip(*(run.epochs for run in result.runs), strict=True):
        epochs.add_row(
            str(of_seeds[0].epoch + 1),
            f"{of_seeds[0].updates:,}",
            f"{fmean(epoch.train_loss for epoch in of_seeds):.4f}",
            f"{100 * fmean(epoch.train_accuracy for epoch in of_seeds):.2f}",
            f"{fmean(epoch.validation_loss for epoch in of_seeds):.4f}",
            f"{100 * fmean(epoch.validation_accuracy for epoch in of_seeds):.2f}",
        )
    test = estimate([run.test.accuracy for run in result.runs])
    over = f"; means over {counted(len(result.runs), 'seed')}" if len(result.runs) > 1 else ""
    return Group(
        _conditions(result.setup, result.parameters),
        "",
        f"{counted(options.cycles, 'cycle')} between {options.lr_min:g} and {options.lr_max:g}; "
        f"{_DECAYS[options.decay].format(options.remaining)}{over}",
        epochs,
        f"Test accuracy, met once, at the end: {_percent(test)} %",
    )


def _growth_table(result: GrowthResult) -> RenderableType:
    options = result.options
    arms = _columns(
        "arm",
        "batch",
        "rate",
        "updates",
        "test %",
        "test loss",
        "seconds",
    )
    does = {
        "growth": (f"{options.smallest}–{options.largest}", f"{options.lr_max:g}"),
        "control": (f"{options.smallest}", "halved"),
        "cyclical": (f"{options.cyclical_batch}", "cycles"),
    }
    for arm, runs in result.arms.items():
        loss = estimate([run.test.loss for run in runs])
        error = "" if loss.error is None else f" ± {loss.error:.3f}"
        arms.add_row(
            arm,
            *does[arm],
            f"{runs[0].updates:,}",
            _percent(estimate([run.test.accuracy for run in runs])),
            f"{loss.mean:.3f}{error}",
            f"{fmean(run.seconds for run in runs):.0f}",
        )
    return Group(
        _conditions(result.setup, result.parameters),
        "",
        f"After {counted(options.epochs, 'epoch')}, "
        f"batch norm over {options.ghost or 'all'} images of a batch",
        arms,
        "Does growth generalise alike? (test accuracy, seed by seed, in points)",
        _verdicts(result.comparisons),
    )


def _verdicts(comparisons: Sequence[Comparison]) -> Table:
    verdicts = _columns("difference", "points", "95 % interval", "verdict", "updates")
    for comparison in comparisons:
        fewer = comparison.fewer_updates
        verdicts.add_row(
            f"{comparison.first} − {comparison.second}",
            _percent(comparison.difference),
            _interval(comparison.interval),
            comparison.verdict or "one seed cannot tell",
            f"{fewer:.2f}× fewer" if fewer >= 1 else f"{1 / fewer:.2f}× more",
        )
    return verdicts


def _interval(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else " to ".join(f"{100 * end:+.2f}" for end in interval)

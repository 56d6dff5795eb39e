"""Results of the learning experiments as tables for an 80-column terminal."""

from collections.abc import Sequence
from statistics import fmean

from analysis.console import Table, counted
from analysis.learning.batch_growth import ArmDifference
from analysis.learning.estimates import Estimate, estimate
from analysis.learning.plans import cyclical_plan, peaks
from analysis.learning.range_curve import RangeCurve
from analysis.learning.results import CyclicalResult, GrowthResult, RangeResult, Result
from analysis.learning.schedules import Decay


def table(result: Result) -> list[str | Table]:
    """Return what a terminal shows of a result: sentences and tables."""
    match result:
        case RangeResult():
            return _range_table(result)
        case CyclicalResult():
            return _cyclical_table(result)
        case GrowthResult():
            return _growth_table(result)


def _columns(first: str, *others: str) -> Table:
    return Table(first, *others, ruled=True)


def _conditions(result: Result) -> str:
    setup = result.setup
    seeds = counted(setup.seeds, "seed")
    if setup.first_seed:
        seeds += f" from {setup.first_seed}"
    precision = "bfloat16" if setup.bfloat16 else "float32"
    return (
        f"{result.source}: {setup.train:,} images to learn from,"
        f" {result.parameters:,} parameters, momentum {setup.momentum:g}, {seeds}, {precision}"
    )


def _rate(rate: float | None) -> str:
    return "none" if rate is None else f"{rate:.2e}"


def _loss(loss: float | None) -> str:
    return "diverged" if loss is None else f"{loss:.4f}"


def percent(value: Estimate) -> str:
    """Return a share in percent, with its standard error where that is known."""
    error = "" if value.error is None else f" ± {100 * value.error:.2f}"
    return f"{100 * value.mean:.2f}{error}"


def _range_table(result: RangeResult) -> list[str | Table]:
    tried = _columns("rate", "loss")
    for rate, loss in zip(result.candidates.rates, result.candidates.losses, strict=True):
        tried.add_row(_rate(rate), _loss(loss))
    read = _columns("read off the curve", "candidates", "ramp")
    curves: tuple[RangeCurve, RangeCurve] = (result.candidates, result.ramp)

    def row(name: str, *values: str) -> None:
        read.add_row(name, *values)

    for name, label in READINGS.items():
        row(label, *(_reading(curve, name) for curve in curves))
    read.add_section()
    row("suggested lr_min", *(_bound(curve, curve.lr_min) for curve in curves))
    row("suggested lr_max", *(_bound(curve, curve.lr_max) for curve in curves))
    reasons = [f"The {curve.kind}: {curve.unreadable}." for curve in curves if curve.unreadable]
    averaged = result.ramp.lowest != result.ramp.highest
    mean = f", mean of {counted(result.setup.seeds, 'seed')}" if averaged else ""
    return [
        _conditions(result),
        "",
        f"Training loss, {counted(result.options.epochs, 'epoch')} at a constant rate",
        "",
        tried,
        "",
        f"Suggested bounds, and why (the ramp has {len(result.ramp.rates)} updates{mean})",
        "",
        read,
        *(["", *reasons] if reasons else []),
    ]


READINGS = {
    "first_decrease": "first clear decrease",
    "steepest": "steepest",
    "slows": "nine tenths of the fall",
    "minimum": "minimum",
    "divergence": "divergence",
}


def _reading(curve: RangeCurve, name: str) -> str:
    return "not readable" if curve.readings is None else _rate(getattr(curve.readings, name))


def _bound(curve: RangeCurve, rate: float | None) -> str:
    return "not readable" if curve.unreadable else _rate(rate)


_DECAYS = {
    Decay.NONE: "no decay",
    Decay.HALVING: "the amplitude halves with each",
    Decay.AMPLITUDE: "the amplitude decays to {:g} of itself",
    Decay.BOUNDS: "both bounds decay to {:g} of themselves",
}


def _cyclical_table(result: CyclicalResult) -> list[str | Table]:
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
    plan = cyclical_plan(result.setup.train, **vars(options))
    heights = ", ".join(f"{rate:.2g}" for rate in peaks(plan, result.setup.train))
    over = f"; means over {counted(len(result.runs), 'seed')}" if len(result.runs) > 1 else ""
    return [
        _conditions(result),
        "",
        (
            f"{counted(options.cycles, 'cycle')} between {options.lr_min:g} and {options.lr_max:g}; "
            f"{_DECAYS[options.decay].format(options.remaining)}, so they peak at {heights}{over}"
        ),
        "",
        epochs,
        "",
        f"Test accuracy, met once, at the end: {percent(test)} %",
    ]


def _growth_table(result: GrowthResult) -> list[str | Table]:
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
            percent(estimate([run.test.accuracy for run in runs])),
            f"{loss.mean:.3f}{error}",
            f"{fmean(run.seconds for run in runs):.0f}",
        )
    return [
        _conditions(result),
        "",
        (
            f"After {counted(options.epochs, 'epoch')}, "
            f"batch norm over {options.ghost or 'all'} images of a batch"
        ),
        "",
        arms,
        "",
        "Does growth generalise alike? (test accuracy, seed by seed, in points)",
        "",
        _verdicts(result.comparisons),
    ]


def _verdicts(comparisons: Sequence[ArmDifference]) -> Table:
    verdicts = _columns("difference", "points", "95 % interval", "verdict", "updates")
    for comparison in comparisons:
        fewer = comparison.fewer_updates
        verdicts.add_row(
            f"{comparison.first} − {comparison.second}",
            percent(comparison.difference),
            _interval(comparison.interval),
            comparison.verdict or "one seed cannot tell",
            f"{fewer:.2f}× fewer" if fewer >= 1 else f"{1 / fewer:.2f}× more",
        )
    return verdicts


def _interval(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else " to ".join(f"{100 * end:+.2f}" for end in interval)

"""The commands ``lr-range``, ``cyclical`` and ``batch-growth``."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from analysis.delivery import Run, deliver
from analysis.learning.options import COUNT, RATE, common, refuse_beside_from, replaced, setup_of
from analysis.learning.schedules import Decay
from analysis.learning.setups import SCALES, Scale, Setup
from analysis.options import Within, examples

if TYPE_CHECKING:
    from analysis.learning.results import Result
    from analysis.learning.watching import StartWatch, Watch


def _examples(name: str) -> str:
    return examples(
        f"{name} --scale tiny --dataset digits --figure {name}.png",
        f"{name} --data-dir own.npz --net mynets:make --train 5000 --validation 500 --out runs",
    )


_COMMON = common({name: scale.summary for name, scale in SCALES.items()}, bfloat16=True)


@click.command("lr-range", epilog=_examples("lr-range"))
@click.option("--lowest", type=RATE, help="First rate. [default: 1e-9]")
@click.option("--highest", type=RATE, help="Last rate. [default: 10]")
@click.option(
    "--candidates", type=click.IntRange(3, 10**4), help="How many rates to try. [default: by scale]"
)
@click.option("--epochs", type=COUNT, help="Per candidate. [default: by scale]")
@click.option("--batch", type=COUNT, help="Images per update. [default: by scale]")
@click.option("--ramp", type=click.IntRange(3, 10**6), help="Updates of the ramp. [default: by scale]")
@click.option("--smoothing", type=Within(0, 1, max_open=True), help="Of the ramp. [default: 0.9]")
@_COMMON
@click.pass_context
def lr_range(context: click.Context, /, **given: Any) -> None:  # noqa: ANN401  (click passes what it parsed)
    """Find bounds for the learning rate: ten rates tried one by one, and one run with a growing rate."""
    _run(context, given, lambda scale: scale.lr_range)


@click.command(epilog=_examples("cyclical"))
@click.option("--lr-min", type=RATE, help="Lower bound. [default: by scale]")
@click.option("--lr-max", type=RATE, help="Upper bound. [default: by scale]")
@click.option(
    "--decay",
    type=click.Choice([decay.value for decay in Decay]),
    callback=lambda _, __, value: value and Decay(value),
    help="What shrinks: the amplitude (torch's exp_range) or both bounds (the paper's). [default: amplitude]",
)
@click.option(
    "--remaining",
    type=Within(0, 1, min_open=True),
    help="What decay leaves at the end. [default: 0.1]",
)
@click.option("--cycles", type=COUNT, help="Up and down, so many times. [default: 3]")
@click.option("--epochs", type=COUNT, help="[default: by scale]")
@click.option("--batch", type=COUNT, help="Images per update. [default: by scale]")
@_COMMON
@click.pass_context
def cyclical(context: click.Context, /, **given: Any) -> None:  # noqa: ANN401  (click passes what it parsed)
    """Train with a learning rate that goes up and down between two bounds, ever less."""
    _run(context, given, lambda scale: scale.cyclical)


@click.command("batch-growth", epilog=_examples("batch-growth"))
@click.option("--lr-min", type=RATE, help="Lower bound of the cyclical arm. [default: by scale]")
@click.option("--lr-max", type=RATE, help="The rate of growth, the first of its control. [default: by scale]")
@click.option("--smallest", type=COUNT, help="First batch. [default: by scale]")
@click.option("--largest", type=COUNT, help="Last batch, the first doubled some times. [default: by scale]")
@click.option("--epochs", type=COUNT, help="Of each arm. [default: by scale]")
@click.option("--cycles", type=COUNT, help="Of the cyclical arm. [default: 3]")
@click.option(
    "--ghost",
    type=click.IntRange(0, 10**6),
    help="Images at a time for batch norm, however large the batch; 0: all of it. [default: 32]",
)
@_COMMON
@click.pass_context
def batch_growth(context: click.Context, /, **given: Any) -> None:  # noqa: ANN401  (click passes what it parsed)
    """Let the batch double at a fixed rate; compare with a rate that halves, and with cycles."""
    _run(context, given, lambda scale: scale.growth)


def _run(context: click.Context, given: dict[str, Any], choose: Callable[[Scale], Any]) -> None:
    """Run an experiment, or read its result; then show it."""
    from analysis.learning import results

    name = context.command.name or ""
    if given["source"]:
        refuse_beside_from(context)
        result = results.read_result(given["source"], name)
    else:
        scale = SCALES[given["scale"]]
        result = _experiment(name, setup_of(scale.setup, given), replaced(choose(scale), given), given)
    _deliver(result, name, given)


def _experiment(name: str, setup: Setup, options: Any, given: dict[str, Any]) -> "Result":  # noqa: ANN401  # the experiment's own options
    from analysis.learning import experiments
    from analysis.learning.runs import Keeping

    if given["resume"] and not given["out"]:
        raise click.UsageError("--resume needs --out, the folder to go on with.")
    if given.get("remaining") is not None and not options.decay.by_gamma:
        raise click.UsageError(
            f"--remaining does nothing with --decay {options.decay}; leave one of them out."
        )
    function = getattr(experiments, name.replace("-", "_"))
    keeping = Keeping(folder=given["out"], resume=given["resume"])
    with _progress(given["jobs"]) as watch:
        means = experiments.Means(given["data_dir"], keeping, given["jobs"], watch)
        result: Result = function(setup, options, means)
    return result


@contextmanager
def _progress(jobs: int) -> "Iterator[StartWatch]":
    """Show a bar per run with its loss and rate, on a terminal; nothing elsewhere."""
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

    from analysis.console import Count, progress
    from analysis.learning.training import Update

    columns = (
        TextColumn("{task.description:<16}"),
        BarColumn(bar_width=None),
        Count(),
        TextColumn("{task.fields[state]}"),
        TimeRemainingColumn(compact=True),
    )
    with progress(*columns) as bars:
        if jobs > 1:
            bars.add_task(f"{jobs} at a time", total=None, state="")

        def watch(name: str, total: int) -> "Watch":
            task = bars.add_task(name, total=total, state="")

            def seen(update: Update) -> None:
                state = f"loss {update.loss:<6.4g} rate {update.rate:<7.2g}"
                bars.update(task, completed=update.update + 1, state=state)

            return seen

        yield watch


def _deliver(result: "Result", name: str, given: dict[str, Any]) -> None:
    from analysis.learning.figures import draw
    from analysis.learning.tables import table

    deliver(
        Run(table(result), asdict(result), partial(draw, result)),
        as_json=given["as_json"],
        figures=[given["figure"]] if given["figure"] else [],
        kept=given["out"] / f"{name}.json" if given["out"] else None,
    )

"""The commands ``lr-range``, ``cyclical`` and ``batch-growth``."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from analysis.delivery import Run, deliver
from analysis.learning.schedules import Decay
from analysis.learning.setups import SCALES, Scale, Setup
from analysis.options import Within, examples, figure_option, json_option

if TYPE_CHECKING:
    from analysis.learning.results import Result
    from analysis.learning.watching import StartWatch, Watch

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
OptionsT = TypeVar("OptionsT")

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
COUNT = click.IntRange(1, 10**6)
RATE = Within(min=0, min_open=True, max=1e6)
WITH_FROM = {"source", "as_json", "figure"}
"""What may stand beside ``--from``."""


def _examples(name: str) -> str:
    return examples(
        f"{name} --scale tiny --dataset digits --figure {name}.png",
        f"{name} --data-dir own.npz --net mynets:make --train 5000 --validation 500 --out runs",
    )


def _common(function: FunctionT) -> FunctionT:
    """Give a command the options that all three have."""
    scales = "; ".join(f"{name}: {scale.summary}" for name, scale in SCALES.items())
    options = (
        click.option(
            "--scale", type=click.Choice(list(SCALES)), default="small", show_default=True, help=scales + "."
        ),
        click.option(
            "--dataset",
            type=click.Choice(["fashion-mnist", "digits"]),
            default="fashion-mnist",
            show_default=True,
            help="digits: scikit-learn's own 8×8 images, for the tiny scale; no installation needed.",
        ),
        click.option(
            "--data-dir",
            type=click.Path(path_type=Path),
            help="Your own images: a folder of four idx files, or FILE.npz with x_train, y_train, x_test and "
            "y_test. Else FashionMNIST: Debian's package, the cache, a download.",
        ),
        click.option(
            "--net",
            default="small-inception",
            show_default=True,
            help="A name of `python -m nets list`, or package.module:factory of your own.",
        ),
        click.option("--width", type=Within(0, 1e3, min_open=True), help="Of the net. [default: by scale]"),
        click.option("--train", type=COUNT, help="Images to learn from. [default: by scale]"),
        click.option("--validation", type=COUNT, help="Images to watch it on. [default: by scale]"),
        click.option("--test", type=COUNT, help="Images to test on. [default: by scale]"),
        click.option(
            "--shrink", type=COUNT, help="Average blocks of so many pixels a side. [default: by scale]"
        ),
        click.option("--seeds", type=COUNT, default=3, show_default=True, help="Runs of each kind."),
        click.option(
            "--first-seed",
            type=click.IntRange(0, 2**31),
            default=0,
            show_default=True,
            help="Of the first of them; the next has the next.",
        ),
        click.option("--momentum", type=Within(0, 1, max_open=True), help="Of SGD. [default: 0]"),
        click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True),
        click.option("--threads", type=COUNT, help="Of the processor. [default: by scale]"),
        click.option(
            "--jobs", type=click.IntRange(1, 1024), default=1, show_default=True, help="Runs at a time."
        ),
        click.option("--bfloat16", is_flag=True, help="Compute in bfloat16, where the device can."),
        click.option("--out", type=FOLDER, help="Keep logs, checkpoints and the result in this folder."),
        click.option("--resume", is_flag=True, help="Go on with what --out holds."),
        click.option("--from", "source", type=FILE, help="Show the result in this file instead of running."),
        json_option,
        figure_option,
    )

    for option in reversed(options):
        function = option(function)
    return function


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
@_common
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
@_common
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
@_common
@click.pass_context
def batch_growth(context: click.Context, /, **given: Any) -> None:  # noqa: ANN401  (click passes what it parsed)
    """Let the batch double at a fixed rate; compare with a rate that halves, and with cycles."""
    _run(context, given, lambda scale: scale.growth)


def _run(context: click.Context, given: dict[str, Any], choose: Callable[[Scale], Any]) -> None:
    """Run an experiment, or read its result; then show it."""
    from analysis.learning import results

    name = context.command.name or ""
    if given["source"]:
        _refuse_beside_from(context)
        result = results.read_result(given["source"], name)
    else:
        scale = SCALES[given["scale"]]
        result = _experiment(name, _setup(scale, given), _replaced(choose(scale), given), given)
    _deliver(result, name, given)


def _refuse_beside_from(context: click.Context) -> None:
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name not in WITH_FROM and source is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{parameter.opts[0]} does not go with --from; leave one of them out.")


def _setup(scale: Scale, given: dict[str, Any]) -> Setup:
    setup = _replaced(scale.setup, {**given, "scale": scale.setup.scale})
    own_shrink = given["shrink"] is not None
    return replace(setup, shrink=1) if setup.dataset == "digits" and not own_shrink else setup


def _replaced(options: OptionsT, given: dict[str, Any]) -> OptionsT:
    """Put what was given in place of a scale's values."""
    names = {field.name for field in fields(options)}  # type: ignore[arg-type]  # options are dataclasses
    changes = {name: value for name, value in given.items() if name in names and value is not None}
    return replace(options, **changes)  # type: ignore[type-var]  # options are dataclasses


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
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    from analysis.console import progress
    from analysis.learning.training import Update

    columns = (
        TextColumn("{task.description:<16}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:<6.4g} rate {task.fields[rate]:<7.2g}"),
        TimeRemainingColumn(compact=True),
    )
    with progress(*columns) as bars:
        if jobs > 1:
            bars.add_task(f"{jobs} at a time", total=None, loss=float("nan"), rate=float("nan"))

        def watch(name: str, total: int) -> "Watch":
            task = bars.add_task(name, total=total, loss=float("nan"), rate=float("nan"))

            def seen(update: Update) -> None:
                bars.update(task, completed=update.update + 1, loss=update.loss, rate=update.rate)

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

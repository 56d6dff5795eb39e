"""The command ``staleness``."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analysis.delivery import Run, deliver
from analysis.learning.options import COUNT, RATE, common, refuse_beside_from, replaced, setup_of
from analysis.options import Within, examples
from analysis.staleness.rules import WAYS, WEIGHTS
from analysis.staleness.settings import BATCH_NORMS, SCALES_OF_STALENESS

if TYPE_CHECKING:
    from analysis.staleness.experiment import Progress
    from analysis.staleness.results import StalenessResult

_COMMON = common({name: scale.summary for name, scale in SCALES_OF_STALENESS.items()}, bfloat16=False)


@click.command(
    epilog=examples(
        "staleness straggler.toml --protocol bsp --protocol k-sync:k=6 --protocol async --jobs 2",
        "staleness straggler.toml --scale tiny --dataset digits --net logistic --figure staleness.png",
    )
)
@click.argument("scenario", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option(
    "--protocol",
    "protocols",
    multiple=True,
    metavar="NAME[:KEY=VALUE,…]",
    help="Such as bsp, k-sync:k=6 or async:slack=3; may be given again. [default: the scenario's own]",
)
@click.option(
    "--rate",
    "rules",
    multiple=True,
    metavar="RULE",
    help=f"About stale gradients: {WAYS}. [default: constant]",
)
@click.option("--lr", type=RATE, help="The learning rate. [default: by scale]")
@click.option("--batch", type=COUNT, help="Images to a gradient. [default: by scale]")
@click.option("--weights", type=click.Choice(WEIGHTS), help="Of an update's gradients. [default: mean]")
@click.option(
    "--batch-norm",
    type=click.Choice(BATCH_NORMS),
    help="Statistics: of each batch by itself, of the first weights, of all images that an update read at one"
    " version. [default: latest]",
)
@click.option("--until", metavar="TIME", help="When the scenario stops, in seconds or with a unit.")
@click.option("--target", type=Within(0, 1), help="Validation accuracy to reach. [default: by scale]")
@click.option("--points", type=click.IntRange(1, 10**4), help="How often to look. [default: by scale]")
@click.option("--sample", type=COUNT, help="Training images to look at. [default: by scale]")
@_COMMON
@click.pass_context
def staleness(context: click.Context, /, **given: Any) -> None:  # noqa: ANN401  (click passes what it parsed)
    """Train by a simulated run: see which protocol learns fastest, and what staleness costs.

    Each gradient is computed at the weights that it was read at in the run, and applied when and with whom.
    """
    from analysis.staleness.results import read_staleness

    if given["source"]:
        refuse_beside_from(context)
        result = read_staleness(given["source"])
    else:
        result = _experiment(given)
    _deliver(result, given)


def _experiment(given: dict[str, Any]) -> "StalenessResult":
    if given["scenario"] is None:
        raise click.UsageError("Missing argument 'SCENARIO': a TOML file, such as of examples/.")
    if given["resume"] and not given["out"]:
        raise click.UsageError("--resume needs --out, the folder to go on with.")
    from analysis.errors import AnalysisError
    from analysis.learning.experiments import Means
    from analysis.learning.runs import Keeping
    from analysis.staleness import experiment
    from sim import Scenario, SimError

    try:
        until = {} if given["until"] is None else {"stop.time": _time(given["until"])}
        scenario = Scenario.load(given["scenario"], until)
    except SimError as error:
        raise AnalysisError(str(error)) from None
    scale = SCALES_OF_STALENESS[given["scale"]]
    chosen = {name: value or None for name, value in given.items() if name in {"protocols", "rules"}}
    options = replaced(scale.options, given | chosen)
    keeping = Keeping(folder=given["out"], resume=given["resume"])
    with _progress() as progress:
        means = Means(given["data_dir"], keeping, given["jobs"])
        setup = setup_of(scale.setup, given)
        return experiment.staleness(scenario, setup, options, means, progress, partial(click.echo, err=True))


def _time(text: str) -> float | str:
    """Return a number as one; a text with a unit is for the scenario to understand."""
    try:
        return float(text)
    except ValueError:
        return text


@contextmanager
def _progress() -> "Iterator[Progress]":
    """Show a bar over the gradients of all runs on a terminal; nothing elsewhere."""
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

    from analysis.console import progress

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with progress(*columns) as bars:
        task = bars.add_task("replaying", total=None)

        def seen(done: int, total: int, finished: int, runs: int) -> None:
            bars.update(task, completed=done, total=total, description=f"{finished} of {runs} runs done")

        yield seen


def _deliver(result: "StalenessResult", given: dict[str, Any]) -> None:
    from analysis.staleness.figures import draw
    from analysis.staleness.reading import summary
    from analysis.staleness.tables import table

    target = given["target"]
    deliver(
        Run(
            table(result, target),
            asdict(result) | {"summary": asdict(summary(result, target))},
            partial(draw, result, target),
        ),
        as_json=given["as_json"],
        figures=[given["figure"]] if given["figure"] else [],
        kept=given["out"] / "staleness.json" if given["out"] else None,
    )

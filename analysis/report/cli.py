"""The command ``report``."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analysis.errors import AnalysisError
from analysis.options import examples, json_option
from analysis.report.scales import SCALES

if TYPE_CHECKING:
    from rich.progress import Progress

    from analysis.learning.training import Update
    from analysis.learning.watching import Watch
    from analysis.report.making import Found, Watching

PROBLEMS = range(1, 6)
NOT_REPRODUCED = 1


def _chosen(_context: click.Context, _parameter: click.Parameter, text: str | None) -> tuple[int, ...]:
    """Read problems as ``1,2,5``."""
    if text is None:
        return tuple(PROBLEMS)
    parts = [part.strip() for part in text.split(",")]
    known = {str(problem) for problem in PROBLEMS}
    for part in parts:
        if part not in known:
            raise AnalysisError(f"only: {part!r} is no problem; there are {', '.join(sorted(known))}")
    return tuple(sorted({int(part) for part in parts}))


@click.command(
    epilog=examples("report --out report --scale tiny", "report --out report --only 1,4,5 --check")
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The folder for the page, its pictures and what is kept to go on with.",
)
@click.option(
    "--scale",
    type=click.Choice(list(SCALES)),
    default="small",
    show_default=True,
    help="; ".join(f"{scale.name}: {scale.summary}" for scale in SCALES.values()) + ".",
)
@click.option("--only", metavar="1,2,5", callback=_chosen, help="These problems.  [default: all five]")
@click.option(
    "--from",
    "source",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Show the results of lr-range, cyclical and batch-growth in this folder instead of training.",
)
@click.option("--check", is_flag=True, help="Exit with 1 if a determined number is not reproduced.")
@click.option(
    "--jobs", type=click.IntRange(1, 1024), default=1, show_default=True, help="Runs trained at a time."
)
@json_option
@click.pass_context
def report(context: click.Context, /, **given: Any) -> None:  # noqa: ANN401  (click passes what it parsed)
    """Recompute the whole homework, each number beside the one that was handed in.

    Into --out come report.html, which needs no network, report.md and report.json. What is done is kept
    there: the same command goes on where it was stopped, and takes what it finds only for the same settings
    and data.
    """
    from analysis.files import write
    from analysis.report.making import Order, make
    from analysis.report.writing import data, pages

    source: Path | None = given["source"]
    if source is not None and not source.is_dir():
        raise AnalysisError(f"from: there is no folder {str(source)!r}")
    out: Path = given["out"]
    order = Order(out, SCALES[given["scale"]], given["only"], source, given["jobs"])
    with _watching() as watching:
        found = make(order, watching)
    for name, content in pages(found).items():
        write(out / name, content)
    if given["as_json"]:
        from analysis.delivery import to_json

        click.echo(to_json(data(found)))
    else:
        _show(found, out)
    if given["check"] and found.broken:
        for each in found.broken:
            claim, ours = each.claim, each.ours.value
            said = f"{claim.question} {claim.what}: printed {claim.printed}, ours {ours}"
            click.echo(f"not reproduced: {said}", err=True)
        context.exit(NOT_REPRODUCED)


def _show(found: "Found", out: Path) -> None:
    """Print how many numbers came to which verdict, and where the page is."""
    from itertools import groupby

    from analysis.console import show, table
    from analysis.report.claims import tally
    from analysis.report.flavours import MARKS
    from analysis.report.verdicts import Verdict

    made = table("problem", *(word for word, _ in MARKS.values()))
    for problem, claims in groupby(found.claims, key=lambda each: each.claim.problem):
        made.add_row(str(problem), *(str(count) for count in tally(claims).values()))
    total = tally(found.claims)
    made.add_row("all", *(str(total[verdict]) for verdict in Verdict))
    show(
        f"Scale {found.scale.name}. What was printed, beside ours:\n",
        made,
        "",
        f"{out / 'report.html'}, with report.md and report.json beside it",
    )


@contextmanager
def _watching() -> Iterator["Watching"]:
    """Show which part is being made, and a bar for each run that is trained."""
    from analysis.console import progress
    from analysis.report.making import Watching

    with progress() as bars:
        yield Watching(stage=lambda name: _stage(bars, name), training=lambda *run: _run(bars, *run))


@contextmanager
def _stage(bars: "Progress", name: str) -> Iterator[None]:
    task = bars.add_task(name, total=None)
    try:
        yield
    finally:
        bars.remove_task(task)


def _run(bars: "Progress", name: str, total: int) -> "Watch":
    task = bars.add_task(f"  {name}", total=total)

    def seen(update: "Update") -> None:
        bars.update(task, completed=update.update + 1)
        if update.update + 1 == total:
            bars.remove_task(task)

    return seen

"""The commands that run many scenarios: ``sweep``, ``merge`` and ``best``."""

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli_input import FILE
from sim.cli_output import File, deliver
from sim.cli_plan import PATH, Asked, Table, plan_options, shown_options
from sim.errors import SimError
from sim.files import write
from sim.statistics import CONFIDENCE
from sim.sweep import text
from sim.sweep.files import records
from sim.sweep.perform import Row
from sim.sweep.plan import Plan
from sim.sweep.runs import check_name
from sim.sweep.table import Summary, frame, summaries
from sim.terminal import Screen, wrapped

if TYPE_CHECKING:
    from sim.sweep.ranking import Ranking

MOST_SHOWN = 10
"""Points that `best` shows."""


@click.command()
@FILE
@plan_options
@shown_options
@click.option("--shard", metavar="i/n", help="Do the i-th of n parts of the runs; `merge` joins them.")
def sweep(
    file: Path,
    over: tuple[str, ...],
    until: tuple[str, ...],
    figures: tuple[str, ...],
    figure: Path | None,
    x: str | None,
    shard: str | None,
    **asked: Any,  # noqa: ANN401 -- see plan_options
) -> int:
    """Run the scenario in FILE at every point of a grid over any of its fields, several times.

    Prints the means of each point; --out keeps every run. Stopped at any moment and run again, it goes on.
    Ends with status 1 where a run failed.
    """
    shown = figures or text.FIGURES
    for name in shown:
        check_name(name)
    wanted = Asked.checked(file, over, until, shown[0], figure, **asked)
    paths = [axis.path for axis in wanted.plan.axes]
    if figure is not None:
        _check_drawable(figure, x or paths[0], wanted.plan)
    rows = wanted.rows(shard)
    found = summaries(rows)
    drawn: dict[str, File] = {}
    if figure is not None:
        drawn["figure"] = (figure, partial(_draw, figure, found, shown, x or paths[0], wanted.plan))
    wanted.deliver(
        rows,
        partial(_data, wanted.plan, rows, found),
        partial(_print, wanted.plan, found, shown),
        drawn,
    )
    return int(any(row.result.error is not None for row in rows))


def _draw(figure: Path, found: Sequence[Summary], shown: Sequence[str], x: str, plan: Plan) -> None:
    from sim.sweep.figure import draw, render

    write(figure, render(draw(found, shown, x, plan.scenario.title), figure))


def _check_drawable(figure: Path, x: str, plan: Plan) -> None:
    """Raise `SimError` where a sweep cannot be drawn over a field."""
    if figure.suffix.lower() not in {".png", ".svg", ".pdf"}:
        raise SimError(f"--figure {figure}: must end in .png, .svg or .pdf")
    sizes = {axis.path: len(axis.values) for axis in plan.axes}
    if x not in sizes:
        raise SimError(f"--x {x}: is not swept: there is {', '.join(sizes)}")
    lines = math.prod(size for path, size in sizes.items() if path != x)
    if lines > text.MOST_LINES:
        raise SimError(
            f"--figure {figure}: {lines} lines are more than the {text.MOST_LINES} that can be told apart:"
            " sweep fewer values, or name the field of the most by --x"
        )


def _print(plan: Plan, found: Sequence[Summary], figures: Sequence[str]) -> None:
    screen = Screen()
    if plan.scenario.title:
        screen.print(plan.scenario.title, markup=False, style="bold")
    if not found:
        screen.print("This part has no runs.")
        return
    screen.print(text.points(found, figures))
    _print_lines(screen, [text.how(found, plan.replicas.seed), *text.given_up(found, plan.replicas)])


def _print_lines(screen: Screen, lines: Sequence[str]) -> None:
    for line in lines:
        screen.print(wrapped(line, screen.width), markup=False)


def _data(plan: Plan, rows: Sequence[Row], found: Sequence[Summary]) -> dict[str, Any]:
    """Return a sweep as plain data: what was swept, the means of each point, and every run."""
    return plan.to_data() | {"points": [_point(each, plan) for each in found], "runs": records(frame(rows))}


def _point(each: Summary, plan: Plan) -> dict[str, Any]:
    estimates = {name: each.estimate(name) for name in each.numbers}
    wide = plan.replicas.wide([row.result for row in each.rows]) if each.point.scenario else {}
    return {
        "point": each.point.number,
        "settings": dict(each.point.settings),
        "runs": len(each.rows),
        "error": each.error,
        "figures": {
            name: None
            if estimate is None
            else {"mean": estimate.mean, "half_width": _half(estimate.half_width(CONFIDENCE), len(each.rows))}
            for name, estimate in estimates.items()
        },
        "given_up": sorted(wide),
    }


def _half(width: float, runs: int) -> float | None:
    return width if runs > 1 else None


@click.command()
@click.argument("parts", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", type=PATH, required=True, metavar="FILE.parquet|.csv|.json|-", help="Write a row for each run."
)
def merge(parts: tuple[Path, ...], out: Path) -> int:
    """Join the shards of a sweep into the table that it would have made in one piece.

    PARTS are the journals of the shards, or the tables beside which these lie.
    """
    from sim.sweep.merging import merged

    table = Table(out)
    table.check()
    plan, rows, journal = merged(parts)
    if table.journal is not None:
        write(table.journal, journal)

    def show() -> None:
        if not table.printed:
            _print(plan, summaries(rows), text.FIGURES)

    deliver({"out": (out, partial(table.put, rows))}, show)
    return int(any(row.result.error is not None for row in rows))


@click.command()
@FILE
@plan_options
@click.option("--maximise", metavar="FIGURE", help="The best point has the most of this figure.")
@click.option("--minimise", metavar="FIGURE", help="The best point has the least of it.")
@click.option(
    "--subject-to",
    "bounds",
    multiple=True,
    metavar="FIGURE<=NUMBER",
    help="Only points that keep to this by their means; also >=; may be repeated.",
)
def best(
    file: Path,
    over: tuple[str, ...],
    until: tuple[str, ...],
    maximise: str | None,
    minimise: str | None,
    bounds: tuple[str, ...],
    **asked: Any,  # noqa: ANN401 -- see plan_options
) -> int:
    """Find the best point of a grid over the fields of the scenario in FILE, and how sure that is."""
    from sim.sweep.ranking import Bound, rank

    if (maximise is None) == (minimise is None):
        raise SimError("give either --maximise FIGURE or --minimise FIGURE")
    figure = maximise or minimise or ""
    conditions = [Bound.parse(each) for each in bounds]
    for name in (figure, *(bound.figure for bound in conditions)):
        check_name(name)
    wanted = Asked.checked(file, over, until, figure, **asked)
    rows = wanted.rows()
    found = summaries(rows)
    ranking = rank(found, figure, maximise=maximise is not None, bounds=conditions)

    wanted.deliver(
        rows,
        lambda: _data(wanted.plan, rows, found) | {"best": ranking.to_data()},
        partial(_print_best, wanted.plan, found, ranking, [bound.figure for bound in conditions]),
    )
    return 0


def _print_best(plan: Plan, found: Sequence[Summary], ranking: "Ranking", bounded: Sequence[str]) -> None:
    screen = Screen()
    if plan.scenario.title:
        screen.print(plan.scenario.title, markup=False, style="bold")
    shown = list(dict.fromkeys([ranking.figure, *bounded]))
    screen.print(text.points(ranking.order[:MOST_SHOWN], shown))
    _print_lines(screen, [text.how(found, plan.replicas.seed), *text.given_up(found, plan.replicas)])
    _print_lines(screen, list(text.verdict(ranking)))


COMMANDS: list[click.Command] = [sweep, merge, best]

"""The commands that run many scenarios: ``sweep``, ``merge`` and ``best``."""

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, replace
from functools import partial, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click

from sim.cli_input import ENGINE, FILE, STDOUT, scenario_in, setting_options, settings_of
from sim.cli_output import check_writable, deliver, put_out
from sim.errors import SimError
from sim.files import write
from sim.progress import RunsWatch
from sim.scenario.measured import files_in, seen_from, written
from sim.statistics import CONFIDENCE
from sim.sweep import text
from sim.sweep.files import KINDS, journal_of, kind_of, records
from sim.sweep.journal import Journal
from sim.sweep.perform import WHOLE, Row, parse_shard
from sim.sweep.plan import Plan
from sim.sweep.points import Axis, parse_axis
from sim.sweep.replicas import MOST, Replicas
from sim.sweep.runs import check_name
from sim.sweep.table import Summary, frame, summaries
from sim.terminal import Screen, as_json, wrapped

if TYPE_CHECKING:
    from sim.sweep.ranking import Ranking

Command = Callable[..., Any]
PATH = click.Path(dir_okay=False, allow_dash=True, path_type=Path)
MOST_SHOWN = 10
"""Points that `best` shows."""


def _added(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    return reduce(lambda wrapped, option: option(wrapped), reversed(options), command)


def plan_options(command: Command) -> Command:
    """Add the options that say what to run, and where."""
    options = [
        click.option(
            "--over",
            multiple=True,
            required=True,
            metavar="PATH=VALUES",
            help="A field and its values, such as protocol.k=1..8 or workers[0].compute=0.5,1,2.",
        ),
        click.option(
            "--replicas",
            type=click.IntRange(1, 1_000_000),
            default=10,
            show_default=True,
            help="Runs a point.",
        ),
        click.option(
            "--seed", type=click.IntRange(min=0), help="Seed of the first; the scenario's by default."
        ),
        click.option(
            "--until-interval",
            "until",
            multiple=True,
            metavar="[FIGURE=]SHARE",
            help="Add replicas until half of the figure's 95 % interval is below this share of its mean.",
        ),
        click.option(
            "--most-replicas",
            "most",
            type=click.IntRange(2, 1_000_000),
            default=MOST,
            show_default=True,
            help="Where --until-interval gives a point up.",
        ),
        ENGINE,
        click.option(
            "--jobs",
            type=click.IntRange(min=1),
            help="Processes on this machine; by default one for each core, where that pays.",
        ),
        click.option("--dask", metavar="tcp://…", help="Run on the Dask cluster of this scheduler."),
        click.option("--ray", metavar="auto|ADDRESS", help="Run on this Ray cluster."),
        click.option(
            "--out",
            type=PATH,
            metavar="FILE.parquet|.csv|.json|-",
            help="Write a row for each run; what is there already is not run again. - prints CSV instead.",
        ),
        click.option("--json", "json", is_flag=True, help="Print everything as one JSON object instead."),
    ]
    return _added(setting_options(command), options)


def shown_options(command: Command) -> Command:
    """Add the options that say which figures are shown, and drawn."""
    options = [
        click.option(
            "--y",
            "figures",
            multiple=True,
            metavar="FIGURE",
            help="Show this figure, such as staleness.mean; may be repeated.",
        ),
        click.option("--figure", type=PATH, metavar="FILE.png|.svg|.pdf", help="Draw what is shown."),
        click.option("--x", metavar="PATH", help="Over which field to draw; the first by default."),
    ]
    return _added(command, options)


@dataclass(frozen=True)
class Asked:
    """What a command is to run, and where; checked."""

    plan: Plan
    engine: str
    jobs: int | None
    dask: str | None
    ray: str | None
    out: Path | None
    json: bool

    @classmethod
    def checked(
        cls,
        file: Path,
        over: Sequence[str],
        until: Sequence[str],
        figure: str,
        drawn: Path | None = None,
        *,
        sets: Sequence[str],
        protocols: Sequence[str],
        replicas: int,
        seed: int | None,
        most: int,
        out: Path | None,
        json: bool,
        **where: Any,  # noqa: ANN401 -- engine, jobs, dask and ray
    ) -> Self:
        """Return it; raises `SimError` where something stands against it."""
        given = scenario_in(file, settings_of(sets, protocols))
        scenario = given.scenario
        axes = tuple(_beside(given.folder, parse_axis(each)) for each in over)
        shares = dict(_share(each, figure) for each in until)
        first = scenario.seed if seed is None else seed
        if str(out) == STDOUT and json:
            raise SimError("--out -: standard output is for one thing: leave out --json")
        if out is not None:
            _check_table(out)
        if drawn is not None:
            check_writable("figure", drawn)
        measured = files_in([written(axis.path, value) for axis in axes for value in axis.values], Path())
        replace(given, files=(*given.files, *measured)).spare({"out": out, "figure": drawn})
        return cls(
            Plan(scenario, axes, Replicas.checked(replicas, first, shares, most)), out=out, json=json, **where
        )

    def rows(self, shard: str | None = None) -> tuple[Row, ...]:
        """Run it, its progress on the terminal."""
        from sim.sweep.clusters import hands_for, on_cluster
        from sim.sweep.sweeping import swept

        part = WHOLE if shard is None else parse_shard(shard)
        hands = None if self.dask or self.ray else self.jobs or hands_for(self.plan)
        with ExitStack() as stack:
            journal = stack.enter_context(
                nullcontext() if self.out is None or self.prints else Journal(journal_of(self.out))
            )
            stack.enter_context(on_cluster(self.dask, self.ray))
            watch = stack.enter_context(RunsWatch())
            return swept(
                self.plan, engine=self.engine, hands=hands, journal=journal, shard=part, progress=watch
            )

    def files(self, rows: Sequence[Row]) -> dict[str, tuple[Path, Callable[[], None]]]:
        """Return the table's file, where one is asked for, and what writes it; see `deliver`."""
        if self.out is None:
            return {}
        return {"out": (self.out, partial(_write_table, self.out, rows))}

    @property
    def prints(self) -> bool:
        """Whether the table goes to standard output, in place of all else."""
        return str(self.out) == STDOUT


def _check_table(out: Path) -> None:
    """Raise `SimError` where it is plain that a table cannot be written, or its journal."""
    if str(out) != STDOUT:
        kind_of("--out", out)
        check_writable("out", out)
        check_writable("out", journal_of(out))


def _write_table(out: Path, rows: Sequence[Row]) -> None:
    """Write a row for each run; to standard output as CSV."""
    if str(out) == STDOUT:
        put_out(KINDS[".csv"](frame(rows)))
    else:
        write(out, kind_of("--out", out)(frame(rows)))


def _beside(folder: Path, axis: Axis) -> Axis:
    """Return an axis whose files lie in a folder, as those of `--set` do."""
    return Axis(
        axis.path,
        tuple(next(iter(seen_from(folder, written(axis.path, value)).values())) for value in axis.values),
    )


def _share(given: str, figure: str) -> tuple[str, float]:
    name, _, share = given.rpartition("=")
    try:
        return name or figure, float(share)
    except ValueError:
        raise SimError(f"--until-interval {given}: must read SHARE or FIGURE=SHARE, such as 0.01") from None


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
    files = wanted.files(rows)
    if figure is not None:
        files["figure"] = (figure, partial(_draw, figure, found, shown, x or paths[0], wanted.plan))

    def show() -> None:
        if wanted.json:
            click.echo(as_json(_data(wanted.plan, rows, found)))
        elif not wanted.prints:
            _print(wanted.plan, found, shown)

    deliver(files, show)
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

    _check_table(out)
    plan, rows, journal = merged(parts)
    if str(out) != STDOUT:
        write(journal_of(out), journal)
    show = partial(_print, plan, summaries(rows), text.FIGURES)
    files = {"out": (out, partial(_write_table, out, rows))}
    deliver(files, (lambda: None) if str(out) == STDOUT else show)
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

    def show() -> None:
        if wanted.json:
            click.echo(as_json(_data(wanted.plan, rows, found) | {"best": ranking.to_data()}))
        elif not wanted.prints:
            _print_best(wanted.plan, found, ranking, [bound.figure for bound in conditions])

    deliver(wanted.files(rows), show)
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

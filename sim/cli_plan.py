"""What a command that runs many scenarios is asked: its options, checked; where its table goes."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, replace
from functools import partial, reduce
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import click

from sim.cli_input import ENGINE, STDOUT, scenario_in, setting_options, settings_of
from sim.cli_output import File, check_writable, deliver, put_out
from sim.errors import SimError
from sim.files import write
from sim.progress import RunsWatch
from sim.scenario.measured import files_in, seen_from, written
from sim.sweep.files import KINDS, journal_of, kind_of
from sim.sweep.journal import Journal
from sim.sweep.perform import WHOLE, Row, parse_shard
from sim.sweep.plan import Plan
from sim.sweep.points import Axis, parse_axis
from sim.sweep.replicas import MOST, Replicas
from sim.sweep.table import frame
from sim.terminal import as_json

Command = Callable[..., Any]
PATH = click.Path(dir_okay=False, allow_dash=True, path_type=Path)


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
class Table:
    """Where the table of a sweep goes: a file, with a journal beside it, or standard output."""

    path: Path

    @property
    def printed(self) -> bool:
        """Whether it goes to standard output, in place of all else."""
        return str(self.path) == STDOUT

    @property
    def journal(self) -> Path | None:
        """Where its journal lies, if it has one."""
        return None if self.printed else journal_of(self.path)

    def check(self) -> None:
        """Raise `SimError` where it is plain that it cannot be written, or its journal."""
        if self.journal is not None:
            kind_of("--out", self.path)
            check_writable("out", self.path)
            check_writable("out", self.journal)

    def put(self, rows: Sequence[Row]) -> None:
        """Write a row for each run; to standard output as CSV."""
        if self.printed:
            put_out(KINDS[".csv"](frame(rows)))
        else:
            write(self.path, kind_of("--out", self.path)(frame(rows)))


@dataclass(frozen=True)
class Asked:
    """What a command is to run, and where; checked."""

    plan: Plan
    engine: str
    jobs: int | None
    dask: str | None
    ray: str | None
    table: Table | None
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
        table = None if out is None else Table(out)
        if table is not None:
            table.check()
            if table.printed and json:
                raise SimError("--out -: standard output is for one thing: leave out --json")
        if drawn is not None:
            check_writable("figure", drawn)
        measured = files_in([written(axis.path, value) for axis in axes for value in axis.values], Path())
        replace(given, files=(*given.files, *measured)).spare({"out": out, "figure": drawn})
        plan = Plan(scenario, axes, Replicas.checked(replicas, first, shares, most))
        return cls(plan, table=table, json=json, **where)

    def rows(self, shard: str | None = None) -> tuple[Row, ...]:
        """Run it, its progress on the terminal."""
        from sim.sweep.clusters import hands_for, on_cluster
        from sim.sweep.sweeping import swept

        part = WHOLE if shard is None else parse_shard(shard)
        hands = None if self.dask or self.ray else self.jobs or hands_for(self.plan)
        kept = None if self.table is None else self.table.journal
        with ExitStack() as stack:
            journal = stack.enter_context(nullcontext() if kept is None else Journal(kept))
            stack.enter_context(on_cluster(self.dask, self.ray))
            watch = stack.enter_context(RunsWatch())
            return swept(
                self.plan, engine=self.engine, hands=hands, journal=journal, shard=part, progress=watch
            )

    def deliver(
        self,
        rows: Sequence[Row],
        data: Callable[[], Any],
        show: Callable[[], None],
        more: Mapping[str, File] = MappingProxyType({}),
    ) -> None:
        """Write the table and more files; print the result as JSON, by ``show``, or not beside the table."""
        table = {} if self.table is None else {"out": (self.table.path, partial(self.table.put, rows))}

        def printed() -> None:
            if self.json:
                click.echo(as_json(data()))
            elif self.table is None or not self.table.printed:
                show()

        deliver({**table, **more}, printed)


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

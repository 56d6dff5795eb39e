"""The command line of ``sim``: the only place that talks to files and terminals for its user."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Self

import click

from sim import timeline
from sim.cli_sweep import COMMANDS as SWEEPS
from sim.cli_theory import COMMANDS
from sim.engine import ENGINES, simulate, summarise
from sim.errors import SimError
from sim.files import write
from sim.manual import PROGRAM, SETTINGS, VERSION, give_examples
from sim.metrics import summary
from sim.progress import Watch
from sim.scenario import Scenario
from sim.scenario.units import parse
from sim.scenario.values import checked_seed, shown
from sim.terminal import Screen, any_streams, as_json
from sim.trace import Trace, tables
from sim.trace.export import pieces

WIDEST = 120
"""Columns that a timeline takes at most, however wide the terminal."""

Writer = Callable[[Trace, Path], None]


@click.group(context_settings=SETTINGS)
@VERSION
def cli() -> None:
    """Simulate a parameter server and its workers: who read what when, how stale each gradient was."""


def _csv(trace: Trace, path: Path) -> None:
    write(path, trace.to_pandas().to_csv(index=False).encode())


def _perfetto(trace: Trace, path: Path) -> None:
    from sim.timeline import perfetto

    perfetto.write(trace, path)


WRITERS: dict[str, Writer] = {
    "csv": _csv,
    "timeline": timeline.write,
    "perfetto": _perfetto,
    "save": Trace.save,
}


@dataclass(frozen=True)
class Output:
    """What becomes of a run: files by the names in `WRITERS`, and what is printed."""

    files: Mapping[str, Path]
    json: bool
    all_workers: bool

    @classmethod
    def checked(cls, *, json: bool, all_workers: bool, **paths: Path | None) -> Self:
        """Return it, once it is sure that nothing obvious stands against it; raises `SimError` otherwise."""
        files = {name: path for name, path in paths.items() if path is not None}
        if len({os.path.realpath(path) for path in files.values()}) < len(files):
            raise SimError(f"{', '.join(f'--{name} {path}' for name, path in files.items())}: must differ")
        for name, path in files.items():
            _check_writable(name, path)
        if "timeline" in files:
            timeline.file_kind(files["timeline"])
        return cls(files, json, all_workers)

    def spare(self, given: Path | None) -> None:
        """Raise `SimError` where a file would be written over the one that the run is made from."""
        for name, path in self.files.items():
            if given is not None and os.path.realpath(path) == os.path.realpath(given):
                raise SimError(f"--{name} {path}: is the scenario itself: give another name")

    def deliver(self, trace: Trace) -> None:
        """Write the files and print the run, the latter also where a file could not be written."""
        failures = {}
        for name, path in self.files.items():
            try:
                WRITERS[name](trace, path)
            except SimError as error:
                failures[name] = f"--{name} {error}"
        if self.json:
            for piece in pieces(trace, ascii_only=not Screen().unicode):
                click.echo(piece, nl=False)
            click.echo()
        else:
            self._print(trace)
            for name in [name for name in self.files if name not in failures]:
                click.echo(f"{name} written to {self.files[name]}", err=True)
        if failures:
            raise SimError("\n".join(failures.values()))

    def deliver_figures(self, scenario: Scenario, seed: int, figures: dict[str, Any]) -> None:
        """Print the figures of a run of which no gradient was kept."""
        if self.json:
            head = {"scenario": scenario.to_data(), "seed": seed, "engine": figures["engine"]}
            click.echo(as_json(head | {"summary": tables.grouped(figures, self._groups(scenario))}))
        else:
            self._print_figures(Screen(), scenario, figures)

    def _print(self, trace: Trace) -> None:
        screen, figures = Screen(), {"engine": trace.engine} | summary(trace)
        if timeline.is_small(trace):
            if trace.scenario.title:
                screen.print(trace.scenario.title, markup=False, style="bold")
            screen.print(timeline.styled(trace, min(screen.width, WIDEST), unicode=screen.unicode))
            screen.print(tables.gradients(trace))
            screen.print(tables.summary(figures, self._groups(trace.scenario)))
        else:
            self._print_figures(screen, trace.scenario, figures)

    def _print_figures(self, screen: Screen, scenario: Scenario, figures: dict[str, Any]) -> None:
        if scenario.title:
            screen.print(scenario.title, markup=False, style="bold")
        screen.print(tables.summary(figures, self._groups(scenario)))

    def _groups(self, scenario: Scenario) -> list[tuple[str, int]] | None:
        if self.all_workers:
            return None
        return [(worker.name, worker.count or 1) for worker in scenario.workers]


def _check_writable(name: str, path: Path) -> None:
    reason = ""
    if str(path) == "-":
        reason = "standard output is for the summary: give the name of a file"
    elif not path.parent.is_dir():
        reason = f"there is no directory {path.parent}"
    elif path.is_dir():
        reason = "Is a directory"
    elif not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        reason = "Permission denied"
    if reason:
        raise SimError(f"--{name} {path}: {reason}")


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where a trace goes."""
    file = click.Path(path_type=Path)
    options = [
        click.option(
            "--workers", "all_workers", is_flag=True, help="A line for each worker of a group, too."
        ),
        click.option("--json", "json", is_flag=True, help="Print everything as one JSON object instead."),
        click.option("--csv", type=file, metavar="FILE.csv", help="Write the gradients, a row each."),
        click.option(
            "--timeline", type=file, metavar="FILE.png|.svg|.html", help="Draw the timeline; .html has zoom."
        ),
        click.option("--perfetto", type=file, metavar="FILE.json", help="Write it for ui.perfetto.dev."),
        click.option("--save", type=file, metavar="FILE.parquet", help="Keep the trace, for `show`."),
    ]
    return reduce(lambda wrapped, option: option(wrapped), reversed(options), command)


@cli.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--worker", "workers", multiple=True, metavar="NAME=TIME", help="A worker; TIME may be a,b,c.")
@click.option("--until", metavar="TIME", help="Stop at this time (inclusive): seconds, or such as '12 ms'.")
@click.option(
    "--seed", type=click.IntRange(min=0), help="Seed of all randomness; the scenario's own by default."
)
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="auto",
    show_default=True,
    help="SimPy's event loop, the compiled one, or whichever is done first; the results are the same.",
)
@click.option(
    "--summary-only", is_flag=True, help="Keep sums in place of gradients: any length fits into memory."
)
@output_options
def run(
    file: Path | None,
    workers: tuple[str, ...],
    until: str | None,
    seed: int | None,
    engine: str,
    *,
    summary_only: bool,
    **output: Any,  # noqa: ANN401 -- see output_options
) -> int:
    """Simulate the scenario in FILE, or asynchronous workers given by --worker.

    Prints a timeline and the gradients of a small run, and a summary of any.
    """
    scenario = _scenario(file, workers, None if until is None else _time(until))
    asked = Output.checked(**output)
    asked.spare(file)
    if summary_only and asked.files:
        raise SimError(f"--summary-only keeps no gradients to write to --{next(iter(asked.files))}")
    seed = checked_seed(scenario.seed if seed is None else seed)
    with Watch(scenario) as watch:
        if summary_only:
            figures = summarise(scenario, seed, engine, watch)
        else:
            trace = simulate(scenario, seed, engine, watch)
    if summary_only:
        asked.deliver_figures(scenario, seed, figures)
    else:
        asked.deliver(trace)
        figures = summary(trace)
    if figures["ended"] == "no-progress":
        click.echo(f"error: {tables.why_no_progress(figures)}", err=True)
        return 1
    return 0


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@output_options
def show(file: Path, **output: Any) -> None:  # noqa: ANN401 -- see output_options
    """Show a trace that `run --save` has kept, or write it in another form."""
    asked = Output.checked(**output)
    asked.deliver(Trace.load(file))


def _scenario(file: Path | None, workers: tuple[str, ...], until: float | str | None) -> Scenario:
    if (file is None) == (not workers):
        raise SimError("give either a scenario FILE or workers by --worker NAME=TIME")
    if file is not None:
        return Scenario.load(file, until)
    return Scenario.from_data({"workers": [_worker(text) for text in workers]}, until=until)


def _time(text: str) -> float | str:
    """Return a number as one; a text with a unit is for the scenario to understand."""
    try:
        return float(text)
    except ValueError:
        return text


def _worker(text: str) -> dict[str, Any]:
    name, equals, times = text.partition("=")
    try:
        given = [_time(cell) for cell in times.split(",")]
        seconds = [parse(each, "second") if isinstance(each, str) else each for each in given]
    except ValueError:
        seconds = []
    if not (name and equals and seconds):
        raise SimError(
            f"--worker {shown(text)} must read NAME=TIME or NAME=TIME,TIME,…: seconds, or such as '12 ms'"
        )
    return {"name": name, "compute": seconds if "," in times else seconds[0]}


for each in (*COMMANDS, *SWEEPS):
    cli.add_command(each)
give_examples(cli)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 2 on bad input, 130 on Ctrl-C, 141 if nobody reads."""
    with any_streams():
        try:
            status = _status(sys.argv[1:] if arguments is None else list(arguments))
        except BrokenPipeError:  # the reader of our output has seen enough, as `head` does
            status = 141
        except (click.Abort, KeyboardInterrupt):
            status = 130
        return _flushed(status)


def _status(arguments: list[str]) -> int:
    try:
        with cli.make_context(PROGRAM, arguments) as context:
            return cli.invoke(context) or 0
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except BrokenPipeError:
        raise
    except (click.ClickException, SimError, OSError, ModuleNotFoundError) as error:
        return _refuse(_sentence(error))


def _sentence(error: Exception) -> str:
    match error:
        case click.ClickException():
            return error.format_message()
        case ModuleNotFoundError():
            missing = str(error.name).partition(".")[0]
            return f"this needs {missing}, which is not installed; installing dlsyslab again brings it"
        case OSError():
            return f"{error.filename or 'standard output'}: {error.strerror}"
    return str(error)


def _refuse(sentences: str) -> int:
    for sentence in sentences.splitlines():
        click.echo(f"error: {sentence}", err=True)
    return 2


def _flushed(status: int) -> int:
    """Return the status, another where what was printed could not be passed on."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            status = 141 if isinstance(error, BrokenPipeError) else 2
            with suppress(OSError):  # what is left in its buffer would be tried again at the end
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return status

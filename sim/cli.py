"""The command line of ``sim``: the only place that talks to files and terminals for its user."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from sim.cli_calibrate import COMMANDS as CALIBRATION
from sim.cli_compare import compare
from sim.cli_input import ENGINE, Given, scenario_in, setting_options, settings_of
from sim.cli_live import live
from sim.cli_output import Output, output_options
from sim.cli_sweep import COMMANDS as SWEEPS
from sim.cli_theory import COMMANDS
from sim.engine import simulate, summarise
from sim.errors import SimError
from sim.manual import PROGRAM, SETTINGS, VERSION, give_examples
from sim.metrics import summary
from sim.progress import Watch
from sim.scenario import Scenario
from sim.scenario.units import parse
from sim.scenario.values import checked_seed, shown
from sim.terminal import any_streams, as_json
from sim.trace import Trace, tables


@click.group(context_settings=SETTINGS)
@VERSION
def cli() -> None:
    """Simulate a parameter server and its workers: who read what when, how stale each gradient was."""


@cli.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--worker", "workers", multiple=True, metavar="NAME=TIME", help="A worker; TIME may be a,b,c.")
@click.option("--until", metavar="TIME", help="Stop at this time (inclusive): seconds, or such as '12 ms'.")
@click.option(
    "--seed", type=click.IntRange(min=0), help="Seed of all randomness; the scenario's own by default."
)
@ENGINE
@click.option(
    "--summary-only", is_flag=True, help="Keep sums in place of gradients: any length fits into memory."
)
@setting_options
@output_options
def run(
    file: Path | None,
    workers: tuple[str, ...],
    sets: tuple[str, ...],
    protocols: tuple[str, ...],
    until: str | None,
    seed: int | None,
    engine: str,
    *,
    summary_only: bool,
    **output: Any,  # noqa: ANN401 -- see output_options
) -> int:
    """Simulate the scenario in FILE (- reads standard input), or asynchronous workers given by --worker.

    Prints a timeline and the gradients of a small run, and a summary of any.
    """
    until_then = {} if until is None else {"stop.time": _time(until)}
    given = _given(file, workers, settings_of(sets, protocols, until_then))
    asked = Output.checked(**output)
    given.spare(asked.files)
    scenario = given.scenario
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


@cli.command()
def schema() -> None:
    """Print the JSON schema of a scenario, by which editors complete and check its file."""
    from sim.scenario.schema import schema as made

    click.echo(as_json(made()))


def _given(file: Path | None, workers: tuple[str, ...], settings: Mapping[str, object]) -> Given:
    if (file is None) == (not workers):
        raise SimError("give either a scenario FILE or workers by --worker NAME=TIME")
    if file is not None:
        return scenario_in(file, settings)
    return Given(Scenario.from_data({"workers": [_worker(text) for text in workers]}, settings=settings))


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


for each in (live, *CALIBRATION, *COMMANDS, compare, *SWEEPS):
    cli.add_command(each)
give_examples(cli)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 2 on bad input, 130 on Ctrl-C, 141 if nobody reads."""
    is_closed = sys.stdout is None
    with any_streams():
        try:
            status = _status(sys.argv[1:] if arguments is None else list(arguments))
        except BrokenPipeError:  # the reader of our output has seen enough, as `head` does
            status = 141
        except (click.Abort, KeyboardInterrupt):
            status = 130
        if is_closed and status == 0:
            status = _refuse("standard output is closed")
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

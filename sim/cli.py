"""The command line of ``sim``: the only place that talks to files and terminals for its user."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from sim import timeline
from sim.cli_theory import COMMANDS
from sim.engine import simulate
from sim.errors import SimError
from sim.files import write
from sim.metrics import summary
from sim.progress import Watch
from sim.scenario import Scenario
from sim.trace import Trace, tables
from sim.trace.export import as_data

WIDEST = 120
"""Columns that a timeline takes at most, however wide the terminal."""

Writer = Callable[[Trace, Path], None]


@click.group(no_args_is_help=False)
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


def output_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where a trace goes."""
    file = click.Path(dir_okay=False, path_type=Path)
    options = [
        click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object instead."),
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
@click.option(
    "--worker", "workers", multiple=True, metavar="NAME=SECONDS", help="A worker; SECONDS may be a,b,c."
)
@click.option("--until", type=float, metavar="SECONDS", help="Stop at this time (inclusive).")
@click.option(
    "--seed", type=click.IntRange(min=0), help="Seed of all randomness; the scenario's own by default."
)
@output_options
def run(
    file: Path | None,
    workers: tuple[str, ...],
    until: float | None,
    seed: int | None,
    *,
    as_json: bool,
    **paths: Path | None,
) -> None:
    """Simulate the scenario in FILE, or asynchronous workers given by --worker.

    Prints a timeline and the gradients of a small run, and a summary of any.
    """
    scenario = _scenario(file, workers, until)
    outputs = _outputs(paths)
    with Watch(scenario) as watch:
        trace = simulate(scenario, seed, progress=watch)
    _deliver(trace, outputs, as_json=as_json)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@output_options
def show(file: Path, *, as_json: bool, **paths: Path | None) -> None:
    """Show a trace that `run --save` has kept, or write it in another form."""
    outputs = _outputs(paths)
    _deliver(Trace.load(file), outputs, as_json=as_json)


def _scenario(file: Path | None, workers: tuple[str, ...], until: float | None) -> Scenario:
    if (file is None) == (not workers):
        raise SimError("give either a scenario FILE or workers by --worker NAME=SECONDS")
    if file is not None:
        return Scenario.load(file, until)
    return Scenario.from_data({"workers": [_worker(text) for text in workers]}, until=until)


def _worker(text: str) -> dict[str, Any]:
    name, equals, times = text.partition("=")
    try:
        seconds = [float(cell) for cell in times.split(",")]
    except ValueError:
        seconds = []
    if not (name and equals and seconds):
        raise SimError(f"--worker {text!r} must read NAME=SECONDS or NAME=SECONDS,SECONDS,…")
    return {"name": name, "compute": seconds if "," in times else seconds[0]}


def _outputs(paths: dict[str, Path | None]) -> dict[str, Path]:
    """Return where to write what, once it is sure that nothing obvious stands against it."""
    outputs = {name: path for name, path in paths.items() if path is not None}
    if len({path.resolve() for path in outputs.values()}) < len(outputs):
        raise SimError(f"{', '.join(f'--{name} {path}' for name, path in outputs.items())}: must differ")
    for name, path in outputs.items():
        if not path.parent.is_dir():
            raise SimError(f"--{name} {path}: there is no directory {path.parent}")
        if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
            raise SimError(f"--{name} {path}: Permission denied")
    if "timeline" in outputs:
        timeline.file_kind(outputs["timeline"])
    return outputs


def _deliver(trace: Trace, outputs: dict[str, Path], *, as_json: bool) -> None:
    for name, path in outputs.items():
        WRITERS[name](trace, path)
    if as_json:
        click.echo(json.dumps(as_data(trace), ensure_ascii=False))
        return
    console = Console(highlight=False)
    if trace.scenario.title:
        console.print(trace.scenario.title, markup=False, style="bold")
    if timeline.is_small(trace):
        unicode = console.encoding.startswith("utf")
        console.print(timeline.styled(trace, min(console.width, WIDEST), unicode=unicode))
        console.print(tables.gradients(trace))
    console.print(tables.summary(summary(trace)))
    for name, path in outputs.items():
        click.echo(f"{name} written to {path}", err=True)


for each in COMMANDS:
    cli.add_command(each)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 2 on bad input, 130 on Ctrl-C."""
    try:
        status: int | None = cli.main(arguments, prog_name="python -m sim", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (click.ClickException, SimError, OSError, ModuleNotFoundError) as error:
        return _refuse(_sentence(error))
    except click.Abort:
        return 130
    return status or 0


def _sentence(error: Exception) -> str:
    match error:
        case click.ClickException():
            return error.format_message()
        case ModuleNotFoundError():
            missing = str(error.name).partition(".")[0]
            return f"this needs {missing}, which is not installed; installing dlsyslab again brings it"
        case OSError() if error.filename:
            return f"{error.filename}: {error.strerror}"
    return str(error)


def _refuse(sentences: str) -> int:
    for sentence in sentences.splitlines():
        click.echo(f"error: {sentence}", err=True)
    return 2

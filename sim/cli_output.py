"""What becomes of a run: files of several kinds, standard output, and what the terminal shows."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self

import click

from sim import timeline
from sim.cli_input import STDOUT
from sim.errors import SimError
from sim.files import write
from sim.metrics import summary
from sim.scenario import Scenario
from sim.terminal import Screen, as_json
from sim.trace import Trace, tables
from sim.trace.export import pieces
from sim.trace.groups import Group, alike

WIDEST = 120
"""Columns that a timeline takes at most, however wide the terminal."""


def _perfetto(trace: Trace) -> bytes:
    from sim.timeline import perfetto

    return perfetto.packed(trace)


PACKERS: Final[Mapping[str, Callable[[Trace], bytes]]] = MappingProxyType(
    {
        "csv": lambda trace: trace.to_pandas().to_csv(index=False).encode(),
        "perfetto": _perfetto,
        "save": Trace.packed,
    }
)
"""What a file holds, by its option; a timeline's depends on the file's name."""

KINDS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "csv": ("CSV", (".csv",)),
        "timeline": ("a picture or a page", (".png", ".svg", ".html")),
        "perfetto": ("JSON", (".json",)),
        "save": ("Parquet", (".parquet",)),
    }
)
"""What each option writes, and the suffixes of its files, which no other option may write."""


@dataclass(frozen=True)
class Output:
    """What becomes of a run: files by their options, and what is printed."""

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
            _check_kind(name, path)
            if str(path) != STDOUT:
                check_writable(name, path)
            elif json:
                raise SimError(f"--{name} -: standard output is for one thing: leave out --json")
            elif name == "save" and sys.stdout.isatty():
                raise SimError("--save -: a terminal cannot show Parquet: send it to a file or a program")
        return cls(files, json, all_workers)

    @property
    def printed(self) -> str | None:
        """The option whose content goes to standard output, in place of the summary."""
        return next((name for name, path in self.files.items() if str(path) == STDOUT), None)

    def deliver(self, trace: Trace) -> None:
        """Write the files and print the run, the latter also where a file could not be written."""
        deliver(
            {name: (path, partial(_write, trace, name, path)) for name, path in self.files.items()},
            partial(self._show, trace),
        )

    def _show(self, trace: Trace) -> None:
        if self.json:
            for piece in pieces(trace, ascii_only=not Screen().unicode):
                click.echo(piece, nl=False)
            click.echo()
        elif self.printed is None:
            self._print(trace)

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

    def _groups(self, scenario: Scenario) -> list[Group] | None:
        return None if self.all_workers else alike(scenario)


File = tuple[Path, Callable[[], None]]
"""A path, and what writes the file there."""


def deliver(files: Mapping[str, File], show: Callable[[], None]) -> None:
    """Write files, print a result, and say what is written where.

    Parameters
    ----------
    files
        By their options.
    show
        What prints the result; it does so also where a file could not be written.

    Raises
    ------
    SimError
        In the end, naming every file that could not be written.
    """
    failures = {}
    for name, (_, put) in files.items():
        try:
            put()
        except SimError as error:
            failures[name] = f"--{name} {error}"
    show()
    for name, (path, _) in files.items():
        if name not in failures and str(path) != STDOUT:
            click.echo(f"{name} written to {path}", err=True)
    if failures:
        raise SimError("\n".join(failures.values()))


def _write(trace: Trace, name: str, path: Path) -> None:
    if name == "timeline":
        timeline.write(trace, path)
    elif str(path) == STDOUT:
        put_out(PACKERS[name](trace))
    else:
        write(path, PACKERS[name](trace))


def put_out(content: bytes) -> None:
    """Write bytes to standard output, after what is printed already."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)


def _check_kind(name: str, path: Path) -> None:
    """Raise `SimError` where a file would not be what it is called."""
    if name == "timeline":
        timeline.file_kind(path)
    suffix = path.suffix.lower()
    for other, (what, suffixes) in KINDS.items():
        if suffix in suffixes and other != name:
            raise SimError(
                f"--{name} {path}: --{name} writes {KINDS[name][0]}, and a name in {suffix} is for {what}:"
                f" give another name, or --{other} {path}"
            )


def check_writable(name: str, path: Path) -> None:
    """Raise `SimError` where it is plain that the file of an option cannot be written."""
    reason = ""
    if not path.parent.is_dir():
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
        click.option(
            "--csv", type=file, metavar="FILE.csv|-", help="Write the gradients, a row each; - prints them."
        ),
        click.option(
            "--timeline", type=file, metavar="FILE.png|.svg|.html", help="Draw the timeline; .html has zoom."
        ),
        click.option("--perfetto", type=file, metavar="FILE.json|-", help="Write it for ui.perfetto.dev."),
        click.option("--save", type=file, metavar="FILE.parquet|-", help="Keep the trace, for `show`."),
    ]
    return reduce(lambda wrapped, option: option(wrapped), reversed(options), command)

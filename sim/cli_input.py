"""What a command is given to simulate: a file or standard input, and settings that change it."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Final

import click

from sim.engine import ENGINES
from sim.errors import SimError
from sim.files import text_in, text_of
from sim.scenario import Scenario
from sim.scenario.measured import files_in, written
from sim.scenario.override import parse_protocol, parse_setting
from sim.scenario.scenario import faults_of, parsed

STDIN: Final = "-"
STDOUT: Final = "-"

FILE = click.argument("file", type=click.Path(path_type=Path, allow_dash=True))

SET = click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="PATH=VALUE",
    help="Change a field, such as server.apply='12 ms' or workers[0].speed=0.3.",
)
PROTOCOL = click.option(
    "--protocol",
    "protocols",
    multiple=True,
    metavar="NAME[:k=4,slack=2,…]",
    help="Take this protocol instead.",
)

ENGINE = click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="auto",
    show_default=True,
    help="SimPy's event loop, the compiled one, or whichever is done first; the results are the same.",
)


def setting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that change a scenario: ``sets`` and ``protocols``."""
    return reduce(lambda wrapped, option: option(wrapped), (PROTOCOL, SET), command)


@dataclass(frozen=True)
class Given:
    """A scenario, the files that it was made from, and the folder that paths in it are relative to."""

    scenario: Scenario
    files: tuple[Path, ...] = ()
    folder: Path = Path()

    def spare(self, outputs: Mapping[str, Path | None]) -> None:
        """Raise `SimError` where one of the outputs, by their options, would be written over such a file."""
        for option, path in outputs.items():
            for place, file in enumerate(self.files):
                if (
                    path is not None
                    and str(path) != STDOUT
                    and os.path.realpath(path) == os.path.realpath(file)
                ):
                    which = "is read by the scenario" if place else "is the scenario itself"
                    raise SimError(f"--{option} {path}: {which}: give another name")


def settings_of(
    sets: Iterable[str], protocols: Iterable[str] = (), more: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Return the settings that options state, and more of them; raises `SimError` where two contradict."""
    found: dict[str, object] = dict(more or {})
    for text in protocols:
        if "protocol" in found:
            raise SimError(f"--protocol {text}: one is all that a run has; `compare` takes several")
        found["protocol"] = parse_protocol(text)
    for text in sets:
        path, value = parse_setting(text)
        if path in found:
            raise SimError(f"{path}: is set twice")
        found[path] = value
    return found


def scenario_in(file: Path, settings: Mapping[str, object]) -> Given:
    """Return the scenario in a file or, by the name of ``-``, in standard input, changed by settings."""
    read = str(file) == STDIN
    with faults_of("standard input" if read else str(file)):
        data = parsed(_standard_input() if read else text_of(file))
        folder = Path() if read else file.parent
        scenario = Scenario.from_data(data, folder, settings)
    measured = files_in([data, *(written(path, value) for path, value in settings.items())], folder)
    own = Path("/dev/stdin") if read else file  # which leads to the file that the shell has opened
    return Given(scenario, (own, *measured), folder)


def _standard_input() -> str:
    if sys.stdin is None:
        raise SimError("standard input is closed: give the name of a FILE")
    return text_in(sys.stdin.buffer)

"""The command that holds protocols against each other: ``compare``."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli_input import ENGINE, FILE, SET, scenario_in, settings_of
from sim.cli_output import File, check_writable, deliver
from sim.errors import SimError
from sim.progress import RunsWatch
from sim.terminal import Screen, as_json

if TYPE_CHECKING:
    from sim.sweep.comparing import Comparison

FIGURES = (".png", ".svg", ".pdf")


@click.command()
@FILE
@click.option(
    "--protocol",
    "protocols",
    multiple=True,
    metavar="NAME[:k=4,slack=2,…]",
    help="One of those to compare; the others are held against the first.",
)
@SET
@click.option(
    "--replicas", type=click.IntRange(1, 10_000), default=10, show_default=True, help="Runs of each protocol."
)
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the first; the scenario's own by default.")
@click.option(
    "--updates",
    type=click.IntRange(1, 10**15),
    help="Tell the seconds to so many; by default, as many as all make.",
)
@click.option("--gradients", type=click.IntRange(1, 10**15), help="The same of gradients.")
@ENGINE
@click.option("--jobs", type=click.IntRange(min=1), help="Processes on this machine.")
@click.option("--json", "json", is_flag=True, help="Print everything as one JSON object instead.")
@click.option(
    "--figure",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.png|.svg|.pdf",
    help="Draw throughput against staleness.",
)
def compare(
    file: Path,
    protocols: tuple[str, ...],
    sets: tuple[str, ...],
    *,
    json: bool,
    figure: Path | None,
    **asked: Any,  # noqa: ANN401 -- what `sim.sweep.compare` takes
) -> int:
    """Compare protocols for the scenario in FILE, over runs with the same seeds.

    Ends with status 1 where one of them makes no progress.
    """
    from sim.sweep.comparing import compare as compared

    given = scenario_in(file, settings_of(sets))
    if figure is not None:
        if figure.suffix.lower() not in FIGURES:
            raise SimError(f"--figure {figure}: must end in {', '.join(FIGURES)}")
        check_writable("figure", figure)
        given.spare({"figure": figure})
    with RunsWatch() as watch:
        found = compared(given.scenario, protocols, progress=watch, **asked)
    files: dict[str, File] = {}
    if figure is not None:
        files["figure"] = (figure, partial(_draw, found, figure))
    deliver(files, partial(_show, given.scenario.title, found, json=json))
    return int(any(line.error is not None for line in found.lines))


def _show(title: str, found: "Comparison", *, json: bool) -> None:
    from sim.sweep.comparing_text import tables

    if json:
        click.echo(as_json(found.to_data()))
        return
    screen = Screen()
    if title:
        screen.print(title, markup=False, style="bold")
    screen.print(tables(found, screen))


def _draw(found: "Comparison", figure: Path) -> None:
    from sim.sweep import comparing_figure
    from sim.theory.plots import write

    write(comparing_figure.figure(found), figure)

"""The command line of live runs."""

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import click

from sim.cli_input import FILE, scenario_in, setting_options, settings_of
from sim.cli_output import Output, output_options
from sim.engine.live import live as run_live
from sim.engine.live.scale import scaled
from sim.progress import Watch

UNSEEN = "not observed: what a push is made of; sent_at and push_at are arrived_at"


@click.command()
@FILE
@setting_options
@click.option("--seed", type=click.IntRange(min=0), help="Of compute times; the scenario's own by default.")
@click.option("--ray", "address", metavar="auto|ADDRESS", help="A Ray cluster; by default one of its own.")
@click.option(
    "--time-scale",
    type=click.FloatRange(min=0, min_open=True, max=1e9),
    default=1.0,
    metavar="FACTOR",
    help="Multiply all times of the scenario, such as by 0.1.",
)
@click.option(
    "--work",
    default="sleep",
    show_default=True,
    metavar="sleep|spin|torch:PACKAGE.MODULE:FUNCTION",
    help="How workers spend compute times.",
)
@output_options
def live(
    file: Path,
    sets: tuple[str, ...],
    protocols: tuple[str, ...],
    seed: int | None,
    address: str | None,
    time_scale: float,
    work: str,
    **output: Any,  # noqa: ANN401 -- see output_options
) -> int:
    """Run the scenario in FILE for real: on Ray, with an actor for each worker and vectors that travel.

    What is recorded is what `run` simulates, in real seconds. Ctrl-C ends the run and keeps what there is.
    """
    given = scenario_in(file, settings_of(sets, protocols))
    asked = Output.checked(**output)
    given.spare(asked.files)

    def log(text: str) -> None:
        click.echo(text, err=True)

    # Ray prints what it has to say, such as that a process died, to standard output.
    with redirect_stdout(sys.stderr), Watch(scaled(given.scenario, time_scale)) as watch:
        trace = run_live(
            given.scenario,
            seed,
            work=work,
            time_scale=time_scale,
            address=address,
            progress=watch,
            log=log,
        )
    log(UNSEEN)
    asked.deliver(trace)
    return 130 if trace.ended == "interrupted" else 0

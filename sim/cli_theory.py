"""The commands that hold theory against simulation: ``theory``, ``validate`` and ``plot``."""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.progress import Progress

from sim.cli_input import ENGINE, FILE, scenario_in, setting_options, settings_of
from sim.engine import simulate
from sim.errors import SimError, SimulationError
from sim.progress import Watch
from sim.scenario import Scenario, Stop
from sim.scenario.chance import without_chance
from sim.terminal import Screen, as_json, wrapped
from sim.trace import Trace

if TYPE_CHECKING:
    from sim.theory import ClosedForm

SEED = click.option(
    "--seed", type=click.IntRange(min=0), help="Seed of the first replica; the scenario's own by default."
)
REPLICAS = click.option(
    "--replicas", type=click.IntRange(2, 10_000), default=20, show_default=True, help="Independent runs."
)
OUT = click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE.png|.svg|.pdf",
    help="Where to draw.",
)


@click.command()
@FILE
@setting_options
@click.option("--latex", is_flag=True, help="Print the formulas that apply in LaTeX; simulate nothing.")
@click.option("--json", "json", is_flag=True, help="Print everything as one JSON object instead.")
@REPLICAS
@SEED
@click.option(
    "--updates", type=click.IntRange(1, 10**15), help="Let each replica make so many, instead of [stop]."
)
def theory(
    file: Path,
    sets: tuple[str, ...],
    protocols: tuple[str, ...],
    *,
    latex: bool,
    json: bool,
    replicas: int,
    seed: int | None,
    updates: int | None,
) -> None:
    """Show the closed forms that apply to the scenario in FILE, and its simulation beside them."""
    from sim.theory import applicable
    from sim.theory import tables as show
    from sim.theory.comparison import compare, unsimulated

    scenario = scenario_in(file, settings_of(sets, protocols)).scenario
    if updates is not None:
        scenario = scenario.model_copy(update={"stop": Stop(updates=updates)})
    known = applicable(scenario)
    forms = list({each.form.name: each.form for each in known.predictions}.values())
    if latex:
        for form in forms:
            click.echo(f"% {form.name}: {form.quantity}\n{form.latex()}")
        return
    seed = scenario.seed if seed is None else seed
    replicas = 1 if without_chance(scenario) else replicas
    refused = show.about_it(scenario, known.refusals)
    screen = Screen()
    if not json:
        _print_formulas(screen, scenario, forms, show.shortness(scenario, refused))
    failure = None
    try:
        found = compare(scenario, known.predictions, replicas, seed, run=_watched) if forms else ()
    except SimulationError as error:  # a draw beyond the clock: the formulas hold all the same
        found, failure = unsimulated(known.predictions), f"Not simulated: {error}."
    if json:
        data = {
            "scenario": scenario.to_data(),
            "seed": seed,
            "replicas": replicas,
            "short_run": show.shortness(scenario, refused),
            "not_simulated": failure,
            "applicable": [show.as_data(each) for each in found],
            "not_applicable": [{"name": each.form.name, "failing": each.failing} for each in known.refusals],
        }
        click.echo(as_json(data))
        return
    if forms:
        screen.print(show.lines(failure or show.method(replicas, seed), screen))
        screen.print(show.findings(found, screen))
    if refused:
        head = "These do not apply, for" if forms else "No closed form applies. These do not, for"
        screen.print(head, style="bold")
        screen.print(show.refused(refused, screen))
    others = f"{len(known.refusals) - len(refused)} more are about other protocols or settings."
    screen.print(show.lines(others, screen))


def _print_formulas(
    screen: Screen, scenario: Scenario, forms: "Sequence[ClosedForm]", short: str | None
) -> None:
    from sim.theory import tables as show

    if scenario.title:
        screen.print(scenario.title, markup=False, style="bold")
    if short:
        screen.print(show.lines(short, screen))
    screen.print()
    screen.print(show.formulas(forms, screen))


def _watched(scenario: Scenario, seed: int) -> Trace:
    with Watch(scenario) as watch:
        return simulate(scenario, seed, progress=watch)


def _bar() -> Progress:
    screen = Screen(stderr=True)
    return Progress(console=screen, transient=True, disable=not screen.is_terminal)


@click.command()
@click.option("--quick", is_flag=True, help="Fewer and shorter runs: seconds instead of minutes.")
@ENGINE
@click.option("--json", "json", is_flag=True, help="Print every comparison as one JSON object instead.")
def validate(*, quick: bool, engine: str, json: bool) -> int:
    """Hold every law and closed form against simulations over a grid of scenarios.

    Ends with status 1 where something disagrees.
    """
    from sim.theory import tables as show
    from sim.theory.validate import CONFIDENCE, FEW_REPLICAS, REPLICAS, battery
    from sim.theory.validate import validate as run

    cases = battery(quick=quick)
    with _bar() as bar:
        task = bar.add_task("validating", total=len(cases))
        rows = run(
            cases,
            lambda done, _: bar.update(task, completed=done),
            FEW_REPLICAS if quick else REPLICAS,
            run=partial(simulate, engine=engine),
        )
    wrong = list(show.wrong(rows))
    if json:
        data: dict[str, Any] = {
            "agree": not wrong,
            "confidence": CONFIDENCE,
            "comparisons": [{"case": row.case} | show.as_data(row.finding) for row in rows],
        }
        click.echo(as_json(data))
        return int(bool(wrong))
    screen = Screen()
    screen.print(show.battery(rows))
    for line in wrong:
        screen.print(show.lines(f"disagrees: {line}", screen), style="red")
    judged = sum(row.finding.verdict != "not simulated" for row in rows)
    verdict = (
        f"{len(cases)} scenarios, {judged} comparisons,"
        f" {len(wrong) or 'none'} of which {'disagree' if len(wrong) != 1 else 'disagrees'}"
        f" (all together at {CONFIDENCE:.0%} confidence)."
    )
    screen.print(show.lines(verdict, screen))
    return int(bool(wrong))


@click.group()
def plot() -> None:
    """Draw a scenario's staleness, or what K does to it."""


def _writable(out: Path) -> None:
    if out.suffix not in {".png", ".svg", ".pdf"}:
        raise SimError(f"--out {out}: must end in .png, .svg or .pdf")
    if not out.parent.is_dir():
        raise SimError(f"--out {out}: there is no directory {out.parent}")
    if not os.access(out if out.exists() else out.parent, os.W_OK):
        raise SimError(f"--out {out}: Permission denied")


@plot.command()
@FILE
@setting_options
@OUT
@SEED
def staleness(
    file: Path, sets: tuple[str, ...], protocols: tuple[str, ...], out: Path, seed: int | None
) -> None:
    """Draw the staleness histogram of a run, with the theoretical distribution where one applies."""
    _writable(out)
    given = scenario_in(file, settings_of(sets, protocols))
    given.spare({"out": out})
    scenario = given.scenario
    trace = _watched(scenario, scenario.seed if seed is None else seed)
    from sim.theory import plots

    plots.write(plots.staleness(trace), out)
    click.echo(f"written to {out}", err=True)


@plot.command()
@FILE
@setting_options
@OUT
@SEED
@click.option(
    "--replicas", type=click.IntRange(2, 1000), default=5, show_default=True, help="Runs for each K."
)
@click.option(
    "--gradients", type=click.IntRange(min=100), default=4000, show_default=True, help="In each run, about."
)
def k(
    file: Path,
    sets: tuple[str, ...],
    protocols: tuple[str, ...],
    out: Path,
    seed: int | None,
    replicas: int,
    gradients: int,
) -> None:
    """Draw updates per second and mean staleness over K, for the workers of the scenario in FILE.

    Prints the numbers too, and which K makes most updates and most gradients a second.
    """
    _writable(out)
    given = scenario_in(file, settings_of(sets, protocols))
    given.spare({"out": out})
    scenario = given.scenario
    from sim.theory import over_k_text, plots
    from sim.theory import tables as show
    from sim.theory.over_k import over_k

    first = scenario.seed if seed is None else seed
    with _bar() as bar:
        task = bar.add_task("simulating", total=None)
        curves = over_k(
            scenario,
            replicas,
            gradients,
            first,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        )
    plots.write(plots.over_k(scenario, curves), out)
    screen = Screen()
    screen.print(over_k_text.table(curves))
    for sentence in over_k_text.best(curves):
        click.echo(wrapped(sentence, screen.width))
    click.echo(wrapped(show.method(replicas, first), screen.width))
    click.echo(f"written to {out}", err=True)


COMMANDS: list[click.Command] = [theory, validate, plot]

"""The commands that hold theory against simulation: ``theory``, ``validate`` and ``plot``."""

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from sim.engine import simulate
from sim.errors import SimError
from sim.progress import Watch
from sim.scenario import Scenario, Stop
from sim.trace import Trace

SEED = click.option(
    "--seed", type=click.IntRange(min=0), help="Seed of the first replica; the scenario's own by default."
)
REPLICAS = click.option(
    "--replicas", type=click.IntRange(2, 10_000), default=20, show_default=True, help="Independent runs."
)
FILE = click.argument("file", type=click.Path(path_type=Path))
OUT = click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE.png|.svg|.pdf",
    help="Where to draw.",
)


@click.command()
@FILE
@click.option("--latex", is_flag=True, help="Print the formulas that apply in LaTeX; simulate nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object instead.")
@REPLICAS
@SEED
@click.option(
    "--updates", type=click.IntRange(min=1), help="Let each replica make so many, instead of [stop]."
)
def theory(
    file: Path, *, latex: bool, as_json: bool, replicas: int, seed: int | None, updates: int | None
) -> None:
    """Show the closed forms that apply to the scenario in FILE, and its simulation beside them."""
    from sim.theory import applicable
    from sim.theory import tables as show
    from sim.theory.comparison import compare, without_chance

    scenario = Scenario.load(file)
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
    found = compare(scenario, known.predictions, replicas, seed, run=_watched) if forms else ()
    if as_json:
        refusals = [{"name": each.form.name, "failing": each.failing} for each in known.refusals]
        data = {
            "scenario": scenario.to_data(),
            "seed": seed,
            "replicas": replicas,
            "short_run": show.shortness(scenario),
            "applicable": [show.as_data(each) for each in found],
            "not_applicable": refusals,
        }
        click.echo(json.dumps(data, ensure_ascii=False))
        return
    console = Console(highlight=False)
    if scenario.title:
        console.print(scenario.title, markup=False, style="bold")
    if short := show.shortness(scenario):
        console.print(short, markup=False)
    console.print()
    if forms:
        console.print(show.formulas(forms))
        console.print(show.method(replicas, seed), markup=False)
        console.print(show.findings(found))
    refused = show.about_it(scenario, known.refusals)
    others = len(known.refusals) - len(refused)
    if refused:
        head = "These do not apply, for" if forms else "No closed form applies. These do not, for"
        console.print(head, style="bold")
        console.print(show.refused(refused))
    console.print(f"{others} more are about other protocols or settings.")


def _watched(scenario: Scenario, seed: int) -> Trace:
    with Watch(scenario) as watch:
        return simulate(scenario, seed, progress=watch)


def _bar() -> Progress:
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)


@click.command()
@click.option("--quick", is_flag=True, help="Fewer and shorter runs: seconds instead of minutes.")
@click.option("--json", "as_json", is_flag=True, help="Print every comparison as one JSON object instead.")
def validate(*, quick: bool, as_json: bool) -> int:
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
            cases, lambda done, _: bar.update(task, completed=done), FEW_REPLICAS if quick else REPLICAS
        )
    wrong = list(show.wrong(rows))
    if as_json:
        data: dict[str, Any] = {
            "agree": not wrong,
            "confidence": CONFIDENCE,
            "comparisons": [{"case": row.case} | show.as_data(row.finding) for row in rows],
        }
        click.echo(json.dumps(data, ensure_ascii=False))
        return int(bool(wrong))
    console = Console(highlight=False)
    console.print(show.battery(rows))
    for line in wrong:
        console.print(f"disagrees: {line}", markup=False, style="red")
    judged = sum(row.finding.verdict != "not simulated" for row in rows)
    console.print(
        f"{len(cases)} scenarios, {judged} comparisons,"
        f" {len(wrong) or 'none'} of which {'disagree' if len(wrong) != 1 else 'disagrees'}"
        f" (all together at {CONFIDENCE:.0%} confidence).",
        markup=False,
    )
    return int(bool(wrong))


@click.group()
def plot() -> None:
    """Draw a scenario's staleness, or what K does to it."""


def _writable(out: Path) -> None:
    if out.suffix not in {".png", ".svg", ".pdf"}:
        raise SimError(f"--out {out}: must end in .png, .svg or .pdf")
    if not out.parent.is_dir():
        raise SimError(f"--out {out}: there is no directory {out.parent}")


@plot.command()
@FILE
@OUT
@SEED
def staleness(file: Path, out: Path, seed: int | None) -> None:
    """Draw the staleness histogram of a run, with the theoretical distribution where one applies."""
    _writable(out)
    scenario = Scenario.load(file)
    trace = _watched(scenario, scenario.seed if seed is None else seed)
    from sim.theory import plots

    plots.write(plots.staleness(trace), out)
    click.echo(f"written to {out}", err=True)


@plot.command()
@FILE
@OUT
@SEED
@click.option(
    "--replicas", type=click.IntRange(2, 1000), default=5, show_default=True, help="Runs for each K."
)
@click.option(
    "--gradients", type=click.IntRange(min=100), default=4000, show_default=True, help="In each run, about."
)
def k(file: Path, out: Path, seed: int | None, replicas: int, gradients: int) -> None:
    """Draw updates per second and mean staleness over K, for the workers of the scenario in FILE."""
    _writable(out)
    scenario = Scenario.load(file)
    from sim.theory import plots
    from sim.theory.over_k import over_k

    with _bar() as bar:
        task = bar.add_task("simulating", total=None)
        curves = over_k(
            scenario,
            replicas,
            gradients,
            scenario.seed if seed is None else seed,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        )
    plots.write(plots.over_k(scenario, curves), out)
    click.echo(f"written to {out}", err=True)


COMMANDS: list[click.Command] = [theory, validate, plot]

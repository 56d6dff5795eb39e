"""The commands that learn from recorded live runs, and predict others: ``calibrate`` and ``predict``."""

from pathlib import Path
from textwrap import wrap

import click

from sim.cli_input import scenario_in, setting_options, settings_of
from sim.cli_output import check_writable
from sim.errors import SimError
from sim.files import write
from sim.terminal import Screen, as_json
from sim.trace import Trace

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("files", nargs=-1, required=True, type=PATH, metavar="LIVE.parquet...")
@click.option("--out", required=True, type=PATH, metavar="FITTED.toml", help="What is found, for `predict`.")
def calibrate(files: tuple[Path, ...], out: Path) -> None:
    """Find out what a cluster costs from live runs that were kept: times of transfers, server and workers.

    Runs of two sizes of gradients tell seconds from seconds a byte. What the records cannot tell apart is
    said.
    """
    from sim.calibration.fitted import calibrate as fit
    from sim.calibration.text import calibration

    _check_out("out", out, files, ".toml")
    fitted = fit(_traces(files))
    write(out, fitted.to_toml().encode())
    screen = Screen()
    screen.print(calibration(fitted, screen))
    click.echo(f"out written to {out}", err=True)


@click.command()
@click.argument("file", type=PATH, metavar="FITTED.toml")
@click.argument("scenario", required=False, type=PATH, metavar="[SCENARIO.toml]")
@setting_options
@click.option(
    "--against",
    multiple=True,
    type=PATH,
    metavar="HELD_OUT.parquet|FOLDER",
    help="Predict this recorded run instead, or those in a folder, and compare.",
)
@click.option(
    "--replicas", type=click.IntRange(1, 10_000), default=20, show_default=True, help="Simulations of each."
)
@click.option(
    "--out", type=PATH, metavar="FILE.toml", help="Write the scenario with what was fitted, for `run`."
)
@click.option("--json", "json", is_flag=True, help="Print everything as one JSON object instead.")
def predict(
    file: Path,
    scenario: Path | None,
    sets: tuple[str, ...],
    protocols: tuple[str, ...],
    *,
    against: tuple[Path, ...],
    replicas: int,
    out: Path | None,
    json: bool,
) -> None:
    """Predict a live run of a scenario with what `calibrate` found; by default, of its first run's scenario.

    With --against, the recorded runs' own scenarios are predicted, and held against what was measured; runs
    of one scenario are repeats.
    """
    from sim.calibration.fitted import Fitted
    from sim.calibration.predict import as_data, settings
    from sim.calibration.predict import predict as predicted
    from sim.calibration.text import overview, prediction, worst

    changes = settings_of(sets, protocols)
    if against and (changes or out or scenario):
        raise SimError(
            "--against predicts what was recorded: leave out SCENARIO, --set, --protocol and --out"
        )
    if out is not None:
        _check_out("out", out, (file, *([scenario] if scenario else [])), ".toml")
    fitted = Fitted.load(file)
    if against:
        runs = settings(_traces(_files(against)))
        found = [predicted(fitted, same[0].scenario, same, replicas) for same in runs]
    else:
        asked = scenario_in(scenario, changes).scenario if scenario else fitted.scenario.with_(changes)
        found = [predicted(fitted, asked, (), replicas)]
    if json:
        about = {"fitted_on": [dict(run) for run in fitted.runs], "replicas": replicas}
        click.echo(as_json(about | {"predictions": as_data(found)}))
    else:
        screen = Screen()
        for each in found:
            screen.print(prediction(each))
        if len(found) > 1:
            screen.print(overview(found))
            for sentence in worst(found):
                click.echo(sentence)
        for line in wrap(f"fitted on {', '.join(str(run['file']) for run in fitted.runs)}", screen.width):
            click.echo(line)
    if out is not None:
        write(out, found[0].scenario.to_toml().encode())
        click.echo(f"out written to {out}", err=True)


def _files(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return files, those of a folder in its place."""
    files: list[Path] = []
    for path in paths:
        found = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        if not found:
            raise SimError(f"--against {path}: no file in it ends in .parquet")
        files += found
    return tuple(files)


def _traces(files: tuple[Path, ...]) -> dict[str, Trace]:
    twice = next((file for place, file in enumerate(files) if file in files[:place]), None)
    if twice is not None:
        raise SimError(f"{twice}: is given twice")
    return {file.name: Trace.load(file) for file in files}


def _check_out(option: str, path: Path, inputs: tuple[Path, ...], suffix: str) -> None:
    """Raise `SimError` where a file cannot be written, or would be over one that is read."""
    if path.suffix != suffix:
        raise SimError(f"--{option} {path}: must end in {suffix}")
    if path.resolve() in {each.resolve() for each in inputs}:
        raise SimError(f"--{option} {path}: is read by this command: give another name")
    check_writable(option, path)


COMMANDS = (calibrate, predict)

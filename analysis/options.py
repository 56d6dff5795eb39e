"""Options, and kinds of values, that several commands have, and the shape of their help."""

import math
from pathlib import Path
from typing import Any

import click

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
"""Context settings of every command."""


def examples(*commands: str) -> str:
    """Return the examples that end a command's help."""
    return "\b\nExamples:\n" + "\n".join(f"  python -m analysis {command}" for command in commands)


def _show_version(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:  # noqa: FBT001  # as click has it
    from importlib.metadata import PackageNotFoundError, version

    if asked:
        try:
            click.echo(f"dlsyslab {version('dlsyslab')}")
        except PackageNotFoundError:
            click.echo("dlsyslab, run from its source without being installed")
        context.exit()


version = click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Say which."
)


class Within(click.FloatRange):
    """A number in a range, which "nan" is not."""

    def convert(
        self,
        value: Any,  # noqa: ANN401  # as click has it
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Read a number, and refuse one that is none or out of range."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value} is no number.", param, ctx)
        return number


def _drawable(_context: click.Context, _parameter: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a figure that could not be written, before anything is computed for it."""
    from analysis.files import check_figure_path

    if path is not None:
        check_figure_path(path)
    return path


json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
figure_option = click.option(
    "--figure",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_drawable,
    help="Draw the result into this PNG, PDF or SVG.",
)

"""Options that all commands have which train nets on images, and how they become a setup."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from analysis.learning.setups import Setup
from analysis.options import Within, figure_option, json_option

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
OptionsT = TypeVar("OptionsT")

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
COUNT = click.IntRange(1, 10**6)
RATE = Within(min=0, min_open=True, max=1e6)
WITH_FROM = {"source", "as_json", "figure", "target"}
"""What may stand beside ``--from``."""
_BFLOAT16 = click.option("--bfloat16", is_flag=True, help="Compute in bfloat16, where the device can.")


def common(scales: Mapping[str, str], *, bfloat16: bool) -> Callable[[FunctionT], FunctionT]:
    """Return a decorator that gives a command its options, the scales with what is said of each."""
    said = "; ".join(f"{name}: {summary}" for name, summary in scales.items())
    options = (
        click.option(
            "--scale", type=click.Choice(list(scales)), default="small", show_default=True, help=said + "."
        ),
        click.option(
            "--dataset",
            type=click.Choice(["fashion-mnist", "digits"]),
            default="fashion-mnist",
            show_default=True,
            help="digits: scikit-learn's own 8×8 images, for the tiny scale; no installation needed.",
        ),
        click.option(
            "--data-dir",
            type=click.Path(path_type=Path),
            help="Your own images: a folder of four idx files, or FILE.npz with x_train, y_train, x_test and "
            "y_test. Else FashionMNIST: Debian's package, the cache, a download.",
        ),
        click.option(
            "--net",
            default="small-inception",
            show_default=True,
            help="logistic, a name of `python -m nets list`, or package.module:factory of your own.",
        ),
        click.option("--width", type=Within(0, 1e3, min_open=True), help="Of the net. [default: by scale]"),
        click.option("--train", type=COUNT, help="Images to learn from. [default: by scale]"),
        click.option("--validation", type=COUNT, help="Images to watch it on. [default: by scale]"),
        click.option("--test", type=COUNT, help="Images to test on. [default: by scale]"),
        click.option(
            "--shrink", type=COUNT, help="Average blocks of so many pixels a side. [default: by scale]"
        ),
        click.option("--seeds", type=COUNT, default=3, show_default=True, help="Runs of each kind."),
        click.option(
            "--first-seed",
            type=click.IntRange(0, 2**31),
            default=0,
            show_default=True,
            help="Of the first of them; the next has the next.",
        ),
        click.option("--momentum", type=Within(0, 1, max_open=True), help="Of SGD. [default: 0]"),
        click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True),
        click.option("--threads", type=COUNT, help="Of the processor. [default: by scale]"),
        click.option(
            "--jobs", type=click.IntRange(1, 1024), default=1, show_default=True, help="Runs at a time."
        ),
        *([_BFLOAT16] if bfloat16 else []),
        click.option("--out", type=FOLDER, help="Keep logs, checkpoints and the result in this folder."),
        click.option("--resume", is_flag=True, help="Go on with what --out holds."),
        click.option("--from", "source", type=FILE, help="Show the result in this file instead of running."),
        json_option,
        figure_option,
    )

    def decorate(function: FunctionT) -> FunctionT:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def refuse_beside_from(context: click.Context) -> None:
    """Refuse what would have no effect on a result that is read from a file."""
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name not in WITH_FROM and source is ParameterSource.COMMANDLINE:
            shown = (
                parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name
            )
            raise click.UsageError(f"{shown} does not go with --from; leave one of them out.")


def setup_of(scale: Setup, given: Mapping[str, Any]) -> Setup:
    """Return a scale's setup with what was given in place of its values."""
    setup = replaced(scale, {**given, "scale": scale.scale})
    own_shrink = given["shrink"] is not None
    return replace(setup, shrink=1) if setup.dataset == "digits" and not own_shrink else setup


def replaced(options: OptionsT, given: Mapping[str, Any]) -> OptionsT:
    """Put what was given in place of a scale's values."""
    names = {field.name for field in fields(options)}  # type: ignore[arg-type]  # options are dataclasses
    changes = {name: value for name, value in given.items() if name in names and value is not None}
    return replace(options, **changes)  # type: ignore[type-var]  # options are dataclasses

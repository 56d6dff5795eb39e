"""Options that several commands of ``nets`` share, and what their texts mean."""

import json
from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any, TypeVar

import click

from nets.errors import InputError

_Command = TypeVar("_Command", bound=Callable[..., Any])


def examples(*lines: str) -> str:
    """Return what `--help` ends with."""
    return "\n".join(["\b", "Examples:", *(f"  python -m nets {line}" for line in lines)])


def net_options(command: _Command) -> _Command:
    """Add the options that describe the net and its input."""
    set_option = click.option(
        "--set",
        "settings",
        metavar="KEY=VALUE",
        multiple=True,
        help="An option of the net, such as width=0.5 or classes=10; see `list`. Repeatable.",
    )
    return input_option(set_option(command))


def input_option(command: _Command) -> _Command:
    """Add the option for input sizes."""
    return click.option(
        "--input",
        "shapes",
        metavar="NxCxHxW",
        multiple=True,
        help="Input sizes, batch first, such as 1x3x224x224, or 2x128:int64 with a type of numbers; a net's "
        "own by default. Repeatable, for a module that takes several.",
    )(command)


def module_options(command: _Command) -> _Command:
    """Add the options that say how a torch module is called."""
    kwargs = click.option(
        "--kwargs",
        metavar="JSON",
        help='Keyword arguments of a module, such as \'{"mask": "2x5:bool", "cache": false}\'.',
    )
    mode = click.option("--train", is_flag=True, help="Trace a module in training mode.")
    return kwargs(mode(command))


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
out_option = click.option(
    "--out", metavar="FILE", help="Write into a file; - is standard output, as without this option."
)


def inputs(shapes: tuple[str, ...]) -> str | None:
    """Join several inputs, as `nets.table` reads them."""
    return ",".join(shapes) if shapes else None


def options(function: Callable[..., Any], settings: tuple[str, ...]) -> dict[str, Any]:
    """Read the settings of a net; a name that the function keeps for itself would not get through to it."""
    from nets.inputs import parse_options

    options = parse_options(settings)
    for name in options:
        parameter = signature(function).parameters.get(name)
        if parameter is not None and parameter.kind is not Parameter.VAR_KEYWORD:
            raise InputError(
                f"--set {name}: no net has this option; a factory that has it needs another name for it"
            )
    return options


def read_kwargs(text: str | None) -> dict[str, Any] | None:
    """Read keyword arguments from JSON.

    Raises
    ------
    InputError
        If it is no JSON object.
    """
    if text is None:
        return None
    try:
        read = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"--kwargs is no JSON: {error}") from None
    if not isinstance(read, dict):
        raise InputError('--kwargs must be a JSON object, such as {"mask": "2x5:bool"}')
    return read

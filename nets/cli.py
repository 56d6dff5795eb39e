"""The command line of ``nets``: the only place that talks to files and terminals for its user."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nets.errors import NetsError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from nets.network.graph import Network

_Command = TypeVar("_Command", bound=Callable[..., Any])

DISAGREES = 1
INTERRUPTED = 130
_ASCII = str.maketrans(
    {"×": "x", "·": "*", "⌊": "floor(", "⌋": ")", "²": "**2", "→": "->", "≥": ">=", "–": "-", "─": "-"}
)


@click.group(no_args_is_help=False)
def cli() -> None:
    """Print a network's layer table: parameters, activations and MACs, by formula and by count."""


def _net_options(command: _Command) -> _Command:
    """Add the options that describe the net and its input."""
    set_option = click.option(
        "--set",
        "settings",
        metavar="KEY=VALUE",
        multiple=True,
        help="An option of the net, such as width=0.5 or classes=10; see `list`. Repeatable.",
    )
    return _input_option(set_option(command))


def _input_option(command: _Command) -> _Command:
    return click.option(
        "--input",
        "shape",
        metavar="NxCxHxW",
        help="Input sizes, batch first, such as 1x3x224x224; the net's own by default.",
    )(command)


_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_out_option = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write into a file."
)


@cli.command("list")
@_json_option
def list_nets(*, as_json: bool) -> None:
    """Name the nets, their sizes and their options."""
    from nets import zoo

    if as_json:
        nets = [{"name": name, "options": dict(zoo.options_of(name))} for name in zoo.NETS]
        click.echo(json.dumps(nets, indent=2))
        return
    from nets.reports import zoo_list

    _show(zoo_list())


@cli.command()
@click.argument("net")
@_net_options
@click.option("--symbolic", is_flag=True, help="Formulas in N, H, W in place of numbers.")
@click.option("--all", "every", is_flag=True, help="Rows for ReLU, dropout and flatten too.")
@click.option("--columns", metavar="NAMES", help="Comma-separated: layer,type,input,output,activations,…")
@click.option("--human", is_flag=True, help="Numbers with K, M, G for powers of 1000.")
@click.option(
    "--convention", default="hand", show_default=True, help="What counts; see `list` for the names."
)
@click.option(
    "--format",
    "form",
    default="text",
    metavar="NAME",
    show_default=True,
    help="text, markdown, csv, json, latex or html.",
)
@_out_option
def table(
    net: str,
    shape: str | None,
    settings: tuple[str, ...],
    *,
    symbolic: bool,
    every: bool,
    columns: str | None,
    human: bool,
    convention: str,
    form: str,
    out: Path | None,
) -> None:
    """Print the layer table of NET: activations, weights, biases and MACs by formula."""
    from nets.errors import InputError
    from nets.inputs import symbolic_input

    if symbolic and shape is not None:
        raise InputError(
            "--symbolic makes the input NxCxHxW; write the symbols into --input instead, or leave it"
        )
    network, given = _network(net, shape, settings)
    counted = network.table(
        symbolic_input(network) if symbolic else given, convention=convention, every=every
    )
    names = None if columns is None else [name.strip().lower() for name in columns.split(",")]
    _deliver(counted.to(form, columns=names, human=human), out)


@cli.command()
@click.argument("net")
@_net_options
@click.option("--convention", default="hand", show_default=True, help="What the formulas count.")
@click.option("--paper", is_flag=True, help="Compare with the figures that the net's paper prints instead.")
@_json_option
def check(
    net: str,
    shape: str | None,
    settings: tuple[str, ...],
    *,
    convention: str,
    paper: bool,
    as_json: bool,
) -> int:
    """Compare NET's formulas with torch and fvcore, layer by layer.

    Every difference is shown, with the convention that explains it; the exit status is 1 if one has none.
    """
    if paper:
        return _check_paper(net, as_json=as_json, changed=bool(shape or settings))
    from nets.counting.crosscheck import crosscheck
    from nets.reports import check_report
    from nets.tables.presets import convention_named

    network, given = _network(net, shape, settings)
    rules = convention_named(convention)
    with _patience(f"building and running {network.name}"):
        outcome = crosscheck(network, given, convention=rules)
    if as_json:
        click.echo(json.dumps(outcome.to_dict(), indent=2, ensure_ascii=False))
    else:
        _show(check_report(outcome))
    return 0 if outcome.ok else DISAGREES


def _check_paper(net: str, *, as_json: bool, changed: bool) -> int:
    from nets import zoo
    from nets.counting.published import verdicts
    from nets.errors import InputError
    from nets.reports import published_report

    if changed:
        raise InputError("a paper's figures hold for its own net: leave --input and --set out with --paper")
    found = verdicts(net)
    if as_json:
        click.echo(json.dumps([verdict.to_dict() for verdict in found], indent=2, ensure_ascii=False))
    else:
        _show(published_report(zoo.canonical(net), found))
    return 0 if all(verdict.ok for verdict in found) else DISAGREES


@cli.command()
@click.argument("first")
@click.argument("second")
@_input_option
@_json_option
def compare(first: str, second: str, shape: str | None, *, as_json: bool) -> None:
    """Put two nets side by side at the same input: what the SECOND saves, and what it pays."""
    from nets.public import compare as compare_nets
    from nets.reports import comparison_report

    comparison = compare_nets(first, second, shape)
    if as_json:
        click.echo(json.dumps(comparison.to_dict(), indent=2, ensure_ascii=False))
    else:
        _show(comparison_report(comparison))


@cli.command()
@click.argument("net")
@_net_options
@click.option(
    "--all", "every", is_flag=True, help="A box for each ReLU, dropout, flatten and normalisation too."
)
@_out_option
def draw(net: str, shape: str | None, settings: tuple[str, ...], *, every: bool, out: Path | None) -> None:
    """Draw NET's graph as SVG."""
    from nets.drawing.svg import to_svg
    from nets.errors import InputError

    if out is not None and out.suffix.lower() != ".svg":
        raise InputError(f"{out}: a drawing is SVG, so name the file {out.with_suffix('.svg').name}")
    network, given = _network(net, shape, settings)
    _deliver(to_svg(network, given, every=every), out)


def _network(net: str, shape: str | None, settings: tuple[str, ...]) -> "tuple[Network, Any]":
    from nets.inputs import net_for, parse_input, parse_options

    given = None if shape is None else parse_input(shape)
    return net_for(net, given, **parse_options(settings)), given


def _deliver(text: str, out: Path | None) -> None:
    if out is None:
        _print(text)
        return
    from nets.files import write

    write(out, text.encode())
    click.echo(f"wrote {out}", err=True)


def _show(renderables: "Iterable[RenderableType]") -> None:
    from rich.console import Console

    console = Console(highlight=False)
    with console.capture() as captured:
        for renderable in renderables:
            console.print(renderable)
    _print(captured.get())


def _print(text: str) -> None:
    """Print a text, spelt in ASCII where the terminal cannot show it."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(_ASCII).encode(encoding, "replace").decode(encoding)
    click.echo(text, nl=False)


@contextmanager
def _patience(doing: str) -> Iterator[None]:
    """Show that something is going on, and end at once on Ctrl-C.

    An exception raised while torch traces would cross C++ code that aborts on it, so the process ends
    without one.
    """
    from rich.console import Console

    console = Console(stderr=True)

    def leave(*_: object) -> None:
        console.show_cursor()
        os._exit(INTERRUPTED)

    before = signal.signal(signal.SIGINT, leave)
    try:
        with console.status(doing):
            yield
    finally:
        signal.signal(signal.SIGINT, before)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    1 if a check disagrees, 2 on bad input, 130 on Ctrl-C.
    """
    try:
        status: int | None = cli.main(arguments, prog_name="python -m nets", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        return _refuse(error.format_message())
    except NetsError as error:
        return _refuse(str(error))
    except BrokenPipeError:  # the reader of our output has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except click.Abort:
        return INTERRUPTED
    return status or 0


def _refuse(sentence: str) -> int:
    click.echo(f"error: {sentence}", err=True)
    return 2

"""The command line of ``nets``: the only place that talks to files and terminals for its user."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nets import streams
from nets.errors import InputError, NetsError

if TYPE_CHECKING:
    from nets.network.graph import Network

_Command = TypeVar("_Command", bound=Callable[..., Any])

DISAGREES = 1
REFUSED = 2
INTERRUPTED = 130
BROKEN_PIPE = 141


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001  # click calls it so
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            streams.put(f"nets, of dlsyslab {version('dlsyslab')}\n")
        except PackageNotFoundError:
            streams.put("nets, of dlsyslab, which is not installed\n")
        context.exit()


def _examples(*lines: str) -> str:
    return "\n".join(["\b", "Examples:", *(f"  python -m nets {line}" for line in lines)])


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_examples("table vgg19", "compare inception-naive inception-reduced"),
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
)
@click.pass_context
def cli(context: click.Context) -> None:
    """Print a network's layer table: parameters, activations and MACs, by formula and by count."""
    if context.invoked_subcommand is None:
        streams.put(f"{context.get_help()}\n")


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
        "shapes",
        metavar="NxCxHxW",
        multiple=True,
        help="Input sizes, batch first, such as 1x3x224x224, or 2x128:int64 with a type of numbers; a net's "
        "own by default. Repeatable, for a module that takes several.",
    )(command)


def _module_options(command: _Command) -> _Command:
    """Add the options that say how a torch module is called."""
    kwargs = click.option(
        "--kwargs",
        metavar="JSON",
        help='Keyword arguments of a module, such as \'{"mask": "2x5:bool", "cache": false}\'.',
    )
    mode = click.option("--train", is_flag=True, help="Trace a module in training mode.")
    return kwargs(mode(command))


_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_out_option = click.option(
    "--out", metavar="FILE", help="Write into a file; - is standard output, as without this option."
)
_ESCAPES = {
    "json": streams.as_ascii_json,
    "html": streams.as_ascii_xml,
    "svg": streams.as_ascii_xml,
}


@cli.command("list", epilog=_examples("list", "list --json"))
@_json_option
def list_nets(*, as_json: bool) -> None:
    """Name the nets, their sizes and their options."""
    from nets import zoo

    if as_json:
        nets = [{"name": name, "options": dict(zoo.options_of(name))} for name in zoo.NETS]
        _print_json(nets)
        return
    from nets.reports import zoo_list

    streams.show(zoo_list())


@cli.command(
    epilog=_examples(
        "table lenet5 --input 8x1x28x28",
        "table vgg19 --format csv --out vgg19.csv",
    )
)
@click.argument("net")
@_net_options
@_module_options
@click.option("--symbolic", is_flag=True, help="Formulas in N, H, W in place of numbers.")
@click.option("--unit", "units", metavar="H=32h", multiple=True, help="What a size is a multiple of.")
@click.option("--all", "every", is_flag=True, help="Rows for ReLU, dropout and flatten too.")
@click.option("--depth", type=click.IntRange(min=1), metavar="N", help="Levels of a module's tree to show.")
@click.option("--no-fold", "unfolded", is_flag=True, help="A row for each of several equal blocks.")
@click.option("--sort", metavar="COLUMN", help="The largest rows first.")
@click.option(
    "--top", type=click.IntRange(min=1), metavar="N", help="Only the N largest rows, the others summed."
)
@click.option("--backward", is_flag=True, help="What a module's gradients cost, too.")
@click.option("--strict", is_flag=True, help="Exit with status 1 if something has no rule.")
@click.option(
    "--columns", metavar="NAMES", help="Comma-separated: layer,type,input,output,activations,macs%,…"
)
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
    shapes: tuple[str, ...],
    settings: tuple[str, ...],
    *,
    kwargs: str | None,
    units: tuple[str, ...],
    unfolded: bool,
    strict: bool,
    columns: str | None,
    human: bool,
    form: str,
    out: str | None,
    **asked: Any,  # noqa: ANN401  # what nets.table takes as it is
) -> int:
    """Print the layer table of NET: activations, weights, biases and MACs.

    NET is a name of `list`, counted by formula, or where a torch module is found, which is traced without
    computing anything: package.module:factory or file.py:Class.
    """
    from nets.inputs import parse_units
    from nets.public import table as make

    target = _target(out)
    if asked["symbolic"] and shapes:
        raise InputError(
            "--symbolic makes the input NxCxHxW; write the symbols into --input instead, or leave it"
        )
    counted = make(
        net,
        _inputs(shapes),
        kwargs=_read_kwargs(kwargs),
        units=parse_units(units) if units else None,
        fold=not unfolded,
        **asked,
        **_options(make, settings),
    )
    names = None if columns is None else [name.strip().lower() for name in columns.split(",")]
    encoding = streams.encoding() if target is None else "utf-8"
    _deliver(counted.to(form, columns=names, human=human, encoding=encoding), target, form)
    incomplete = counted.findings is not None and not counted.findings.complete
    if strict and incomplete and counted.findings:
        streams.say(counted.findings.lower_bound)
    return DISAGREES if strict and incomplete else 0


def _inputs(shapes: tuple[str, ...]) -> str | None:
    return ",".join(shapes) if shapes else None


def _options(function: Callable[..., Any], settings: tuple[str, ...]) -> dict[str, Any]:
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


def _read_kwargs(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        read = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"--kwargs is no JSON: {error}") from None
    if not isinstance(read, dict):
        raise InputError('--kwargs must be a JSON object, such as {"mask": "2x5:bool"}')
    return read


@cli.command(epilog=_examples("check lenet5", "check googlenet --paper"))
@click.argument("net")
@_net_options
@click.option("--kwargs", metavar="JSON", help="Keyword arguments of a module.")
@click.option("--convention", default="hand", show_default=True, help="What the first column counts.")
@click.option("--paper", is_flag=True, help="Compare with the figures that the net's paper prints instead.")
@_json_option
def check(
    net: str,
    shapes: tuple[str, ...],
    settings: tuple[str, ...],
    *,
    kwargs: str | None,
    convention: str,
    paper: bool,
    as_json: bool,
) -> int:
    """Count NET in several ways, layer by layer: by formula, by a trace, by fvcore and by torch.

    NET is a name of `list`, or where a torch module is found; see `table`. Every difference is shown, with
    the convention that explains it; the exit status is 1 if one has none, or something has no rule.
    """
    if paper:
        return _check_paper(net, as_json=as_json, changed=bool(shapes or settings))
    from nets.public import check as compare_counts
    from nets.reports import check_report

    with _patience(f"building and running {net}"):
        outcome = compare_counts(
            net,
            _inputs(shapes),
            convention=convention,
            kwargs=_read_kwargs(kwargs),
            **_options(compare_counts, settings),
        )
    if as_json:
        _print_json(outcome.to_dict())
    else:
        streams.show(check_report(outcome))
    return 0 if outcome.ok else DISAGREES


def _check_paper(net: str, *, as_json: bool, changed: bool) -> int:
    from nets import zoo
    from nets.counting.published import verdicts
    from nets.reports import published_report

    if changed:
        raise InputError("a paper's figures hold for its own net: leave --input and --set out with --paper")
    found = verdicts(net)
    if as_json:
        _print_json([verdict.to_dict() for verdict in found])
    else:
        streams.show(published_report(zoo.canonical(net), found))
    return 0 if all(verdict.ok for verdict in found) else DISAGREES


@cli.command(
    epilog=_examples(
        "compare inception-naive inception-reduced", "compare vgg16 resnet50-v1 --input 1x3x224x224"
    )
)
@click.argument("first")
@click.argument("second")
@_input_option
@_module_options
@_json_option
def compare(
    first: str, second: str, shapes: tuple[str, ...], kwargs: str | None, *, train: bool, as_json: bool
) -> None:
    """Put two nets side by side at the same input: what the SECOND saves, and what it pays."""
    from nets.public import compare as compare_nets
    from nets.reports import comparison_report

    comparison = compare_nets(first, second, _inputs(shapes), kwargs=_read_kwargs(kwargs), train=train)
    if as_json:
        _print_json(comparison.to_dict())
    else:
        streams.show(comparison_report(comparison))


@cli.command(
    epilog=_examples("which 4.133G resnet50", "which 138.36M vgg16"),
)
@click.argument("figure")
@click.argument("net")
@_net_options
@_json_option
def which(figure: str, net: str, shapes: tuple[str, ...], settings: tuple[str, ...], *, as_json: bool) -> int:
    """Say whose convention prints FIGURE for NET, or for the nets whose names begin so.

    The exit status is 1 if none does; the closest are shown then.
    """
    from nets.public import which as find
    from nets.reports import which_report

    found = find(figure, net, _inputs(shapes), **_options(find, settings))
    if as_json:
        _print_json(found.to_dict())
    else:
        streams.show(which_report(found))
    return 0 if found.matches else DISAGREES


@cli.command(epilog=_examples("draw googlenet --out net.svg", "draw lenet5 --all --out net.svg"))
@click.argument("net")
@_net_options
@click.option(
    "--all", "every", is_flag=True, help="A box for each ReLU, dropout, flatten and normalisation too."
)
@_out_option
def draw(
    net: str, shapes: tuple[str, ...], settings: tuple[str, ...], *, every: bool, out: str | None
) -> None:
    """Draw NET's graph as SVG."""
    from nets.drawing.svg import to_svg

    target = _target(out)
    if target is not None and target.suffix.lower() != ".svg" and (target.is_file() or not target.exists()):
        raise InputError(f"{target}: a drawing is SVG, so name the file {target.stem}.svg")
    network, given = _network(net, shapes, settings)
    _deliver(to_svg(network, given, every=every), target, "svg")


def _network(net: str, shapes: tuple[str, ...], settings: tuple[str, ...]) -> "tuple[Network, Any]":
    from nets.inputs import net_for, parse_input, parse_options

    given = parse_input(",".join(shapes)) if shapes else None
    return net_for(net, given, **parse_options(settings)), given


def _target(out: str | None) -> Path | None:
    """Return the file that is meant; None for standard output."""
    if out == "":
        raise InputError("--out must name a file")
    if out is None or out == "-":
        return None
    target = Path(out)
    if target.is_dir() or out.endswith(os.sep):
        raise InputError(f"{out}: is a folder, not a file")
    return target


def _deliver(text: str, target: Path | None, form: str) -> None:
    if target is None:
        streams.put(text, escaped=_ESCAPES.get(form))
        return
    from nets.files import write

    try:
        write(target, text.encode("utf-8", "backslashreplace"))
    except BrokenPipeError:  # the file is a pipe
        raise streams.ReaderGoneError from None
    streams.say(f"wrote {target}")


def _print_json(document: object) -> None:
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    streams.put(text, escaped=streams.as_ascii_json)


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

    before = signal.getsignal(signal.SIGINT)
    ours = before is not signal.SIG_IGN and threading.current_thread() is threading.main_thread()
    if ours:
        signal.signal(signal.SIGINT, leave)
    try:
        with console.status(doing):
            yield
    finally:
        if ours:
            signal.signal(signal.SIGINT, before)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    1 if a check disagrees or no convention prints a figure, 2 on bad input or output that cannot be written,
    130 on Ctrl-C, 141 if the reader of the output went away.
    """
    try:
        status: int | None = cli.main(arguments, prog_name="python -m nets", standalone_mode=False)
        streams.flush()
    except streams.ReaderGoneError:
        streams.give_up()
        return BROKEN_PIPE
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except (click.ClickException, NetsError, ImportError, OSError, MemoryError) as error:
        if isinstance(error, OSError):
            streams.give_up()
        streams.say(f"error: {_sentence(error)}")
        return REFUSED
    return status or 0


def _sentence(error: Exception) -> str:
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, ImportError):
        needed = (error.name or str(error)).partition(".")[0]
        return f"this command needs {needed}, which is not installed: python -m pip install {needed}"
    if isinstance(error, MemoryError):
        return "there is not enough memory for this"
    if isinstance(error, OSError):
        return (
            f"{error.filename}: {error.strerror}" if error.filename else f"output: {error.strerror or error}"
        )
    return str(error)

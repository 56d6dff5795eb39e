"""What each command of ``nets`` does."""

from typing import TYPE_CHECKING, Any

import click

from nets import streams
from nets.delivery import deliver, file_named, patience, print_json
from nets.errors import InputError
from nets.options import (
    examples,
    input_option,
    inputs,
    json_option,
    module_options,
    net_options,
    options,
    out_option,
    read_kwargs,
)

if TYPE_CHECKING:
    from nets.network.graph import Network

DISAGREES = 1


@click.command("list", cls=streams.Command, epilog=examples("list", "list --json"))
@json_option
def list_nets(*, as_json: bool) -> None:
    """Name the nets, their sizes and their options."""
    from nets import zoo

    if as_json:
        nets = [{"name": name, "options": dict(zoo.options_of(name))} for name in zoo.NETS]
        print_json(nets)
        return
    from nets.reports import zoo_list

    streams.show(zoo_list())


@click.command(
    cls=streams.Command,
    epilog=examples(
        "table lenet5 --input 8x1x28x28",
        "table vgg19 --format csv --out vgg19.csv",
    ),
)
@click.argument("net")
@net_options
@module_options
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
@out_option
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

    target = file_named(out)
    if asked["symbolic"] and shapes:
        raise InputError(
            "--symbolic makes the input NxCxHxW; write the symbols into --input instead, or leave it"
        )
    counted = make(
        net,
        inputs(shapes),
        kwargs=read_kwargs(kwargs),
        units=parse_units(units) if units else None,
        fold=not unfolded,
        **asked,
        **options(make, settings),
    )
    names = None if columns is None else [name.strip().lower() for name in columns.split(",")]
    encoding = streams.encoding() if target is None else "utf-8"
    deliver(counted.to(form, columns=names, human=human, encoding=encoding), target, form)
    incomplete = counted.findings is not None and not counted.findings.complete
    if strict and incomplete and counted.findings:
        streams.say(counted.findings.lower_bound)
    return DISAGREES if strict and incomplete else 0


@click.command(cls=streams.Command, epilog=examples("check lenet5", "check googlenet --paper"))
@click.argument("net")
@net_options
@click.option("--kwargs", metavar="JSON", help="Keyword arguments of a module.")
@click.option("--convention", default="hand", show_default=True, help="What the first column counts.")
@click.option("--paper", is_flag=True, help="Compare with the figures that the net's paper prints instead.")
@json_option
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

    with patience(f"building and running {net}"):
        outcome = compare_counts(
            net,
            inputs(shapes),
            convention=convention,
            kwargs=read_kwargs(kwargs),
            **options(compare_counts, settings),
        )
    if as_json:
        print_json(outcome.to_dict())
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
        print_json([verdict.to_dict() for verdict in found])
    else:
        streams.show(published_report(zoo.canonical(net), found))
    return 0 if all(verdict.ok for verdict in found) else DISAGREES


@click.command(
    cls=streams.Command,
    epilog=examples(
        "compare inception-naive inception-reduced", "compare vgg16 resnet50-v1 --input 1x3x224x224"
    ),
)
@click.argument("first")
@click.argument("second")
@input_option
@module_options
@json_option
def compare(
    first: str, second: str, shapes: tuple[str, ...], kwargs: str | None, *, train: bool, as_json: bool
) -> None:
    """Put two nets side by side at the same input: what the SECOND saves, and what it pays."""
    from nets.public import compare as compare_nets
    from nets.reports import comparison_report

    comparison = compare_nets(first, second, inputs(shapes), kwargs=read_kwargs(kwargs), train=train)
    if as_json:
        print_json(comparison.to_dict())
    else:
        streams.show(comparison_report(comparison))


@click.command(
    cls=streams.Command,
    epilog=examples("which 4.133G resnet50", "which 138.36M vgg16"),
)
@click.argument("figure")
@click.argument("net")
@net_options
@json_option
def which(figure: str, net: str, shapes: tuple[str, ...], settings: tuple[str, ...], *, as_json: bool) -> int:
    """Say whose convention prints FIGURE for NET, or for the nets whose names begin so.

    The exit status is 1 if none does; the closest are shown then.
    """
    from nets.public import which as find
    from nets.reports import which_report

    found = find(figure, net, inputs(shapes), **options(find, settings))
    if as_json:
        print_json(found.to_dict())
    else:
        streams.show(which_report(found))
    return 0 if found.matches else DISAGREES


@click.command(
    cls=streams.Command, epilog=examples("draw googlenet --out net.svg", "draw lenet5 --all --out net.svg")
)
@click.argument("net")
@net_options
@click.option(
    "--all", "every", is_flag=True, help="A box for each ReLU, dropout, flatten and normalisation too."
)
@out_option
def draw(
    net: str, shapes: tuple[str, ...], settings: tuple[str, ...], *, every: bool, out: str | None
) -> None:
    """Draw NET's graph as SVG."""
    from nets.drawing.svg import to_svg

    target = file_named(out)
    if target is not None and target.suffix.lower() != ".svg" and (target.is_file() or not target.exists()):
        raise InputError(f"{target}: a drawing is SVG, so name the file {target.stem}.svg")
    network, given = _network(net, shapes, settings)
    deliver(to_svg(network, given, every=every), target, "svg")


def _network(net: str, shapes: tuple[str, ...], settings: tuple[str, ...]) -> "tuple[Network, Any]":
    from nets.inputs import net_for, parse_input, parse_options

    given = parse_input(",".join(shapes)) if shapes else None
    return net_for(net, given, **parse_options(settings)), given

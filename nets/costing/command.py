"""The command ``nets cost``."""

import json
from pathlib import Path
from typing import Any

import click

from nets import streams
from nets.costing.settings import DTYPES, LOSSES, OPTIMIZERS
from nets.delivery import deliver, file_named, patience
from nets.errors import InputError
from nets.options import examples, inputs, json_option, net_options, options, out_option, read_kwargs


@click.command(
    epilog=examples(
        "cost resnet50-v1 --input 32x3x224x224 --device a100-sxm",
        'cost vgg19 --input Nx3x224x224 --optimizer adam --memory "80 GB"',
    )
)
@click.argument("net")
@net_options
@click.option("--kwargs", metavar="JSON", help="Keyword arguments of a module.")
@click.option("--unit", "units", metavar="H=32h", multiple=True, help="What a size is a multiple of.")
@click.option("--dtype", default="float32", show_default=True, metavar="NAME", help=f"{', '.join(DTYPES)}.")
@click.option(
    "--optimizer", default="sgd", show_default=True, metavar="NAME", help=f"{', '.join(OPTIMIZERS)}."
)
@click.option(
    "--implementation", metavar="NAME", help="for-loop or foreach; what torch takes on the device by default."
)
@click.option("--inference", is_flag=True, help="Only the forward pass, nothing kept for gradients.")
@click.option(
    "--checkpoint",
    multiple=True,
    metavar="MODULES",
    help="Compute these anew, such as 'blocks.*'. Repeatable.",
)
@click.option("--loss", default="sum", show_default=True, metavar="NAME", help=f"{' or '.join(LOSSES)}.")
@click.option("--device", metavar="NAME|FILE", help="A device of the table, a TOML file, or here.")
@click.option(
    "--memory", metavar="SIZE", help='Find the largest batch in "80 GB", or in the device\'s memory: device.'
)
@click.option("--allowance", default="0", show_default=True, metavar="SIZE", help="What of it is kept back.")
@click.option("--batch", metavar="SYMBOL", help="Which size is the batch, where several are symbols.")
@click.option("--depth", type=click.IntRange(min=1), metavar="N", help="Levels of a module's tree in rows.")
@click.option(
    "--top", type=click.IntRange(min=0), default=10, show_default=True, help="Rows shown; 0 for all."
)
@click.option("--classic", is_flag=True, help="Well-known formulas beside the trace: 6ND, ZeRO, Korthikanti.")
@click.option("--for-sim", "for_sim", is_flag=True, help="Print what a scenario of sim needs, as TOML.")
@click.option("--figure", metavar="FILE", help="Draw the bytes alive over the step: .svg, .png or .pdf.")
@click.option("--strict", is_flag=True, help="Exit with status 1 if something has no rule.")
@json_option
@out_option
def cost(
    net: str,
    shapes: tuple[str, ...],
    settings: tuple[str, ...],
    *,
    kwargs: str | None,
    units: tuple[str, ...],
    top: int,
    classic: bool,
    for_sim: bool,
    figure: str | None,
    strict: bool,
    as_json: bool,
    out: str | None,
    **asked: Any,  # noqa: ANN401  # what nets.cost takes as it is
) -> int:
    """Print what a step of NET costs: bytes by kind, the peak, seconds on a device, the largest batch.

    NET is a name of `list`, or where a torch module is found; see `table`. A training step is forward,
    backward and the optimizer's, in the steady state; gradients are let go at its end.
    """
    from nets.costing.public import cost as work_out
    from nets.inputs import parse_units

    target, picture = file_named(out), _picture(figure)
    if as_json and for_sim:
        raise InputError("--json and --for-sim are two forms: choose one")
    if target is not None and not (as_json or for_sim):
        raise InputError("--out goes with --json or --for-sim")
    with patience(f"tracing {net}"):
        found = work_out(
            net,
            inputs(shapes),
            kwargs=read_kwargs(kwargs),
            units=parse_units(units) if units else None,
            **asked,
            **options(work_out, settings),
        )
    if picture is not None:
        from nets.costing.figure import live_figure
        from nets.files import write

        write(picture, live_figure(found, picture.suffix.lower().removeprefix(".")))
        streams.say(f"wrote {picture}")
    if for_sim:
        from nets.costing.documents import for_sim as fragment

        deliver(fragment(found), target, "toml")
    elif as_json:
        deliver(json.dumps(found.to_dict(), indent=2, ensure_ascii=False) + "\n", target, "json")
    else:
        from nets.costing.report import classics_report, cost_report

        streams.show([*cost_report(found, top=top), *(classics_report(found) if classic else ())])
    return 1 if strict and not found.complete else 0


def _picture(figure: str | None) -> Path | None:
    target = file_named(figure)
    if target is None:
        if figure is not None:
            raise InputError("--figure must name a file")
        return None
    if target.suffix.lower() not in (".svg", ".png", ".pdf"):
        raise InputError(f"{target}: a figure can be .svg, .png or .pdf")
    return target

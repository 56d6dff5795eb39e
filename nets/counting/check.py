"""Several ways to the same counts: formulas, a trace, fvcore and torch's own counter."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from nets.counting.comparing import TOOLS, compare
from nets.counting.outcome import Check
from nets.errors import CountError, InputError
from nets.layers.kinds import INPUT
from nets.network.algebra import Shape, product
from nets.network.graph import Network
from nets.tables.conventions import Convention
from nets.tables.presets import FVCORE, HAND, convention_named
from nets.tables.table import Table

if TYPE_CHECKING:
    from torch import nn

    from nets.counting.arguments import Arguments
    from nets.counting.opinions import Opinion
    from nets.counting.registry import Rules
    from nets.counting.trace import Trace


def check_network(
    network: Network,
    shape: Shape | None = None,
    *,
    convention: str | Convention = HAND,
    module: "nn.Module | None" = None,
    tools: Collection[str] = TOOLS,
) -> Check:
    """Compare each layer's formulas with a trace of the built net, with fvcore and with torch's counter.

    Compared are output shapes, weights and biases (the built module's own), MACs and activations.

    Parameters
    ----------
    network
        The net.
    shape
        Numeric input sizes, batch first; the net's own by default.
    convention
        What the formula side counts.
    module
        A module to compare with in place of the one built from the description; its modules bear the layers'
        names.
    tools
        Which of fvcore, which runs the net, and torch's counter are asked.

    Raises
    ------
    InputError, ShapeError
        If the net cannot take the shape, or the shape holds symbols.
    CountError
        If the net cannot be run.
    """
    table = network.table(shape, convention=convention, every=True)
    if table.symbolic:
        raise InputError("a check counts real tensors, so its input must be numbers")
    from nets.build import build
    from nets.counting.arguments import Arguments, Spec
    from nets.counting.opinions import refuse_giants
    from nets.counting.rules import RULES
    from nets.counting.tabulate import tabulate
    from nets.counting.trace import trace

    if "fvcore" in tools:
        largest = max(int(product(row.output)) for row in table.rows)
        refuse_giants(table.total.parameters + 3 * largest, f"{network.name} at input {table.input}")
    if module is None:  # counts do not depend on the numbers, so drawing a hundred million of them is spared
        module = build(network, device="meta")
        if "fvcore" in tools:
            module = module.to_empty(device="cpu")
            for tensor in module.state_dict().values():
                tensor.zero_()  # what the memory held before may be slow to compute with
    arguments = Arguments((Spec(table.input),))
    traced = trace(module, arguments, rules=RULES)
    ours = tabulate(traced, HAND, every=True, fold=False)
    opinions, unable = _opinions(module, arguments, ours, traced, tools)
    return compare(
        table,
        hand=network.table(shape, every=True),
        fvcore=network.table(shape, convention=FVCORE, every=True),
        traced=ours,
        opinions=opinions,
        unable=unable,
    )


def check_module(
    module: "nn.Module",
    inputs: Any = None,  # noqa: ANN401  # what users give
    *,
    kwargs: Mapping[str, Any] | None = None,
    convention: str | Convention = HAND,
    tools: Collection[str] = TOOLS,
    rules: "Rules | None" = None,
) -> Check:
    """Compare the trace of any module with fvcore and torch's counter; see `nets.table` for the parameters.

    Raises
    ------
    InputError
        If the input makes no sense or holds symbols.
    CountError
        If the module cannot be traced.
    """
    from nets.counting.arguments import arguments_for
    from nets.counting.rules import RULES
    from nets.counting.tabulate import tabulate
    from nets.counting.trace import trace

    arguments = arguments_for(module, inputs, kwargs)
    if arguments.symbols:
        raise InputError("a check counts real tensors, so its input must be numbers")
    traced = trace(module, arguments, rules=rules or RULES)
    table, hand, fvcore = (
        tabulate(traced, convention_named(by), every=True, fold=False) for by in (convention, HAND, FVCORE)
    )
    opinions, unable = _opinions(module, arguments, table, traced, tools)
    return compare(table, hand=hand, fvcore=fvcore, traced=None, opinions=opinions, unable=unable)


def _opinions(
    module: "nn.Module", arguments: "Arguments", table: Table, traced: "Trace", tools: Collection[str]
) -> "tuple[tuple[Opinion, ...], tuple[str, ...]]":
    from nets.counting.opinions import fvcore_opinion, torch_opinion

    rows = [row.layer for row in table.rows if not row.subtotal and row.kind != INPUT]
    found: list[Opinion] = []
    unable: list[str] = []
    if "fvcore" in tools:
        try:
            found.append(fvcore_opinion(module, arguments, rows))
        except CountError as error:
            unable.append(str(error))
    if "torch" in tools:
        found.append(torch_opinion(traced, rows))
    return tuple(found), tuple(unable)

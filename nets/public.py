"""The functions of ``nets`` itself: a net by name or as a network, and what to find out about it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nets import zoo
from nets.errors import InputError
from nets.figures import parse_figure
from nets.inputs import net_for, parse_units, shape_of, symbolic_input
from nets.network.algebra import Shape, Size
from nets.network.graph import Network
from nets.subjects import find, is_module, is_reference, refuse
from nets.tables.comparison import Comparison, compare_tables
from nets.tables.conventions import Convention
from nets.tables.presets import CONVENTIONS, convention_named
from nets.tables.table import Table

if TYPE_CHECKING:
    from torch import nn

    from nets.counting.outcome import Check
    from nets.counting.registry import Rules
    from nets.tables.which import Which


def _shape(shape: Any) -> Shape | None:  # noqa: ANN401  # what users give
    return None if shape is None else shape_of(shape)


def table(
    subject: "str | Network | nn.Module",
    inputs: Any = None,  # noqa: ANN401  # a shape, a text, tensors, or several of these
    *,
    symbolic: bool = False,
    convention: str | Convention = "hand",
    every: bool = False,
    kwargs: Mapping[str, Any] | None = None,
    units: Mapping[str, Size] | str | None = None,
    train: bool = False,
    backward: bool = False,
    depth: int | None = None,
    fold: bool = True,
    sort: str | None = None,
    top: int | None = None,
    rules: "Rules | None" = None,
    **options: Any,  # noqa: ANN401  # the zoo checks them
) -> Table:
    """Return a layer table: of a net by its formulas, without torch; of any torch module by tracing it.

    A traced module computes and reserves nothing, and is left exactly as it was.

    Parameters
    ----------
    subject
        A name of `nets.zoo.NETS`, a network, a torch module, or where one is to be found:
        ``"package.module:factory"`` or ``"file.py:Class"``.
    inputs
        The input, batch first: sizes, or a text such as ``"1x3x224x224"`` in which capital names stand for
        any size; a net's own with a batch of one by default. For a module also ``"2x128:int64"``, tensors,
        and lists, tuples and dictionaries of all these; see `nets.counting.arguments.arguments_for`.
    symbolic
        Whether a net's batch, rows and columns are the symbols N, H, W; then ``inputs`` are left out.
    convention
        What counts: a name of `nets.CONVENTIONS`, or a `Convention`.
    every
        Whether rows that count nothing, such as flatten, are shown too.
    kwargs
        Keyword arguments for a module.
    units
        What sizes are multiples of: ``"H=32h"`` makes the formulas those in h.
    train
        Whether a module is traced in training mode; in evaluation mode by default.
    backward
        Whether the gradients are counted too, in training mode.
    depth
        How many levels of a module's tree are shown; all by default.
    fold
        Whether equal neighbours in that tree are one row ``× n``.
    sort, top
        A column of counts to show the rows by, the largest first, and how many of them.
    rules
        What operators cost, such as ``nets.counting.rules.RULES.plus({"mylib.op": rule})``.
    options
        The net's own settings, such as ``classes`` and ``width``, or keywords for a module's factory.

    Raises
    ------
    NetsError
        If the subject, the input, the convention or an option does not exist or fit.

    Examples
    --------
    >>> total = table("vgg19").total
    >>> total.activations, total.weights, total.parameters, total.macs
    (16542184, 143652544, 143667240, 19632062464)
    >>> table("inception-reduced", symbolic=True).total.macs
    388096*H*N*W
    >>> from torch import nn
    >>> table(nn.LSTM(8, 16), (5, 2, 8)).total.macs  # 5 steps, 2 examples, 4·16·(8 + 16)
    15360
    """
    rule_set = convention_named(convention)
    multiples = parse_units([units]) if isinstance(units, str) else units
    if symbolic and inputs is not None:
        raise InputError("symbolic=True makes the input N×C×H×W; write the symbols into the input instead")
    found = subject
    if isinstance(subject, str) and is_reference(subject):
        found = find(subject, options)
    if is_module(found):
        if symbolic:
            raise InputError("write a module's symbols into its input, such as 'Nx3xHxW'")
        from nets.counting.module import module_table

        counted = module_table(
            found,
            inputs,
            kwargs=kwargs,
            units=multiples,
            train=train,
            backward=backward,
            convention=rule_set,
            every=every,
            depth=depth,
            fold=fold and sort is None and top is None,
            rules=rules,
        )
    elif isinstance(found, str | Network):
        asked = {"kwargs": kwargs, "train": train, "backward": backward, "depth": depth, "rules": rules}
        if given := [name for name, value in asked.items() if value]:
            raise InputError(
                f"{', '.join(given)}: for torch modules only; trace what nets.build.build makes of a network"
            )
        shape = _shape(inputs)
        network = net_for(found, shape, **({} if found is not subject else options))
        shape = symbolic_input(network) if symbolic else shape
        if multiples and shape is not None:
            shape = tuple(multiples.get(str(size), size) for size in shape)
        counted = network.table(shape, convention=rule_set, every=every)
    else:
        raise refuse(found)
    return counted if sort is None and top is None else counted.largest(sort or "macs", top)


def check(
    subject: "str | Network | nn.Module",
    inputs: Any = None,  # noqa: ANN401  # as for table
    *,
    convention: str | Convention = "hand",
    kwargs: Mapping[str, Any] | None = None,
    rules: "Rules | None" = None,
    **options: Any,  # noqa: ANN401  # each net has options of its own
) -> "Check":
    """Count in several ways and compare row by row; see `nets.counting.outcome.Check`.

    A net's formulas are compared with a trace of the built net, with fvcore and with torch's counter; a
    module's trace is compared with these two. Parameters are as for `table`.
    """
    from nets.counting.check import check_module, check_network

    found = subject
    if isinstance(subject, str) and is_reference(subject):
        found = find(subject, options, runs=True)
    if is_module(found):
        return check_module(found, inputs, convention=convention, kwargs=kwargs, rules=rules)
    if not isinstance(found, str | Network):
        raise refuse(found)
    shape = _shape(inputs)
    network = net_for(found, shape, **({} if found is not subject else options))
    return check_network(network, shape, convention=convention)


def which(figure: str, net: str | Network, shape: Shape | str | None = None, **options: Any) -> "Which":  # noqa: ANN401  # each net has options of its own
    """Find whose convention prints a figure of a net; see `nets.tables.which.Which`.

    Parameters
    ----------
    figure
        As printed, such as ``"4.133G"``.
    net
        A network, a name of `nets.zoo.NETS`, or the beginning that several share, such as ``"resnet50"``.
    shape, options
        As for `table`.

    Examples
    --------
    >>> [reading.conventions for reading in which("4.1115G", "resnet50").matches]
    [('fvcore', 'timm')]
    """
    from nets.tables.which import which as find

    given = _shape(shape)
    names = [net] if isinstance(net, Network) else zoo.family(net)
    networks = [net_for(name, given, **options) for name in names]
    return find(
        parse_figure(figure),
        [network.table(given, convention=name) for network in networks for name in CONVENTIONS],
    )


def compare(
    first: "str | Network | nn.Module",
    second: "str | Network | nn.Module",
    inputs: Any = None,  # noqa: ANN401  # as for table
    *,
    convention: str | Convention = "hand",
    kwargs: Mapping[str, Any] | None = None,
    train: bool = False,
) -> Comparison:
    """Put two nets or modules side by side at the same input; see `nets.tables.comparison.Comparison`.

    >>> comparison = compare("inception-naive", "inception-reduced")
    >>> round(comparison.ratio("macs"), 2)
    2.81
    """
    tables = [
        table(net, inputs, convention=convention, kwargs=kwargs, train=train, fold=False)
        for net in (first, second)
    ]
    return compare_tables(*tables)


def draw(net: str | Network, shape: Shape | str | None = None, *, every: bool = False, **options: Any) -> str:  # noqa: ANN401  # each net has options of its own
    """Draw a net's graph as SVG; see `nets.drawing.svg.to_svg`."""
    from nets.drawing.svg import to_svg

    given = _shape(shape)
    return to_svg(net_for(net, given, **options), given, every=every)

"""The functions of ``nets`` itself: a net by name or as a network, and what to find out about it."""

from typing import TYPE_CHECKING, Any

from nets import zoo
from nets.figures import parse_figure
from nets.inputs import net_for, parse_input, symbolic_input
from nets.network.algebra import Shape
from nets.network.graph import Network
from nets.tables.comparison import Comparison, compare_tables
from nets.tables.conventions import Convention
from nets.tables.presets import CONVENTIONS
from nets.tables.table import Table

if TYPE_CHECKING:
    from nets.counting.crosscheck import Check
    from nets.tables.which import Which


def _shape(shape: "Shape | str | None") -> Shape | None:
    return parse_input(shape) if isinstance(shape, str) else shape


def table(
    net: str | Network,
    shape: Shape | str | None = None,
    *,
    symbolic: bool = False,
    convention: str | Convention = "hand",
    every: bool = False,
    **options: Any,  # noqa: ANN401  # the zoo checks them
) -> Table:
    """Return a net's layer table, counted by formula; torch is not needed.

    Parameters
    ----------
    net
        A name of `nets.zoo.NETS`, or a network.
    shape
        The input, batch first: sizes, or a text such as ``"1x3x224x224"`` in which capital names stand for
        any size; by default the net's own with a batch of one.
    symbolic
        Whether batch, rows and columns are the symbols N, H, W; then ``shape`` is left out.
    convention
        What counts: a name of `nets.CONVENTIONS`, or a `Convention`.
    every
        Whether ReLU, dropout and flatten have rows too.
    options
        The net's own settings, such as ``classes`` and ``width``.

    Raises
    ------
    NetsError
        If the net, the input, the convention or an option does not exist or fit.

    Examples
    --------
    >>> total = table("vgg19").total
    >>> total.activations, total.weights, total.parameters, total.macs
    (16542184, 143652544, 143667240, 19632062464)
    >>> table("inception-reduced", symbolic=True).total.macs
    388096*H*N*W
    """
    given = _shape(shape)
    network = net_for(net, given, **options)
    return network.table(symbolic_input(network) if symbolic else given, convention=convention, every=every)


def check(net: str | Network, shape: Shape | str | None = None, **options: Any) -> "Check":  # noqa: ANN401  # each net has options of its own
    """Compare a net's formulas with torch and fvcore, row by row; see `nets.counting.crosscheck`."""
    from nets.counting.crosscheck import crosscheck

    given = _shape(shape)
    return crosscheck(net_for(net, given, **options), given)


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
    first: str | Network,
    second: str | Network,
    shape: Shape | str | None = None,
    *,
    convention: str | Convention = "hand",
) -> Comparison:
    """Put two nets side by side at the same input; see `nets.tables.comparison.Comparison`.

    >>> comparison = compare("inception-naive", "inception-reduced")
    >>> round(comparison.ratio("macs"), 2)
    2.81
    """
    given = _shape(shape)
    tables = [net_for(net, given).table(given, convention=convention) for net in (first, second)]
    return compare_tables(*tables)


def draw(net: str | Network, shape: Shape | str | None = None, *, every: bool = False, **options: Any) -> str:  # noqa: ANN401  # each net has options of its own
    """Draw a net's graph as SVG; see `nets.drawing.svg.to_svg`."""
    from nets.drawing.svg import to_svg

    given = _shape(shape)
    return to_svg(net_for(net, given, **options), given, every=every)

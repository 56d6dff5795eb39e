"""What the papers print of their nets, beside the exact counts; known misprints are marked as such."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import attrs

from nets import zoo
from nets.errors import InputError
from nets.suggestions import near_misses
from nets.tables.rows import Row, total
from nets.tables.table import Table

KIBI, KILO, MEGA = 1024, 1000, 10**6
_LETTER = {KIBI: "K", KILO: "K", MEGA: "M", 1: ""}


@attrs.frozen
class Printed:
    """A figure as printed.

    Parameters
    ----------
    row
        What the paper calls it.
    layers
        Beginnings of the names of the layers that it is about; empty for the whole net.
    quantity
        ``parameters`` or ``macs``.
    figure, unit
        The printed number and what it is multiplied by. The GoogLeNet paper's K is 1024.
    misprint
        Why it is not right, where that is known; the figure is then expected to disagree.
    uncounted
        Types of layers whose parameters the paper leaves out.
    """

    row: str
    layers: tuple[str, ...]
    quantity: Literal["parameters", "macs"]
    figure: float
    unit: int
    misprint: str = ""
    uncounted: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The figure as printed."""
        return f"{self.figure:,g}{_LETTER[self.unit]}" if self.unit > 1 else f"{self.figure:,.0f}"


@attrs.frozen
class Publication:
    """A paper's figures of one net, and where they stand."""

    source: str
    figures: tuple[Printed, ...]


@attrs.frozen
class Verdict:
    """A printed figure beside the exact counts.

    Parameters
    ----------
    printed
        The figure.
    weights, biases, macs
        Exact counts of its layers.
    agrees
        Whether the figure is the exact number, rounded either way; parameters with or without biases.
    """

    printed: Printed
    weights: int
    biases: int
    macs: int
    agrees: bool

    @property
    def exact(self) -> int:
        """The exact count: weights, or MACs."""
        return self.macs if self.printed.quantity == "macs" else self.weights

    @property
    def ok(self) -> bool:
        """Whether the figure agrees, or is a known misprint."""
        return self.agrees != bool(self.printed.misprint)


def _googlenet() -> Publication:
    no_reading = "no way of counting the layers gives what is printed"
    first = "it is what a separable layer of depth multiplier 8 would have"
    rows: tuple[tuple[str, tuple[str, ...], float, str, int, str], ...] = (
        ("conv 7×7/2", ("conv1/",), 2.7, first, 34, first),
        ("conv 3×3/1", ("conv2/",), 112, "", 360, ""),
        ("inception 3a", ("inception_3a",), 159, "", 128, ""),
        ("inception 3b", ("inception_3b",), 380, "", 304, ""),
        ("inception 4a", ("inception_4a",), 364, no_reading, 73, ""),
        ("inception 4b", ("inception_4b",), 437, no_reading, 88, ""),
        ("inception 4c", ("inception_4c",), 463, no_reading, 100, ""),
        ("inception 4d", ("inception_4d",), 580, no_reading, 119, ""),
        ("inception 4e", ("inception_4e",), 840, no_reading, 170, ""),
        ("inception 5a", ("inception_5a",), 1072, no_reading, 54, no_reading),
        ("inception 5b", ("inception_5b",), 1388, no_reading, 71, ""),
        ("linear", ("loss3/",), 1000, "", 1, ""),
    )
    figures = []
    for row, layers, parameters, misprint, operations, misprinted in rows:
        figures.append(Printed(row, layers, "parameters", parameters, KIBI, misprint))
        figures.append(Printed(row, layers, "macs", operations, MEGA, misprinted))
    return Publication("Szegedy et al. 2014, arXiv 1409.4842, table 1 (its K is 1024)", tuple(figures))


def _whole(source: str, quantity: Literal["parameters", "macs"], figure: float, unit: int) -> Publication:
    return Publication(source, (Printed("whole net", (), quantity, figure, unit),))


_VGG = "Simonyan, Zisserman 2014, arXiv 1409.1556, table 2"
_RESNET = "He et al. 2015, arXiv 1512.03385, table 1"
_ZHANG = "Zhang et al. 2016, arXiv 1611.03530, table 1 (without batch normalisation's parameters)"

PUBLISHED: Mapping[str, Publication] = MappingProxyType(
    {
        "alexnet": _whole("Krizhevsky et al. 2012, abstract", "parameters", 60, MEGA),
        "googlenet": _googlenet(),
        **{
            name: _whole(_RESNET, "macs", figure, 100 * MEGA)
            for name, figure in (
                ("resnet18", 18),
                ("resnet34", 36),
                ("resnet50-v1", 38),
                ("resnet101-v1", 76),
                ("resnet152-v1", 113),
            )
        },
        "small-inception": Publication(
            _ZHANG,
            (Printed("whole net", (), "parameters", 1_649_402, 1, uncounted=("BatchNorm2d",)),),
        ),
        **{
            name: _whole(_VGG, "parameters", figure, MEGA)
            for name, figure in (("vgg11", 133), ("vgg13", 133), ("vgg16", 138), ("vgg19", 144))
        },
    }
)
"""Published figures by net."""


def verdicts(name: str) -> tuple[Verdict, ...]:
    """Put a net's published figures beside its exact counts.

    Raises
    ------
    InputError
        If there is no such net, or no published figures of it are known here.

    Examples
    --------
    >>> verdict, = verdicts("vgg19")
    >>> verdict.printed.text, verdict.agrees
    ('144M', True)
    """
    key = zoo.canonical(name)
    if key not in PUBLISHED:
        known = near_misses(key, PUBLISHED) or f"; there are {', '.join(PUBLISHED)}"
        raise InputError(f"no published figures of {key} are kept here{known}")
    table = zoo.named(key).table()
    return tuple(_verdict(figure, table) for figure in PUBLISHED[key].figures)


def _verdict(printed: Printed, table: Table) -> Verdict:
    def covered(row: Row) -> bool:
        return row.type not in printed.uncounted and (
            not printed.layers or row.layer.startswith(printed.layers)
        )

    counts = total(row for row in table.rows if covered(row))
    macs: Any = counts.macs
    # Printed figures are rounded now up, now down, and do not say whether biases are in them.
    low, high = (macs, macs) if printed.quantity == "macs" else (counts.weights, counts.parameters)
    scaled = printed.figure * printed.unit
    agrees = low // printed.unit * printed.unit <= scaled <= math.ceil(high / printed.unit) * printed.unit
    if printed.unit == 1:
        agrees = scaled == high
    return Verdict(printed, counts.weights, counts.biases, macs, agrees)

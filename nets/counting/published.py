"""What the papers print of their nets, beside the exact counts; known misprints are marked as such."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import attrs

from nets import zoo
from nets.errors import InputError
from nets.figures import Figure, figure
from nets.layers.kinds import BATCH_NORM
from nets.suggestions import near_misses
from nets.tables.rows import Row, total
from nets.tables.table import Table

KIBI, MEGA, GIGA = 1024, 10**6, 10**9
_WRITTEN = {1: "{}", KIBI: "{}K", MEGA: "{}M", GIGA: "{}×10⁹"}


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
    digits, unit
        The printed number and what it is multiplied by. The GoogLeNet paper's K is 1024.
    misprint
        Why it is not right, where that is known; the figure is then expected to disagree.
    uncounted
        Kinds of operations whose parameters the paper leaves out.
    """

    row: str
    layers: tuple[str, ...]
    quantity: Literal["parameters", "macs"]
    digits: str
    unit: int
    misprint: str = ""
    uncounted: tuple[str, ...] = ()

    @property
    def figure(self) -> Figure:
        """The figure, which any number that rounds to it matches."""
        return figure(self.digits, self.unit, _WRITTEN[self.unit].format(f"{float(self.digits):,.10g}"))


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
    exact, of
        The exact count, and what it is a count of: papers do not say whether biases are in their parameters,
        so those with them are taken where only they agree.
    agrees
        Whether the figure is the exact number, rounded up, down or to the nearest.
    """

    printed: Printed
    exact: int
    of: Literal["MACs", "weights", "parameters"]
    agrees: bool

    @property
    def ok(self) -> bool:
        """Whether the figure agrees, or is a known misprint."""
        return self.agrees != bool(self.printed.misprint)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        printed = {"row": self.printed.row, "printed": self.printed.figure.text}
        verdict = {"agrees": self.agrees, "misprint": self.printed.misprint, "ok": self.ok}
        return {**printed, "exact": self.exact, "of": self.of, **verdict}


def _googlenet() -> Publication:
    no_reading = "no way of counting the layers gives what is printed"
    first = "it is what a separable layer of depth multiplier 8 would have"
    rows: tuple[tuple[str, tuple[str, ...], str, str, str, str], ...] = (
        ("conv 7×7/2", ("conv1/",), "2.7", first, "34", first),
        ("conv 3×3/1", ("conv2/",), "112", "", "360", ""),
        ("inception 3a", ("inception_3a",), "159", "", "128", ""),
        ("inception 3b", ("inception_3b",), "380", "", "304", ""),
        ("inception 4a", ("inception_4a",), "364", no_reading, "73", ""),
        ("inception 4b", ("inception_4b",), "437", no_reading, "88", ""),
        ("inception 4c", ("inception_4c",), "463", no_reading, "100", ""),
        ("inception 4d", ("inception_4d",), "580", no_reading, "119", ""),
        ("inception 4e", ("inception_4e",), "840", no_reading, "170", ""),
        ("inception 5a", ("inception_5a",), "1072", no_reading, "54", no_reading),
        ("inception 5b", ("inception_5b",), "1388", no_reading, "71", ""),
        ("linear", ("loss3/",), "1000", "", "1", ""),
    )
    figures = []
    for row, layers, parameters, misprint, operations, misprinted in rows:
        figures.append(Printed(row, layers, "parameters", parameters, KIBI, misprint))
        figures.append(Printed(row, layers, "macs", operations, MEGA, misprinted))
    return Publication("Szegedy et al. 2014, arXiv 1409.4842, table 1 (its K is 1024)", tuple(figures))


def _whole(source: str, quantity: Literal["parameters", "macs"], digits: str, unit: int) -> Publication:
    return Publication(source, (Printed("whole net", (), quantity, digits, unit),))


_VGG = "Simonyan, Zisserman 2014, arXiv 1409.1556, table 2"
_RESNET = "He et al. 2015, arXiv 1512.03385, table 1"
_ZHANG = "Zhang et al. 2016, arXiv 1611.03530, table 1 (without batch normalisation's parameters)"

PUBLISHED: Mapping[str, Publication] = MappingProxyType(
    {
        "alexnet": _whole("Krizhevsky et al. 2012, abstract", "parameters", "60", MEGA),
        "googlenet": _googlenet(),
        **{
            name: _whole(_RESNET, "macs", digits, GIGA)
            for name, digits in (
                ("resnet18", "1.8"),
                ("resnet34", "3.6"),
                ("resnet50-v1", "3.8"),
                ("resnet101-v1", "7.6"),
                ("resnet152-v1", "11.3"),
            )
        },
        "small-inception": Publication(
            _ZHANG,
            (Printed("whole net", (), "parameters", "1649402", 1, uncounted=(BATCH_NORM,)),),
        ),
        **{
            name: _whole(_VGG, "parameters", digits, MEGA)
            for name, digits in (("vgg11", "133"), ("vgg13", "133"), ("vgg16", "138"), ("vgg19", "144"))
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
    >>> verdict.printed.figure.text, verdict.agrees
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
        return row.kind not in printed.uncounted and (
            not printed.layers or row.layer.startswith(printed.layers)
        )

    counts = total(row for row in table.rows if covered(row))
    macs: Any = counts.macs
    if printed.quantity == "macs":
        return Verdict(printed, macs, "MACs", printed.figure.matches(macs))
    with_biases = not printed.figure.matches(counts.weights) and printed.figure.matches(counts.parameters)
    exact = counts.parameters if with_biases else counts.weights
    return Verdict(printed, exact, "parameters" if with_biases else "weights", printed.figure.matches(exact))

"""Figures as people print them: a few digits and a unit, and which exact counts they may stand for."""

import re
from fractions import Fraction

import attrs

from nets.errors import InputError

_POWERS = {"": 0, "k": 3, "m": 6, "g": 9, "b": 9, "t": 12, "p": 15, "e": 18}
_WORDS = r"(?:macs?|macc|flops?|mult-adds?|multi-adds?|madds?|params?|parameters|weights)"
_FIGURE = re.compile(
    rf"(?P<digits>[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+)(?:\.(?P<decimals>[0-9]+))?"
    rf"(?:e\+?(?P<exponent>[0-9]{{1,2}})|\s*(?P<letter>[kmgbtpe]?))\s*{_WORDS}?",
    re.IGNORECASE,
)
_MOST_DIGITS = 30


@attrs.frozen
class Figure:
    """A printed figure.

    Parameters
    ----------
    text
        As printed.
    value
        What it says.
    resolution
        What one more in its last digit would be worth.
    """

    text: str
    value: Fraction
    resolution: Fraction

    def matches(self, exact: int) -> bool:
        """Tell whether this is the exact number rounded up, down or to the nearest.

        >>> parse_figure("1.8G").matches(1_814_073_344), parse_figure("1.8G").matches(1_900_000_001)
        (True, False)
        """
        return bool(self.rounding(exact))

    def rounding(self, exact: int) -> str:
        """Say how the figure comes of an exact number: exact, rounded, cut off, rounded up, or not at all.

        >>> parse_figure("4.133G").rounding(4_133_742_592), parse_figure("4.1G").rounding(4_133_742_592)
        ('cut off', 'rounded')
        """
        off = exact - self.value
        if off == 0:
            return "exact"
        if 2 * abs(off) <= self.resolution:
            return "rounded"
        if 0 < off < self.resolution:
            return "cut off"
        return "rounded up" if -self.resolution < off < 0 else ""


def figure(digits: str, unit: int, text: str) -> Figure:
    """Return ``digits`` times ``unit``, printed as ``text``."""
    return Figure(text, Fraction(digits) * unit, Fraction(unit, 10 ** len(digits.partition(".")[2])))


def parse_figure(text: str) -> Figure:
    """Read a figure such as ``4.133G``, ``25,557,032``, ``19.6 GMACs`` or ``4.1e9``; K, M, G, T are powers of 1000.

    What the unit calls itself does not matter: many print MACs and call them FLOPs.

    Raises
    ------
    InputError
        If it is none.

    Examples
    --------
    >>> parse_figure("4.133G").value
    Fraction(4133000000, 1)
    """  # noqa: E501  # one line says it
    found = _FIGURE.fullmatch(text.strip())
    if found is None or len(text) > _MOST_DIGITS or not text.isascii():
        shown = text if len(text) <= _MOST_DIGITS else f"{text[:_MOST_DIGITS]}…"
        raise InputError(f"figure {shown!r} must be a number such as 4.133G, 25,557,032 or 4.1e9")
    digits = found["digits"].replace(",", "") + (f".{found['decimals']}" if found["decimals"] else "")
    if not Fraction(digits):
        raise InputError(f"figure {text.strip()!r} must be more than nothing")
    power = int(found["exponent"]) if found["exponent"] else _POWERS[(found["letter"] or "").lower()]
    return figure(digits, 10**power, text.strip())

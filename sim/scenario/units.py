"""Texts with a unit: sizes in bytes, rates in bytes a second, times in seconds.

The units are those of the field: ``b`` is a bit and ``B`` a byte, ``K`` is 1000 as ``k`` is, ``Ki`` 1024,
``bps`` a bit a second; a size or a rate that would be a thousandth of a byte (``"10 mB"``) is none.
"""

import re
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BeforeValidator, Field

from sim.scenario.values import plain_number, shown

if TYPE_CHECKING:
    import pint

_QUANTITY: Final = re.compile(
    r"\s*((?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*([A-Za-zµμ]+(?:\s*/\s*[A-Za-zµμ]+)?)\s*"
)

_UNITS: Final = """
    kilo- = 1000 = k- = K-
    mega- = 10**6 = M-
    giga- = 10**9 = G-
    tera- = 10**12 = T-
    peta- = 10**15 = P-
    exa- = 10**18 = E-
    kibi- = 2**10 = Ki-
    mebi- = 2**20 = Mi-
    gibi- = 2**30 = Gi-
    tebi- = 2**40 = Ti-
    pebi- = 2**50 = Pi-
    bit = [information] = b = Bit
    byte = 8 * bit = B = Byte = octet
    second = [time] = s = sec
    millisecond = 0.001 * second = ms = millisec
    microsecond = 0.000001 * second = us = µs = μs
    nanosecond = 0.000000001 * second = ns
    minute = 60 * second = min
    hour = 3600 * second = h = hr
    day = 86400 * second = d
    bps = bit / second
    Bps = byte / second
"""
"""pint's own list takes ``b`` for a barn, ``KB`` for nothing, and ``count`` for a number of bytes."""

_EXAMPLES: Final = {"byte": "100 MB", "byte/second": "10 Gbit/s", "second": "12 ms"}
_CASELESS: Final = {
    "byte": re.compile(r"(?P<prefix>[kmgtpe]i?)(?P<what>bits?|bytes?|b)", re.IGNORECASE),
    "byte/second": re.compile(r"(?P<prefix>[kmgtpe]i?)(?P<what>bits?|bytes?|b)(?:ps|/s|/sec)", re.IGNORECASE),
}
_NUMBERS: Final = {
    "byte": "a number of bytes",
    "byte/second": "a number of bytes a second",
    "second": "a number of seconds",
}


@cache
def _registry() -> "pint.UnitRegistry[Fraction]":
    import pint

    lines = [line.strip() for line in _UNITS.strip().splitlines()]
    return pint.UnitRegistry(lines, non_int_type=Fraction)


def parse(text: str, unit: str) -> float:
    """Return a quantity such as ``"100 MB"`` in ``byte``, ``byte/second`` or ``second``, the nearest float.

    Raises
    ------
    ValueError
        With one sentence, where the text is no number with a unit of that kind.

    Examples
    --------
    >>> parse("10 Gb/s", "byte/second")
    1250000000.0
    >>> parse("12 ms", "second")
    0.012
    """
    import pint

    match = _QUANTITY.fullmatch(text)
    try:
        if match:
            number, given = match.groups()
            rough = float(number)  # of "1e999999999" a fraction would have a billion digits
            exact = Fraction(number) if 0 < rough < float("inf") else Fraction(0)
            found = float(_registry().Quantity(exact, given).to(unit).magnitude)
            return found if exact else rough
    except (pint.errors.PintError, OverflowError, ValueError):
        pass
    raise ValueError(
        f"{shown(text)} must be {_NUMBERS[unit]}, or a text with a unit such as {_EXAMPLES[unit]!r}"
        f"{_meant(match[2] if match else '', unit)}"
    )


def _meant(given: str, unit: str) -> str:
    """Return what to write in place of a unit whose letters are of the wrong case, if it is one.

    >>> _meant("gbps", "byte/second"), _meant("mb", "byte")
    ("; did you mean 'Gbit/s'?", "; did you mean 'Mbit' or 'MB'?")
    """
    parts = _CASELESS[unit].fullmatch(given.replace(" ", "")) if unit in _CASELESS else None
    if not parts:
        return ""
    prefix = parts["prefix"].lower()
    prefix = (prefix[0] if prefix == "k" else prefix[0].upper()) + prefix[1:]
    what, per = parts["what"], "/s" if unit == "byte/second" else ""
    bits, bytes_ = f"'{prefix}bit{per}'", f"'{prefix}B{per}'"
    if what.lower().startswith("bit") or given.lower().endswith("bps"):
        return f"; did you mean {bits}?"
    return f"; did you mean {bytes_}?" if what != "b" else f"; did you mean {bits} or {bytes_}?"


def quantity(number: Any, unit: str) -> BeforeValidator:  # noqa: ANN401 -- an annotated type
    """Return what lets a field of numbers take texts with a unit, and numpy's numbers."""

    def convert(given: Any) -> Any:  # noqa: ANN401 -- unvalidated input
        return parse(given, unit) if isinstance(given, str) else plain_number(given)

    text = Annotated[str, Field(pattern=f"^{_QUANTITY.pattern}$", examples=[_EXAMPLES[unit]])]
    return BeforeValidator(convert, json_schema_input_type=number | text)


_Bytes = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False, le=1e18)]
_Rate = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Bytes = Annotated[_Bytes, quantity(_Bytes, "byte")]
Rate = Annotated[_Rate, quantity(_Rate, "byte/second")]

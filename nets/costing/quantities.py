"""Bytes, rates and seconds as people write and read them."""

import re
from collections.abc import Mapping

from nets.errors import InputError

_PREFIXES: Mapping[str, int] = {
    "": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip
_WRITTEN = re.compile(r"\s*([0-9]+(?:\.[0-9]*)?(?:e[+-]?[0-9]+)?)\s*((?:[kKMGTP]i?)?)([A-Za-z/]*)\s*")
BYTES, BYTES_PER_SECOND, FLOPS_PER_SECOND = ("B", "byte", "bytes"), ("B/s",), ("FLOP/s", "FLOPS")
_MOST = 1e21


def parse(text: str, units: tuple[str, ...], what: str) -> float:
    """Read a number with a unit: ``80 GB``, ``3.35 TB/s``, ``989 TFLOP/s``; GB is 10⁹, GiB 2³⁰ bytes.

    >>> parse("80 GB", BYTES, "memory")
    80000000000.0

    Raises
    ------
    InputError
        If it is none, or not more than nothing.
    """
    found = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
    if found is None or found[2] not in _PREFIXES or found[3] not in units:
        raise InputError(f"{what} {text!r} must be a number with a unit, such as 80 G{units[0]}")
    value = float(found[1]) * _PREFIXES[found[2]]
    if not 0 < value < _MOST:
        raise InputError(f"{what} {text!r} must be more than nothing, and less than {_MOST:g} {units[0]}")
    return value


def parse_bytes(text: str, what: str, *, least: int = 1) -> int:
    """Read an amount of memory in whole bytes; ``0`` needs no unit where nothing is allowed.

    >>> parse_bytes("1.5 GiB", "memory")
    1610612736
    """
    if least == 0 and text.strip() in ("0", "0 B"):
        return 0
    return round(parse(text, BYTES, what))


def show_bytes(size: int) -> str:
    """Write bytes in digits that fit a line: 811.3 MB.

    >>> show_bytes(811297520), show_bytes(999)
    ('811.3 MB', '999 B')
    """
    return _scaled(size, "B", "{:.4g}") if size >= 10**3 else f"{size} B"


def show_scaled(count: int) -> str:
    """Write a number in digits that fit a line.

    >>> show_scaled(9865003008), show_scaled(0)
    ('9.865 G', '0')
    """
    return _scaled(count, "", "{:.4g}") if count >= 10**3 else str(count)


def show_rate(rate: float, unit: str) -> str:
    """Write a rate: 989 TFLOP/s.

    >>> show_rate(989e12, "FLOP/s")
    '989 TFLOP/s'
    """
    return _scaled(rate, unit, "{:.4g}")


def _scaled(value: float, unit: str, form: str) -> str:
    power, letter = max(
        (
            (p, letter)
            for p, letter in ((0, ""), (3, "k"), (6, "M"), (9, "G"), (12, "T"), (15, "P"))
            if value >= 10**p
        ),
        default=(0, ""),
    )
    return f"{form.format(value / 10**power)} {letter}{unit}"


def show_seconds(seconds: float) -> str:
    """Write seconds with three digits.

    >>> show_seconds(0.01234), show_seconds(2e-6)
    ('12.3 ms', '2 µs')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"

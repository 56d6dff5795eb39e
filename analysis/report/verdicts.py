"""What becomes of a printed number beside one of ours: a verdict, and the sentence that says why.

`judge` is a pure function of the printed text, our value, its error and the kind of comparison.
"""

import math
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction

SURE = 1.96
"""Standard errors beyond which a normal number lies in 5 % of all cases."""
FLOAT = 4 * 2.0**-53
"""Relative distance of floats that are next to each other, or next but one."""
UNITS = {"K": 1_000, "M": 1_000_000}


class Verdict(StrEnum):
    """What comparing a printed number with ours came to."""

    EQUAL = "equal to the last digit"
    WITHIN = "within its error"
    UNDECIDED = "undecided"
    NOT_SHOWN = "not shown"
    WRONG = "wrong"


class Kind(StrEnum):
    """How a number can be compared.

    ``DIGITS`` has no error: it is right to its last printed digit, or wrong. ``ESTIMATE`` scatters.
    ``EFFECT`` is the difference of two estimates, and what is judged is that it has a sign. ``READING`` is a
    rate read off a grid, whose error is a factor.
    """

    DIGITS = "digits"
    ESTIMATE = "estimate"
    EFFECT = "effect"
    READING = "reading"


@dataclass(frozen=True)
class Ours:
    """Our number.

    Attributes
    ----------
    value
        A number, or a text such as ``32×32×672``; None where nothing determines one.
    error
        Its standard error beside the printed number, or the factor between neighbours of a grid.
    interval
        Of 95 %, where it is not the value ± 1.96 errors.
    """

    value: float | str | None
    error: float | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Judgement:
    """A verdict and its reason."""

    verdict: Verdict
    sentence: str


@dataclass(frozen=True)
class Printed:
    """A number as it was printed, so that its last digit is part of it.

    Attributes
    ----------
    text
        As printed.
    value
        What it says, exactly.
    place
        What one in the last digit is worth; 0 for a fraction, which is exact.
    """

    text: str
    value: Fraction
    place: Fraction

    @classmethod
    def read(cls, text: str) -> "Printed | None":
        """Read ``0.833505``, ``-4.0e-05``, ``143,652,544``, ``150K``, ``64.4%`` or ``268/768``; else None.

        The zeros before K and M fill places, they are no digits.

        Examples
        --------
        >>> Printed.read("150K").place, Printed.read("0.50").place, Printed.read("32×32")
        (Fraction(10000, 1), Fraction(1, 100), None)
        """
        bare = text.replace(",", "").removesuffix("%")
        try:
            if "/" in bare:
                return cls(text, Fraction(bare), Fraction(0))
            unit = UNITS.get(bare[-1:], 1)
            number = Decimal(bare.removesuffix("K").removesuffix("M") if unit > 1 else bare)
        except (InvalidOperation, ValueError, ZeroDivisionError):
            return None
        if not number.is_finite():
            return None
        exponent = int((number.normalize() if unit > 1 and number else number).as_tuple().exponent)
        return cls(text, Fraction(number) * unit, Fraction(10) ** exponent * unit)

    def is_rounded(self, value: float) -> bool:
        """Tell whether a value, rounded to the last printed digit, is what was printed.

        Where so many digits were printed that they tell one float from the next, the nearest ones are the
        same: sums of another order end there.
        """
        if not math.isfinite(value):
            return False
        if not self.place or (self.value and self.place / abs(self.value) < FLOAT):
            return math.isclose(value, self.value, rel_tol=FLOAT)
        steps = Fraction(value) / self.place
        return round(steps) * self.place == self.value


def judge(
    printed: str,
    ours: Ours,
    kind: Kind = Kind.DIGITS,
    *,
    tried: tuple[str, str] | None = None,
) -> Judgement:
    """Judge a printed number by ours.

    Parameters
    ----------
    printed
        As printed.
    ours
        Our number and its error.
    kind
        How they are compared.
    tried
        Of a reading, the lowest and the highest rate that were tried, as printed.

    Examples
    --------
    >>> judge("0.8335", Ours(0.83349)).verdict.value
    'equal to the last digit'
    >>> judge("1.30", Ours(1.0, 0.2), Kind.ESTIMATE)
    Judgement(verdict=<Verdict.UNDECIDED: 'undecided'>, sentence='1.5 standard errors (0.2) from 1.00.')
    """
    if ours.value is None:
        return Judgement(Verdict.UNDECIDED, "Nothing determines this number.")
    number = Printed.read(printed)
    if number is None or isinstance(ours.value, str):
        same = printed == ours.value
        return Judgement(Verdict.EQUAL if same else Verdict.WRONG, "" if same else f"It is {ours.value}.")
    match kind:
        case Kind.READING:
            return _reading(number, ours.value, ours.error, tried)
        case Kind.EFFECT:
            return _effect(number, ours)
    if number.is_rounded(ours.value):
        return Judgement(Verdict.EQUAL, "")
    wrong = Judgement(Verdict.WRONG, f"It is {shown(ours.value, printed)}.")
    return wrong if kind is Kind.DIGITS else _estimate(number, ours)


def _estimate(number: Printed, ours: Ours) -> Judgement:
    value, error = float(ours.value or 0.0), ours.error
    if error is None or not math.isfinite(error):
        return Judgement(Verdict.UNDECIDED, "Its error is not known.")
    gap = abs(float(number.value) - value)
    low, high = ours.interval or (value - SURE * error, value + SURE * error)
    sentence = f"{_times(gap, error)} standard errors ({error:.2g}) from {shown(value, number.text)}."
    if gap <= error:
        return Judgement(Verdict.WITHIN, sentence)
    inside = low <= number.value <= high
    return Judgement(Verdict.UNDECIDED if inside else Verdict.WRONG, sentence)


def _effect(number: Printed, ours: Ours) -> Judgement:
    value, error = float(ours.value or 0.0), ours.error
    if error is None or not math.isfinite(error):
        return Judgement(Verdict.UNDECIDED, "Its error is not known.")
    measured = float(number.value)
    if abs(measured) <= SURE * error:
        return Judgement(
            Verdict.NOT_SHOWN,
            f"What was measured is {_times(abs(measured), error)} of its standard errors ({error:.2g}):"
            f" noise alone does that. The true difference is {shown(value, number.text)}.",
        )
    right = (measured > 0) == (value > 0)
    said = f"Measured are {_times(abs(measured), error)} standard errors; it is {shown(value, number.text)}."
    return Judgement(Verdict.WITHIN if right else Verdict.WRONG, said)


def _reading(number: Printed, value: float, factor: float | None, tried: tuple[str, str] | None) -> Judgement:
    if tried and number.text in tried:
        end = "lowest" if number.text == tried[0] else "highest"
        return Judgement(
            Verdict.NOT_SHOWN,
            f"It is the {end} rate that was tried, so nothing was seen beyond it."
            f" Read off here is {value:.2g}.",
        )
    if factor is None or factor <= 1:
        return Judgement(Verdict.UNDECIDED, "Its error is not known.")
    gap = abs(math.log(float(number.value) / value))
    sentence = (
        f"A factor of {math.exp(gap):.2g} from {value:.2g}, on a grid whose neighbours are"
        f" a factor of {factor:.2g} apart."
    )
    if gap <= math.log(factor):
        return Judgement(Verdict.WITHIN, sentence)
    return Judgement(Verdict.UNDECIDED if gap <= SURE * math.log(factor) else Verdict.WRONG, sentence)


def _times(gap: float, error: float) -> str:
    return f"{gap / error:.1f}" if error > 0 else "infinitely many"


def shown(value: float, printed: str) -> str:
    """Write our value to the digits of a printed one; whole numbers whole.

    >>> shown(0.27147268, "0.2714"), shown(3211264, "3.2M"), shown(0.5, "150")
    ('0.2715', '3,211,264', '0.5')
    """
    if isinstance(value, int) or (float(value).is_integer() and abs(value) >= 1):
        decimals = _decimals(printed)
        return f"{value:,.{decimals}f}" if decimals and not _is_short(printed) else f"{int(value):,}"
    decimals = 0 if _is_short(printed) else _decimals(printed)
    return f"{value:.{decimals}f}" if decimals else f"{value:.4g}"


def _is_short(printed: str) -> bool:
    return printed[-1:] in UNITS


def _decimals(printed: str) -> int:
    number = Printed.read(printed)
    return max(0, round(-math.log10(number.place))) if number is not None and number.place else 0

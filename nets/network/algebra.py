"""Integer arithmetic on sizes that are ints or sympy expressions alike; sympy is loaded for symbols only.

Symbolic sizes keep one normal form: ceilings become floors, nested floors become one, as
⌊(⌊u⌋ + c)/n⌋ = ⌊(u + c)/n⌋ for integers c and n (Graham, Knuth, Patashnik, *Concrete Mathematics*, §3.2).
"""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import sympy

Size: TypeAlias = "int | sympy.Expr"
"""A number of things: an int, or a sympy expression in positive integer symbols."""

Shape: TypeAlias = tuple[Size, ...]
"""The sizes of a tensor, batch first."""

Relation: TypeAlias = "bool | sympy.Rel"
"""A comparison of sizes: decided where the sizes decide it, else a sympy relation."""


class Demand(NamedTuple):
    """What a layer needs of its inputs, and the sentence for when it does not hold."""

    holds: Relation
    complaint: str


def product(sizes: Iterable[Size]) -> Size:
    """Multiply sizes.

    >>> product((2, 3, 4))
    24
    """
    return math.prod(sizes)


def quotient(size: Size, divisor: Size) -> Size:
    """Divide by what divides it.

    >>> quotient(12, 4)
    3
    """
    if isinstance(size, int) and isinstance(divisor, int):
        return size // divisor
    return size / divisor


def floor_div(size: Size, n: int) -> Size:
    """Divide by a positive integer and round down.

    >>> from sympy import Symbol
    >>> floor_div(7, 2)
    3
    >>> H = Symbol("H", integer=True, positive=True)
    >>> floor_div(floor_div(H, 2) + 1, 2)
    floor(H/4 + 1/2)
    """
    if isinstance(size, int):
        return size // n
    import sympy

    constant, rest = size.as_coeff_Add()
    inside = rest.args[0] + constant if isinstance(rest, sympy.floor) else size
    shift, varying = (inside / n).as_coeff_Add()
    whole = sympy.floor(shift)  # so that one size has one form: ⌊(H − 1)/2⌋ is ⌊(H + 1)/2⌋ − 1
    return sympy.floor(varying + shift - whole) + whole


def ceil_div(size: Size, n: int) -> Size:
    """Divide by a positive integer and round up.

    >>> ceil_div(7, 2)
    4
    """
    return floor_div(size + n - 1, n)


def minimum(a: Size, b: Size) -> Size:
    """Return the smaller of two sizes.

    >>> minimum(2, 3)
    2
    """
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b)
    import sympy

    return sympy.Min(a, b)


def equal(a: Size, b: Size) -> Relation:
    """Compare two sizes.

    >>> equal(2, 3)
    False
    """
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    import sympy

    factor, product_ = sympy.factor_terms(a).as_coeff_Mul()
    if isinstance(b, int) and b % factor == 0:  # 512·x = 25,088 says x = 49
        a, b = product_, b // factor
    return _decided(sympy.Eq(a, b))


def at_least(size: Size, least: int) -> Relation:
    """Compare a size with a bound; a symbolic one in one symbol is solved for it.

    >>> from sympy import Symbol
    >>> at_least(2, 3)
    False
    >>> H = Symbol("H", integer=True, positive=True)
    >>> at_least(floor_div(H, 2) - 1, 3)
    H >= 8
    """
    if isinstance(size, int):
        return size >= least
    import sympy

    constant, rest = size.as_coeff_Add()
    least -= constant
    if isinstance(rest, sympy.floor):  # ⌊u⌋ ≥ n exactly when u ≥ n
        rest = rest.args[0]
    constant, rest = rest.as_coeff_Add()
    slope, symbol = rest.as_coeff_Mul()
    if symbol.is_Symbol and slope > 0:
        return _decided(sympy.Ge(symbol, sympy.ceiling((least - constant) / slope)))
    return _decided(sympy.Ge(rest, least - constant))


def _decided(relation: "sympy.Rel") -> Relation:
    if relation in (True, False):
        return bool(relation)
    return relation

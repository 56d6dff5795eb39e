"""Sizes as formulas: the symbols, the conditions under which they hold, reading and writing.

Only symbolic tables load this module, and sympy with it.
"""

from collections.abc import Iterable
from functools import lru_cache

import sympy
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.str import StrPrinter

from nets.errors import InputError
from nets.network.algebra import Relation, Size
from nets.network.reading import parse, symbol

__all__ = ["by_hand", "divisibly", "parse", "substitute", "symbol", "tidy"]


def substitute(size: Size, values: dict[str, int]) -> int:
    """Put numbers in for symbols.

    Raises
    ------
    InputError
        If a symbol has no number, or the result is none.

    Examples
    --------
    >>> substitute(parse("64*N*floor(H/2)"), {"N": 1, "H": 5})
    128
    """
    if isinstance(size, int):
        return size
    number = size.subs({symbol(name): value for name, value in values.items()})
    if not number.is_Integer:
        open_symbols = ", ".join(sorted(map(str, number.free_symbols)))
        why = f"{open_symbols} has no value" if open_symbols else f"it is {number}, no whole number"
        raise InputError(f"formula {size}: {why}")
    return int(number)


def tidy(conditions: Iterable[Relation]) -> tuple[sympy.Rel, ...]:
    """Keep of each symbol's lower bounds the strongest, and everything else once."""
    bounds: dict[sympy.Symbol, sympy.Integer] = {}
    others: dict[sympy.Rel, None] = {}
    for condition in conditions:
        if isinstance(condition, sympy.Ge) and condition.lhs.is_Symbol and condition.rhs.is_Integer:
            bounds[condition.lhs] = max(condition.rhs, bounds.get(condition.lhs, condition.rhs))
        else:
            others[condition] = None
    lower = (sympy.Ge(name, bounds[name]) for name in sorted(bounds, key=str))
    return (*lower, *others)


def divisibly(size: Size) -> tuple[Size, dict[str, int]]:
    """Drop the roundings: return the formula for sizes that are divisible, and by what.

    >>> divisibly(parse("N*floor(H/2)*floor(H/4 + 1/2)"))
    (H**2*N/8, {'H': 4})
    """
    expression = sympy.sympify(size)
    divisors: dict[sympy.Symbol, int] = {}
    for rounding in expression.atoms(sympy.floor):
        for name in rounding.free_symbols:
            denominator = sympy.fraction(sympy.together(rounding.args[0].coeff(name)))[1]
            divisors[name] = int(sympy.ilcm(divisors.get(name, 1), denominator))
    multiples = {name: n * name for name, n in divisors.items()}
    shares = {name: name / n for name, n in divisors.items()}
    exact = sympy.expand(expression.subs(multiples, simultaneous=True)).subs(shares, simultaneous=True)
    ordered = sorted(divisors.items(), key=lambda item: str(item[0]))
    return sympy.expand(exact), {str(name): n for name, n in ordered}


class _Hand(StrPrinter):  # type: ignore[misc]  # sympy publishes no types
    """Writes formulas as one does by hand: batch first, ⌊…⌋, ·, ²."""

    def _print_floor(self, expression: sympy.floor) -> str:
        return f"⌊{self._print(sympy.together(expression.args[0]))}⌋".replace(" ", "")

    def _print_Integer(self, expression: sympy.Integer) -> str:  # noqa: N802  # sympy's name
        return f"{int(expression):,}"

    def _print_Pow(self, expression: sympy.Pow, rational: bool = False) -> str:  # noqa: FBT001, FBT002, N802  # sympy's printer calls it so
        if expression.exp == 2:  # noqa: PLR2004  # a square
            base = expression.base
            text = self._print(base) if base.is_Atom or isinstance(base, sympy.floor) else f"({base})"
            return f"{text}²"
        return str(super()._print_Pow(expression, rational))

    def _print_Mul(self, expression: sympy.Mul) -> str:  # noqa: N802  # sympy's printer calls it so
        coefficient, rest = expression.as_coeff_Mul()
        if coefficient.is_Rational and not coefficient.is_Integer:
            above = coefficient.p * rest
            text = self._print(above)
            return f"({text})/{coefficient.q}" if above.is_Add else f"{text}/{coefficient.q}"
        factors = sorted(sympy.Mul.make_args(rest), key=lambda factor: (factor != symbol("N"), str(factor)))
        head = [] if coefficient == 1 else [self._print(coefficient)]
        return "·".join([*head, *(self.parenthesize(factor, PRECEDENCE["Mul"]) for factor in factors)])


def by_hand(size: Size) -> str:
    """Write a number or a formula for people.

    >>> by_hand(parse("64*H*N*floor(W/2)**2"))
    '64·N·H·⌊W/2⌋²'
    >>> by_hand(1728)
    '1,728'
    """
    return f"{size:,}" if isinstance(size, int) else _by_hand(size)


@lru_cache(maxsize=4096)  # a deep net writes the same few sizes hundreds of times
def _by_hand(formula: sympy.Expr) -> str:
    return str(_Hand().doprint(formula))

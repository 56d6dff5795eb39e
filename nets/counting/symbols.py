"""Sizes as symbols: torch's own symbolic integers, and what they become in our formulas."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import sympy
import torch
from torch._dynamo.source import ConstantSource
from torch.fx.experimental.symbolic_shapes import DimDynamic, ShapeEnv
from torch.utils._sympy import functions

from nets.errors import CountError
from nets.network.algebra import Size, floor_div
from nets.network.formulas import symbol

_LEAST = 2  # 0 and 1 torch takes for themselves
_FINEST = 2**10  # parts of a whole; products of such numbers and sizes are exact


class Symbols:
    """The user's symbols as torch's symbolic integers, and the way back.

    Parameters
    ----------
    hints
        For each name a number that torch tries: all different, so that sizes are not taken for equal, and
        neither 0 nor 1, which torch takes for themselves.
    """

    def __init__(self, hints: Mapping[str, int]) -> None:
        self.environment = ShapeEnv(duck_shape=False)
        self.hints = dict(hints)
        self.theirs: dict[str, sympy.Symbol] = {}
        self._integers: dict[sympy.Symbol, torch.SymInt] = {}
        self._ours: dict[sympy.Basic, Any] = {}
        for name, hint in hints.items():
            source = ConstantSource(name)
            theirs = self.environment.create_symbol(
                hint, source=source, dynamic_dim=DimDynamic.DYNAMIC, constraint_dim=None
            )
            self.theirs[name] = theirs
            self._ours[theirs] = symbol(name)
            integer = self.environment.create_symintnode(theirs, hint=hint, source=source)
            self._integers[symbol(name)] = integer  # type: ignore[assignment]  # an int only where torch specialises

    def size(self, wanted: Size) -> Any:  # noqa: ANN401  # an int or torch's symbolic one
        """Return a size for torch."""
        if not isinstance(wanted, sympy.Basic):
            return int(wanted)
        total: Any = 0
        for term, factor in wanted.as_coefficients_dict().items():
            total += int(factor) * (self._integers[term] if term != 1 else 1)
        return total

    def ours(self, size: Any) -> Size:  # noqa: ANN401  # an int or torch's symbolic one
        """Return a size of torch's in our symbols."""
        if isinstance(size, torch.SymInt):
            converted: Size = self.formula(size.node.expr)
            return converted
        return int(size)

    def in_words(self, text: str) -> str:
        """Return a text of torch's with the user's names for sizes."""
        for name, theirs in self.theirs.items():
            text = re.sub(rf"\b{theirs}\b", name, text)
        return text

    def compared(self) -> Iterator[Any]:
        """Yield the relations between sizes that torch went by: comparisons, and ranges that it narrowed."""
        compared = [self.formula(guard.expr) for guard in self.environment.guards]
        yield from compared
        alone = {str(*names) for c in compared if len(names := getattr(c, "free_symbols", ())) == 1}
        for name, theirs in self.theirs.items():
            allowed = self.environment.var_to_range.get(theirs)
            if allowed is None or name in alone:
                continue
            if allowed.upper.is_Integer:
                yield sympy.Le(symbol(name), int(allowed.upper))
            if allowed.lower.is_Integer and allowed.lower > _LEAST:
                yield sympy.Ge(symbol(name), int(allowed.lower))

    def formula(self, theirs: sympy.Basic) -> Any:  # noqa: ANN401  # a formula or relation
        """Return a formula or relation of torch's in our symbols.

        Raises
        ------
        CountError
            If it holds a function that we have no counterpart for.
        """
        if theirs not in self._ours:
            self._ours[theirs] = self._converted(theirs)
        return self._ours[theirs]

    def _converted(self, theirs: Any) -> Any:  # noqa: ANN401  # sympy publishes no types
        if theirs.is_Rational or theirs.is_Float:
            return _number(theirs)
        if theirs.is_Symbol:
            raise CountError(
                "the size of a result depends on the numbers that flow, not on the input's sizes"
            )
        arguments = [self.formula(argument) for argument in theirs.args]
        kind = type(theirs)
        if kind is functions.CleanDiv:
            return sympy.sympify(arguments[0]) / arguments[1]
        if kind is functions.FloorDiv:
            above, below = arguments
            return (
                floor_div(above, below)
                if isinstance(below, int)
                else sympy.floor(sympy.sympify(above) / below)
            )
        if kind in _COUNTERPARTS:
            return _COUNTERPARTS[kind](*arguments)
        if kind in (sympy.Add, sympy.Mul, sympy.Pow) or theirs.is_Relational or theirs.is_Boolean:
            return theirs.func(*arguments)
        said = theirs.xreplace({symbol_: symbol(name) for name, symbol_ in self.theirs.items()})
        raise CountError(
            f"torch states a size as {said}, and no formula here has {kind.__name__}; give it as a number"
        )


def _number(theirs: sympy.Number) -> Any:  # noqa: ANN401  # sympy publishes no types
    """Return a number; one that is not whole must be parts of a whole that floats multiply exactly."""
    if theirs.is_Rational:
        return int(theirs) if theirs.is_Integer else theirs
    above, below = float(theirs).as_integer_ratio()
    if below > _FINEST:
        raise CountError(
            f"a size is multiplied by {float(theirs):g}, which rounds differently from size to size; "
            "give it as a number"
        )
    return sympy.Rational(above, below)


_COUNTERPARTS: Mapping[type, Any] = {
    functions.ToFloat: lambda a: a,
    functions.FloatTrueDiv: lambda a, b: sympy.sympify(a) / b,
    functions.TruncToInt: sympy.floor,  # of what is positive, as sizes are
    functions.FloorToInt: sympy.floor,
    functions.CeilToInt: sympy.ceiling,
    functions.Mod: sympy.Mod,
    functions.PythonMod: sympy.Mod,
    functions.CeilDiv: lambda a, b: sympy.ceiling(sympy.sympify(a) / b),
    functions.Max: sympy.Max,
    functions.Min: sympy.Min,
    functions.PowByNatural: sympy.Pow,
    functions.IntTrueDiv: lambda a, b: sympy.sympify(a) / b,
}

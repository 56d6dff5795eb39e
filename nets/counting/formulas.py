"""Formulas of any module: traced once with symbols, and tested by traces with numbers beyond each border.

torch notes each comparison of sizes that its code makes, whether the counts depend on it or not: a choice of
back end, a shortcut for size 1, a limit of the model, a real change of the arithmetic. Numbers that violate a
comparison tell which it is: where the module still counts what the formula says, it is no condition.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
import sympy
from torch import nn

from nets.counting.arguments import Arguments
from nets.counting.symbols import Symbols
from nets.counting.tabulate import tabulate
from nets.counting.trace import Trace, trace
from nets.errors import CountError
from nets.network.algebra import Size
from nets.network.formulas import symbol, tidy
from nets.tables.columns import relation
from nets.tables.conventions import Convention
from nets.tables.rows import Counts, Row
from nets.tables.table import Table

_SMALL = (5, 17, 19, 23, 29, 31, 37)
SIDES = ((229, 233, 239), (71, 73, 79), (224, 256, 192), (37, 41, 43), (32, 64, 96), (7, 11, 13))
_IMAGE = 4  # sizes from which on the last ones are sides
_MOST_TESTED = 24
_MOST_SYMBOLS = 2  # in a condition that is tested; more would take long
_NEAR, _FAR = 40, 2**13  # how far a violation is looked for, with two symbols and with one
_POINTS, _PROOFS = (2, 3, 4, 5), (6, 9)

Traced = Callable[[Arguments, Symbols | None], Trace]


def formula_table(
    module: nn.Module,
    arguments: Arguments,
    convention: Convention,
    *,
    shape_table: Callable[[Trace], Table],
    **settings: Any,  # noqa: ANN401  # those of `trace`
) -> Table:
    """Return a module's table in the symbols of its input.

    Parameters
    ----------
    module, arguments
        What is called with what; some sizes are symbols.
    convention
        What counts.
    shape_table
        Makes the table that is wanted of a trace.
    settings
        As for `nets.counting.trace.trace`.

    Raises
    ------
    CountError
        If the module cannot be traced with symbols.
    """

    def traced(given: Arguments, symbols: Symbols | None = None) -> Trace:
        return trace(module, given, symbols=symbols, **settings)

    return _Formulas(traced, convention, shape_table).of(arguments)


@attrs.frozen
class _Formulas:
    traced: Traced
    convention: Convention
    shape_table: Callable[[Trace], Table]

    def of(self, arguments: Arguments) -> Table:
        if not arguments.symbols:
            return self.shape_table(self.traced(arguments, None))
        symbols, seen = self._first_that_runs(arguments)
        pinned = {
            name: seen.pinned[str(theirs)]
            for name, theirs in symbols.theirs.items()
            if str(theirs) in seen.pinned
        }
        if pinned:
            return self._found_from_numbers(arguments, pinned, symbols)
        table = self.shape_table(seen)
        whole = tabulate(seen, self.convention, fold=False)
        needed, moved, unneeded = self._sorted(arguments, symbols, whole)
        said = tuple(dict.fromkeys(map(relation, unneeded)))
        bytes_hold = ", ".join(map(relation, tidy(moved)))
        pins = (f"The bytes read and written hold for {bytes_hold}",) if moved else ()
        return _with(table, tidy(needed), said, pins)

    def _first_that_runs(self, arguments: Arguments) -> tuple[Symbols, Trace]:
        """Trace with numbers behind the symbols that the module accepts."""
        first: CountError | None = None
        for sides in SIDES:
            symbols = Symbols(hints(arguments, sides))
            try:
                return symbols, self.traced(arguments, symbols)
            except CountError as error:
                first = first or error
        assert first is not None  # noqa: S101  # there are sides, and none ran
        raise first

    def _counts(self, arguments: Arguments) -> Counts | None:
        """Count at given numbers; None where the module does not run."""
        try:
            return tabulate(self.traced(arguments, None), self.convention, fold=False).total
        except CountError:
            return None

    def _sorted(
        self, arguments: Arguments, symbols: Symbols, table: Table
    ) -> tuple[list[sympy.Rel], list[sympy.Rel], list[sympy.Rel]]:
        """Sort what torch compared: what the counts need, what only the bytes need, and what nothing does."""
        relations = dict.fromkeys(symbols.compared())
        ones = [sympy.Ge(symbol(name), 2) for name in symbols.hints]
        needed: list[sympy.Rel] = []
        moved: list[sympy.Rel] = []
        unneeded: list[sympy.Rel] = []
        tried: dict[tuple[tuple[str, int], ...], list[sympy.Rel]] = {}
        for condition in (*ones, *relations):
            if condition in (True, False):
                continue
            values = violation(condition, symbols.hints, needed)
            if values is None:
                continue
            key = tuple(sorted(values.items()))
            if key not in tried:
                counted = self._counts(arguments.at(values)) if len(tried) < _MOST_TESTED else None
                expected = _at(table.total, values)
                if counted is None or _without_bytes(counted) != _without_bytes(expected):
                    tried[key] = needed
                else:
                    tried[key] = unneeded if counted == expected else moved
            tried[key].append(condition)
        return needed, moved, [condition for condition in unneeded if condition not in ones]

    def _found_from_numbers(self, arguments: Arguments, pinned: Mapping[str, str], symbols: Symbols) -> Table:
        """Find the formula in a size that the module needs as a number, and prove it on other numbers."""
        name, where = next(iter(pinned.items()))
        try:
            tables = {n: self.of(arguments.at({name: n})) for n in (*_POINTS, *_PROOFS)}
            found = _interpolated(name, tables)
        except (CountError, ValueError):
            found = None
        if found is not None:
            sentence = (
                f"{where or 'The module'} needs {name} as a number: the formula in {name} was found from "
                f"{', '.join(map(str, _POINTS))} and proved at {' and '.join(map(str, _PROOFS))}"
            )
            return _with(found, found.conditions, (), (sentence,))
        hint = symbols.hints[name]
        table = self.of(arguments.at({name: hint}))
        sentence = f"Holds for {name} = {hint} only: {where or 'the module'} needs it as a number"
        return _with(table, table.conditions, (), (sentence,))


def _with(
    table: Table, conditions: tuple[Any, ...], unneeded: tuple[str, ...], pins: tuple[str, ...] = ()
) -> Table:
    findings = table.findings
    if findings is not None:
        findings = attrs.evolve(
            findings, unneeded=(*findings.unneeded, *unneeded), pins=(*findings.pins, *pins)
        )
    return attrs.evolve(table, conditions=conditions, findings=findings)


def hints(arguments: Arguments, sides: tuple[int, ...]) -> dict[str, int]:
    """Choose a number for each symbol: large ones for the sides of images, small ones else, all different."""
    large = {
        str(name)
        for spec in arguments.specs
        for size in spec.shape[2:]
        if len(spec.shape) >= _IMAGE and isinstance(size, sympy.Basic)
        for name in size.free_symbols
        if size == name
    }
    small, big = iter(_SMALL), iter(sides)
    return {name: next(big if name in large else small) for name in arguments.symbols}


def violation(
    condition: Any,  # noqa: ANN401  # sympy publishes no types
    hints: Mapping[str, int],
    others: list[sympy.Rel],
) -> dict[str, int] | None:
    """Return numbers at which a condition does not hold, and the others do; None if there are none near."""
    names = sorted(str(name) for name in condition.free_symbols)
    holds = _function(condition, names)
    rest = [(_function(other, sorted(map(str, other.free_symbols))), other) for other in others]
    near = {n + d for n in map(int, condition.atoms(sympy.Integer)) for d in (-1, 0, 1) if 0 < n + d <= _FAR}
    alone = len(names) == 1
    ranges = [
        sorted({*range(1, _FAR if alone else _NEAR), *near, *range(max(hints[n] - 4, 1), hints[n] + 4)})
        for n in names
    ]
    if len(names) > _MOST_SYMBOLS:
        return None
    for values in sorted(itertools.product(*ranges), key=lambda v: _distance(v, names, hints)):
        found = {**hints, **dict(zip(names, values, strict=True))}
        if not holds(*values) and all(
            other(*(found[str(s)] for s in sorted(relation_.free_symbols, key=str)))
            for other, relation_ in rest
        ):
            return found
    return None


def _distance(values: tuple[int, ...], names: list[str], hints: Mapping[str, int]) -> int:
    return sum(abs(value - hints[name]) for value, name in zip(values, names, strict=True))


def _function(condition: Any, names: list[str]) -> Callable[..., bool]:  # noqa: ANN401  # sympy publishes no types
    helpers = {"Mod": lambda a, b: a % b, "Max": max, "Min": min}
    function: Callable[..., bool] = sympy.lambdify(
        [symbol(name) for name in names], condition, [helpers, "math"]
    )
    return function


def _without_bytes(counts: Counts) -> Counts:
    return attrs.evolve(counts, read=0, written=0)


def _at(counts: Counts, values: Mapping[str, int]) -> Counts:
    """Put numbers in for symbols."""
    numbers = {symbol(name): value for name, value in values.items()}
    return Counts(
        *(
            int(value.subs(numbers)) if isinstance(value, sympy.Basic) else value
            for value in attrs.astuple(counts)
        )
    )


def _interpolated(name: str, tables: Mapping[int, Table]) -> Table | None:
    """Return the table whose numbers are polynomials in one symbol; None if they are none."""
    base = tables[_POINTS[-1]]
    rows = []
    for index, row in enumerate(base.rows):
        alike = {n: table.rows[index] for n, table in tables.items() if len(table.rows) == len(base.rows)}
        if len(alike) < len(tables) or any(other.layer != row.layer for other in alike.values()):
            return None
        made = _interpolated_row(name, row, alike)
        if made is None:
            return None
        rows.append(made)
    shape = _sizes(name, {n: table.input for n, table in tables.items()})
    return attrs.evolve(base, rows=tuple(rows), input=shape if shape is not None else base.input)


def _interpolated_row(name: str, row: Row, alike: Mapping[int, Row]) -> Row | None:
    fields = [_polynomial(name, {n: values[i] for n, values in _columns(alike)}) for i in range(_WIDTH)]
    output = _sizes(name, {n: other.output for n, other in alike.items()})
    if output is None or any(value is None for value in fields):
        return None
    return attrs.evolve(row, counts=Counts(*fields), output=output)


_WIDTH = len(attrs.fields(Counts))


def _columns(alike: Mapping[int, Row]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    return ((n, attrs.astuple(row.counts)) for n, row in alike.items())


def _sizes(name: str, shapes: Mapping[int, tuple[Size, ...]]) -> tuple[Size, ...] | None:
    if len({len(shape) for shape in shapes.values()}) != 1:
        return None
    rank = len(next(iter(shapes.values())))
    sizes = [_polynomial(name, {n: shape[i] for n, shape in shapes.items()}) for i in range(rank)]
    return None if any(size is None for size in sizes) else tuple(sizes)


def _polynomial(name: str, values: Mapping[int, Any]) -> Any:  # noqa: ANN401  # an int or a formula
    """Return the polynomial through the points, if the proofs lie on it; None else."""
    if len({str(value) for value in values.values()}) == 1:
        return next(iter(values.values()))
    variable = symbol(name)
    points = [(n, values[n]) for n in _POINTS]
    formula = sympy.expand(sympy.interpolate(points, variable))
    proved = all(sympy.expand(formula.subs(variable, n) - values[n]) == 0 for n in _PROOFS)
    return formula if proved else None

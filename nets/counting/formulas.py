"""Formulas of any module: traced once with symbols, and tested by traces with numbers beyond each border.

Where a module needs a size as a number, the formula is found from several numbers, and proved at others.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
import sympy
from torch import nn

from nets.counting.arguments import Arguments
from nets.counting.borders import borders
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
from nets.tables.working import written

_SMALL = (5, 17, 19, 23, 29, 31, 37)
SIDES = ((229, 233, 239), (71, 73, 79), (224, 256, 192), (37, 41, 43), (32, 64, 96), (7, 11, 13))
_IMAGE = 4  # sizes from which on the last ones are sides
_MOST_TESTED = 32
_POINTS, _PROOFS, _FAR = (2, 3, 4, 5), (6, 9, 17), 67
_FARTHEST = 300  # to which a comparison with a number is tried on both sides

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
        counted: dict[tuple[tuple[str, int], ...], Counts | None] = {}

        def agrees(values: Mapping[str, int], seen: Callable[[Counts], Counts]) -> bool:
            key = tuple(sorted(values.items()))
            if key not in counted:
                enough = len(counted) >= _MOST_TESTED
                counted[key] = None if enough else self._counts(arguments.at(values))
            found = counted[key]
            return found is not None and seen(found) == seen(_at(table.total, values))

        ones = [sympy.Ge(symbol(name), 2) for name in symbols.hints]
        compared = tuple(dict.fromkeys((*ones, *symbols.compared())))
        needed, others = borders(compared, symbols.hints, lambda values: agrees(values, _without_bytes))
        moved, unneeded = borders(others, symbols.hints, lambda values: agrees(values, lambda c: c), needed)
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
                f"{_listed(_POINTS)} and proved at {_listed(_PROOFS)}"
            )
            conditions = (*self._from(name, found, arguments), *self._beyond(name, found, arguments, symbols))
            return _with(found, conditions, (), (sentence,))
        hint = symbols.hints[name]
        table = self.of(arguments.at({name: hint}))
        sentence = f"Holds for {name} = {hint} only: {where or 'the module'} needs it as a number"
        return _with(table, table.conditions, (), (sentence,))

    def _from(self, name: str, table: Table, arguments: Arguments) -> tuple[Any, ...]:
        """Return the conditions of a table found from numbers above 1, with one more if 1 differs."""
        try:
            one = self.of(arguments.at({name: 1})).total
        except CountError:
            one = None
        at_one = Counts(*(sympy.sympify(value).subs(symbol(name), 1) for value in attrs.astuple(table.total)))
        least = sympy.Ge(symbol(name), _POINTS[0])
        return table.conditions if one == at_one else (*table.conditions, least)

    def _beyond(self, name: str, table: Table, arguments: Arguments, symbols: Symbols) -> Iterator[sympy.Rel]:
        """Yield what the formula needs beside the proofs: a trace far off, and some by each comparison, tell.

        Above the largest number up to which all agree, nothing is known.
        """
        variable = symbol(name)
        compared = [c for c in symbols.compared() if getattr(c, "free_symbols", None) == {variable}]
        numbers = {int(n) + d for c in compared for n in c.atoms(sympy.Integer) for d in (-1, 0, 1)}
        last = _PROOFS[-1]
        for n in sorted({_FAR, *(n for n in numbers if _POINTS[0] <= n <= _FARTHEST)} - {*_POINTS, *_PROOFS}):
            values = {**symbols.hints, name: n}
            if self._counts(arguments.at(values)) == _at(table.total, values):
                last = max(last, n)
            elif n > last:
                yield sympy.Le(variable, last)
                return
            else:
                yield sympy.Ne(variable, n)


def _listed(numbers: tuple[int, ...]) -> str:
    """Write numbers as a list.

    >>> _listed((6, 9, 17))
    '6, 9 and 17'
    """
    *others, last = map(str, numbers)
    return f"{', '.join(others)} and {last}"


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
    calls = _polynomial(name, {n: other.calls for n, other in alike.items()})
    if calls is None:
        return None
    note = row.note.replace(f"called {row.calls} times", f"called {written(calls)} times")
    return attrs.evolve(row, counts=Counts(*fields), output=output, calls=calls, note=note)


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

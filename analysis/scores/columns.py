"""What a column holds: numbers, or categories that are meant as such.

Nothing becomes a category because a cell could not be read: a column with numbers in it is one of numbers,
and what is no number in it is an error to be named. Dates, identifiers and numbers in another country's
spelling are no categories either, unless the user says so.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.scores.sheets import Cells, as_cells, is_number

Array = NDArray[np.float64]

DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?|\d{1,2}:\d{2}(:\d{2})?.*")
SPELLED = re.compile(r"[€$£+-]?\s*\d[\d.,'\s]*[%€$£]?")
MANY = 100
"""More values than this are no categories."""
WAY_OUT = "leave the column out (--drop {0!r}), or insist (--category {0!r})"


@dataclass(frozen=True, eq=False)
class Column:
    """A column that was understood.

    Attributes
    ----------
    name
        As in the file.
    numbers
        Shape (n,), NaN where missing; None for categories.
    levels
        The categories, in order; empty for numbers.
    codes
        Which of them each row has, shape (n,), -1 where missing.
    missing
        How many rows have no value.
    """

    name: str
    numbers: Array | None
    levels: tuple[str, ...]
    codes: NDArray[np.intp]
    missing: int

    def features(self) -> Array:
        """Return what models see, shape (n, k): the numbers, or a column for each category.

        A missing category is a category of its own.
        """
        if self.numbers is not None:
            return self.numbers[:, None]
        shown = range(-1 if self.missing else 0, len(self.levels))
        return np.stack([self.codes == code for code in shown], axis=1).astype(np.float64)


def understand(
    name: str,
    cells: Cells,
    source: str,
    *,
    category: bool = False,
    declared: bool = False,
) -> Column:
    """Find out what a column holds.

    Parameters
    ----------
    name, cells, source
        Its name, floats or text (None where missing), and the file.
    category
        Take it as categories whatever it looks like.
    declared
        The file itself lists the column's categories.

    Raises
    ------
    AnalysisError
        If that is not clear, naming the cell and the ways out.
    """
    if cells.dtype != object:
        numbers = np.asarray(cells, dtype=np.float64)
        if not category:
            return _numeric(name, numbers, source)
        cells = as_cells(None if np.isnan(x) else f"{x:g}" for x in numbers)
    there = np.array([cell is not None for cell in cells], dtype=np.bool_)
    present = [str(cell) for cell in cells[there]]
    if not category and not declared:
        readable = np.array([is_number(cell) for cell in present], dtype=np.bool_)
        if readable.all():
            numbers = np.full(len(cells), np.nan)
            numbers[there] = np.array(present, dtype=object).astype(np.float64)
            return _numeric(name, numbers, source)
        if readable.any():
            raise AnalysisError(_mixed(name, present, readable, np.flatnonzero(there), source))
        _refuse_what_is_no_category(name, present, source)
    distinct = tuple(sorted(set(present)))
    place = {level: code for code, level in enumerate(distinct)}
    codes = np.array([-1 if cell is None else place[str(cell)] for cell in cells], dtype=np.intp)
    return Column(name, None, distinct, codes, int((~there).sum()))


def numbers_of(name: str, cells: Cells, source: str) -> Array:
    """Return a column that must hold numbers, NaN where missing."""
    if cells.dtype != object:
        return np.asarray(cells, dtype=np.float64)
    numbers = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        if cell is None:
            continue
        if not is_number(cell):
            raise AnalysisError(
                f"{source}: column {name!r} holds {cell!r} in row {row + 1}, which is no number"
            )
        numbers[row] = float(cell)
    return numbers


def _numeric(name: str, numbers: Array, source: str) -> Column:
    if np.isinf(numbers).any():
        row = int(np.argmax(np.isinf(numbers))) + 1
        raise AnalysisError(
            f"{source}: column {name!r} holds an infinite value in row {row}, which no model can use:"
            " fill it, or mark it as missing"
        )
    missing = int(np.isnan(numbers).sum())
    if missing == len(numbers):
        raise AnalysisError(
            f"{source}: column {name!r} holds no value at all: leave it out (--drop {name!r})"
        )
    return Column(name, numbers, (), np.zeros(len(numbers), dtype=np.intp), missing)


def _mixed(
    name: str, present: Sequence[str], readable: NDArray[np.bool_], rows: NDArray[np.intp], source: str
) -> str:
    first = int(np.argmin(readable))
    odd = present[first]
    return (
        f"{source}: column {name!r} holds numbers, {int(readable.sum())} of them, and {odd!r} in row"
        f" {int(rows[first]) + 1}: mend it, mark it as missing (--missing {odd!r}), or call the column a"
        f" category (--category {name!r})"
    )


def _refuse_what_is_no_category(name: str, present: Sequence[str], source: str) -> None:
    distinct = set(present)
    if not distinct:
        raise AnalysisError(
            f"{source}: column {name!r} holds no value at all: leave it out (--drop {name!r})"
        )
    example = next(iter(present))
    out = WAY_OUT.format(name)
    if all(DATE.fullmatch(cell) for cell in distinct):
        raise AnalysisError(f"{source}: column {name!r} holds dates or times, such as {example!r}: {out}")
    if all(SPELLED.fullmatch(cell) for cell in distinct):
        raise AnalysisError(
            f"{source}: column {name!r} holds {example!r}, which is no number as 1234.5 is:"
            f" rewrite it, or {out}"
        )
    if len(distinct) > min(MANY, max(2, len(present) // 2)):
        raise AnalysisError(
            f"{source}: column {name!r} holds {len(distinct)} different texts in {len(present)} rows, such as"
            f" {example!r}, too many for categories: {out}"
        )
    refuse_two_spellings(name, distinct, source)


def refuse_two_spellings(name: str, distinct: Collection[str], source: str) -> None:
    """Refuse words that differ in capitals or spaces only."""
    folded: dict[str, str] = {}
    for level in sorted(distinct):
        twin = folded.setdefault(" ".join(level.lower().split()), level)
        if twin != level:
            raise AnalysisError(
                f"{source}: column {name!r} holds both {twin!r} and {level!r}: spell them alike, or"
                f" {WAY_OUT.format(name)}"
            )

"""Files of cells: CSV, parted by whatever it is parted by, and ARFF."""

import csv
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from io import StringIO
from pathlib import Path

from analysis.console import counted
from analysis.errors import AnalysisError
from analysis.scores.arff import parse_arff
from analysis.scores.sheets import Sheet, as_cells, is_number

DELIMITERS = (",", ";", "\t", "|")
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-", "--", ".", "#n/a", "<na>", "missing"})
"""What stands for a value that is not there, in small letters."""


def read_sheet(path: Path, *, missing: Sequence[str] = (), header: bool | None = None) -> Sheet:
    """Read a CSV or ARFF file.

    Parameters
    ----------
    path
        Ends in .csv (parted by commas, semicolons, tabs or bars) or .arff.
    missing
        What stands for a missing value, beside ``MISSING``.
    header
        Whether a CSV's first row names the columns; by default that is seen from the cells.

    Raises
    ------
    AnalysisError
        If it cannot be read, or its rows differ in length.
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".arff"):
        raise AnalysisError(f"{path}: its name must end in .csv or .arff")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AnalysisError(f"{path}: byte {error.start} is no UTF-8: save it as UTF-8") from None
    if suffix == ".arff":
        return parse_arff(text, str(path))
    return _parse_csv(text, str(path), {mark.strip().lower() for mark in missing} | MISSING, header=header)


def _parse_csv(text: str, source: str, missing: AbstractSet[str], *, header: bool | None) -> Sheet:
    rows, notes = _rows(text, source), []
    named = _is_header(rows, missing, source) if header is None else header
    if named:
        names, rows = rows[0], rows[1:]
    else:
        names = [f"column {position + 1}" for position in range(len(rows[0]))]
        if header is None:
            notes.append(f"{source} has no header: its columns are {names[0]!r} to {names[-1]!r}.")
    blank = [position + 1 for position, name in enumerate(names) if not name]
    if blank:
        raise AnalysisError(f"{source}: column {blank[0]} has no name in the header")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise AnalysisError(f"{source}: two columns are named {twice[0]!r}: rename one")
    columns = {
        name: as_cells(None if row[position].lower() in missing else row[position] for row in rows)
        for position, name in enumerate(names)
    }
    return Sheet(source, columns, notes=tuple(notes))


def _rows(text: str, source: str) -> list[list[str]]:
    """Return all cells as text without space around it, of rows of equal length."""
    start = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(DELIMITERS, key=start.count)
    lines = csv.reader(StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    rows: list[list[str]] = []
    try:
        for cells in lines:
            if not cells:
                continue
            rows.append([cell.strip() for cell in cells])
            if len(cells) != len(rows[0]):
                raise AnalysisError(
                    f"{source}: line {lines.line_num} has {counted(len(cells), 'cell')},"
                    f" the first {len(rows[0])}"
                )
    except csv.Error as error:
        raise AnalysisError(
            f"{source}: line {lines.line_num} is not one of a table ({' '.join(str(error).split())})"
        ) from None
    if not rows:
        raise AnalysisError(f"{source}: the file is empty")
    return rows


def _is_header(rows: Sequence[Sequence[str]], missing: AbstractSet[str], source: str) -> bool:
    """Tell whether the first row names the columns: a name is no number where numbers follow."""
    first, rest = rows[0], rows[1:]
    if not rest:
        return True
    numeric = [is_number(cell) for cell in first]
    again = [any(row[i] == cell for row in rest) for i, cell in enumerate(first)]
    if not any(numeric):
        # A row of words is data where each of them is found again below.
        return len(rest) == 1 or not all(again)
    data = [
        number or found or cell.lower() in missing
        for cell, number, found in zip(first, numeric, again, strict=True)
    ]
    if all(data):
        return False
    raise AnalysisError(
        f"{source}: the first row holds {first[numeric.index(True)]!r} and {first[data.index(False)]!r},"
        " so it may be a header or data: say --header or --no-header"
    )

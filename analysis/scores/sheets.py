"""Sheets of cells as they stand in a file: named columns, before anything is made of what they hold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError

if TYPE_CHECKING:
    import pandas as pd

Cells = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Sheet:
    """Columns of equal length.

    Attributes
    ----------
    source
        The file, or where else it is from.
    columns
        By name: floats (NaN where missing), or text (None where missing).
    levels
        The columns whose values the file itself lists.
    weights
        Of the rows, where the file gives them.
    notes
        What a reader should be told about how it was read.
    """

    source: str
    columns: Mapping[str, Cells]
    levels: frozenset[str] = frozenset()
    weights: NDArray[np.float64] | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def column(self, name: str, option: str) -> Cells:
        """Return a column, or say which there are."""
        if name not in self.columns:
            raise AnalysisError(
                f"{option}: {self.source} has no column {name!r}, only {', '.join(self.columns)}"
            )
        return self.columns[name]


def as_cells(cells: Iterable[str | None]) -> Cells:
    """Return text, None where missing, as a column.

    >>> as_cells(["a", None]).tolist()
    ['a', None]
    """
    listed = list(cells)
    column = np.empty(len(listed), dtype=object)
    column[:] = listed
    return column


def is_number(cell: str) -> bool:
    """Tell whether a cell is a number as computers write it.

    >>> is_number("-1.5e3"), is_number("1,5"), is_number("1_000"), is_number("nan")
    (True, False, False, False)
    """
    try:
        number = float(cell)
    except ValueError:
        return False
    return not np.isnan(number) and "_" not in cell and cell.isascii()


def frame_sheet(frame: "pd.DataFrame", source: str) -> Sheet:
    """Return a data frame as a sheet."""
    import pandas as pd

    columns: dict[str, Cells] = {}
    for name in frame.columns:
        values = frame[name]
        if pd.api.types.is_numeric_dtype(values.dtype):
            columns[str(name)] = values.to_numpy(dtype=np.float64)
        else:
            text = values.astype(object).to_numpy()
            columns[str(name)] = as_cells(None if pd.isna(cell) else str(cell) for cell in text)
    return Sheet(source, columns)

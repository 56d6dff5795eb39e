"""The classes that a column of truth holds, and the weights of rows."""

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.scores.columns import numbers_of, refuse_two_spellings
from analysis.scores.sheets import Cells, Sheet, as_cells, is_number

TWO = 2
"""So many classes need no choice of the positive one."""
CLASSES = 20
"""A column of more values is taken for a number to predict."""


def row_weights(sheet: Sheet, name: str) -> NDArray[np.float64]:
    """Return the weights that a column gives."""
    weights = numbers_of(name, sheet.column(name, "weight"), sheet.source)
    bad = ~(np.isfinite(weights) & (weights >= 0))
    if bad.any():
        row = int(np.argmax(bad))
        said = "no weight" if np.isnan(weights[row]) else f"weight {weights[row]:g}"
        raise AnalysisError(
            f"{sheet.source}: column {name!r} has {said} in row {row + 1}: weights are at least 0"
        )
    return weights


def classes_of(sheet: Sheet, name: str, cells: Cells) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Return a column's classes, in order, and each row's position among them, -1 where missing.

    Numbers are the same class however they are written.
    """
    if cells.dtype != object:
        cells = as_cells(None if np.isnan(x) else repr(float(x)) for x in cells)
    present = {str(cell) for cell in cells if cell is not None}
    if not present:
        raise AnalysisError(f"target: column {name!r} of {sheet.source} holds no value at all")
    if all(is_number(cell) for cell in present):
        called = {
            cell: f"{float(cell):.17g}" if float(cell) % 1 else f"{float(cell):.0f}" for cell in present
        }
        ordered = sorted(set(called.values()), key=float)
    else:
        refuse_two_spellings(name, present, sheet.source)
        called = {cell: cell for cell in present}
        ordered = sorted(present)
    if not TWO <= len(ordered) <= CLASSES:
        shown = ", ".join(ordered[:4]) + (", …" if len(ordered) > 4 else "")  # noqa: PLR2004  # as many as are shown
        raise AnalysisError(
            f"target: column {name!r} of {sheet.source} holds {len(ordered)} classes ({shown}),"
            f" not 2 to {CLASSES}"
        )
    place = {cell: ordered.index(called[cell]) for cell in present}
    codes = np.array([-1 if cell is None else place[str(cell)] for cell in cells], dtype=np.intp)
    held = np.bincount(codes[codes >= 0], minlength=len(ordered))
    if len(ordered) > TWO and held.min() == 1:  # which may be a slip
        rare = ordered[int(np.argmin(held))]
        raise AnalysisError(
            f"target: column {name!r} of {sheet.source} holds {len(ordered)} classes, of which {rare!r} in"
            " one row only: mend or remove it"
        )
    return tuple(ordered), codes

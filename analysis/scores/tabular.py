"""Tables to learn from: scikit-learn's breast-cancer set, the Pima diabetes set, or any CSV or ARFF file.

The diabetes set (OpenML 37) is not bundled, its licence being disputed. It is looked for in this order:
the file that the environment variable ``DLSYSLAB_DIABETES`` names, the file of Debian's package ``weka``
(``/usr/share/doc/weka/examples/diabetes.arff``), OpenML through scikit-learn, which keeps a copy.
"""

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.scores.classes import TWO, classes_of, row_weights
from analysis.scores.columns import Column, understand
from analysis.scores.sheetfile import read_sheet
from analysis.scores.sheets import Sheet, frame_sheet

DIABETES_VARIABLE = "DLSYSLAB_DIABETES"
DEBIAN_DIABETES = Path("/usr/share/doc/weka/examples/diabetes.arff")
OPENML_DIABETES = 37
BUNDLED = ("breast-cancer", "diabetes")
COUNTING = 20
"""Rows from which on a column that counts up is taken for their numbers."""


@dataclass(frozen=True)
class Reading:
    """How a file's cells are to be taken.

    Attributes
    ----------
    missing
        What stands for a missing value, beside the usual marks.
    drop
        Whether rows with a missing value are left out; else models get NaN.
    category, without
        Columns that are categories whatever they look like, and columns to leave out.
    header
        Whether a CSV's first row names the columns; None where that is to be seen from the cells.
    weight
        The column of the rows' weights.
    """

    missing: Sequence[str] = ()
    drop: bool = False
    category: Sequence[str] = ()
    without: Sequence[str] = ()
    header: bool | None = None
    weight: str | None = None


@dataclass(frozen=True, eq=False)
class Table:
    """Features and classes.

    Attributes
    ----------
    name
        The set's name or the file's.
    source
        Where it came from.
    features
        Shape (n, p), NaN where missing; categories are one-hot encoded.
    target
        The class of each row, as its position among ``classes``, shape (n,).
    classes
        As the data call them.
    positive
        The positive one of them; None for each against the rest.
    weights
        Of the rows, shape (n,), or None.
    notes
        What a reader should be told: categories, missing values, rows left out.
    """

    name: str
    source: str
    features: NDArray[np.float64]
    target: NDArray[np.intp]
    classes: tuple[str, ...]
    positive: str | None
    weights: NDArray[np.float64] | None = None
    notes: tuple[str, ...] = ()

    @property
    def labels(self) -> NDArray[np.bool_]:
        """True for the positive class, shape (n,)."""
        return np.asarray(self.target == self.classes.index(self.positive or self.classes[-1]))

    @property
    def incomplete(self) -> bool:
        """Whether a value is missing."""
        return bool(np.isnan(self.features).any())


def load(
    data: str,
    *,
    target: str | None = None,
    positive: str | None = None,
    reading: Reading = Reading(),  # frozen
) -> Table:
    """Load ``breast-cancer``, ``diabetes`` or a CSV or ARFF file.

    Parameters
    ----------
    data
        A name of ``BUNDLED`` or a path ending in .csv or .arff.
    target
        The column to predict; the last one by default. It must hold two classes or a few more.
    positive
        The positive class; of two by default that which sorts last (malignant, for breast-cancer).
    reading
        How a file's cells are to be taken.

    Raises
    ------
    AnalysisError
        If there is no such file, column or class, or a column cannot be understood.
    """
    if data == "breast-cancer":
        sheet = _breast_cancer()
        positive = positive if positive is not None or target is not None else "malignant"
    elif data == "diabetes":
        sheet = _diabetes(reading)
    else:
        sheet = _file(Path(data), reading)
    return _table(sheet, Path(data).name, target=target, positive=positive, reading=reading)


def _breast_cancer() -> Sheet:
    import pandas as pd
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    frame = pd.DataFrame(bunch.data, columns=list(bunch.feature_names))
    frame["diagnosis"] = bunch.target_names[bunch.target]
    return frame_sheet(frame, "scikit-learn")


def _diabetes(reading: Reading) -> Sheet:
    named = os.environ.get(DIABETES_VARIABLE)
    if named:
        return _file(Path(named), reading)
    if DEBIAN_DIABETES.exists():
        return _file(DEBIAN_DIABETES, reading)
    from sklearn.datasets import fetch_openml

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it tries twice
            bunch = fetch_openml(
                data_id=OPENML_DIABETES, as_frame=True, parser="pandas", n_retries=1, delay=0.1
            )
    except (OSError, ValueError) as error:
        raise AnalysisError(
            f"the diabetes set is not here: give its file (--data diabetes.arff, or {DIABETES_VARIABLE}),"
            f" install Debian's package weka for {DEBIAN_DIABETES},"
            f" or allow OpenML to be reached (it answered: {error})"
        ) from error
    return frame_sheet(bunch.frame, f"OpenML {OPENML_DIABETES}")


def _file(path: Path, reading: Reading) -> Sheet:
    if not path.is_file():
        raise AnalysisError(
            f"data: {str(path)!r} is neither a file nor one of {', '.join(BUNDLED)}: name one of these"
        )
    return read_sheet(path, missing=reading.missing, header=reading.header)


def _table(sheet: Sheet, name: str, *, target: str | None, positive: str | None, reading: Reading) -> Table:
    for option, names in (("category", reading.category), ("drop", reading.without)):
        for column in names:
            sheet.column(column, option)
    if not len(sheet):
        raise AnalysisError(f"{sheet.source}: there are no rows")
    kept = [column for column in sheet.columns if column not in reading.without]
    if not kept:
        raise AnalysisError(f"{sheet.source}: no column is left")
    predicted = kept[-1] if target is None else target
    cells = sheet.column(predicted, "target")
    weights, notes = sheet.weights, list(sheet.notes)
    if reading.weight is not None:
        weights = row_weights(sheet, reading.weight)
    names = [column for column in kept if column not in (predicted, reading.weight)]
    if not names:
        raise AnalysisError(f"{sheet.source}: there is no column to predict {predicted!r} from")
    classes, codes = classes_of(sheet, predicted, cells)
    columns = [
        understand(
            column,
            sheet.columns[column],
            sheet.source,
            category=column in reading.category,
            declared=column in sheet.levels,
        )
        for column in names
    ]
    features = np.concatenate([column.features() for column in columns], axis=1)
    rows = codes >= 0
    if not rows.all():
        notes.append(f"{_rows(int((~rows).sum()))} without {predicted} left out.")
    if reading.drop:
        whole = _whole(columns)
        if not whole[rows].all():
            notes.append(f"{_rows(int((~whole & rows).sum()))} with a missing value left out.")
        rows &= whole
    notes += _notes(columns, drop=reading.drop)
    return Table(
        name=name,
        source=sheet.source,
        features=features[rows],
        target=codes[rows],
        classes=classes,
        positive=_positive(positive, classes, predicted, sheet.source),
        weights=None if weights is None else weights[rows],
        notes=tuple(notes),
    )


def _positive(positive: str | None, classes: tuple[str, ...], target: str, source: str) -> str | None:
    if positive is None:
        return classes[-1] if len(classes) == TWO else None  # of more, each is positive in turn
    if positive not in classes:
        held = f"{', '.join(classes[:-1])} and {classes[-1]}"
        raise AnalysisError(f"positive: column {target!r} of {source} holds {held}, not {positive!r}")
    return positive


def _whole(columns: Sequence[Column]) -> NDArray[np.bool_]:
    """Tell which rows have every value."""
    there = [column.codes >= 0 if column.numbers is None else ~np.isnan(column.numbers) for column in columns]
    return np.asarray(np.logical_and.reduce(there))


def _notes(columns: Sequence[Column], *, drop: bool) -> list[str]:
    notes = []
    categories = [column for column in columns if column.numbers is None]
    if categories:
        shown = "; ".join(f"{column.name} ({_shown(column.levels)})" for column in categories)
        notes.append(f"Categories: {shown}.")
    gaps = [column for column in columns if column.missing]
    if gaps and not drop:
        shown = ", ".join(f"{column.name} {column.missing}" for column in gaps)
        filled = (
            " (a category of its own where words are missing)" if any(c in categories for c in gaps) else ""
        )
        notes.append(f"Missing values: {shown}{filled}.")
    counting = [
        column.name
        for column in columns
        if column.numbers is not None and len(column.numbers) >= COUNTING and _counts_up(column.numbers)
    ]
    if counting:
        notes.append(
            f"{', '.join(counting)}: a different whole number in every row, without gaps; if that numbers the"
            " rows, leave it out (--drop)."
        )
    return notes


def _shown(levels: Sequence[str]) -> str:
    most = 6
    return ", ".join(levels[:most]) + (f" and {len(levels) - most} more" if len(levels) > most else "")


def _counts_up(numbers: NDArray[np.float64]) -> bool:
    return bool((np.diff(np.sort(numbers)) == 1).all())


def _rows(count: int) -> str:
    from analysis.console import counted

    return counted(count, "row")

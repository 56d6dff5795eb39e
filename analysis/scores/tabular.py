"""Two-class tables to rank: scikit-learn's breast-cancer set, the Pima diabetes set, or any CSV or ARFF file.

The diabetes set (OpenML 37) is not bundled, its licence being disputed. It is looked for in this order:
the file that the environment variable ``DLSYSLAB_DIABETES`` names, the file of Debian's package ``weka``
(``/usr/share/doc/weka/examples/diabetes.arff``), OpenML through scikit-learn, which keeps a copy.
"""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import AnalysisError

DIABETES_VARIABLE = "DLSYSLAB_DIABETES"
DEBIAN_DIABETES = Path("/usr/share/doc/weka/examples/diabetes.arff")
OPENML_DIABETES = 37
BUNDLED = ("breast-cancer", "diabetes")


@dataclass(frozen=True, eq=False)
class Table:
    """Features and two classes.

    Attributes
    ----------
    name
        The set's name or the file's.
    source
        Where it came from.
    features
        Shape (n, p); columns that are not numbers are one-hot encoded.
    labels
        True for the positive class, shape (n,).
    positive
        The positive class as the data call it.
    """

    name: str
    source: str
    features: NDArray[np.float64]
    labels: NDArray[np.bool_]
    positive: str


def load(data: str, *, target: str | None = None, positive: str | None = None) -> Table:
    """Load ``breast-cancer``, ``diabetes`` or a CSV or ARFF file.

    Parameters
    ----------
    data
        A name of ``BUNDLED`` or a path ending in .csv or .arff.
    target
        The column to predict; the last one by default. It must hold two classes.
    positive
        The positive class; by default that of the two which sorts last (malignant, for breast-cancer).

    Raises
    ------
    AnalysisError
        If there is no such file, column or class, if values are missing, or the classes are not two.
    """
    if data == "breast-cancer":
        frame, source = _breast_cancer(), "scikit-learn"
    elif data == "diabetes":
        frame, source = _diabetes()
    else:
        frame, source = _read(Path(data)), data
    return _table(frame, data, source, target=target, positive=positive)


def _breast_cancer() -> pd.DataFrame:
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    frame = pd.DataFrame(bunch.data, columns=list(bunch.feature_names))
    frame["diagnosis"] = bunch.target_names[bunch.target]
    return frame


def _diabetes() -> tuple[pd.DataFrame, str]:
    named = os.environ.get(DIABETES_VARIABLE)
    if named:
        return _read(Path(named)), named
    if DEBIAN_DIABETES.exists():
        return _read(DEBIAN_DIABETES), str(DEBIAN_DIABETES)
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
    return bunch.frame, f"OpenML {OPENML_DIABETES}"


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise AnalysisError(
            f"data: {str(path)!r} is neither a file nor one of {', '.join(BUNDLED)}: name one of these"
        )
    try:
        if path.suffix.lower() == ".arff":
            return _read_arff(path)
        if path.suffix.lower() == ".csv":
            return pd.read_csv(path)
    except (ValueError, NotImplementedError, StopIteration) as error:
        reason = " ".join(str(error).split()) or "it ends too early"
        raise AnalysisError(f"{path}: not a table that can be read ({reason})") from error
    raise AnalysisError(f"{path}: its name must end in .csv or .arff")


def _read_arff(path: Path) -> pd.DataFrame:
    from scipy.io import arff

    records, meta = arff.loadarff(path)
    frame = pd.DataFrame(records)
    for name, kind in zip(meta.names(), meta.types(), strict=True):
        if kind == "nominal":
            frame[name] = frame[name].str.decode("utf-8").replace("?", None)
    return frame


def _table(frame: pd.DataFrame, name: str, source: str, *, target: str | None, positive: str | None) -> Table:
    column = frame.columns[-1] if target is None else target
    if column not in frame.columns:
        raise AnalysisError(
            f"target: {source} has no column {column!r}, only {', '.join(map(str, frame.columns))}"
        )
    gaps = frame.isna()
    if gaps.any(axis=None):
        hole = gaps.any().idxmax()
        raise AnalysisError(
            f"{source}: column {hole!r} misses {int(gaps[hole].sum())} of {len(frame)} values:"
            " fill or drop them"
        )
    values = frame[column]
    classes = sorted(values.unique())
    if len(classes) != 2:  # noqa: PLR2004  # two-class data is what curves are drawn for
        shown = ", ".join(map(str, classes[:4])) + (", …" if len(classes) > 4 else "")  # noqa: PLR2004  # as many as are shown
        raise AnalysisError(
            f"target: column {column!r} of {source} holds {len(classes)} classes ({shown}), not 2"
        )
    names = [str(c) for c in classes]
    chosen = positive if positive is not None else names[-1]
    if source == "scikit-learn" and positive is None:
        chosen = "malignant"
    if chosen not in names:
        raise AnalysisError(f"positive: column {column!r} holds {' and '.join(names)}, not {chosen!r}")
    others = frame.drop(columns=[column])
    if others.columns.empty:
        raise AnalysisError(f"{source}: there is no column to predict {column!r} from")
    features = pd.get_dummies(others, dtype=float).to_numpy(dtype=np.float64)
    if not np.isfinite(features).all():
        raise AnalysisError(f"{source}: an infinite value cannot be used: fill or drop it")
    return Table(
        name=name,
        source=source,
        features=features,
        labels=(values.astype(str) == chosen).to_numpy(dtype=np.bool_),
        positive=chosen,
    )

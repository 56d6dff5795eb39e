"""Scores that somebody else's models gave: a file with a column of truth and one for each model."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.console import counted
from analysis.errors import AnalysisError
from analysis.scores.classes import TWO, classes_of, row_weights
from analysis.scores.columns import numbers_of
from analysis.scores.scored import Scored, scored
from analysis.scores.sheetfile import read_sheet
from analysis.scores.tabular import Reading


@dataclass(frozen=True, eq=False)
class ScoreFile:
    """What a file of scores holds.

    Attributes
    ----------
    source
        The file.
    scored
        Its labels, scores and weights.
    positive
        The class counted as positive, as the file calls it.
    notes
        What a reader should be told: which rows were left out and why.
    """

    source: str
    scored: Scored
    positive: str
    notes: tuple[str, ...]


def load_scores(
    path: Path,
    *,
    truth: str,
    scores: Sequence[str] = (),
    positive: str | None = None,
    reading: Reading = Reading(),  # noqa: B008  # frozen
) -> ScoreFile:
    """Load a CSV or ARFF file of scores.

    Parameters
    ----------
    path
        The file.
    truth
        The column of true classes.
    scores
        The columns of scores; by default all others.
    positive
        The positive class; of two by default that which sorts last. With more, it stands against the rest.
    reading
        How the file's cells are to be taken. A row without truth or a score is left out for all models, so
        that they stay paired.

    Raises
    ------
    AnalysisError
        If there is no such file, column or class, or a score is no number.
    """
    if not path.is_file():
        raise AnalysisError(f"from-scores: there is no file {str(path)!r}")
    sheet = read_sheet(path, missing=reading.missing, header=reading.header)
    cells = sheet.column(truth, "truth")
    others = [name for name in sheet.columns if name not in (truth, reading.weight, *reading.without)]
    chosen = list(scores) or others
    twice = [name for name in chosen if chosen.count(name) > 1]
    if twice:
        raise AnalysisError(f"score: {twice[0]!r} is named twice: name each once")
    if truth in chosen:
        raise AnalysisError(f"score: {truth!r} is the column of truth: name a model's")
    if not chosen:
        raise AnalysisError(f"{sheet.source}: there is no column of scores beside {truth!r}")
    columns = {name: numbers_of(name, sheet.column(name, "score"), sheet.source) for name in chosen}
    weights = sheet.weights if reading.weight is None else row_weights(sheet, reading.weight)
    classes, codes = classes_of(sheet, truth, cells)
    if positive is None and len(classes) > TWO:
        raise AnalysisError(
            f"truth: column {truth!r} holds {', '.join(classes)}: say which is positive, --positive"
            f" {classes[-1]!r}"
        )
    chosen_class = classes[-1] if positive is None else positive
    if chosen_class not in classes:
        raise AnalysisError(f"positive: column {truth!r} holds {' and '.join(classes)}, not {chosen_class!r}")
    whole = (codes >= 0) & ~np.isnan(np.array(list(columns.values()))).any(axis=0)
    notes = list(sheet.notes)
    if not whole.all():
        gone = counted(int((~whole).sum()), "row")
        notes.append(f"{gone} of {len(whole)} left out: without truth or a score.")
    labels = codes[whole] == classes.index(chosen_class)
    if labels.all() or not labels.any():
        raise AnalysisError(f"{sheet.source}: the rows with scores hold one class only: curves need both")
    return ScoreFile(
        source=sheet.source,
        scored=scored(
            labels,
            {name: column[whole] for name, column in columns.items()},
            None if weights is None else weights[whole],
        ),
        positive=chosen_class,
        notes=tuple(notes),
    )

"""Which rows train and which test: at random as the hand-in did, stratified, or in folds."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.scores.tabular import Table

Rows = NDArray[np.intp]
Scheme = Literal["hand-in", "stratified", "cross-validated"]

TEST_SHARE = 0.33
SCHEMES: tuple[Scheme, ...] = ("hand-in", "stratified", "cross-validated")


def parts(table: Table, splits: int, scheme: Scheme, folds: int) -> Iterator[tuple[tuple[Rows, Rows], str]]:
    """Yield rows to train on and to test, and what to call the split in a complaint."""
    if scheme != "cross-validated":
        for seed in range(splits):
            yield split(table, seed, stratified=scheme == "stratified"), f"the split of seed {seed}"
        return
    from sklearn.model_selection import StratifiedKFold

    strata = _strata(table)
    fewest = int(np.unique(strata, return_counts=True)[1].min())
    if fewest < folds:
        raise AnalysisError(
            f"{table.source}: {folds} folds need as many rows of each class, one has {fewest}: take fewer"
        )
    for seed in range(splits):
        folder = StratifiedKFold(n_splits=folds, shuffle=True, random_state=seed)
        for part in folder.split(table.features, strata):
            yield part, f"a fold of seed {seed}"


def split(table: Table, seed: int, *, stratified: bool) -> tuple[Rows, Rows]:
    """Set a third of the rows aside; return those to train on and those to test."""
    from sklearn.model_selection import train_test_split

    if np.bincount(_strata(table)).min(initial=len(table.target)) < 2:  # noqa: PLR2004  # one to train, one to test
        raise AnalysisError(f"{table.source}: each class needs at least two rows to split")
    try:
        train, test = train_test_split(
            np.arange(len(table.target)),
            test_size=TEST_SHARE,
            random_state=seed,
            stratify=_strata(table) if stratified else None,
        )
    except ValueError as error:
        raise AnalysisError(f"{table.source}: cannot be split ({' '.join(str(error).split())})") from None
    return train, test


def _strata(table: Table) -> NDArray[np.intp]:
    """Return what is to be kept in proportion: the classes, or positive and not."""
    return table.target if table.positive is None else table.labels.astype(np.intp)


def check_parts(table: Table, train: Rows, test: Rows, what: str) -> None:
    """Refuse a split that leaves a class out of one of its parts."""
    strata = _strata(table)
    weight = np.ones(len(strata)) if table.weights is None else table.weights
    for part in (train, test):
        held = np.bincount(strata[part], weights=weight[part], minlength=int(strata.max()) + 1)
        if len(held) == 1 or held.min() == 0:
            count = int((held > 0).sum())
            raise AnalysisError(
                f"{table.source}: {what} leaves one part with"
                f" {'one class' if count == 1 else f'{count} classes'} only:"
                " try another seed, a stratified scheme, or more rows"
            )

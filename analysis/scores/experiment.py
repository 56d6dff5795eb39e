"""Rank held-out examples with a few classifiers: on one split, and on many."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.scores.bootstrap import AREAS
from analysis.scores.curves import counts
from analysis.scores.tabular import Table

Array = NDArray[np.float64]

TEST_SHARE = 0.33


@dataclass(frozen=True, eq=False)
class Ranked:
    """The test part of one split: labels, shape (n,), and each model's scores, shape (m, n)."""

    labels: NDArray[np.bool_]
    scores: Array


def _adaboost() -> Any:  # noqa: ANN401  # scikit-learn publishes no types
    from sklearn.ensemble import AdaBoostClassifier

    return AdaBoostClassifier(n_estimators=100, random_state=42)


def _logistic() -> Any:  # noqa: ANN401  # scikit-learn publishes no types
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1000)


def _forest() -> Any:  # noqa: ANN401  # scikit-learn publishes no types
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(n_estimators=100, random_state=42)


def _naive_bayes() -> Any:  # noqa: ANN401  # scikit-learn publishes no types
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB()


MODELS: dict[str, Callable[[], Any]] = {
    "adaboost": _adaboost,
    "logistic": _logistic,
    "forest": _forest,
    "naive-bayes": _naive_bayes,
}


def rank(table: Table, models: Sequence[str], *, seed: int) -> Ranked:
    """Split the table, standardise by its training part, fit each model and score the test part.

    Parameters
    ----------
    table
        Features and labels.
    models
        Names from ``MODELS``.
    seed
        Of scikit-learn's ``train_test_split``, which sets a third aside.
    """
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    unknown = [name for name in models if name not in MODELS]
    if unknown or not models:
        raise AnalysisError(f"models: {(unknown or ['none'])[0]!r} must be among {', '.join(MODELS)}")
    twice = [name for name in models if list(models).count(name) > 1]
    if twice:
        raise AnalysisError(f"models: {twice[0]!r} is named twice: name each once")
    if min(table.labels.sum(), (~table.labels).sum()) < 2:  # noqa: PLR2004  # one to train, one to test
        raise AnalysisError(f"{table.source}: each class needs at least two rows to split")
    x_train, x_test, y_train, y_test = train_test_split(
        table.features, table.labels, test_size=TEST_SHARE, random_state=seed
    )
    if len(set(y_train)) == 1 or len(set(y_test)) == 1:
        raise AnalysisError(
            f"{table.source}: the split of seed {seed} leaves one part with one class:"
            " try another seed or bring more rows"
        )
    scores = [
        make_pipeline(StandardScaler(), MODELS[name]()).fit(x_train, y_train).predict_proba(x_test)[:, 1]
        for name in models
    ]
    return Ranked(labels=y_test, scores=np.array(scores))


def repeat(
    table: Table,
    models: Sequence[str],
    *,
    splits: int,
    advance: Callable[[], None] = lambda: None,
) -> Array:
    """Return the areas over the splits of seeds 0, 1, …, shape (splits, m, number of ``AREAS``)."""
    rows = []
    for seed in range(splits):
        ranked = rank(table, models, seed=seed)
        curves = [counts(ranked.labels, score) for score in ranked.scores]
        rows.append([[float(area(c.tp, c.fp)) for area in AREAS.values()] for c in curves])
        advance()
    return np.array(rows)


def wins(areas: Array) -> Array:
    """Count the splits on which each model has the largest area, a tie shared; shape (m, number of areas)."""
    best = areas == areas.max(axis=1, keepdims=True)
    return np.asarray((best / best.sum(axis=1, keepdims=True)).sum(axis=0))

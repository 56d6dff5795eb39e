"""Rank held-out examples with a few classifiers: on one split, and on many."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.scores.areas import AREAS
from analysis.scores.curves import counted
from analysis.scores.models import named
from analysis.scores.scored import Scored, scored
from analysis.scores.splits import SCHEMES, Rows, Scheme, check_parts, parts, split
from analysis.scores.tabular import Table

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ranked:
    """The test part of one split.

    Attributes
    ----------
    names
        Of the models.
    target
        The rows' classes, as in the table, shape (n,).
    scores
        Shape (m, n, k): of the positive class, k = 1, or of each of k classes.
    weights
        Of the rows, shape (n,), or None.
    notes
        What models complained about.
    """

    names: tuple[str, ...]
    target: NDArray[np.intp]
    scores: Array
    weights: Array | None
    notes: tuple[str, ...] = ()

    def against_the_rest(self, table: Table, position: int | None = None) -> Scored:
        """Return labels and scores of one class against all others; of the positive one by default."""
        if position is None:
            labels = self.target == table.classes.index(table.positive or table.classes[-1])
            return scored(labels, self.scores[:, :, 0], self.weights, names=self.names)
        return scored(self.target == position, self.scores[:, :, position], self.weights, names=self.names)


def rank(table: Table, models: Sequence[str], *, seed: int, scheme: Scheme = "hand-in") -> Ranked:
    """Split the table, standardise by its training part, fit each model and score the test part.

    Missing numbers are filled with the training part's medians, where a model cannot take them as they are.

    Parameters
    ----------
    table
        Features and classes. With a positive class it is ranked against all others; without, each
        of the classes gets a model's score for it.
    models
        As :func:`analysis.scores.models.named` takes them.
    seed
        Of scikit-learn's ``train_test_split``, which sets a third aside.
    scheme
        ``stratified`` keeps each class's share in both parts; the hand-in did not.
    """
    train, test = split(table, seed, stratified=scheme == "stratified")
    check_parts(table, train, test, f"the split of seed {seed}")
    return _fit(table, models, train, test)


@dataclass(frozen=True, eq=False)
class Repeats:
    """Areas over many splits.

    Attributes
    ----------
    scheme
        How the rows were split.
    names
        Of the models.
    areas
        Shape (splits, m, number of areas), of the mean over classes where each stands against the rest.
    ratio
        Test rows for each training row.
    folds
        How many of the splits share one partition of the rows: 1, or the folds of a cross-validation.
    """

    scheme: Scheme
    names: tuple[str, ...]
    areas: Array
    ratio: float
    folds: int = 1

    @property
    def wins(self) -> Array:
        """On how many splits each model has the largest area, a tie shared; shape (m, number of areas)."""
        return wins(self.areas)

    def difference(self, first: int, second: int) -> tuple[Array, Array, Array]:
        """Return mean, standard error and two-sided p-value of area(first) - area(second), for each area.

        Splits share rows, so their spread is too small by itself: the variance is that of Nadeau &
        Bengio (2003), for cross-validations as in Bouckaert & Frank (2004). NaN from one split alone.
        """
        from scipy.special import stdtr

        gaps = self.areas[:, first] - self.areas[:, second]
        mean, count = gaps.mean(axis=0), len(gaps)
        if count == 1:
            return mean, np.full_like(mean, np.nan), np.full_like(mean, np.nan)
        error = np.sqrt((1 / count + self.ratio) * gaps.var(axis=0, ddof=1))
        with np.errstate(divide="ignore", invalid="ignore"):
            p = 2 * stdtr(count - 1, -np.abs(mean) / error)
        return mean, error, np.where(error > 0, p, np.nan)


def repeat(
    table: Table,
    models: Sequence[str],
    *,
    splits: int,
    scheme: Scheme = "hand-in",
    folds: int = 5,
    advance: Callable[[], None] = lambda: None,
) -> Repeats:
    """Return the areas over the splits of seeds 0, 1 and so on.

    Parameters
    ----------
    table, models
        As for :func:`rank`.
    splits
        How many; with ``cross-validated`` as many times ``folds``.
    scheme
        As the hand-in split, stratified, or stratified folds that are each the test part once.
    folds
        Of a cross-validation.
    advance
        Called after each split.
    """
    if scheme not in SCHEMES:
        raise AnalysisError(f"scheme: {scheme!r} must be one of {', '.join(SCHEMES)}")
    rows, names = [], tuple(models)
    for (train, test), what in parts(table, splits, scheme, folds):
        check_parts(table, train, test, what)
        ranked = _fit(table, models, train, test)
        rows.append(_areas(ranked, table))
        names = ranked.names
        advance()
    cross = scheme == "cross-validated"
    return Repeats(
        scheme=scheme,
        names=names,
        areas=np.array(rows),
        ratio=len(test) / len(train),
        folds=folds if cross else 1,
    )


def wins(areas: Array) -> Array:
    """Count the splits on which each model has the largest area, a tie shared; shape (m, number of areas)."""
    best = areas == areas.max(axis=1, keepdims=True)
    return np.asarray((best / best.sum(axis=1, keepdims=True)).sum(axis=0))


def _fit(table: Table, models: Sequence[str], train: Rows, test: Rows) -> Ranked:
    fitted = named(models)
    weights = table.weights
    notes: list[str] = []
    scores = []
    for name, model in fitted.items():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            scores.append(_scores(table, name, model, (train, test)))
        notes += [f"{name}: {_first_line(warning.message)}" for warning in caught[:1]]
    return Ranked(
        names=tuple(fitted),
        target=table.target[test],
        scores=np.array(scores),
        weights=None if weights is None else weights[test],
        notes=tuple(dict.fromkeys(notes)),
    )


def _scores(table: Table, name: str, model: Any, parts: tuple[Rows, Rows]) -> Array:  # noqa: ANN401  # scikit-learn publishes no types
    """Fit a model and return its scores of the test part, shape (n, 1), or of each class, (n, k)."""
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.utils.validation import has_fit_parameter

    from analysis.importing import described

    train, test = parts
    target = table.target if table.positive is None else table.labels
    filling = (
        [SimpleImputer(strategy="median", keep_empty_features=True)]
        if table.incomplete and not _takes_missing(model)
        else []
    )
    pipeline = make_pipeline(*filling, StandardScaler(), model)
    settings = {}
    if table.weights is not None and has_fit_parameter(model, "sample_weight"):
        settings[f"{pipeline.steps[-1][0]}__sample_weight"] = table.weights[train]
    try:
        pipeline.fit(table.features[train], target[train], **settings)
        if hasattr(pipeline, "predict_proba"):
            given = np.asarray(pipeline.predict_proba(table.features[test]), dtype=np.float64)
        else:
            given = np.asarray(pipeline.decision_function(table.features[test]), dtype=np.float64)
    except Exception as error:
        raise AnalysisError(f"models: {name!r} could not be fitted: {described(error)}") from error
    if np.isnan(given).any():
        raise AnalysisError(f"models: {name!r} gives a score that is no number")
    if table.positive is None:
        if given.ndim != 2 or given.shape[1] != len(table.classes):  # noqa: PLR2004  # rows and classes
            raise AnalysisError(
                f"models: {name!r} gives no score for each of {len(table.classes)} classes:"
                " choose one as the positive class"
            )
        return given
    return given[:, None] if given.ndim == 1 else given[:, 1:]


def _takes_missing(model: Any) -> bool:  # noqa: ANN401  # scikit-learn publishes no types
    from sklearn.utils import get_tags

    try:
        return bool(get_tags(model).input_tags.allow_nan)
    except (AttributeError, TypeError, ValueError):  # an estimator that is none of scikit-learn's
        return False


def _areas(ranked: Ranked, table: Table) -> Array:
    """Return the areas, shape (m, number of areas): of the positive class, or the mean over classes."""
    places = [None] if table.positive is not None else list(range(len(table.classes)))
    found = []
    for place in places:
        s = ranked.against_the_rest(table, place)
        curves = [counted(s.labels, score, s.weights).rises for score in s.scores]
        found.append([[float(area(curve)) for area in AREAS.values()] for curve in curves])
    return np.asarray(np.mean(found, axis=0))


def _first_line(message: object) -> str:
    return (str(message).strip().splitlines() or [type(message).__name__])[0]

"""How sure an area is: a paired stratified bootstrap for every area, and bands of the curves.

Each replicate draws positives from positives and negatives from negatives, with replacement, the same
for all models, so that differences between models are differences on the same examples.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError
from analysis.scores.areas import AREAS, LABELS, Rises
from analysis.scores.curves import counted
from analysis.scores.geometry import first_value, last_value
from analysis.scores.intervals import (
    Difference,
    Interval,
    checked_level,
    difference_interval,
    score_interval,
)
from analysis.scores.placements import Delong, delong_of, place
from analysis.scores.resampling import Sorted, batches
from analysis.scores.scored import Models, Scored, scored

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Method = Literal["score", "percentile"]

GRID = np.linspace(0, 1, 101)


@dataclass(frozen=True, eq=False)
class Bands:
    """Pointwise limits of a model's curves over ``GRID``, rows low and high, shape (2, 101) each.

    ``tpr`` over false positive rate, ``precision`` over recall (from the second grid point on; the first
    repeats it), ``precision_gain`` over recall gain.
    """

    tpr: Array
    precision: Array
    precision_gain: Array


@dataclass(frozen=True, eq=False, repr=False)
class Bootstrap:
    """Areas of m models: measured, and on B replicates.

    Attributes
    ----------
    names
        Of the models.
    measured
        Shape (m, number of areas), in the order of ``AREAS``.
    replicates
        Shape (m, number of areas, B).
    bands
        One for each model where they were asked for.
    delong
        What the same examples tell of AUROC without resampling; its cases go into every interval.
    """

    names: tuple[str, ...]
    measured: Array
    replicates: Array
    bands: tuple[Bands, ...]
    delong: Delong

    def __repr__(self) -> str:
        return f"<Bootstrap of {', '.join(self.names)}: {self.replicates.shape[2]} replicates>"

    def _repr_html_(self) -> str:
        from analysis.notebooks import as_html

        return as_html(repr(self)[1:-1], self.to_pandas().reset_index())

    def area(self, area: str, model: str | None = None) -> float:
        """Return an area as measured.

        Parameters
        ----------
        area
            ``auroc``, ``aupr``, ``ap``, ``aupr-trapezoid`` or ``auprg``.
        model
            Its name; where there is one model only, it may be left out.
        """
        return float(self.measured[place(self.names, model), position(area)])

    def interval(
        self, area: str, model: str | None = None, level: float = 0.95, *, method: Method = "score"
    ) -> Interval:
        """Return the interval of one model's area.

        Parameters
        ----------
        area, model
            As for :meth:`area`.
        level
            Of confidence.
        method
            ``score`` uses the replicates' variance (see :mod:`analysis.scores.intervals`); ``percentile``
            their quantiles, which are too narrow for few examples and for nearly perfect rankings.
        """
        m, a = place(self.names, model), position(area)
        if method == "percentile":
            return _percentiles(self.replicates[m, a], level)
        if method != "score":
            raise AnalysisError(f"method: {method!r} must be score or percentile")
        variance = self._covariance(a)[m, m]
        return score_interval(
            list(AREAS)[a], float(self.measured[m, a]), float(variance), self.delong.cases[m], level
        )

    def difference(self, area: str, first: str, second: str, level: float = 0.95) -> Difference:
        """Return area(first) - area(second), its interval, and its p-value over the paired replicates.

        The p-value is twice the share of replicates on the other side of 0, the measured one counted in
        (Davison & Hinkley 1997, section 4.2).
        """
        checked_level(level)
        one, two, a = place(self.names, first), place(self.names, second), position(area)
        if self.delong.same[one, two]:
            return Difference(0.0, Interval(0.0, 0.0), 1.0)
        c = self._covariance(a)
        both = float(np.sqrt(c[one, one] * c[two, two]))
        correlation = float(c[one, two]) / both if both > 0 else 0.0
        limits = (self.interval(area, first, level), self.interval(area, second, level))
        x, y = float(self.measured[one, a]), float(self.measured[two, a])
        gaps = self.replicates[one, a] - self.replicates[two, a]
        return Difference(x - y, difference_interval(x, y, limits, correlation), _p_value(x - y, gaps))

    def to_pandas(self) -> "pd.DataFrame":
        """Return a data frame, a row for each model and area: value, standard error, interval."""
        import pandas as pd

        rows = [
            (name, area, self.area(area, name), *self.interval(area, name))
            for name in self.names
            for area in AREAS
        ]
        frame = pd.DataFrame(rows, columns=["model", "area", "value", "low", "high"])
        return frame.set_index(["model", "area"])

    def _covariance(self, a: int) -> Array:
        """Return the areas' covariance over replicates, shape (m, m); NaN where a class has one example.

        Drawing from n examples spreads (n - 1)/n too little; n is taken of the smaller class.
        """
        smaller = min(self.delong.sizes)
        if smaller == 1 or self.replicates.shape[2] == 1:
            return np.full((len(self.names), len(self.names)), np.nan)
        return np.atleast_2d(np.cov(self.replicates[:, a])) * (smaller / (smaller - 1))


def checked_replicates(replicates: int) -> int:
    """Return a number of replicates, or say that it is none."""
    if not isinstance(replicates, int | np.integer) or replicates < 1:
        raise AnalysisError(f"bootstrap: {replicates!r} replicates must be a whole number of at least 1")
    return int(replicates)


def generator(rng: np.random.Generator | int) -> np.random.Generator:
    """Return where draws come from: a generator as it is, or that of a seed."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise AnalysisError(f"rng: {rng!r} must be a generator or a seed of at least 0") from None


def position(area: str) -> int:
    """Return the position of an area by its name, which may be written as in tables."""
    names = list(AREAS)
    if area in names:
        return names.index(area)
    if area in LABELS.values():
        return list(LABELS.values()).index(area)
    raise AnalysisError(f"area: {area!r} must be one of {', '.join(names)}")


def bootstrap(
    y_true: ArrayLike,
    y_scores: Models,
    sample_weight: ArrayLike | None = None,
    *,
    replicates: int = 2000,
    rng: np.random.Generator | int = 0,
    bands: bool = False,
    level: float = 0.95,
    advance: Callable[[int], None] = lambda _: None,
) -> Bootstrap:
    """Bootstrap every area of one or more models at once.

    Parameters
    ----------
    y_true
        Labels, shape (n,).
    y_scores
        Scores, shape (m, n) or (n,), or by the models' names.
    sample_weight
        Shape (n,); a drawn example keeps its weight.
    replicates
        B.
    rng
        Where the draws come from: a generator or a seed.
    bands
        Whether to read the replicates' curves off on ``GRID`` as well.
    level
        Of the bands.
    advance
        Called with the number of replicates done since the last call, for a progress bar.

    Examples
    --------
    >>> result = bootstrap([0, 1, 0, 1, 1], {"a": [1, 2, 3, 4, 5]}, replicates=100)
    >>> result
    <Bootstrap of a: 100 replicates>
    >>> result.area("auroc"), result.interval("auroc").high < 1
    (0.8333333333333334, True)
    """
    return bootstrap_of(
        scored(y_true, y_scores, sample_weight),
        replicates=checked_replicates(replicates),
        rng=generator(rng),
        bands=bands,
        level=checked_level(level),
        advance=advance,
    )


def bootstrap_of(
    s: Scored,
    *,
    replicates: int,
    rng: np.random.Generator,
    bands: bool = False,
    level: float = 0.95,
    advance: Callable[[int], None] = lambda _: None,
) -> Bootstrap:
    """Bootstrap what is checked already."""
    curves = [counted(s.labels, score, s.weights) for score in s.scores]
    orders = [Sorted.of(s.labels, score) for score in s.scores]
    drawn = np.empty((len(s.names), len(AREAS), replicates))
    read = np.empty((len(s.names), 3, replicates, len(GRID))) if bands else None
    done = 0
    for positives, negatives in batches(s, replicates, rng):
        rows = slice(done, done + len(positives))
        for m, order in enumerate(orders):
            rises = order.rises(positives, negatives)
            for a, area in enumerate(AREAS.values()):
                drawn[m, a, rows] = area(rises)
            if read is not None:
                read[m, :, rows] = _read(rises)
        done = rows.stop
        advance(len(positives))
    return Bootstrap(
        names=s.names,
        measured=np.array([[float(area(c.rises)) for area in AREAS.values()] for c in curves]),
        replicates=drawn,
        bands=() if read is None else tuple(_bands(model, level) for model in read),
        delong=delong_of(s),
    )


def _read(r: Rises) -> Array:
    """Read TPR, precision and precision gain off on the grid, shape (3, rows, 101)."""
    return np.stack([_read_row(r, row) for row in range(len(r.tp))], axis=1)


def _read_row(r: Rises, row: int) -> Array:
    """Read one replicate's curves off, linear in counts between thresholds."""
    p, n = float(r.positives[row, 0]), float(r.negatives[row, 0])
    x = np.append(np.stack([r.tp[row], r.next_tp[row]], axis=1).ravel(), p)
    y = np.append(np.stack([r.fp[row], r.next_fp[row]], axis=1).ravel(), n)
    recalls = np.maximum(GRID, GRID[1]) * p
    false = first_value(recalls, x, y)
    # recall gain r is reached where TP = P / (1 + (1 - r) N / P)
    gained = p / (1 + (1 - GRID) * n / p)
    return np.stack(
        [
            last_value(GRID * n, y, x) / p,
            recalls / (recalls + false),
            1 - p / n * first_value(gained, x, y) / gained,
        ]
    )


def _bands(curves: Array, level: float) -> Bands:
    tails = [(1 - level) / 2, (1 + level) / 2]
    return Bands(*np.quantile(curves, tails, axis=1).swapaxes(0, 1))


def _percentiles(values: Array, level: float) -> Interval:
    checked_level(level)
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def _p_value(gap: float, gaps: Array) -> float | None:
    if gap == 0:
        return 1.0
    if np.ptp(gaps) == 0:
        return None
    tail = 1 + min(int((gaps <= 0).sum()), int((gaps >= 0).sum()))
    return min(1.0, 2 * tail / (len(gaps) + 1))

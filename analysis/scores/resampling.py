"""Paired stratified resampling: positives from positives, negatives from negatives, the same for all models.

A replicate is kept as how often it holds each example. Each model's examples are sorted once, and only the
counts at thresholds where true positives may rise are formed, so that memory does not grow with the number of
replicates.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.scores.areas import Rises
from analysis.scores.scored import Scored

Array = NDArray[np.float64]
Whole = NDArray[np.intp]

CELLS = 50_000
"""Examples times replicates that are worked on at once: what a processor's cache holds."""


@dataclass(frozen=True, eq=False)
class Sorted:
    """Where a model's examples stand: orders of positives and negatives, and what each threshold holds.

    Attributes
    ----------
    positives, negatives
        The examples of each class, numbered within it, by falling score.
    upto
        How many positives stand at or above each score that a positive has, shape (K,).
    above, beside
        How many negatives stand above each such score, and at or above it, shape (K,).
    """

    positives: Whole
    negatives: Whole
    upto: Whole
    above: Whole
    beside: Whole

    @classmethod
    def of(cls, truth: NDArray[np.bool_], score: Array) -> "Sorted":
        """Sort a model's examples."""
        high, low = -score[truth], -score[~truth]
        positives, negatives = np.argsort(high, kind="stable"), np.argsort(low, kind="stable")
        levels, low = np.unique(high), low[negatives]
        return cls(
            positives=positives,
            negatives=negatives,
            upto=np.searchsorted(high[positives], levels, side="right"),
            above=np.searchsorted(low, levels, side="left"),
            beside=np.searchsorted(low, levels, side="right"),
        )

    def rises(self, positives: Array, negatives: Array) -> Rises:
        """Return where true positives may rise, for weights of shape (rows, P) and (rows, N)."""
        true = _cumulated(np.take(positives, self.positives, axis=1))
        false = _cumulated(np.take(negatives, self.negatives, axis=1))
        next_tp = np.take(true, self.upto, axis=1)
        tp = np.concatenate([np.zeros((len(true), 1)), next_tp[:, :-1]], axis=1)
        if len(true) == 1:  # then what does not rise can be left out: about a third
            rising = np.flatnonzero(next_tp[0] > tp[0])
            tp, next_tp = tp[:, rising], next_tp[:, rising]
            above, beside = self.above[rising], self.beside[rising]
        else:
            above, beside = self.above, self.beside
        fp, next_fp = np.take(false, above, axis=1), np.take(false, beside, axis=1)
        return Rises(tp, fp, next_tp, next_fp, true[:, -1:], false[:, -1:])


def batches(s: Scored, replicates: int, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    """Draw replicates, a few at a time: weights of the positives, (rows, P), and of the negatives, (rows, N).

    Each replicate takes its positives, then its negatives, from ``rng``, however many are drawn at once.
    That a uniform number times n never rounds up to n holds for n below 2**52.
    """
    p, n = s.positives, len(s.labels)
    weight = s.weights
    by_class = None if weight is None else np.concatenate([weight[s.labels], weight[~s.labels]])
    # One uniform number for each example to draw, whatever the size of a batch.
    sizes, begins = np.repeat([p, n - p], [p, n - p]), np.repeat([0, p], [p, n - p])
    for start in range(0, replicates, rows := max(1, CELLS // n)):
        drawn = rng.random((min(rows, replicates - start), n))
        drawn *= sizes
        place = drawn.astype(np.intp)
        place += begins + n * np.arange(len(place))[:, None]
        held = np.bincount(place.ravel(), minlength=place.size).reshape(place.shape).astype(np.float64)
        if by_class is not None:
            held *= by_class
        yield held[:, :p], held[:, p:]


def _cumulated(weights: Array) -> Array:
    sums = np.zeros((len(weights), weights.shape[1] + 1))
    np.cumsum(weights, axis=1, out=sums[:, 1:])
    return sums

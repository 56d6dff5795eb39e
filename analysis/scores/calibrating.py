"""Whether scores that are probabilities keep their word.

Without bins: scores are recalibrated by isotonic regression, and the Brier score is split by it into
miscalibration, discrimination and uncertainty (CORP, Dimitriadis, Gneiting & Jordan 2021).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError
from analysis.scores.scored import scored

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Calibration:
    """How far probabilities are from the rates that follow them.

    Attributes
    ----------
    brier
        Mean of (score - label)²; it is ``miscalibration - discrimination + uncertainty``.
    miscalibration
        What isotonic recalibration gains: 0 where every score is the rate that follows it.
    discrimination
        What the recalibrated scores gain over the share of positives.
    uncertainty
        π(1 - π): the Brier score of forecasting the share of positives.
    log_loss
        Mean of -log(probability given to what happened); infinite where a certain forecast was wrong.
    mean_score, share
        The mean score, and the share of positives that it should equal.
    scores, rates, weights
        Each distinct score, the rate of positives at it after recalibration, and how many examples (or what
        weight) have it; shape (K,).
    """

    brier: float
    miscalibration: float
    discrimination: float
    uncertainty: float
    log_loss: float
    mean_score: float
    share: float
    scores: Array
    rates: Array
    weights: Array

    def __repr__(self) -> str:
        return f"<Calibration: Brier {self.brier:.4f}, of which miscalibration {self.miscalibration:.4f}>"

    def _repr_html_(self) -> str:
        from analysis.notebooks import as_html

        return as_html(repr(self)[1:-1], self.to_pandas())

    def to_pandas(self) -> "pd.DataFrame":
        """Return the curve as a data frame, a row for each distinct score."""
        import pandas as pd

        return pd.DataFrame({"score": self.scores, "rate": self.rates, "weight": self.weights})

    def plot(self, ax: "Axes | None" = None, *, label: str | None = None, color: str | None = None) -> "Axes":
        """Draw rates over scores into ``ax``, or into a figure of its own, and return where it was drawn."""
        from analysis.scores.drawing import plot_calibration

        return plot_calibration(self, ax, label=label, color=color)


def calibration(y_true: ArrayLike, y_score: ArrayLike, sample_weight: ArrayLike | None = None) -> Calibration:
    """Compare probabilities with what happened.

    Raises
    ------
    AnalysisError
        If a score is no probability, beside what every curve refuses.

    Examples
    --------
    >>> calibration([0, 1, 0, 1], [0.25, 0.75, 0.25, 0.75])
    <Calibration: Brier 0.0625, of which miscalibration 0.0625>
    """
    s = scored(y_true, y_score, sample_weight, names=["score"])
    return calibrate(s.labels, s.scores[0], s.weight)


def are_probabilities(score: Array) -> bool:
    """Tell whether all scores lie between 0 and 1."""
    return bool(((score >= 0) & (score <= 1)).all())


def calibrate(truth: NDArray[np.bool_], score: Array, weight: Array) -> Calibration:
    """Do the same with what is checked already."""
    if not are_probabilities(score):
        worst = int(np.argmax(~((score >= 0) & (score <= 1))))
        raise AnalysisError(f"y_score[{worst}]: {score[worst]:g} is no probability, so it has no calibration")
    from sklearn.isotonic import isotonic_regression

    distinct, group = np.unique(score, return_inverse=True)
    held = np.bincount(group, weights=weight)
    rates = isotonic_regression(np.bincount(group, weights=weight * truth) / held, sample_weight=held)
    rates = np.clip(rates, 0, 1)
    share = float(np.average(truth, weights=weight))
    uncertainty = share * (1 - share)
    brier = float(np.average(np.square(score - truth), weights=weight))
    recalibrated = float(np.average(np.square(rates[group] - truth), weights=weight))
    with np.errstate(divide="ignore"):
        surprise = -np.log(np.where(truth, score, 1 - score))
    return Calibration(
        brier=brier,
        miscalibration=max(brier - recalibrated, 0.0),
        discrimination=max(uncertainty - recalibrated, 0.0),
        uncertainty=uncertainty,
        log_loss=float(np.average(surprise, weights=weight)),
        mean_score=float(np.average(score, weights=weight)),
        share=share,
        scores=distinct,
        rates=rates,
        weights=np.asarray(held, dtype=np.float64),
    )

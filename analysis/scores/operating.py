"""Operating points: the threshold that keeps a promise, and what it costs."""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.scores.curves import Counts

Array = NDArray[np.float64]

BEST = "best F-gain"
ROUNDING = 1e-12
"""A bound is kept if it is missed by no more than what adding weights up rounds off."""
MEASURES = ("precision", "recall", "specificity", "fpr", "threshold")


@dataclass(frozen=True)
class Rule:
    """What an operating point must fulfil: a measure and its bound; ``threshold`` is the point itself."""

    measure: str
    bound: float

    def __str__(self) -> str:
        return f"{self.measure} {self.bound:g}"


@dataclass(frozen=True)
class Point:
    """A threshold, at or above which scores count as positive, and the counts (or weights) it makes.

    ``precision`` is None where nothing is predicted positive, ``f_gain`` (F₁ gain, Flach & Kull 2015) where
    nothing positive is found.
    """

    rule: str
    threshold: float
    tp: float
    fp: float
    fn: float
    tn: float

    @property
    def precision(self) -> float | None:
        """TP / (TP + FP)."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp > 0 else None

    @property
    def recall(self) -> float:
        """TP / (TP + FN)."""
        return self.tp / (self.tp + self.fn)

    @property
    def specificity(self) -> float:
        """TN / (TN + FP)."""
        return self.tn / (self.tn + self.fp)

    @property
    def f_gain(self) -> float | None:
        """F₁ gain, 1 - π/(1-π)·(FP + FN) / (2 TP): 0.5 for calling all positive, 1 for no error."""
        if self.tp == 0:
            return None
        return 1 - (self.tp + self.fn) / (self.fp + self.tn) * (self.fp + self.fn) / (2 * self.tp)


def parse_rule(text: str) -> Rule:
    """Read a rule such as ``precision=0.9``.

    >>> parse_rule("recall=0.8")
    Rule(measure='recall', bound=0.8)
    """
    measure, _, number = text.partition("=")
    measure = measure.strip().lower()
    if measure not in MEASURES:
        raise AnalysisError(f"at: {text!r} must be like precision=0.9, of {', '.join(MEASURES)}")
    try:
        bound = float(number)
    except ValueError:
        raise AnalysisError(f"at: {number!r} in {text!r} is no number: write {measure}=0.9") from None
    if np.isnan(bound) or (measure != "threshold" and not 0 <= bound <= 1):
        raise AnalysisError(f"at: {text!r}: {number.strip()} must lie between 0 and 1")
    return Rule(measure, bound)


def operate(c: Counts, rule: Rule) -> Point | None:
    """Return the best point that keeps a rule, None where no threshold does.

    At a precision, specificity or false positive rate that is the point of the largest recall; at a recall,
    that of the fewest false positives. Of equals the highest threshold is taken. A threshold is applied as it
    stands.
    """
    if rule.measure == "threshold":
        chosen = int((c.thresholds >= rule.bound).sum()) - 1
        return _point(c, max(chosen, 0), str(rule), rule.bound)
    predicted = c.tp + c.fp
    if rule.measure == "precision":
        kept = (predicted > 0) & (c.tp >= rule.bound * predicted * (1 - ROUNDING))
    elif rule.measure == "recall":
        kept = c.tp >= rule.bound * c.positives * (1 - ROUNDING)
    else:
        allowed = rule.bound if rule.measure == "fpr" else 1 - rule.bound
        kept = c.fp <= (allowed + ROUNDING) * c.negatives
    if not kept.any():
        return None
    places = np.flatnonzero(kept)
    # TP and FP rise with the place: the fewest false positives are at the first that keeps the recall.
    chosen = places[0] if rule.measure == "recall" else places[np.argmax(c.tp[places])]
    return _point(c, int(chosen), str(rule))


def shortest(c: Counts, threshold: float) -> str:
    """Return the fewest digits, from three on, of a threshold that makes the same counts.

    >>> from analysis.scores.curves import counts
    >>> shortest(counts([0, 1], [0.123456, 0.123789]), 0.123789)
    '0.1237'
    """
    held = int((c.thresholds >= threshold).sum())
    if not np.isfinite(threshold):
        return repr(threshold)
    for digits in range(3, 17):
        # Rounded up it may lose the example that it stands for; then it is cut off instead.
        for rounding in (ROUND_HALF_EVEN, ROUND_FLOOR):
            short = Context(prec=digits, rounding=rounding).plus(Decimal(threshold))
            text = f"{short.normalize():g}"
            if int((c.thresholds >= float(text)).sum()) == held:
                return text
    return repr(threshold)


def best_f_gain(c: Counts) -> Point:
    """Return the point of the largest F₁ gain, which is that of the largest F₁."""
    harmonic = 2 * c.tp / (c.tp + c.fp + c.positives)
    return _point(c, int(np.argmax(harmonic)), BEST)


def _point(c: Counts, place: int, rule: str, threshold: float | None = None) -> Point:
    tp, fp = float(c.tp[place]), float(c.fp[place])
    return Point(
        rule=rule,
        threshold=float(c.thresholds[place]) if threshold is None else threshold,
        tp=tp,
        fp=fp,
        fn=c.positives - tp,
        tn=c.negatives - fp,
    )

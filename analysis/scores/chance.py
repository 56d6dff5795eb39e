"""What a ranking without skill gets on average: on the rows at hand, not in the limit of many.

Every order of P positives and N negatives being equally likely, the example of rank r is positive with
probability P/n, and r - 1 others precede it, of whom (r - 1)(P - 1)/(n - 1) are positive on average if it is.
Each area is a sum over positives of something linear in that number, or in the number of negatives
before the k-th positive, k·N/(P + 1) on average; so the averages are exact sums. That of average precision
is Bestgen's (2015).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.scores import areas
from analysis.scores.curves import counted
from analysis.scores.scored import Scored, scored

Array = NDArray[np.float64]

ORDERS = 1000
"""Random orders of weighted examples, for which there is no exact sum."""


def chance(scored: Scored) -> dict[str, float]:
    """Return the mean of each area over all orders of the examples; of weighted ones, over 1,000 drawn.

    The drawn ones are the same at each call.
    """
    if scored.weights is None:
        return dict(_exact(scored.positives, scored.negatives))
    rng = np.random.default_rng(0)
    total = dict.fromkeys(areas.AREAS, 0.0)
    for _ in range(ORDERS):
        c = counted(scored.labels, rng.permutation(len(scored.labels)).astype(np.float64), scored.weights)
        for name, area in areas.AREAS.items():
            total[name] += float(area(c.rises)) / ORDERS
    return total


@lru_cache(maxsize=64)
def _exact(positives: int, negatives: int) -> tuple[tuple[str, float], ...]:
    n = positives + negatives
    before = np.arange(n, dtype=np.float64)  # others that precede the example of each rank
    rank = before + 1
    true = before * (positives - 1) / (n - 1)
    precision = (1 + true) / rank
    # Just before the first example precision counts as 1.
    previous = np.concatenate([[1.0], true[1:] / before[1:]])
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.where(before > 0, (before - true) * np.log1p(1 / before), 0)
    return (
        ("auroc", 0.5),
        ("aupr", float((1 - growth).mean())),
        ("ap", float(precision.mean())),
        ("aupr-trapezoid", float((precision + previous).mean() / 2)),
        ("auprg", _prg(positives, negatives)),
    )


def _prg(positives: int, negatives: int) -> float:
    """Return the area of the mean curve, on which k·N/(P + 1) negatives precede the k-th positive."""
    tp = np.arange(positives + 1, dtype=np.float64)
    fp = tp[1:] * negatives / (positives + 1)
    p, n = np.array([float(positives)]), np.array([float(negatives)])
    return float(areas.prg_area(areas.Rises(tp[:-1], fp, tp[1:], fp, p, n)))


@dataclass(frozen=True)
class Baseline:
    """Where a classifier without skill stands.

    Attributes
    ----------
    roc, pr, prg
        Points of the classifier that calls everything positive: (FPR, TPR), (recall, precision),
        (recall gain, precision gain).
    auroc, aupr, auprg
        Mean areas of a ranking by chance, on as many examples as there are: an area under a precision–recall
        curve is above the share of positives then, and one under a PR-gain curve below 0.
    """

    roc: tuple[float, float]
    pr: tuple[float, float]
    prg: tuple[float, float]
    auroc: float
    aupr: float
    auprg: float


def baseline(y_true: ArrayLike, sample_weight: ArrayLike | None = None) -> Baseline:
    """Return the all-positive classifier's points and the mean areas of a random ranking.

    Examples
    --------
    >>> base = baseline([1, 0, 0, 0])
    >>> base.pr, round(base.aupr, 3)
    ((1.0, 0.25), 0.408)
    """
    s = scored(y_true, np.zeros(np.shape(y_true)), sample_weight)
    level = chance(s)
    return Baseline(
        roc=(1.0, 1.0),
        pr=(1.0, s.share),
        prg=(1.0, 0.0),
        auroc=level["auroc"],
        aupr=level["aupr"],
        auprg=level["auprg"],
    )

"""The best point of a sweep, how sure that is, and the runner-up.

Points share their seeds, so that they are compared by the differences of their replicas. That the point with
the best mean is indeed the best is a statement about all others at once: it holds with confidence 1 - alpha
where each single difference is above zero at level alpha / (points - 1). That the data chose the point does
no harm: for it to be declared the best wrongly, the truly best point would have to seem worse than it at that
level (multiple comparisons with the best: Hsu 1984, Annals of Statistics 12, 1136-1144; with Bonferroni's
bound in place of Dunnett's, and paired differences).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from sim.errors import SimError
from sim.scenario.chance import without_chance
from sim.scenario.values import shown
from sim.statistics import CONFIDENCE, Estimate
from sim.sweep.runs import check_name
from sim.sweep.table import Summary, paired

_BOUND: Final = re.compile(r"\s*([A-Za-z_0-9.-]+?)\s*(<=|>=|≤|≥)\s*([-+0-9.eE]+)\s*")


@dataclass(frozen=True)
class Bound:
    """A condition on the mean of a figure: at most, or at least, so much."""

    figure: str
    above: bool
    limit: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the condition that a text such as ``staleness.p95<=8`` means; raises `SimError`.

        >>> Bound.parse("staleness.p95 <= 8")
        Bound(figure='staleness.p95', above=False, limit=8.0)
        """
        match = _BOUND.fullmatch(text)
        try:
            limit = float(match[3]) if match else math.nan
        except ValueError:
            limit = math.nan
        if match is None or not math.isfinite(limit):
            raise SimError(f"--subject-to {shown(text)} must read FIGURE<=NUMBER or FIGURE>=NUMBER")
        return cls(match[1], match[2] in {">=", "≥"}, limit)

    def slack(self, estimate: Estimate) -> float:
        """Return by how much a mean keeps the bound; negative where it does not."""
        return (estimate.mean - self.limit) if self.above else (self.limit - estimate.mean)

    def __str__(self) -> str:
        return f"{self.figure} {'≥' if self.above else '≤'} {self.limit:g}"


@dataclass(frozen=True)
class Ranking:
    """What a sweep says about its best point.

    Attributes
    ----------
    figure, maximise
        By what points are judged.
    order
        Points that keep every bound by their means, from the best mean on.
    left_out
        The number of points that do not.
    lead
        Mean difference to the runner-up, positive; ``None`` without one.
    confidence
        With which no other of these points is better: 0 where nothing can be said.
    close
        Bounds that the best point keeps by its mean, while its interval reaches beyond.
    """

    figure: str
    maximise: bool
    order: Sequence[Summary]
    left_out: int
    lead: Estimate | None
    confidence: float
    close: Sequence[Bound]

    @property
    def best(self) -> Summary:
        """The point with the best mean."""
        return self.order[0]

    @property
    def sure(self) -> bool:
        """Whether it is the best at `CONFIDENCE`."""
        return self.confidence >= CONFIDENCE

    def to_data(self) -> dict[str, Any]:
        """Return it as plain data: the points by their numbers, the best first."""
        return {
            "figure": self.figure,
            "maximise": self.maximise,
            "order": [each.point.number for each in self.order],
            "lead": None if self.lead is None else self.lead.mean,
            "lead_half_width": None if self.lead is None else self.lead.half_width(CONFIDENCE),
            "confidence": self.confidence,
            "replicas_needed": self.replicas_needed,
            "close_bounds": list(map(str, self.close)),
        }

    @property
    def replicas_needed(self) -> int | None:
        """About how many runs of each point would tell the best from the runner-up, where that is known."""
        if self.lead is None or self.sure or not self.lead.mean or self.lead.replicas < 2:  # noqa: PLR2004 -- a spread
            return None
        half = self.lead.half_width(1 - 2 * (1 - CONFIDENCE) / max(1, len(self.order) - 1))
        return math.ceil(self.lead.replicas * max(1.0, (half / self.lead.mean) ** 2)) + 1


def rank(
    found: Sequence[Summary], figure: str, *, maximise: bool = True, bounds: Sequence[Bound] = ()
) -> Ranking:
    """Return the best of the points by the mean of a figure, among those that keep the bounds.

    Points that failed, or gave no number, are left out.

    Raises
    ------
    SimError
        Where no point is left, or there is no such figure.
    """
    for name in (figure, *(bound.figure for bound in bounds)):
        check_name(name)
    means = {each.point.number: each.estimate(figure) for each in found}
    kept = [each for each in found if means[each.point.number] is not None and _keeps(each, bounds)]
    if not kept:
        conditions = f" with {', '.join(map(str, bounds))}" if bounds else ""
        raise SimError(f"no point has a {figure}{conditions}")
    sign = 1.0 if maximise else -1.0

    def goodness(each: Summary) -> float:
        mean = means[each.point.number]
        return sign * mean.mean if mean is not None else -math.inf

    order = sorted(kept, key=goodness, reverse=True)
    best = order[0]
    differences = [paired(best, other, figure) for other in order[1:]]
    levels = [_level(each, sign, best, other) for each, other in zip(differences, order[1:], strict=True)]
    close = [bound for bound in bounds if _is_close(best, bound)]
    lead = differences[0] if differences else None
    return Ranking(
        figure,
        maximise,
        order,
        len(found) - len(kept),
        None if lead is None else Estimate(abs(lead.mean), lead.error, lead.replicas),
        max(0.0, 1 - max(levels, default=0.0) * len(levels)),
        close,
    )


def _keeps(each: Summary, bounds: Sequence[Bound]) -> bool:
    estimates = [(bound, each.estimate(bound.figure)) for bound in bounds]
    return all(estimate is not None and bound.slack(estimate) >= 0 for bound, estimate in estimates)


def _is_close(each: Summary, bound: Bound) -> bool:
    estimate = each.estimate(bound.figure)
    return estimate is not None and bound.slack(estimate) < estimate.half_width(CONFIDENCE)


def _level(difference: Estimate | None, sign: float, best: Summary, other: Summary) -> float:
    """Return the one-sided p-value of a difference, if it is zero or worse in truth."""
    if difference is None or sign * difference.mean <= 0:
        return 1.0
    if difference.error:
        return difference.p_value(0.0) / 2
    if all(each.point.scenario is not None and without_chance(each.point.scenario) for each in (best, other)):
        return 0.0
    return float(0.5**difference.replicas)  # the same in every replica: a sign test

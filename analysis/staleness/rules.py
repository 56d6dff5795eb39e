"""What a server may do about staleness: smaller steps, less momentum, a gradient carried forward."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from analysis.errors import AnalysisError

Damping = Callable[[int], float]
"""From the staleness of a gradient to the factor on it."""

Weights = Literal["mean", "sum", "normalised"]
"""How the gradients of an update are weighed, see `group_weights`."""

WEIGHTS: Final[tuple[Weights, ...]] = get_args(Weights)


@dataclass(frozen=True)
class Polynomial:
    """(staleness + 1) to the power −a, as FedAsync has it (Xie et al. 2019, arXiv 1903.03934, section 5).

    >>> [Polynomial(0.5)(staleness) for staleness in (0, 3, 8)]
    [1.0, 0.5, 0.3333333333333333]
    """

    a: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.a) and self.a >= 0):
            raise AnalysisError(f"polynomial: {self.a} must be a finite number of at least 0")

    def __call__(self, staleness: int) -> float:
        """Return the factor."""
        return float((staleness + 1) ** -self.a)


UNDAMPED = Polynomial(0.0)
OVER_STALENESS = Polynomial(1.0)
"""Divided by staleness + 1, after Zhang et al. 2016 (arXiv 1511.05950); a fresh gradient counts whole."""


@dataclass(frozen=True)
class Rule:
    """What is done about staleness.

    Attributes
    ----------
    damping
        The factor on a gradient, by its staleness.
    corrects_momentum
        Whether the momentum that staleness brings about is taken off the server's (see `momentum_left`).
    compensation
        λ of delay compensation (Zheng et al. 2017, arXiv 1609.08326): g + λ·g⊙g⊙(w − v) in place of the
        gradient g that was read at the weights v and is applied to w.
    """

    damping: Damping = UNDAMPED
    corrects_momentum: bool = False
    compensation: float = 0.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.compensation):
            raise AnalysisError(f"delay-compensation: {self.compensation} must be a finite number")


PLAIN = Rule()
"""Nothing is done."""

WAYS: Final = (
    "constant, over-staleness, polynomial:A, momentum-correction or delay-compensation:LAMBDA,"
    " or several joined by +"
)


def parse_rule(text: str) -> Rule:
    """Read a rule as the command line has it.

    Raises
    ------
    AnalysisError
        When it is none.

    Examples
    --------
    >>> parse_rule("polynomial:0.5+momentum-correction")
    Rule(damping=Polynomial(a=0.5), corrects_momentum=True, compensation=0.0)
    """
    rule = PLAIN
    seen = set()
    for part in text.split("+"):
        name, _, given = (piece.strip() for piece in part.partition(":"))
        concern = {"over-staleness": "damping", "polynomial": "damping", "constant": "damping"}.get(
            name, name
        )
        if concern in seen:
            raise AnalysisError(f"rate: {text!r} says twice what becomes of a stale gradient's {concern}")
        seen.add(concern)
        match name, given:
            case "constant", "":
                pass
            case "over-staleness", "":
                rule = replace(rule, damping=OVER_STALENESS)
            case "polynomial", _ if given:
                rule = replace(rule, damping=Polynomial(_number(text, given)))
            case "momentum-correction", "":
                rule = replace(rule, corrects_momentum=True)
            case "delay-compensation", _ if given:
                rule = replace(rule, compensation=_number(text, given))
            case _:
                raise AnalysisError(f"rate: {text!r} must be {WAYS}")
    return rule


def _number(text: str, given: str) -> float:
    try:
        return float(given)
    except ValueError:
        raise AnalysisError(f"rate: {given!r} in {text!r} must be a number") from None


def group_weights(factors: list[float], how: Weights) -> list[float]:
    """Return the weight of each gradient of an update, given the factors of their damping.

    ``mean``: factor over their number, as in FedBuff (Nguyen et al. 2022, arXiv 2106.06639); ``sum``: the
    factor itself; ``normalised``: factor over the factors' sum, so that damping tells the gradients of an
    update apart but does not shorten its step.

    >>> group_weights([1.0, 0.5], "mean"), group_weights([1.0, 0.5], "sum")
    ([0.5, 0.25], [1.0, 0.5])
    >>> group_weights([1.0, 0.25], "normalised")
    [0.8, 0.2]
    """
    total = {"mean": float(len(factors)), "sum": 1.0, "normalised": sum(factors)}[how]
    return [factor / total for factor in factors]


def implicit_momentum(mean_staleness: float) -> float:
    """Return the momentum that geometric staleness amounts to: s/(s + 1), of P equal workers 1 − 1/P.

    Mitliagkas et al. 2016 (arXiv 1605.09774, theorem 3).

    >>> implicit_momentum(7.0)
    0.875
    """
    return mean_staleness / (mean_staleness + 1)


def momentum_left(momentum: float, mean_staleness: float) -> float:
    """Return the server's momentum less that of staleness, so that both sum up to what is wanted; at least 0.

    >>> round(momentum_left(0.9, 3.0), 6), momentum_left(0.5, 7.0)
    (0.15, 0.0)
    """
    return max(0.0, momentum - implicit_momentum(mean_staleness))

"""How gradients are computed and applied: what replaying a trace is free to choose."""

from dataclasses import dataclass

from analysis.errors import AnalysisError
from analysis.learning.schedules import Constant, Rate
from analysis.staleness.rules import PLAIN, WEIGHTS, Rule, Weights, momentum_left
from analysis.staleness.settings import BatchNorm
from sim import Trace


@dataclass(frozen=True)
class Recipe:
    """How gradients are computed and applied.

    Attributes
    ----------
    rate
        The learning rate, or a function of the index of an update.
    rule
        What is done about staleness.
    momentum
        The server's, 0 or more and below 1: u ← momentum·u + Σ weight·gradient, then w ← w − rate·u.
    batch
        Examples to a gradient.
    weights
        Of the gradients that make an update together; see `analysis.staleness.rules.group_weights`.
    batch_norm
        Which statistics batch normalisation uses; see `analysis.staleness.batch_norm`.
    """

    rate: float | Rate = 0.05
    rule: Rule = PLAIN
    momentum: float = 0.0
    batch: int = 32
    weights: Weights = "mean"
    batch_norm: BatchNorm = "latest"

    def __post_init__(self) -> None:
        if not 0 <= self.momentum < 1:
            raise AnalysisError(f"momentum: {self.momentum} must be at least 0 and below 1")
        if self.weights not in WEIGHTS:
            raise AnalysisError(f"weights: {self.weights!r} must be one of {', '.join(WEIGHTS)}")
        if self.rule.corrects_momentum and not self.momentum:
            raise AnalysisError("rate: momentum-correction needs a momentum above 0 to take from")

    @property
    def schedule(self) -> Rate:
        """The learning rate by update."""
        return self.rate if callable(self.rate) else Constant(self.rate)


def corrected_momentum(recipe: Recipe, trace: Trace) -> float:
    """Return the server's momentum, where the rule corrects it less that of the trace's mean staleness."""
    if not (recipe.rule.corrects_momentum and trace.applied):
        return recipe.momentum
    return momentum_left(recipe.momentum, float(trace.staleness.mean()))

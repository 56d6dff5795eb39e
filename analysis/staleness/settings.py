"""What the experiment compares, and the three scales of it."""

from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from analysis.errors import AnalysisError
from analysis.learning.setups import SCALES, Setup
from analysis.staleness.rules import WEIGHTS, Weights, parse_rule

BatchNorm = Literal["latest", "frozen", "group"]
"""See `analysis.staleness.batch_norm`."""

BATCH_NORMS: Final[tuple[BatchNorm, ...]] = get_args(BatchNorm)


@dataclass(frozen=True)
class StalenessOptions:
    """How to train, and what to look at.

    Attributes
    ----------
    protocols
        As the command line has them, such as ``k-sync:k=6``; without any the scenario's own.
    rules
        What is done about staleness, see `analysis.staleness.rules.parse_rule`; each with each protocol.
    lr, batch
        The learning rate, and the images to a gradient.
    weights, batch_norm
        See `analysis.staleness.replay.Recipe`.
    points, sample
        At how many instants to look, and at how many training images for their loss.
    target
        The validation accuracy to be reached.
    """

    lr: float
    batch: int
    target: float
    points: int = 40
    sample: int = 1000
    protocols: tuple[str, ...] = ()
    rules: tuple[str, ...] = ("constant",)
    weights: Weights = "mean"
    batch_norm: BatchNorm = "latest"

    def __post_init__(self) -> None:
        for rule in self.rules:
            parse_rule(rule)
        if self.weights not in WEIGHTS:
            raise AnalysisError(f"weights: {self.weights!r} must be one of {', '.join(WEIGHTS)}")


@dataclass(frozen=True)
class Scale:
    """One size of the experiment."""

    summary: str
    setup: Setup
    options: StalenessOptions


SCALES_OF_STALENESS = {
    "paper": Scale(
        "the whole net, 28×28, 55,000 images",
        SCALES["paper"].setup,
        StalenessOptions(lr=0.05, batch=32, target=0.9, points=60, sample=5000),
    ),
    "small": Scale(
        "a quarter of the channels, 14×14, 20,000 images; minutes on two cores",
        replace(SCALES["small"].setup, validation=2000),
        StalenessOptions(lr=0.1, batch=16, target=0.8, points=30, sample=500),
    ),
    "tiny": Scale(
        "a sixteenth of the channels, about 8×8, 384 images; seconds, to see that it works",
        SCALES["tiny"].setup,
        StalenessOptions(lr=0.1, batch=8, target=0.6, points=10, sample=128),
    ),
}

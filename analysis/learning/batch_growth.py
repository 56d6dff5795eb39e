"""Batch growth, a shrinking learning rate and a cyclical one, compared by how they generalise.

Three arms, equal in epochs and, seed by seed, in initial weights: the batch doubling at a constant rate; its
control, the first batch at a rate halved where the other doubles (Smith et al. 2017, arXiv 1711.00489); and a
cyclical rate. What they end with is compared on test images that nothing was chosen by.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analysis.errors import AnalysisError
from analysis.learning.curves import Curves
from analysis.learning.estimates import Estimate, Verdict, estimate, interval_of, verdict_of
from analysis.learning.plans import Plan, control_plan, cyclical_plan, growth_plan
from analysis.learning.schedules import Decay

Arm = Literal["growth", "control", "cyclical"]


@dataclass(frozen=True)
class ArmDifference:
    """The first arm's test accuracy less the second's.

    Attributes
    ----------
    first, second
        The arms.
    difference
        The mean, and its standard error, of the differences seed by seed: runs of one seed share their
        initial weights and, as long as the batches are equal, the order of the images.
    interval
        Student's 95 % confidence interval of that mean; None with one seed.
    verdict
        ``within error`` if the difference is at most its standard error, which with few seeds may be large;
        ``different`` if 0 is outside the interval; ``undecided`` between the two. None with one seed.
    fewer_updates
        How many times fewer updates the first arm made.
    """

    first: Arm
    second: Arm
    difference: Estimate
    interval: tuple[float, float] | None
    verdict: Verdict | None
    fewer_updates: float

    def __post_init__(self) -> None:
        if not 0 < self.fewer_updates < math.inf:
            raise AnalysisError(f"fewer_updates: {self.fewer_updates} must be a positive, finite number")


def plans(
    images: int,
    *,
    lr_min: float,
    lr_max: float,
    epochs: int,
    smallest: int = 32,
    largest: int = 8192,
    cyclical_batch: int = 64,
    cycles: int = 3,
    decay: Decay = Decay.AMPLITUDE,
) -> dict[Arm, Plan]:
    """Return what the three arms do over so many training images."""
    growth = growth_plan(lr_max, smallest, largest, epochs)
    return {
        "growth": growth,
        "control": control_plan(growth, images),
        "cyclical": cyclical_plan(
            images,
            lr_min=lr_min,
            lr_max=lr_max,
            epochs=epochs,
            batch=cyclical_batch,
            cycles=cycles,
            decay=decay,
        ),
    }


def compare(arms: Mapping[Arm, Sequence[Curves]], first: Arm, second: Arm) -> ArmDifference:
    """Compare the test accuracies of two arms, seed by seed.

    Raises
    ------
    AnalysisError
        When the arms were not trained with the same seeds.
    """
    seeds = {arm: [curves.seed for curves in arms[arm]] for arm in (first, second)}
    if seeds[first] != seeds[second]:
        raise AnalysisError(
            f"seeds: {first} has {seeds[first]}, {second} has {seeds[second]}; only the same can be compared"
        )
    difference = estimate(
        [
            one.test.accuracy - other.test.accuracy
            for one, other in zip(arms[first], arms[second], strict=True)
        ]
    )
    interval = interval_of(difference, len(seeds[first]))
    return ArmDifference(
        first,
        second,
        difference,
        interval,
        verdict_of(difference, interval),
        arms[second][0].updates / arms[first][0].updates,
    )

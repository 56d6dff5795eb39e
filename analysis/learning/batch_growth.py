"""Batch growth, a shrinking learning rate and a cyclical one, compared by how they generalise.

Three arms, equal in epochs and, seed by seed, in initial weights: the batch doubling at a constant rate; its
control, the first batch at a rate halved where the other doubles (Smith et al. 2017, arXiv 1711.00489); and a
cyclical rate. What they end with is compared on test images that nothing was chosen by.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal

from scipy.stats import t as student_t

from analysis.learning.curves import Curves, MakeModule, train_seeds
from analysis.learning.plans import Plan, control_plan, cyclical_plan, growth_plan
from analysis.learning.runs import Means
from analysis.learning.schedules import Decay
from analysis.learning.training import Data

Arm = Literal["growth", "control", "cyclical"]
Verdict = Literal["alike", "undecided", "different"]

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds and its standard error, None of which one seed can tell."""

    mean: float
    error: float | None


@dataclass(frozen=True)
class Comparison:
    """The first arm's test accuracy less the second's.

    Attributes
    ----------
    first, second
        The arms.
    difference
        Of the means; its error is the root of the two squared standard errors' sum.
    interval
        Welch's 95 % confidence interval of the difference; None with one seed.
    verdict
        ``alike`` if the difference is within its standard error, ``different`` if 0 is outside the interval,
        ``undecided`` between the two: so many seeds cannot tell. None with one seed.
    fewer_updates
        How many times fewer updates the first arm made.
    """

    first: Arm
    second: Arm
    difference: Estimate
    interval: tuple[float, float] | None
    verdict: Verdict | None
    fewer_updates: float


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean and the standard error of the mean, s/√n with s² = Σ(x − mean)²/(n − 1).

    >>> estimate([1.0, 2.0, 3.0])
    Estimate(mean=2.0, error=0.5773502691896258)
    """
    error = stdev(values) / math.sqrt(len(values)) if len(values) > 1 else None
    return Estimate(fmean(values), error)


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


def train_arms(
    make_module: MakeModule,
    data: Data,
    arms: Mapping[Arm, Plan],
    *,
    seeds: Sequence[int] = (0, 1, 2),
    momentum: float = 0.9,
    means: Means | None = None,
) -> dict[Arm, tuple[Curves, ...]]:
    """Train each arm once per seed; the parameters are those of `analysis.learning.curves.train_seeds`."""
    return {
        arm: train_seeds(arm, make_module, data, plan, seeds=seeds, momentum=momentum, means=means)
        for arm, plan in arms.items()
    }


def compare(arms: Mapping[Arm, Sequence[Curves]], first: Arm, second: Arm) -> Comparison:
    """Compare the test accuracies of two arms."""
    one, other = ([curves.test.accuracy for curves in arms[arm]] for arm in (first, second))
    difference = _difference(estimate(one), estimate(other))
    interval = _interval(one, other, difference)
    return Comparison(
        first,
        second,
        difference,
        interval,
        _verdict(difference, interval),
        arms[second][0].updates / arms[first][0].updates,
    )


def _difference(one: Estimate, other: Estimate) -> Estimate:
    known = one.error is not None and other.error is not None
    error = math.hypot(one.error or 0.0, other.error or 0.0) if known else None
    return Estimate(one.mean - other.mean, error)


def _interval(
    one: Sequence[float], other: Sequence[float], difference: Estimate
) -> tuple[float, float] | None:
    """Return Welch's interval; the degrees of freedom are those of Welch and Satterthwaite."""
    if difference.error is None:
        return None
    half = 0.0
    if difference.error:
        shares = [((estimate(values).error or 0.0) / difference.error) ** 2 for values in (one, other)]
        inverse = sum(share**2 / (len(of) - 1) for share, of in zip(shares, (one, other), strict=True))
        half = float(student_t.ppf((1 + CONFIDENCE) / 2, 1 / inverse)) * difference.error
    return difference.mean - half, difference.mean + half


def _verdict(difference: Estimate, interval: tuple[float, float] | None) -> Verdict | None:
    if interval is None or difference.error is None:
        return None
    if abs(difference.mean) <= difference.error:
        return "alike"
    return "undecided" if interval[0] <= 0 <= interval[1] else "different"

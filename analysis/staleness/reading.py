"""What the runs amount to: when each protocol reaches a target, which level it comes to, how sure that is.

Runs of one seed share initial weights, the batch of each worker's j-th gradient and its compute time, so that
protocols are compared seed by seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from analysis.learning.estimates import Estimate, Verdict, estimate, interval_of, verdict_of
from analysis.staleness.results import Arm, StalenessResult
from analysis.staleness.runs import Curve, Point


@dataclass(frozen=True)
class Row:
    """What an arm amounts to.

    Attributes
    ----------
    arm, seeds
        Its name, and the number of its runs.
    diverged, reached
        How many of its runs diverged, and how many reached the target.
    seconds, updates
        Of simulated time, and of updates, to the first look at which the target was reached; None unless it
        was in every run.
    accuracy, loss, test
        The level: mean over the last tenth of the looks, of validation accuracy and training loss; and the
        test accuracy. None where a run diverged.
    """

    arm: str
    seeds: int
    diverged: int
    reached: int
    seconds: Estimate | None
    updates: Estimate | None
    accuracy: Estimate | None
    loss: Estimate | None
    test: Estimate | None


@dataclass(frozen=True)
class Contrast:
    """An arm's figure less that of the first arm, seed by seed; None where one of the two has none."""

    arm: str
    seconds: "Difference | None"
    accuracy: "Difference | None"


@dataclass(frozen=True)
class Difference:
    """The mean difference, Student's 95 % interval and what it says; None of what one seed cannot tell."""

    difference: Estimate
    interval: tuple[float, float] | None
    verdict: Verdict | None


@dataclass(frozen=True)
class Summary:
    """The arms one by one, and each beside the first."""

    target: float
    rows: tuple[Row, ...]
    contrasts: tuple[Contrast, ...]


def summary(result: StalenessResult, target: float | None = None) -> Summary:
    """Sum a result up, for its own target or another."""
    goal = result.options.target if target is None else target
    first, *others = result.arms
    return Summary(
        goal,
        tuple(_row(arm, goal) for arm in result.arms),
        tuple(_contrast(arm, first, goal) for arm in others),
    )


def reached(curve: Curve, target: float) -> Point | None:
    """Return the first look at which a run's validation accuracy is at least the target."""
    return next((point for point in curve.points if point.accuracy >= target), None)


def level(curve: Curve) -> tuple[float, float]:
    """Return validation accuracy and training loss, means over the last tenth of the looks."""
    last = curve.points[-max(1, len(curve.points) // 10) :]
    return fmean(point.accuracy for point in last), fmean(point.loss for point in last)


def _row(arm: Arm, target: float) -> Row:
    curves = arm.curves
    sound = all(curve.diverged is None for curve in curves)
    points = [point for curve in curves if (point := reached(curve, target))]
    whole = len(points) == len(curves)
    levels = [level(curve) for curve in curves] if sound else []
    tests = [curve.test.accuracy for curve in curves if curve.test]
    return Row(
        arm.name,
        len(curves),
        sum(curve.diverged is not None for curve in curves),
        len(points),
        estimate([point.seconds for point in points]) if whole else None,
        estimate([float(point.updates) for point in points]) if whole else None,
        estimate([accuracy for accuracy, _ in levels]) if sound else None,
        estimate([loss for _, loss in levels]) if sound else None,
        estimate(tests) if sound else None,
    )


def _contrast(arm: Arm, first: Arm, target: float) -> Contrast:
    def seconds(of: Arm) -> list[float] | None:
        points = [reached(curve, target) for curve in of.curves]
        return [point.seconds for point in points if point] if all(points) else None

    def accuracies(of: Arm) -> list[float] | None:
        return (
            None if any(curve.diverged for curve in of.curves) else [level(curve)[0] for curve in of.curves]
        )

    return Contrast(
        arm.name,
        _difference(seconds(arm), seconds(first)),
        _difference(accuracies(arm), accuracies(first)),
    )


def _difference(ours: Sequence[float] | None, theirs: Sequence[float] | None) -> Difference | None:
    if ours is None or theirs is None:
        return None
    found = estimate([one - other for one, other in zip(ours, theirs, strict=True)])
    interval = interval_of(found, len(ours))
    return Difference(found, interval, verdict_of(found, interval))

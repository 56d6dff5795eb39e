"""What a run does: which batch size in each epoch, which learning rate at each update."""

import math
from dataclasses import dataclass
from itertools import accumulate

from analysis.errors import AnalysisError
from analysis.learning.schedules import (
    Constant,
    Cyclical,
    Decay,
    Rate,
    Stepped,
    at_least_one,
    gamma_leaving,
    ordered,
)


@dataclass(frozen=True)
class Plan:
    """What a training run does: a batch size for each epoch and a learning rate for each update.

    An epoch takes every image once; its last batch is what remains.

    >>> Plan((32, 64), Constant(0.1)).updates(100)
    (4, 2)
    """

    batches: tuple[int, ...]
    rate: Rate

    def __post_init__(self) -> None:
        if not self.batches:
            raise AnalysisError("epochs: 0 must be at least 1")
        for batch in self.batches:
            at_least_one("batch", batch)

    def updates(self, images: int) -> tuple[int, ...]:
        """Return the number of updates in each epoch over so many images.

        Raises
        ------
        AnalysisError
            When a batch is larger than an epoch.
        """
        if max(self.batches) > images:
            raise AnalysisError(
                f"batch: {max(self.batches)} must be at most {images}, the number of images to learn from"
            )
        return tuple(math.ceil(images / batch) for batch in self.batches)


def growing_batches(smallest: int, largest: int, epochs: int) -> tuple[int, ...]:
    """Return a batch size per epoch, doubling in stages of equal length from `smallest` to `largest`.

    Where `epochs` is no multiple of the number of sizes, the stages differ by one epoch.

    Raises
    ------
    AnalysisError
        When `largest` is no doubling of `smallest`, or there are fewer epochs than sizes.

    Examples
    --------
    >>> growing_batches(32, 256, epochs=8)
    (32, 32, 64, 64, 128, 128, 256, 256)
    """
    at_least_one("smallest", smallest)
    sizes = [smallest]
    while sizes[-1] < largest:
        sizes.append(2 * sizes[-1])
    if sizes[-1] != largest:
        raise AnalysisError(f"largest: {largest} must be the smallest batch, {smallest}, doubled some times")
    if epochs < len(sizes):
        raise AnalysisError(
            f"epochs: {epochs} must be at least {len(sizes)}, "
            f"one for each batch size from {smallest} to {largest}"
        )
    return tuple(sizes[epoch * len(sizes) // epochs] for epoch in range(epochs))


def growth_plan(rate: float, smallest: int, largest: int, epochs: int) -> Plan:
    """Return the plan whose batch doubles at a constant learning rate.

    >>> growth_plan(0.1, 32, 8192, epochs=9).batches
    (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
    """
    return Plan(growing_batches(smallest, largest, epochs), Constant(rate))


def control_plan(growth: Plan, images: int) -> Plan:
    """Return the control of a growth plan: its first batch throughout, the rate halved where growth doubles.

    Smith, Kindermans, Ying and Le 2017 (arXiv 1711.00489): both lower the noise scale ≈ rate · images / batch
    alike, so both should end alike.

    >>> control = control_plan(growth_plan(0.4, 32, 128, epochs=3), images=320)
    >>> control.batches
    (32, 32, 32)
    >>> [control.rate(update) for update in (0, 10, 20)]
    [0.4, 0.2, 0.1]
    """
    smallest = growth.batches[0]
    first_updates = accumulate((0, *growth.updates(images)[:-1]))
    rates = tuple(
        growth.rate(update) * smallest / batch
        for batch, update in zip(growth.batches, first_updates, strict=True)
    )
    fixed = (smallest,) * len(growth.batches)
    return Plan(fixed, Stepped(rates, Plan(fixed, growth.rate).updates(images)))


def cyclical_plan(
    images: int,
    *,
    lr_min: float,
    lr_max: float,
    epochs: int,
    batch: int = 64,
    cycles: int = 3,
    decay: Decay = Decay.AMPLITUDE,
    remaining: float = 0.1,
) -> Plan:
    """Return a plan of `cycles` whole cycles over all epochs, at whose end a share `remaining` is left.

    Parameters
    ----------
    images
        Of an epoch.
    lr_min, lr_max
        The bounds at the start.
    epochs, batch
        How long, and in which batches.
    cycles
        Up and down, so many times; the last ends within one update per cycle of the end.
    decay
        Whether what shrinks is the amplitude or both bounds.
    remaining
        What is left of them after the last update; of no account where the decay is by other rules.

    Raises
    ------
    AnalysisError
        When the bounds do not ascend, or there is no update for each cycle's way up and way down.

    Examples
    --------
    >>> plan = cyclical_plan(640, lr_min=0.1, lr_max=0.5, epochs=2, cycles=2, decay=Decay.NONE)
    >>> [round(plan.rate(update), 3) for update in range(10)]
    [0.1, 0.18, 0.26, 0.34, 0.42, 0.5, 0.42, 0.34, 0.26, 0.18]
    """
    ordered("lr_min", lr_min, "lr_max", lr_max)
    at_least_one("cycles", cycles)
    batches = (batch,) * epochs
    total = sum(Plan(batches, Constant(lr_max)).updates(images))
    if 2 * cycles > total:
        raise AnalysisError(
            f"cycles: {cycles} must be at most {total // 2}, half the number of updates, {total}"
        )
    half_cycle = round(total / cycles / 2)
    gamma = gamma_leaving(remaining, total) if decay.by_gamma else 1.0
    return Plan(batches, Cyclical(lr_min, lr_max, half_cycle, decay, gamma))


def peaks(plan: Plan, images: int) -> tuple[float, ...]:
    """Return the highest rate of each cycle of a cyclical plan over so many images, as decay leaves it.

    >>> plan = cyclical_plan(640, lr_min=0.1, lr_max=0.5, epochs=2, cycles=2, remaining=0.25)
    >>> [round(rate, 3) for rate in peaks(plan, 640)]
    [0.383, 0.241]
    """
    rate = plan.rate
    if not isinstance(rate, Cyclical):
        raise AnalysisError(f"plan: {rate!r} has no cycles")
    rates = [rate(update) for update in range(sum(plan.updates(images)))]
    half = rate.half_cycle
    return tuple(max(rates[apex - half : apex + half]) for apex in range(half, len(rates), 2 * half))

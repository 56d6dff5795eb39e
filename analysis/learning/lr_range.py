"""The learning-rate range test on images in memory, the module afterwards as if nothing had happened.

Two ways to one curve of training loss over learning rate: a number of candidate rates, each from the same
weights and through the same batches in the same order; and Smith's single run whose rate grows from update to
update (Smith 2015, arXiv 1506.01186, section 3.3).
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from analysis.errors import AnalysisError
from analysis.learning.memory import Memory
from analysis.learning.parallel import side_by_side
from analysis.learning.plans import Plan
from analysis.learning.preserving import preserved
from analysis.learning.range_curve import Loss, RangeCurve, candidates_curve, ramp_curve
from analysis.learning.readings import MovingAverage, check_rates
from analysis.learning.schedules import Constant, Ramp
from analysis.learning.training import PLAIN, Arithmetic, DivergedError, Examples, Update, seeded, updates
from analysis.learning.watching import StartWatch, watch_nothing

GIVE_UP = 4.0
"""A ramp ends where the smoothed loss is so many times the largest of its first tenth."""


@dataclass(frozen=True)
class Bench:
    """What is tried, and on what; it is left as it was.

    Attributes
    ----------
    module, optimizer
        As they should start each time, on the examples' device.
    examples
        To learn from.
    arithmetic
        How to compute.
    """

    module: nn.Module
    optimizer: torch.optim.Optimizer
    examples: Examples
    arithmetic: Arithmetic = PLAIN


@dataclass(frozen=True)
class Effort:
    """How often, and by what means, something is tried.

    Attributes
    ----------
    seeds
        Of the order of the images; with several, losses are medians (candidates) or means (ramp).
    jobs
        How many runs at a time; the numbers are the same.
    watch
        For a progress bar, with one job.
    memory
        To be spared, on trying again, what was tried.
    """

    seeds: Sequence[int] = (0,)
    jobs: int = 1
    watch: StartWatch = watch_nothing
    memory: Memory | None = None

    def __post_init__(self) -> None:
        if not self.seeds:
            raise AnalysisError("seeds: must be one at least")


ONCE = Effort()
"""One seed, and nothing remembered."""


def log_spaced(lowest: float, highest: float, count: int) -> tuple[float, ...]:
    """Return rates at equal ratios, both ends included.

    >>> log_spaced(1e-9, 1e1, 3)
    (1e-09, 0.0001, 10.0)
    """
    ramp = Ramp(lowest, highest, count)
    return tuple(float(f"{ramp(index):.12g}") for index in range(count))


def candidates(
    bench: Bench, rates: Sequence[float], *, batch: int = 64, epochs: int = 5, effort: Effort = ONCE
) -> RangeCurve:
    """Train with each rate from the state in which the module is, and put that back.

    Parameters
    ----------
    bench
        What is tried.
    rates
        Ascending.
    batch, epochs
        Of each run.
    effort
        How often, and how.
    """
    check_rates(rates)
    plans = [Plan((batch,) * epochs, Constant(rate)) for rate in rates]
    pieces = {
        f"rate {rate!r}, {epochs} epochs in batches of {batch}, seed {seed}": partial(
            _candidate_loss, bench, plan, seed
        )
        for seed in effort.seeds
        for rate, plan in zip(rates, plans, strict=True)
    }
    losses = iter(_remembered(pieces, effort))
    return candidates_curve(rates, [[next(losses) for _ in rates] for _ in effort.seeds])


def ramp(
    bench: Bench,
    *,
    lowest: float = 1e-9,
    highest: float = 1e1,
    length: int = 400,
    batch: int = 64,
    smoothing: float = 0.9,
    effort: Effort = ONCE,
) -> RangeCurve:
    """Train while the rate grows from `lowest` to `highest` in `length` updates, and put all back.

    A run ends early where the loss is no number any more, or the smoothed one four times the largest of the
    first tenth.

    Parameters
    ----------
    bench
        What is tried, once for each seed.
    lowest, highest, length, batch
        Of the run.
    smoothing
        The weight of the past in the moving average.
    effort
        How often, and how.
    """
    rise = Ramp(lowest, highest, length)
    images = len(bench.examples.labels)
    plan = Plan((batch,) * math.ceil(length / math.ceil(images / batch)), rise)
    plan.updates(images)
    what = f"ramp from {lowest!r} to {highest!r} in {length} batches of {batch}, smoothing {smoothing!r}"
    pieces = {
        f"{what}, seed {seed}": partial(_ramp_losses, bench, plan, seed, length, smoothing)
        for seed in effort.seeds
    }
    rates = [rise(update) for update in range(length)]
    return ramp_curve(rates, _remembered(pieces, effort), smoothing=smoothing)


Piece = Callable[..., Any]
"""Returns a loss, or the losses of a ramp."""


def _remembered(pieces: Mapping[str, Piece], effort: Effort) -> list[Any]:
    memory = effort.memory or Memory()
    missing = memory.missing(pieces)
    work = [
        pieces[name] if effort.jobs > 1 else partial(pieces[name], watch=effort.watch) for name in missing
    ]
    for index, result in side_by_side(work, effort.jobs):
        memory.keep(missing[index], result)
    return [memory.known(name) for name in pieces]


def _candidate_loss(bench: Bench, plan: Plan, seed: int, *, watch: StartWatch = watch_nothing) -> Loss:
    """Return the mean loss over the images of the last epoch; None if the run breaks down."""
    seen = watch(f"rate {plan.rate(0):.2g}", sum(plan.updates(len(bench.examples.labels))))
    last: list[Update] = []
    with preserved(bench.module, bench.optimizer), seeded(seed):
        try:
            for update in _updates(bench, plan, seed):
                seen(update)
                if update.epoch == len(plan.batches) - 1:
                    last.append(update)
        except DivergedError:
            return None
    return sum(update.loss * update.batch for update in last) / sum(update.batch for update in last)


def _ramp_losses(
    bench: Bench, plan: Plan, seed: int, length: int, smoothing: float, *, watch: StartWatch = watch_nothing
) -> list[Loss]:
    """Return the loss of each update, None of the last if the run breaks down there."""
    seen = watch("ramp", length)

    def climb() -> Iterator[float]:
        for update in _updates(bench, plan, seed):
            seen(update)
            yield update.loss

    with preserved(bench.module, bench.optimizer), seeded(seed):
        return climbed(climb(), length, smoothing)


def _updates(bench: Bench, plan: Plan, seed: int) -> Iterator[Update]:
    bench.module.train()
    return updates(
        bench.module, bench.optimizer, bench.examples, plan, seed=seed, arithmetic=bench.arithmetic
    )


def climbed(losses: Iterable[float], length: int, smoothing: float) -> list[Loss]:
    """Return losses up to a length, or to where they explode; one that is not finite ends them as None."""
    average = MovingAverage(smoothing)
    made: list[Loss] = []
    largest = 0.0
    try:
        for loss in losses:
            if not math.isfinite(loss):
                return [*made, None]
            made.append(loss)
            if len(made) <= max(1, length // 10):
                largest = max(largest, loss)
            if len(made) == length or average.after(loss) > GIVE_UP * largest > 0:
                break
    except DivergedError:
        made.append(None)
    return made

"""The learning-rate range test, on any module, which finds itself afterwards as if nothing had happened.

Two ways to one curve of training loss over learning rate: a number of candidate rates, each from the same
weights and through the same batches in the same order; and Smith's single run whose rate grows from update to
update (Smith 2015, arXiv 1506.01186, section 3.3).
"""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import nn

from analysis.learning.plans import Plan
from analysis.learning.readings import MovingAverage, Readings, read
from analysis.learning.runs import Watch, unwatched
from analysis.learning.schedules import Constant, Ramp
from analysis.learning.training import DivergedError, Examples, Update, modes_kept, seeded, updates

GIVE_UP = 4.0
"""A ramp ends where the smoothed loss is so many times the first."""

Remember = Callable[[str, Callable[[], Any]], Any]
"""Given a name and a piece of work, returns its result, or the one that it has by that name (`Memory`)."""

WatchRate = Callable[[str, int], Watch]
"""Called with a name and a number of updates before a run; what it returns is called after every update."""


@dataclass(frozen=True)
class Curve:
    """Training loss over learning rate, and what it says.

    Attributes
    ----------
    rates
        Ascending.
    losses
        As measured: of candidates, the mean over the images of the last epoch; of a ramp, each batch's. None
        where the run broke down.
    smoothed
        What was read: of candidates the losses themselves.
    readings
        The rates that stand out.
    lr_min, lr_max
        The suggested bounds.
    """

    rates: tuple[float, ...]
    losses: tuple[float | None, ...]
    smoothed: tuple[float | None, ...]
    readings: Readings
    lr_min: float
    lr_max: float


def log_spaced(lowest: float, highest: float, count: int) -> tuple[float, ...]:
    """Return rates at equal ratios, both ends included.

    >>> log_spaced(1e-9, 1e1, 3)
    (1e-09, 0.0001, 10.0)
    """
    ramp = Ramp(lowest, highest, count)
    return tuple(float(f"{ramp(index):.12g}") for index in range(count))


def candidates(
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    examples: Examples,
    rates: Sequence[float],
    *,
    batch: int = 64,
    epochs: int = 5,
    seeds: Sequence[int] = (0,),
    bfloat16: bool = False,
    watch: WatchRate = lambda name, total: unwatched,  # noqa: ARG005  (the hook's signature)
    remember: Remember = lambda name, work: work(),  # noqa: ARG005  (nothing is remembered)
) -> Curve:
    """Train with each rate from the state in which the module is, and put that back.

    The suggested bounds are the first clear decrease and the minimum: at a constant rate, the latter is by
    measurement the best of them.

    Parameters
    ----------
    module, optimizer
        As they should start each time, on the examples' device.
    examples
        To learn from.
    rates
        Ascending.
    batch, epochs
        Of each run.
    seeds
        Of the order of the images; with several, losses are medians.
    bfloat16
        Compute in bfloat16 where torch deems it safe.
    watch
        For a progress bar.
    remember
        To be spared, on trying again, the rates that were tried.

    Raises
    ------
    AnalysisError
        When the loss falls nowhere.
    """
    medians = []
    for rate in rates:
        plan = Plan((batch,) * epochs, Constant(rate))
        losses = []
        for seed in seeds:

            def tried(rate: float = rate, plan: Plan = plan, seed: int = seed) -> float | None:
                seen = watch(f"rate {rate:.2g}", sum(plan.updates(len(examples.labels))))
                made, diverged = _run(
                    module, optimizer, examples, plan, seed=seed, watch=seen, bfloat16=bfloat16
                )
                return None if diverged else _last_epoch_loss(made)

            loss = remember(f"rate {rate!r}, seed {seed}", tried)
            losses.append(math.inf if loss is None else loss)
        medians.append(median(losses))
    readings = read(rates, medians)
    finite = _finite_or_none(medians)
    return Curve(tuple(rates), finite, finite, readings, readings.first_decrease, readings.minimum)


def ramp(
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    examples: Examples,
    *,
    lowest: float = 1e-9,
    highest: float = 1e1,
    length: int = 400,
    batch: int = 64,
    smoothing: float = 0.9,
    seed: int = 0,
    bfloat16: bool = False,
    watch: WatchRate = lambda name, total: unwatched,  # noqa: ARG005  (the hook's signature)
    remember: Remember = lambda name, work: work(),  # noqa: ARG005  (nothing is remembered)
) -> Curve:
    """Train once while the rate grows from `lowest` to `highest` in `length` updates, and put all back.

    It ends early where the loss is no number any more, or the smoothed one four times the first. The
    suggested bounds are the first clear decrease and where the fall slows: past that, a ramp's loss still
    sinks for a while, thanks to what was learned at lower rates.

    The other parameters are those of `candidates`; `smoothing` is the weight of the past in the average.
    """
    rise = Ramp(lowest, highest, length)
    batches = (batch,) * math.ceil(length / math.ceil(len(examples.labels) / batch))

    def climbed() -> list[float | None]:
        average = MovingAverage(smoothing)

        def over(made: list[Update]) -> bool:
            return average.after(made[-1].loss) > GIVE_UP * made[0].loss or len(made) == length

        plan, seen = Plan(batches, rise), watch("ramp", length)
        made, diverged = _run(
            module, optimizer, examples, plan, seed=seed, watch=seen, bfloat16=bfloat16, until=over
        )
        return [update.loss for update in made] + ([None] if diverged else [])

    losses = [math.inf if loss is None else loss for loss in remember(f"ramp, seed {seed}", climbed)]
    rates = [rise(update) for update in range(len(losses))]
    average = MovingAverage(smoothing)
    smoothed = [average.after(loss) for loss in losses]
    readings = read(rates, smoothed)
    return Curve(
        tuple(rates),
        _finite_or_none(losses),
        _finite_or_none(smoothed),
        readings,
        readings.first_decrease,
        readings.slows,
    )


@contextmanager
def preserved(module: nn.Module, optimizer: torch.optim.Optimizer) -> Iterator[None]:
    """Put parameters, buffers, gradients, modes, optimizer and torch's random state back, bit for bit.

    Tensors are filled in place, so that whoever holds one holds the right one afterwards.
    """
    tensors = [*module.parameters(), *module.buffers()]
    values = [tensor.detach().clone() for tensor in tensors]
    gradients = [(one, None if one.grad is None else one.grad.clone()) for one in module.parameters()]
    state = copy.deepcopy(optimizer.state_dict())
    with modes_kept(module), torch.random.fork_rng():
        try:
            yield
        finally:
            with torch.no_grad():
                for tensor, value in zip(tensors, values, strict=True):
                    tensor.copy_(value)
            for parameter, gradient in gradients:
                parameter.grad = gradient
            optimizer.load_state_dict(state)


def _run(
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    examples: Examples,
    plan: Plan,
    *,
    seed: int,
    watch: Watch,
    bfloat16: bool,
    until: Callable[[list[Update]], bool] = lambda made: False,  # noqa: ARG005  (never, by default)
) -> tuple[list[Update], DivergedError | None]:
    """Return the updates of a run that leaves no trace, and how it broke down if it did."""
    made: list[Update] = []
    with preserved(module, optimizer), seeded(seed):
        module.train()
        try:
            for update in updates(module, optimizer, examples, plan, seed=seed, bfloat16=bfloat16):
                made.append(update)
                watch(update)
                if until(made):
                    break
        except DivergedError as error:
            return made, error
    return made, None


def _last_epoch_loss(made: list[Update]) -> float:
    last = [update for update in made if update.epoch == made[-1].epoch]
    return sum(update.loss * update.batch for update in last) / sum(update.batch for update in last)


def _finite_or_none(values: Sequence[float]) -> tuple[float | None, ...]:
    return tuple(value if math.isfinite(value) else None for value in values)

"""A plan trained once per seed, on any module and data, and summed up as figures and tables show it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from torch import nn

from analysis.learning.plans import Plan
from analysis.learning.runs import Epoch, Means, Run, train
from analysis.learning.training import Data, Score, sgd

MakeModule = Callable[[int], nn.Module]
"""From a seed to a module with initial weights, on the data's device."""

POINTS = 200
"""At most so many points make a curve over updates; each is a mean over neighbours."""


@dataclass(frozen=True)
class Stretch:
    """Neighbouring updates summed up: how many were made by their end, their mean rate, loss and accuracy."""

    updates: int
    rate: float
    loss: float
    accuracy: float


@dataclass(frozen=True)
class Curves:
    """A run as its figures and tables show it."""

    seed: int
    stretches: tuple[Stretch, ...]
    epochs: tuple[Epoch, ...]
    test: Score
    updates: int
    seconds: float

    @classmethod
    def of(cls, seed: int, run: Run) -> "Curves":
        """Sum up a run."""
        return cls(seed, stretches(run), run.epochs, run.test, len(run.updates), run.seconds)


def stretches(run: Run) -> tuple[Stretch, ...]:
    """Average a run's updates in at most `POINTS` stretches of equal length, but for the last."""
    length = -(-len(run.updates) // POINTS)
    parts = [run.updates[first : first + length] for first in range(0, len(run.updates), length)]
    return tuple(
        Stretch(
            part[-1].update + 1,
            sum(update.rate for update in part) / len(part),
            sum(update.loss for update in part) / len(part),
            sum(update.accuracy for update in part) / len(part),
        )
        for part in parts
    )


def train_seeds(
    name: str,
    make_module: MakeModule,
    data: Data,
    plan: Plan,
    *,
    seeds: Sequence[int] = (0,),
    momentum: float = 0.0,
    means: Means | None = None,
) -> tuple[Curves, ...]:
    """Train a plan once per seed, each with initial weights and an order of the images of its own.

    Parameters
    ----------
    name
        Of the plan; each run is called ``NAME-seedN``.
    make_module
        From a seed to a fresh module on the data's device.
    data, plan
        What to learn from, and how.
    seeds
        One run each.
    momentum
        Of stochastic gradient descent.
    means
        Logging, checkpoints, progress; resumed runs equal unbroken ones.

    Raises
    ------
    DivergedError
        When a loss or a weight is not finite any more.
    """
    means = means or Means()
    means = replace(means, identity={**means.identity, "momentum": momentum, "plan": repr(plan)})
    curves = []
    for seed in seeds:
        module = make_module(seed)
        optimizer = sgd(module, momentum)
        run = train(f"{name}-seed{seed}", module, optimizer, data, plan, seed=seed, means=means)
        curves.append(Curves.of(seed, run))
    return tuple(curves)

"""Plans trained once per seed, on any module and data, and summed up as figures and tables show them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from torch import nn

from analysis.learning.parallel import side_by_side
from analysis.learning.plans import Plan
from analysis.learning.runs import NOWHERE, Epoch, History, Keeping, train
from analysis.learning.training import PLAIN, Arithmetic, Data, Score, sgd
from analysis.learning.watching import StartWatch, watch_nothing

Name = TypeVar("Name", bound=str)

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
    def of(cls, seed: int, run: History) -> "Curves":
        """Sum up a run."""
        return cls(seed, stretches(run), run.epochs, run.test, len(run.updates), run.seconds)


def stretches(run: History) -> tuple[Stretch, ...]:
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


@dataclass(frozen=True)
class Trial:
    """One run to be made: a plan, a seed, and all that it takes.

    Attributes
    ----------
    name
        Of the plan; the run is called ``NAME-seedN``.
    make_module
        From a seed to a fresh module on the data's device.
    data, plan, seed
        What to learn from, how, and by which draws.
    momentum
        Of stochastic gradient descent.
    arithmetic, keeping
        As `analysis.learning.runs.train` takes them.
    """

    name: str
    make_module: MakeModule
    data: Data
    plan: Plan
    seed: int
    momentum: float = 0.0
    arithmetic: Arithmetic = PLAIN
    keeping: Keeping = NOWHERE

    def run(self, watch: StartWatch = watch_nothing) -> Curves:
        """Make the run and sum it up."""
        module = self.make_module(self.seed)
        history = train(
            f"{self.name}-seed{self.seed}",
            module,
            sgd(module, self.momentum),
            self.data,
            self.plan,
            seed=self.seed,
            arithmetic=self.arithmetic,
            keeping=self.keeping,
            watch=watch,
        )
        return Curves.of(self.seed, history)


def train_plans(
    plans: Mapping[Name, Plan],
    make_module: MakeModule,
    data: Data,
    *,
    seeds: Sequence[int] = (0,),
    momentum: float = 0.0,
    arithmetic: Arithmetic = PLAIN,
    keeping: Keeping = NOWHERE,
    jobs: int = 1,
    watch: StartWatch = watch_nothing,
) -> dict[Name, tuple[Curves, ...]]:
    """Train each plan once per seed, with initial weights and an order of the images of the seed's own.

    Parameters
    ----------
    plans
        By their names.
    make_module, data, momentum, arithmetic, keeping
        Those of a `Trial`; resumed runs equal unbroken ones.
    seeds
        One run of each plan for each.
    jobs
        How many runs at a time; the numbers are the same.
    watch
        For a progress bar, with one job.

    Raises
    ------
    DivergedError
        When a loss or a weight is not finite any more.
    """
    trials = [
        Trial(name, make_module, data, plan, seed, momentum, arithmetic, keeping)
        for name, plan in plans.items()
        for seed in seeds
    ]
    runs = [trial.run if jobs > 1 else partial(trial.run, watch) for trial in trials]
    done = dict(side_by_side(runs, jobs))
    count = len(seeds)
    return {
        name: tuple(done[position * count + index] for index in range(count))
        for position, name in enumerate(plans)
    }

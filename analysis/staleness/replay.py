"""Training as a trace has it: each gradient at the weights that it read, applied when and with whom."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, default_collate

from analysis.errors import AnalysisError
from analysis.learning.schedules import Rate
from analysis.learning.training import DivergedError, modes_kept
from analysis.staleness.agenda import Agenda
from analysis.staleness.batch_norm import training
from analysis.staleness.batches import batch_rows, drawing_seed
from analysis.staleness.recipe import Recipe, corrected_momentum
from analysis.staleness.rules import PLAIN, Rule, Weights, group_weights
from analysis.staleness.settings import BatchNorm
from analysis.staleness.versions import Versions
from sim import Trace

Loss = Callable[[Any, Any], Tensor]
"""From a module's outputs and the targets to one number, the mean over the batch."""

Source = tuple[Tensor, Tensor] | Dataset[Any]
"""Inputs and targets, on the module's device; or a data set with a length, whose items torch can collate."""


@dataclass(frozen=True)
class Step:
    """One update that was made.

    Attributes
    ----------
    update
        Its index, from 0.
    seconds
        When it was made, in simulated time.
    rate
        The learning rate, damping apart.
    gradients, staleness
        How many gradients made it, and the mean of their staleness.
    loss
        Mean over them of the loss on each one's batch, at the weights that it was read at.
    """

    update: int
    seconds: float
    rate: float
    gradients: int
    staleness: float
    loss: float


class Replay:
    """A module's training, one update at a time.

    Parameters are those of `train_by_trace`; the module is trained in place, between `opened` and its end.
    """

    def __init__(self, module: nn.Module, loss: Loss, data: Source, trace: Trace, recipe: Recipe) -> None:
        self.agenda = Agenda.of(trace)
        self._module, self._loss, self._data, self._trace, self._recipe = module, loss, data, trace, recipe
        self._count = _count(data)
        batch_rows(trace.seed, "", 1, batch=recipe.batch, count=self._count)
        self._versions = Versions(module)
        self._velocity: list[Tensor | None] = []
        self._schedule = recipe.schedule
        self._momentum = corrected_momentum(recipe, trace)

    @property
    def made(self) -> int:
        """How many updates have been made."""
        return self._versions.newest

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Train the module for a while; its modes and torch's random state are put back at the end."""
        with modes_kept(self._module), torch.random.fork_rng():
            training(self._module, self._recipe.batch_norm, None if self.made else self._sample)
            try:
                yield
            finally:
                self._versions.close()

    def step(self) -> Step:
        """Make the next update.

        Raises
        ------
        DivergedError
            When a loss is not finite, before the weights change.
        """
        update, versions, recipe = self.made, self._versions, self._recipe
        rows = self.agenda.rows(update)
        staleness = self._trace.staleness[rows.start : rows.stop].tolist()
        factors = [recipe.rule.damping(stale) for stale in staleness]
        weights = group_weights(factors, recipe.weights)
        rate = self._schedule(update)
        direction: list[Tensor | None] = []
        total = 0.0
        for version, members in self._computed_together(rows):
            versions.use(version)
            loss = self._gradient(members)
            if not math.isfinite(loss):
                versions.use(versions.newest)
                versions.take_gradients()
                raise DivergedError(f"the loss is {loss}", update, rate)
            total += loss * len(members)
            gradient = versions.take_gradients()
            if recipe.rule.compensation and version != update:
                _carry_forward(gradient, versions[update], versions[version], recipe.rule.compensation)
            weight = sum(weights[row - rows.start] for row in members)
            direction = _sum(direction, gradient, weight)
        last = self._trace.version_read[rows.start : rows.stop]
        versions.drop(
            version
            for version in set(last.tolist())
            if version != update and not self.agenda.is_read_after(version, update)
        )
        if self._momentum:
            direction = self._velocity = _gather(self._velocity, direction, self._momentum)
        versions.step(direction, rate, keep=self.agenda.is_read_after(update, update))
        return Step(
            update,
            float(self._trace.ended_at[rows.start]),
            rate,
            len(rows),
            sum(staleness) / len(staleness),
            total / len(rows),
        )

    def _computed_together(self, rows: range) -> Iterator[tuple[int, list[int]]]:
        """Yield the gradients that go through the module at once, and the version that they read."""
        read = self._trace.version_read[rows.start : rows.stop].tolist()
        if self._recipe.batch_norm != "group":
            yield from ((version, [row]) for version, row in zip(read, rows, strict=True))
            return
        together: dict[int, list[int]] = {}
        for version, row in zip(read, rows, strict=True):
            together.setdefault(version, []).append(row)
        yield from together.items()

    def _gradient(self, rows: list[int]) -> float:
        """Compute the mean gradient of some rows at the version in use; return the loss."""
        trace = self._trace
        keys = [(trace.seed, trace.workers[trace.worker[row]], int(trace.index[row])) for row in rows]
        drawn = [batch_rows(*key, batch=self._recipe.batch, count=self._count) for key in keys]
        inputs, targets = _examples(self._data, drawn[0] if len(drawn) == 1 else torch.cat(drawn))
        _seed_drawing(targets, drawing_seed(*keys[0]))
        loss = self._loss(self._module(inputs), targets)
        loss.backward()  # type: ignore[no-untyped-call]  # torch does not annotate it
        return loss.item()

    def _sample(self) -> Any:  # noqa: ANN401 -- what the module takes
        """Return inputs to measure frozen statistics on: as many as eight gradients take."""
        count = min(self._count, 8 * self._recipe.batch)
        return _examples(self._data, batch_rows(self._trace.seed, "", 0, batch=count, count=self._count))[0]

    def state_dict(self) -> dict[str, Any]:
        """Return where it stands, but for the module's own state."""
        return {"made": self.made, "older": self._versions.older(), "velocity": list(self._velocity)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another replay stood, whose module's state has been loaded already."""
        self._versions.restore(state_dict["made"], state_dict["older"])
        self._velocity = list(state_dict["velocity"])


def train_by_trace(
    module: nn.Module,
    loss: Loss,
    data: Source,
    trace: Trace,
    *,
    rate: float | Rate = 0.05,
    rule: Rule = PLAIN,
    momentum: float = 0.0,
    batch: int = 32,
    weights: Weights = "mean",
    batch_norm: BatchNorm = "latest",
    seed: int | None = None,
    watch: Callable[[Step], object] | None = None,
) -> tuple[Step, ...]:
    """Train a module by the gradients that a trace applied: at the weights that each read, when, with whom.

    Discarded, cancelled and lost gradients, and those under way at the end, are not computed. The images of a
    gradient depend on the trace's seed, its worker's name and its number alone (`batch_rows`).

    Parameters
    ----------
    module
        Trained in place, all of its parameters that require a gradient.
    loss
        From the module's outputs and the targets to the mean over the batch.
    data
        Inputs and targets as tensors whose first dimension counts examples, or a torch data set.
    trace
        Of `sim.simulate`, or loaded from a file.
    rate, rule, momentum, batch, weights, batch_norm
        See `Recipe`.
    seed
        Which seed the trace should have; where it has another it is refused.
    watch
        Called after each update with its `Step`, when the module has the new weights.

    Returns
    -------
    steps
        One for each update.

    Raises
    ------
    DivergedError
        When a loss is not finite; the weights are those before it.
    AnalysisError
        When the trace has another seed, the batch is larger than the data, or a setting makes no sense.

    Examples
    --------
    Two workers and one weight, whose gradient is the weight itself: the second update goes by a gradient that
    is one update old.

    >>> from sim import Scenario, Worker, simulate
    >>> workers = [Worker(name="A", compute=1, gradients=1), Worker(name="B", compute=2, gradients=1)]
    >>> trace = simulate(Scenario(workers=workers))
    >>> weight = torch.nn.Linear(1, 1, bias=False)
    >>> _ = torch.nn.init.ones_(weight.weight)
    >>> half_square = lambda outputs, _: (outputs**2).mean() / 2
    >>> data = torch.ones(1, 1), torch.ones(1)
    >>> steps = train_by_trace(weight, half_square, data, trace, rate=0.25, batch=1)
    >>> [(step.staleness, step.loss) for step in steps], weight.weight.item()
    ([(0.0, 0.5), (1.0, 0.5)], 0.5)
    """
    if seed is not None and seed != trace.seed:
        raise AnalysisError(
            f"seed: the trace is of seed {trace.seed}, not {seed}; simulate the scenario with seed {seed}"
        )
    replay = Replay(module, loss, data, trace, Recipe(rate, rule, momentum, batch, weights, batch_norm))
    steps = []
    with replay.opened():
        while replay.made < trace.updates:
            steps.append(replay.step())
            if watch is not None:
                watch(steps[-1])
    return tuple(steps)


def _count(data: Source) -> int:
    if not isinstance(data, tuple):
        return len(data)  # type: ignore[arg-type]  # torch's data sets need not have one; then Python says so
    inputs, targets = data
    if len(inputs) != len(targets):
        raise AnalysisError(f"data: {len(inputs)} inputs must have as many targets, not {len(targets)}")
    return len(inputs)


def _examples(data: Source, rows: Tensor) -> tuple[Any, Any]:
    if isinstance(data, tuple):
        inputs, targets = data
        rows = rows.to(inputs.device)
        return inputs[rows], targets[rows]
    inputs, targets = default_collate([data[row] for row in rows.tolist()])
    return inputs, targets


def _seed_drawing(near: Tensor, seed: int) -> None:
    """Seed the generator of a tensor's device; `torch.manual_seed` takes a millisecond for all of them."""
    if near.is_cuda:
        torch.cuda.default_generators[near.get_device()].manual_seed(seed)
    torch.default_generator.manual_seed(seed)


def _carry_forward(
    gradient: list[Tensor | None], now: Sequence[Tensor], then: Sequence[Tensor], compensation: float
) -> None:
    """Add λ·g⊙g⊙(w − v) to each part of a gradient, in place."""
    for part, new, old in zip(gradient, now, then, strict=True):
        if part is not None:
            part.addcmul_(part * part, new - old, value=compensation)


def _sum(
    sum_so_far: list[Tensor | None], gradient: list[Tensor | None], weight: float
) -> list[Tensor | None]:
    """Add a gradient, weighed; its memory is made use of."""
    if not sum_so_far:
        return [part if part is None or weight == 1 else part.mul_(weight) for part in gradient]
    for place, part in enumerate(gradient):
        before = sum_so_far[place]
        if part is not None:
            sum_so_far[place] = part.mul_(weight) if before is None else before.add_(part, alpha=weight)
    return sum_so_far


def _gather(
    velocity: list[Tensor | None], direction: list[Tensor | None], momentum: float
) -> list[Tensor | None]:
    """Return momentum·velocity + direction, as torch's SGD does."""
    if not velocity:
        return direction
    for place, part in enumerate(direction):
        before = velocity[place]
        if part is not None:
            velocity[place] = part if before is None else before.mul_(momentum).add_(part)
    return velocity

"""One run from its first update to its test: watched, logged, and resumed where it was cut off."""

import math
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import nn

from analysis.errors import AnalysisError
from analysis.learning.checkpoints import (
    ALREADY,
    CHECKPOINT,
    LOG,
    Log,
    Progress,
    load_checkpoint,
    save_checkpoint,
)
from analysis.learning.plans import Plan
from analysis.learning.training import Data, DivergedError, Score, Update, evaluate, seeded, updates

Watch = Callable[[Update], None]
"""Called after every update, to draw a progress bar, say."""


def unwatched(update: Update) -> None:
    """Watch nothing."""


@dataclass(frozen=True)
class Epoch:
    """How a run stood after an epoch.

    `updates` counts those made so far and `batch` is the epoch's; the training figures are means over the
    epoch's images as they were met, the validation figures those of the weights at its end.
    """

    epoch: int
    updates: int
    batch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True)
class Run:
    """A finished run.

    `seconds` is the time spent in updates (not in validating, testing and saving), all its parts together.
    """

    updates: tuple[Update, ...]
    epochs: tuple[Epoch, ...]
    test: Score
    seconds: float


@dataclass(frozen=True)
class Means:
    """How runs are made, whatever they do: only `ghost` and `bfloat16` change their numbers.

    Attributes
    ----------
    ghost
        Pass batches through the module in parts of so many examples; None passes them whole.
    bfloat16
        Compute in bfloat16 where torch deems it safe.
    folder
        Where each run keeps its log and its checkpoint, in a folder of its own; None to keep nothing.
    resume
        Go on from the checkpoints in `folder`; without it a folder that holds any is refused.
    watch
        Called with the run's name before a run, for a function to be called after every update.
    identity
        What tells these runs from others; a checkpoint with another identity is refused.
    every
        Seconds between checkpoints, beside the one after each epoch.
    """

    ghost: int | None = None
    bfloat16: bool = False
    folder: Path | None = None
    resume: bool = False
    watch: Callable[[str, int], Watch] = lambda name, total: unwatched  # noqa: ARG005  (the hook's signature)
    identity: Mapping[str, object] = field(default_factory=dict)
    every: float = 60.0


def train(
    name: str,
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    data: Data,
    plan: Plan,
    *,
    seed: int,
    means: Means | None = None,
) -> Run:
    """Train by a plan, validate after each epoch, test once at the end.

    Parameters
    ----------
    name
        Of the run, and of its folder in ``means.folder``.
    module, optimizer
        Trained in place.
    data, plan
        What to learn from, and how.
    seed
        Of the order of the images and of torch's draws (dropout) in the run. Torch's own random state is put
        back at the end.
    means
        Logging, checkpoints, progress.

    Raises
    ------
    DivergedError
        When the loss or a weight is not finite any more. The last checkpoint, whose weights are, stays.
    AnalysisError
        When the folder holds a run already and is not to be resumed, or cannot be written.
    """
    means = means or Means()
    folder = means.folder / name if means.folder else None
    identity = {**means.identity, "run": name, "seed": seed}
    total = sum(plan.updates(len(data.train.labels)))
    module.train()
    with seeded(seed):
        begun = _start(folder, module, optimizer, identity, resume=means.resume)
        made, seconds = begun.made, begun.seconds
        with closing(Log(folder, begun.log_size)) as log:

            def save() -> None:
                if folder:
                    save_checkpoint(folder, module, optimizer, Progress(made, seconds, log.size), identity)

            watch = means.watch(name, total)
            started = saved = time.perf_counter()
            for update in updates(
                module,
                optimizer,
                data.train,
                plan,
                seed=seed,
                start=made,
                ghost=means.ghost,
                bfloat16=means.bfloat16,
            ):
                made = update.update + 1
                seconds += time.perf_counter() - started
                log.append({"kind": "update", **asdict(update)})
                watch(update)
                if update.ends_epoch:
                    log.append({"kind": "epoch", **asdict(_epoch(module, data, log, update, means))})
                if update.ends_epoch or time.perf_counter() - saved > means.every:
                    _check_weights(module, update)
                    save()
                    saved = time.perf_counter()
                started = time.perf_counter()
            if not log.of_kind("test"):
                log.append({"kind": "test", **asdict(evaluate(module, data.test, bfloat16=means.bfloat16))})
                save()
            return Run(
                tuple(Update(**record) for record in log.of_kind("update")),
                tuple(Epoch(**record) for record in log.of_kind("epoch")),
                Score(**log.of_kind("test")[0]),
                seconds,
            )


def _start(
    folder: Path | None,
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    identity: Mapping[str, object],
    *,
    resume: bool,
) -> Progress:
    """Return how far the run in a folder is, its state put in place; nowhere for a new run."""
    if folder is None:
        return Progress()
    if resume:
        if (folder / CHECKPOINT).exists():
            return load_checkpoint(folder, module, optimizer, identity)
    elif (folder / LOG).exists():
        raise AnalysisError(ALREADY.format(folder))
    return Progress()


def _epoch(module: nn.Module, data: Data, log: Log, last: Update, means: Means) -> Epoch:
    """Sum up the epoch that an update has ended."""
    _check_weights(module, last)
    of_epoch = [record for record in log.of_kind("update") if record["epoch"] == last.epoch]
    images = sum(record["batch"] for record in of_epoch)
    validation = evaluate(module, data.validation, bfloat16=means.bfloat16)
    if not math.isfinite(validation.loss):
        raise DivergedError(f"the validation loss is {validation.loss}", last.update, last.rate)
    return Epoch(
        last.epoch,
        last.update + 1,
        of_epoch[0]["batch"],
        sum(record["loss"] * record["batch"] for record in of_epoch) / images,
        sum(record["accuracy"] * record["batch"] for record in of_epoch) / images,
        validation.loss,
        validation.accuracy,
    )


def _check_weights(module: nn.Module, last: Update) -> None:
    if not all(bool(parameter.isfinite().all()) for parameter in module.parameters()):
        raise DivergedError("a weight is not finite", last.update, last.rate)

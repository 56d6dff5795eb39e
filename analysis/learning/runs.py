"""One run from its first update to its test: watched, logged, and resumed where it was cut off."""

import math
import time
from contextlib import closing
from dataclasses import asdict, dataclass
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
from analysis.learning.identity import Identity, identity_of, identity_of_run
from analysis.learning.plans import Plan
from analysis.learning.training import (
    PLAIN,
    Arithmetic,
    Data,
    DivergedError,
    Score,
    Update,
    evaluate,
    seeded,
    updates,
)
from analysis.learning.watching import StartWatch, watch_nothing


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
class History:
    """A finished run.

    `seconds` is the time spent in updates (not in validating, testing and saving), all its parts together.
    """

    updates: tuple[Update, ...]
    epochs: tuple[Epoch, ...]
    test: Score
    seconds: float


@dataclass(frozen=True)
class Keeping:
    """Where runs are kept, which changes none of their numbers.

    Attributes
    ----------
    folder
        Where each run keeps its log and its checkpoint, in a folder of its own; None to keep nothing.
    resume
        Go on from the checkpoints in `folder`; without it a folder that holds any is refused.
    every
        Seconds between checkpoints, beside the one after each epoch.
    """

    folder: Path | None = None
    resume: bool = False
    every: float = 60.0


NOWHERE = Keeping()
"""Nothing is kept."""


def train(
    name: str,
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    data: Data,
    plan: Plan,
    *,
    seed: int,
    arithmetic: Arithmetic = PLAIN,
    keeping: Keeping = NOWHERE,
    watch: StartWatch = watch_nothing,
) -> History:
    """Train by a plan, validate after each epoch, test once at the end.

    Parameters
    ----------
    name
        Of the run, and of its folder in ``keeping.folder``.
    module, optimizer
        Trained in place.
    data, plan
        What to learn from, and how.
    seed
        Of the order of the images and of torch's draws (dropout) in the run. Torch's own random state is put
        back at the end.
    arithmetic
        How updates are computed.
    keeping
        Log and checkpoints. What is resumed is this run: same data, weights at its start, plan, seed and
        arithmetic, or it is refused.
    watch
        For a progress bar.

    Raises
    ------
    DivergedError
        When the loss or a weight is not finite any more. The last checkpoint, whose weights are, stays.
    AnalysisError
        When the folder holds a run already and is not to be resumed, holds another run, is damaged, or
        cannot be written.
    """
    folder = keeping.folder / name if keeping.folder else None
    images = len(data.train.labels)
    total = sum(plan.updates(images))
    common = identity_of(module, optimizer, data, arithmetic) if folder else {}
    identity = identity_of_run(common, name, plan, images, seed) if folder else {}
    module.train()
    with seeded(seed):
        begun = _start(folder, module, optimizer, identity, resume=keeping.resume)
        made, seconds = begun.made, begun.seconds
        with closing(Log(folder, begun)) as log:

            def save() -> None:
                if folder:
                    save_checkpoint(folder, module, optimizer, log.progress(made, seconds), identity)

            seen = watch(name, total)
            started = saved = time.perf_counter()
            for update in updates(
                module, optimizer, data.train, plan, seed=seed, start=made, arithmetic=arithmetic
            ):
                made = update.update + 1
                seconds += time.perf_counter() - started
                log.append({"kind": "update", **asdict(update)})
                seen(update)
                if update.ends_epoch:
                    epoch = _epoch(module, data, log, update, arithmetic)
                    log.append({"kind": "epoch", **asdict(epoch)})
                if update.ends_epoch or time.perf_counter() - saved > keeping.every:
                    _check_weights(module, update)
                    save()
                    saved = time.perf_counter()
                started = time.perf_counter()
            if not log.of_kind("test"):
                score = evaluate(module, data.test, bfloat16=arithmetic.bfloat16)
                log.append({"kind": "test", **asdict(score)})
                save()
            return History(
                tuple(Update(**record) for record in log.of_kind("update")),
                tuple(Epoch(**record) for record in log.of_kind("epoch")),
                Score(**log.of_kind("test")[0]),
                seconds,
            )


def _start(
    folder: Path | None,
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    identity: Identity,
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


def _epoch(module: nn.Module, data: Data, log: Log, last: Update, arithmetic: Arithmetic) -> Epoch:
    """Sum up the epoch that an update has ended."""
    _check_weights(module, last)
    of_epoch = [record for record in log.of_kind("update") if record["epoch"] == last.epoch]
    images = sum(record["batch"] for record in of_epoch)
    validation = evaluate(module, data.validation, bfloat16=arithmetic.bfloat16)
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

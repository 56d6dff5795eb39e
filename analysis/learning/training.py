"""The one training loop, and the one evaluation, of all learning experiments.

The images are tensors in memory, shuffled anew in each epoch by a generator that depends on the seed and the
epoch alone. So any update of a run can be made without those before it, given the weights: that is what makes
a resumed run equal to an unbroken one.
"""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from analysis.errors import AnalysisError
from analysis.learning.datasets import GREY, Labelled
from analysis.learning.digests import digest
from analysis.learning.plans import Plan
from analysis.learning.schedules import at_least_one
from analysis.learning.splits import Splits


class DivergedError(AnalysisError):
    """A loss, or a weight, is no finite number any more; `update` and `rate` say when."""

    def __init__(self, what: str, update: int, rate: float) -> None:
        super().__init__(f"{what} at update {update}, with learning rate {rate:.6g}; try a lower rate")
        self.what = what
        self.update = update
        self.rate = rate

    def __reduce__(self) -> tuple[type[Self], tuple[str, int, float]]:
        """Let it come back from another process."""
        return type(self), (self.what, self.update, self.rate)


@dataclass(frozen=True)
class Examples:
    """Inputs, (count, channels, height, width) for images, and their classes, (count,), on one device.

    Raises
    ------
    AnalysisError
        When there is not one whole number from 0 as label for each input.
    """

    inputs: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        if not (isinstance(self.inputs, Tensor) and isinstance(self.labels, Tensor)):
            raise AnalysisError("inputs and labels: must be tensors; torch.from_numpy makes them of arrays")
        shape = tuple(self.labels.shape)
        if len(shape) != 1 or not shape[0] or self.inputs.ndim < 1 or len(self.inputs) != shape[0]:
            raise AnalysisError(
                f"labels of shape {shape} do not go with inputs of shape {tuple(self.inputs.shape)}:"
                " give one label for each input"
            )
        if self.labels.dtype != torch.int64 or int(self.labels.min()) < 0:
            raise AnalysisError(
                f"labels from {self.labels.min().item()}, {self.labels.dtype}, must be int64 and at least 0"
            )

    @classmethod
    def of(cls, part: Labelled, device: str = "cpu") -> Self:
        """Return images as inputs, grey ones with one channel, channels last in memory."""
        images = torch.from_numpy(part.images)
        inputs = images.unsqueeze(1) if images.ndim == GREY else images.permute(0, 3, 1, 2)
        labels = torch.from_numpy(part.labels)
        return cls(inputs.to(device, memory_format=torch.channels_last), labels.to(device))


@dataclass(frozen=True)
class Data:
    """What a run learns from, what it is watched on, and what it is tested on once, at its end.

    Raises
    ------
    AnalysisError
        When the inputs are of different sizes.
    """

    train: Examples
    validation: Examples
    test: Examples

    def __post_init__(self) -> None:
        sizes = {tuple(part.inputs.shape[1:]) for part in (self.train, self.validation, self.test)}
        if len(sizes) > 1:
            raise AnalysisError(f"inputs of {' and '.join(map(str, sorted(sizes)))} must be of one size")

    @cached_property
    def fingerprint(self) -> str:
        """The first digits of the SHA-256 of all inputs and labels."""
        parts = (self.train, self.validation, self.test)
        return digest(tensor for part in parts for tensor in (part.inputs, part.labels))

    @classmethod
    def of(cls, splits: Splits, device: str = "cpu") -> Self:
        """Return the three parts as tensors on a device."""
        parts = (splits.train, splits.validation, splits.test)
        return cls(*(Examples.of(part, device) for part in parts))


@dataclass(frozen=True)
class Arithmetic:
    """How updates are computed; both settings change their numbers.

    Attributes
    ----------
    ghost
        Pass each batch through the module in parts of so many examples, and update by the mean of all their
        gradients. Only what looks across a batch can tell: batch normalisation then sees parts of one size
        however large the batch is (ghost batch normalisation, Hoffer et al. 2017, arXiv 1705.08741). It also
        bounds the memory. None passes batches whole.
    bfloat16
        Compute in bfloat16 what torch's autocast deems safe; weights stay in float32.
    """

    ghost: int | None = None
    bfloat16: bool = False

    def __post_init__(self) -> None:
        if self.ghost is not None:
            at_least_one("ghost", self.ghost)

    def __str__(self) -> str:
        precision = "bfloat16" if self.bfloat16 else "float32"
        return f"{precision}, {self.ghost or 'all'} images of a batch at a time"


PLAIN = Arithmetic()
"""Batches whole, in float32."""


@dataclass(frozen=True)
class Update:
    """What happened at one update, measured on its batch before the weights changed.

    Attributes
    ----------
    update, epoch
        Both from 0.
    rate, batch
        The learning rate, and the number of images.
    loss, accuracy
        Mean cross-entropy in nats, and the share of images classified right.
    ends_epoch
        Whether it is the last of its epoch.
    """

    update: int
    epoch: int
    rate: float
    batch: int
    loss: float
    accuracy: float
    ends_epoch: bool


@dataclass(frozen=True)
class Score:
    """Mean cross-entropy in nats, and the share classified right."""

    loss: float
    accuracy: float


def updates(
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    examples: Examples,
    plan: Plan,
    *,
    seed: int,
    start: int = 0,
    arithmetic: Arithmetic = PLAIN,
) -> Iterator[Update]:
    """Train, one update whenever the caller asks for the next.

    The gradient of an update is that of the summed losses divided by the plan's batch. So every example of
    an epoch moves the weights alike, also those of a smaller last batch. Divided by their own number, as is
    usual, 32 examples left over by batches of 512 would move them as far as 512 do, with the noise of 32.

    Parameters
    ----------
    module, optimizer
        Changed in place; the module should be in training mode. Every parameter group gets the plan's rate.
    examples, plan
        On the module's device. Each epoch takes every example once, in an order of its own.
    seed
        Of the orders.
    start
        The index of the first update to make; those before it are taken as made.
    arithmetic
        How to compute.

    Yields
    ------
    update
        After the weights have changed.

    Raises
    ------
    DivergedError
        When a loss is not finite, before the weights change.
    AnalysisError
        When the module does not return a number for each class of each example, nothing of it learns, or the
        optimizer needs a closure.
    """
    check_optimizer(optimizer)
    if not any(parameter.requires_grad for parameter in module.parameters()):
        raise AnalysisError("net: no parameter of it needs a gradient, so nothing can be learned")
    made, checked = 0, False
    for epoch, batch in enumerate(plan.batches):
        order = _order(len(examples.labels), seed, epoch).to(examples.labels.device)
        batches = torch.split(order, batch)
        skipped = min(max(start - made, 0), len(batches))
        for index, rows in enumerate(batches[skipped:], start=made + skipped):
            rate = plan.rate(index)
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.zero_grad()
            loss = right = 0.0
            for part in torch.split(rows, arithmetic.ghost or len(rows)):
                labels = examples.labels[part]
                with autocast(labels.device.type, enabled=arithmetic.bfloat16):
                    logits = module(examples.inputs[part])
                    checked = checked or check_logits(logits, len(part), examples)
                    of_part = cross_entropy(logits, labels, reduction="sum") / batch
                loss += of_part.item() * batch / len(rows)
                if not math.isfinite(loss):
                    raise DivergedError(f"the loss is {loss}", index, rate)
                of_part.backward()  # type: ignore[no-untyped-call]  # torch does not annotate it
                right += (logits.argmax(1) == labels).sum().item()
            optimizer.step()
            ends_epoch = index == made + len(batches) - 1
            yield Update(index, epoch, rate, len(rows), loss, right / len(rows), ends_epoch)
        made += len(batches)


def check_optimizer(optimizer: torch.optim.Optimizer) -> None:
    """Refuse what is no optimizer, or one that is not told how far to go.

    Raises
    ------
    AnalysisError
        Saying which to take.
    """
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise AnalysisError(f"optimizer: {type(optimizer).__name__} must be one of torch's kind")
    if isinstance(optimizer, torch.optim.LBFGS):
        raise AnalysisError(
            "optimizer: LBFGS chooses its steps itself; take one that is given a learning rate"
        )


def check_logits(logits: object, count: int, examples: Examples) -> bool:
    """Refuse what is not a number for each class of each of so many examples; true if it is.

    Raises
    ------
    AnalysisError
        With the shape, or the label that no number is for.
    """
    shape = tuple(logits.shape) if isinstance(logits, Tensor) else ()
    highest = int(examples.labels.max())
    if len(shape) != 2 or shape[0] != count or shape[1] <= highest:  # noqa: PLR2004  # (examples, classes)
        returned = f"a tensor of shape {shape}" if isinstance(logits, Tensor) else type(logits).__name__
        raise AnalysisError(
            f"net: returns {returned} for {count} examples, where it must return a number for each of at"
            f" least {highest + 1} classes of each"
        )
    return True


def evaluate(module: nn.Module, examples: Examples, *, batch: int = 500, bfloat16: bool = False) -> Score:
    """Return the loss and the accuracy over all examples, with batch norm and dropout as in use.

    The module's modes are put back afterwards, and nothing else about it changes.
    """
    at_least_one("batch", batch)
    with modes_kept(module), torch.inference_mode():
        module.eval()
        loss = right = 0.0
        for inputs, labels in zip(
            torch.split(examples.inputs, batch), torch.split(examples.labels, batch), strict=True
        ):
            with autocast(labels.device.type, enabled=bfloat16):
                logits = module(inputs)
                check_logits(logits, len(labels), examples)
                loss += cross_entropy(logits, labels, reduction="sum").item()
            right += (logits.argmax(1) == labels).sum().item()
    return Score(loss / len(examples.labels), right / len(examples.labels))


def autocast(device: str, *, enabled: bool) -> torch.autocast:
    """Return the context in which what can be is computed in bfloat16."""
    return torch.autocast(device, torch.bfloat16, enabled=enabled)


@contextmanager
def modes_kept(module: nn.Module) -> Iterator[None]:
    """Put training mode or evaluation mode of every submodule back at the end."""
    modes = [(part, part.training) for part in module.modules()]
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


def random_state_kept() -> AbstractContextManager[None]:
    """Put torch's random state back at the end, that of the processor and of every CUDA device."""
    # Named one by one, for torch warns where there are several and it must find them itself.
    return torch.random.fork_rng(range(torch.cuda.device_count()))


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let torch draw from a stream of its own (dropout, initial weights), and put its random state back."""
    with random_state_kept():
        torch.manual_seed(seed)
        yield


def sgd(module: nn.Module, momentum: float = 0.0) -> torch.optim.SGD:
    """Return stochastic gradient descent over all of a module's parameters; the rate comes from the plan."""
    return torch.optim.SGD(module.parameters(), lr=0.0, momentum=momentum)


def _order(count: int, seed: int, epoch: int) -> Tensor:
    generator = np.random.default_rng([seed, epoch])
    return torch.from_numpy(generator.permutation(count))

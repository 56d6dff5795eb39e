"""The learning-rate range test on anyone's module, loss and loader."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import index
from typing import Any

import torch
from torch import Tensor, nn

from analysis.errors import AnalysisError
from analysis.learning.lr_range import climbed
from analysis.learning.preserving import preserved, seeded_loader
from analysis.learning.range_curve import Loss, RangeCurve, ramp_curve
from analysis.learning.schedules import Ramp
from analysis.learning.training import check_optimizer

LossFunction = Callable[[Any, Any], Tensor]
"""From outputs and targets to a loss of one number."""

Forward = Callable[[nn.Module, Any], tuple[Any, Any]]
"""From a module and a batch to outputs and targets."""


def lr_range_test(
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss: LossFunction,
    loader: Iterable[Any],
    *,
    lowest: float = 1e-7,
    highest: float = 10.0,
    updates: int = 100,
    smoothing: float = 0.9,
    seeds: Sequence[int] = (0,),
    target: str | None = None,
    forward: Forward | None = None,
    watch: Callable[[float, float], None] = lambda rate, loss: None,  # noqa: ARG005  # the hook's signature
) -> RangeCurve:
    """Train while the learning rate grows, read bounds off the losses, and leave no trace.

    Smith 2015 (arXiv 1506.01186, section 3.3), the rate growing by the same factor at every update. Weights,
    buffers, gradients, modes, the optimizer, random states (torch's, numpy's and Python's), and generators
    and counters of the loader, its data set and its samplers are afterwards what they were. What a loader
    takes from elsewhere stays taken.

    Parameters
    ----------
    module, optimizer
        As a training would start; every parameter group gets the growing rate. The module is put in training
        mode meanwhile.
    loss
        From outputs and targets to a number: ``nn.CrossEntropyLoss()``, ``nn.functional.mse_loss``, your own;
        a module may have parameters of its own, which the optimizer may train.
    loader
        Yields batches, again each time it is begun; it is begun again where it ends before the test does. A
        batch is a pair of inputs and targets, a longer tuple whose last is the targets, or a dictionary whose
        `target` is. Inputs may be a tensor, a tuple (the module's arguments) or a dictionary (its keyword
        arguments). Tensors are moved to the module's device.
    lowest, highest, updates
        Of the rate, and how many updates it takes from one to the other.
    smoothing
        The weight of the past in the moving average that is read.
    seeds
        One run from the same weights for each, the order of the batches and dropout drawn from it; the losses
        are averaged.
    target
        The name of the targets in batches that are dictionaries.
    forward
        What to do with a batch that is none of these: from the module and the batch to outputs and targets.
    watch
        Called with the rate and the loss of every update.

    Returns
    -------
    curve
        Its bounds are None, and the reason is in ``unreadable``, where the losses say nothing.

    Raises
    ------
    AnalysisError
        When the loader yields nothing, a batch is of another form, the loss is not one real number, the
        module has lazy layers that have not been called, or the optimizer needs a closure.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> batches = [(x, 3 * x + torch.randn(64, 1)) for x in torch.randn(20, 64, 1)]
    >>> line = nn.Linear(1, 1)
    >>> sgd = torch.optim.SGD(line.parameters())
    >>> curve = lr_range_test(line, sgd, nn.functional.mse_loss, batches, lowest=1e-4)
    >>> 0.001 < curve.lr_min < curve.lr_max < 2
    True
    """
    check_optimizer(optimizer)
    try:
        numbers = [index(seed) for seed in seeds]
    except TypeError:
        raise AnalysisError(f"seeds: {seeds!r} must be a list of whole numbers") from None
    if not numbers:
        raise AnalysisError("seeds: must be one at least")
    rise = Ramp(lowest, highest, updates)
    step = forward or _forward(target)

    def climb() -> Iterator[float]:
        for update, batch in enumerate(_endless(loader)):
            rate = rise(update)
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.zero_grad()
            outputs, targets = step(module, batch)
            value = _one_number(loss(outputs, targets))
            value.backward()  # type: ignore[no-untyped-call]  # torch does not annotate it
            optimizer.step()
            watch(rate, value.item())
            yield value.item()

    modules = [module, loss] if isinstance(loss, nn.Module) else [module]
    by_seed: list[list[Loss]] = []
    for seed in numbers:
        with preserved(optimizer, *modules), seeded_loader(loader, seed):
            module.train()
            by_seed.append(climbed(climb(), updates, smoothing))
    return ramp_curve([rise(update) for update in range(updates)], by_seed, smoothing=smoothing)


def _endless(loader: Iterable[Any]) -> Iterator[Any]:
    while True:
        empty = True
        for batch in loader:
            empty = False
            yield batch
        if empty:
            raise AnalysisError("loader: yields no batch, or none when it is begun again; give one that does")


def _one_number(value: object) -> Tensor:
    if not isinstance(value, Tensor) or value.numel() != 1:
        what = (
            f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        )
        raise AnalysisError(f"loss: must return a tensor of one number, not {what}")
    if value.is_complex():
        raise AnalysisError("loss: must be real, not complex; take its absolute value or the like")
    if not value.requires_grad:
        raise AnalysisError("loss: has no gradient; does any parameter of the module need one?")
    return value.reshape(())


def _forward(target: str | None) -> Forward:
    def forward(module: nn.Module, batch: Any) -> tuple[Any, Any]:  # noqa: ANN401  # whatever the loader yields
        inputs, targets = _parted(_moved(batch, _device(module)), target)
        match inputs:
            case Mapping():
                return module(**inputs), targets
            case tuple() | list():
                return module(*inputs), targets
        return module(inputs), targets

    return forward


def _parted(batch: Any, target: str | None) -> tuple[Any, Any]:  # noqa: ANN401  # whatever the loader yields
    if isinstance(batch, Mapping):
        if target not in batch:
            raise AnalysisError(
                f"target: {target!r} must name the targets in a batch of {', '.join(map(str, batch))}"
            )
        return {name: value for name, value in batch.items() if name != target}, batch[target]
    if isinstance(batch, tuple | list) and len(batch) > 1:
        *inputs, targets = batch
        return inputs[0] if len(inputs) == 1 else inputs, targets
    raise AnalysisError(
        f"loader: a batch is {type(batch).__name__}, not a tuple of inputs and targets or a dictionary;"
        " say by `forward` what to do with it"
    )


def _device(module: nn.Module) -> torch.device | None:
    first = next(module.parameters(), None)
    return None if first is None else first.device


def _moved(batch: Any, device: torch.device | None) -> Any:  # noqa: ANN401  # whatever the loader yields
    match batch:
        case Tensor():
            return batch if device is None else batch.to(device)
        case Mapping():
            return {name: _moved(value, device) for name, value in batch.items()}
        case tuple() | list():
            return [_moved(value, device) for value in batch]
    return batch

"""One step of a module on stand-ins: forward, loss, backward, optimizer; nothing is computed or reserved."""

import copy
import fnmatch
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import attrs
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils.checkpoint import checkpoint

from nets.costing.held import BUFFERS, GRADIENTS, INPUTS, OPTIMIZER, WEIGHTS, Held, Moment
from nets.costing.settings import BFLOAT16, FOREACH, MIXED, Settings
from nets.costing.storages import Storages
from nets.counting import performed
from nets.counting.arguments import Arguments
from nets.counting.parameters import name_of
from nets.counting.registry import Rules
from nets.counting.rules import RULES
from nets.counting.standins import StandIns
from nets.counting.tensors import tensors_in
from nets.counting.trace import Run, Trace, running
from nets.errors import CountError, InputError
from nets.suggestions import near_misses

if TYPE_CHECKING:
    from nets.counting.symbols import Symbols


@attrs.frozen
class Step:
    """What happened in a step.

    Parameters
    ----------
    trace
        The operations and their cost.
    held
        The storages.
    moments
        The times after each operation, views included, in order.
    """

    trace: Trace
    held: tuple[Held, ...]
    moments: tuple[Moment, ...]


def step(
    module: nn.Module,
    arguments: Arguments,
    settings: Settings,
    *,
    rules: Rules = RULES,
    symbols: "Symbols | None" = None,
) -> Step:
    """Trace one step in the steady state: the optimizer's state is there already, gradients are not.

    Gradients and the loss are let go at its end, as by ``optimizer.zero_grad()``; outputs where nothing needs
    them any more.

    Parameters
    ----------
    module, arguments, rules, symbols
        As for `nets.counting.trace.trace`; the module is left exactly as it was.
    settings
        What is done.

    Raises
    ------
    CountError
        If the module cannot be called so, or asks for no gradient.
    InputError
        If a pattern of ``checkpoint`` fits no module.
    """
    anew = _chosen(module, settings.checkpoint)
    if settings.dtype == BFLOAT16:
        module = _in_bfloat16(module)
    storages = Storages(symbols.ours if symbols else int, settings.kind)
    training = not settings.inference
    with running(module, arguments, training=training, rules=rules, symbols=symbols, beneath=storages) as run:
        storages.place = run.recorder.place
        _enter_all(run, storages)
        with run.noting(steps=True), torch.set_grad_enabled(training):
            if training:
                _train(run, storages, settings, anew)
            else:
                storages.begin()
                with _precision(settings), _AsReal(run.recorder.standins):
                    run.module(*run.args, **run.kwargs)
    return Step(run.trace(), storages.book, tuple(storages.moments))


def _enter_all(run: Run, storages: Storages) -> None:
    standins = run.recorder.standins
    for name, parameter in run.module.named_parameters():
        storages.enter(standins.fake(parameter), name, WEIGHTS)
    for name, buffer in run.module.named_buffers():
        storages.enter(standins.fake(buffer), name, BUFFERS)
    standins.used.clear()  # asking for them was no use
    for index, tensor in enumerate(tensors_in((run.args, dict(run.kwargs)))):
        storages.enter(standins.fake(tensor) if _is_real(tensor) else tensor, f"input {index + 1}", INPUTS)


def _is_real(tensor: Tensor) -> bool:
    return not hasattr(tensor, "fake_device")


def _train(run: Run, storages: Storages, settings: Settings, anew: list[str]) -> None:
    standins = run.recorder.standins
    parameters = {name: standins.fake(p) for name, p in run.module.named_parameters() if p.requires_grad}
    standins.used.clear()  # asking for them was no use
    optimizer = _optimizer(settings, list(parameters.values())) if parameters else None
    if optimizer is not None:
        with run.recorder.muted():
            _rehearse(run, optimizer, parameters.values())
        for parameter, values in optimizer.state.items():
            for name, value in values.items():
                if isinstance(value, Tensor):
                    storages.enter(value, f"{standins.owners[id(parameter)]} ({name})", OPTIMIZER)
    storages.begin()
    with _checkpointed(run.module, anew, storages), _AsReal(standins):
        loss = _differentiate(run, storages, settings)
    for name, parameter in parameters.items():
        if parameter.grad is not None:
            storages.enter(parameter.grad, name, GRADIENTS)
    if optimizer is not None:
        run.recorder.phase = performed.OPTIMIZER
        optimizer.step()
        optimizer.zero_grad()
    del loss  # users' loops hold it to the end


def _differentiate(run: Run, storages: Storages, settings: Settings) -> Tensor:
    def save(tensor: Tensor) -> Tensor:
        storages.save(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor):
        with _precision(settings):
            loss = _loss(run.module(*run.args, **run.kwargs), settings)
        run.recorder.phase = performed.BACKWARD
        loss.backward()  # type: ignore[no-untyped-call]  # torch's annotations
    return loss


def _loss(output: Any, settings: Settings) -> Tensor:  # noqa: ANN401  # whatever a module returns
    outputs = [tensor for tensor in tensors_in(output) if tensor.requires_grad]
    if not outputs:
        raise CountError("nothing that it returns asks for a gradient, so there is no training step")
    if settings.loss == "sum":
        first, *others = (tensor.sum() for tensor in outputs)
        return torch.as_tensor(sum(others, start=first))
    logits = outputs[0]
    if logits.dim() < 2:  # noqa: PLR2004  # examples and classes
        raise CountError("cross-entropy needs an output of examples by classes; choose the loss sum")
    flat = logits.flatten(0, -2)
    return functional.cross_entropy(flat, flat.new_empty(flat.shape[:1], dtype=torch.int64))


def _optimizer(settings: Settings, parameters: list[Tensor]) -> torch.optim.Optimizer:
    foreach = settings.implementation == FOREACH
    if settings.optimizer == "adam":
        return torch.optim.Adam(parameters, foreach=foreach)
    if settings.optimizer == "adamw":
        return torch.optim.AdamW(parameters, foreach=foreach)
    momentum = 0.9 if settings.optimizer == "momentum" else 0
    return torch.optim.SGD(parameters, lr=0.1, momentum=momentum, foreach=foreach)


def _rehearse(run: Run, optimizer: torch.optim.Optimizer, parameters: Iterable[Tensor]) -> None:
    """Make the optimizer's state, by a step on gradients that hold nothing."""
    run.recorder.phase = performed.OPTIMIZER
    for parameter in parameters:
        parameter.grad = torch.empty_like(parameter)
    optimizer.step()
    optimizer.zero_grad()
    run.recorder.phase = performed.FORWARD


class _AsReal(TorchFunctionMode):
    """Lets torch go the way that it goes with real tensors.

    Stand-ins take the place of parameters before torch chooses by device, as some are on meta; gradients
    gather in the stand-ins. Dropout that drops nothing returns its input, where a trace would copy it.
    """

    def __init__(self, standins: StandIns) -> None:
        super().__init__()
        self.standins = standins

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401  # torch's protocol
        del types
        if func in (torch.dropout, functional.dropout) and _drops_nothing(*args, **(kwargs or {})):
            return args[0]
        return func(*map(self._present, args), **{k: self._present(v) for k, v in (kwargs or {}).items()})

    def _present(self, value: Any) -> Any:  # noqa: ANN401  # any argument
        if isinstance(value, nn.Parameter):
            return self.standins.fake(value)
        if isinstance(value, list | tuple) and any(isinstance(item, nn.Parameter) for item in value):
            return type(value)(map(self._present, value))
        return value


def _drops_nothing(_: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> bool:  # noqa: FBT001, FBT002  # torch's arguments
    return not (p and training) and not inplace


def _precision(settings: Settings) -> Any:  # noqa: ANN401  # a context
    return torch.autocast("cpu", torch.bfloat16, enabled=settings.dtype == MIXED)


def _chosen(module: nn.Module, patterns: tuple[str, ...]) -> list[str]:
    """Return the paths of the modules that patterns fit."""
    names = [name for name, _ in module.named_modules() if name]
    chosen: list[str] = []
    for pattern in patterns:
        found = [name for name in names if _fits(name, pattern)]
        if not found:
            raise InputError(f"checkpoint {pattern!r} fits no module{near_misses(pattern, names)}")
        chosen += found
    return list(dict.fromkeys(chosen))


@contextmanager
def _checkpointed(module: nn.Module, names: list[str], storages: Storages) -> Iterator[None]:
    """Let modules be computed anew in the backward pass; only what goes into them is kept."""
    with ExitStack() as stack:
        for name in names:
            part = module.get_submodule(name)
            stack.callback(vars(part).pop, "forward", None)
            vars(part)["forward"] = _anew(part.forward, storages)
        yield


def _fits(name: str, pattern: str) -> bool:
    """Whether a path fits a pattern, name by name: a star stands for no dot, so nothing inside fits too."""
    parts, patterns = name.split("."), pattern.split(".")
    return len(parts) == len(patterns) and all(map(fnmatch.fnmatchcase, parts, patterns))


def _anew(forward: Callable[..., Any], storages: Storages) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # whatever the module takes and returns
        for tensor in tensors_in((args, kwargs)):
            storages.save(tensor)
        # Stand-ins of tensors on meta change their device, so what is computed anew is not compared.
        return checkpoint(
            forward, *args, use_reentrant=False, preserve_rng_state=False, determinism_check="none", **kwargs
        )

    return run


def _in_bfloat16(module: nn.Module) -> nn.Module:
    """Return a twin of a module without memory whose floating-point numbers are of two bytes."""

    def twin(tensor: Tensor) -> Tensor:
        dtype = torch.bfloat16 if tensor.is_floating_point() else tensor.dtype
        copied = torch.empty_like(tensor, dtype=dtype, device="meta")
        return nn.Parameter(copied, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else copied

    tensors = [*module.parameters(), *module.buffers()]
    memo: dict[int, Any] = {id(tensor): twin(tensor) for tensor in tensors}
    try:
        return copy.deepcopy(module, memo)
    except Exception as error:
        raise CountError(f"{name_of(module)} cannot be copied for bfloat16: {error}; give it so") from error

"""Leave a module, torch and the random generators exactly as they were, whatever happens meanwhile."""

import copy
import logging
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import transformer
from torch.nn.parameter import (  # type: ignore[attr-defined]  # torch's annotations
    UninitializedBuffer,
    UninitializedTensorMixin,
)


@contextmanager
def untouched(module: nn.Module) -> Iterator[None]:
    """Put back what a pass may change: modes, buffers, attributes, gradients, random generators."""
    modules = [*module.modules()]
    attributes = [(m, dict(m.__dict__), _contents(m)) for m in modules]
    parameters = [(p, p.requires_grad, p.grad) for p in module.parameters()]
    generators = _generators()
    fastpath = torch.backends.mha.get_fastpath_enabled()
    logger = logging.getLogger("torch._subclasses.fake_tensor")
    silent = logger.disabled
    looks = transformer._detect_is_causal_mask  # noqa: SLF001  # torch offers no switch
    try:
        logger.disabled = True  # it prints what is about to be raised
        for parameter, _, _ in parameters:
            parameter.grad = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.backends.mha.set_fastpath_enabled(False)  # it hides what it computes
            transformer._detect_is_causal_mask = _causal_if_said  # noqa: SLF001  # it reads the mask's numbers
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fastpath)
        transformer._detect_is_causal_mask = looks  # noqa: SLF001  # torch offers no switch
        logger.disabled = silent
        for submodule, before, contents in attributes:
            submodule.__dict__.clear()
            submodule.__dict__.update(before)
            for container, items in contents:
                if isinstance(container, list):
                    container[:] = items
                else:
                    container.clear()
                    container.update(items)
        for parameter, requires_grad, grad in parameters:
            parameter.grad = grad
            if parameter.requires_grad != requires_grad:
                parameter.requires_grad_(requires_grad)
        _restore(generators)


def _causal_if_said(mask: Tensor | None, is_causal: bool | None = None, size: int | None = None) -> bool:  # noqa: FBT001  # torch's protocol
    """Take no mask for a causal one that is not called so; what it leaves out is counted anyway."""
    del mask, size
    return is_causal is True


def _contents(module: nn.Module) -> list[tuple[Any, Any]]:
    return [
        (value, copy.copy(value))
        for value in module.__dict__.values()
        if isinstance(value, dict | list | set)
    ]


def _generators() -> tuple[Any, Any, Any]:
    numpy = sys.modules.get("numpy")
    return torch.get_rng_state(), random.getstate(), numpy.random.get_state() if numpy else None


def _restore(generators: tuple[Any, Any, Any]) -> None:
    ours, pythons, numpys = generators
    torch.set_rng_state(ours)
    random.setstate(pythons)
    if numpys is not None:
        sys.modules["numpy"].random.set_state(numpys)


class _LateBuffer(UninitializedBuffer):
    """A copy of a buffer to come: torch itself copies only such parameters."""

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]  # noqa: SLF001  # as parameters have it


def traceable(module: nn.Module) -> tuple[nn.Module, bool]:
    """Return what to trace: what a compiled or data-parallel module wraps, or a copy of a lazy one (True).

    A lazy module makes its parameters when it first runs, so what runs is a copy; tensors that exist are
    shared with it, not copied.
    """
    while isinstance(inner := getattr(module, "_orig_mod", None), nn.Module):
        module = inner
    if isinstance(module, nn.DataParallel):
        module = module.module
    tensors = [*module.parameters(), *module.buffers()]
    if not any(isinstance(tensor, UninitializedTensorMixin) for tensor in tensors):
        return module, False
    shared = {id(t): t for t in tensors if not isinstance(t, UninitializedTensorMixin)}
    for tensor in tensors:
        if isinstance(tensor, UninitializedBuffer):
            shared[id(tensor)] = _LateBuffer(device=tensor.device, dtype=tensor.dtype)  # type: ignore[call-arg]  # torch's annotations
    return copy.deepcopy(module, shared), True


def set_mode(module: nn.Module, *, training: bool) -> None:
    """Set a module's mode; an exported one keeps that in which it was exported."""
    try:
        module.train(training)
    except NotImplementedError:
        for child in module.children():
            set_mode(child, training=training)

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
from torch import nn
from torch.nn.parameter import UninitializedTensorMixin  # type: ignore[attr-defined]  # torch's annotations


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
    try:
        logger.disabled = True  # it prints what is about to be raised
        for parameter, _, _ in parameters:
            parameter.grad = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.backends.mha.set_fastpath_enabled(False)  # it hides what it computes
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fastpath)
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
    return copy.deepcopy(module, shared), True

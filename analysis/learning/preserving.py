"""Leaving no trace: a module, an optimizer, a loader and the random generators as they were before."""

import copy
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from analysis.learning.training import modes_kept


@contextmanager
def preserved(module: nn.Module, optimizer: torch.optim.Optimizer) -> Iterator[None]:
    """Put parameters, buffers, gradients, modes, optimizer and all random states back, bit for bit.

    Tensors are filled in place, so that whoever holds one holds the right one afterwards; attributes that are
    plain values are put back, too. The random states are torch's (of the processor and of all CUDA devices),
    numpy's and Python's global ones.
    """
    tensors = [*module.parameters(), *module.buffers()]
    values = [tensor.detach().clone() for tensor in tensors]
    gradients = [(one, None if one.grad is None else one.grad.clone()) for one in module.parameters()]
    state = copy.deepcopy(optimizer.state_dict())
    plain = [(owner, _plain(owner)) for owner in (optimizer, *module.modules())]
    numpys, pythons = np.random.get_state(), random.getstate()  # noqa: NPY002  # the global one is what is kept
    with modes_kept(module), torch.random.fork_rng():
        try:
            yield
        finally:
            with torch.no_grad():
                for tensor, value in zip(tensors, values, strict=True):
                    tensor.copy_(value)
            for parameter, gradient in gradients:
                parameter.grad = gradient
            optimizer.load_state_dict(state)
            for owner, attributes in plain:
                for name in _plain(owner).keys() - attributes.keys():
                    delattr(owner, name)
                vars(owner).update(attributes)
            np.random.set_state(numpys)  # noqa: NPY002  # as above
            random.setstate(pythons)


def _plain(owner: object) -> dict[str, object]:
    """Return attributes that are plain values: a counter in a module, a mark that a scheduler leaves."""
    return {
        name: value
        for name, value in vars(owner).items()
        if value is None or isinstance(value, bool | int | float | str)
    }


def generators_of(loader: object) -> list[torch.Generator]:
    """Return the generators that a loader, or a sampler of it, draws its order from."""
    found: dict[int, torch.Generator] = {}
    for owner in (loader, *_samplers(loader)):
        generator = getattr(owner, "generator", None)
        if isinstance(generator, torch.Generator):
            found[id(generator)] = generator
    return list(found.values())


def _samplers(loader: object) -> Iterable[object]:
    samplers = [getattr(loader, name, None) for name in ("sampler", "batch_sampler")]
    return [*samplers, getattr(samplers[1], "sampler", None)]


@contextmanager
def seeded_loader(loader: object, seed: int) -> Iterator[None]:
    """Let a loader draw from a seed, torch's, numpy's and Python's generators too; put its own ones back."""
    generators = generators_of(loader)
    states = [generator.get_state() for generator in generators]
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  # a data set of the user's may draw from it
    random.seed(seed)
    for generator in generators:
        generator.manual_seed(seed)
    try:
        yield
    finally:
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)

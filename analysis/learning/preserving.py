"""Leaving no trace: modules, an optimizer, a loader and the random generators as they were before."""

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from analysis.errors import AnalysisError
from analysis.learning.training import random_state_kept

Generator = torch.Generator | np.random.Generator | np.random.RandomState | random.Random


@contextmanager
def preserved(*owners: nn.Module | torch.optim.Optimizer) -> Iterator[None]:
    """Put parameters, buffers, gradients, modes, optimizers and all random states back, bit for bit.

    Tensors, dictionaries and lists are filled in place, so that whoever holds one holds the right one
    afterwards. What else a module holds is put back, too: counters, caches, tensors that are no buffers. The
    random states are torch's (of the processor and of all CUDA devices), numpy's and Python's global ones.

    Raises
    ------
    AnalysisError
        When a module has parameters that are not there yet.
    """
    snapshot = Snapshot()
    for owner in owners:
        parts: Iterable[object] = [owner]
        if isinstance(owner, nn.Module):
            parts = owner.modules()
            # Some, such as scripted ones, hold these elsewhere than in attributes.
            snapshot.take([*owner.parameters(), *owner.buffers()])
        for part in parts:
            snapshot.take(vars(part))
    numpys, pythons = np.random.get_state(), random.getstate()  # noqa: NPY002  # the global one is what is kept
    with random_state_kept():
        try:
            yield
        finally:
            snapshot.put_back()
            np.random.set_state(numpys)  # noqa: NPY002  # as above
            random.setstate(pythons)


class Snapshot:
    """Values as they are, to be put back into the very same objects."""

    def __init__(self) -> None:
        self._back: dict[int, Callable[[], object]] = {}

    def take(self, value: object) -> None:
        """Remember a tensor, a generator, or a dictionary or list with all of these that it holds."""
        if id(value) in self._back:
            return
        match value:
            case Tensor():
                self._take_tensor(value)
            case dict():
                self._back[id(value)] = partial(_refill, value, dict(value))
                self._take_all(value.values())
            case list():
                self._back[id(value)] = partial(value.__setitem__, slice(None), list(value))
                self._take_all(value)
            case set():
                self._back[id(value)] = partial(_refill_set, value, set(value))
            case tuple():
                self._take_all(value)
            case torch.Generator() | np.random.Generator() | np.random.RandomState() | random.Random():
                self._back[id(value)] = _state(value)

    def _take_all(self, values: Iterable[object]) -> None:
        for value in values:
            self.take(value)

    def take_attributes(self, owner: object) -> None:
        """Remember what is a plain value, or a generator, among the attributes of an object."""
        if id(owner) in self._back:
            return
        plain = {
            name: value
            for name, value in getattr(owner, "__dict__", {}).items()
            if value is None or isinstance(value, bool | int | float | str | Generator)
        }
        self._back[id(owner)] = lambda: getattr(owner, "__dict__", {}).update(plain)
        self._take_all(plain.values())

    def put_back(self) -> None:
        """Put everything back."""
        for back in self._back.values():
            back()

    def _take_tensor(self, tensor: Tensor) -> None:
        if is_lazy(tensor):
            raise AnalysisError(
                "module: has parameters that are not there yet, of a lazy layer; call it on a batch first"
            )
        if tensor.requires_grad and not tensor.is_leaf:
            self._back[id(tensor)] = lambda: None  # somebody's result, which is not written into
            return
        value, gradient = tensor.detach().clone(), tensor.grad

        def back() -> None:
            with torch.no_grad():
                if tensor.layout is not torch.strided or not torch.equal(tensor, value):
                    tensor.copy_(value)
            tensor.grad = gradient

        self._back[id(tensor)] = back
        if gradient is not None:
            self.take(gradient)


def _refill(held: dict[object, object], items: dict[object, object]) -> None:
    if list(held) != list(items):
        held.clear()
    held.update(items)


def _refill_set(held: set[object], members: set[object]) -> None:
    held.intersection_update(members)
    held.update(members)


def _state(generator: Generator) -> Callable[[], object]:
    """Return what puts a generator's state back."""
    match generator:
        case torch.Generator():
            state = generator.get_state()
            return partial(generator.set_state, state)
        case np.random.Generator():
            bits = generator.bit_generator
            return partial(setattr, bits, "state", bits.state)
        case np.random.RandomState():
            old = generator.get_state()
            return partial(generator.set_state, old)
    return partial(generator.setstate, generator.getstate())


def _parts(loader: object) -> list[object]:
    """Return a loader, its data set and its samplers, where it has them."""
    sampler = getattr(loader, "batch_sampler", None)
    parts = [getattr(loader, name, None) for name in ("sampler", "dataset")]
    return [part for part in (loader, *parts, sampler, getattr(sampler, "sampler", None)) if part is not None]


def _generators(loader: object) -> Iterator[Generator]:
    for part in _parts(loader):
        for value in list(getattr(part, "__dict__", {}).values()):
            if isinstance(value, Generator):
                yield value


@contextmanager
def seeded_loader(loader: object, seed: int) -> Iterator[None]:
    """Let a loader draw from a seed, torch's, numpy's and Python's generators too; put its own state back.

    Of a loader, its data set and its samplers that is every generator and every plain value, such as the
    number of an epoch.
    """
    snapshot = Snapshot()
    for part in _parts(loader):
        snapshot.take_attributes(part)
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  # a data set of the user's may draw from it
    random.seed(seed)
    for generator in _generators(loader):
        _seed(generator, seed)
    try:
        yield
    finally:
        snapshot.put_back()


def _seed(generator: Generator, seed: int) -> None:
    match generator:
        case torch.Generator():
            generator.manual_seed(seed)
        case np.random.Generator():
            generator.bit_generator.state = type(generator.bit_generator)(seed % 2**32).state
        case np.random.RandomState():
            generator.seed(seed % 2**32)
        case random.Random():
            generator.seed(seed)

"""Which memory is alive when: a dispatch mode that sees each storage come, and hears of its end."""

import weakref
from collections.abc import Callable
from typing import Any

import attrs
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from nets.costing.held import ACTIVATIONS, ALIVE, BEFORE, TEMPORARY, Held, Moment
from nets.costing.unseen import scratch, shared, true_size
from nets.counting.performed import OPTIMIZER
from nets.counting.tensors import tensors_in
from nets.network.algebra import Size

_ITEM = torch.ops.aten._local_scalar_dense.default  # noqa: SLF001  # torch's name for `item`


@attrs.define
class _Seen:
    """A storage while it lives; the reference hears of its end."""

    held: Held
    reference: Any = None


class Storages(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's annotations
    """Keeps the book of storages; each is told apart by identity, and ends when torch lets go of it.

    Parameters
    ----------
    sizes
        Makes an int or a formula of torch's sizes.
    kind
        Whose rules sizes follow, ``cpu`` or ``gpu``.
    """

    def __init__(self, sizes: Callable[[Any], Size], kind: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's annotations
        self.size, self.kind = sizes, kind
        self.place: Callable[[], tuple[str, str]] = lambda: ("", "")
        self.moments: list[Moment] = []
        self._book: list[_Seen] = []
        self._living: dict[int, int] = {}
        self._rehearsing = True

    def begin(self) -> None:
        """Begin the step: what is alive was there before it."""
        self._rehearsing = False

    @property
    def book(self) -> tuple[Held, ...]:
        """Every storage that was alive in the step."""
        last = len(self.moments)
        held = (attrs.evolve(s.held, died=last) if s.held.died is ALIVE else s.held for s in self._book)
        return tuple(each for each in held if each.died != BEFORE)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401  # torch's protocol
        del types
        module, phase = self.place()
        if func is _ITEM and phase == OPTIMIZER:
            return 1.0  # an optimizer asks how many steps it has made; no size depends on it
        result = shared(func, func(*args, **(kwargs or {})))
        label = func._schema.name.partition("::")[2]  # noqa: SLF001  # torch offers nothing public
        with torch._C.DisableTorchFunction():  # noqa: SLF001  # sizes read here are nobody's operations
            results = [*tensors_in(result)]
            for index, tensor in enumerate(results):
                if tensor.layout is torch.strided:
                    if label.startswith("resize"):
                        self._end(tensor.untyped_storage()._cdata)  # noqa: SLF001  # torch offers nothing public
                    self._see(tensor, label, module, true_size(func, args, index, tensor, self.kind))
            if not self._rehearsing:
                stages = (self.size(size) for size in scratch(func, args, results, self.kind))
                self.moments.append(Moment(module, label, phase, tuple(size for size in stages if size != 0)))
        return result

    def enter(self, tensor: Tensor, name: str, kind: str) -> None:
        """Say what a tensor is: its storage has this name and kind for all its life."""
        with torch._C.DisableTorchFunction():  # noqa: SLF001  # sizes read here are nobody's operations
            index = self._see(tensor, name, "", tensor.untyped_storage().nbytes())
        seen = self._book[index]
        seen.held = attrs.evolve(seen.held, name=name, kind=kind, module=name.rpartition(".")[0])

    def save(self, tensor: Tensor) -> None:
        """Note that autograd keeps a tensor; what is there anyway stays what it is."""
        index = self._living.get(tensor.untyped_storage()._cdata)  # noqa: SLF001  # torch offers nothing public
        if index is not None and self._book[index].held.keeper is None:
            seen = self._book[index]
            kind = ACTIVATIONS if seen.held.kind == TEMPORARY else seen.held.kind
            seen.held = attrs.evolve(seen.held, kind=kind, keeper=self.place()[0])

    def _see(self, tensor: Tensor, name: str, module: str, size: Any) -> int:  # noqa: ANN401  # an int or torch's symbolic one
        storage = tensor.untyped_storage()
        key = storage._cdata  # noqa: SLF001  # torch offers nothing public
        if key in self._living:
            return self._living[key]
        born = BEFORE if self._rehearsing else len(self.moments)
        shape, dtype = tuple(map(self.size, tensor.shape)), str(tensor.dtype).removeprefix("torch.")
        drafted = Held(name, module, TEMPORARY, shape, dtype, self.size(size), born, ALIVE)
        self._living[key] = index = len(self._book)
        self._book.append(_Seen(drafted, weakref.ref(storage, lambda _: self._end(key))))
        return index

    def _end(self, key: int) -> None:
        index = self._living.pop(key, None)
        if index is not None:
            seen = self._book[index]
            seen.reference = None
            seen.held = attrs.evolve(seen.held, died=BEFORE if self._rehearsing else len(self.moments))

"""A few whole numbers that a trace keeps: lengths of sequences, counters, ranges; choices may go by them."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, unset_fake_temporarily
from torch.utils._python_dispatch import _disable_current_modes

from nets.counting.tensors import tensors_in
from nets.errors import CountError
from nets.network.algebra import Size

_MOST = 10_000
_RANGES = (torch.ops.aten.arange.default, torch.ops.aten.arange.start, torch.ops.aten.arange.start_step)


class KnownNumbers:
    """The small integer tensors whose numbers are known; those of others are never written to."""

    def __init__(self) -> None:
        self._made: dict[int, Tensor] = {}
        self._twins: dict[int, tuple[Tensor, Tensor]] = {}
        self._lost: dict[int, Tensor] = {}

    def current(self, arguments: Any) -> Any:  # noqa: ANN401  # any arguments
        """Return arguments with the twins of tensors that were written to in their place."""
        return self._replaced(arguments) if self._twins else arguments

    def suffice(self, func: Any, tensors: list[Tensor], args: Any, kwargs: Any) -> bool:  # noqa: ANN401  # torch's protocol
        """Whether all that an operation needs is known, so that it may happen."""
        if any(not self._known(t) for t in tensors):
            return False
        if tensors:
            return True
        return (
            func in _RANGES
            and all(isinstance(arg, int) and arg <= _MOST for arg in args)
            and not ((dtype := kwargs.get("dtype")) and dtype.is_floating_point)
        )

    def performed(self, func: Any, args: Any, kwargs: Any) -> Any:  # noqa: ANN401  # torch's protocol
        """Let an operation happen; what is written to is a twin, unless the trace made it itself."""
        if func._schema.is_mutable:  # noqa: SLF001  # torch offers nothing public
            with _disable_current_modes():  # twins are nobody's memory
                return self._written(func, args, kwargs)
        with unset_fake_temporarily():
            result = func(*args, **kwargs)
        for tensor in tensors_in(result):
            self._made[id(tensor)] = tensor
        return result

    def _written(self, func: Any, args: Any, kwargs: Any) -> Any:  # noqa: ANN401  # torch's protocol
        for tensor in tensors_in((args, kwargs)):
            if id(tensor) not in self._made:
                twin = tensor.clone()
                self._made[id(twin)] = twin
                self._twins[id(tensor)] = (tensor, twin)  # the original is kept, or another could get its id
        result = func(*self.current(args), **self.current(kwargs))
        for tensor in tensors_in(result):
            self._made[id(tensor)] = tensor
        return next((original for original, twin in self._twins.values() if twin is result), result)

    def forget(self, func: Any, tensors: list[Tensor]) -> None:  # noqa: ANN401  # an operator
        """Take no numbers for known any more that something unknown is written to."""
        if func._schema.is_mutable:  # noqa: SLF001  # torch offers nothing public
            self._lost.update({id(tensor): tensor for tensor in tensors if self._known(tensor)})

    def refuse_missing(self, name: str, args: Any, named: Callable[[Any], Size]) -> None:  # noqa: ANN401  # torch's protocol
        """Refuse to select what is not there, where it is known what is selected.

        Raises
        ------
        CountError
            As torch would on numbers.
        """
        if name != "aten.index_select" or not self._known(args[2]) or not args[2].numel():
            return
        with unset_fake_temporarily():
            last = int(args[2].max())
        size = args[0].shape[args[1]]
        if last >= size:
            raise CountError(f"the place {last} is selected, and there are {named(size)}, counted from 0")

    def _known(self, tensor: Tensor) -> bool:
        return (
            not isinstance(tensor, FakeTensor)
            and tensor.device.type == "cpu"
            and tensor.layout is torch.strided
            and not (tensor.is_floating_point() or tensor.is_complex())
            and tensor.numel() <= _MOST
            and id(tensor) not in self._lost
        )

    def _replaced(self, value: Any) -> Any:  # noqa: ANN401  # any arguments
        if isinstance(value, Tensor):
            return self._twins[id(value)][1] if id(value) in self._twins else value
        if isinstance(value, dict):
            return {key: self._replaced(item) for key, item in value.items()}
        if type(value) in (list, tuple):
            return type(value)(self._replaced(item) for item in value)
        return value

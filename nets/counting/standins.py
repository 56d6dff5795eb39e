"""Tensors without numbers that stand for those of a module, always the same for each."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode, unset_fake_temporarily
from torch.nn.parameter import UninitializedTensorMixin  # type: ignore[attr-defined]  # torch's annotations

CPU, META = torch.device("cpu"), torch.device("meta")


class StandIns:
    """Makes them, and knows which are learned and which were asked for.

    Parameters
    ----------
    fakes
        The mode that they belong to.
    owners
        Names of parameters by identity.
    """

    def __init__(self, fakes: FakeTensorMode, owners: Mapping[int, str]) -> None:
        self.fakes, self.owners = fakes, dict(owners)
        self.used: set[int] = set()
        self._copies: dict[int, tuple[Tensor, FakeTensor]] = {}
        self._learned: dict[int, Tensor] = {}

    def learned(self, tensor: Tensor) -> bool:
        """Whether a tensor is a parameter, stands for one, looks at one, or holds one in other numbers."""
        return id(tensor) in self._learned or id(tensor) in self.owners

    def looks_at(self, view: Tensor, of: Tensor) -> None:
        """Note that a tensor may be a view of another, which may be learned; it is if they share memory."""
        if id(of) in self._learned and torch._C._is_alias_of(view, of):  # type: ignore[attr-defined]  # noqa: SLF001  # torch offers nothing public
            self._learned[id(view)] = view  # kept, or another could get its id

    def cast(self, copy: Tensor, of: Tensor) -> None:
        """Note that a tensor holds another's numbers in another type; it is learned if that one is."""
        if id(of) in self._learned:
            self._learned[id(copy)] = copy

    def adopt(self, module: nn.Module) -> None:
        """Make the stand-ins of a module's tensors, which is faster before any mode is entered."""
        for tensor in (*module.parameters(), *module.buffers()):
            if not isinstance(tensor, UninitializedTensorMixin):
                self._copy(tensor)

    def fake(self, tensor: Tensor) -> FakeTensor:
        """Return the tensor without numbers that stands for one with numbers, always the same."""
        kept = self._copies.get(id(tensor))
        if kept is not None and kept[1].shape == tensor.size():  # a lazy parameter gets its shape late
            copy = kept[1]
        else:
            with unset_fake_temporarily():
                copy = self._copy(tensor)
        if id(tensor) in self.owners:
            self.used.add(id(tensor))
        return copy

    def _copy(self, tensor: Tensor) -> FakeTensor:
        with torch.no_grad():
            copy = self._stand_in(tensor)
        copy.requires_grad_(tensor.requires_grad)
        self._copies[id(tensor)] = tensor, copy  # the original is kept, or another could get its id
        if id(tensor) in self.owners:
            self._learned[id(copy)] = copy
            self.owners[id(copy)] = self.owners[id(tensor)]
        return copy

    def _stand_in(self, tensor: Tensor) -> FakeTensor:
        if (
            tensor.layout is not torch.strided
            or type(tensor).__torch_dispatch__ is not Tensor.__torch_dispatch__
        ):
            return self.fakes.from_tensor(tensor)
        shape = torch.empty_strided(tensor.size(), tensor.stride(), dtype=tensor.dtype, device=META)
        return FakeTensor(self.fakes, shape, CPU if tensor.device == META else tensor.device)

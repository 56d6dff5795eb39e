"""A module's weights as they were at some of its updates, of which it computes with one at a time."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from analysis.errors import AnalysisError


class Versions:
    """The weights of a module after each of its updates, for as long as they are wanted.

    Versions change places with the module's weights without being copied; only a new one that must leave the
    one before untouched takes memory, or that of one that is not wanted any more.

    Parameters
    ----------
    module
        Whose weights are version ``newest``.

    Attributes
    ----------
    newest
        The number of updates made.
    """

    def __init__(self, module: nn.Module, newest: int = 0) -> None:
        self._parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
        if not self._parameters:
            raise AnalysisError("module: has no parameter to learn")
        self._own = [parameter.data for parameter in self._parameters]
        self._kept: dict[int, list[Tensor]] = {newest: self._own}
        self._spare: list[list[Tensor]] = []
        self._used = self.newest = newest

    def __len__(self) -> int:
        """Return how many versions there are."""
        return len(self._kept)

    def __getitem__(self, version: int) -> Sequence[Tensor]:
        return self._kept[version]

    def use(self, version: int) -> None:
        """Let the module compute with a version."""
        if version != self._used:
            for parameter, tensor in zip(self._parameters, self._kept[version], strict=True):
                parameter.data = tensor
            self._used = version

    def take_gradients(self) -> list[Tensor | None]:
        """Return what has been computed since the last call, of weights that played no part None."""
        gradients = [parameter.grad for parameter in self._parameters]
        for parameter in self._parameters:
            parameter.grad = None
        return gradients

    def drop(self, versions: Iterable[int]) -> None:
        """Give up versions, none of them the newest, if they are there."""
        for version in versions:
            if version in self._kept:
                self._spare.append(self._kept.pop(version))

    def step(self, direction: Sequence[Tensor | None], rate: float, *, keep: bool) -> None:
        """Make the newest version less ``rate`` times a direction the next; use it.

        With ``keep`` the one before stays as it is, otherwise it becomes the next.
        """
        old = self._kept[self.newest] if keep else self._kept.pop(self.newest)
        new = (self._spare.pop() if self._spare else [torch.empty_like(t) for t in old]) if keep else old
        with torch.no_grad():
            for before, after, towards in zip(old, new, direction, strict=True):
                if towards is not None:
                    torch.add(before, towards, alpha=-rate, out=after)
                elif keep:
                    after.copy_(before)
        self.newest += 1
        self._kept[self.newest] = new
        self.use(self.newest)

    def close(self) -> None:
        """Put the newest weights where the module's were in the beginning."""
        with torch.no_grad():
            for own, newest in zip(self._own, self._kept[self.newest], strict=True):
                own.copy_(newest)
        for parameter, own in zip(self._parameters, self._own, strict=True):
            parameter.data = own

    def older(self) -> dict[int, list[Tensor]]:
        """Return the versions beside the newest."""
        return {version: tensors for version, tensors in self._kept.items() if version != self.newest}

    def restore(self, newest: int, older: dict[int, list[Tensor]]) -> None:
        """Take over versions; the module has the newest already."""
        self._kept = {newest: [parameter.data for parameter in self._parameters], **older}
        self._spare, self._used, self.newest = [], newest, newest

"""Which module is running, and what its calls looked like."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import torch
from torch import nn

from nets.counting.performed import FORWARD
from nets.counting.recorder import Recorder
from nets.counting.tensors import tensors_in
from nets.network.algebra import Shape


@attrs.frozen
class Visit:
    """What a module's calls looked like.

    Parameters
    ----------
    calls
        How many there were.
    inputs, outputs
        Shapes of the tensors of the first one.
    parent
        Path of the module that was running when it was called; None for the whole.
    at
        How many operations had happened before the first call.
    """

    calls: int
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    parent: str | None
    at: int


class Scopes:
    """Which module is running: a stack kept by hooks that torch offers for all modules at once."""

    def __init__(self, module: nn.Module, recorder: Recorder) -> None:
        self.names = {id(m): name for name, m in reversed([*module.named_modules(remove_duplicate=False)])}
        self.stack: list[tuple[int, str]] = []
        self.recorder = recorder
        self.visits: dict[str, Visit] = {}

    @property
    def path(self) -> str:
        """Path of the innermost module that is running."""
        return self.stack[-1][1] if self.stack else ""

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Keep the stack while modules run."""
        hooks = torch.nn.modules.module
        before = hooks.register_module_forward_pre_hook(self._enter)
        try:
            after = hooks.register_module_forward_hook(self._leave, always_call=True)
            try:
                yield
            finally:
                after.remove()
        finally:
            before.remove()

    def _enter(self, module: nn.Module, inputs: Any) -> None:  # noqa: ANN401  # any arguments
        name = self.names.get(id(module))
        path = self.path if name is None else name
        if name is not None and self.recorder.phase == FORWARD:
            seen = self.visits.get(name)
            if seen is None:
                parent = self.path if self.stack else None
                self.visits[name] = Visit(1, self._shapes(inputs), (), parent, len(self.recorder.performed))
            else:
                self.visits[name] = attrs.evolve(seen, calls=seen.calls + 1)
        self.stack.append((id(module), path))

    def _leave(self, module: nn.Module, inputs: Any, output: Any) -> None:  # noqa: ANN401  # any arguments
        del inputs
        if sys.exc_info()[1] is not None and self.recorder.failed_at is None:
            self.recorder.failed_at = self.path
        while self.stack and self.stack.pop()[0] != id(module):
            pass
        name = self.names.get(id(module))
        if name is not None and (seen := self.visits.get(name)) and not seen.outputs:
            self.visits[name] = attrs.evolve(seen, outputs=self._shapes(output))

    def _shapes(self, values: Any) -> tuple[Shape, ...]:  # noqa: ANN401  # anything with tensors in it
        with torch._C.DisableTorchFunction():  # noqa: SLF001  # sizes read here are nobody's operations
            return tuple(tuple(map(self.recorder.size, t.shape)) for t in tensors_in(values))

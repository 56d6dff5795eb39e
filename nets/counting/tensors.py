"""The tensors in whatever a module takes or returns."""

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

_DEEPEST = 12


def tensors_in(value: Any, depth: int = 0) -> Iterator[Tensor]:  # noqa: ANN401  # anything
    """Yield the tensors in a value: in lists, tuples, mappings, and attributes of other objects, in order."""
    if isinstance(value, Tensor):
        yield value
    elif depth > _DEEPEST or value is None or isinstance(value, str | bytes | int | float):
        return
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from tensors_in(item, depth + 1)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from tensors_in(item, depth + 1)
    elif hasattr(value, "__dict__") and not isinstance(value, type):
        for item in vars(value).values():
            yield from tensors_in(item, depth + 1)

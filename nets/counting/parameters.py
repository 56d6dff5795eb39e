"""A module's parameters, each once by identity: who holds them, who shares them, who never uses them."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import attrs
import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedTensorMixin  # type: ignore[attr-defined]  # torch's annotations


@attrs.frozen
class Parameter:
    """One learned tensor.

    Parameters
    ----------
    names
        All paths that lead to it; the first is the one that counts it.
    shape
        Its sizes.
    bias
        Whether it is a summand, by its name.
    frozen
        Whether no gradient is asked for it.
    used
        Whether anything that ran read it.
    bare
        Whether it belongs to no layer of torch's, but to a module of the user's own.
    """

    names: tuple[str, ...]
    shape: tuple[int, ...]
    numel: int
    bias: bool
    frozen: bool
    used: bool
    bare: bool

    @property
    def owner(self) -> str:
        """Path of the module that counts it."""
        return self.names[0].rpartition(".")[0]


@attrs.frozen
class Ledger:
    """Everything that a module learns, and what it keeps beside that.

    Parameters
    ----------
    parameters
        In the order in which they are registered; the sum of their numbers is torch's.
    buffers
        Numbers in buffers, which are not learned.
    """

    parameters: tuple[Parameter, ...]
    buffers: int

    @property
    def total(self) -> int:
        """``sum(p.numel() for p in module.parameters())``."""
        return sum(parameter.numel for parameter in self.parameters)


def name_of(module: nn.Module) -> str:
    """Return what a module is called: its class, unless it says otherwise, as built and scripted ones do."""
    if isinstance(module, torch.jit.ScriptModule):
        return str(module.original_name)
    return str(module._get_name())  # type: ignore[no-untyped-call]  # noqa: SLF001  # torch's annotations


def ledger_of(module: nn.Module, used: AbstractSet[int]) -> Ledger:
    """List a module's parameters.

    Parameters
    ----------
    module
        The module.
    used
        Identities of the tensors that something read.
    """
    modules = dict(module.named_modules(remove_duplicate=False))
    names: dict[int, list[str]] = {}
    tensors: dict[int, Tensor] = {}
    for name, tensor in _named(module):
        names.setdefault(id(tensor), []).append(name)
        tensors[id(tensor)] = tensor
    parameters = tuple(
        Parameter(
            tuple(paths),
            tuple(tensors[key].shape),
            tensors[key].numel(),
            is_bias(paths[0], tensors[key]),
            not tensors[key].requires_grad,
            key in used,
            _is_bare(modules[paths[0].rpartition(".")[0]]),
        )
        for key, paths in names.items()
    )
    return Ledger(parameters, sum(buffer.numel() for buffer in module.buffers()))


_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def _is_bare(holder: nn.Module) -> bool:
    if isinstance(holder, torch.jit.ScriptModule):  # all that is left of its class is the name
        return not hasattr(nn, name_of(holder))
    layers = (
        c for c in type(holder).__mro__ if c.__module__.startswith(("torch.nn.modules", "torch.nn.utils"))
    )
    return all(c is nn.Module or c in _CONTAINERS for c in layers)


def _named(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    for name, tensor in module.named_parameters(remove_duplicate=False):
        if not isinstance(tensor, UninitializedTensorMixin):
            yield name, tensor


def is_bias(name: str, parameter: Tensor) -> bool:
    """Tell a summand from a factor, by the parameter's name."""
    leaf = name.rpartition(".")[2]
    return leaf.startswith("bias") or (parameter.ndim <= 1 and not leaf.startswith("weight"))

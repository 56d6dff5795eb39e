"""What torch and fvcore count of a real module, leaf by leaf."""

import logging
import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs
import torch
from torch import Tensor, nn

from nets.errors import CountError

if TYPE_CHECKING:
    from fvcore.nn.jit_analysis import JitModelAnalysis

LARGEST_BYTES = 16 * 2**30


@attrs.frozen
class Call:
    """One call of a leaf module: its name, and the shapes that went in and came out."""

    name: str
    inputs: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]


@attrs.frozen
class Counted:
    """What real tensors and other people's counters say of a module.

    Every mapping is by the names of the leaves, the submodules without submodules; ``""`` holds the whole.

    Parameters
    ----------
    calls
        The calls of the leaves in execution order.
    weights, biases
        Numbers of learned factors and summands, shared ones once.
    fvcore_macs, fvcore_activations
        By fvcore's FlopCountAnalysis and ActivationCountAnalysis.
    torch_flops
        By torch's FlopCounterMode, forward pass.
    uncounted
        Operators that fvcore met and has no rule for, and how often; it counts them as zero.
    """

    calls: tuple[Call, ...]
    weights: Mapping[str, int]
    biases: Mapping[str, int]
    fvcore_macs: Mapping[str, int]
    fvcore_activations: Mapping[str, int]
    torch_flops: Mapping[str, int]
    uncounted: Mapping[str, Mapping[str, int]]

    @property
    def outputs(self) -> Mapping[str, tuple[int, ...]]:
        """Output shape of each leaf's first call."""
        return MappingProxyType({call.name: call.output for call in reversed(self.calls)})


class _Leaves(nn.Module):
    """A module seen as a flat list of leaves under plain names: fvcore splits names at slashes."""

    def __init__(self, subject: nn.Module) -> None:
        super().__init__()
        self.call = subject.__call__  # not a submodule, so that only the leaves are
        self.names = {}
        for index, (name, module) in enumerate(subject.named_modules()):
            if not [*module.children()]:
                self.names[f"leaf{index}"] = name
                self.add_module(f"leaf{index}", module)

    def forward(self, *inputs: Tensor) -> object:
        return self.call(*inputs)

    def original(self, counts: Mapping[str, int]) -> dict[str, int]:
        return {"": counts.get("", 0)} | {name: counts.get(leaf, 0) for leaf, name in self.names.items()}


def count(module: nn.Module, *inputs: Tensor) -> Counted:
    """Run a module once per counter in eval mode, and return what each counts; the module is left as it was.

    Raises
    ------
    CountError
        If the module cannot be run on these inputs.
    """
    modes = {submodule: submodule.training for submodule in module.modules()}
    module.eval()
    leaves = _Leaves(module).eval()
    try:
        with torch.no_grad(), _quiet():
            flops, uncounted = _fvcore_macs(leaves, inputs)
            return Counted(
                calls=_observed_calls(leaves, *inputs),
                weights=_parameters(module, biases=False),
                biases=_parameters(module, biases=True),
                fvcore_macs=flops,
                fvcore_activations=_fvcore_activations(leaves, inputs),
                torch_flops=_torch_flops(module, inputs),
                uncounted=uncounted,
            )
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        reason = str(error).partition("\n")[0]
        shapes = ", ".join(str(tuple(tensor.shape)) for tensor in inputs)
        name = type(module).__name__
        raise CountError(f"{name} does not run on inputs of shape {shapes}: {reason}") from error
    finally:
        for submodule, training in modes.items():
            submodule.training = training


def _observed_calls(leaves: _Leaves, *inputs: Tensor) -> tuple[Call, ...]:
    calls: list[Call] = []
    handles = []
    for leaf, name in leaves.names.items():

        def hook(_: nn.Module, given: tuple[object, ...], output: object, name: str = name) -> None:
            shapes = tuple(tuple(tensor.shape) for tensor in given if isinstance(tensor, Tensor))
            calls.append(Call(name, shapes, tuple(output.shape) if isinstance(output, Tensor) else ()))

        handles.append(leaves.get_submodule(leaf).register_forward_hook(hook))
    try:
        leaves(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    return tuple(calls)


def is_bias(name: str, parameter: Tensor) -> bool:
    """Tell a summand from a factor, by the parameter's name."""
    leaf = name.rpartition(".")[2]
    return leaf.startswith("bias") or (parameter.ndim <= 1 and not leaf.startswith("weight"))


def _parameters(module: nn.Module, *, biases: bool) -> dict[str, int]:
    sums = {"": 0}
    for path, submodule in module.named_modules():
        own = submodule.named_parameters(recurse=False)
        sums[path] = sum(p.numel() for name, p in own if is_bias(name, p) == biases)
    sums[""] = sum(p.numel() for name, p in module.named_parameters() if is_bias(name, p) == biases)
    return sums


def _fvcore_macs(
    leaves: _Leaves, inputs: tuple[Tensor, ...]
) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    from fvcore.nn import FlopCountAnalysis

    analysis = _silenced(FlopCountAnalysis(leaves, inputs))
    macs = leaves.original(analysis.by_module())
    uncounted = {name: dict(analysis.unsupported_ops(leaf)) for leaf, name in leaves.names.items()}
    return macs, {**uncounted, "": dict(analysis.unsupported_ops())}


def _fvcore_activations(leaves: _Leaves, inputs: tuple[Tensor, ...]) -> dict[str, int]:
    from fvcore.nn import ActivationCountAnalysis

    return leaves.original(_silenced(ActivationCountAnalysis(leaves, inputs)).by_module())


def _silenced(analysis: "JitModelAnalysis") -> "JitModelAnalysis":
    return analysis.unsupported_ops_warnings(enabled=False).uncalled_modules_warnings(enabled=False)


def _torch_flops(module: nn.Module, inputs: tuple[Tensor, ...]) -> dict[str, int]:
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with counter:
        module(*inputs)
    flops = {name: sum(by_operator.values()) for name, by_operator in counter.get_flop_counts().items()}
    root = type(module).__name__
    counts = {
        name: flops.get(f"{root}.{name}", 0)
        for name, submodule in module.named_modules()
        if name and not [*submodule.children()]
    }
    return {**counts, "": counter.get_total_flops()}


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the counters' remarks; what they say is returned as data."""
    logger = logging.getLogger("fvcore")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def refuse_giants(numbers: int, what: str) -> None:
    """Refuse to run what will not fit into memory.

    Raises
    ------
    CountError
        If so many float32 numbers exceed 16 GiB.
    """
    size = 4 * numbers
    if size > LARGEST_BYTES:
        raise CountError(
            f"{what} would need about {math.ceil(size / 2**30):,} GiB to run; the limit is "
            f"{LARGEST_BYTES // 2**30} GiB, so choose a smaller input or width"
        )

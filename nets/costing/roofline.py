"""Seconds of each row on a device, from two sides, and what bounds it: Williams, Waterman and Patterson 2009.

The fast side takes for each operation the longer of its arithmetic at the peak rate and its bytes at the peak
bandwidth. The slow side takes the sum of both at the rates that were measured, and the time of the call. The
arithmetic is that of products and convolutions as they are executed; other operations are bound by memory.
"""

from collections.abc import Iterable, Mapping

import attrs

from nets.costing.devices import Device
from nets.counting.operations import moved
from nets.counting.performed import OPTIMIZER, Performed
from nets.layers import kinds

_TWO_BYTES = 2
OPTIMIZER_ROW = "(optimizer)"


@attrs.frozen
class CostRow:
    """What a module's own operations cost in a step.

    Parameters
    ----------
    layer
        Its path; ``(optimizer)`` for the optimizer's.
    flops
        Two per multiply-accumulate that is executed, forward and backward.
    bytes
        What is read and written.
    fast, slow
        Seconds: at the device's peak, and at the measured share of it; None without a device.
    bound
        ``compute`` or ``memory``: which takes longer at the peak, over all of its operations.
    forward_fast, forward_slow
        Those of the forward pass.
    """

    layer: str
    flops: int = 0
    bytes: int = 0
    fast: float | None = None
    slow: float | None = None
    bound: str = ""
    forward_fast: float | None = None
    forward_slow: float | None = None

    @property
    def intensity(self) -> float:
        """FLOPs per byte."""
        return self.flops / self.bytes if self.bytes else 0.0


@attrs.define
class _Draft:
    flops: int = 0
    bytes: int = 0
    computing: float = 0.0
    moving: float = 0.0
    fast: float = 0.0
    slow: float = 0.0
    forward_fast: float = 0.0
    forward_slow: float = 0.0


def cost_rows(
    performed: Iterable[Performed], device: Device | None, *, depth: int | None = None
) -> tuple[CostRow, ...]:
    """Sum up operations by module, in the order in which they first ran.

    Parameters
    ----------
    performed
        The operations, in numbers.
    device
        What they run on.
    depth
        How many levels of the modules' tree have rows of their own.
    """
    drafts: dict[str, _Draft] = {}
    for each in performed:
        path = each.module if depth is None else ".".join(each.module.split(".")[:depth])
        layer = OPTIMIZER_ROW if each.phase == OPTIMIZER else path or "(itself)"
        _add(drafts.setdefault(layer, _Draft()), each, device)
    return tuple(_row(layer, draft, device) for layer, draft in drafts.items())


def _add(draft: _Draft, each: Performed, device: Device | None) -> None:
    flops, amount = work_of(each)
    draft.flops += flops
    draft.bytes += amount
    if device is None:
        return
    computing = slowly = 0.0
    if flops:
        peak, reached = device.rate(numbers_of(each, device.figures))
        computing, slowly = flops / peak, flops / reached
    bandwidth, kept = device.bandwidth
    moving = amount / bandwidth
    fast, slow = max(computing, moving), slowly + amount / kept + device.overhead
    draft.computing += computing
    draft.moving += moving
    draft.fast += fast
    draft.slow += slow
    if each.phase == "forward":
        draft.forward_fast += fast
        draft.forward_slow += slow


def work_of(each: Performed) -> tuple[int, int]:
    """Return the FLOPs of an operation's products and convolutions as executed, and the bytes it moves."""
    work, call = each.work, each.call
    macs = work.macs if work.executed is None else work.executed
    read = moved(call.inputs) if work.read is None else work.read
    written = moved(call.outputs) if work.written is None else work.written
    return 2 * int(macs), int(read + written)


def numbers_of(each: Performed, figures: Mapping[str, object]) -> str:
    """Say in which numbers an operation multiplies: torch takes TF32 for float32 convolutions."""
    floats = [operand.itemsize for operand in each.call.inputs if operand.floating]
    if floats and min(floats) <= _TWO_BYTES:
        return "bfloat16"
    convolution = each.work.kind == kinds.CONVOLUTION
    return "tf32" if convolution and "tf32" in figures else "float32"


def _row(layer: str, draft: _Draft, device: Device | None) -> CostRow:
    if device is None:
        return CostRow(layer, draft.flops, draft.bytes)
    bound = "compute" if draft.computing > draft.moving else "memory"
    return CostRow(
        layer, draft.flops, draft.bytes, draft.fast, draft.slow, bound, draft.forward_fast, draft.forward_slow
    )

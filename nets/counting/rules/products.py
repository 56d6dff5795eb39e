"""Matrix products: each output number is a sum of products along the length that the factors share.

What is added to a product, a bias or another matrix, starts the sum and is free.
"""

from collections.abc import Mapping

from nets.counting.call import Call, Work
from nets.counting.registry import Rule
from nets.layers import kinds


def _kind(call: Call) -> str:
    return kinds.LINEAR if any(operand.learned for operand in call.inputs) else kinds.PRODUCT


def _product(first: str, second: str) -> Rule:
    """Return the rule for a product of two arguments: a number of the first meets a row of the second."""

    def rule(call: Call) -> Work:
        left, right = call[first], call[second]
        columns = right.shape[-1] if len(right.shape) > 1 else 1
        return Work(macs=left.numel * columns, kind=_kind(call))

    return rule


def _linear(call: Call) -> Work:
    macs = call["input"].numel * call["weight"].shape[0]
    return Work(macs=macs, kind=_kind(call))


def _trilinear(call: Call) -> Work:
    """Count `torch.nn.Bilinear`: one per weight and example, the product with the first input folded in."""
    macs = call["i1"].shape[0] * call["i2"].numel
    return Work(macs=macs, kind=_kind(call))


def _distances(call: Call) -> Work:
    """Count distances between all rows of two matrices: a difference is squared and summed per component."""
    return Work(macs=call.output.numel * call["x1"].shape[-1], kind=_kind(call))


RULES: Mapping[str, Rule] = {
    "aten.mm": _product("self", "mat2"),
    "aten._int_mm": _product("self", "mat2"),
    "aten._scaled_mm": _product("self", "mat2"),
    "aten.bmm": _product("self", "mat2"),
    "aten.addmm": _product("mat1", "mat2"),
    "aten._addmm_activation": _product("mat1", "mat2"),
    "aten.baddbmm": _product("batch1", "batch2"),
    "aten.addbmm": _product("batch1", "batch2"),
    "aten.mv": _product("self", "vec"),
    "aten.addmv": _product("mat", "vec"),
    "aten.dot": _product("self", "tensor"),
    "aten.vdot": _product("self", "other"),
    "aten.linear": _linear,
    "aten._trilinear": _trilinear,
    "aten._cdist_forward": _distances,
}

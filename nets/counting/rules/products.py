"""Matrix products: each output number is a sum of products along the length that the factors share.

What is added to a product, a bias or another matrix, starts the sum and is free. A product of complex numbers
is four of real ones.
"""

from collections.abc import Mapping

from nets.counting.call import Call, Work
from nets.counting.registry import Rule
from nets.layers import kinds
from nets.network.algebra import Shape, product

_COMPLEX = 4


def _kind(call: Call) -> str:
    return kinds.LINEAR if any(operand.learned for operand in call.inputs) else kinds.PRODUCT


def _real(call: Call) -> int:
    """Return how many real products a product of two numbers is."""
    return _COMPLEX if any(operand.imaginary for operand in call.inputs) else 1


def _product(first: str, second: str) -> Rule:
    """Return the rule for a product of two arguments: a number of the first meets a row of the second."""

    def rule(call: Call) -> Work:
        left, right = call[first], call[second]
        columns = right.shape[-1] if len(right.shape) > 1 else 1
        return Work(macs=_real(call) * left.numel * columns, kind=_kind(call))

    return rule


def _linear(call: Call) -> Work:
    macs = _real(call) * call["input"].numel * call["weight"].shape[0]
    return Work(macs=macs, kind=_kind(call))


def _trilinear(call: Call) -> Work:
    """Count `torch.nn.Bilinear` and its gradients: one per weight and example, one factor folded in."""
    spread = [_spread(call[f"i{n}"].shape, call[f"expand{n}"]) for n in (1, 2, 3)]
    sizes = (next((size for size in aligned if size != 1), 1) for aligned in zip(*spread, strict=True))
    return Work(macs=_real(call) * product(tuple(sizes)), kind=_kind(call))


def _spread(shape: Shape, places: tuple[int, ...]) -> Shape:
    """Return a shape with sizes of one put in at these places."""
    sizes = [*shape]
    for place in places:
        sizes.insert(place, 1)
    return tuple(sizes)


def _distances(call: Call) -> Work:
    """Count distances between all rows of two matrices: a difference is squared and summed per component."""
    return Work(macs=call.output.numel * call["x1"].shape[-1], kind=_kind(call))


def _distances_backward(call: Call) -> Work:
    """Count the gradient of one of the matrices: a scaled difference is summed per pair and component."""
    return Work(macs=call["grad"].numel * call["x1"].shape[-1], kind=_kind(call))


def _distances_within(call: Call) -> Work:
    """Count distances between the rows of one matrix, each pair once."""
    return Work(macs=call.output.numel * call["self"].shape[-1], kind=_kind(call))


def _distances_within_backward(call: Call) -> Work:
    """Count a summand per component for both rows of each pair."""
    return Work(macs=2 * call["grad"].numel * call["self"].shape[-1], kind=_kind(call))


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
    "aten._euclidean_dist": _distances,
    "aten._cdist_backward": _distances_backward,
    "aten._pdist_forward": _distances_within,
    "aten._pdist_backward": _distances_within_backward,
}

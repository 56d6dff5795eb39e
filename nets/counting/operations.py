"""A call as conventions and tables know it: kind, shapes, bytes, the product behind its weights."""

from typing import Any

from nets.counting.call import Call, Operand
from nets.counting.performed import BACKWARD, Performed
from nets.layers import kinds
from nets.network.algebra import Size
from nets.tables.conventions import Operation
from nets.tables.rows import Counts


def gradients_of(performed: Performed) -> Counts:
    """Count what a call of the backward pass costs."""
    work = performed.work
    executed = work.macs if work.executed is None else work.executed
    return Counts(backward=work.macs if performed.phase == BACKWARD else 0, executed=executed)


def moved(operands: tuple[Operand, ...]) -> Size:
    """Return the bytes of operands, each read or written once."""
    return sum((operand.bytes for operand in operands), start=0)


def operation_in(performed: Performed) -> Operation:
    """Return a call as conventions know it."""
    call = performed.call
    weights: Any = 0
    biases: Any = 0
    for name, value in call.arguments.items():
        for operand in value if isinstance(value, tuple) else (value,):
            if isinstance(operand, Operand) and operand.learned:
                summand = name == "bias" or (name == "self" and call.operator.startswith("aten.add"))
                biases += operand.numel if summand else 0
                weights += 0 if summand else operand.numel
    inputs = tuple(o.shape for o in call.inputs if not o.learned and o.floating)
    window = call["size"] if performed.work.kind == kinds.LOCAL_RESPONSE_NORM else 1
    return Operation(
        performed.work.kind or kinds.OTHER,
        inputs,
        call.output.shape or (1,),
        performed.work.macs,
        weights,
        biases,
        window if isinstance(window, int) else 1,
    )


def product_of_weights(call: Call, kind: str) -> str:
    """Write the product behind a convolution's or a linear layer's weights."""
    weight = call["weight"]
    if kind == kinds.CONVOLUTION and isinstance(weight, Operand) and weight.learned:
        outer, inner, *window = weight.shape
        return f"({'×'.join(map(str, (*window, inner)))})×{outer}"
    if kind == kinds.LINEAR:
        factor = next((o for o in call.inputs if o.learned and len(o.shape) == 2), None)  # noqa: PLR2004  # a matrix
        return "×".join(map(str, factor.shape)) if factor else ""
    return ""

"""Convolutions: every weight meets every position, of the output or, transposed, of the input."""

from collections.abc import Mapping

from nets.counting.call import Call, Operand, Work
from nets.counting.registry import Rule
from nets.layers import kinds
from nets.network.algebra import Size, product


def _products(data: Operand, result: Operand, weight: Operand, *, transposed: bool) -> Size:
    positions = data if transposed else result
    return positions.shape[0] * product(positions.shape[2:]) * weight.numel


def _convolution(call: Call) -> Work:
    data = call["input"] or call["self"]
    macs = _products(data, call.output, call["weight"], transposed=bool(call["transposed"]))
    return Work(macs=macs, kind=kinds.CONVOLUTION)


def _backward(call: Call) -> Work:
    """Count the gradients asked for: each of input and weight costs what the forward pass costs."""
    result = call["grad_output"] or call["grad_output_t"]
    data = call["input"] or call["self"]
    once = _products(data, result, call["weight"], transposed=bool(call["transposed"]))
    to_input, to_weight, to_bias = call["output_mask"]
    return Work(
        macs=(to_input + to_weight) * once,
        elementwise=result.numel if to_bias else 0,
        kind=kinds.CONVOLUTION,
    )


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(
        ("aten.convolution", "aten._convolution", "aten.cudnn_convolution", "aten.mkldnn_convolution"),
        _convolution,
    ),
    "aten.convolution_backward": _backward,
}

"""Recurrent layers: each weight matrix meets each step of each example once.

That makes 4h(i + h) multiply-accumulates per step for an LSTM, 3h(i + h) for a GRU and h(i + h) for a plain
layer, h·p more and p in place of the second h where the LSTM's output is projected to p.
"""

from collections.abc import Mapping

from nets.counting.call import Call, Operand, Work
from nets.counting.registry import Rule
from nets.layers import kinds
from nets.network.algebra import Size, product, quotient

GATES = {"torch.lstm": 4, "torch.gru": 3, "torch.rnn_tanh": 1, "torch.rnn_relu": 1}
"""How many matrices stand above one another in a layer's weight."""

CELL = {"torch.lstm": 9, "torch.gru": 8, "torch.rnn_tanh": 1, "torch.rnn_relu": 1}
"""Arithmetic of one unit and step beside the products.

LSTM: four squashings, three products and a sum for the state, one squashing more; GRU: three squashings, the
reset's product, its sum, and three for the mixture.
"""


def is_packed(call: Call) -> bool:
    """Whether the sequences are packed: then the second argument holds the batch sizes."""
    return isinstance(call["arg3"], tuple) and isinstance(call["arg1"], Operand)


def parameters(call: Call) -> tuple[Operand, ...]:
    """Return the layer's weights and biases."""
    listed: tuple[Operand, ...] = call["arg3"] if is_packed(call) else call["arg2"]
    return listed


def _sequence(call: Call) -> Work:
    data, gates = call["arg0"], GATES[call.operator]
    steps = product(data.shape[:-1])
    matrices = [operand for operand in parameters(call) if len(operand.shape) == 2]  # noqa: PLR2004  # biases have one dimension
    # Each layer and direction has one matrix that reads the layer below; its rows are the gates' units.
    below = [m for m in matrices if m.shape[0] == matrices[0].shape[0]][::2]
    units = sum((quotient(m.shape[0], gates) for m in below), start=0)
    return Work(
        macs=steps * sum((m.numel for m in matrices), start=0),
        elementwise=steps * units * CELL[call.operator],
        kind=kinds.RECURRENCE,
    )


def _layer_macs(call: Call, *names: str) -> tuple[Size, Size]:
    below, back = (call[name].numel for name in names)
    steps = product(call["input"].shape[:-1])
    return steps * below, steps * back


def _layer(call: Call) -> Work:
    """Count oneDNN's layer, an LSTM's, in one direction."""
    below, back = _layer_macs(call, "weight0", "weight1")
    steps = product(call["input"].shape[:-1])
    return Work(
        macs=below + back,
        elementwise=steps * call["hidden_size"] * CELL["torch.lstm"],
        kind=kinds.RECURRENCE,
    )


def _layer_backward(call: Call) -> Work:
    """Count the gradients that are asked for: of the weights, the input, and the states after the first.

    The first state's is left out unless somebody asks for it. All are computed.
    """
    below, back = _layer_macs(call, "weight1", "weight2")
    data, state = call["input"], call["hx_"]
    steps = product(data.shape[:-1])
    first = 0 if state.differentiable else data.shape[1] * call["weight2"].numel
    asked = below * (data.differentiable + call["weight1"].differentiable)
    return Work(
        macs=asked + back * int(call["weight2"].differentiable) + back - first,
        elementwise=steps * call["hidden_size"] * 2 * CELL["torch.lstm"],
        executed=2 * (below + back),
        kind=kinds.RECURRENCE,
    )


def _cudnn(call: Call) -> Work:
    steps = product(call["input"].shape[:-1])
    matrices = [operand for operand in call["weight"] if len(operand.shape) == 2]  # noqa: PLR2004  # biases have one dimension
    return Work(macs=steps * sum((m.numel for m in matrices), start=0), kind=kinds.RECURRENCE)


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(GATES, _sequence),
    "aten.mkldnn_rnn_layer": _layer,
    "aten.mkldnn_rnn_layer_backward": _layer_backward,
    "aten._cudnn_rnn": _cudnn,
}

"""What gradients cost, counted by hand: per module, and what is executed apart from what is asked for."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

import nets
from tests.nets.counting.modules import Function, Tied


def backward(module: nn.Module, inputs: Any) -> dict[str, tuple[int, int]]:  # noqa: ANN401  # any input
    """Return (forward, backward) MACs by row."""
    table = nets.table(module, inputs, backward=True, fold=False)
    return {row.layer: (row.counts.macs, row.counts.backward) for row in table.rows if not row.subtotal}


def test_the_first_layer_needs_no_gradient_of_its_input() -> None:
    rows = backward(nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4)), (3, 8))
    assert rows["0"] == (384, 384)
    assert rows["2"] == (192, 2 * 192)


def test_an_input_that_asks_for_a_gradient_gets_one() -> None:
    module = nn.Linear(8, 16)
    assert nets.table(module, torch.zeros(3, 8), backward=True).total.backward == 384
    assert nets.table(module, torch.zeros(3, 8, requires_grad=True), backward=True).total.backward == 2 * 384


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("kind", [nn.Conv2d, nn.ConvTranspose2d])
def test_grouped_convolutions(kind: Any, groups: int) -> None:  # noqa: ANN401  # a class
    module = nn.Sequential(nn.Conv2d(3, 8, 1), kind(8, 12, 3, groups=groups))
    rows = backward(module, (2, 3, 6, 6))
    assert rows["0"] == (2 * 36 * 24, 2 * 36 * 24)
    positions = 16 if kind is nn.Conv2d else 36
    once = 2 * positions * 9 * 8 * 12 // groups
    assert rows["1"] == (once, 2 * once)


def test_what_is_frozen_costs_no_gradient() -> None:
    module = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8))
    module[0].requires_grad_(requires_grad=False)
    module[1].weight.requires_grad = False
    rows = backward(module, (1, 8))
    assert [rows[name][1] for name in "012"] == [0, 0, 128]


def test_attention_multiplies_twice_as_much_and_a_fused_kernel_once_more() -> None:
    query = torch.zeros(1, 2, 5, 8, requires_grad=True)
    module = Function(lambda data: functional.scaled_dot_product_attention(data, data, data))
    total = nets.table(module, query, backward=True).total
    forward = 2 * 25 * 16
    assert (total.macs, total.backward) == (forward, 2 * forward)
    assert total.executed == forward + 2 * forward + 2 * 25 * 8  # the scores again


def test_recomputation_is_executed_and_not_asked_for() -> None:
    class Saved(nn.Module):
        def __init__(self, *, reentrant: bool) -> None:
            super().__init__()
            self.first = nn.Linear(8, 8)
            self.inner = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8))
            self.reentrant = reentrant

        def forward(self, data: Tensor) -> Tensor:
            return torch.as_tensor(checkpoint(self.inner, self.first(data), use_reentrant=self.reentrant))

    for reentrant in (False, True):
        table = nets.table(Saved(reentrant=reentrant), (1, 8), backward=True)
        assert table.total.macs == 64 + 128 + 128
        assert table.total.backward == 64 + 2 * (128 + 128)
        again = 128 + (128 if reentrant else 0)  # without reentry, what nobody needs is not worked out again
        assert table.total.executed == table.total.macs + table.total.backward + again
        assert table.by_layer["inner.0"].counts.executed == 128 + 256 + 128


def test_recurrent_layers() -> None:
    steps, examples = 5, 2
    rows = backward(nn.LSTM(8, 16), (steps, examples, 8))
    forward = steps * examples * 64 * 24
    below = steps * examples * 64 * 8
    assert rows["LSTM"] == (forward, 2 * forward - below)


def test_a_shared_weight_gets_the_gradients_of_both_uses() -> None:
    rows = backward(Tied(), (3, 8))
    assert rows["a"] == (192, 192)
    assert rows["b"] == (192, 384)


def test_nothing_stays_without_its_module() -> None:
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), 2)
    rows = backward(encoder, (2, 5, 16))
    assert (
        sum(back for _, back in rows.values())
        == nets.table(encoder, (2, 5, 16), backward=True).total.backward
    )
    names = [name for name, (_, back) in rows.items() if back]
    assert names == [
        f"layers.{layer}.{name}" for layer in (0, 1) for name in ("self_attn", "linear1", "linear2")
    ]
    assert rows["layers.1.linear1"] == (10 * 512, 2 * 10 * 512)


def test_what_returns_nothing_differentiable_is_refused() -> None:
    with pytest.raises(nets.NetsError, match="nothing that it returns asks for a gradient"):
        nets.table(Function(torch.argmax), (2, 3), backward=True)

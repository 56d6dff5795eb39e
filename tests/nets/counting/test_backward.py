"""What gradients cost, counted by hand: per module, and what is executed apart from what is asked for."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

import nets
from tests.nets.counting.modules import Function, Packed, Tied


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
    first = examples * 64 * 16  # nobody asks for the gradient of the state before the first step
    assert rows["LSTM"] == (forward, 2 * forward - below - first)
    assert (
        backward(nn.LSTM(8, 16, bidirectional=True), (steps, examples, 8))["LSTM"][1] == 2 * rows["LSTM"][1]
    )


@pytest.mark.parametrize("frozen", ["", "weight_ih", "weight_hh", "weight"])
@pytest.mark.parametrize("asked", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("shape", [(5, 2, 8), (1, 3, 8)])
def test_an_lstm_needs_four_gates_where_a_gru_that_is_taken_apart_needs_three(
    frozen: str, asked: tuple[bool, bool], shape: tuple[int, ...]
) -> None:
    counted = []
    for kind, gates in ((nn.LSTM, 4), (nn.GRU, 3)):
        module = kind(8, 16, bidirectional=True)
        for name, parameter in module.named_parameters():
            parameter.requires_grad = not (frozen and name.startswith(frozen))
        data = torch.zeros(shape, requires_grad=asked[0])
        state = torch.zeros(2, shape[1], 16, requires_grad=asked[1])
        states = (state, torch.zeros_like(state)) if kind is nn.LSTM else state
        total = nets.table(module, [data, states], backward=True).total
        counted.append((total.macs / gates, total.backward / gates))
    assert counted[0] == counted[1]


def test_packed_sequences_of_equal_lengths_cost_what_a_tensor_costs() -> None:
    packed = nets.table(Packed(), [(3, 5, 8), torch.tensor([5, 5, 5])], backward=True).total
    plain = nets.table(nn.LSTM(8, 16, batch_first=True), (3, 5, 8), backward=True).total
    assert (packed.macs, packed.backward) == (plain.macs, plain.backward)


@pytest.mark.parametrize("asked", [(False, False), (True, False), (False, True), (True, True)])
def test_bilinear_gradients_cost_a_forward_pass_each(asked: tuple[bool, bool]) -> None:
    data = [torch.zeros(3, 3, requires_grad=asked[0]), torch.zeros(3, 5, requires_grad=asked[1])]
    total = nets.table(nn.Bilinear(3, 5, 2), data, backward=True).total
    assert (total.macs, total.backward) == (3 * 30, 3 * 30 * (1 + sum(asked)))


@pytest.mark.parametrize("asked", [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("rows", [(3, 5), (26, 35)])  # torch has another way for more than 25 rows
def test_distances_cost_a_forward_pass_per_gradient(asked: tuple[bool, bool], rows: tuple[int, int]) -> None:
    data = [torch.zeros(2, n, 4, requires_grad=ask) for n, ask in zip(rows, asked, strict=True)]
    table = nets.table(Function(torch.cdist), data, backward=True)
    once = 2 * rows[0] * rows[1] * 4
    assert (table.total.macs, table.total.backward) == (once, once * sum(asked))
    assert table.findings is not None
    assert table.findings.complete


@pytest.mark.parametrize("asked", [(True, False), (False, True), (True, True)])
def test_a_convolution_with_time_first_is_one_like_others(asked: tuple[bool, bool]) -> None:
    data = [torch.zeros(7, 2, 3, requires_grad=asked[0]), torch.zeros(3, 3, 5, requires_grad=asked[1])]
    total = nets.table(
        Function(lambda x, w, b: torch.conv_tbc(x, w, b, 1)), [*data, (5,)], backward=True
    ).total
    once = 2 * 7 * 3 * 3 * 5
    assert (total.macs, total.backward) == (once, once * sum(asked))


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (nn.RReLU(), (1, 2, 8)),
        (nn.FractionalMaxPool2d(2, output_size=3), (1, 2, 8, 8)),
        (nn.FractionalMaxPool3d(2, output_size=3), (1, 2, 8, 8, 8)),
        (nn.ReplicationPad1d(1), (1, 2, 8)),
        (nn.ReplicationPad3d(1), (1, 2, 8, 8, 8)),
        (nn.ReflectionPad3d(1), (1, 2, 8, 8, 8)),
        (Function(functional.grid_sample), [(1, 2, 4, 4), (1, 3, 3, 2)]),
        (Function(functional.pdist), (6, 4)),
        (Function(lambda x: x.clone().addmm_(x, x)), (4, 4)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else None,
)
def test_every_gradient_has_a_rule(module: nn.Module, shape: Any) -> None:  # noqa: ANN401  # any input
    shapes = shape if isinstance(shape, list) else [shape]
    data = [torch.zeros(sizes, requires_grad=True) for sizes in shapes]
    table = nets.table(module, data, backward=True)
    assert table.findings is not None
    assert table.findings.complete, table.findings.uncounted


def test_distances_within_a_set_have_a_summand_for_both_rows_of_a_pair() -> None:
    total = nets.table(Function(functional.pdist), torch.zeros(6, 4, requires_grad=True), backward=True).total
    assert (total.macs, total.backward) == (15 * 4, 2 * 15 * 4)


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


def test_the_gradients_stand_in_the_table_where_they_are_asked_for() -> None:
    assert "backward MACs" in nets.table(nn.Linear(8, 16), (3, 8), backward=True).to("text")
    assert "backward MACs" not in nets.table(nn.Linear(8, 16), (3, 8)).to("text")


def test_what_returns_nothing_differentiable_is_refused() -> None:
    with pytest.raises(nets.NetsError, match="nothing that it returns asks for a gradient"):
        nets.table(Function(torch.argmax), (2, 3), backward=True)

"""Each family of operators, counted by hand: the numbers here are products written out."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations

import nets
from nets.counting.call import Work
from nets.counting.rules import RULES
from nets.errors import InputError
from tests.nets.counting.modules import Function, Packed

L, N = 5, 2  # steps and examples


CASES: dict[str, tuple[nn.Module, Any, int]] = {
    "conv1d": (nn.Conv1d(3, 4, 5), (2, 3, 20), 2 * 4 * 16 * 3 * 5),
    "conv2d": (nn.Conv2d(3, 4, 3, stride=2, padding=1), (2, 3, 9, 7), 2 * 4 * 5 * 4 * 27),
    "conv2d without a batch": (nn.Conv2d(3, 4, 3), (3, 8, 8), 4 * 36 * 27),
    "conv3d": (nn.Conv3d(2, 3, (1, 2, 3)), (1, 2, 4, 5, 6), 3 * 4 * 4 * 4 * 2 * 6),
    "grouped": (nn.Conv2d(8, 12, 3, groups=4), (1, 8, 6, 6), 12 * 16 * 2 * 9),
    "depthwise": (nn.Conv2d(8, 8, 3, groups=8, padding="same"), (1, 8, 6, 6), 8 * 36 * 9),
    "dilated": (nn.Conv2d(3, 4, 3, dilation=2), (1, 3, 9, 9), 4 * 25 * 27),
    "transposed 1d": (nn.ConvTranspose1d(4, 6, 3, stride=2), (2, 4, 7), 2 * 7 * 4 * 6 * 3),
    "transposed 2d": (nn.ConvTranspose2d(4, 6, 3, groups=2), (1, 4, 5, 5), 25 * 4 * 3 * 9),
    "transposed 3d": (nn.ConvTranspose3d(2, 3, 2), (1, 2, 3, 3, 3), 27 * 2 * 3 * 8),
    "lazy": (
        nn.Sequential(nn.LazyConv2d(4, 3), nn.Flatten(), nn.LazyLinear(5)),
        (2, 3, 5, 5),
        2 * (972 + 180),
    ),
    "linear": (nn.Linear(8, 4), (3, 8), 3 * 32),
    "linear on a vector": (nn.Linear(8, 4), (8,), 32),
    "linear on four sizes": (nn.Linear(8, 4), (2, 3, 5, 8), 30 * 32),
    "bilinear": (nn.Bilinear(8, 6, 4), [(3, 8), (3, 6)], 3 * 4 * 8 * 6),
    "mm": (Function(torch.mm), [(3, 4), (4, 5)], 60),
    "bmm": (Function(torch.bmm), [(2, 3, 4), (2, 4, 5)], 120),
    "matmul": (Function(torch.matmul), [(2, 7, 3, 4), (4, 5)], 14 * 60),
    "addmm": (Function(torch.addmm), [(3, 5), (3, 4), (4, 5)], 60),
    "baddbmm": (Function(torch.baddbmm), [(2, 3, 5), (2, 3, 4), (2, 4, 5)], 120),
    "einsum": (Function(lambda a, b: torch.einsum("bik,bjk->bij", a, b)), [(2, 3, 4), (2, 5, 4)], 120),
    "mv": (Function(torch.mv), [(3, 4), (4,)], 12),
    "addmv": (Function(torch.addmv), [(3,), (3, 4), (4,)], 12),
    "dot": (Function(torch.dot), [(7,), (7,)], 7),
    "addmm in place": (Function(lambda a, b, c: a.clone().addmm_(b, c)), [(3, 5), (3, 4), (4, 5)], 60),
    "conv_tbc": (Function(torch.conv_tbc), [(7, 2, 3), (3, 3, 5), (5,)], 2 * 5 * 3 * 3 * 5),
    "complex mm": (Function(torch.mm), ["3x4:complex64", "4x5:complex64"], 4 * 60),
    "complex linear": (nn.Linear(8, 4, dtype=torch.complex64), (3, 8), 4 * 3 * 32),
    "complex conv2d": (nn.Conv2d(3, 4, 3, dtype=torch.complex64), (1, 3, 8, 8), 3 * 4 * 36 * 27),
    "pdist": (Function(functional.pdist), (6, 4), 15 * 4),
    "cdist of many rows": (Function(torch.cdist), [(2, 26, 4), (2, 5, 4)], 2 * 26 * 5 * 4),
    "cdist in another norm": (Function(lambda a, b: torch.cdist(a, b, p=1)), [(30, 4), (40, 4)], 4800),
    "cdist": (Function(torch.cdist), [(2, 3, 4), (2, 5, 4)], 2 * 3 * 5 * 4),
    "attention": (
        Function(functional.scaled_dot_product_attention),
        [(1, 12, 64, 64)] * 3,
        2 * 12 * 64 * 64 * 64,
    ),
    "attention across": (
        Function(functional.scaled_dot_product_attention),
        [(2, 3, 5, 8), (2, 3, 7, 8), (2, 3, 7, 4)],
        2 * 3 * 5 * 7 * (8 + 4),
    ),
    "attention of one query set for all": (
        Function(functional.scaled_dot_product_attention),
        [(1, 2, 4, 8), (3, 2, 5, 8), (3, 2, 5, 8)],
        3 * 2 * 4 * 5 * (8 + 8),
    ),
    "attention of one head's queries": (
        Function(functional.scaled_dot_product_attention),
        [(2, 1, 4, 8), (2, 3, 5, 8), (2, 3, 5, 8)],
        2 * 3 * 4 * 5 * (8 + 8),
    ),
    "views in place": (
        Function(lambda x, w: torch.mm(x.clone().squeeze_(0).t_().unsqueeze_(0)[0], w)),
        [(1, 4, 3), (4, 5)],
        3 * 4 * 5,
    ),
    "multi-head attention": (
        nn.MultiheadAttention(64, 4, batch_first=True),
        [(2, 10, 64)] * 3,
        20 * 64 * 64 * 4 + 2 * 2 * 10 * 10 * 64,
    ),
    "encoder layer": (
        nn.TransformerEncoderLayer(64, 4, 128, batch_first=True),
        (2, 10, 64),
        20 * (4 * 64 * 64 + 2 * 64 * 128) + 2 * 2 * 10 * 10 * 64,
    ),
    "decoder layer": (
        nn.TransformerDecoderLayer(64, 4, 128, batch_first=True),
        [(2, 10, 64), (2, 7, 64)],
        20 * (4 * 64 * 64 + 2 * 64 * 128) + (20 * 2 + 14 * 2) * 64 * 64 + 2 * 2 * 10 * (10 + 7) * 64,
    ),
    "lstm": (nn.LSTM(8, 16), (L, N, 8), L * N * 4 * 16 * (8 + 16)),
    "lstm, two layers, both ways": (
        nn.LSTM(8, 16, 2, bidirectional=True),
        (L, N, 8),
        L * N * 2 * (4 * 16 * (8 + 16) + 4 * 16 * (32 + 16)),
    ),
    "lstm, projected": (nn.LSTM(8, 16, proj_size=4), (L, N, 8), L * N * (4 * 16 * (8 + 4) + 16 * 4)),
    "gru": (nn.GRU(8, 16, batch_first=True), (N, L, 8), L * N * 3 * 16 * (8 + 16)),
    "rnn": (nn.RNN(8, 16, nonlinearity="relu"), (L, N, 8), L * N * 16 * (8 + 16)),
    "lstm cell": (nn.LSTMCell(8, 16), (N, 8), N * 4 * 16 * (8 + 16)),
    "gru cell": (nn.GRUCell(8, 16), (N, 8), N * 3 * 16 * (8 + 16)),
    "packed lstm": (Packed(), [(3, 5, 8), torch.tensor([5, 1, 3])], 9 * 4 * 16 * (8 + 16)),
    "embedding": (nn.Embedding(100, 8), "2x5:int64", 0),
    "weight norm": (parametrizations.weight_norm(nn.Linear(8, 4)), (3, 8), 96),
    "batch norm": (nn.BatchNorm2d(8), (2, 8, 3, 3), 0),
    "pooling": (nn.MaxPool2d(2), (2, 8, 4, 4), 0),
    "interpolation": (nn.Upsample(scale_factor=2, mode="bilinear"), (1, 3, 4, 4), 0),
}


@pytest.mark.parametrize("train", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize("case", CASES)
def test_multiply_accumulates_by_hand(case: str, train: bool) -> None:  # noqa: FBT001  # a parameter of pytest
    module, inputs, macs = CASES[case]
    table = nets.table(module, inputs, train=train)
    assert table.findings is not None
    assert table.findings.complete, table.findings.uncounted
    assert table.total.macs == macs


def test_spectral_norm_iterates_in_training_only() -> None:
    module = parametrizations.spectral_norm(nn.Linear(8, 4))
    product, sigma = 3 * 32, 32 + 4  # W·v, and its product with u
    assert nets.table(module, (3, 8)).total.macs == product + sigma
    assert nets.table(module, (3, 8), train=True).total.macs == product + sigma + 2 * 32


@pytest.mark.parametrize(
    ("module", "inputs", "elementwise"),
    [
        (nn.ReLU(), (2, 3), 6),
        (nn.GELU(), (2, 3), 6),
        (nn.Softmax(-1), (2, 3), 5 * 6),
        (nn.BatchNorm2d(4), (2, 4, 3, 3), 2 * 72),
        (nn.LayerNorm(8), (3, 8), 7 * 24),
        (nn.LayerNorm(8, elementwise_affine=False), (3, 8), 5 * 24),
        (nn.GroupNorm(2, 8), (3, 8, 4), 7 * 96),
        (nn.MaxPool2d(2), (1, 4, 6, 6), 4 * 36),
        (nn.AvgPool1d(3), (1, 4, 9), 3 * 12),
        (nn.AdaptiveAvgPool2d(1), (1, 4, 6, 6), 144),
        (nn.Upsample(scale_factor=2), (1, 3, 4, 4), 0),
        (nn.Upsample(scale_factor=2, mode="bilinear"), (1, 3, 4, 4), 4 * 192),
        (nn.LocalResponseNorm(5), (1, 8, 2, 2), 10 * 32),
        (nn.Dropout(), (2, 3), 0),
        (nn.LSTM(8, 16), (L, N, 8), L * N * 16 * 9),
        (nn.GRU(8, 16), (L, N, 8), L * N * 16 * 8),
        (nn.Flatten(), (2, 3, 4), 0),
        (Function(functional.scaled_dot_product_attention), [(1, 2, 3, 4)] * 3, 6 * 2 * 9),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else None,
)
def test_other_arithmetic_is_counted_apart(module: nn.Module, inputs: Any, elementwise: int) -> None:  # noqa: ANN401  # any input
    assert nets.table(module, inputs).total.elementwise == elementwise


def test_bytes_are_those_of_the_tensors() -> None:
    total = nets.table(nn.Linear(8, 4), (3, 8)).total
    assert (total.read, total.written) == (4 * (24 + 32 + 4), 4 * 12)
    half = nets.table(nn.Linear(8, 4).half(), (3, 8)).total
    assert (half.read, half.written) == (2 * (24 + 32 + 4), 2 * 12)
    looked_up = nets.table(nn.Embedding(1000, 8), "2x5:int64").total
    assert (looked_up.read, looked_up.written) == (4 * 80 + 8 * 10, 4 * 80)  # not the whole table
    expanded = nets.table(Function(lambda a: a.expand(100, 3) + 1), (1, 3)).total
    assert (expanded.read, expanded.written) == (4 * 3, 4 * 300)


def test_a_rule_of_ones_own_and_no_second_one() -> None:
    module = Function(lambda a: torch.fft.fft(a).real)
    bare = nets.table(module, (1, 8))
    assert bare.findings is not None
    assert [item.operator for item in bare.findings.uncounted] == ["aten._fft_r2c"]
    mine = RULES.plus({"aten._fft_r2c": lambda call: Work(elementwise=5 * call.output.numel * 3)})
    counted = nets.table(module, (1, 8), rules=mine)
    assert counted.findings is not None
    assert counted.findings.complete
    assert counted.total.elementwise == 5 * 8 * 3
    with pytest.raises(InputError, match=r"aten\.mm has a rule already"):
        RULES.plus({"aten.mm": lambda call: Work(macs=call.output.numel)})
    with pytest.raises(InputError, match="must be a function"):
        RULES.plus({"mylib.op": 3})  # type: ignore[dict-item]  # wrong on purpose


def test_a_product_by_many_names_is_linear_only_with_a_learned_factor() -> None:
    kinds = {
        row.kind
        for module in (nn.Linear(8, 4), Function(torch.mm))
        for row in nets.table(module, (3, 8) if isinstance(module, nn.Linear) else [(3, 4), (4, 5)]).rows
    }
    assert kinds == {"input", "linear", "product"}


@pytest.mark.parametrize("inplace", [False, True])
def test_hardswish_is_an_activation_like_others(*, inplace: bool) -> None:
    table = nets.table(nn.Sequential(nn.Linear(3, 3), nn.Hardswish(inplace=inplace)), (2, 3))
    assert table.findings is not None
    assert table.findings.complete
    assert table.total.elementwise == 2 * 3 + nets.table(nn.Linear(3, 3), (2, 3)).total.elementwise

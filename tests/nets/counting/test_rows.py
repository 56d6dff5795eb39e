"""Rows: in the order of execution, as a tree, folded, sorted; parameters each once, the odd ones named."""

import json
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import nets
from nets import zoo
from nets.build import build
from nets.errors import InputError
from nets.tables.rows import total
from nets.tables.table import Table
from tests.nets.counting.modules import Decoder, Function, Tied, Token, Upsampled


def plain(table: Table) -> list[str]:
    return [row.layer for row in table.rows if not row.subtotal]


def test_rows_follow_execution_and_not_registration() -> None:
    class Backwards(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.second, self.first = nn.Linear(4, 2), nn.Linear(3, 4)

        def forward(self, data: Tensor) -> Tensor:
            return torch.as_tensor(self.second(torch.relu(self.first(data))))

    assert plain(nets.table(Backwards(), (1, 3))) == ["(input)", "first", "(relu)", "second"]


def test_plain_functions_have_rows_of_their_own() -> None:
    table = nets.table(Upsampled(), (1, 3, 4, 4))
    assert plain(table) == ["(input)", "a", "(interpolate)", "b"]
    assert table.total.macs == 108 * 16 + 144 * 64
    assert table.by_layer["(interpolate)"].counts.activations == 4 * 64


@pytest.mark.parametrize(
    ("module", "inputs", "parameters"),
    [
        (Token(), (2, 3, 16), 84),
        (Tied(), (1, 8), 80),
        (nn.TransformerEncoderLayer(16, 4, 32).requires_grad_(requires_grad=False), (5, 1, 16), 2224),
        (nn.MultiheadAttention(8, 2), [(3, 1, 8)] * 3, 4 * 64 + 4 * 8),
        (nn.LSTM(8, 16), (5, 2, 8), 4 * 16 * 24 + 2 * 64),
        (Decoder(), "2x8:int64", 1600 + 512 + 4 * (32 + 816 + 272 + 1088 + 1040)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else None,
)
def test_parameters_are_torchs_sum(module: nn.Module, inputs: Any, parameters: int) -> None:  # noqa: ANN401  # any input
    counted = nets.table(module, inputs).total.parameters
    assert counted == parameters == sum(p.numel() for p in module.parameters())


def test_what_stands_out_is_named() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.head = Tied(), nn.Linear(8, 3)
            self.scale = nn.Parameter(torch.ones(8))
            self.inner.a.bias.requires_grad = False
            self.register_buffer("mean", torch.zeros(5))

        def forward(self, data: Tensor) -> Tensor:
            return torch.as_tensor(self.inner(data) * self.scale)

    table = nets.table(Odd(), (1, 8))
    findings = table.findings
    assert findings is not None
    assert findings.bare == ("scale",)
    assert findings.tied == (("inner.a.weight", "inner.b.weight"),)
    assert findings.frozen == ("inner.a.bias",)
    assert findings.idle == ("head.weight", "head.bias")
    assert findings.buffers == 5
    assert table.total.parameters == 80 + 27 + 8
    assert table.by_layer["head"].note == "never ran"
    assert "tied with inner.b.weight" in table.by_layer["inner.a"].note
    assert table.by_layer["inner.b"].note == "weight counted in inner.a"
    text = table.to("text")
    for sentence in (
        "Parameters outside of torch's layers: scale.",
        "Tied, counted once: inner.b.weight with inner.a.weight.",
        "Never used, but counted: head.weight, head.bias.",
        "Frozen: inner.a.bias.",
        "Buffers, not counted as parameters: 5.",
    ):
        assert sentence in text
    document = json.loads(table.to("json"))
    assert document["tied"] == [["inner.a.weight", "inner.b.weight"]]
    assert (document["bare"], document["never_used"]) == (["scale"], ["head.weight", "head.bias"])
    assert (document["buffers"], document["lower_bound"]) == (5, False)


def test_a_module_called_twice_is_one_row_that_says_so() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(8, 8)

        def forward(self, data: Tensor) -> Tensor:
            return torch.as_tensor(self.fc(self.fc(data)))

    table = nets.table(Twice(), (3, 8))
    row = table.by_layer["fc"]
    assert (row.calls, row.note, row.counts.macs, row.counts.parameters) == (2, "called 2 times", 384, 72)
    assert "fc: called 2 times." in table.to("text")


def test_equal_blocks_are_folded_and_hold_their_sum() -> None:
    folded, flat = (nets.table(Decoder(), "2x8:int64", fold=fold) for fold in (True, False))
    assert folded.total == flat.total
    assert "blocks.0–3" in folded.by_layer
    assert folded.by_layer["blocks.0–3"].times == 4
    assert folded.by_layer["blocks.0–3.qkv"].counts.macs == 4 * flat.by_layer["blocks.0.qkv"].counts.macs
    assert "0–3 × 4" in folded.to("text")
    assert len(plain(flat)) - len(plain(folded)) == 3 * 8


@pytest.mark.parametrize("depth", [1, 2, 3, 9])
def test_a_tree_of_any_depth_has_the_same_total(depth: int) -> None:
    full, table = nets.table(Decoder(), "2x8:int64"), nets.table(Decoder(), "2x8:int64", depth=depth)
    assert table.total == full.total == total(table.rows)
    assert max(row.level for row in table.rows) < depth
    for subtotal in (row for row in table.rows if row.subtotal):
        inside = [
            row for row in table.rows if row.layer.startswith(f"{subtotal.layer}.") and not row.subtotal
        ]
        assert total(inside) == subtotal.counts


def test_the_largest_rows_first_and_the_rest_in_one() -> None:
    table = nets.table(Decoder(), "2x8:int64", sort="macs", top=3)
    assert [row.counts.macs for row in table.rows[:3]] == [25_600, 16_384, 16_384]
    assert table.rows[3].layer == "(34 more)"
    assert table.total == nets.table(Decoder(), "2x8:int64").total
    by_parameters = nets.table("vgg19", sort="parameters", top=1)
    assert by_parameters.rows[0].layer == "fc6"
    for wrong in ({"sort": "type"}, {"sort": "macz"}, {"top": 0}, {"sort": "read"}):
        with pytest.raises(InputError):
            nets.table("vgg19", **wrong)


def test_shares_are_of_the_total() -> None:
    table = nets.table(nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 12)), (1, 4))
    lines = table.to("csv", columns=["layer", "macs", "macs%"]).splitlines()
    assert lines == ["layer,macs,macs%", "(input),0,", "0,16,25.0", "1,48,75.0"]
    with pytest.raises(InputError, match="column 'layer%' does not exist"):
        table.to("csv", columns=["layer%"])


def test_columns_that_nobody_counted_are_refused() -> None:
    with pytest.raises(InputError, match="column 'read' is counted of torch modules only"):
        nets.table("lenet5").to("text", columns=["layer", "read"])
    with pytest.raises(InputError, match="column 'backward' needs the gradients"):
        nets.table(nn.Linear(2, 2), (1, 2)).to("text", columns=["backward"])


def test_a_lower_bound_says_so_everywhere() -> None:
    table = nets.table(Function(torch.fft.fft), (2, 8))
    assert table.findings is not None
    assert table.findings.lower_bound in " ".join(table.to("text").split())
    assert "at least" in table.to("text")
    document = json.loads(table.to("json"))
    assert document["lower_bound"] is True
    assert document["uncounted"] == [
        {"operator": "aten._fft_r2c", "module": "", "calls": 1, "shapes": [[2, 8]]}
    ]


@pytest.mark.parametrize("name", ["lenet5", "small-inception", "resnet18"])
def test_the_trace_of_a_built_net_is_its_description(name: str) -> None:
    network = zoo.named(name)
    formulas, traced = network.table(every=True), nets.table(build(network), network.example, every=True)
    for row in formulas.rows[1:]:
        seen = traced.by_layer[row.layer].counts
        wanted = row.counts
        assert (seen.weights, seen.biases, seen.macs) == (wanted.weights, wanted.biases, wanted.macs)
        assert seen.activations == wanted.activations, row.layer
    assert traced.total.activations == formulas.total.activations


def test_subclasses_count_like_what_they_derive_from() -> None:
    class Mine(nn.Conv2d):
        pass

    for convention in ("hand", "fvcore", "torch", "torchinfo", "thop"):
        mine, torchs = (
            nets.table(kind(3, 4, 3), (1, 3, 8, 8), convention=convention).total for kind in (Mine, nn.Conv2d)
        )
        assert mine == torchs


def test_parametrised_layers_are_one_row() -> None:
    module = nn.Sequential(torch.nn.utils.parametrizations.weight_norm(nn.Linear(8, 4)), nn.ReLU())
    table = nets.table(module, (3, 8))
    assert plain(table) == ["(input)", "0", "1"]
    assert table.by_layer["0"].counts.parameters == 32 + 4 + 4
    assert table.by_layer["0"].counts.activations == 12

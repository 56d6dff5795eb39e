"""Well-known formulas beside the trace: 6·N·D, ZeRO and Korthikanti et al., by hand and from the papers."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import nets
from nets.costing.classics import Classic
from nets.costing.cost import Cost
from tests.nets.costing.modules import NETS, encoder


class PaperLayer(nn.Module):
    """The layer of Korthikanti et al. 2022, figure 2, operation by operation; attention is not fused."""

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.qkv, self.out = nn.Linear(hidden, 3 * hidden), nn.Linear(hidden, hidden)
        self.wide, self.narrow = nn.Linear(hidden, 4 * hidden), nn.Linear(4 * hidden, hidden)

    def forward(self, data: Tensor) -> Tensor:
        length, batch, hidden = data.shape
        parts = self.qkv(self.norm1(data)).view(length, batch * self.heads, 3, -1)
        query, key, value = (part.transpose(0, 1).contiguous() for part in parts.unbind(2))
        scores = functional.dropout(torch.softmax(query @ key.mT / 8, -1), 0.1)
        mixed = (scores @ value).transpose(0, 1).reshape(length, batch, hidden)
        data = data + functional.dropout(self.out(mixed), 0.1)
        widened = functional.gelu(self.wide(self.norm2(data)))
        return data + functional.dropout(self.narrow(widened), 0.1)


def named(spent: Cost, start: str) -> Classic:
    return next(classic for classic in spent.classics if classic.name.startswith(start))


def test_a_layer_as_in_the_paper_keeps_what_the_paper_says() -> None:
    length, batch, hidden, heads = 96, 2, 128, 4
    layer = PaperLayer(hidden, heads)
    told = nets.cost(layer, (length, batch, hidden), dtype="bfloat16", device="a100-sxm").bytes
    means = 2 * 2 * length * batch * 2  # of two norms: mean and deviation of each vector, not in the paper
    saved = told["saved activations"] + told["inputs"]
    assert saved == length * batch * hidden * (34 + 5 * heads * length / hidden) + means


@pytest.mark.parametrize(
    ("hidden", "heads", "scores"),
    [(12288, 96, 80), (20480, 128, 64)],  # GPT-3 and MT-NLG: what the paper's section 4 says of 5·a·s/h
)
def test_the_formula_says_of_large_models_what_the_paper_says(hidden: int, heads: int, scores: int) -> None:
    with torch.device("meta"):
        layer = nn.TransformerEncoderLayer(hidden, heads, 4 * hidden, batch_first=True)
    spent = nets.cost(layer, (1, 2048, hidden), dtype="bfloat16", device="a100-sxm")
    assert named(spent, "s·b·h").says == 2048 * hidden * (34 + scores)


@pytest.mark.parametrize("name", list(NETS))
def test_terms_add_up_to_the_difference(name: str) -> None:
    make, shape = NETS[name]
    spent = nets.cost(make(), shape, optimizer="adam")
    assert spent.classics
    for classic in spent.classics:
        assert classic.says + sum(size for _, size in classic.terms) == classic.traced


def test_an_encoder_keeps_its_scores_and_floats_of_four_bytes() -> None:
    batch, length, hidden, heads = 8, 50, 64, 4
    found = named(nets.cost(encoder(), (batch, length, hidden)), "s·b·h")
    terms = {words.partition(",")[0]: (words, size) for words, size in found.terms}
    vectors, layers = batch * length * hidden, 2
    assert "5·a·s²·b there, 5 here" in terms["scores"][0]
    means = layers * 2 * 2 * batch * length * 2  # as if in 16 bits, like all else
    assert terms["norms"][1] == means
    assert found.says == layers * (34 * vectors + 5 * heads * length**2 * batch)
    # Input, queries with keys and values, both scaled, what is mixed, a mask; then the perceptron's input,
    # ReLU's result, its dropout with a mask, all twice as wide (not four times), and a mask.
    rest = (2 + 6 + 4 + 2 + 1) + (2 + 2 * 2 + 2 * (2 + 1) + 1)
    assert terms["all else"][1] == layers * (rest - 30) * vectors


def test_fused_attention_keeps_no_scores() -> None:
    found = named(nets.cost("examples/decoder.py:Decoder", "2x128:int64"), "s·b·h")
    scores, size = next((words, size) for words, size in found.terms if words.startswith("scores"))
    assert "fused" in scores
    assert size == -6 * 5 * 8 * 128**2 * 2


def test_copies_of_weights_in_mixed_numbers_are_told_apart() -> None:
    found = named(nets.cost("examples/decoder.py:Decoder", "2x128:int64", dtype="mixed"), "s·b·h")
    matrices = 6 * 12 * 256**2
    assert dict(found.terms)["weights in 16 bits, which autocast keeps beside those in 32"] == 2 * matrices


def test_six_times_parameters_times_tokens_by_hand() -> None:
    batch, length, hidden = 8, 50, 64
    found = named(nets.cost(encoder(), (batch, length, hidden)), "6·N·D")
    tokens = batch * length
    per_layer = 3 * hidden * hidden + hidden * hidden + 2 * hidden * 128
    count = 2 * (per_layer + 3 * hidden + hidden + 128 + hidden + 2 * 2 * hidden)
    assert found.says == 6 * count * tokens
    terms = dict(found.terms)
    mixing = 2 * 3 * 2 * 2 * batch * length**2 * hidden  # layers, passes, products, FLOPs
    assert terms["products of activations with each other, such as attention's"] == mixing
    assert terms["gradients that nothing asks for, such as the input's"] == -2 * tokens * 3 * hidden * hidden
    assert terms["weights that meet more or fewer numbers than one a position"] == 3 * 2 * tokens * (
        2 * per_layer - count
    )


@pytest.mark.parametrize("dtype", ["float32", "mixed"])
def test_weights_cast_to_other_numbers_are_weights(dtype: str) -> None:
    found = named(nets.cost(nn.Linear(16, 8, bias=False), (4, 16), dtype=dtype), "6·N·D")
    assert dict(found.terms) == {"gradients that nothing asks for, such as the input's": -2 * 4 * 16 * 8}


def test_what_is_computed_anew_is_told_apart() -> None:
    found = named(nets.cost("examples/decoder.py:Decoder", "2x128:int64", checkpoint="blocks.0"), "6·N·D")
    anew = 2 * 2 * 128 * (3 + 1 + 4) * 256**2  # all but the block's last layer, at which torch stops
    assert dict(found.terms)["what is computed anew"] == anew


@pytest.mark.parametrize(
    ("dtype", "optimizer", "bytes_each"),
    [
        ("float32", "adam", 4 + 4 + 8),
        ("mixed", "adamw", 4 + 4 + 8),
        ("bfloat16", "adam", 2 + 2 + 4),
        ("float32", "momentum", 4 + 4 + 4),
        ("float32", "sgd", 4 + 4),
    ],
)
def test_bytes_a_parameter_beside_those_of_zero(dtype: str, optimizer: str, bytes_each: int) -> None:
    found = named(nets.cost(nn.Linear(100, 50), (8, 100), dtype=dtype, optimizer=optimizer), "ZeRO")
    assert found.says == 16 * 5050
    steps = 2 * 4 if optimizer.startswith("adam") else 0
    assert found.traced == bytes_each * 5050 + steps


def test_inference_has_no_classics() -> None:
    assert nets.cost(encoder(), (8, 50, 64), inference=True).classics == ()

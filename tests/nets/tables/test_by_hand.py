"""A net small enough to count in one's head, in every format to the last character.

The input holds 8·8 = 64 numbers; the convolution computes 6·6·2 = 72, each from 3·3 products, with 3·3·2 = 18
weights and 2 biases; the pool keeps 3·3·2 = 18; the last layer has 18·10 weights and 10 biases.
"""

import json

import attrs
import pytest

from nets import Network, Node
from nets.errors import InputError
from nets.layers import Conv2d, Flatten, Input, Linear, MaxPool2d, ReLU
from nets.network.formulas import symbol
from nets.tables.comparison import compare_tables

NET = Network(
    "tiny",
    (
        Node("input", Input((1, 8, 8))),
        Node("conv_1", Conv2d(1, 2, 3), ("input",)),
        Node("relu", ReLU(), ("conv_1",)),
        Node("pool", MaxPool2d(2), ("relu",)),
        Node("flat", Flatten(), ("pool",)),
        Node("fc", Linear(18, 10), ("flat",)),
    ),
)
TEXT = """\
tiny, input 1×1×8×8
layer  activations        weights biases MACs
─────────────────────────────────────────────
input   8×8×1 = 64              0      0    0
conv_1  6×6×2 = 72 (3×3×1)×2 = 18      2  648
pool    3×3×2 = 18              0      0    0
fc              10    18×10 = 180     10  180

total          164            198     12  828
Parameters: 210 (weights + biases).
1 MAC = 1 multiply-accumulate = 2 FLOPs.
"""
HUMAN = """\
tiny, input 1×1×8×8
layer  output activations weights biases MACs
─────────────────────────────────────────────
input  8×8×1           64       0      0    0
conv_1 6×6×2           72      18      2  648
pool   3×3×2           18       0      0    0
fc     10              10     180     10  180

total                 164     198     12  828
Parameters: 210 (weights + biases).
1 MAC = 1 multiply-accumulate = 2 FLOPs.
K, M, G, T, P, E are powers of 1000.
"""
TORCH = """\
tiny, input 1×1×8×8, torch convention
layer  activations        weights biases MACs torch FLOPs
─────────────────────────────────────────────────────────
input            0              0      0    0           0
conv_1           0 (3×3×1)×2 = 18      2  648       1,296
pool             0              0      0    0           0
fc               0    18×10 = 180     10  180         360

total            0            198     12  828       1,656
Parameters: 210 (weights + biases).
1 MAC = 1 multiply-accumulate = 2 FLOPs.
"""
SHARES = """\
tiny, input 2×1×8×8
layer   MACs % MACs % parameters
────────────────────────────────
input      0
conv_1 1,296   78.3          9.5
pool       0
fc       360   21.7         90.5

total  1,656
Parameters: 210 (weights + biases).
1 MAC = 1 multiply-accumulate = 2 FLOPs.
"""
SYMBOLIC = """\
tiny, input N×1×H×W
layer  output                      weights biases MACs
──────────────────────────────────────────────────────────────────────
input  N×H×W×1                     0       0      0
conv_1 N×(H - 2)×(W - 2)×2         18      2      18·N·(H - 2)·(W - 2)
pool   N×(⌊H/2⌋ - 1)×(⌊W/2⌋ - 1)×2 0       0      0

total                              18      2
Parameters: 20 (weights + biases).
1 MAC = 1 multiply-accumulate = 2 FLOPs.
MACs = 18·N·(H - 2)·(W - 2)
Activations = N·H·W + 2·N·(H - 2)·(W - 2) + 2·N·(⌊H/2⌋ - 1)·(⌊W/2⌋ - 1)
Where 2 divides H and W: Activations = 7·N·H·W/2 - 5·N·H - 5·N·W + 10·N
Holds for: H ≥ 4, W ≥ 4.
"""
TOP = """\
tiny, input 1×1×8×8
layer    activations        weights biases MACs
───────────────────────────────────────────────
conv_1    6×6×2 = 72 (3×3×1)×2 = 18      2  648
(3 more)          92            180     10  180

total            164            198     12  828
Parameters: 210 (weights + biases).
1 MAC = 1 multiply-accumulate = 2 FLOPs.
"""
MARKDOWN = """\
**tiny, input 1×1×8×8**

| layer   | type      | output   |   activations |        weights |   biases |   MACs |
|---------|-----------|----------|---------------|----------------|----------|--------|
| input   | Input     | 8×8×1    |    8×8×1 = 64 |              0 |        0 |      0 |
| conv\\_1 | Conv2d    | 6×6×2    |    6×6×2 = 72 | (3×3×1)×2 = 18 |        2 |    648 |
| pool    | MaxPool2d | 3×3×2    |    3×3×2 = 18 |              0 |        0 |      0 |
| fc      | Linear    | 10       |            10 |    18×10 = 180 |       10 |    180 |
| total   |           |          |           164 |            198 |       12 |    828 |

Parameters: 210 (weights + biases).

1 MAC = 1 multiply-accumulate = 2 FLOPs.
"""
CSV = """\
layer,type,output,activations,weights,biases,parameters,macs,flops
input,Input,8×8×1,64,0,0,0,0,0
conv_1,Conv2d,6×6×2,72,18,2,20,648,1296
pool,MaxPool2d,3×3×2,18,0,0,0,0,0
fc,Linear,10,10,180,10,190,180,360
"""
SENTENCES = ["Parameters: 210 (weights + biases).", "1 MAC = 1 multiply-accumulate = 2 FLOPs."]
CAPTION = " ".join(["tiny, input 1×1×8×8. Convention: hand.", *SENTENCES])
LATEX = r"""% needs \usepackage{booktabs}
\begin{table}
\centering
\caption{CAPTION}
\begin{tabular}{lllrrrr}
\toprule
layer & type & output & activations & weights & biases & MACs \\
\midrule
input & Input & 8×8×1 & 8×8×1 = 64 & 0 & 0 & 0 \\
conv\_1 & Conv2d & 6×6×2 & 6×6×2 = 72 & (3×3×1)×2 = 18 & 2 & 648 \\
pool & MaxPool2d & 3×3×2 & 3×3×2 = 18 & 0 & 0 & 0 \\
fc & Linear & 10 & 10 & 18×10 = 180 & 10 & 180 \\
\midrule
total &  &  & 164 & 198 & 12 & 828 \\
\bottomrule
\end{tabular}
\end{table}
""".replace("CAPTION", CAPTION).replace("×", r"$\times$")
HTML = """\
<table>
<caption>tiny, input 1×1×8×8</caption>
<thead><tr><th>layer</th><th>type</th><th>output</th><th→>activations</th><th→>weights</th><th→>biases</th><th→>MACs</th></tr></thead>
<tbody>
<tr>|input|Input|8×8×1¦8×8×1 = 64¦0¦0¦0|</tr>
<tr>|conv_1|Conv2d|6×6×2¦6×6×2 = 72¦(3×3×1)×2 = 18¦2¦648|</tr>
<tr>|pool|MaxPool2d|3×3×2¦3×3×2 = 18¦0¦0¦0|</tr>
<tr>|fc|Linear|10¦10¦18×10 = 180¦10¦180|</tr>
</tbody>
<tfoot><tr>|total||¦164¦198¦12¦828|</tr></tfoot>
</table>
<p>Parameters: 210 (weights + biases).</p>
<p>1 MAC = 1 multiply-accumulate = 2 FLOPs.</p>
"""
for short, long in (("<tr>|", "<tr><td>"), ("|</tr>", "</td></tr>"), ("|", "</td><td>"), ("¦", "</td><td→>")):
    HTML = HTML.replace(short, long)
HTML = HTML.replace("→", ' style="text-align: right"')


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize(
    ("form", "written"),
    [("text", TEXT), ("markdown", MARKDOWN), ("csv", CSV), ("latex", LATEX), ("html", HTML)],
)
def test_each_format_by_hand(form: str, written: str) -> None:
    assert NET.table().to(form) == written


def test_short_numbers_a_convention_and_shares_by_hand() -> None:
    assert NET.table().to("text", human=True) == HUMAN
    assert NET.table(convention="torch").to("text") == TORCH
    shares = ["layer", "macs", "macs%", "parameters%"]
    assert NET.table((2, 1, 8, 8)).to("text", columns=shares) == SHARES


def test_formulas_by_hand() -> None:
    """Where H and W are even, HW + 2(H - 2)(W - 2) + 2(H/2 - 1)(W/2 - 1) is 7HW/2 - 5H - 5W + 10."""
    net = Network("tiny", NET.nodes[:4])
    assert net.table((symbol("N"), 1, symbol("H"), symbol("W"))).to("text") == SYMBOLIC
    assert (
        repr(net.table((symbol("N"), 1, 8, symbol("W")))) == "<Table tiny, input N×1×8×W: 3 rows, formulas>"
    )
    assert repr(NET.table()) == "<Table tiny, input 1×1×8×8: 4 rows, 210 parameters, 828 MACs>"


def test_the_largest_rows_by_hand() -> None:
    assert NET.table().largest("macs", 1).to("text") == TOP
    assert [row.layer for row in NET.table().largest("weights").rows] == ["fc", "conv_1", "input", "pool"]
    assert [row.layer for row in NET.table().largest("weights", 4).rows] == ["fc", "conv_1", "input", "pool"]
    for column, top, sentence in (
        ("layer", None, "rows can be sorted by counts, not by 'layer'"),
        ("mac", None, "rows can be sorted by counts, not by 'mac'; did you mean macs"),
        ("macs", 0, "top 0 must be at least 1"),
        ("read", None, "column 'read' is counted of torch modules only; trace one, such as a built net"),
    ):
        with pytest.raises(InputError) as refused:
            NET.table().largest(column, top)
        assert str(refused.value).startswith(sentence)
    with pytest.raises(InputError, match=r"^formulas have no order; give the input in numbers to sort by$"):
        NET.table((symbol("N"), 1, 8, 8)).largest("macs")


def test_json_by_hand() -> None:
    document = json.loads(NET.table(convention="torch").to("json"))
    shapes = {"input": [1, 1, 8, 8], "conv_1": [1, 2, 6, 6], "pool": [1, 2, 3, 3], "fc": [1, 10]}
    kinds = ["Input", "Conv2d", "MaxPool2d", "Linear"]
    weights, biases, macs = [0, 18, 0, 180], [0, 2, 0, 10], [0, 648, 0, 180]
    rows = [
        {
            "layer": name,
            "type": kind,
            "output": shapes[name],
            "activations": 0,
            "weights": w,
            "biases": b,
            "parameters": w + b,
            "macs": m,
            "flops": 2 * m,
            "operations": 2 * m,
        }
        for name, kind, w, b, m in zip(shapes, kinds, weights, biases, macs, strict=True)
    ]
    total = {"activations": 0, "weights": 198, "biases": 12, "parameters": 210, "macs": 828}
    assert document == {
        "name": "tiny",
        "input": [1, 1, 8, 8],
        "convention": "torch",
        "unit": "FLOPs",
        "rows": rows,
        "total": total | {"flops": 1656, "operations": 1656},
    }


def test_sums_by_type_and_by_kind() -> None:
    table = NET.table()
    assert {name: counts.macs for name, counts in table.by_type.items()} == {
        "Input": 0,
        "Conv2d": 648,
        "MaxPool2d": 0,
        "Linear": 180,
    }
    assert {name: counts.activations for name, counts in table.by_kind.items()} == {
        "input": 64,
        "convolution": 72,
        "max pool": 18,
        "linear": 10,
    }
    twice = table.total.times(2)
    assert (twice.macs, twice.weights, twice.flops) == (1656, 396, 3312)
    assert table.total + table.total == twice


def test_a_comparison_by_hand() -> None:
    """The other net has three channels of 8·8, from 9 products each, then 48 features; no biases."""
    other = Network(
        "wide",
        (
            NET.nodes[0],
            Node("conv_1", Conv2d(1, 3, 3, padding=1, bias=False), ("input",)),
            Node("pool_2", MaxPool2d(2), ("conv_1",)),
            Node("flat", Flatten(), ("pool_2",)),
            Node("fc", Linear(48, 10, bias=False), ("flat",)),
        ),
    )
    found = compare_tables(NET.table(), other.table())
    assert found.verdict == (
        "wide pays with 2.67 times as many MACs (828 → 2,208), 2.41 times as many parameters (210 → 507),"
        " 1.91 times as many activations (164 → 314) and 2.67 times as many convolution activations"
        " (72 → 192)."
    )
    back = compare_tables(other.table(), NET.table())
    assert back.verdict.startswith("tiny saves 62.5 % of the MACs (2,208 → 828, 2.67 times fewer), 58.6 % of")
    mixed = attrs.evolve(other, nodes=(*other.nodes[:-1], Node("fc", Linear(48, 1), ("flat",))))
    assert "It pays with" in compare_tables(NET.table(), mixed.table()).verdict
    document = found.to_dict()
    rows = {row["layer"]: row for row in document.pop("rows")}
    assert list(rows) == ["input", "conv_1", "pool_2", "pool", "fc"]
    assert rows["conv_1"] == {
        "layer": "conv_1",
        "output": {"first": [1, 2, 6, 6], "second": [1, 3, 8, 8]},
        "activations": {"first": 72, "second": 192, "ratio": 72 / 192},
        "weights": {"first": 18, "second": 27, "ratio": 18 / 27},
        "parameters": {"first": 20, "second": 27, "ratio": 20 / 27},
        "macs": {"first": 648, "second": 1728, "ratio": 0.375},
    }
    nothing = {"first": 0, "second": None, "ratio": None}
    assert rows["pool"] == {
        "layer": "pool",
        "output": {"first": [1, 2, 3, 3], "second": None},
        "activations": {"first": 18, "second": None, "ratio": None},
        "weights": nothing,
        "parameters": nothing,
        "macs": nothing,
    }
    assert document == {
        "first": "tiny",
        "second": "wide",
        "input": [1, 1, 8, 8],
        "convention": "hand",
        "total": {
            "activations": {"first": 164, "second": 314, "ratio": 164 / 314},
            "weights": {"first": 198, "second": 507, "ratio": 198 / 507},
            "parameters": {"first": 210, "second": 507, "ratio": 210 / 507},
            "macs": {"first": 828, "second": 2208, "ratio": 0.375},
            "convolution activations": {"first": 72, "second": 192, "ratio": 0.375},
        },
        "verdict": found.verdict,
    }

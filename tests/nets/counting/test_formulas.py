"""Formulas of traced modules: proved by tracing with numbers, size 1 included, or the exception is stated."""

import itertools
from typing import Any

import pytest
import sympy
import torch
from torch import Tensor, nn

import nets
from nets import zoo
from nets.build import build
from nets.network.formulas import symbol
from tests.nets.counting.modules import Decoder, Loop, Upsampled

N, H, W, L, h = (symbol(name) for name in "NHWLh")
COUNTS = ("activations", "weights", "biases", "macs", "elementwise")


def numbers(text: str, **values: int) -> str:
    for name, value in values.items():
        text = text.replace(name, str(value))
    return text


def put(size: Any, **values: int) -> int:  # noqa: ANN401  # an int or a formula
    return int(sympy.sympify(size).subs({symbol(name): value for name, value in values.items()}))


@pytest.mark.parametrize(
    ("module", "inputs", "ranges"),
    [
        (nn.Linear(4, 5), "Nx4", {"N": (1, 2, 7)}),
        (nn.LSTM(8, 16, 2), "LxNx8", {"L": (1, 2, 6), "N": (1, 3)}),
        (nn.GRU(8, 16), "LxNx8", {"L": (1, 2, 6), "N": (1, 3)}),
        (Loop(), "LxNx8", {"L": (1, 2, 8), "N": (1, 3)}),
        (Upsampled(), "Nx3xHxW", {"N": (1, 2), "H": (1, 4, 7), "W": (1, 5)}),
        (nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), "NxLx16", {"N": (1, 2), "L": (1, 5)}),
        (Decoder(blocks=2), "NxL:int64", {"N": (1, 3), "L": (1, 2, 32)}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else None,
)
def test_substitution_gives_the_table_of_numbers(
    module: nn.Module, inputs: str, ranges: dict[str, tuple[int, ...]]
) -> None:
    formulas = nets.table(module, inputs, fold=False)
    for chosen in itertools.product(*ranges.values()):
        values = dict(zip(ranges, chosen, strict=True))
        table = nets.table(module, numbers(inputs, **values), fold=False)
        rows = [row for row in formulas.rows if not row.subtotal]
        for row, other in zip(rows, (r for r in table.rows if not r.subtotal), strict=True):
            for name in COUNTS:
                assert put(getattr(row.counts, name), **values) == getattr(other.counts, name), (
                    row.layer,
                    name,
                )


def test_formulas_by_hand() -> None:
    encoder = nets.table(nn.TransformerEncoderLayer(64, 4, 128, batch_first=True), "NxLx64")
    assert sympy.expand(encoder.total.macs - (128 * N * L**2 + 32768 * N * L)) == 0
    assert nets.table(nn.LSTM(8, 16), "LxNx8").total.macs == 1536 * L * N
    strided = nets.table(nn.Conv2d(3, 4, 3, stride=2), "Nx3xHxH").total.macs
    assert strided == 108 * N * (sympy.floor(H / 2 + sympy.Rational(1, 2)) - 1) ** 2


@pytest.mark.parametrize("name", ["lenet5", "resnet18", "googlenet", "small-inception"])
def test_the_zoos_formulas_are_found_again(name: str) -> None:
    network = zoo.named(name)
    sides = "x".join("NCHW"[i] if i in (0, 2, 3) else str(size) for i, size in enumerate(network.example))
    if name == "lenet5":
        sides = sides.replace("H", "32").replace("W", "32")
    traced = nets.table(build(network, device="meta"), sides, fold=False)
    by_hand = nets.table(network, sides)
    assert traced.total.macs == by_hand.total.macs
    assert traced.total.activations == by_hand.total.activations
    assert traced.total.parameters == by_hand.total.parameters
    for row in by_hand.rows[1:]:
        assert traced.by_layer[row.layer].counts.macs == row.counts.macs
        assert traced.by_layer[row.layer].output == row.output


def test_units_make_windows_come_out_even() -> None:
    table = nets.table(build(zoo.named("resnet18"), device="meta"), "Nx3xHxW", units="H=32h,W=32w")
    assert table.total.macs == 37_011_456 * N * h * symbol("w") + 512_000 * N
    with pytest.raises(nets.NetsError, match="unit K: no size of the input is called so; there are N"):
        nets.table(nn.Linear(4, 2), "Nx4", units="K=2k")
    with pytest.raises(nets.NetsError, match="unit 'H' must read H=32h"):
        nets.table(nn.Linear(4, 2), "Nx4", units="H")


def test_a_real_case_split_is_a_condition() -> None:
    class Split(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.few, self.many = nn.Linear(8, 4), nn.Linear(8, 2)

        def forward(self, data: Tensor) -> Tensor:
            return torch.as_tensor(self.many(data) if data.shape[0] > 10 else self.few(data))

    table = nets.table(Split(), "Nx8")
    assert table.total.macs == 32 * N
    assert table.conditions == (sympy.Le(N, 10),)
    assert "Holds for: N ≤ 10." in table.to("text")
    assert nets.table(Split(), "10x8").total.macs == 320
    assert nets.table(Split(), "11x8").total.macs == 176


def test_a_choice_of_back_end_is_none() -> None:
    table = nets.table(nn.Conv2d(3, 4, 3), "Nx3x8x8")
    assert table.conditions == ()
    assert table.findings is not None
    assert table.findings.unneeded == ("N < 16",)


def test_a_limit_of_the_model_is_a_condition() -> None:
    assert sympy.Le(L, 32) in nets.table(Decoder(blocks=1), "NxL:int64").conditions


def test_a_size_that_is_needed_as_a_number_is_named_and_its_formula_proved() -> None:
    table = nets.table(Loop(), "LxNx8")
    assert sympy.expand(table.total.macs - 1152 * L * N) == 0
    assert table.findings is not None
    assert table.findings.pins[0].startswith(
        "The module needs L as a number: the formula in L was found from"
    )

    class Halving(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, data: Tensor) -> Tensor:
            steps = int(data.shape[0])
            while steps > 1:
                data, steps = self.fc(data), steps // 2
            return data

    held = nets.table(Halving(), "Lx4")
    assert held.findings is not None
    assert held.findings.pins == ("Holds for L = 5 only: fc needs it as a number",)
    assert held.total.macs == nets.table(Halving(), "5x4").total.macs


def test_formulas_are_refused_where_they_make_no_sense() -> None:
    with pytest.raises(nets.NetsError, match="write the symbols into the input instead"):
        nets.table("vgg19", "1x3x32x32", symbolic=True)
    with pytest.raises(nets.NetsError, match="write a module's symbols into its input"):
        nets.table(nn.Linear(4, 2), symbolic=True)
    with pytest.raises(nets.NetsError, match="formulas have no order"):
        nets.table(nn.Linear(4, 2), "Nx4", sort="macs")

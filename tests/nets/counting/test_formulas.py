"""Formulas of traced modules: proved by tracing with numbers, size 1 included, or the exception is stated."""

import itertools
import json
from collections.abc import Callable
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


class Fork(nn.Module):
    """A layer that is used as its input's sizes want it."""

    def __init__(self, use: Callable[[nn.Linear, Tensor], Tensor]) -> None:
        super().__init__()
        self.fc, self.use = nn.Linear(8, 8), use

    def forward(self, data: Tensor) -> Tensor:
        return self.use(self.fc, data)


def times(count: Callable[[int], int]) -> Callable[[nn.Linear, Tensor], Tensor]:
    """Use the layer on so many steps of a sequence, one by one."""

    def use(layer: nn.Linear, data: Tensor) -> Tensor:
        return torch.stack([layer(data[:, min(i, data.shape[1] - 1)]) for i in range(count(data.shape[1]))])

    return use


def twice_if(large: Callable[[torch.Size], bool]) -> Callable[[nn.Linear, Tensor], Tensor]:
    """Use the layer twice where its input is large."""
    return lambda layer, data: torch.as_tensor(layer(layer(data)) if large(data.shape) else layer(data))


@pytest.mark.parametrize(
    ("use", "holds"),
    [
        (times(lambda size: min(size, 3)), sympy.Ge(L, 3)),
        (times(lambda size: min(size, 12)), None),
        (times(lambda size: max(size, 4)), None),
        (times(lambda size: size // 2 + 1), None),
        (lambda layer, data: layer(data[:, -30:]), sympy.Le(L, 30)),
        (lambda layer, data: layer(data[:, :64]), sympy.Le(L, 64)),
        (lambda layer, data: layer(data[:, : int(0.5 * data.shape[1]) + 1]), None),
        (lambda layer, data: sum(layer(part).sum() for part in data.chunk(4, 1)), None),
        (twice_if(lambda shape: shape[1] > 20), sympy.Le(L, 20)),
        (twice_if(lambda shape: shape[1] > 10_000), sympy.Le(L, 10_000)),
        (twice_if(lambda shape: shape[1] == 7), sympy.Ne(L, 7)),
        (twice_if(lambda shape: shape[1] % 3 == 0), sympy.Ne(sympy.Mod(L, 3), 0)),
        (twice_if(lambda shape: shape[0] == shape[1]), sympy.Ne(N, L)),
        (twice_if(lambda shape: shape[0] * shape[1] > 300), sympy.Le(L * N, 300)),
    ],
    ids=[str(case) for case in range(14)],
)
def test_where_a_formula_says_it_holds_it_does(
    use: Callable[[nn.Linear, Tensor], Tensor], holds: sympy.Rel | None
) -> None:
    table = nets.table(Fork(use), "NxLx8")
    assert holds is None or holds in table.conditions
    assert table.findings is not None
    only = [pin for pin in table.findings.pins if pin.startswith("Holds for L = 5 only")]
    tried = 0
    for values in itertools.product((1, 2, 20), (1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 20, 21, 30, 31, 65)):
        n, length = values
        if (only and length != 5) or not all(
            sympy.sympify(c).subs({N: n, L: length}) for c in table.conditions
        ):
            continue
        tried += 1
        counted = nets.table(Fork(use), (n, length, 8)).total
        assert put(table.total.macs, N=n, L=length) == counted.macs
        assert put(table.total.activations, N=n, L=length) == counted.activations
    assert tried >= 3


def test_a_condition_on_three_sizes_is_not_lost() -> None:
    module = Fork(twice_if(lambda shape: shape[0] * shape[1] * shape[2] > 3000))
    table = nets.table(module, "NxHxWx8")
    assert table.total.macs == 128 * N * H * symbol("W")
    assert sympy.Gt(N * H * symbol("W"), 3000) in table.conditions


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        (lambda size: int(0.3 * size), "multiplied by 0.3, which rounds differently from size to size"),
        (lambda size: round(size / 2), r"states a size as RoundToInt\(IntTrueDiv\(L, 2\)\), and no formula"),
    ],
)
def test_sizes_that_no_formula_states_are_told(size: Callable[[int], int], sentence: str) -> None:
    with pytest.raises(nets.NetsError, match=sentence):
        nets.table(Fork(lambda layer, data: layer(data[:, : size(data.shape[1]) + 1])), "NxLx8")


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


@pytest.mark.parametrize(
    ("steps", "condition", "agreeing", "other"),
    [
        (lambda size: min(size, 30), "L <= 30", (1, 2, 12, 29, 30), 31),
        (
            lambda size: sum(1 for i in range(size) if i < 40),
            "L <= 17",
            (1, 2, 12, 17),
            67,
        ),  # a break, unseen
        (lambda size: 1 if size == 12 else len(range(size)), "Ne(L, 12)", (1, 2, 11, 13, 67), 12),
        (lambda size: len(range(size)), "", (1, 2, 12, 67, 100), None),
    ],
    ids=["at most", "break", "one size", "always"],
)
def test_a_formula_found_from_numbers_says_up_to_where(
    steps: Callable[[int], int], condition: str, agreeing: tuple[int, ...], other: int | None
) -> None:
    class Steps(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, data: Tensor) -> Tensor:
            for _ in range(steps(data.shape[0])):
                data = self.fc(data)
            return data

    table = nets.table(Steps(), "Lx4")
    assert ", ".join(map(str, table.conditions)) == condition
    macs = sympy.sympify(table.total.macs)
    for size in agreeing:
        assert macs.subs(L, size) == nets.table(Steps(), (size, 4)).total.macs == 16 * size**2
    if other:
        assert macs.subs(L, other) != nets.table(Steps(), (other, 4)).total.macs
    assert table.by_layer["fc"].note == "called L times"
    assert json.loads(table.to("json"))["rows"][1]["calls"] == "L"


def test_formulas_are_refused_where_they_make_no_sense() -> None:
    with pytest.raises(nets.NetsError, match="write the symbols into the input instead"):
        nets.table("vgg19", "1x3x32x32", symbolic=True)
    with pytest.raises(nets.NetsError, match="write a module's symbols into its input"):
        nets.table(nn.Linear(4, 2), symbolic=True)
    with pytest.raises(nets.NetsError, match="formulas have no order"):
        nets.table(nn.Linear(4, 2), "Nx4", sort="macs")

"""Bytes as formulas: put in numbers, they are those of a trace in numbers; the largest batch is that."""

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import nets
from nets.costing.cost import Cost
from nets.errors import InputError
from nets.network.formulas import substitute
from tests.effort import examples
from tests.nets.costing.modules import Recurrent, encoder, mlp, resnet, vgg

NETS: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "mlp": (mlp, "Nx64"),
    "vgg": (vgg, "Nx3x64x64"),
    "resnet": (resnet, "Nx3xHxW"),
    "encoder": (encoder, "NxLx64"),
    "lstm": (Recurrent, "LxNx32"),
}
SETTINGS: list[dict[str, object]] = [
    {},
    {"optimizer": "adam"},
    {"inference": True},
    {"dtype": "mixed", "device": "h100-sxm"},
]


@cache
def in_formulas(name: str, setting: int) -> Cost:
    make, shape = NETS[name]
    return nets.cost(make(), shape, **SETTINGS[setting])  # type: ignore[arg-type]  # told apart by their names


@pytest.mark.parametrize("name", list(NETS))
@examples(4)
@given(st.data())
def test_formulas_are_what_a_trace_in_numbers_says(name: str, data: st.DataObject) -> None:
    make, shape = NETS[name]
    setting = data.draw(st.integers(0, len(SETTINGS) - 1))
    if name == "lstm" and setting == len(SETTINGS) - 1:
        setting = 0  # no kernel of a CPU runs that
    sizes = {
        "N": st.integers(2, 40),
        "L": st.integers(2, 60),
        "H": st.integers(33, 99),
        "W": st.integers(33, 99),
    }
    values = {symbol: data.draw(drawn) for symbol, drawn in sizes.items() if symbol in shape.split("x")}
    formulas = in_formulas(name, setting)
    numbers = nets.cost(
        make(),
        "x".join(str(values.get(part, part)) for part in shape.split("x")),
        **SETTINGS[setting],  # type: ignore[arg-type]  # as above
    )
    assert max(substitute(peak.bytes, values) for peak in formulas.memory.peaks) == numbers.peak.bytes
    said = {kind: substitute(size, values) for kind, size in formulas.bytes.items()}
    assert said == dict(numbers.bytes)


def test_inference_of_a_linear_layer_by_hand() -> None:
    """Weights, input and output are alive at once: 200 bytes, and 40 and 20 for each of N."""
    spent = nets.cost(nn.Linear(10, 5, bias=False), "Nx10", inference=True)
    assert str(spent.bytes["inputs"]) == "40*N"
    assert [str(peak.bytes) for peak in spent.memory.peaks] == ["60*N + 200"]


@examples(8)
@given(st.integers(20_000, 5_000_000), st.integers(0, 10_000))
def test_the_largest_batch_fits_and_the_next_does_not(memory: int, allowance: int) -> None:
    fit = nets.cost(nn.Linear(64, 10), "Nx64", memory=memory, allowance=allowance).fit
    assert fit is not None
    at, beyond = (
        nets.cost(nn.Linear(64, 10), (n, 64)).peak.bytes for n in (max(fit.largest, 1), fit.largest + 1)
    )
    assert beyond == fit.next_peak > memory - allowance
    if fit.largest:
        assert at == fit.peak <= memory - allowance


def test_what_is_left_over_of_several_peaks_is_asked_for_by_name() -> None:
    with pytest.raises(InputError, match="the largest of several formulas"):
        _ = nets.cost(mlp(), "Nx64").peak


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"memory": 1000, "allowance": 1000}, "leaves nothing of a memory"),
        ({"allowance": 5}, "say in how much memory"),
        ({"batch": "N"}, "say in how much memory"),
        ({"memory": "1 GB", "batch": "M"}, "numbers for all sizes but M; N is left"),
    ],
)
def test_questions_about_the_largest_batch_that_have_no_answer(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(InputError, match=told):
        nets.cost(mlp(), "Nx64", **wrong)  # type: ignore[arg-type]  # that is the point

"""``assert_counts``: passes on right hand counts, and says on wrong ones which layer is off and by what."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
import torch
from torch import nn

from nets import zoo
from nets.build import build
from nets.errors import InputError
from nets.layers import Conv2d
from nets.tables.presets import HAND
from nets.testing import assert_counts
from tests.test_house import modules_loaded_by

pytest_plugins = ["pytester"]


def small() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 64, 10)
    )


def failure(check: Callable[[], object]) -> str:
    with pytest.raises(AssertionError) as caught:
        check()
    return str(caught.value)


def test_right_hand_counts_of_a_module_pass() -> None:
    table = assert_counts(
        small(),
        (1, 3, 8, 8),
        parameters=216 + 8 + 16 + 5120 + 10,
        weights=216 + 8 + 5120,
        biases=8 + 8 + 10,
        macs=216 * 64 + 5120,
        flops=2 * (216 * 64 + 5120),
        activations=192 + 512 + 512 + 10,
    )
    assert table.by_layer["0"].counts.macs == 216 * 64


def test_right_hand_counts_of_a_network_pass() -> None:
    assert_counts(zoo.lenet5(), parameters=61_706, macs=416_520, against="torch")
    assert_counts(build(zoo.lenet5()), "1x1x32x32", parameters=61_706, macs=416_520)


def test_the_small_inceptions_published_figure() -> None:
    paper = attrs.evolve(HAND, name="Zhang 2016", uncounted=frozenset({"batch norm"}))
    assert_counts(zoo.small_inception(), parameters=1_649_402, convention=paper)


@pytest.mark.parametrize(
    ("convention", "operations"),
    [
        ("hand", 216 * 64 + 5120),
        ("fvcore", 216 * 64 + 5120 + 2 * 512),
        ("torch", 2 * (216 * 64 + 5120)),
        ("torchinfo", 216 * 64 + 8 * 64 + 16 + 5120 + 10),
        ("thop", 216 * 64 + 5120 + 4 * 512),
    ],
)
def test_each_convention_counts_a_module_its_own_way(convention: str, operations: int) -> None:
    assert_counts(small(), (1, 3, 8, 8), operations=operations, convention=convention)


def test_a_wrong_total_names_the_likely_layer() -> None:
    message = failure(lambda: assert_counts(small(), (1, 3, 8, 8), parameters=5370 - 5120, macs=18_944))
    assert "parameters: expected 250, counted 5,370 (+5,120: the weights of 4)" in message
    assert len(message.splitlines()) == 2


def test_forgotten_biases_are_recognised() -> None:
    message = failure(lambda: assert_counts(zoo.lenet5(), parameters=61_470, against=None))
    assert "parameters: expected 61,470, counted 61,706 (+236: all biases)" in message


def test_counts_by_layer_tell_which_is_off_and_by_what() -> None:
    message = failure(lambda: assert_counts(zoo.lenet5(), macs={"c1": 117_600, "c3": 240_001}, against=None))
    assert "c3: macs expected 240,001, counted 240,000 (-1)" in message
    assert "c1: macs" not in message


def test_a_module_unlike_its_description_is_told_apart_layer_by_layer() -> None:
    module = build(zoo.lenet5())
    module.c3 = nn.Conv2d(6, 16, 5, bias=False)
    message = failure(lambda: assert_counts(module, (1, 1, 32, 32), like=zoo.lenet5(), against=None))
    assert "c3: biases expected 16, counted 0 (-16)" in message
    assert_counts(build(zoo.lenet5()), (1, 1, 32, 32), like=zoo.lenet5())


def test_a_layer_called_twice_counts_its_work_twice_and_its_parameters_once() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 1)

        def forward(self, data: torch.Tensor) -> torch.Tensor:
            return torch.as_tensor(self.conv(self.conv(data)))

    assert_counts(Twice(), (1, 4, 5, 5), parameters=20, macs=2 * 16 * 25)


def test_work_in_plain_functions_is_not_silently_missed() -> None:
    class Functional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, data: torch.Tensor) -> torch.Tensor:
            return torch.matmul(self.conv(data), torch.ones(6, 2))

    table = assert_counts(Functional(), (1, 3, 8, 8), macs=3 * 9 * 4 * 36 + 4 * 6 * 6 * 2)
    assert table.by_layer["(mm)"].counts.macs == 4 * 6 * 6 * 2
    message = failure(lambda: assert_counts(Functional(), (1, 3, 8, 8), macs=3 * 9 * 4 * 36))
    assert "macs: expected 3,888, counted 4,176 (+288: as much as (mm))" in message


def test_an_operator_without_a_rule_fails_every_assertion_on_work_and_none_on_parameters() -> None:
    class Spectrum(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(8, 8)

        def forward(self, data: torch.Tensor) -> torch.Tensor:
            return torch.as_tensor(torch.fft.fft(self.fc(data)).real)

    for check in (
        lambda: assert_counts(Spectrum(), (1, 8), macs=64, against=None),
        lambda: assert_counts(Spectrum(), (1, 8), flops=128, against=None),
        lambda: assert_counts(Spectrum(), (1, 8), operations=64, against=None),
    ):
        assert "The totals are lower bounds: no rule says what aten._fft_r2c" in failure(check)
    assert_counts(Spectrum(), (1, 8), parameters=72)
    assert_counts(Spectrum(), (1, 8), macs={"fc": 64})


@pytest.mark.parametrize("kernel", [3, 2])
def test_padding_to_the_same_size(kernel: int) -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, kernel, padding="same"))
    assert_counts(module, (1, 3, 8, 8), macs=3 * kernel**2 * 4 * 64, against="torch")
    assert_counts(module, (1, 3, 8, 8), macs=3 * kernel**2 * 4 * 64)  # fvcore is blind here, known to be


def test_a_wrong_formula_is_caught_by_the_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Conv2d.macs
    monkeypatch.setattr(Conv2d, "macs", lambda self, *inputs: right(self, *inputs) + 1)
    message = failure(lambda: assert_counts(zoo.lenet5(), macs=416_522))
    assert "c1: MACs by formula 117,601, by fvcore 117,600" in message
    assert_counts(zoo.lenet5(), macs=416_522, against=None)


def test_bad_questions_are_refused() -> None:
    with pytest.raises(InputError, match="Sequential: a module needs inputs"):
        assert_counts(small())
    with pytest.raises(InputError, match="against 'fvcor' does not exist; did you mean fvcore"):
        assert_counts(zoo.lenet5(), against="fvcor")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(InputError, match=r"lenet5 has no layer 'c2'"):
        assert_counts(zoo.lenet5(), macs={"c2": 1}, against=None)


def test_the_fixture_is_loaded_by_one_line(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["nets.pytest_plugin"]')
    pytester.makepyfile(
        """
        import nets.zoo

        def test_hand_counts(assert_counts):
            assert_counts(nets.zoo.lenet5(), parameters=61_706, macs=416_520, against=None)

        def test_wrong(assert_counts):
            assert_counts(nets.zoo.lenet5(), macs=416_519, against=None)
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:xdist", "-p", "no:dlsyslab")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*macs: expected 416,519, counted 416,520 (+1)*"])


def test_the_plugin_loads_no_torch_and_no_networkx() -> None:
    assert modules_loaded_by("nets.pytest_plugin").isdisjoint({"torch", "networkx", "sympy", "rich"})


def test_nothing_is_loaded_into_the_tests_of_other_projects() -> None:
    # An entry point would make every pytest import a module called `nets`, which may be the project's own.
    project: dict[str, Any] = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert "pytest11" not in project["project"].get("entry-points", {})

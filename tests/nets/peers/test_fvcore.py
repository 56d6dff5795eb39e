"""The cases of fvcore's own tests (its test_flop_count.py and test_jit_model_analysis.py), written anew.

Expected are products written out here, as its tests write theirs; fvcore 0.1.5 itself is not asked. What its
cases count that is no multiply-accumulate is asserted as element-wise work, or said to be counted otherwise.
"""

import math
import warnings
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import nets
from nets.counting.call import Work
from nets.counting.rules import RULES
from nets.errors import CountError, InputError
from tests.nets.counting.modules import Function

CONVOLUTIONS = (
    (nn.Conv1d, nn.ConvTranspose1d),
    (nn.Conv2d, nn.ConvTranspose2d),
    (nn.Conv3d, nn.ConvTranspose3d),
)


def macs(module: nn.Module, inputs: Any) -> int:  # noqa: ANN401  # any input
    table = nets.table(module, inputs)
    assert table.findings is not None
    assert table.findings.complete
    assert table.total.parameters == sum(parameter.numel() for parameter in module.parameters())
    return int(table.total.macs)


def by_module(module: nn.Module, inputs: Any) -> dict[str, int]:  # noqa: ANN401  # any input
    rows = nets.table(module, inputs, fold=False).rows
    return {row.layer: int(row.counts.macs) for row in rows if row.counts.macs}


@pytest.mark.parametrize(
    ("batch", "sizes", "outputs"),
    [((5,), 8, 4), ((5,), 10, 20), ((5, 5), 10, 20)],
    ids=["predefined", "linear", "linear on three sizes"],
)
def test_linear(batch: tuple[int, ...], sizes: int, outputs: int) -> None:
    assert macs(nn.Linear(sizes, outputs), (*batch, sizes)) == math.prod(batch) * sizes * outputs


@pytest.mark.parametrize(
    ("dimensions", "batch", "channels", "side", "kernel", "padding", "stride", "groups"),
    [
        (2, 5, (10, 3), 15, 3, 1, 1, 1),
        (2, 2, (10, 6), 20, 3, 1, 2, 1),
        (2, 5, (16, 8), 15, 5, 2, 1, 4),
        (2, 5, (16, 8), 15, 3, 1, 1, 8),
        (1, 5, (10, 3), 15, 3, 1, 1, 1),
        (3, 5, (10, 3), 15, 3, 1, 1, 1),
    ],
    ids=["2d", "strided", "grouped", "depthwise", "1d", "3d"],
)
def test_convolution(
    dimensions: int,
    batch: int,
    channels: tuple[int, int],
    side: int,
    kernel: int,
    padding: int,
    stride: int,
    groups: int,
) -> None:
    read, made = channels
    kind: Any = CONVOLUTIONS[dimensions - 1][0]
    module = kind(read, made, kernel, stride, padding, groups=groups)
    positions = ((side + 2 * padding - kernel) // stride + 1) ** dimensions
    expected = batch * read * made // groups * kernel**dimensions * positions
    assert macs(module, (batch, read, *[side] * dimensions)) == expected


@pytest.mark.parametrize(("stride", "output_padding"), [(1, 0), (2, 0), (3, 2)])
def test_transposed_convolution_multiplies_at_the_positions_of_its_input(
    stride: int, output_padding: int
) -> None:
    module = nn.ConvTranspose2d(10, 3, 3, stride, 1, output_padding)
    assert macs(module, (5, 10, 15, 15)) == 5 * 10 * 3 * 9 * 15**2


@pytest.mark.parametrize(
    ("first", "second", "products"),
    [
        ((20, 10), (10, 100), 1),
        ((1, 20, 10), (1, 10, 100), 1),
        ((2, 2, 20, 10), (2, 2, 10, 100), 4),
        ((1, 20, 10), (10, 100), 1),
        ((2, 20, 10), (10, 100), 2),
    ],
)
def test_matmul(first: tuple[int, ...], second: tuple[int, ...], products: int) -> None:
    assert macs(Function(torch.matmul), [first, second]) == products * 20 * 10 * 100


def test_mm_and_bmm() -> None:
    assert macs(Function(torch.mm), [(3, 4), (4, 5)]) == 60
    assert macs(Function(torch.matmul), [(3, 4), (4, 5)]) == 60
    assert macs(Function(torch.bmm), [(2, 5, 2), (2, 2, 12)]) == 2 * 5 * 2 * 12


@pytest.mark.parametrize(
    ("equation", "first", "second", "expected"),
    [
        ("nct,ncp->ntp", (1, 5, 2), (1, 5, 12), 5 * 2 * 12),
        ("ntg,ncg->nct", (1, 2, 6), (1, 5, 6), 2 * 6 * 5),
        ("nc,nchw->hw", (3, 4), (3, 4, 2, 3), 72),
    ],
)
def test_einsum(equation: str, first: tuple[int, ...], second: tuple[int, ...], expected: int) -> None:
    assert macs(Function(lambda a, b: torch.einsum(equation, a, b)), [first, second]) == expected


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (nn.BatchNorm1d(10, affine=False), (10, 10)),
        (nn.BatchNorm2d(10, affine=False), (10, 10, 5, 5)),
        (nn.BatchNorm3d(10, affine=False), (10, 10, 5, 5, 5)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else None,
)
def test_batch_normalisation_has_no_products(module: nn.Module, shape: tuple[int, ...]) -> None:
    # fvcore: 1 per number where statistics are kept and nothing is learned; 4 in training, for which it has
    # no other name. Here statistics and scale are a product and a sum; training costs 5, and counts passes.
    numbers = math.prod(shape)
    assert macs(module, shape) == 0
    assert nets.table(module, shape, convention="fvcore").total.operations == numbers
    assert nets.table(module, shape).total.elementwise == 2 * numbers
    assert nets.table(module, shape, train=True).total.elementwise == 5 * numbers + 1


@pytest.mark.parametrize(("affine", "per_number"), [(True, 2), (False, 1)])
def test_batch_normalisation_of_maps(affine: bool, per_number: int) -> None:  # noqa: FBT001  # a case
    table = nets.table(nn.BatchNorm2d(2, affine=affine), (2, 2, 2, 2), convention="fvcore")
    assert table.total.operations == per_number * 16  # its 32 and 16
    table = nets.table(nn.BatchNorm2d(2, affine=affine), (2, 2, 2, 2), train=True)
    assert table.total.elementwise == (7 if affine else 5) * 16 + 1  # its 80 has 5, or 4 without γ and β


@pytest.mark.parametrize(("affine", "per_number"), [(True, 5), (False, 4)])
def test_group_normalisation(affine: bool, per_number: int) -> None:  # noqa: FBT001  # a case
    module = nn.GroupNorm(2, 2, affine=affine)
    assert macs(module, (2, 2, 2, 2)) == 0
    assert nets.table(module, (2, 2, 2, 2), convention="fvcore").total.operations == per_number * 16


def test_bilinear_upsampling_reads_four_neighbours() -> None:
    module = Function(lambda data: functional.interpolate(data, None, 2, "bilinear", align_corners=False))
    total = nets.table(module, (2, 2, 2, 2)).total
    assert (total.macs, total.elementwise) == (0, 4 * 2 * 2 * 4 * 4)


class Three(nn.Module):
    """A convolution, a pool and two fully connected layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 5, 1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear1, self.linear2 = nn.Linear(5, 3), nn.Linear(3, 1)

    def forward(self, data: Tensor) -> Tensor:
        return torch.as_tensor(self.linear2(self.linear1(self.pool(self.conv(data)).flatten(1))))


def test_several_layers() -> None:
    positions = 4 * 10 * 10
    assert by_module(Three(), (4, 2, 10, 10)) == {
        "conv": positions * 2 * 5,
        "linear1": 4 * 5 * 3,
        "linear2": 4 * 3,
    }
    table = nets.table(Three(), (4, 2, 10, 10), convention="fvcore")
    assert table.by_layer["pool"].counts.operations == positions * 5


@pytest.mark.parametrize(
    ("kind", "shape", "read"), [(1, (2, 4, 12), 0), (2, (2, 4, 5, 7), 280), (3, (1, 4, 2, 3, 3), 0)]
)
def test_fvcore_knows_adaptive_average_pooling_of_maps_only(
    kind: int, shape: tuple[int, ...], read: int
) -> None:
    pool: nn.Module = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)[kind - 1](1)
    total = nets.table(pool, shape, convention="fvcore").total
    assert (total.operations, total.elementwise) == (read, math.prod(shape))


def test_an_operator_is_skipped_in_no_silence_and_rules_are_the_users() -> None:
    module = nn.Sequential(nn.Linear(5, 4), nn.Sigmoid())
    assert nets.table(module, (10, 5)).by_layer["1"].counts.elementwise == 40  # fvcore skips it
    with pytest.raises(InputError, match=r"aten\.addmm has a rule already"):
        RULES.plus({"aten.addmm": lambda _: Work(macs=400_000)})
    sizes = nets.table(
        module, (10, 5), rules=RULES.plus({"aten.sigmoid": lambda _: Work(elementwise=10_000)})
    )
    assert sizes.total.elementwise == 10_000


class Inner(nn.Module):
    """A convolution and a layer, and arithmetic around them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv1d(2, 2, 1), nn.Linear(10, 10)

    def forward(self, data: Tensor) -> Tensor:
        return torch.as_tensor(3 * self.fc(self.conv(data.reshape(-1, 2, 5)).flatten(1)) + 1)


class Outer(nn.Module):
    """The same with another such module in it."""

    def __init__(self) -> None:
        super().__init__()
        self.submod = Inner()
        self.fc, self.conv = nn.Linear(20, 10), nn.Conv1d(4, 4, 3, padding=1)

    def forward(self, data: Tensor) -> Tensor:
        return torch.as_tensor(self.submod(self.fc(self.conv(data).flatten(1))) ** 2)


NESTED = {"conv": 5 * 3 * 16, "fc": 200, "submod": 5 * 4 + 100, "submod.conv": 20, "submod.fc": 100}


def test_nested_modules_and_what_is_beside_products() -> None:
    assert by_module(Outer(), (1, 4, 5)) == NESTED
    assert macs(Outer(), (1, 4, 5)) == 240 + 200 + 120
    # What fvcore calls unsupported there: one addition, one product and one power, of ten numbers each.
    assert nets.table(Outer(), (1, 4, 5)).total.elementwise == 30


def test_a_data_parallel_module_counts_as_what_it_wraps() -> None:
    assert by_module(nn.DataParallel(Outer()).cpu(), (1, 4, 5)) == NESTED


def test_activations_of_convolutions_and_linear_layers() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 1), nn.Conv2d(8, 4, 1, 2), nn.Conv2d(4, 2, 1, 2))
    rows = nets.table(module, (1, 3, 32, 32), convention="fvcore").by_layer
    assert [rows[name].counts.activations for name in "012"] == [8 * 32**2, 4 * 16**2, 2 * 8**2]
    assert nets.table(nn.Linear(10, 20), (1, 10), convention="fvcore").total.activations == 20


class Chain(nn.Module):
    """Calls its layers as often as it is told, those with 0 never."""

    def __init__(self, **layers: tuple[int, nn.Module]) -> None:
        super().__init__()
        self.times = {name: times for name, (times, _) in layers.items()}
        for name, (_, layer) in layers.items():
            self.add_module(name, layer)

    def forward(self, data: Tensor) -> Tensor:
        for name, times in self.times.items():
            for _ in range(times):
                data = self.get_submodule(name)(data)
        return data


def test_a_module_that_never_runs_is_named() -> None:
    module = Chain(fc1=(1, nn.Linear(10, 10)), fc2=(1, nn.Linear(10, 1)), unused=(0, nn.Linear(20, 20)))
    table = nets.table(module, (1, 10))
    assert table.findings is not None
    assert table.findings.idle == ("unused.weight", "unused.bias")
    assert (table.total.macs, table.by_layer["unused"].counts.macs) == (110, 0)
    assert table.total.parameters == 110 + 11 + 420


def test_repeated_calls_add_up_in_one_row() -> None:
    module = Chain(fc1=(3, nn.Linear(10, 10)), fc2=(2, nn.Linear(10, 10)))
    assert by_module(module, (1, 10)) == {"fc1": 300, "fc2": 200}
    assert nets.table(module, (1, 10)).by_layer["fc1"].calls == 3


class Aside(nn.Module):
    """Its work is in a function other than forward."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(10, 1)

    def aside(self, data: Tensor) -> Tensor:
        return torch.as_tensor(self.fc(data))


class Calling(nn.Module):
    """Calls that function."""

    def __init__(self) -> None:
        super().__init__()
        self.submod, self.fc = Aside(), nn.Linear(10, 10)

    def forward(self, data: Tensor) -> Tensor:
        return self.submod.aside(self.fc(data))


def test_work_in_another_function_than_forward_belongs_to_its_owner() -> None:
    assert by_module(Calling(), (1, 10)) == {"fc": 100, "submod": 10, "submod.fc": 10}


class Shared(nn.Module):
    """One layer in two submodules, another under two names."""

    def __init__(self) -> None:
        super().__init__()
        inner, self.multiname1 = nn.Linear(10, 10), nn.Linear(10, 1)
        self.submod1, self.submod2 = nn.Sequential(inner), nn.Sequential(inner)
        self.multiname2 = self.multiname1

    def forward(self, data: Tensor) -> Tensor:
        data = self.submod1(data) + self.submod2(data)
        return torch.as_tensor(self.multiname1(data) + self.multiname2(data))


def test_a_shared_module_counts_under_its_first_name() -> None:
    assert by_module(Shared(), (1, 10)) == {"submod1": 200, "submod1.0": 200, "multiname1": 20}
    assert macs(Shared(), (1, 10)) == 220


class Recursive(nn.Module):
    """Calls itself before it does its work."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(10, 1)

    def forward(self, data: Tensor, count: int = 3) -> Tensor:
        return torch.as_tensor(self(data, count - 1) if count else self.fc(data))


def test_a_module_that_calls_itself_counts_once() -> None:
    assert by_module(Recursive(), (1, 10)) == {"fc": 10}


class Choosing(nn.Module):
    """What it does depends on a number, and it warns."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(10, 1), nn.Linear(10, 10)

    def forward(self, data: Tensor) -> Tensor:
        warnings.warn("a warning of the model's", RuntimeWarning, stacklevel=1)
        return torch.as_tensor(self.fc2(data) if self.fc1(data).item() < 0 else data)


def test_a_choice_by_a_number_is_refused_where_fvcore_counts_one_of_the_cases() -> None:
    with pytest.raises(
        CountError, match=r"Choosing cannot be counted by shapes alone: in Choosing \(test_fv"
    ):
        nets.table(Choosing(), (1, 10))


class Reused(nn.Module):
    """Two convolutions, with one weight if they share it."""

    def __init__(self, *, shared: bool) -> None:
        super().__init__()
        self.conv1, self.conv111 = nn.Conv2d(100, 100, 3), nn.Conv2d(100, 100, 3)
        if shared:
            self.conv111.weight = self.conv1.weight

    def forward(self, data: Tensor) -> Tensor:
        return torch.as_tensor(self.conv111(self.conv1(data)))


@pytest.mark.parametrize(("shared", "own", "total"), [(False, 90_100, 180_200), (True, 100, 90_200)])
def test_parameters_that_two_layers_share(shared: bool, own: int, total: int) -> None:  # noqa: FBT001  # a case
    table = nets.table(Reused(shared=shared), (1, 100, 5, 5))
    assert table.total.parameters == total
    assert table.by_layer["conv111"].counts.parameters == own

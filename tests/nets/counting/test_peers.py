"""What fvcore's own tests count and torchinfo's fixtures hold: counted right, or named."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import nets
from nets.counting.arguments import arguments_for
from nets.counting.opinions import fvcore_opinion
from tests.nets.counting.modules import Function


class Nested(nn.Module):
    """Convolutions and products at several depths, as in fvcore's tests of nested modules."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(5, 2, 3, padding=1)
        self.inner = nn.Sequential(
            nn.Conv2d(2, 4, 1, bias=False), nn.ReLU(), nn.Sequential(nn.Conv2d(4, 2, 3))
        )
        self.fc = nn.Linear(2 * 16, 7)

    def forward(self, data: Tensor) -> Tensor:
        return torch.as_tensor(self.fc(self.inner(self.conv(data)).flatten(1)))


FVCORE: dict[str, tuple[nn.Module, Any]] = {
    "nested": (Nested(), (1, 5, 6, 6)),
    "linear": (nn.Linear(5, 10), (1, 5)),
    "linear on three sizes": (nn.Linear(5, 10), (2, 3, 5)),
    "conv1d": (nn.Conv1d(3, 4, 5, stride=2, padding=1), (2, 3, 20)),
    "conv2d": (nn.Conv2d(5, 2, (3, 5), padding=1), (1, 5, 6, 7)),
    "conv2d, grouped": (nn.Conv2d(4, 8, 3, groups=2), (1, 4, 6, 6)),
    "conv3d": (nn.Conv3d(3, 4, 3), (1, 3, 5, 5, 5)),
    "transposed 1d": (nn.ConvTranspose1d(3, 4, 3, stride=2), (1, 3, 7)),
    "transposed 2d": (nn.ConvTranspose2d(3, 4, 3, padding=1), (1, 3, 7, 7)),
    "transposed 3d": (nn.ConvTranspose3d(3, 4, 2), (1, 3, 4, 4, 4)),
    "matmul": (Function(torch.matmul), [(20, 10), (10, 5)]),
    "matmul, batched": (Function(torch.matmul), [(2, 4, 20, 10), (2, 4, 10, 5)]),
    "matmul, broadcast": (Function(torch.matmul), [(4, 20, 10), (10, 5)]),
    "bmm": (Function(torch.bmm), [(2, 20, 10), (2, 10, 5)]),
    "einsum": (Function(lambda a, b: torch.einsum("nct,ncp->ntp", a, b)), [(1, 3, 4), (1, 3, 5)]),
    "BatchNorm1d": (nn.BatchNorm1d(10), (3, 10)),
    "BatchNorm2d": (nn.BatchNorm2d(5), (2, 5, 3, 3)),
    "BatchNorm2d, not affine": (nn.BatchNorm2d(5, affine=False), (2, 5, 3, 3)),
    "BatchNorm3d": (nn.BatchNorm3d(4), (1, 4, 2, 3, 3)),
    "GroupNorm": (nn.GroupNorm(2, 8), (2, 8, 4, 4)),
    "LayerNorm": (nn.LayerNorm(8), (3, 8)),
    "LayerNorm, not affine": (nn.LayerNorm(8, elementwise_affine=False), (3, 8)),
    "adaptive pooling": (nn.AdaptiveAvgPool2d((2, 3)), (1, 4, 6, 6)),
}


@pytest.mark.parametrize("case", FVCORE)
def test_fvcores_own_cases(case: str) -> None:
    module, inputs = FVCORE[case]
    table = nets.table(module, inputs, convention="fvcore")
    assert table.findings is not None
    assert table.findings.complete
    assert table.total.operations == fvcore_opinion(module, arguments_for(module, inputs), []).macs[""]


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_upsampling_is_no_product_which_fvcore_counts_as_such(mode: str) -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Upsample(scale_factor=2, mode=mode))
    nets.testing.assert_counts(module, (1, 3, 4, 4), macs=12 * 16)
    check = nets.check(module, (1, 3, 4, 4))
    assert check.ok
    assert "fvcore counts what is no product, too" in {d.explanation for d in check.differences}


class Multiple(nn.Module):
    """Several inputs of several shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(8, 4), nn.Conv2d(3, 4, 3)

    def forward(self, first: Tensor, second: Tensor) -> dict[str, Tensor]:
        return {"a": self.a(first), "b": self.b(second)}


class Genotype(nn.Module):
    """A list of parameters without layers."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.ParameterList(nn.Parameter(torch.zeros(3, 3)) for _ in range(2))

    def forward(self, data: Tensor) -> Tensor:
        for weight in self.weights:
            data = functional.linear(data, weight)
        return data


class Empty(nn.Module):
    """A module that does nothing with what it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.ModuleDict({"a": nn.Linear(2, 3)})

    def forward(self, data: Tensor) -> Tensor:
        return data


@pytest.mark.parametrize(
    ("module", "inputs", "parameters", "macs"),
    [
        (Multiple(), [(2, 8), (1, 3, 8, 8)], 36 + 112, 64 + 4 * 36 * 27),
        (Genotype(), (2, 3), 18, 36),
        (Empty(), (2, 2), 9, 0),
        (
            nn.Sequential(nn.Embedding(10, 4), nn.LSTM(4, 8, batch_first=True)),
            "2x5:int64",
            40 + 448,
            10 * 384,
        ),
        (
            nn.Sequential(nn.Conv2d(1, 2, 3), nn.PReLU(), nn.Flatten(), nn.Linear(2 * 36, 3)),
            (1, 1, 8, 8),
            240,
            864,
        ),
        (nn.Sequential(nn.Identity(), nn.Linear(3, 3)).half(), (1, 3), 12, 9),
    ],
)
def test_torchinfos_kinds_of_fixtures(module: nn.Module, inputs: Any, parameters: int, macs: int) -> None:  # noqa: ANN401  # any input
    total = nets.table(module, inputs).total
    assert (total.parameters, total.macs) == (parameters, macs)

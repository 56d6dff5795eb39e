"""Scripted, exported and lazy modules; masks; gradients inside of a forward pass; absurd sizes; messages."""

import warnings
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules import transformer

import nets
from nets.errors import CountError, InputError
from tests.nets.counting.modules import Function


def two_layers() -> nn.Module:
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))


def exported(module: nn.Module) -> Any:  # noqa: ANN401  # torch's
    return torch.export.export(module, (torch.zeros(3, 8),))


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("kind", ["script", "trace", "export", "fx"])
def test_a_module_in_another_form_costs_the_same(
    kind: str,
    inside: bool,  # noqa: FBT001  # a parameter of pytest
) -> None:
    make: Any = {
        "script": torch.jit.script,
        "trace": lambda m: torch.jit.trace(m, torch.zeros(3, 8)),  # type: ignore[no-untyped-call]  # torch's annotations
        "export": lambda m: exported(m).module(),
        "fx": torch.fx.symbolic_trace,
    }[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch calls some of these old
        module = make(two_layers())
    subject = nn.Sequential(module, nn.Linear(4, 2)) if inside else module
    extra_macs, extra_parameters = (24, 10) if inside else (0, 0)
    total = nets.table(subject, (3, 8)).total
    assert total.macs == 3 * (128 + 64) + extra_macs
    assert total.parameters == 16 * 9 + 4 * 17 + extra_parameters


def test_beside_an_exported_module_others_have_the_mode_that_is_asked_for() -> None:
    module = nn.Sequential(nn.Dropout(), exported(two_layers()).module(), nn.Dropout())
    module[0].eval()
    assert nets.table(module, (3, 8)).total.elementwise == 3 * 16
    assert nets.table(module, (3, 8), train=True).total.elementwise == 3 * 16 + 2 * 3 * 8 + 2 * 3 * 4
    assert [part.training for part in module.children()][::2] == [False, True]


def test_an_exported_program_is_no_module_but_has_one() -> None:
    with pytest.raises(InputError, match=r"an ExportedProgram cannot be counted: give its module\(\)"):
        nets.table(exported(two_layers()), (3, 8))


@pytest.mark.parametrize("train", [False, True])
def test_lazy_statistics_get_their_sizes_and_the_module_stays_lazy(*, train: bool) -> None:
    lazy = nn.LazyBatchNorm2d()
    module = nn.Sequential(nn.LazyConv2d(4, 3), lazy)
    total = nets.table(module, (2, 3, 5, 5), train=train).total
    assert total.macs == 2 * 9 * 4 * 27
    assert total.parameters == 4 * 27 + 4 + 2 * 4
    assert lazy.has_uninitialized_params()
    assert str(nets.table(module, "Nx3x5x5").total.macs) == "972*N"


@pytest.mark.parametrize("mask", ["5x5", nn.Transformer.generate_square_subsequent_mask(5)], ids=str)
def test_an_encoder_under_a_mask_multiplies_as_without(mask: Any) -> None:  # noqa: ANN401  # a text or a tensor
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), 2)
    looks = transformer._detect_is_causal_mask
    table = nets.table(encoder, (2, 5, 16), kwargs={"mask": mask})
    assert table.total.macs == 2 * (10 * (4 * 256 + 2 * 16 * 32) + 2 * 2 * 25 * 16)
    assert transformer._detect_is_causal_mask is looks


class Force(nn.Module):
    """Asks for the gradient of an energy, as networks of physics do."""

    def __init__(self) -> None:
        super().__init__()
        self.energy = nn.Linear(4, 5)

    def forward(self, data: Tensor) -> Tensor:
        data = data.requires_grad_()
        (force,) = torch.autograd.grad(self.energy(data).sum(), data, create_graph=True)
        return force


def test_gradients_that_a_module_asks_for_itself_are_part_of_its_forward_pass() -> None:
    assert nets.table(Force(), (3, 4)).total.macs == 3 * 20 + 3 * 20
    assert str(nets.table(Force(), "Nx4").total.macs) == "40*N"
    total = nets.table(Force(), (3, 4), backward=True).total
    assert (total.macs, total.backward) == (2 * 60, 60)  # the weight's, of the second product


@pytest.mark.parametrize("size", [2**62, 2**63 - 1, 2**63, 10**30])
def test_absurd_sizes_end_in_a_sentence(size: int) -> None:
    with pytest.raises(nets.NetsError, match=r"overflowed|larger than a 64-bit index"):
        nets.table(nn.Linear(8, 4), (size, 8))


def test_messages_have_the_names_that_the_user_gave() -> None:
    with pytest.raises(CountError, match=r"\[N, L\] X \[8, 4\]"):
        nets.table(nn.Linear(8, 4), "NxL")
    with pytest.raises(CountError, match="the size of a result depends on the numbers that flow"):
        nets.table(Function(torch.nonzero), "NxL")


@pytest.mark.parametrize(
    "loss",
    [
        nn.BCELoss(),
        nn.BCEWithLogitsLoss(),
        nn.HuberLoss(),
        nn.MSELoss(),
        nn.SmoothL1Loss(),
        nn.SoftMarginLoss(),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_losses_have_rules_both_ways(loss: nn.Module) -> None:
    table = nets.table(loss, [torch.zeros(3, 4, requires_grad=True), (3, 4)], backward=True)
    assert table.findings is not None
    assert table.findings.complete, table.findings.uncounted

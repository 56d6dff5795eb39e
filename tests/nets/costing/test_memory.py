"""Bytes of a step against torch's own instruments, and by hand."""

import pickle

import pytest
import torch
from torch import nn

import nets
from nets.errors import NetsError
from tests.nets.costing.modules import NETS, mlp
from tests.nets.costing.real import profiled_peak, saved_bytes, tracked_peak


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "adamw"])
def test_a_linear_layer_by_hand(optimizer: str) -> None:
    spent = nets.cost(nn.Linear(10, 5), (4, 10), optimizer=optimizer)
    held = spent.memory.kinds
    states = {"sgd": 0, "momentum": 55, "adam": 2 * 55, "adamw": 2 * 55}[optimizer]
    steps = 2 if optimizer.startswith("adam") else 0  # Adam counts its steps, for each parameter
    assert held["weights"] == held["gradients"] == 4 * 55
    assert held["optimizer state"] == 4 * (states + steps)


@pytest.mark.parametrize(
    ("name", "optimizer"),
    [
        ("mlp", "sgd"),
        ("vgg", "sgd"),
        ("resnet", "sgd"),
        ("vision", "sgd"),
        ("mlp", "adam"),
        ("resnet", "adam"),
        ("vision", "adam"),
        ("vgg", "momentum"),
    ],
)
def test_the_peak_is_that_of_mem_tracker(name: str, optimizer: str) -> None:
    make, shape = NETS[name]
    live = nets.cost(make(), shape, optimizer=optimizer).live
    outside = [live[kind] for kind in live if kind != "inside kernels"]  # MemTracker sees nothing of these
    assert max(map(sum, zip(*outside, strict=True))) == tracked_peak(make, shape, optimizer)


@pytest.mark.parametrize("name", ["mlp", "vgg", "resnet", "vision"])
def test_what_is_saved_is_what_real_hooks_see(name: str) -> None:
    make, shape = NETS[name]
    saved = nets.cost(make(), shape).memory.kinds["saved activations"]
    assert saved == saved_bytes(make(), torch.rand(shape))


@pytest.mark.parametrize("name", list(NETS))
def test_the_peak_is_within_two_percent_of_a_real_step(name: str) -> None:
    make, shape = NETS[name]
    torch.manual_seed(0)
    assert nets.cost(make(), shape).memory.peaks[0].bytes == pytest.approx(
        profiled_peak(make(), torch.rand(shape), "sgd"), rel=0.02
    )


def test_a_cost_can_be_pickled_and_told_briefly() -> None:
    spent = nets.cost(mlp(), (8, 64))
    assert pickle.loads(pickle.dumps(spent)) == spent  # noqa: S301  # our own
    assert len(repr(spent)) < 200


def test_the_largest_batch_fits_and_the_next_does_not() -> None:
    fit = nets.cost(mlp(), "Nx64", memory="1 MB").fit
    assert fit is not None
    assert nets.cost(mlp(), (fit.largest, 64)).memory.peaks[0].bytes <= 1_000_000
    assert nets.cost(mlp(), (fit.largest + 1, 64)).memory.peaks[0].bytes > 1_000_000


@pytest.mark.parametrize(
    "wrong", [{"dtype": "float12"}, {"optimizer": "lion"}, {"memory": "80 GHz"}, {"device": "h1000"}]
)
def test_bad_input_is_one_sentence(wrong: dict[str, str]) -> None:
    with pytest.raises(NetsError) as told:
        nets.cost(mlp(), (8, 64), **wrong)  # type: ignore[arg-type]  # that is the point
    assert "\n" not in str(told.value)

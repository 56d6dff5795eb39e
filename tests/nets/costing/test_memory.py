"""Bytes of a step against torch's own instruments, and by hand."""

import pickle
from collections.abc import Callable, Mapping

import pytest
import torch
from torch import nn

import nets
from nets import zoo
from nets.build import build
from nets.errors import NetsError
from tests.nets.costing.modules import NETS, Recurrent, Vision, encoder, mlp
from tests.nets.costing.real import inferred_peak, profiled_peak, saved_bytes, tracked_peak


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
        ("vgg", "adamw"),
    ],
)
def test_the_peak_is_that_of_mem_tracker(name: str, optimizer: str) -> None:
    make, shape = NETS[name]
    live = nets.cost(make(), shape, optimizer=optimizer).live
    outside = [live[kind] for kind in live if kind != "inside kernels"]  # MemTracker sees nothing of these
    assert max(map(sum, zip(*outside, strict=True))) == tracked_peak(make, shape, optimizer)


SAVING: Mapping[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    **{name: NETS[name] for name in ("mlp", "vgg", "resnet", "vision", "encoder")},
    "encoder without dropout": (lambda: encoder(dropout=0.0), (8, 50, 64)),
    "resnet50": (lambda: build(zoo.named("resnet50-v1")), (2, 3, 64, 64)),
    "a deeper vision transformer": (lambda: Vision(192, 12), (2, 3, 64, 64)),
}


@pytest.mark.parametrize("name", list(SAVING))
def test_what_is_saved_is_what_real_hooks_see(name: str) -> None:
    make, shape = SAVING[name]
    saved = nets.cost(make(), shape).memory.kinds["saved activations"]
    assert saved == saved_bytes(make(), torch.rand(shape))


@pytest.mark.parametrize("name", ["mlp", "vgg", "resnet", "vision", "encoder"])
def test_what_is_saved_in_bfloat16_is_what_real_hooks_see(name: str) -> None:
    make, shape = NETS[name]
    saved = nets.cost(make(), shape, dtype="bfloat16").memory.kinds["saved activations"]
    assert saved == saved_bytes(make().bfloat16(), torch.rand(shape).bfloat16())


@pytest.mark.parametrize("name", ["mlp", "vgg", "resnet", "vision", "encoder"])
def test_what_is_saved_in_mixed_numbers_is_what_real_hooks_see(name: str) -> None:
    make, shape = NETS[name]
    saved = nets.cost(make(), shape, dtype="mixed").memory.kinds["saved activations"]
    assert saved == saved_bytes(make(), torch.rand(shape), mixed=True)


@pytest.mark.parametrize("name", list(NETS))
def test_the_peak_of_inference_is_within_two_percent_of_a_real_pass(name: str) -> None:
    make, shape = NETS[name]
    assert nets.cost(make(), shape, inference=True).peak.bytes == pytest.approx(
        inferred_peak(make(), torch.rand(shape)), rel=0.02
    )


def test_the_peak_of_an_encoder_is_that_of_a_real_step_to_the_byte() -> None:
    make, shape = NETS["encoder"]
    assert nets.cost(make(), shape).peak.bytes == profiled_peak(make(), torch.rand(shape), "sgd")


@pytest.mark.parametrize("name", list(NETS))
def test_the_peak_is_within_two_percent_of_a_real_step(name: str) -> None:
    make, shape = NETS[name]
    torch.manual_seed(0)
    assert nets.cost(make(), shape).memory.peaks[0].bytes == pytest.approx(
        profiled_peak(make(), torch.rand(shape), "sgd"), rel=0.02
    )


@pytest.mark.parametrize("sizes", [(50, 8, 100, 200), (10, 32, 16, 384), (30, 3, 256, 256)])
def test_the_memory_inside_an_lstm_is_known_at_sizes_that_the_rule_was_not_made_from(
    sizes: tuple[int, int, int, int],
) -> None:
    steps, examples, features, hidden = sizes
    module, shape = Recurrent(features, hidden), (steps, examples, features)
    assert nets.cost(module, shape).peak.bytes == pytest.approx(
        profiled_peak(module, torch.rand(shape), "sgd"), rel=0.02
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

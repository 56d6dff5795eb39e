"""What the experiments run on: the net as nets describes it, devices that may not be there."""

import platform
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from analysis.errors import AnalysisError
from analysis.learning.fashion_mnist import DEBIAN_FOLDER
from analysis.learning.models import make_module
from analysis.learning.plans import growing_batches
from analysis.learning.setups import SCALES, check_device, load_data, machine
from nets import zoo

TINY = SCALES["tiny"].setup


def test_the_paper_scale_is_the_net_of_the_paper() -> None:
    as_counted_by_the_paper = zoo.small_inception(channels=3, bn_affine=False)
    assert sum(node.layer.weights + node.layer.biases for node in as_counted_by_the_paper.nodes) == 1_649_402
    module = make_module("small-inception", (1, 28, 28), 10, seed=0)
    # One colour instead of three, no biases before batch norm, and its affine pair.
    filters = 96 + 64 + 80 + 80 + 160 + 160 + 160 + 144 + 96 + 336 + 336
    assert sum(p.numel() for p in module.parameters()) == 1_649_402 - 2 * 9 * 96 - filters + 2 * filters
    assert sum(p.numel() for p in module.parameters()) == 1_649_386


@pytest.mark.parametrize("scale", SCALES)
def test_every_scale_can_be_planned(scale: str) -> None:
    growth = SCALES[scale].growth
    sizes = growing_batches(growth.smallest, growth.largest, growth.epochs)
    assert sizes[-1] <= SCALES[scale].setup.train
    assert growth.lr_max == SCALES[scale].cyclical.lr_max


def test_weights_are_drawn_from_the_seed_alone() -> None:
    torch.manual_seed(1)
    one = make_module("small-inception", (1, 8, 8), 10, seed=5, width=TINY.width)
    torch.manual_seed(2)
    before = torch.get_rng_state()
    other = make_module("small-inception", (1, 8, 8), 10, seed=5, width=TINY.width)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    different = make_module("small-inception", (1, 8, 8), 10, seed=6, width=TINY.width)
    assert not all(torch.equal(a, b) for a, b in zip(one.parameters(), different.parameters(), strict=True))


def test_weights_lie_channels_last_in_memory() -> None:
    module = make_module("small-inception", (1, 8, 8), 10, seed=0, width=TINY.width)
    kernels = [p for p in module.parameters() if p.ndim == 4 and p.shape[2] == 3]
    assert all(kernel.is_contiguous(memory_format=torch.channels_last) for kernel in kernels)


def test_cuda_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(AnalysisError, match="torch finds no CUDA device here; use --device cpu"):
        check_device(replace(TINY, device="cuda"))


def test_bfloat16_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    with pytest.raises(AnalysisError, match="this cpu has no instructions for it; leave it out"):
        check_device(replace(TINY, bfloat16=True))
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True)
    check_device(replace(TINY, bfloat16=True))


def test_threads_are_put_back() -> None:
    before = torch.get_num_threads()
    with machine(replace(TINY, threads=before + 1)) as where:
        assert where["threads"] == torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_digits_have_no_folder() -> None:
    with pytest.raises(AnalysisError, match="the digits come with scikit-learn"):
        load_data(replace(TINY, dataset="digits", shrink=1), Path("somewhere"))


@pytest.mark.skipif(
    not DEBIAN_FOLDER.exists(), reason="needs FashionMNIST: install Debian's dataset-fashion-mnist"
)
def test_fashion_mnist_at_the_small_scale() -> None:
    data, summary = load_data(SCALES["small"].setup)
    assert (summary.name, summary.shape, summary.classes) == ("fashion-mnist", (1, 14, 14), 10)
    assert data.train.inputs.shape == (20_000, 1, 14, 14)
    assert len(data.validation.labels) == 5_000
    assert len(data.test.labels) == 10_000

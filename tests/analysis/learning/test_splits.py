"""Splits against torch's own pooling and against what it means to be disjoint."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.learning.datasets import Dataset, Labelled
from analysis.learning.splits import split


def numbered(count: int, side: int = 4) -> Dataset:
    """Images that each hold their own number, labelled by it."""
    numbers = np.arange(count)
    images = np.broadcast_to(numbers[:, None, None], (count, side, side)).astype(np.uint8)
    return Dataset("numbered", Labelled(images, numbers), Labelled(images[:10], numbers[:10]))


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 5))
def test_no_image_is_both_learned_from_and_validated_on(train: int, validation: int, seed: int) -> None:
    parts = split(numbered(120), train=train, validation=validation, seed=seed)
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (train, validation, 10)
    assert len({*parts.train.labels} | {*parts.validation.labels}) == train + validation


@given(st.integers(2, 60), st.integers(0, 5))
def test_standardised_by_what_is_learned_from_alone(train: int, seed: int) -> None:
    parts = split(numbered(120), train=train, validation=40, seed=seed)
    assert parts.train.images.mean() == pytest.approx(0, abs=1e-5)
    assert parts.train.images.std() == pytest.approx(1, abs=1e-5)
    learned = parts.train.labels
    expected = (parts.validation.labels - learned.mean()) / learned.std()
    assert parts.validation.images[:, 0, 0] == pytest.approx(expected, abs=1e-4)


def test_shrinking_is_average_pooling_as_torch_does_it() -> None:
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (7, 6, 4), dtype=np.uint8)
    labels = np.arange(7)
    dataset = Dataset("noise", Labelled(images, labels), Labelled(images, labels))
    parts = split(dataset, train=6, validation=1, shrink=2)
    pooled = torch.nn.functional.avg_pool2d(torch.from_numpy(images).float(), 2)
    learned = pooled[torch.from_numpy(parts.train.labels)]
    expected = (pooled - learned.mean()) / learned.std(correction=0)
    assert parts.test.images == pytest.approx(expected.numpy(), abs=1e-5)


def test_images_all_alike_become_zeros() -> None:
    grey = Labelled(np.full((5, 2, 2), 7, np.uint8), np.arange(5))
    assert not split(Dataset("grey", grey, grey), train=3, validation=2).train.images.any()


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        ({"train": 0, "validation": 1}, "train: 0 images must be at least 1"),
        ({"train": 1, "validation": 0}, "validation: 0 images must be at least 1"),
        (
            {"train": 100, "validation": 21},
            "numbered: has 120 images where 121 are wanted for training and validation",
        ),
        ({"train": 1, "validation": 1, "test": 11}, "numbered: has 10 images where 11 are wanted for test"),
        (
            {"train": 1, "validation": 1, "shrink": 3},
            "shrink: 3 must divide the sides of images of 4 × 4 pixels",
        ),
    ],
)
def test_more_than_there_is(wanted: dict[str, int], complaint: str) -> None:
    with pytest.raises(AnalysisError) as refusal:
        split(numbered(120), **wanted)
    assert str(refusal.value) == complaint

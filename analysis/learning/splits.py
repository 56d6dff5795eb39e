"""Training, validation and test images: disjoint, averaged down, standardised."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.learning.datasets import COLOURS, Dataset, Labelled


@dataclass(frozen=True)
class Splits:
    """The three parts of an experiment's data, disjoint, in float32."""

    train: Labelled
    validation: Labelled
    test: Labelled


def split(
    dataset: Dataset,
    *,
    train: int,
    validation: int,
    test: int | None = None,
    shrink: int = 1,
    seed: int = 0,
) -> Splits:
    """Draw disjoint training and validation images, average blocks of pixels, and standardise.

    Parameters
    ----------
    dataset
        Its training images are drawn from; its test images stay in their order.
    train, validation
        How many images to draw for each, without replacement.
    test
        How many test images to keep, from the first; all of them by default.
    shrink
        Average blocks of so many by so many pixels; it must divide both sides.
    seed
        Of the draw.

    Returns
    -------
    splits
        All standardised by the mean and the standard deviation over the drawn training pixels, in colour
        each colour by its own.

    Raises
    ------
    AnalysisError
        When there are too few images, or `shrink` does not divide their sides.
    """
    available = {"training and validation": (train + validation, len(dataset.train))}
    available["test"] = (test or len(dataset.test), len(dataset.test))
    _check_counts(dataset, {"train": train, "validation": validation, "test": test or 1}, available)
    height, width = dataset.train.images.shape[1:3]
    if shrink < 1 or height % shrink or width % shrink:
        raise AnalysisError(f"shrink: {shrink} must divide the sides of images of {height} × {width} pixels")
    drawn = np.random.default_rng(seed).permutation(len(dataset.train))[: train + validation]
    parts = [
        _shrunk(dataset.train, np.sort(drawn[:train]), shrink),
        _shrunk(dataset.train, np.sort(drawn[train:]), shrink),
        _shrunk(dataset.test, np.arange(test or len(dataset.test)), shrink),
    ]
    over = (0, 1, 2) if parts[0].images.ndim == COLOURS else None  # each colour by itself
    mean = parts[0].images.mean(over, dtype=np.float64)
    deviation = parts[0].images.std(over, dtype=np.float64)
    scale = np.where(deviation > 0, deviation, 1.0)
    return Splits(
        *(Labelled(((part.images - mean) / scale).astype(np.float32), part.labels) for part in parts)
    )


def _check_counts(
    dataset: Dataset, wanted: Mapping[str, int], available: Mapping[str, tuple[int, int]]
) -> None:
    for name, count in wanted.items():
        if count < 1:
            raise AnalysisError(f"{name}: {count} images must be at least 1")
    for name, (needed, present) in available.items():
        if needed > present:
            raise AnalysisError(f"{dataset.name}: has {present} images where {needed} are wanted for {name}")


def _shrunk(part: Labelled, rows: NDArray[np.int64], shrink: int) -> Labelled:
    images = part.images[rows]
    count, height, width, *colours = images.shape
    blocks = images.reshape(count, height // shrink, shrink, width // shrink, shrink, *colours)
    return Labelled(blocks.mean(axis=(2, 4), dtype=np.float32), part.labels[rows])

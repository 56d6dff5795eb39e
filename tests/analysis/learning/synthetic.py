"""Data and nets small enough for tests, made from nothing."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.learning.fashion_mnist import FILES, IdxFile
from analysis.learning.training import Data, Examples


def idx(array: NDArray[np.uint8]) -> bytes:
    """An array as the idx format has it."""
    magic = (0x0800 + array.ndim).to_bytes(4, "big")
    return magic + b"".join(side.to_bytes(4, "big") for side in array.shape) + array.tobytes()


def images_and_labels(
    count: int, seed: int = 0, side: int = 4
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Noise, brighter in the row that the label names, so that there is something to learn."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.uint8) % 4
    images = generator.integers(0, 100, (count, side, side), dtype=np.uint8)
    images[np.arange(count), labels % side] += 100
    return images, labels


def write_idx_files(folder: Path, train: int = 40, test: int = 20) -> tuple[IdxFile, ...]:
    """Write four compressed files as FashionMNIST has them; return what identifies them."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = (*images_and_labels(train), *images_and_labels(test, seed=1))
    files = []
    for file, array in zip(FILES, arrays, strict=True):
        content = idx(array)
        compressed = gzip.compress(content, mtime=0)
        (folder / f"{file.name}.gz").write_bytes(compressed)
        md5 = hashlib.md5(compressed, usedforsecurity=False).hexdigest()
        files.append(IdxFile(file.name, hashlib.sha256(content).hexdigest(), md5))
    return tuple(files)


def data(train: int = 40) -> Data:
    """Three small parts that can be told apart by a linear map, in eight features and three classes."""
    generator = torch.Generator().manual_seed(1)

    def part(count: int) -> Examples:
        labels = torch.arange(count) % 3
        inputs = torch.randn(count, 8, generator=generator)
        inputs[torch.arange(count), labels] += 2
        return Examples(inputs, labels)

    return Data(part(train), part(12), part(12))


class Net(nn.Sequential):
    """Everything whose state could get lost: weights, batch norm's buffers, dropout's random draws."""

    def __init__(self, seed: int = 0) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            super().__init__(
                nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3)
            )


def state(module: nn.Module) -> dict[str, Tensor]:
    """A copy of all parameters and buffers."""
    return {name: value.clone() for name, value in module.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Whether two states are equal bit for bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)

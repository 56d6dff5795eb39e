"""Images and their classes, from wherever: a folder of idx files, an ``.npz`` file, or a place of ours."""

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.learning.idx import read_idx

Images = NDArray[np.uint8] | NDArray[np.float32]

GREY = 3
COLOURS = 4
LARGEST = 1e30
"""Of a pixel, so that float32 can hold sums of them."""
MOST_CLASSES = 100_000
MOST_BYTES = 2**33
"""An ``.npz`` file that unpacks to more is refused."""
PARTS = {"train": ("train",), "test": ("test", "t10k")}
"""What the names of a part's files, or arrays, have in them."""
KINDS = {"images": ("images", "image", "x"), "labels": ("labels", "label", "y")}
"""What the names of a kind of array have in them, or are."""


@dataclass(frozen=True)
class Labelled:
    """Images and their classes.

    Attributes
    ----------
    images
        One byte per pixel, or float32; shape (count, height, width), or (count, height, width, colours).
    labels
        The class of each image from 0, shape (count,), int64.

    Raises
    ------
    AnalysisError
        When there are no images, not as many labels, or labels that name no class.
    """

    images: Images
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.images.ndim not in (GREY, COLOURS) or 0 in self.images.shape:
            raise AnalysisError(
                f"images of shape {_by(self.images.shape)} must have a count, a height, a width and,"
                " in colour, the colours, each of at least 1"
            )
        if self.labels.ndim != 1 or len(self.images) != len(self.labels):
            raise AnalysisError(
                f"{len(self.images)} images have labels of shape {_by(self.labels.shape)};"
                " give one label for each image"
            )
        if not np.issubdtype(self.labels.dtype, np.integer) or self.labels.min() < 0:
            raise AnalysisError(f"label {self.labels.min()} must be a whole number from 0")

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.labels)


@dataclass(frozen=True)
class Dataset:
    """Images to learn from and, apart from them, images to be tested on once.

    Raises
    ------
    AnalysisError
        When the test images are of another size, or of a class that no image to learn from has.
    """

    name: str
    train: Labelled
    test: Labelled

    def __post_init__(self) -> None:
        if self.train.images.shape[1:] != self.test.images.shape[1:]:
            raise AnalysisError(
                f"{self.name}: images to learn from of {_by(self.train.images.shape[1:])} pixels and to be"
                f" tested on of {_by(self.test.images.shape[1:])} must be of one size"
            )
        if self.test.labels.max() >= self.classes:
            raise AnalysisError(
                f"{self.name}: label {self.test.labels.max()} of the test images must be below"
                f" {self.classes}: no image to learn from has it"
            )

    @property
    def classes(self) -> int:
        """One more than the highest label to learn."""
        return int(self.train.labels.max()) + 1


def digits() -> Dataset:
    """Return the 1,797 handwritten digits that scikit-learn brings along, 8 × 8, the last 500 for testing.

    They need no installation and no network. (Alpaydin and Kaynak 1998, UCI; values 0 to 16, here 0 to 240.)
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images, labels = (15 * bunch.images).astype(np.uint8), bunch.target.astype(np.int64)
    return Dataset("digits", Labelled(images[:-500], labels[:-500]), Labelled(images[-500:], labels[-500:]))


def from_path(path: Path) -> Dataset:
    """Return the images in a folder of four idx files, or in an ``.npz`` file.

    Of a folder, the files' names say which is which: ``train-images-idx3-ubyte.gz``, say, or
    ``emnist-letters-test-labels-idx1-ubyte``. Of a file the arrays' names do: ``x_train``, ``y_train``,
    ``x_test``, ``y_test``, or ``train_images`` and so on.

    Raises
    ------
    AnalysisError
        When one of the four is missing or there are two of it, or they are no images and labels.
    """
    arrays = _of_file(path) if path.suffix.lower() == ".npz" else _of_folder(path)
    parts = {}
    for part in PARTS:
        try:
            parts[part] = Labelled(_images(arrays[part, "images"]), _labels(arrays[part, "labels"]))
        except AnalysisError as error:
            raise AnalysisError(f"{path}: {part}: {error}") from None
    return Dataset(str(path), parts["train"], parts["test"])


def _of_folder(path: Path) -> dict[tuple[str, str], NDArray[Any]]:
    try:
        files = sorted(file.name for file in path.iterdir() if "ubyte" in file.name)
    except OSError as error:
        raise AnalysisError(f"{path}: cannot be read: {error.strerror}") from None
    names = _sorted_out(path, [name for name in files if f"{name}.gz" not in files], "idx files")
    return {which: read_idx(path / name) for which, name in names.items()}


def _of_file(path: Path) -> dict[tuple[str, str], NDArray[Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MOST_BYTES:
            raise AnalysisError(
                f"{path}: unpacks to {size / 1e9:.1f} GB, more than {MOST_BYTES / 1e9:.1f} GB"
            )
        with np.load(path, allow_pickle=False) as arrays:
            names = _sorted_out(path, list(arrays), "arrays")
            return {which: arrays[name] for which, name in names.items()}
    except FileNotFoundError as error:
        raise AnalysisError(f"{path}: cannot be read: {error.strerror}") from None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError):
        raise AnalysisError(f"{path}: is damaged, or no .npz file of plain arrays") from None


def _sorted_out(path: Path, names: list[str], what: str) -> dict[tuple[str, str], str]:
    """Tell by their names which part and kind each of the four is."""
    found = {}
    for part, marks in PARTS.items():
        for kind, words in KINDS.items():
            fit = [name for name in names if _has(name, marks) and _has(name, words)]
            fit = [name for name in fit if not (part == "test" and _has(name, PARTS["train"]))]
            if len(fit) != 1:
                raise AnalysisError(
                    f"{path}: has {' and '.join(fit) if fit else 'nothing'} for the {kind} to {part}:"
                    f" it must hold four {what}, whose names say train or test (t10k) and images or labels"
                )
            found[part, kind] = fit[0]
    return found


def _has(name: str, words: tuple[str, ...]) -> bool:
    return any(word in re.split(r"[^a-z0-9]+", name.lower()) for word in words)


def _images(array: NDArray[Any]) -> Images:
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise AnalysisError(f"images of {array.dtype} must be finite numbers")
    if abs(array).max(initial=0) > LARGEST:
        raise AnalysisError(f"images must be numbers of at most {LARGEST:g}")
    return array.astype(np.float32)


def _labels(array: NDArray[Any]) -> NDArray[np.int64]:
    if array.ndim == 2 and array.shape[1] == 1:  # noqa: PLR2004  # a column
        array = array[:, 0]
    if array.dtype.kind not in "iuf" or not (np.abs(array) < MOST_CLASSES).all():
        raise AnalysisError(f"labels of {array.dtype} must be whole numbers below {MOST_CLASSES:,}")
    labels = array.astype(np.int64)
    if (labels != array).any():
        raise AnalysisError(f"labels of {array.dtype} must be whole numbers")
    return labels


def _by(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "()"

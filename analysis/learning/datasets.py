"""Where the images come from: a folder that was named, an installed package, a cache, or a download.

FashionMNIST (Xiao, Rasul and Vollgraf 2017, arXiv 1708.07747) comes as four files in the idx format. What is
found in a place of ours is verified by the SHA-256 of its *decompressed* bytes, since Debian recompresses;
what is downloaded is verified twice, as it arrives (MD5, as published upstream) and unpacked. A folder that
the user names is taken at its word, so that anyone's images in the same format will do.
"""

import gzip
import hashlib
import logging
import math
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError

DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
UPSTREAM = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
CLASSES = 10
RETRIES = 3

IMAGES_MAGIC = 0x00000803
LABELS_MAGIC = 0x00000801


@dataclass(frozen=True)
class IdxFile:
    """One of FashionMNIST's four files: its name without ``.gz``, and the checksums of both forms."""

    name: str
    sha256: str
    md5_compressed: str


TRAIN_IMAGES = IdxFile(
    "train-images-idx3-ubyte",
    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
)
TRAIN_LABELS = IdxFile(
    "train-labels-idx1-ubyte",
    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "25c81989df183df01b3e8a0aad5dffbe",
)
TEST_IMAGES = IdxFile(
    "t10k-images-idx3-ubyte",
    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "bef4ecab320f06d8554ea6380940ec79",
)
TEST_LABELS = IdxFile(
    "t10k-labels-idx1-ubyte",
    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    "bb300cfdad3c16e7a12a480ee83cd310",
)
FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)


@dataclass(frozen=True)
class Labelled:
    """Images and their classes.

    Attributes
    ----------
    images
        One byte per pixel, or standardised float32 once `split` made them; shape (count, height, width).
    labels
        The class of each image from 0, shape (count,), int64.
    """

    images: NDArray[np.uint8] | NDArray[np.float32]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.labels)


@dataclass(frozen=True)
class Dataset:
    """Images to learn from and, apart from them, images to be tested on once."""

    name: str
    train: Labelled
    test: Labelled


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an idx file of bytes, compressed (``.gz``) or not.

    Returns
    -------
    array
        Shape (count, height, width) for images and (count,) for labels.

    Raises
    ------
    AnalysisError
        When the file cannot be read, is damaged, cut short, longer than it says, or no idx file.
    """
    return _parse_idx(_decompressed(path), path)


def _decompressed(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise AnalysisError(f"{path}: cannot be read: {error.strerror}") from None
    if path.suffix != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error):
        raise AnalysisError(f"{path}: is damaged or cut short; fetch it anew") from None


def _parse_idx(content: bytes, path: Path) -> NDArray[np.uint8]:
    magic = int.from_bytes(content[:4], "big")
    if magic not in (IMAGES_MAGIC, LABELS_MAGIC) or len(content) < 4 + 4 * (magic & 0xFF):
        raise AnalysisError(
            f"{path}: is no idx file of bytes; it begins with {content[:4].hex(' ') or 'nothing'}"
        )
    shape = tuple(int.from_bytes(content[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(magic & 0xFF))
    header = 4 + 4 * len(shape)
    if len(content) - header != math.prod(shape):
        raise AnalysisError(
            f"{path}: holds {len(content) - header} bytes where its header promises "
            f"{' × '.join(map(str, shape))} = {math.prod(shape)}"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def fashion_mnist(
    folder: Path | None = None,
    *,
    installed: Path = DEBIAN_FOLDER,
    cache: Path | None = None,
    upstream: str = UPSTREAM,
    files: tuple[IdxFile, ...] = FILES,
) -> Dataset:
    """Return FashionMNIST: 60,000 images to learn from and 10,000 to be tested on, 28 × 28, ten classes.

    Parameters
    ----------
    folder
        Where the four files are, ``.gz`` or unpacked, and the only place searched then; their content is not
        compared with FashionMNIST's.
    installed, cache, upstream
        The places searched otherwise, in this order; `cache` is the user's cache folder unless given.
    files
        The four files' names and checksums: training images and labels, test images and labels.

    Raises
    ------
    AnalysisError
        When a file is missing, damaged, of another content than it should be, or cannot be downloaded.
    """
    if folder is not None:
        read, where = lambda file: read_idx(_find(folder, file)), str(folder)
    else:
        read, where = lambda file: _verified(file, installed, cache, upstream), "fashion-mnist"
    train_images, train_labels, test_images, test_labels = map(read, files)
    train = _labelled(train_images, train_labels, where)
    return Dataset(where, train, _labelled(test_images, test_labels, where))


def _find(folder: Path, file: IdxFile) -> Path:
    for name in (f"{file.name}.gz", file.name):
        if (folder / name).exists():
            return folder / name
    raise AnalysisError(f"{folder}: has no {file.name}.gz; name the folder that holds the four idx files")


def _verified(file: IdxFile, installed: Path, cache: Path | None, upstream: str) -> NDArray[np.uint8]:
    path = installed / f"{file.name}.gz"
    if not path.exists():
        path = _downloaded(file, cache, upstream)
    content = _decompressed(path)
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise AnalysisError(f"{path}: is not FashionMNIST's {file.name}: its SHA-256 differs; fetch it anew")
    return _parse_idx(content, path)


def _downloaded(file: IdxFile, cache: Path | None, upstream: str) -> Path:
    """Return the file in the cache, downloaded first (up to four attempts) unless it is there and whole."""
    import pooch
    import requests

    folder = cache or Path(pooch.os_cache("dlsyslab")) / "fashion-mnist"
    logging.getLogger(pooch.get_logger().name).setLevel(logging.ERROR)
    url = f"{upstream}{file.name}.gz"
    known_hash = f"md5:{file.md5_compressed}"
    fetcher = pooch.create(
        folder, upstream, registry={f"{file.name}.gz": known_hash}, retry_if_failed=RETRIES
    )
    try:
        return Path(fetcher.fetch(f"{file.name}.gz", downloader=pooch.HTTPDownloader(timeout=30)))
    except requests.RequestException as error:
        reason = (
            f"the server answered {error.response.status_code}"
            if error.response is not None
            else ("no connection, or it broke off")
        )
    except ValueError:
        reason = f"its checksum differs from {known_hash}"
    except OSError as error:
        raise AnalysisError(f"{error.filename or folder}: cannot be written: {error.strerror}") from None
    raise AnalysisError(
        f"{url}: could not be downloaded ({reason}); install Debian's dataset-fashion-mnist, "
        "or name a folder that holds the files with --data-dir"
    )


def _labelled(images: NDArray[np.uint8], labels: NDArray[np.uint8], where: str) -> Labelled:
    if images.ndim != 3 or labels.ndim != 1:  # noqa: PLR2004  (count, height, width)
        raise AnalysisError(f"{where}: the files of images and of labels are interchanged")
    if len(images) != len(labels):
        raise AnalysisError(f"{where}: {len(images)} images have {len(labels)} labels")
    if len(labels) and labels.max() >= CLASSES:
        raise AnalysisError(f"{where}: label {labels.max()} must be below {CLASSES}")
    return Labelled(images, labels.astype(np.int64))


def digits() -> Dataset:
    """Return the 1,797 handwritten digits that scikit-learn brings along, 8 × 8, the last 500 for testing.

    They need no installation and no network. (Alpaydin and Kaynak 1998, UCI; values 0 to 16, here 0 to 240.)
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images, labels = (15 * bunch.images).astype(np.uint8), bunch.target.astype(np.int64)
    return Dataset("digits", Labelled(images[:-500], labels[:-500]), Labelled(images[-500:], labels[-500:]))

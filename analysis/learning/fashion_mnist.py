"""Where FashionMNIST comes from: an installed package, a cache, or a download.

FashionMNIST (Xiao, Rasul and Vollgraf 2017, arXiv 1708.07747) comes as four files in the idx format. What is
found in a place of ours is verified by the SHA-256 of its *decompressed* bytes, since Debian recompresses;
what is downloaded is verified twice, as it arrives (MD5, as published upstream) and unpacked.
"""

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.learning.datasets import Dataset, Labelled
from analysis.learning.idx import decompressed, parse_idx

DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
UPSTREAM = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
RETRIES = 3


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


def fashion_mnist(
    *,
    installed: Path = DEBIAN_FOLDER,
    cache: Path | None = None,
    upstream: str = UPSTREAM,
    files: tuple[IdxFile, ...] = FILES,
) -> Dataset:
    """Return FashionMNIST: 60,000 images to learn from and 10,000 to be tested on, 28 × 28, ten classes.

    Parameters
    ----------
    installed, cache, upstream
        The places searched, in this order; `cache` is the user's cache folder unless given.
    files
        The four files' names and checksums: training images and labels, test images and labels.

    Raises
    ------
    AnalysisError
        When a file is damaged, of another content than it should be, or cannot be downloaded.
    """
    train_images, train_labels, test_images, test_labels = (
        _verified(file, installed, cache, upstream) for file in files
    )
    train = Labelled(train_images, train_labels.astype(np.int64))
    return Dataset("fashion-mnist", train, Labelled(test_images, test_labels.astype(np.int64)))


def _verified(file: IdxFile, installed: Path, cache: Path | None, upstream: str) -> NDArray[np.uint8]:
    path = installed / f"{file.name}.gz"
    if not path.exists():
        path = _downloaded(file, cache, upstream)
    content = decompressed(path)
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise AnalysisError(f"{path}: is not FashionMNIST's {file.name}: its SHA-256 differs; fetch it anew")
    return parse_idx(content, path)


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

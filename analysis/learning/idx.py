"""The idx format, in which MNIST and its kin come: a magic number, the sides, then byte after byte."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError

BYTES = 0x08
"""The third byte of the magic number: what the file holds are unsigned bytes. The fourth counts the sides."""
SIDES = (1, 3, 4)
"""Of labels, of grey images, and of images with colours."""


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an idx file of bytes, compressed (``.gz``) or not.

    Returns
    -------
    array
        Shape (count, height, width) or (count, height, width, colours) for images and (count,) for labels.

    Raises
    ------
    AnalysisError
        When the file cannot be read, is damaged, cut short, longer than it says, or no idx file.
    """
    return parse_idx(decompressed(path), path)


def decompressed(path: Path) -> bytes:
    """Return a file's content, unpacked if its name ends in ``.gz``."""
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


def parse_idx(content: bytes, path: Path) -> NDArray[np.uint8]:
    """Return the array that an idx file's content holds; see `read_idx`."""
    sides = content[3] if content[:3] == bytes((0, 0, BYTES)) and len(content) > 3 else 0  # noqa: PLR2004  # the magic number has four bytes
    if sides not in SIDES or len(content) < 4 + 4 * sides:
        raise AnalysisError(
            f"{path}: is no idx file of bytes; it begins with {content[:4].hex(' ') or 'nothing'}"
        )
    shape = tuple(int.from_bytes(content[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(sides))
    header = 4 + 4 * sides
    if len(content) - header != math.prod(shape):
        raise AnalysisError(
            f"{path}: holds {len(content) - header} bytes where its header promises "
            f"{' × '.join(map(str, shape))} = {math.prod(shape)}"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)

"""Files appear whole or not at all, and are read whole or not at all."""

import errno
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from sim.errors import SimError

LARGEST_TEXT: Final = 2**28
"""Bytes of the largest text that is read; a device may have no end."""


def write(path: Path | str, content: bytes) -> None:
    """Write a file whole or not at all; a pipe or a device is written to as it is.

    Raises
    ------
    SimError
        Naming the file and the reason, where it cannot be written; then nothing is left behind.
    """
    try:
        put(Path(path), content)
    except OSError as error:
        raise SimError(f"{path}: {error.strerror}") from None


def put(path: Path, content: bytes) -> None:
    """Write a file under a name of its own and move it into place; raises `OSError` as the system does.

    The name is nobody else's, so that no other file is touched; what stands at ``path`` keeps its
    permissions.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    target = Path(os.path.realpath(path))  # through links, even where they lead nowhere
    part = target.with_name(f".{secrets.token_hex(16)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
        with suppress(FileNotFoundError):
            shutil.copymode(target, part)
        part.replace(target)
    finally:
        with suppress(OSError):
            part.unlink()


def text_of(path: Path) -> str:
    """Return a text in UTF-8, with or without a byte-order mark.

    Raises
    ------
    OSError
        As the system does, and where there is no end to the text.
    UnicodeDecodeError
        Where it is another encoding.
    """
    with path.open("rb") as file:
        return text_in(file)


def text_in(file: IO[bytes]) -> str:
    """Return a text in UTF-8 that an open file holds; raises as `text_of` does."""
    content = file.read(LARGEST_TEXT + 1)
    if len(content) > LARGEST_TEXT:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return content.decode("utf-8-sig").replace("\r\n", "\n")

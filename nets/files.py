"""Files appear whole or not at all."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from nets.errors import InputError


def write(path: Path, content: bytes) -> None:
    """Write a file under a name of its own beside it and move it into place, where links lead.

    A pipe or a device is written to as it is.

    Raises
    ------
    InputError
        Naming the file and the reason, where it cannot be written; then nothing is left behind.
    """
    try:
        target = path.resolve()
        if target.is_dir():
            raise InputError(f"{path}: is a folder")
        if target.exists() and not target.is_file():
            target.write_bytes(content)
            return
        _replace(target, content)
    except (OSError, ValueError, RuntimeError) as error:  # ValueError: a null byte; RuntimeError: a loop of links
        reason = error.strerror if isinstance(error, OSError) else None
        raise InputError(f"{path}: {reason or error}") from None


def _replace(target: Path, content: bytes) -> None:
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
        if target.exists():
            part.chmod(target.stat().st_mode & 0o7777)
            if not os.access(target, os.W_OK):  # replacing needs the folder's permission only
                raise PermissionError(13, "Permission denied")
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise

"""Files appear whole or not at all."""

from contextlib import suppress
from pathlib import Path

from nets.errors import InputError


def write(path: Path, content: bytes) -> None:
    """Write a file under a temporary name and move it into place; a pipe or a device is written to as it is.

    Raises
    ------
    InputError
        Naming the file and the reason, where it cannot be written; then nothing is left behind.
    """
    special = path.exists() and not path.is_file()
    part = path if special else path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        if not special:
            part.replace(path)
    except OSError as error:
        if not special:
            with suppress(OSError):
                part.unlink()
        raise InputError(f"{path}: {error.strerror}") from None

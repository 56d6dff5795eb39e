"""Files appear whole or not at all."""

from contextlib import suppress
from pathlib import Path

from sim.errors import SimError


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
    """Write a file under a temporary name and move it into place; raises `OSError` as the system does."""
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    target = path.resolve()
    part = target.with_name(f"{target.name}.part")
    try:
        part.write_bytes(content)
        part.replace(target)
    finally:
        with suppress(OSError):
            part.unlink()

"""Files appear whole or not at all."""

from contextlib import suppress
from pathlib import Path

from sim.errors import SimError


def write(path: Path | str, content: bytes) -> None:
    """Write a file under a temporary name and move it into place; a pipe or a device is written to as it is.

    Raises
    ------
    SimError
        Naming the file and the reason, where it cannot be written; then nothing is left behind.
    """
    target = Path(path).resolve()
    part = target.with_name(f"{target.name}.part")
    try:
        if Path(path).exists() and not target.is_file():
            Path(path).write_bytes(content)
        else:
            part.write_bytes(content)
            part.replace(target)
    except OSError as error:
        raise SimError(f"{path}: {error.strerror}") from None
    finally:
        with suppress(OSError):
            part.unlink()

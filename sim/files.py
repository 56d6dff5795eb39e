"""Files appear whole or not at all."""

from pathlib import Path

from boltons.fileutils import atomic_save

from sim.errors import SimError


def write(path: Path | str, content: bytes) -> None:
    """Write a file under a temporary name and move it into place.

    Raises
    ------
    SimError
        Naming the file and the reason, where it cannot be written; then nothing is left behind.
    """
    try:
        with atomic_save(str(path)) as file:
            assert file is not None  # noqa: S101 -- for the type checker: the stubs also describe a closed one
            file.write(content)
    except OSError as error:
        raise SimError(f"{path}: {error.strerror}") from None

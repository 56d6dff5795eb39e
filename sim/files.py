"""Files appear whole or not at all."""

from pathlib import Path

from boltons.fileutils import atomic_save


def write(path: Path | str, content: bytes) -> None:
    """Write a file under a temporary name and move it into place; raises `OSError` as writing does."""
    with atomic_save(str(path)) as file:
        assert file is not None  # noqa: S101 -- for the type checker: the stubs also describe a closed one
        file.write(content)

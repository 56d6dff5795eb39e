"""Files written whole or not at all."""

from pathlib import Path

from boltons.fileutils import atomic_save


def write(path: Path, content: bytes) -> None:
    """Replace the file at ``path`` in one step, by way of a temporary one beside it."""
    with atomic_save(str(path), overwrite=True) as file:
        if file is not None:  # as boltons' annotations allow
            file.write(content)

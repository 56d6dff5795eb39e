"""Files written whole or not at all, and names refused before the work."""

from pathlib import Path

from boltons.fileutils import atomic_save

from analysis.errors import AnalysisError

FORMATS = (".png", ".pdf", ".svg")


def write(path: Path, content: bytes) -> None:
    """Replace the file at ``path`` in one step, by way of a temporary one beside it."""
    with atomic_save(str(path), overwrite=True) as file:
        if file is not None:  # as boltons' annotations allow
            file.write(content)


def check_figure_path(path: Path) -> None:
    """Refuse a figure's name before the work, not after it."""
    if path.suffix.lower() not in FORMATS:
        raise AnalysisError(f"figure: {str(path)!r} must end in one of {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise AnalysisError(f"figure: there is no folder {str(path.parent)!r}")

"""Files appear whole or not at all, and figures have a name that says their kind."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.errors import AnalysisError
from sim.files import put

FORMATS = (".png", ".pdf", ".svg")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a full disk, or a forbidden one, into one sentence that names the file."""
    try:
        yield
    except OSError as error:
        raise AnalysisError(f"{path}: cannot be written: {error.strerror}") from None


def write(path: Path, content: bytes) -> None:
    """Write a file, its folder too, so that it is there whole or, when that fails, as it was before."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, content)


def check_figure_path(path: Path) -> None:
    """Refuse a figure's name before the work, not after it."""
    if path.suffix.lower() not in FORMATS:
        raise AnalysisError(f"figure: {str(path)!r} must end in one of {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise AnalysisError(f"figure: there is no folder {str(path.parent)!r}")

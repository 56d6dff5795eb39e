"""How figures are begun, and written; what is on them is the business of the packages."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib import rc_context
from matplotlib.figure import Figure

from analysis.files import check_figure_path, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UNDATED = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
"""Metadata to leave out."""


def panels(count: int) -> tuple[Figure, list["Axes"]]:
    """Return a figure of ``count`` panels side by side."""
    figure = Figure(figsize=(5.2 * count, 4.2), layout="constrained")
    axes = figure.subplots(1, count, squeeze=False)
    return figure, list(axes[0])


def save(figure: Figure, path: Path) -> None:
    """Write a figure whole or not at all, in the format that its name ends in; equal figures, equal files."""
    check_figure_path(path)
    drawn = io.BytesIO()
    suffix = path.suffix.lower()
    with rc_context({"svg.hashsalt": "dlsyslab"}):  # an SVG's names are random without it
        figure.savefig(drawn, format=suffix[1:], dpi=150, metadata=UNDATED[suffix])
    write(path, drawn.getvalue())

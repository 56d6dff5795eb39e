"""How figures are begun, and written; what is on them is the business of the packages."""

import io
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from matplotlib import rc_context
from matplotlib.figure import Figure

from analysis.files import check_figure_path, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UNDATED = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
"""Metadata to leave out."""


def panels(count: int, *, title: str = "") -> tuple[Figure, list["Axes"]]:
    """Return a figure of ``count`` panels side by side, under a title that says what they are of."""
    figure = Figure(figsize=(5.2 * count, 4.2), layout="constrained")
    if title:
        headed(figure, title)
    axes = figure.subplots(1, count, squeeze=False)
    return figure, list(axes[0])


def headed(figure: Figure, title: str) -> None:
    """Put a title at the left above a figure, on as many lines as it needs."""
    lines = wrap(title, int(15 * figure.get_figwidth()))
    figure.suptitle("\n".join(lines).replace("$", r"\$"), x=0.01, ha="left", fontsize="small", color="0.3")


def axes_or_new(axes: "Axes | None") -> "Axes":
    """Return the axes to draw on: the caller's, or those of a figure of their own."""
    if axes is not None:
        return axes
    from matplotlib import pyplot as plt

    return plt.subplots(layout="constrained")[1]


def save(figure: Figure, path: Path) -> None:
    """Write a figure whole or not at all, in the format that its name ends in; equal figures, equal files."""
    check_figure_path(path)
    drawn = io.BytesIO()
    suffix = path.suffix.lower()
    with rc_context({"svg.hashsalt": "dlsyslab"}):  # an SVG's names are random without it
        figure.savefig(drawn, format=suffix[1:], dpi=150, metadata=UNDATED[suffix])
    write(path, drawn.getvalue())

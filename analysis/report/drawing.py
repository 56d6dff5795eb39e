"""Figures as SVG that goes with light and dark pages: transparent, in the ink of the text around it."""

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from matplotlib import rc_context

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = re.compile(r"#(?:000000|333333|4c4c4c|00664b)\b")
"""What figures write or draw in black, or in a dark colour, is in the page's own ink."""
LINE = re.compile(r"stroke: #(?:0072b2|1f77b4)\b")
"""Blue lines, which on a dark page need a lighter blue; each page says which by `BLUE`."""
BLUE = "--line-blue"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "dlsyslab",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.facecolor": "none",
    "legend.edgecolor": "none",
    "legend.framealpha": 0.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 10.0,
}
SIZE = (5.4, 3.8)
"""Inches: as wide as a phone shows without making letters small."""


def drawn(draw: "Callable[[Axes], object]", *, size: tuple[float, float] = SIZE) -> str:
    """Return what a function draws on one pair of axes."""
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.subplots())
        return svg(figure)


def svg(figure: "Figure") -> str:
    """Return a figure as an SVG element; equal figures, equal texts."""
    content = io.BytesIO()
    with rc_context(STYLE):
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return themed(content.getvalue().decode())


def themed(text: str) -> str:
    """Return an SVG file's element, its ink that of the text around it, its size that of its frame."""
    element = text[text.index("<svg") :].strip()
    element = re.sub(r"\s*<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    head, _, rest = element.partition(">")
    width, height = (float(number) for number in re.findall(r'\b(?:width|height)="([\d.]+)', head))
    head = re.sub(r'\s(?:width|height)="[^"]*"', "", head)
    if "viewBox" not in head:
        head += f' viewBox="0 0 {width:g} {height:g}"'
    blue = LINE.sub(f"stroke: var({BLUE}, #0072b2)", rest)
    return f'{head} fill="currentColor">{INK.sub("currentColor", blue)}'


def on_paper(text: str) -> str:
    """Return an SVG file's element that brings a white background of its own."""
    return themed(text).replace('fill="currentColor"', 'fill="#1f2328"', 1)


def unique(element: str, name: str) -> str:
    """Return an SVG element whose names are its own on a page of several."""
    element = re.sub(r'\bid="', f'id="{name}-', element)
    element = re.sub(r'href="#', f'href="#{name}-', element)
    return re.sub(r"url\(#", f"url(#{name}-", element)

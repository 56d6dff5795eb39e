"""A figure of the bytes alive over a step, by kind."""

import io
from typing import TYPE_CHECKING

from nets.costing.cost import Cost
from nets.costing.held import KINDS
from nets.costing.quantities import show_bytes
from nets.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMS = ("svg", "png", "pdf")
_COLOURS = ("#4c72b0", "#8c8c8c", "#8172b3", "#dd8452", "#64b5cd", "#55a868", "#ccb974", "#c44e52")


def draw_live(cost: Cost, axes: "Axes") -> None:
    """Draw the bytes alive after each operation, stacked by kind, with the peak marked.

    Raises
    ------
    InputError
        If the sizes are formulas.
    """
    if not cost.live:
        raise InputError("a figure needs sizes in numbers")
    kinds = [kind for kind in KINDS if any(cost.live[kind])]
    count = len(cost.live[KINDS[0]])
    colours = [_COLOURS[KINDS.index(kind)] for kind in kinds]
    scale = max(10 ** (3 * ((len(str(int(cost.peak.bytes))) - 1) // 3)), 1)
    series = [[value / scale for value in cost.live[kind]] for kind in kinds]
    axes.stackplot(range(count), series, labels=kinds, colors=colours, step="post", linewidth=0)
    at, height = cost.peak.index, int(cost.peak.bytes) / scale
    axes.plot([at], [height], "kv", markersize=5)
    axes.annotate(
        f"{show_bytes(int(cost.peak.bytes))}\n{cost.peak.at}",
        (at, height),
        xytext=(0, 8),
        textcoords="offset points",
        ha="left" if at < count / 2 else "right",
        fontsize=8,
    )
    axes.set(
        xlim=(0, count - 1),
        ylim=(0, 1.25 * height),
        xlabel="operation",
        ylabel=f"alive, {show_bytes(scale).partition(' ')[2]}",
        title=f"{cost.name}: {cost.settings}",
    )
    axes.title.set_fontsize(9)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(
        handles[::-1], labels[::-1], fontsize=8, loc="upper left", bbox_to_anchor=(1, 1), frameon=False
    )


def live_figure(cost: Cost, form: str) -> bytes:
    """Return the figure as a file: ``svg``, ``png`` or ``pdf``."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if form not in FORMS:
        raise InputError(f"a figure can be {', '.join(FORMS)}, not {form!r}")
    with mpl.rc_context({"svg.hashsalt": "nets", "svg.fonttype": "none"}):
        figure = Figure(figsize=(9, 4.5), layout="constrained")
        FigureCanvasAgg(figure)
        draw_live(cost, figure.add_subplot())
        file = io.BytesIO()
        metadata = {"Date": None} if form == "svg" else None
        figure.savefig(file, format=form, dpi=150, metadata=metadata)
    return file.getvalue()

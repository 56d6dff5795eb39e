"""The figure of a comparison: throughput against staleness, a point for each protocol."""

from typing import Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sim.errors import SimError
from sim.sweep.comparing import Comparison, half_width

COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Of Okabe and Ito, told apart with any kind of colour vision; markers tell the same in black and white."""

MARKERS: Final = "osD^v<>Ph*X"


def figure(found: Comparison) -> Figure:
    """Draw the gradients a second over the mean staleness, with 95 % intervals in both directions.

    Raises
    ------
    SimError
        Where no protocol has both.
    """
    drawn = Figure(figsize=(7.5, 4.2), layout="constrained")
    FigureCanvasAgg(drawn)
    axes = drawn.add_subplot()
    for place, line in enumerate(found.lines):
        stale, speed = (line.figures.get(name) for name in ("staleness.mean", "gradients_per_second"))
        if stale is None or speed is None:
            continue
        axes.errorbar(
            stale.mean,
            speed.mean,
            xerr=half_width(stale) or 0.0,
            yerr=half_width(speed) or 0.0,
            fmt=MARKERS[place % len(MARKERS)],
            color=COLOURS[place % len(COLOURS)],
            markersize=7,
            capsize=3,
            label=line.protocol,
        )
    if not axes.containers:
        raise SimError("no protocol applied a gradient: there is nothing to draw")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("mean staleness: updates between reading and application")
    axes.set_ylabel("gradients applied a second")
    title = found.scenario.title or f"{found.scenario.size} workers"
    note = f": {found.replicas} runs each, 95 % intervals" if found.replicas > 1 else ""
    axes.set_title(f"{title}{note}", fontsize="medium", parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)
    drawn.legend(loc="outside right upper", frameon=False, fontsize="small")
    return drawn

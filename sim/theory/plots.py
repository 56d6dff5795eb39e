"""Figures: the staleness histogram, and throughput and staleness over K."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sim.errors import SimError
from sim.files import write as write_file
from sim.scenario import Scenario
from sim.statistics import CONFIDENCE, Estimate
from sim.theory.forms_distribution import distribution
from sim.theory.lengths import WARM_UP
from sim.theory.measures import staleness_values
from sim.theory.over_k import FAMILY, Level
from sim.trace import Trace

BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
"""Of Okabe and Ito, told apart with any kind of colour vision; markers tell the same in black and white."""

LOOKS: Final = dict(zip(FAMILY, zip((BLUE, GREEN, ORANGE, PINK), "osD^", strict=True), strict=True))
QUANTILE: Final = 0.999


def staleness(trace: Trace) -> Figure:
    """Draw the share of the applied gradients over their staleness, after the warm-up.

    The theoretical distribution stands over it, where one applies. Beyond the 0.999-quantile, what is left is
    said in words.

    Raises
    ------
    SimError
        Where no gradient was applied.
    """
    values = staleness_values(trace, int(WARM_UP * trace.updates))
    if not len(values):
        raise SimError("no gradient was applied: there is no staleness to draw")
    most = int(np.quantile(values, QUANTILE, method="inverted_cdf"))
    shares = np.bincount(values, minlength=most + 1) / len(values)
    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    label = f"simulated: {len(values):,} gradients, mean {values.mean():.4g}"
    width = 0.8 if most < 60 else 1.0  # noqa: PLR2004 -- gaps only where bars are wide enough to see
    axes.bar(np.arange(most + 1), shares[: most + 1], width, color=BLUE, alpha=0.55, label=label)
    known = distribution(trace.scenario, most)
    if known is not None:
        form, pmf = known
        mean = "" if most > 60 else "o"  # noqa: PLR2004 -- markers that would touch are left out
        axes.plot(
            np.arange(most + 1), pmf, color=ORANGE, marker=mean, markersize=4, label=f"theory: {form.name}"
        )
    beyond = int(np.count_nonzero(values > most))
    tail = f" ({beyond:,} gradients beyond {most} not drawn)" if beyond else ""
    axes.set_xlabel(f"staleness: updates between reading and application{tail}")
    axes.set_ylabel("share of gradients")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title(
        trace.scenario.title or trace.scenario.protocol.describe(trace.scenario.size), fontsize="medium"
    )
    axes.legend(frameon=False)
    _bare(axes)
    return figure


def over_k(scenario: Scenario, levels: Sequence[Level]) -> Figure:
    """Draw updates per second and mean staleness over K: simulated with intervals, the theory as lines."""
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    speed, stale = figure.subplots(1, 2)
    for name, shift in zip(FAMILY, (-0.09, -0.03, 0.03, 0.09), strict=True):
        its = [level for level in levels if level.protocol == name]
        for axes, seen, theory in (
            (speed, [level.throughput for level in its], [level.expected_throughput for level in its]),
            (stale, [level.staleness for level in its], [level.expected_staleness for level in its]),
        ):
            places = np.array([level.k for level in its]) + shift * (its[-1].k - 1) / 7
            _curve(axes, name, places, seen, theory)
    speed.set_ylabel("updates per second")
    speed.set_yscale("log")
    speed.yaxis.set_major_formatter("{x:g}")
    speed.yaxis.set_minor_formatter("{x:g}")
    stale.set_ylabel("mean staleness")
    for axes in (speed, stale):
        axes.set_xlabel("K, gradients per update")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _bare(axes)
    speed.legend(frameon=False, fontsize="small")
    title = scenario.title or f"{scenario.size} workers"
    figure.suptitle(
        f"{title}: simulated, {CONFIDENCE:.0%} intervals; lines: theory, where there is one",
        fontsize="medium",
    )
    return figure


def _curve(
    axes: Axes,
    name: str,
    values: NDArray[np.float64],
    seen: Sequence[Estimate],
    theory: Sequence[float | None],
) -> None:
    colour, marker = LOOKS[name]
    axes.errorbar(
        values,
        [each.mean for each in seen],
        [each.half_width(CONFIDENCE) for each in seen],
        fmt=marker,
        color=colour,
        markersize=5,
        capsize=2,
        label=name,
    )
    expected = np.array([np.nan if each is None else each for each in theory])
    axes.plot(values, expected, color=colour, linewidth=1)


def _bare(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)


def write(figure: Figure, path: Path) -> None:
    """Write a figure, in the format that the path ends in; a path to no file is never half-written."""
    drawn = BytesIO()
    figure.savefig(drawn, format=path.suffix.removeprefix("."), dpi=150)
    write_file(path, drawn.getvalue())

"""A run as one HTML page that needs no network: to zoom into, and to point at."""

from html import escape
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
import plotly.io

from sim.scenario.clock import NANOSECONDS
from sim.timeline.figures import COLOURS, HALF
from sim.timeline.spans import Kind
from sim.timeline.view import UNITS, View, view
from sim.trace import Outcome, Trace

WORKERS: Final = 1_000
GRADIENTS: Final = 12_000
"""What is shown at most."""

MOST_LANES: Final = 60
"""Lanes in sight at first; the others are a drag away."""

DROPPED: Final = "rgba(255,255,255,0.65)"
CLEAR: Final = "rgba(0,0,0,0)"


def page(trace: Trace) -> str:
    """Return the page that `sim.timeline.write` describes."""
    shown = view(trace, workers=WORKERS, gradients=GRADIENTS)
    kinds = [Kind(kind) for kind in np.unique(shown.spans.kind[shown.spans.lane != shown.spans.unattended])]
    drawn = [_boxes(shown, kind) for kind in kinds]
    drawn += [_veil(trace, shown), _updates(trace, shown), _gradients(trace, shown)]
    figure = go.Figure([trace for trace in drawn if trace is not None], _layout(trace, shown))
    return str(
        plotly.io.to_html(
            figure,
            include_plotlyjs=True,
            div_id="timeline",
            config={"displaylogo": False, "scrollZoom": True, "responsive": True},
            default_height="100vh",
        )
    )


def _layout(trace: Trace, shown: View) -> go.Layout:
    names = [_plain(name) for name in trace.workers[: shown.workers]]
    title = _plain(trace.scenario.title or trace.scenario.protocol.describe())
    return go.Layout(
        title={"text": title, "subtitle": {"text": escape(shown.statement)}},
        template="plotly_white",
        hovermode="closest",
        barmode="overlay",
        bargap=0,
        legend={"orientation": "h", "y": -0.08, "yanchor": "top", "yref": "paper"},
        dragmode="pan",
        xaxis={"title": {"text": f"time in {shown.unit}"}, "range": [0, shown.end / UNITS[shown.unit]]},
        yaxis={
            "tickvals": list(range(shown.workers + 1)),
            "ticktext": [*names, "server"],
            "range": [min(shown.workers, MOST_LANES) + 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
        },
    )


def _boxes(shown: View, kind: Kind) -> go.Scatter:
    """Return the boxes of one kind as a single path: one element, however many there are."""
    found = shown.spans
    which = (found.lane != found.unattended) & (found.kind == kind)
    return _path(
        shown,
        np.minimum(found.lane[which], shown.workers),
        found.begin[which],
        found.end[which],
        name=kind.label,
        fillcolor=COLOURS[kind],
    )


def _path(shown: View, lane: Any, begin: Any, end: Any, **style: Any) -> go.Scatter:  # noqa: ANN401 -- see plotly
    left, right = begin / UNITS[shown.unit], end / UNITS[shown.unit]
    top, bottom, gap = lane - HALF, lane + HALF, np.full(len(lane), np.nan)
    return go.Scatter(
        x=np.stack([left, right, right, left, gap], axis=1).ravel(),
        y=np.stack([top, top, bottom, bottom, gap], axis=1).ravel().astype(np.float32),
        mode="none",
        fill="toself",
        hoverinfo="skip",
        **style,
    )


def _veil(trace: Trace, shown: View) -> go.Scatter | None:
    """Return what lets the gradients fade that came to nothing."""
    bars = shown.spans.bars()
    which = trace.outcome[bars.row] > Outcome.APPLIED
    if not which.any():
        return None
    return _path(
        shown,
        bars.lane[which],
        bars.begin[which],
        bars.end[which],
        name="pale: discarded, cancelled or lost",
        fillcolor=DROPPED,
    )


def _updates(trace: Trace, shown: View) -> go.Scatter | None:
    instants = trace.updated_at * NANOSECONDS
    instants = instants[instants <= shown.end]
    if not len(instants):
        return None
    return go.Scatter(
        x=instants / UNITS[shown.unit],
        y=np.full(len(instants), float(shown.workers)),
        mode="markers",
        marker={"symbol": "triangle-up", "size": 7, "color": "black"},
        name="update",
        customdata=np.arange(1, len(instants) + 1),
        hovertemplate="update at %{x}<br>makes version %{customdata}<extra></extra>",
    )


def _gradients(trace: Trace, shown: View) -> go.Bar:
    """Return clear bars, one for each gradient: they part neighbours, and answer the pointer."""
    bars = shown.spans.bars()
    begin, end = bars.begin / UNITS[shown.unit], bars.end / UNITS[shown.unit]
    return go.Bar(
        orientation="h",
        base=begin,
        x=end - begin,
        y=bars.lane,
        width=2 * HALF,
        marker={"color": CLEAR, "line": {"width": 0.6, "color": "white"}},
        hovertext=[_facts(trace, row) for row in bars.row.tolist()],
        hovertemplate="%{hovertext}<extra></extra>",
        hoverlabel={"align": "left", "bgcolor": "white", "font": {"color": "#333333"}},
        showlegend=False,
    )


def _facts(trace: Trace, row: int) -> str:
    """Return what the trace says of a gradient, a line for each fact."""
    name = _plain(trace.workers[trace.worker[row]])
    lines = [
        f"<b>{name}</b>, gradient j = {trace.index[row]}",
        f"read at {trace.read_at[row]:.9g} s, version {trace.version_read[row]}",
    ]
    outcome = Outcome(trace.outcome[row])
    if outcome == Outcome.APPLIED:
        version = trace.version_applied[row]
        lines += [
            f"applied at {trace.ended_at[row]:.9g} s, version {version}",
            f"staleness {version - trace.version_read[row]}",
        ]
    elif outcome == Outcome.IN_FLIGHT:
        lines.append("in flight at the end of the run")
    else:
        lines.append(f"{outcome.label} at {trace.ended_at[row]:.9g} s")
    return "<br>".join(lines)


def _plain(text: str) -> str:
    """Return text that plotly takes neither for its few HTML tags nor for TeX."""
    return escape(text).replace("$", "&#36;")

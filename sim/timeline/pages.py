"""A run as one HTML page that needs no network: to zoom into, and to point at.

The page holds plotly's script and the picture as compressed data, which its own few lines unpack: a page of
12,000 gradients is a third of what it would be.
"""

import gzip
import json
import re
from base64 import b64encode
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from sim.scenario.clock import NANOSECONDS
from sim.timeline.figures import COLOURS, DARK, HALF, INK
from sim.timeline.spans import NOBODY, Kind
from sim.timeline.view import UNITS, View, label, view
from sim.trace import Outcome, Trace

WORKERS: Final = 1_000
GRADIENTS: Final = 12_000
"""What is shown at most."""

MOST_LANES: Final = 60
GRADIENTS_IN_A_LANE: Final = 30
"""What is in sight at first, the gradients on average; the others are a drag away."""

DROPPED: Final = {"shape": "/", "bgcolor": "rgba(150,150,150,0.7)", "fgcolor": "#444444", "size": 7}
CLEAR: Final = "rgba(0,0,0,0)"
UPDATE: Final = "#d55e00"
SMALLEST: Final = 8
"""Pixels of a label; where a bar has no room for it, it appears as one zooms in."""

BY_DAY: Final = {"paper": "#ffffff", "ink": "#2a3f5f", "grid": "#e5e9f0"}
BY_NIGHT: Final = {"paper": "#111418", "ink": "#e6e6e6", "grid": "#333a44"}
HALO: Final = "0 0 2px {0}, 0 0 3px {0}"

PAGE: Final = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")


def page(trace: Trace) -> str:
    """Return the page that `sim.timeline.write` describes."""
    drawn = figure(trace)
    title = trace.scenario.title or trace.scenario.protocol.describe(trace.scenario.size)
    parts = {
        "TITLE": escape(title),
        "PLOTLY": _packed(get_plotlyjs()),
        "PICTURE": _packed(str(drawn.to_json())),
        "BY_DAY": json.dumps(BY_DAY),
        "BY_NIGHT": json.dumps(BY_NIGHT),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], PAGE)


def _packed(text: str) -> str:
    return b64encode(gzip.compress(text.encode(), compresslevel=6, mtime=0)).decode()


def figure(trace: Trace) -> go.Figure:
    """Return what the page draws, in light colours.

    Bars lie over the boxes of what was done, on axes of their own: plotly draws the bars of a pair of axes
    under everything else on it.
    """
    shown = view(trace, workers=WORKERS, gradients=GRADIENTS)
    kinds = [Kind(kind) for kind in np.unique(shown.spans.kind[shown.spans.lane != shown.spans.unattended])]
    drawn = [_boxes(shown, kind) for kind in kinds]
    drawn += [_veil(trace, shown), _updates(trace, shown), _gradients(trace, shown), _key(trace)]
    return go.Figure([trace for trace in drawn if trace is not None], _layout(trace, shown))


def _layout(trace: Trace, shown: View) -> go.Layout:
    names = [_plain(name) for name in trace.workers[: shown.workers]]
    title = _plain(trace.scenario.title or trace.scenario.protocol.describe(trace.scenario.size))
    lanes = [min(shown.workers, MOST_LANES) + 0.5, -0.5]
    end = _end_in_sight(trace, shown)
    first = f"In sight at first: {end / NANOSECONDS:.4g} s; drag and zoom for the rest"
    statements = [shown.statement, first if end < shown.end else ""]
    return go.Layout(
        title={
            "text": title,
            "subtitle": {"text": escape(". ".join(filter(None, statements)))},
            "x": 0.01,
            "xanchor": "left",
        },
        template="none",
        hovermode="closest",
        barmode="overlay",
        bargap=0,
        legend={"x": 1.01, "y": 1, "xanchor": "left", "yanchor": "top", "font": {"size": 11}},
        margin={"l": 20, "r": 10, "t": 60, "b": 45},
        uniformtext={"minsize": SMALLEST, "mode": "hide"},
        dragmode="pan",
        xaxis={
            "title": {"text": f"time in {shown.unit}"},
            "range": [0, end / UNITS[shown.unit]],
            "zeroline": False,
        },
        yaxis={
            "tickvals": list(range(shown.workers + 1)),
            "ticktext": [*names, "server"],
            "range": lanes,
            "showgrid": False,
            "zeroline": False,
            "automargin": True,
        },
        yaxis2={"overlaying": "y", "matches": "y", "range": lanes, "visible": False},
    )


def _end_in_sight(trace: Trace, shown: View) -> int:
    begins = np.sort(trace.ticks["ready_at"][trace.worker < shown.workers])
    most = GRADIENTS_IN_A_LANE * shown.workers
    return int(begins[most]) if len(begins) > most and 0 < begins[most] < shown.end else shown.end


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
        name="discarded,<br>cancelled or lost",
        fillpattern=DROPPED,
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
        cliponaxis=False,
        marker={"symbol": "triangle-up", "size": 8, "color": UPDATE},
        name="update",
        customdata=np.arange(1, len(instants) + 1),
        hovertemplate="update at %{x}<br>makes version %{customdata}<extra></extra>",
    )


def _gradients(trace: Trace, shown: View) -> go.Bar:
    """Return clear bars, one for each gradient: they part neighbours, bear labels, and answer the pointer."""
    bars = shown.spans.bars()
    begin, end = bars.begin / UNITS[shown.unit], bars.end / UNITS[shown.unit]
    rows = bars.row.tolist()
    on_dark = _on_dark(shown)
    return go.Bar(
        orientation="h",
        base=begin,
        x=end - begin,
        y=bars.lane,
        yaxis="y2",
        width=2 * HALF,
        marker={"color": CLEAR, "line": {"width": 1, "color": BY_DAY["paper"]}},
        text=[label(trace, row)[0] for row in rows],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={
            "size": 11,
            "color": ["white" if dark else INK for dark in on_dark],
            "shadow": [HALO.format(INK if dark else "white") for dark in on_dark],
        },
        hovertext=[_facts(trace, row) for row in rows],
        hovertemplate="%{hovertext}<extra></extra>",
        hoverlabel={"align": "left", "bgcolor": "white", "font": {"color": "#333333"}},
        showlegend=False,
    )


def _on_dark(shown: View) -> list[bool]:
    """Return of each gradient's bar whether its middle, where the label is, lies on a dark colour."""
    bars, found = shown.spans.bars(), shown.spans
    middle = dict(zip(bars.row.tolist(), ((bars.begin + bars.end) // 2).tolist(), strict=True))
    own = found.lane < shown.workers
    dark = {
        row
        for (row, kind, begin, end), mine in zip(found.rows(), own, strict=True)
        if mine and row != NOBODY and kind in DARK and begin <= middle[row] < end
    }
    return [row in dark for row in bars.row.tolist()]


def _key(trace: Trace) -> go.Scatter | None:
    """Return what says in the legend how to read the labels."""
    if not trace.applied:
        return None
    return go.Scatter(x=[None], y=[None], mode="text", text=[""], name="j (s): gradient j,<br>staleness s")


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

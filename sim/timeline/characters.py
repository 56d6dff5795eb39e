"""A run drawn in characters: a lane for each worker, the server's lane with its updates, and the time."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from sim.errors import TraceError
from sim.timeline.spans import NOBODY, WAITING, Kind, Spans, spans
from sim.timeline.view import UNITS, unit_of
from sim.trace import Outcome, Trace

NARROWEST: Final = 40
"""Columns that a drawing needs at least."""

STYLES: Final = {
    Kind.COMPUTE: "cyan",
    Kind.PULL: "yellow",
    Kind.PUSH: "yellow",
    Kind.SERVICE: "magenta",
}
WAIT_STYLE: Final = "bright_black"
LABEL_STYLE: Final = "bold"
UPDATE_STYLE: Final = "green"
DROP_STYLE: Final = "red"


@dataclass(frozen=True)
class Glyphs:
    """The characters of a drawing."""

    begin: str
    between: str
    end: str
    update: str
    drop: str
    going_on: str
    axis: str
    tick: str
    compute: str
    pull: str
    push: str
    service: str
    wait: str

    def of(self, kind: Kind) -> str:
        """Return the character that fills a span."""
        named = {
            Kind.COMPUTE: self.compute,
            Kind.PULL: self.pull,
            Kind.PUSH: self.push,
            Kind.SERVICE: self.service,
            Kind.OFFLINE: " ",
        }
        return named.get(kind, self.wait)


UNICODE: Final = Glyphs(*"┝┿┥▲×…─┴━‹›▒·")
ASCII: Final = Glyphs(*"|||^x~-+=<>#.")

Stage = tuple[Kind, int, int]
"""What is done from one column up to another."""


class Lane:
    """A row of character cells, each with a style."""

    def __init__(self, width: int) -> None:
        self.cells = [" "] * width
        self.styles = [""] * width

    def put(self, column: int, what: str, style: str = "") -> None:
        """Write characters from a column on."""
        self.cells[column : column + len(what)] = what
        self.styles[column : column + len(what)] = [style] * len(what)

    def put_around(self, column: int, what: str, style: str = "") -> None:
        """Write centred on a column where that fits into the lane and keeps a blank before it."""
        first = min(max(column - (len(what) - 1) // 2, 0), len(self.cells) - len(what))
        if all(cell == " " for cell in self.cells[max(first - 1, 0) : first + len(what)]):
            self.put(first, what, style)

    def text(self) -> Text:
        """Return the row."""
        return Text.assemble(*zip(self.cells, self.styles, strict=True))


@dataclass(frozen=True)
class Scale:
    """Where instants fall among the columns of a lane: the run's begin in the first, its end in the last."""

    end: int
    width: int

    def column(self, instant: int) -> int:
        """Return the column of an instant in nanoseconds, halves rounded up."""
        return (2 * int(instant) * (self.width - 1) + self.end) // (2 * self.end)

    @property
    def unit(self) -> str:
        """The largest unit of time that the run is no shorter than."""
        return unit_of(self.end)

    def ticks(self) -> Iterator[tuple[int, str]]:
        """Yield the columns and the labels of the axis: 1, 2 or 5 times a power of ten apart."""
        size = UNITS[self.unit]
        digits = len(str(size)) - 1
        apart = max(8, len(str(self.end // size)) + 4)
        step = next(step for step in _round_steps() if self.column(step) >= apart)
        for instant in range(0, self.end + 1, step):
            whole, rest = divmod(instant, size)
            decimals = f"{rest:0{digits}d}".rstrip("0") if rest else ""
            yield self.column(instant), f"{whole}.{decimals}" if decimals else str(whole)


def _round_steps() -> Iterator[int]:
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def drawing(trace: Trace, width: int = 80, *, unicode: bool = True) -> Text:
    """Return the drawing that `sim.timeline.text` describes, with its colours."""
    if width < NARROWEST:
        raise TraceError(f"width {width} must be at least {NARROWEST} columns to draw a timeline in")
    glyphs = UNICODE if unicode else ASCII
    gutter = min(max(map(cell_len, [*trace.workers, "version", "seconds"])), width // 4)
    scale = Scale(max(trace.end, 1), width - gutter - 2)
    found = spans(trace)
    rows = [
        (name, _worker_lane(trace, found.on(place), scale, glyphs))
        for place, name in enumerate(trace.workers)
    ]
    rows += [
        ("server", _server_lane(trace, found.on(found.server), scale, glyphs)),
        ("version", _version_lane(trace, scale)),
        *zip(("", scale.unit), _axis(scale, glyphs), strict=True),
    ]
    lines = [_line(name, lane, gutter, unicode=unicode) for name, lane in rows]
    return Text("\n").join([*lines, Text(), *_legend(trace, found, width, glyphs)])


def _line(name: str, lane: Lane, gutter: int, *, unicode: bool) -> Text:
    if not unicode:
        name = name.replace("µ", "u").encode("ascii", "replace").decode()
    if cell_len(name) > gutter:
        name = set_cell_size(name, gutter - 1) + ("…" if unicode else "~")
    line = Text(set_cell_size(name, gutter) + "  ").append_text(lane.text())
    line.rstrip()
    return line


def _worker_lane(trace: Trace, found: Spans, scale: Scale, glyphs: Glyphs) -> Lane:
    lane = Lane(scale.width)
    bars: defaultdict[int, list[Stage]] = defaultdict(list)
    for row, kind, begin, end in found.rows():
        if row != NOBODY:
            bars[row].append((Kind(kind), scale.column(begin), scale.column(end)))
    for row, stages in bars.items():
        _bar(lane, trace, row, stages, glyphs)
    return lane


def _bar(lane: Lane, trace: Trace, row: int, stages: list[Stage], glyphs: Glyphs) -> None:
    """Draw one gradient: its stages between two marks, and its label on the computing or the longest one."""
    first, last = stages[0][1], stages[-1][2]
    marks = (glyphs.end, glyphs.between, glyphs.drop)
    joined = lane.cells[first] if lane.cells[first] in marks else ""
    for kind, begin, end in stages:
        lane.put(begin, glyphs.of(kind) * (end - begin), STYLES.get(kind, WAIT_STYLE))
    if joined == glyphs.drop:
        lane.put(first, joined, DROP_STYLE)
    else:
        lane.put(first, glyphs.between if joined or first == last else glyphs.begin)
    outcome = trace.outcome[row]
    if outcome > Outcome.APPLIED:
        lane.put(last, glyphs.drop, DROP_STYLE)
    elif outcome == Outcome.APPLIED and first < last:
        lane.put(last, glyphs.end)
    computing = [stage[1:] for stage in stages if stage[0] == Kind.COMPUTE]
    longest = max(stages, key=lambda stage: stage[2] - stage[1])
    _write(lane, _labels(trace, row, glyphs), [*computing, longest[1:]])


def _labels(trace: Trace, row: int, glyphs: Glyphs) -> tuple[str, str]:
    """Return a gradient's label in full and in short."""
    index, outcome = str(trace.index[row]), Outcome(trace.outcome[row])
    if outcome == Outcome.APPLIED:
        return f"{index} ({trace.staleness[row]})", index
    return f"{index} {glyphs.going_on if outcome == Outcome.IN_FLIGHT else glyphs.drop}", index


def _write(lane: Lane, labels: Sequence[str], places: Sequence[tuple[int, int]]) -> None:
    """Write the longest of the labels that fits between the marks of a place, the first that it fits."""
    for label in labels:
        for begin, end in places:
            room = end - begin - 1
            padded = f" {label} " if room >= len(label) + 2 else label
            if room >= len(padded):
                lane.put(begin + 1 + (room - len(padded)) // 2, padded, LABEL_STYLE)
                return


def _server_lane(trace: Trace, found: Spans, scale: Scale, glyphs: Glyphs) -> Lane:
    lane = Lane(scale.width)
    for _, _, begin, end in found.rows():
        first, last = scale.column(begin), scale.column(end)
        lane.put(first, glyphs.service * (last - first), STYLES[Kind.SERVICE])
    for instant in _update_ticks(trace):
        lane.put(scale.column(instant), glyphs.update, UPDATE_STYLE)
    return lane


def _version_lane(trace: Trace, scale: Scale) -> Lane:
    """Write under each update the version that it made, the last one where several share a column."""
    lane = Lane(scale.width)
    lane.put(0, "0")
    made = {scale.column(instant): version for version, instant in enumerate(_update_ticks(trace), 1)}
    for column, version in made.items():
        lane.put_around(column, str(version))
    return lane


def _update_ticks(trace: Trace) -> list[int]:
    """Return the instant of each update in nanoseconds."""
    _, rows = np.unique(trace.version_applied[: trace.applied], return_index=True)
    return [int(instant) for instant in trace.ticks["ended_at"][rows]]


def _axis(scale: Scale, glyphs: Glyphs) -> tuple[Lane, Lane]:
    line, labels = Lane(scale.width), Lane(scale.width)
    line.put(0, glyphs.axis * scale.width, WAIT_STYLE)
    for column, label in scale.ticks():
        line.put(column, glyphs.tick, WAIT_STYLE)
        labels.put_around(column, label)
    return line, labels


def _legend(trace: Trace, found: Spans, width: int, glyphs: Glyphs) -> list[Text]:
    """Explain the marks that the drawing uses, on as many lines as it takes."""
    kinds = set(found.kind[found.lane != found.unattended].tolist())
    outcomes = [Outcome(outcome) for outcome in np.unique(trace.outcome)]
    ends = [outcome.label for outcome in outcomes if outcome > Outcome.APPLIED]
    named = [
        (glyphs.of(kind), STYLES[kind], kind.label)
        for kind in (Kind.PULL, Kind.COMPUTE, Kind.PUSH, Kind.SERVICE)
        if kind in kinds
    ]
    named += [(glyphs.wait, WAIT_STYLE, "waiting")] if kinds & WAITING else []
    named += [(glyphs.update, UPDATE_STYLE, "update")] if trace.updates else []
    named += [("j (s)", LABEL_STYLE, "gradient j, staleness s")] if trace.updates else []
    named += [(glyphs.drop, DROP_STYLE, " or ".join(ends))] if ends else []
    named += [(glyphs.going_on, LABEL_STYLE, "in flight")] if Outcome.IN_FLIGHT in outcomes else []
    lines = [Text()]
    for mark, style, words in named:
        entry = Text.assemble((mark, style), " ", words)
        if lines[-1] and len(lines[-1]) + 3 + len(entry) > width:
            lines.append(Text())
        lines[-1].append("   " if lines[-1] else "").append_text(entry)
    return lines

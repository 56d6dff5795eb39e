"""A network's graph as SVG."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from types import MappingProxyType
from typing import TypeAlias

import attrs
import networkx as nx

from nets.drawing.layout import GAP, Layout, lay_out
from nets.errors import InputError
from nets.layers import BatchNorm2d, Conv2d, Dropout, Flatten, Layer, ReLU
from nets.layers.base import show
from nets.layers.kinds import ADD, AVERAGE_POOL, CONCAT, CONVOLUTION, INPUT, LINEAR, MAX_POOL, POOLS
from nets.layers.pooling import AvgPool2d, MaxPool2d
from nets.network.algebra import Shape
from nets.network.graph import Network
from nets.tables.grid import cell_width, shortened
from nets.tables.rows import Row
from nets.tables.working import worked_shape, written
from nets.terminal import printable

FOLDED = (BatchNorm2d, ReLU, Dropout, Flatten)
"""Layers drawn as words in the box of the layer that they follow."""

_LONGEST = 40
_BOX, _ROW, _MARGIN, _LETTER = 40.0, 64.0, 24.0, 6.6
_COLOURS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "input and output": ("#eceff1", "#607d8b"),
        "convolution": ("#e3f2fd", "#1976d2"),
        "pooling": ("#e8f5e9", "#388e3c"),
        "fully connected": ("#fff3e0", "#f57c00"),
        "joining": ("#f3e5f5", "#8e24aa"),
        "other": ("#fffde7", "#b09a00"),
    }
)
_TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#78909c"/></marker></defs>'
)
_KINDS = MappingProxyType(
    {INPUT: "input and output", CONVOLUTION: "convolution", LINEAR: "fully connected"}
    | dict.fromkeys(POOLS, "pooling")
    | dict.fromkeys((CONCAT, ADD), "joining")
)


@attrs.frozen
class _Box:
    """What one box says."""

    name: str
    heading: str
    folded: tuple[str, ...]
    detail: str
    kind: str
    tooltip: str

    @property
    def width(self) -> float:
        heading = cell_width(self.heading) + sum(len(word) + 2 for word in self.folded)
        return _LETTER * max(heading, cell_width(self.detail), 8) + 20


_Placed: TypeAlias = tuple[_Box, tuple[float, float]]


def to_svg(network: Network, shape: Shape | None = None, *, every: bool = False) -> str:
    """Draw a network from top to bottom, one box per layer with its output shape; hover for the counts.

    Layers that only overwrite or normalise what the one before them computed stand in its box. Layers named
    ``block/…`` share a frame.

    Parameters
    ----------
    network
        The net.
    shape
        Numeric input sizes, batch first; the net's own by default.
    every
        Whether each layer gets a box of its own.

    Raises
    ------
    InputError, ShapeError
        If the net cannot take the shape, or the shape holds symbols.
    """
    table = network.table(shape, every=True)
    if table.symbolic:
        raise InputError("a drawing needs numbers, so its input must hold no symbols")
    host: dict[str, str] = {}
    for node in network.nodes:
        folds = not every and isinstance(node.layer, FOLDED)
        host[node.name] = host[node.inputs[0]] if folds else node.name
    frames = _frames([*dict.fromkeys(host.values())])
    framed = {name for members in frames.values() for name in members}
    boxes = {
        name: _box(
            network,
            table.by_layer[name],
            [folded for folded, at in host.items() if at == name and folded != name],
            framed=name in framed,
        )
        for name in dict.fromkeys(host.values())
    }
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(boxes)
    edges = ((host[source], host[node.name]) for node in network.nodes for source in node.inputs)
    graph.add_edges_from((source, target) for source, target in edges if source != target)
    layout = lay_out(graph, {name: box.width for name, box in boxes.items()})
    total = table.total
    size = f"{total.parameters:,} parameters, {written(total.macs)} MACs"
    title = f"{network.name}, input {show(table.input)}: {size}"
    return _document(title, boxes, frames, layout)


def _box(network: Network, row: Row, folded: list[str], *, framed: bool) -> _Box:
    layer = network[row.layer].layer
    counts = row.counts
    tooltip = (
        f"{row.layer}: {row.type}, output {show(row.output)}; {counts.weights:,} weights, "
        f"{counts.biases:,} biases, {written(counts.macs)} MACs"
    )
    words = tuple(type(network[name].layer).__name__.removesuffix("2d") for name in folded)
    return _Box(
        row.layer,
        shortened(printable(row.layer.rpartition("/")[2] if framed else row.layer), _LONGEST),
        tuple(word.replace("BatchNorm", "BN") for word in words),
        f"{_describe(layer)} → {worked_shape(row.output, row.kind)}",
        _KINDS.get(row.kind, "other"),
        tooltip,
    )


def _describe(layer: Layer) -> str:
    if isinstance(layer, Conv2d | MaxPool2d | AvgPool2d):
        word = {CONVOLUTION: "conv", MAX_POOL: "max", AVERAGE_POOL: "mean"}.get(layer.kind, layer.kind)
        rows, columns = layer.stride
        stride = f" /{rows}" if rows == columns else f" /{rows}×{columns}"
        return f"{word} {show(layer.kernel)}{'' if layer.stride == (1, 1) else stride}"
    words = {"AdaptiveAvgPool2d": "mean", "AdaptiveMaxPool2d": "max", "LocalResponseNorm": "LRN"}
    name = type(layer).__name__
    return words.get(name, name.lower())


def _frames(names: list[str]) -> dict[str, list[str]]:
    """Group the layers of each block, its closing layer of the block's own name included."""
    blocks = dict.fromkeys(name.rpartition("/")[0] for name in names if "/" in name)
    groups = {
        block: [name for name in names if name.startswith(f"{block}/") or name == block] for block in blocks
    }
    # A frame around less explains nothing.
    return {block: members for block, members in groups.items() if len(members) > 2}  # noqa: PLR2004  # two nodes need no frame


def _document(title: str, boxes: Mapping[str, _Box], frames: Mapping[str, list[str]], layout: Layout) -> str:
    sides = [(layout.x[name], box.width / 2) for name, box in boxes.items()]
    sides += [(x, GAP) for edge in layout.edges for x, _ in edge]
    left, right = min(x - half for x, half in sides), max(x + half for x, half in sides)
    legend = [kind for kind in _COLOURS if any(box.kind == kind for box in boxes.values())]
    legend_width = sum(_LETTER * len(kind) + 34 for kind in legend)
    body_width = max(right - left, legend_width, 9.2 * len(title))
    shift = _MARGIN - left + (body_width - (right - left)) / 2
    top = _MARGIN + 56
    height = top + (max(layout.rank.values()) + 1) * _ROW + _MARGIN
    width = body_width + 2 * _MARGIN

    def point(x: float, rank: int) -> tuple[float, float]:
        return x + shift, top + rank * _ROW + _BOX / 2

    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="Helvetica, Arial, sans-serif" font-size="11">'
    )
    placed = {name: (box, point(layout.x[name], layout.rank[name])) for name, box in boxes.items()}
    parts = [
        head,
        f"<title>{escape(printable(title))}</title>",
        _TIP,
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{_MARGIN:.0f}" y="30" font-size="14" font-weight="bold">{escape(printable(title))}</text>',
        *_legend(legend),
        *(_frame(placed[name] for name in members) for members in frames.values()),
        *(_edge([point(*at) for at in edge]) for edge in layout.edges),
        *(_rectangle(box, *at) for box, at in placed.values()),
        *(
            _frame_label(block, (placed[name] for name in members))
            for block, members in frames.items()
            if block not in members  # its closing layer bears the name
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _legend(kinds: list[str]) -> Iterator[str]:
    x = _MARGIN
    for kind in kinds:
        fill, stroke = _COLOURS[kind]
        yield (
            f'<rect x="{x:.0f}" y="{_MARGIN + 18:.0f}" width="12" height="12" rx="3" fill="{fill}" '
            f'stroke="{stroke}"/><text x="{x + 18:.0f}" y="{_MARGIN + 28:.0f}" fill="#455a64">{kind}</text>'
        )
        x += _LETTER * len(kind) + 34


def _outline(members: Iterable[_Placed]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the frame around boxes."""
    placed = list(members)
    return (
        min(x - box.width / 2 for box, (x, _) in placed) - 9,
        min(y for _, (_, y) in placed) - _BOX / 2 - 9,
        max(x + box.width / 2 for box, (x, _) in placed) + 9,
        max(y for _, (_, y) in placed) + _BOX / 2 + 8,
    )


def _frame(members: Iterable[_Placed]) -> str:
    left, top, right, bottom = _outline(members)
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" rx="9" '
        f'fill="#fafafa" stroke="#cfd8dc" stroke-dasharray="4 3"/>'
    )


def _frame_label(block: str, members: Iterable[_Placed]) -> str:
    """Write a block's name onto the upper left of its frame, where neither boxes nor their lines stand."""
    left, top, right, _ = _outline(members)
    name = shortened(printable(block), int((right - left - 24) / _LETTER))
    return (
        f'<text class="block" x="{left + 12:.1f}" y="{top + 3:.1f}" font-size="9.5" fill="#607d8b" '
        f'stroke="#ffffff" stroke-width="4" paint-order="stroke">{escape(name)}</text>'
    )


def _edge(points: list[tuple[float, float]]) -> str:
    """Draw a smooth line that leaves and enters vertically."""
    (x, y), *rest = points
    path = [f"M{x:.1f},{y + _BOX / 2:.1f}"]
    y += _BOX / 2
    for index, (to_x, centre) in enumerate(rest):
        to_y = centre - _BOX / 2 - (2 if index == len(rest) - 1 else 0)
        middle = (y + to_y) / 2
        path.append(f"C{x:.1f},{middle:.1f} {to_x:.1f},{middle:.1f} {to_x:.1f},{to_y:.1f}")
        if index < len(rest) - 1:
            path.append(f"L{to_x:.1f},{centre + _BOX / 2:.1f}")
        x, y = to_x, centre + _BOX / 2
    return (
        f'<path d="{" ".join(path)}" fill="none" stroke="#90a4ae" stroke-width="1.3" marker-end="url(#tip)"/>'
    )


def _rectangle(box: _Box, x: float, y: float) -> str:
    fill, stroke = _COLOURS[box.kind]
    words = "".join(f"\u00a0· {word}" for word in box.folded)
    folded = f'<tspan fill="#78909c" font-weight="normal">{words}</tspan>' if words else ""
    left, top = x - box.width / 2, y - _BOX / 2
    return (
        f"<g><title>{escape(printable(box.tooltip))}</title>"
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{_BOX:.0f}" rx="6" '
        f'fill="{fill}" stroke="{stroke}" stroke-width="1.3"/>'
        f'<g text-anchor="middle"><text x="{x:.1f}" y="{y - 3:.1f}" font-weight="bold" fill="#263238">'
        f"{escape(box.heading)}{folded}</text>"
        f'<text x="{x:.1f}" y="{y + 12:.1f}" fill="#455a64">{escape(box.detail)}</text></g></g>'
    )

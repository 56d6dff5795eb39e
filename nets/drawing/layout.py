"""Where the boxes of a drawn graph stand: rows by longest path, few crossings, long edges led around boxes.

The method of Sugiyama, Tagawa, Toda 1981 in small: rank, insert waypoints, order by barycentres, place.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean

import attrs
import networkx as nx

GAP = 18.0
"""Free space between neighbours, in pixels."""

_WAYPOINT = 14.0
_SWEEPS = 8


@attrs.frozen
class Layout:
    """Where the boxes stand, and where the edges pass.

    Parameters
    ----------
    x
        Horizontal centre by node.
    rank
        Row by node, counted from the top.
    edges
        The points (x, rank) that each edge passes, from the centre of its source to that of its target.
    """

    x: Mapping[str, float]
    rank: Mapping[str, int]
    edges: tuple[tuple[tuple[float, int], ...], ...]


def lay_out(graph: "nx.DiGraph[str]", widths: Mapping[str, float]) -> Layout:
    """Place a directed acyclic graph from top to bottom.

    Parameters
    ----------
    graph
        Its nodes' order breaks ties.
    widths
        Width of each node's box in pixels.
    """
    rank = {name: row for row, names in enumerate(nx.topological_generations(graph)) for name in names}
    width = dict(widths)
    above: dict[str, list[str]] = {name: [] for name in graph}
    below: dict[str, list[str]] = {name: [] for name in graph}
    paths = []
    for source, target in graph.edges:
        path = [source]
        for row in range(rank[source] + 1, rank[target]):
            waypoint = f"{source}\0{target}\0{row}"
            rank[waypoint], width[waypoint] = row, _WAYPOINT
            above[waypoint], below[waypoint] = [], []
            path.append(waypoint)
        path.append(target)
        for upper, lower in pairwise(path):
            below[upper].append(lower)
            above[lower].append(upper)
        paths.append(path)
    rows: list[list[str]] = [[] for _ in range(max(rank.values()) + 1)]
    for name in rank:
        rows[rank[name]].append(name)
    x = {
        name: at for row in rows for name, at in zip(row, _packed(row, [0.0] * len(row), width), strict=True)
    }
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        neighbours = above if down else below
        for names in rows if down else rows[::-1]:
            wish = {
                name: fmean(x[n] for n in neighbours[name]) if neighbours[name] else x[name] for name in names
            }
            if sweep < _SWEEPS // 2:
                names.sort(key=wish.__getitem__)
            places = _packed(names, [wish[name] for name in names], width)
            x.update(zip(names, places, strict=True))
    edges = tuple(tuple((x[name], rank[name]) for name in path) for path in paths)
    return Layout({name: x[name] for name in graph}, {name: rank[name] for name in graph}, edges)


def _packed(row: Sequence[str], wishes: Sequence[float], width: Mapping[str, float]) -> list[float]:
    """Place a row's nodes as near to their wishes as order and gaps allow (pool adjacent violators)."""
    offsets = [0.0]
    for left, right in pairwise(row):
        offsets.append(offsets[-1] + (width[left] + width[right]) / 2 + GAP)
    blocks: list[tuple[float, int]] = []  # mean wish less offset, and how many nodes share it
    for wish, offset in zip(wishes, offsets, strict=True):
        mean, count = wish - offset, 1
        while blocks and blocks[-1][0] > mean:
            other, others = blocks.pop()
            mean, count = (mean * count + other * others) / (count + others), count + others
        blocks.append((mean, count))
    starts = [mean for mean, count in blocks for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]

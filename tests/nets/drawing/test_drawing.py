"""The graph as SVG: every layer is in it, nothing overlaps, and lines run downwards."""

import re
from itertools import combinations
from xml.etree import ElementTree as ET

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nets
from nets import zoo
from nets.drawing.layout import GAP, lay_out
from nets.errors import InputError

SVG = "{http://www.w3.org/2000/svg}"


def boxes(svg: str) -> list[tuple[float, float, float, float]]:
    """Left, top, width and height of every box; each is a group with a rectangle."""
    found = [group.find(f"{SVG}rect") for group in ET.fromstring(svg).iter(f"{SVG}g")]  # noqa: S314  # ours
    numbers = [
        [float(rect.attrib[key]) for key in ("x", "y", "width", "height")]
        for rect in found
        if rect is not None
    ]
    return [(x, y, width, height) for x, y, width, height in numbers]


@pytest.mark.parametrize(
    "name", ["googlenet", "resnet18", "vgg19", "inception-naive", "mlp", "small-inception"]
)
def test_boxes_stand_within_the_picture_and_do_not_overlap(name: str) -> None:
    svg = nets.draw(name)
    root = ET.fromstring(svg)  # noqa: S314  # ours
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    found = boxes(svg)
    for x, y, w, h in found:
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
    for (x, y, w, h), (x2, y2, w2, h2) in combinations(found, 2):
        assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_every_layer_has_a_box_of_its_own_on_request() -> None:
    network = zoo.small_inception()
    assert len(boxes(nets.draw(network, every=True))) == len(network.nodes)


def test_layers_that_only_overwrite_stand_in_the_box_before_them() -> None:
    svg = nets.draw("small-inception")
    assert "· BN" in svg
    assert len(boxes(svg)) == sum(row.type != "BatchNorm2d" for row in nets.table("small-inception").rows)


def test_what_one_hovers_over_tells_the_counts() -> None:
    assert "conv1_1: Conv2d, output 1×64×224×224; 1,728 weights, 64 biases, 86,704,128 MACs" in nets.draw(
        "vgg19"
    )


def test_symbols_cannot_be_drawn() -> None:
    with pytest.raises(InputError, match="must hold no symbols"):
        nets.draw("lenet5", "Nx1x32x32")


@given(st.integers(1, 12), st.data())
def test_in_any_graph_neighbours_keep_their_distance_and_edges_run_downwards(
    n: int, data: st.DataObject
) -> None:
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(str(i) for i in range(n))
    for i, j in combinations(range(n), 2):
        if data.draw(st.booleans()):
            graph.add_edge(str(i), str(j))
    widths = {name: data.draw(st.floats(10, 200)) for name in graph}
    layout = lay_out(graph, widths)
    for a, b in combinations(graph, 2):
        if layout.rank[a] == layout.rank[b]:
            assert abs(layout.x[a] - layout.x[b]) >= (widths[a] + widths[b]) / 2 + GAP - 1e-6
    for edge in layout.edges:
        ranks = [rank for _, rank in edge]
        assert ranks == list(range(ranks[0], ranks[-1] + 1))


def test_the_same_net_gives_the_same_picture() -> None:
    assert nets.draw("googlenet") == nets.draw("googlenet")
    assert not re.search(r"nan|inf\b", nets.draw("googlenet"))

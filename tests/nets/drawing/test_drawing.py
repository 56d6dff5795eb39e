"""The graph as SVG: every layer is in it, nothing overlaps, and lines run downwards."""

import re
from itertools import combinations
from xml.etree import ElementTree as ET

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nets
from nets import Network, Node, zoo
from nets.drawing.layout import GAP, lay_out
from nets.errors import InputError
from nets.layers import Conv2d, Input
from nets.sketch import Sketch

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


def blocks(svg: str) -> list[tuple[str, float, float]]:
    """Text, left and baseline of every label of a frame."""
    found = [text for text in ET.fromstring(svg).iter(f"{SVG}text") if text.get("class") == "block"]  # noqa: S314  # ours
    return [(text.text or "", float(text.attrib["x"]), float(text.attrib["y"])) for text in found]


@pytest.mark.parametrize(
    ("network", "names"),
    [
        (zoo.googlenet(aux=True), ["conv2", "loss1", "loss2"]),
        (zoo.googlenet(), ["conv2"]),
        (zoo.resnet(50), []),
    ],
    ids=["googlenet with heads", "googlenet", "resnet50"],
)
def test_labels_of_frames_are_covered_by_no_box(network: Network, names: list[str]) -> None:
    svg = nets.draw(network)
    labels = blocks(svg)
    assert [name for name, _, _ in labels] == names
    for name, left, baseline in labels:
        right, top, bottom = left + 6.6 * len(name), baseline - 8, baseline + 2
        for x, y, width, height in boxes(svg):
            assert right <= x or x + width <= left or bottom <= y or y + height <= top


def test_strides_of_two_numbers_are_both_told() -> None:
    sketch = Sketch("strided", (1, 9, 9))
    sketch.conv("a", 2, 3, stride=(1, 2))
    sketch.conv("b", 2, 3, stride=2)
    sketch.conv("c", 2, 1)
    texts = [text.text for text in ET.fromstring(nets.draw(sketch.network())).iter(f"{SVG}text")]  # noqa: S314  # ours
    assert "conv 3×3 /1×2 → 7×4×2" in texts
    assert "conv 3×3 /2 → 3×1×2" in texts
    assert "conv 1×1 → 3×1×2" in texts


class MyConvolution(Conv2d):
    """A class of the user's own."""


@pytest.mark.parametrize("name", ["<b>&", "a\x1b[31m", "c[red]y", "漢字" * 30, "x" * 300, "a\nb", "\ud800"])
def test_any_name_can_be_drawn(name: str) -> None:
    net = Network("<&>", (Node("input", Input((1, 4, 4))), Node(name, MyConvolution(1, 2, 3), ("input",))))
    svg = nets.draw(net)
    root = ET.fromstring(svg.encode())  # noqa: S314  # ours
    assert float(root.attrib["width"]) < 1000
    assert any((text.text or "").startswith("conv 3×3") for text in root.iter(f"{SVG}text"))

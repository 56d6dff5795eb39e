"""A network is an immutable graph that knows its order, its shapes and who is alive when."""

from typing import Any

import attrs
import networkx as nx
import pytest
import sympy

from nets import Network, Node, zoo
from nets.errors import InputError, NetworkError, ShapeError
from nets.layers import Add, Conv2d, Flatten, Input, ReLU
from nets.network.formulas import symbol
from nets.network.graph import step

INPUT = Node("input", Input((3, 8, 8)))
LEFT = Node("left", Conv2d(3, 4, 3, padding=1), ("input",))
RIGHT = Node("right", Conv2d(3, 4, 1), ("input",))
SUM = Node("sum", Add(), ("left", "right"))


def test_layers_run_after_what_they_read_and_otherwise_in_the_given_order() -> None:
    network = Network("diamond", (SUM, RIGHT, LEFT, INPUT))
    assert [node.name for node in network.nodes] == ["input", "right", "left", "sum"]


def test_a_network_is_a_value() -> None:
    network = Network("diamond", (INPUT, LEFT, RIGHT, SUM))
    assert network == Network("diamond", (INPUT, LEFT, RIGHT, SUM))
    assert hash(network) == hash(Network("diamond", (INPUT, LEFT, RIGHT, SUM)))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        network.name = "other"  # type: ignore[misc]  # wrong on purpose


def test_its_graph_is_a_frozen_dag_of_networkx() -> None:
    graph = zoo.googlenet().graph
    assert nx.is_directed_acyclic_graph(graph)
    assert nx.is_frozen(graph)
    assert set(graph.predecessors("inception_3a")) == {
        f"inception_3a/relu_{branch}" for branch in ("1x1", "3x3", "5x5", "pool_proj")
    }
    assert graph.nodes["inception_3a/5x5"]["layer"] == Conv2d(16, 32, 5, padding=2)


def test_liveness_keeps_what_is_still_to_be_read_and_the_outputs() -> None:
    network = Network("diamond", (INPUT, LEFT, RIGHT, SUM))
    assert [sorted(alive) for alive in network.liveness()] == [
        ["input"],
        ["input", "left"],
        ["input", "left", "right"],
        ["left", "right", "sum"],
    ]


def test_an_output_in_the_middle_lives_to_the_end() -> None:
    relu = Node("relu", ReLU(), ("sum",))
    network = Network("two outputs", (INPUT, LEFT, RIGHT, SUM, relu), ("relu", "left"))
    assert "left" in network.liveness()[-1]


@pytest.mark.parametrize(
    ("nodes", "sentence"),
    [
        ((INPUT, LEFT, LEFT.__class__("left", ReLU(), ("input",))), "left: two layers have this name"),
        ((INPUT, SUM), "sum: reads 'left', which does not exist"),
        ((LEFT, RIGHT), "left: reads 'input', which does not exist"),
        ((INPUT, Node("again", Input((3, 8, 8)))), "a network needs exactly one Input layer"),
        ((INPUT, Node("a", ReLU(), ("b",)), Node("b", ReLU(), ("a",))), "the layers form a cycle"),
    ],
)
def test_layers_that_form_no_network_are_refused(nodes: tuple[Node, ...], sentence: str) -> None:
    with pytest.raises(NetworkError, match=sentence):
        Network("broken", nodes)


@pytest.mark.parametrize(
    ("node", "sentence"),
    [
        (lambda: Node("a.b", ReLU(), ("x",)), "layer name 'a.b' must be a text without dots"),
        (lambda: Node("", ReLU(), ("x",)), "layer name '' must be a text without dots"),
        (lambda: Node("a", ReLU()), "a: reads one layer, but is given"),
        (lambda: Node("a", Add(), ("x",)), "a: reads two or more layers, but is given"),
        (lambda: Node("a", Input((3,)), ("x",)), "a: an Input reads no other layer"),
    ],
)
def test_nodes_that_read_too_much_or_too_little_are_refused(node: object, sentence: str) -> None:
    with pytest.raises(NetworkError, match=sentence):
        node()  # type: ignore[operator]  # the parameter is any callable


def test_a_wrong_net_says_which_layer_and_why() -> None:
    wrong = Node("inception_3a/5x5", Conv2d(16, 32, 5), ("input",))
    with pytest.raises(ShapeError, match=r"^inception_3a/5x5: expects 16 channels, gets 24$"):
        Network("wrong", (Node("input", Input((24, 28, 28))), wrong))


def test_an_output_that_is_no_layer_is_refused() -> None:
    with pytest.raises(NetworkError, match="output 'nowhere' is no layer of tiny"):
        Network("tiny", (INPUT, LEFT), ("nowhere",))


@pytest.mark.parametrize("shape", [(1, 3, 8), (1, 3, 8, 0), (1, 3, 8, -8), (1, 3, 8, 8.0), (True, 3, 8, 8)])
def test_impossible_inputs_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError):
        Network("tiny", (INPUT, LEFT)).shapes(shape)


def test_readers_stand_in_the_order_of_execution() -> None:
    network = Network("diamond", (SUM, RIGHT, LEFT, INPUT))
    assert [network.readers(name) for name in ("input", "left", "sum")] == [("right", "left"), ("sum",), ()]
    assert (network.input, network.example, network.outputs) == (INPUT, (1, 3, 8, 8), ("sum",))
    assert network["left"] is LEFT


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ((1, 3, 8), "tiny takes an input of 4 sizes such as 1×3×8×8, batch first; 1×3×8 has 3"),
        ((1, 3, 8, 8, 1), "tiny takes an input of 4 sizes such as 1×3×8×8, batch first; 1×3×8×8×1 has 5"),
        ((0, 3, 8, 8), "input 0×3×8×8: 0 must be an integer of at least 1"),
        ((1, 3, 8, "8"), "input 1×3×8×8: '8' must be an integer of at least 1"),
    ],
)
def test_an_input_that_is_none_is_refused_with_what_would_be(shape: Any, sentence: str) -> None:  # noqa: ANN401  # any
    with pytest.raises(InputError) as refused:
        Network("tiny", (INPUT, LEFT)).shapes(shape)
    assert str(refused.value) == sentence


def test_a_cycle_is_shown() -> None:
    with pytest.raises(NetworkError, match=r"^the layers form a cycle: (a → b|b → a) → …$"):
        Network("broken", (INPUT, Node("a", ReLU(), ("b",)), Node("b", ReLU(), ("a",))))


def test_the_largest_output_has_as_many_numbers_as_torch_can_index() -> None:
    shape = (7, 2**63 // 7)  # 2**63 - 1 is a multiple of 7
    assert step("flatten", Flatten(), (shape,)) == (shape, ())
    with pytest.raises(ShapeError, match=r"^flatten: an output of 8×1152921504606846976 holds more numbers"):
        step("flatten", Flatten(), ((8, 2**60),))


def test_what_symbols_must_fulfil_is_kept_and_what_they_cannot_is_refused() -> None:
    H, W = symbol("H"), symbol("W")
    network = Network(
        "tiny", (INPUT, Node("conv", Conv2d(3, 4, 5), ("input",)), Node("relu", ReLU(), ("conv",)))
    )
    flow = network.propagate((2, 3, H, W))
    assert flow.shapes["relu"] == (2, 4, H - 4, W - 4)
    assert flow.conditions == (H >= 5, W >= 5)
    assert network.propagate((2, 3, H, 9)).conditions == (H >= 5,)
    assert network.propagate().conditions == ()
    assert network.propagate((2, symbol("C"), 8, 8)).conditions == (sympy.Eq(symbol("C"), 3),)
    with pytest.raises(ShapeError, match=r"^conv: input H×4 is too small for its 5×5 window$"):
        network.propagate((2, 3, H, 4))


def test_layers_that_only_rearrange_have_rows_where_they_are_asked_for() -> None:
    network = Network("tiny", (INPUT, LEFT, Node("relu", ReLU(), ("left",))))
    table = network.table()
    assert [row.layer for row in table.rows] == ["input", "left"]
    assert [row.layer for row in network.table(every=True).rows] == ["input", "left", "relu"]
    assert (table.name, table.input, table.conditions) == ("tiny", (1, 3, 8, 8), ())
    assert network.table((2, 3, symbol("H"), 8)).input == (2, 3, symbol("H"), 8)
    assert network.table((5, 3, 8, 8)).total.macs == 5 * 4 * 3 * 9 * 64


def test_asking_for_a_layer_that_is_not_there() -> None:
    with pytest.raises(InputError, match="lenet5 has no layer 'c9'"):
        zoo.lenet5()["c9"]

"""A network: an immutable directed acyclic graph of named layers."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import attrs
import networkx as nx

from nets.errors import InputError, NetworkError, ShapeError
from nets.frozen import FrozenMap
from nets.layers import Dropout, Flatten, Input, Layer, ReLU
from nets.layers.base import show
from nets.network.algebra import Relation, Shape, product

if TYPE_CHECKING:
    from nets.tables.conventions import Convention
    from nets.tables.table import Table

    Graph: TypeAlias = nx.DiGraph[str]

LARGEST = 2**63 - 1  # the largest index that torch has

HIDDEN = (ReLU, Dropout, Flatten)
"""Layers that overwrite or rearrange; where they count nothing, their rows appear only when asked for."""


@attrs.frozen
class Node:
    """A layer, its name, and the names of the layers that it reads, in order."""

    name: str
    layer: Layer
    inputs: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        if not self.name or "." in self.name:
            raise NetworkError(f"layer name {self.name!r} must be a text without dots")
        wanted = "two or more layers" if self.layer.takes_many else "one layer"
        if isinstance(self.layer, Input):
            if self.inputs:
                raise NetworkError(f"{self.name}: an Input reads no other layer, but is given {self.inputs}")
        elif len(self.inputs) < 2 if self.layer.takes_many else len(self.inputs) != 1:  # noqa: PLR2004  # joining takes two at least
            raise NetworkError(f"{self.name}: reads {wanted}, but is given {list(self.inputs)}")


@attrs.frozen
class Flow:
    """What propagation finds: each layer's output shape, and when symbolic shapes hold.

    Parameters
    ----------
    shapes
        Output shape by layer name, in execution order.
    conditions
        Relations between the symbols, as sympy expressions; all must hold. Empty for numbers.
    """

    shapes: Mapping[str, Shape]
    conditions: tuple[Relation, ...] = ()


def step(name: str, layer: Layer, inputs: tuple[Shape, ...]) -> tuple[Shape, tuple[Relation, ...]]:
    """Return a layer's output shape, and the demands that numbers alone do not decide.

    Raises
    ------
    ShapeError
        If the layer cannot take these inputs; the sentence starts with the layer's name.
    """
    open_demands = []
    for demand in layer.demands(*inputs):
        if demand.holds is False:
            raise ShapeError(f"{name}: {demand.complaint}")
        if demand.holds is not True:
            open_demands.append(demand.holds)
    output = layer.output(*inputs)
    size = product(output)
    if isinstance(size, int) and size > LARGEST:
        raise ShapeError(f"{name}: an output of {show(output)} holds more numbers than a 64-bit index counts")
    return output, tuple(open_demands)


@attrs.frozen
class Network:
    """Named layers and who reads whom, in execution order; hashable and immutable.

    Parameters
    ----------
    name
        What the net is called.
    nodes
        The layers, in any order; they are kept in execution order, which is the given one where that runs.
    outputs
        Names of the layers whose outputs are the net's; by default those that no other layer reads.

    Raises
    ------
    NetworkError
        If a name occurs twice, an input does not exist, `Input` is not there exactly once, or there is a
        cycle.
    ShapeError
        If the layers do not fit together at the net's own input shape.

    Examples
    --------
    >>> from nets.layers import Conv2d, Input, ReLU
    >>> net = Network("tiny", (
    ...     Node("input", Input((3, 8, 8))),
    ...     Node("conv", Conv2d(3, 4, 3), ("input",)),
    ...     Node("relu", ReLU(), ("conv",)),
    ... ))
    >>> net.shapes()["relu"]
    (1, 4, 6, 6)
    """

    name: str
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        nodes = _in_execution_order(self.nodes)
        object.__setattr__(self, "nodes", nodes)
        read = {name for node in nodes for name in node.inputs}
        names = [node.name for node in nodes]
        if not self.outputs:
            object.__setattr__(self, "outputs", tuple(name for name in names if name not in read))
        for name in self.outputs:
            if name not in names:
                raise NetworkError(f"output {name!r} is no layer of {self.name}")
        self.propagate()

    @cached_property
    def graph(self) -> "Graph":
        """The frozen networkx graph: node attribute ``layer``, an edge from each layer to its readers."""
        graph = _digraph(self.nodes)
        nx.freeze(graph)
        return graph

    @property
    def input(self) -> Node:
        """Where the data enters."""
        return next(node for node in self.nodes if isinstance(node.layer, Input))

    @property
    def example(self) -> tuple[int, ...]:
        """The net's own input shape for a batch of one."""
        layer = self.input.layer
        assert isinstance(layer, Input)  # noqa: S101  # for the type checker; `input` picked it so
        return (1, *layer.shape)

    def __getitem__(self, name: str) -> Node:
        for node in self.nodes:
            if node.name == name:
                return node
        raise InputError(f"{self.name} has no layer {name!r}")

    def propagate(self, shape: Shape | None = None) -> Flow:
        """Carry an input shape through the net.

        Parameters
        ----------
        shape
            Input sizes, batch first, ints or positive integer sympy symbols; the net's own by default.

        Raises
        ------
        InputError
            If the shape has the wrong rank or a size below 1.
        ShapeError
            If a layer cannot take what reaches it.
        """
        given = self._input(self.example if shape is None else tuple(shape))
        shapes: dict[str, Shape] = {}
        conditions: list[Relation] = []
        for node in self.nodes:
            inputs = tuple(shapes[name] for name in node.inputs) or (given,)
            shapes[node.name], demanded = step(node.name, node.layer, inputs)
            conditions += demanded
        return Flow(FrozenMap(shapes), tuple(conditions))

    def shapes(self, shape: Shape | None = None) -> Mapping[str, Shape]:
        """Return each layer's output shape by name, in execution order; see `propagate`."""
        return self.propagate(shape).shapes

    def table(
        self, shape: Shape | None = None, *, convention: "str | Convention" = "hand", every: bool = False
    ) -> "Table":
        """Count the layers by formula.

        Parameters
        ----------
        shape
            Input sizes, batch first: ints, or positive integer sympy symbols; the net's own by default.
        convention
            A preset's name or a `Convention`.
        every
            Whether ReLU, dropout and flatten have rows too; where they count something, they always have.

        Raises
        ------
        InputError, ShapeError
            If the net cannot take the shape, or the convention does not exist.
        """
        from nets.tables.presets import convention_named
        from nets.tables.rows import Counts, row_of
        from nets.tables.table import Table

        rules = convention_named(convention)
        flow = self.propagate(shape)
        entry = flow.shapes[self.input.name]
        conditions = flow.conditions
        if conditions:
            from nets.network.formulas import tidy

            conditions = tidy(conditions)
        rows = []
        for node in self.nodes:
            inputs = tuple(flow.shapes[name] for name in node.inputs)
            row = row_of(node.name, node.layer, inputs, flow.shapes[node.name], rules)
            if every or not isinstance(node.layer, HIDDEN) or row.counts != Counts():
                rows.append(row)
        return Table(self.name, entry, rules, tuple(rows), conditions)

    def readers(self, name: str) -> tuple[str, ...]:
        """Return the layers that read this one, in execution order."""
        return tuple(node.name for node in self.nodes if name in node.inputs)

    def liveness(self) -> tuple[frozenset[str], ...]:
        """Return, for each layer in execution order, whose outputs must be in memory while it runs.

        At inference a layer's output lives from the step that computes it to the last step that reads it;
        the net's outputs live to the end.
        """
        last = {name: len(self.nodes) for name in self.outputs}
        for index, node in reversed([*enumerate(self.nodes)]):
            for name in (node.name, *node.inputs):
                last.setdefault(name, index)
        born = {node.name: index for index, node in enumerate(self.nodes)}
        return tuple(
            frozenset(name for name, start in born.items() if start <= index <= last[name])
            for index in range(len(self.nodes))
        )

    def _input(self, shape: Shape) -> Shape:
        own = self.example
        for size in shape:
            if isinstance(size, bool | float | str) or (isinstance(size, int) and size < 1):
                raise InputError(f"input {show(shape)}: {size!r} must be an integer of at least 1")
        if len(shape) != len(own):
            raise InputError(
                f"{self.name} takes an input of {len(own)} sizes such as {show(own)}, batch first; "
                f"{show(shape)} has {len(shape)}"
            )
        return shape


def _digraph(nodes: Iterable[Node]) -> "Graph":
    graph: Graph = nx.DiGraph()
    for node in nodes:
        graph.add_node(node.name, layer=node.layer)
    graph.add_edges_from((name, node.name) for node in nodes for name in node.inputs)
    return graph


def _in_execution_order(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    by_name: dict[str, Node] = {}
    for node in nodes:
        if by_name.setdefault(node.name, node) is not node:
            raise NetworkError(f"{node.name}: two layers have this name")
    for node in nodes:
        for name in node.inputs:
            if name not in by_name:
                raise NetworkError(f"{node.name}: reads {name!r}, which does not exist")
    if sum(isinstance(node.layer, Input) for node in nodes) != 1:
        raise NetworkError("a network needs exactly one Input layer")
    rank = {name: index for index, name in enumerate(by_name)}
    graph = _digraph(by_name.values())
    try:
        order = list(nx.lexicographical_topological_sort(graph, key=rank.__getitem__))
    except nx.NetworkXUnfeasible:
        cycle = " → ".join(edge[0] for edge in nx.find_cycle(graph))
        raise NetworkError(f"the layers form a cycle: {cycle} → …") from None
    return tuple(by_name[name] for name in order)

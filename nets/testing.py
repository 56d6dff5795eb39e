"""``assert_counts``: your hand counts as tests, for any torch module or network."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from nets.counting.crosscheck import Check, compare_counts, crosscheck
from nets.errors import InputError
from nets.inputs import parse_input
from nets.network.graph import Network
from nets.suggestions import near_misses
from nets.tables.conventions import Convention
from nets.tables.presets import FVCORE, HAND, convention_named
from nets.tables.table import Table

if TYPE_CHECKING:
    from torch import nn

Expected = int | Mapping[str, int] | None
"""A total, or counts by layer."""

Against = Literal["fvcore", "torch"]
_TOOLS = ("fvcore", "torch")
_MOST = 40


def assert_counts(
    subject: "Network | nn.Module",
    inputs: Any = None,  # noqa: ANN401  # a shape, a text, or tensors
    *,
    parameters: Expected = None,
    weights: Expected = None,
    biases: Expected = None,
    macs: Expected = None,
    flops: Expected = None,
    operations: Expected = None,
    activations: Expected = None,
    like: Network | None = None,
    against: Against | None = "fvcore",
    convention: str | Convention = "hand",
) -> Table:
    """Assert what a network or module counts, exactly; return its layer table.

    Parameters
    ----------
    subject
        A `Network`, whose layers are counted by formula, or a torch module, whose leaves are.
    inputs
        The input: a shape with the batch first, a text such as ``"1x3x224x224"``, or for a module tensors.
        A network's own by default.
    parameters, weights, biases, macs, flops, operations, activations
        What you expect: a total, or a mapping from layer names to counts. ``operations`` are in the
        convention's unit; ``macs`` and ``flops`` are always those of multiply-accumulates.
    like
        A network that a module must match layer by layer, by names.
    against
        The tool whose own count must agree with the formulas too, but for what its convention explains; None
        to trust the formulas.
    convention
        What counts: a preset's name, or a `Convention`.

    Raises
    ------
    AssertionError
        If anything differs; it tells which layers are off and by what.
    InputError
        If the inputs, a layer name or the convention do not exist.

    Examples
    --------
    >>> from nets import zoo
    >>> table = assert_counts(zoo.lenet5(), parameters=61_706, macs=416_520, against=None)
    >>> assert_counts(zoo.lenet5(), parameters=61_470, against=None)
    Traceback (most recent call last):
        ...
    AssertionError: lenet5 at 1×1×32×32 does not count as expected (hand convention)
      parameters: expected 61,470, counted 61,706 (+236: all biases)
    ...
    """
    if against is not None and against not in _TOOLS:
        raise InputError(f"against {against!r} does not exist{near_misses(str(against), _TOOLS)}")
    rules = convention_named(convention)
    expected = {
        name: value
        for name, value in (
            ("parameters", parameters),
            ("weights", weights),
            ("biases", biases),
            ("macs", macs),
            ("flops", flops),
            ("operations", operations),
            ("activations", activations),
        )
        if value is not None
    }
    table, check = _counted(subject, inputs, rules, needs_check=against is not None)
    complaints = [
        line for quantity, value in expected.items() for line in _complaints(table, quantity, value)
    ]
    if like is not None:
        complaints += _unlike(table, like.table(table.input, convention=rules, every=True))
    if not {"macs", "flops", "operations"}.isdisjoint(expected):
        complaints += [
            f"{row.layer}: no formula describes this layer, so its MACs are not in the total"
            for row in table.rows
            if row.type == "Opaque" and row.counts.parameters
        ]
    if check is not None and against is not None:
        complaints += [
            f"{d.layer}: {d.quantity} by formula {_text(d.formula)}, by {d.source} {_text(d.counted)}"
            for d in check.unexplained
            if d.source == against or d.quantity in ("weights", "biases")
        ]
    if complaints:
        raise AssertionError(_message(table, complaints, tuple(expected)))
    return table


def _counted(
    subject: "Network | nn.Module",
    inputs: Any,  # noqa: ANN401  # as in assert_counts
    rules: Convention,
    *,
    needs_check: bool,
) -> tuple[Table, Check | None]:
    shape = parse_input(inputs) if isinstance(inputs, str) else inputs
    if isinstance(subject, Network):
        check = crosscheck(subject, shape, convention=rules) if needs_check else None
        return subject.table(shape, convention=rules, every=True), check
    import torch

    from nets.counting.counters import count
    from nets.counting.observe import observe

    if shape is None:
        raise InputError(f"{type(subject).__name__}: a module needs inputs, a shape or tensors")
    if isinstance(shape, torch.Tensor):
        tensors: tuple[torch.Tensor, ...] = (shape,)
    elif all(isinstance(item, torch.Tensor) for item in shape):
        tensors = (*shape,)
    else:
        tensors = (torch.zeros(tuple(shape)),)
    counted = count(subject, *tensors)
    table = observe(subject, counted, rules)
    hand, fvcore = observe(subject, counted, HAND), observe(subject, counted, FVCORE)
    return table, compare_counts(table, hand=hand, fvcore=fvcore, counted=counted)


def _complaints(table: Table, quantity: str, expected: int | Mapping[str, int]) -> Iterator[str]:
    if isinstance(expected, Mapping):
        for layer, value in expected.items():
            if layer not in table.by_layer:
                raise InputError(f"{table.name} has no layer {layer!r}{near_misses(layer, table.by_layer)}")
            got = int(getattr(table.by_layer[layer].counts, quantity))
            if got != value:
                yield f"{layer}: {quantity} expected {value:,}, counted {got:,} ({got - value:+,})"
        return
    got = int(getattr(table.total, quantity))
    if got != expected:
        hint = _suspect(table, quantity, got - expected)
        yield f"{quantity}: expected {expected:,}, counted {got:,} ({got - expected:+,}{hint})"


def _suspect(table: Table, quantity: str, difference: int) -> str:
    """Name what counts exactly the difference: a layer, or all of a kind."""
    size = abs(difference)
    if quantity == "parameters" and size == table.total.biases:
        return ": all biases"
    for kind, counts in table.by_type.items():
        if int(getattr(counts, quantity)) == size:
            return f": all of {kind}"
    for row in table.rows:
        if int(getattr(row.counts, quantity)) == size:
            return f": as much as {row.layer}"
        if quantity == "parameters" and size in (row.counts.weights, row.counts.biases):
            return f": the {'weights' if size == row.counts.weights else 'biases'} of {row.layer}"
    return ""


def _text(count: Any) -> str:  # noqa: ANN401  # a count, a shape, or None
    return f"{count:,}" if isinstance(count, int) else str(count)


def _unlike(table: Table, like: Table) -> Iterator[str]:
    ours = {name: row for name, row in table.by_layer.items() if row.type != "Input"}
    theirs = {name: row for name, row in like.by_layer.items() if row.type != "Input"}
    for name in dict.fromkeys([*theirs, *ours]):
        if name not in ours:
            if theirs[name].counts.parameters:
                yield f"{name}: {like.name} has this layer, {table.name} has not"
        elif name not in theirs:
            if ours[name].counts.parameters:
                yield f"{name}: {table.name} has this layer, {like.name} has not"
        else:
            for quantity in ("weights", "biases", "macs", "activations"):
                got, want = (int(getattr(rows[name].counts, quantity)) for rows in (ours, theirs))
                if got != want:
                    yield f"{name}: {quantity} expected {want:,}, counted {got:,} ({got - want:+,})"


def _message(table: Table, complaints: list[str], quantities: tuple[str, ...]) -> str:
    from nets.layers.base import show
    from nets.tables.formats import to_text

    head = (
        f"{table.name} at {show(table.input)} does not count as expected ({table.convention.name} convention)"
    )
    lines = [f"  {line}" for line in complaints[:_MOST]]
    if len(complaints) > _MOST:
        lines.append(f"  … and {len(complaints) - _MOST} more")
    columns = ("layer", "type", "output", *dict.fromkeys((*quantities, "weights", "biases", "macs")))
    return "\n".join([head, *lines, "", to_text(table, columns, short=False, width=120).rstrip()])

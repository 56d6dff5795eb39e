"""``assert_counts``: your hand counts as tests, for any torch module or network."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from nets.counting.check import check_module, check_network
from nets.counting.outcome import Check
from nets.counting.suspects import row_suspect, total_suspect
from nets.errors import CountError, InputError
from nets.inputs import shape_of
from nets.layers.base import show
from nets.network.graph import Network
from nets.subjects import is_module, refuse
from nets.suggestions import near_misses
from nets.tables.conventions import Convention
from nets.tables.presets import CONVENTIONS, convention_named
from nets.tables.rows import Row
from nets.tables.table import Table

if TYPE_CHECKING:
    from torch import nn

    from nets.counting.registry import Rules

Expected = int | Mapping[str, int] | None
"""A total, or counts by layer."""

Against = Literal["auto", "fvcore", "torch"]
_TOOLS = ("fvcore", "torch")
_MOST = 12
_WORK = frozenset({"macs", "flops", "operations"})
_COMPARED = {
    "parameters": ("weights", "biases"),
    "weights": ("weights",),
    "biases": ("biases",),
    "activations": ("activations",),
} | dict.fromkeys(_WORK, ("MACs",))
_LARGEST_RUN = 50_000_000_000  # MACs: what fvcore runs in a few seconds


def assert_counts(
    subject: "Network | nn.Module",
    inputs: Any = None,  # noqa: ANN401  # whatever the module takes
    *,
    parameters: Expected = None,
    weights: Expected = None,
    biases: Expected = None,
    macs: Expected = None,
    flops: Expected = None,
    operations: Expected = None,
    activations: Expected = None,
    elementwise: Expected = None,
    like: Network | None = None,
    against: Against | None = "auto",
    convention: str | Convention = "hand",
    kwargs: Mapping[str, Any] | None = None,
    train: bool = False,
    rules: "Rules | None" = None,
) -> Table:
    """Assert what a network or module counts, exactly; return its layer table.

    A module is traced, not run, and left exactly as it was.

    Parameters
    ----------
    subject
        A `Network`, whose layers are counted by formula, or any torch module.
    inputs, kwargs
        The input, as for `nets.table`. A network's own by default.
    parameters, weights, biases, macs, flops, operations, activations, elementwise
        What you expect: a total, or a mapping from layer names to counts. ``operations`` are in the
        convention's unit; ``macs`` and ``flops`` are always those of multiply-accumulates.
    like
        A network that a module must match layer by layer, by names.
    against
        The tool whose own count of what you assert must agree too, but for what its convention explains and
        what it is blind to. ``"fvcore"`` runs the module once; ``"auto"``, the default, asks it where it can
        judge what is asserted; None trusts the trace, or a network's formulas.
    convention
        What counts: a preset's name, or a `Convention`.
    train
        Whether a module is traced in training mode; in evaluation mode by default.
    rules
        What operators cost, as for `nets.table`.

    Raises
    ------
    AssertionError
        If anything differs, or an operator without a rule makes the counted work a lower bound; it tells
        which layers are off, by what, and what accounts for it.
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
    """
    __tracebackhide__ = True
    if against is not None and against not in ("auto", *_TOOLS):
        raise InputError(f"against {against!r} does not exist{near_misses(str(against), _TOOLS)}")
    given = {
        "parameters": parameters,
        "weights": weights,
        "biases": biases,
        "macs": macs,
        "flops": flops,
        "operations": operations,
        "activations": activations,
        "elementwise": elementwise,
    }
    expected = {name: _expected(name, value) for name, value in given.items() if value is not None}
    subject_counts = _Subject(subject, inputs, kwargs=kwargs, train=train, rules=rules)
    table = subject_counts.table(convention_named(convention))
    complaints = [
        line
        for quantity, value in expected.items()
        for line in _complaints(subject_counts, table, quantity, value)
    ]
    if like is not None:
        reference = like.table(table.input, convention=table.convention, every=True)
        complaints += _unlike(table, reference)
    if not complaints and against is not None:
        complaints += subject_counts.second_opinion(table, against, expected)
    if complaints:
        raise AssertionError(_message(table, complaints))
    return table


class _Subject:
    """What is counted, and how to count it in any convention."""

    def __init__(
        self,
        subject: Any,  # noqa: ANN401  # as in assert_counts
        inputs: Any,  # noqa: ANN401  # as in assert_counts
        *,
        kwargs: Mapping[str, Any] | None,
        train: bool,
        rules: "Rules | None",
    ) -> None:
        if not isinstance(subject, Network) and not is_module(subject):
            raise refuse(subject)
        self.subject, self.inputs, self.kwargs, self.rules = subject, inputs, kwargs, rules
        self._traced: Any = None
        if isinstance(subject, Network):
            self.shape = None if inputs is None else shape_of(inputs)
            return
        from nets.counting.arguments import arguments_for
        from nets.counting.rules import RULES
        from nets.counting.trace import trace

        arguments = arguments_for(subject, inputs, kwargs)
        if arguments.symbols:
            raise InputError("expected counts are numbers, so the input must be too")
        self._traced = trace(subject, arguments, training=train, rules=rules or RULES)

    def table(self, convention: Convention) -> Table:
        """Count by a convention."""
        if isinstance(self.subject, Network):
            table = self.subject.table(self.shape, convention=convention, every=True)
            if table.symbolic:
                raise InputError("expected counts are numbers, so the input must be too")
            return table
        from nets.counting.tabulate import tabulate

        return tabulate(self._traced, convention, every=True, fold=False)

    def others(self) -> Iterator[Table]:
        """Count by every preset."""
        return (self.table(convention) for convention in CONVENTIONS.values())

    def second_opinion(self, table: Table, against: Against, expected: Mapping[str, Any]) -> list[str]:
        """Return where a tool counts what was asserted otherwise, and nothing explains it."""
        compared = {name for quantity in expected for name in _COMPARED.get(quantity, ())}
        tool = against
        if against == "auto":
            judges = _WORK & expected.keys() and int(table.total.macs) <= _LARGEST_RUN
            tool = "fvcore" if judges else "torch"
        if not compared or (self._traced is not None and against == "auto" and tool == "torch"):
            return []
        try:
            check = self._check(table.convention, str(tool))
        except CountError:
            if against == "auto":
                return []
            raise
        if check.unable and against != "auto":
            return list(check.unable)
        return [
            f"{d.layer}: {d.quantity} by {check.base} {_text(d.formula)}, by {d.source} {_text(d.counted)}"
            for d in check.unexplained
            if d.quantity in compared
        ]

    def _check(self, convention: Convention, tool: str) -> Check:
        if isinstance(self.subject, Network):
            return check_network(self.subject, self.shape, convention=convention, tools=(tool,))
        return check_module(
            self.subject,
            self.inputs,
            kwargs=self.kwargs,
            convention=convention,
            tools=(tool,),
            rules=self.rules,
        )


def _expected(quantity: str, value: Any) -> int | Mapping[str, int]:  # noqa: ANN401  # what users give
    counts = value.values() if isinstance(value, Mapping) else (value,)
    for count in counts:
        if isinstance(count, bool) or not hasattr(count, "__index__"):
            raise InputError(f"{quantity}: expected an integer, or integers by layer, not {count!r}")
    if isinstance(value, Mapping):
        return {layer: int(count) for layer, count in value.items()}
    return int(value)


def _complaints(
    subject: _Subject, table: Table, quantity: str, expected: int | Mapping[str, int]
) -> Iterator[str]:
    if quantity == "elementwise" and table.findings is None:
        raise InputError(
            "elementwise: counted of torch modules only; assert it of what nets.build.build makes"
        )
    counts_work = quantity in _WORK or quantity == "elementwise"
    if isinstance(expected, Mapping):
        for layer, value in expected.items():
            row = _row(table, layer)
            got = int(getattr(row.counts, quantity))
            if got != value:
                why = row_suspect(row, quantity, value)
                hint = f"; {value:,} is {why}" if why else ""
                yield f"{layer}: {quantity} expected {value:,}, counted {got:,} ({got - value:+,}){hint}"
            if counts_work and "no rule" in row.note:
                yield f"{layer}: {row.note}, so its {quantity} are a lower bound"
        return
    got = int(getattr(table.total, quantity))
    if got != expected:
        why = total_suspect(table, quantity, expected, subject.others)
        hint = f": {why}" if why else ""
        yield f"{quantity}: expected {expected:,}, counted {got:,} ({got - expected:+,}{hint})"
    if counts_work and table.findings and not table.findings.complete:
        yield table.findings.lower_bound


def _row(table: Table, layer: str) -> Row:
    if layer not in table.by_layer:
        raise InputError(f"{table.name} has no layer {layer!r}{near_misses(layer, table.by_layer)}")
    return table.by_layer[layer]


def _text(count: Any) -> str:  # noqa: ANN401  # a count, a shape, or None
    return f"{count:,}" if isinstance(count, int) else str(count)


def _unlike(table: Table, like: Table) -> Iterator[str]:
    ours = {name: row for name, row in table.by_layer.items() if row.type != "Input" and not row.subtotal}
    theirs = {name: row for name, row in like.by_layer.items() if row.type != "Input"}
    for name in dict.fromkeys([*theirs, *ours]):
        if name not in ours:
            if theirs[name].counts.parameters:
                yield f"{name}: {like.name} has this layer, {table.name} has not"
        elif name not in theirs:
            if ours[name].counts.parameters or ours[name].counts.macs:
                yield f"{name}: {table.name} has this layer, {like.name} has not"
        else:
            for quantity in ("weights", "biases", "macs", "activations"):
                got, want = (int(getattr(rows[name].counts, quantity)) for rows in (ours, theirs))
                if got != want:
                    yield f"{name}: {quantity} expected {want:,}, counted {got:,} ({got - want:+,})"


def _message(table: Table, complaints: list[str]) -> str:
    head = (
        f"{table.name} at {show(table.input)} does not count as expected ({table.convention.name} convention)"
    )
    lines = [f"  {line}" for line in complaints[:_MOST]]
    if len(complaints) > _MOST:
        lines.append(f"  … and {len(complaints) - _MOST} more")
    return "\n".join([head, *lines])

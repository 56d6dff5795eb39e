"""From a trace to a table: a row per module that ran, and per function that a module calls beside others."""

from collections.abc import Iterator
from itertools import groupby

import attrs

from nets.counting.operations import gradients_of, moved, operation_in, product_of_weights
from nets.counting.parameters import Parameter
from nets.counting.performed import BACKWARD, FORWARD, Performed
from nets.counting.scopes import Visit
from nets.counting.trace import Trace
from nets.frozen import FrozenMap
from nets.layers import kinds
from nets.network.algebra import Shape, Size
from nets.tables.conventions import Convention, Operation
from nets.tables.findings import Findings, Uncounted
from nets.tables.rows import Counts, Row
from nets.tables.table import Table
from nets.tables.tree import outline

INPUT = "(input)"
_PARAMETRIZATIONS = "parametrizations"


def tabulate(
    trace: Trace, convention: Convention, *, every: bool = False, depth: int | None = None, fold: bool = True
) -> Table:
    """Make the table of a trace.

    Parameters
    ----------
    trace
        What a module did.
    convention
        What counts.
    every
        Whether modules that count nothing have rows too.
    depth, fold
        As in `nets.tables.tree.outline`.
    """
    entry, *others = _Tabulation(trace, convention).rows()
    rows = [row for row in others if every or row.counts != Counts() or row.note]
    headings = {
        path: (kind, trace.visits[path].calls if path in trace.visits else 1)
        for path, kind in trace.types.items()
        if path
    }
    tree = outline(rows, headings, depth=depth, fold=fold)
    shape = trace.input[0] if trace.input else ()
    return Table(trace.name, shape, convention, (entry, *tree), (), _findings(trace))


def _findings(trace: Trace) -> Findings:
    ledger = trace.parameters.parameters
    unknown = sorted((p for p in trace.performed if not p.known), key=lambda p: p.call.operator)
    uncounted = []
    for operator, calls in groupby(unknown, key=lambda p: p.call.operator):
        first, *more = calls
        shapes = tuple(operand.shape for operand in first.call.inputs)
        uncounted.append(Uncounted(operator, first.module, 1 + len(more), shapes))
    return Findings(
        bare=tuple(p.names[0] for p in ledger if p.bare),
        tied=tuple(p.names for p in ledger if len(p.names) > 1),
        frozen=tuple(p.names[0] for p in ledger if p.frozen),
        idle=tuple(p.names[0] for p in ledger if not p.used),
        buffers=trace.parameters.buffers,
        sizes=FrozenMap({p.names[0]: p.numel for p in ledger}),
        uncounted=tuple(uncounted),
        backward=any(p.phase == BACKWARD for p in trace.performed),
    )


@attrs.define
class _Draft:
    """A row in the making."""

    layer: str
    type: str
    order: tuple[float, int]
    calls: int = 0
    inputs: tuple[Shape, ...] = ()
    output: Shape = ()
    counts: Counts = attrs.field(factory=Counts)
    kind: str = ""
    heaviest: Size = -1
    worked_weights: str = ""
    notes: list[str] = attrs.field(factory=list)

    def row(self) -> Row:
        several = [f"called {self.calls} times"] if self.calls > 1 and "(" not in self.layer else []
        return Row(
            self.layer,
            self.type,
            self.kind or kinds.OTHER,
            self.inputs,
            self.output,
            self.counts,
            worked_weights=self.worked_weights,
            calls=self.calls,
            note="; ".join([*several, *self.notes]),
            traced=True,
        )


class _Tabulation:
    def __init__(self, trace: Trace, convention: Convention) -> None:
        self.trace, self.convention = trace, convention
        self.drafts: dict[tuple[str, str], _Draft] = {}
        self.visited: dict[str, Visit] = {}
        for path, visit in trace.visits.items():
            self.visited.setdefault(owner(path), visit)
        self.containers = {
            owner(visit.parent)
            for path, visit in trace.visits.items()
            if visit.parent is not None and owner(path) != owner(visit.parent)
        }

    def rows(self) -> Iterator[Row]:
        """Yield the rows in the order of execution."""
        yield self._input()
        for path in self.visited:
            if path not in self.containers:
                self._module(path)
        for index, performed in enumerate(self.trace.performed):
            self._add(performed, index)
        for parameter in self.trace.parameters.parameters:
            self._own(parameter)
        yield from (draft.row() for draft in self._ordered())

    def _ordered(self) -> list[_Draft]:
        """Sort by execution, and keep what belongs to one parent together."""
        first: dict[str, tuple[float, int]] = {}
        for draft in self.drafts.values():
            for path in _above(draft.layer):
                first[path] = min(first.get(path, draft.order), draft.order)
        return sorted(
            self.drafts.values(),
            key=lambda d: [*((first[path], path) for path in _above(d.layer)), (d.order, d.layer)],
        )

    def _input(self) -> Row:
        entry = self.trace.input[0] if self.trace.input else ()
        counts = Counts()
        for shape in self.trace.numeric:
            operation = Operation(kinds.INPUT, (), shape)
            counts += Counts(activations=self.convention.count(self.convention.activations, operation))
        return Row(INPUT, "Input", kinds.INPUT, (), entry, counts, traced=True)

    def _module(self, path: str) -> _Draft:
        if (path, "") not in self.drafts:
            visit = self.visited.get(path)
            order = (visit.at, len(self.drafts)) if visit else (float("inf"), len(self.drafts))
            draft = _Draft(path or self.trace.types[""], self.trace.types[path], order)
            if visit:
                draft.calls = visit.calls
                draft.inputs = visit.inputs
                draft.output = visit.outputs[0] if visit.outputs else ()
            self.drafts[path, ""] = draft
        return self.drafts[path, ""]

    def _function(self, performed: Performed, path: str, index: int) -> _Draft:
        key = path, performed.label
        if key not in self.drafts:
            name = f"({performed.label})"
            draft = _Draft(f"{path}.{name}" if path else name, performed.label, (index, len(self.drafts)))
            draft.inputs = tuple(operand.shape for operand in performed.call.inputs)
            draft.output = performed.call.output.shape
            self.drafts[key] = draft
        return self.drafts[key]

    def _add(self, performed: Performed, index: int) -> None:
        path = owner(performed.module)
        inside = _PARAMETRIZATIONS in performed.module.split(".")
        if performed.phase != FORWARD:
            draft = (
                self._module(path) if path not in self.containers else self._function(performed, path, index)
            )
            draft.counts += gradients_of(performed)
            return
        if path in self.containers:
            draft = self._function(performed, path, index)
            draft.calls += 1
        else:
            draft = self._module(path)
        work, call = performed.work, performed.call
        operation = operation_in(performed)
        rules = self.convention
        counted = work.kind and not inside
        draft.counts += Counts(
            activations=rules.count(rules.activations, operation) if counted else 0,
            macs=work.macs,
            operations=rules.count(rules.operations, operation) if work.kind else 0,
            elementwise=work.elementwise,
            read=moved(call.inputs) if work.read is None else work.read,
            written=moved(call.outputs) if work.written is None else work.written,
            executed=work.macs if work.executed is None else work.executed,
        )
        if work.kind and _heavier(work.macs, draft.heaviest):
            draft.kind, draft.heaviest = work.kind, work.macs
            draft.worked_weights = product_of_weights(call, work.kind)
        if not performed.known and f"no rule for {call.operator}" not in draft.notes:
            draft.notes.append(f"no rule for {call.operator}")

    def _own(self, parameter: Parameter) -> None:
        """Count a parameter where it is held."""
        holder = owner(parameter.owner)
        path = holder
        while parameter.used and path not in self.visited and path:
            path = path.rpartition(".")[0]
        if path not in self.containers and (path in self.visited or not parameter.used):
            draft = self._module(path)
            if path not in self.visited and "never ran" not in draft.notes:
                draft.notes.append("never ran")
        else:
            order = (self.visited[path].at - 0.5 if path in self.visited else float("inf"), len(self.drafts))
            draft = _Draft(parameter.names[0], "Parameter", order, output=parameter.shape)
            self.drafts[parameter.names[0], "parameter"] = draft
            if not parameter.used:
                draft.notes.append("never used")
        rules = self.convention
        left_out = draft.kind in rules.uncounted
        if not left_out and (rules.biases or not parameter.bias):
            draft.counts += Counts(**{"biases" if parameter.bias else "weights": parameter.numel})
        if parameter.frozen and "frozen" not in draft.notes:
            draft.notes.append("frozen")
        for other in parameter.names[1:]:
            draft.notes.append(f"tied with {other}")
            elsewhere = self.drafts.get((owner(other.rpartition(".")[0]), ""))
            if elsewhere is not None and elsewhere is not draft:
                elsewhere.notes.append(f"{other.rpartition('.')[2]} counted in {draft.layer}")


def owner(path: str) -> str:
    """Return the path of the module that a parametrisation belongs to; other paths as they are.

    >>> owner("fc.parametrizations.weight.0"), owner("fc")
    ('fc', 'fc')
    """
    names = path.split(".")
    return ".".join(names[: names.index(_PARAMETRIZATIONS)]) if _PARAMETRIZATIONS in names else path


def _above(layer: str) -> list[str]:
    """Return the paths above a row, outermost first."""
    head = layer.partition("(")[0].rstrip(".")
    names = head.split(".") if head else []
    if "(" not in layer:
        names = names[:-1]
    return [".".join(names[: n + 1]) for n in range(len(names))]


def _heavier(macs: Size, than: Size) -> bool:
    if isinstance(macs, int) and isinstance(than, int):
        return macs > than
    return than in (-1, 0) and macs != 0

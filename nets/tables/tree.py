"""Rows as a tree: subtotals above what they sum, equal blocks folded, or the largest rows alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from nets.tables.rows import Row, total

_FOLDED = 2


@attrs.define
class _Node:
    name: str
    rows: list[Row] = attrs.field(factory=list)
    children: "dict[str, _Node]" = attrs.field(factory=dict)

    def leaves(self) -> Iterator[Row]:
        yield from self.rows
        for child in self.children.values():
            yield from child.leaves()


@attrs.frozen
class _Plan:
    headings: Mapping[str, tuple[str, int]]
    depth: int | None
    fold: bool


def outline(
    rows: Sequence[Row],
    headings: Mapping[str, tuple[str, int]],
    *,
    depth: int | None = None,
    fold: bool = True,
) -> tuple[Row, ...]:
    """Arrange rows as a tree by their paths; their sum stays, subtotals aside.

    Parameters
    ----------
    rows
        Rows whose names are dotted paths; rows of one parent need not stand together.
    headings
        Class and number of calls of the modules by path.
    depth
        How many levels are shown; what lies deeper is summed up.
    fold
        Whether equal neighbours become one row ``× n`` that holds their sum.
    """
    root = _Node("")
    for row in rows:
        node = root
        *parents, last = split(row.layer)
        for name in parents:
            node = node.children.setdefault(name, _Node(name))
        node.children.setdefault(last, _Node(last)).rows.append(row)
    return tuple(_written(root, "", 0, _Plan(headings, depth, fold)))


def split(path: str) -> list[str]:
    """Split a path at its dots, but for those of a function's name in parentheses.

    >>> split("layers.0.(torch.add)")
    ['layers', '0', '(torch.add)']
    """
    head, parenthesis, tail = path.partition("(")
    names = [name for name in head.split(".") if name]
    return [*names, parenthesis + tail] if parenthesis else names or [path]


def _written(node: _Node, path: str, level: int, plan: _Plan) -> Iterator[Row]:
    for name, times, child in _groups(node, fold=plan.fold):
        inner = f"{path}.{name}" if path else name
        original = f"{path}.{child.name}" if path else child.name
        label = f"{name} × {times}" if times > 1 else name
        leaves = [*child.leaves()]
        if not child.children:
            yield from (_scaled(row, times, layer=inner, label=label, level=level) for row in child.rows)
            continue
        kind, calls = plan.headings.get(original, ("", 1))
        if plan.depth is not None and level + 1 >= plan.depth:
            yield _scaled(_summed(leaves, kind, calls), times, layer=inner, label=label, level=level)
            continue
        heading = _scaled(_summed(leaves, kind, calls), times, layer=inner, label=label, level=level)
        yield attrs.evolve(heading, subtotal=True)
        for row in child.rows:
            yield _scaled(row, times, layer=f"{inner}.(itself)", label="(itself)", level=level + 1)
        deeper = [*_written(child, inner, level + 1, plan)]
        yield from (_scaled(row, times, layer=row.layer, label=row.label, level=row.level) for row in deeper)


def _summed(rows: Sequence[Row], kind: str, calls: int) -> Row:
    first, last = rows[0], rows[-1]
    return attrs.evolve(
        first,
        type=kind,
        output=last.output,
        counts=total(rows),
        calls=calls,
        worked_activations="",
        worked_weights="",
        note=f"called {calls} times" if calls > 1 else "",
    )


def _scaled(row: Row, times: int, **changes: Any) -> Row:  # noqa: ANN401  # a row's fields
    if times > 1:
        changes |= {"counts": row.counts.times(times), "times": row.times * times}
        changes |= {"worked_activations": "", "worked_weights": ""}
    return attrs.evolve(row, **changes)


def _groups(node: _Node, *, fold: bool) -> Iterator[tuple[str, int, _Node]]:
    """Yield the children, equal neighbours as one: name, how many, the first of them."""
    children = [*node.children.values()]
    at = 0
    while at < len(children):
        end = at + 1
        if fold and (children[at].children or children[at].name.isdigit()):
            signature = _signature(children[at])
            while end < len(children) and _signature(children[end]) == signature:
                end += 1
        first, last = children[at], children[end - 1]
        if end - at >= _FOLDED:
            joint = "–" if first.name.isdigit() else "…"
            yield f"{first.name}{joint}{last.name}", end - at, first
        else:
            end = at + 1
            yield first.name, 1, first
        at = end


def _signature(node: _Node) -> tuple[Any, ...]:
    own = tuple((row.type, row.inputs, row.output, row.counts, row.calls, row.note) for row in node.rows)
    return (own, tuple((name, _signature(child)) for name, child in node.children.items()))


def largest(rows: Sequence[Row], key: Callable[[Row], Any], top: int | None) -> tuple[Row, ...]:
    """Return the rows from the largest down; beyond ``top`` of them as one row that sums them up."""
    plain = [row for row in rows if not row.subtotal]
    ordered = sorted(plain, key=key, reverse=True)
    flat = [attrs.evolve(row, level=0, label="") for row in ordered]
    if top is None or len(flat) <= top:
        return tuple(flat)
    shown, others = flat[:top], flat[top:]
    rest = Row(f"({len(others)} more)", "", others[0].kind, (), (), total(others), traced=others[0].traced)
    return (*shown, rest)

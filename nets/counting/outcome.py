"""What a check finds: every count by everybody, and every difference with what explains it."""

from collections.abc import Mapping
from typing import Any

import attrs


@attrs.frozen
class Difference:
    """Where two counts are not the same.

    Parameters
    ----------
    layer, type
        Where.
    quantity
        What was counted, such as ``MACs``.
    source
        Who counted otherwise: ``trace``, ``torch`` or ``fvcore``.
    formula, counted
        The two numbers (or shapes); for a module without formulas the first is the trace's.
    explanation
        The convention that accounts for the whole difference, or why the source is blind there; empty where
        nothing does.
    """

    layer: str
    type: str
    quantity: str
    source: str
    formula: Any
    counted: Any
    explanation: str = ""


@attrs.frozen
class Line:
    """The multiply-accumulates of one row by everybody; None for who was not asked.

    Parameters
    ----------
    layer, type
        Where.
    formula, trace, fvcore, torch
        What each counts.
    """

    layer: str
    type: str
    formula: int | None
    trace: int | None
    fvcore: int | None
    torch: int | None


@attrs.frozen
class Check:
    """The outcome of a check.

    Parameters
    ----------
    name, input
        Net and input shape.
    base
        Whose counts the others are compared with: ``formula``, or ``trace`` for a module without formulas.
    layers
        How many rows were compared.
    totals
        Tuples (quantity, counts of the base, source, counted).
    differences
        All of them, explained or not, in execution order.
    lines
        The multiply-accumulates row by row.
    uncounted
        Operators that fvcore has no rule for and counts as zero, and in how many rows it met them.
    unable
        Who could not count, and why.
    lower_bound
        The sentence that says what nobody has a rule for; empty where there is nothing.
    """

    name: str
    input: tuple[int, ...]
    base: str
    layers: int
    totals: tuple[tuple[str, int, str, int], ...]
    differences: tuple[Difference, ...]
    lines: tuple[Line, ...] = ()
    uncounted: Mapping[str, int] = attrs.field(factory=dict)
    unable: tuple[str, ...] = ()
    lower_bound: str = ""

    @property
    def unexplained(self) -> tuple[Difference, ...]:
        """Differences that no convention accounts for."""
        return tuple(difference for difference in self.differences if not difference.explanation)

    @property
    def ok(self) -> bool:
        """Whether everything has a rule and every difference is explained."""
        return not self.unexplained and not self.lower_bound

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"ok": self.ok, **attrs.asdict(self)}

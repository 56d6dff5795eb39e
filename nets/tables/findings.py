"""What a reader of a traced module's table must know beside its numbers."""

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from nets.frozen import FrozenMap
from nets.network.algebra import Shape

_FEW = 4


@attrs.frozen
class Uncounted:
    """An operator without a rule: what it costs is not in the table.

    Parameters
    ----------
    operator
        Its full name.
    module
        Path of a module that calls it.
    calls
        How often it was called in all.
    shapes
        What it was called with the first time.
    """

    operator: str
    module: str
    calls: int
    shapes: tuple[Shape, ...]


@attrs.frozen
class Findings:
    """What stands out in a module.

    Parameters
    ----------
    bare
        Parameters that no layer of torch holds.
    tied
        Names of one and the same parameter, the counted one first.
    frozen
        Parameters that ask for no gradient.
    idle
        Parameters that nothing read: their modules never ran.
    buffers
        Numbers in buffers, which are not parameters.
    sizes
        How many numbers each of the parameters named here holds.
    uncounted
        Operators without a rule.
    unneeded
        Conditions that torch's own code made and that the formulas do not need.
    pins
        Sentences on sizes that a module needs as numbers.
    backward
        Whether gradients were counted too.
    """

    bare: tuple[str, ...] = ()
    tied: tuple[tuple[str, ...], ...] = ()
    frozen: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    buffers: int = 0
    sizes: Mapping[str, int] = FrozenMap({})  # it cannot change
    uncounted: tuple[Uncounted, ...] = ()
    unneeded: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    backward: bool = False

    @property
    def complete(self) -> bool:
        """Whether everything that ran has a rule; otherwise a total is a lower bound."""
        return not self.uncounted

    @property
    def lower_bound(self) -> str:
        """The sentence that makes a total a lower bound; empty where it is none."""
        if self.complete:
            return ""
        named = few(
            f"{item.operator} in {item.module or 'the module itself'} ({item.calls}×)"
            for item in self.uncounted
        )
        return f"The totals are lower bounds: no rule says what {named} costs."

    def sentences(self) -> Iterator[str]:
        """Yield what to print beneath the table."""
        if self.uncounted:
            yield self.lower_bound
        if self.bare:
            yield f"Parameters outside of torch's layers: {few(self.bare)}."
        for first, *others in self.tied:
            yield f"Tied, counted once: {few(others)} with {first}."
        if self.idle:
            yield f"Never used, but counted: {few(self.idle)}."
        if self.frozen:
            yield f"Frozen: {few(self.frozen)}."
        for sentence in self.pins:
            yield f"{sentence}."
        if self.unneeded:
            yield f"Compared by torch, and found not to matter: {few(self.unneeded)}."
        if self.buffers:
            yield f"Buffers, not counted as parameters: {self.buffers:,}."

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "lower_bound": not self.complete,
            "uncounted": [
                {
                    "operator": item.operator,
                    "module": item.module,
                    "calls": item.calls,
                    "shapes": [
                        [size if isinstance(size, int) else str(size) for size in s] for s in item.shapes
                    ],
                }
                for item in self.uncounted
            ],
            "bare": list(self.bare),
            "tied": [list(names) for names in self.tied],
            "frozen": list(self.frozen),
            "never_used": list(self.idle),
            "buffers": self.buffers,
            "unneeded_conditions": list(self.unneeded),
            "pinned": list(self.pins),
        }


def few(names: Any) -> str:  # noqa: ANN401  # any iterable of texts
    """Write the first few of many names.

    >>> few(["a", "b"]), few("abcdefg")
    ('a, b', 'a, b, c, d and 3 more')
    """
    listed = [*names]
    more = f" and {len(listed) - _FEW} more" if len(listed) > _FEW else ""
    return ", ".join(listed[:_FEW]) + more

"""Two nets side by side: what the second saves and what it pays."""

from collections.abc import Iterator
from typing import Any

import attrs

from nets.errors import InputError
from nets.layers.kinds import CONVOLUTION
from nets.network.algebra import Size
from nets.tables.rows import Counts, Row, Rows

QUANTITIES = ("activations", "weights", "parameters", "macs")


@attrs.frozen
class Pair:
    """A layer in both nets; None where a net has no layer of that name."""

    layer: str
    first: Row | None
    second: Row | None

    def values(self, quantity: str) -> "tuple[Size | None, Size | None]":
        """Return both counts of a quantity."""
        first, second = (
            None if row is None else getattr(row.counts, quantity) for row in (self.first, self.second)
        )
        return first, second

    def ratio(self, quantity: str) -> float | None:
        """Return first over second, or None where either is missing or zero."""
        return _ratio(*self.values(quantity))


@attrs.frozen
class Comparison:
    """Two tables of the same input, row by row (matched by layer name) and in total.

    Parameters
    ----------
    first, second
        The tables.
    """

    first: Rows
    second: Rows

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Layers of either net: the first's in its order, each of the second's own after its predecessor."""
        names = [*self.first.by_layer]
        at = 0
        for name in self.second.by_layer:
            if name in names:
                at = max(at, names.index(name) + 1)
            else:
                names.insert(at, name)
                at += 1
        return tuple(
            Pair(name, self.first.by_layer.get(name), self.second.by_layer.get(name)) for name in names
        )

    def total(self, quantity: str) -> tuple[Size, Size]:
        """Return both totals; ``convolution activations`` are the outputs of convolutions alone."""
        first, second = (_total(table, quantity) for table in (self.first, self.second))
        return first, second

    def ratio(self, quantity: str) -> float | None:
        """Return first over second in total, or None if either is zero."""
        return _ratio(*self.total(quantity))

    @property
    def verdict(self) -> str:
        """One sentence each on what the second net saves and what it pays, beside the first."""
        names = self.first.name, self.second.name
        saved, paid = [], []
        for quantity in ("macs", "parameters", "activations", "convolution activations"):
            first, second = self.total(quantity)
            ratio = _ratio(first, second)
            if ratio is None or first == second:
                continue
            word = "MACs" if quantity == "macs" else quantity
            if ratio > 1:
                share = 100 * (1 - 1 / ratio)
                saved.append(f"{share:.1f} % of the {word} ({first:,} → {second:,}, {ratio:.2f} times fewer)")
            else:
                paid.append(f"{1 / ratio:.2f} times as many {word} ({first:,} → {second:,})")
        sentences = []
        if saved:
            sentences.append(f"{names[1]} saves {_listed(saved)} of {names[0]}.")
        if paid:
            sentences.append(f"{'It' if saved else names[1]} pays with {_listed(paid)}.")
        return " ".join(sentences) or f"{names[0]} and {names[1]} cost the same."

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""

        def both(quantity: str) -> dict[str, Any]:
            first, second = self.total(quantity)
            return {"first": first, "second": second, "ratio": _ratio(first, second)}

        return {
            "first": self.first.name,
            "second": self.second.name,
            "input": list(self.first.input),
            "convention": self.first.convention.name,
            "rows": [dict(_rows(pair)) for pair in self.pairs],
            "total": {q: both(q) for q in (*QUANTITIES, "convolution activations")},
            "verdict": self.verdict,
        }


def compare_tables(first: Rows, second: Rows) -> Comparison:
    """Put two tables side by side.

    Raises
    ------
    InputError
        If they are of different inputs, or hold formulas.
    """
    if first.symbolic or second.symbolic:
        raise InputError("a comparison needs numbers, so its input must hold no symbols")
    if first.input != second.input:
        raise InputError(
            f"{first.name} takes {first.input} and {second.name} {second.input}: give both the same input"
        )
    return Comparison(first, second)


def _rows(pair: Pair) -> Iterator[tuple[str, Any]]:
    yield "layer", pair.layer
    yield (
        "output",
        {
            side: None if row is None else list(row.output)
            for side, row in (("first", pair.first), ("second", pair.second))
        },
    )
    for quantity in QUANTITIES:
        first, second = pair.values(quantity)
        yield quantity, {"first": first, "second": second, "ratio": _ratio(first, second)}


def _total(table: Rows, quantity: str) -> Size:
    if quantity == "convolution activations":
        return table.by_kind.get(CONVOLUTION, Counts()).activations
    size: Size = getattr(table.total, quantity)
    return size


def _ratio(first: Any, second: Any) -> float | None:  # noqa: ANN401  # ints, which the tables' types do not say
    return first / second if first and second else None


def _listed(parts: list[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last

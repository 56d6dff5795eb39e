"""Throughput and staleness over K for the terminal: a row for each protocol and K, and which K is best."""

from collections.abc import Callable, Iterator, Sequence

from sim.statistics import CONFIDENCE, Estimate, interval
from sim.terminal import Column, Grid
from sim.theory.over_k import Level

QUANTITIES: dict[str, Callable[[Level], Estimate]] = {
    "updates/s": lambda level: level.throughput,
    "gradients/s": lambda level: level.gradients,
    "staleness": lambda level: level.staleness,
}


def table(levels: Sequence[Level]) -> Grid:
    """Return a row for each protocol and K: updates and gradients a second, and mean staleness."""
    heads = [Column("protocol", words=True), Column("K"), *map(Column, QUANTITIES)]
    rows = [
        [level.protocol, str(level.k), *(interval(quantity(level)) for quantity in QUANTITIES.values())]
        for level in levels
    ]
    return Grid(heads, rows, keys=2)


def best(levels: Sequence[Level]) -> Iterator[str]:
    """Yield which K makes most updates, and which most gradients a second; and which may be as good."""
    for words, name in (("updates", "updates/s"), ("gradients", "gradients/s")):
        quantity = QUANTITIES[name]
        first, *others = sorted(levels, key=lambda level: -quantity(level).mean)
        least = quantity(first).mean - quantity(first).half_width(CONFIDENCE)
        close = [
            level
            for level in others
            if quantity(level).mean + quantity(level).half_width(CONFIDENCE) >= least
        ]
        also = f"; intervals that overlap with it: {_together(close)}" if close else ""
        yield (
            f"Most {words} a second: {first.protocol} of K = {first.k}, {interval(quantity(first))}{also}."
        )


def _together(levels: Sequence[Level]) -> str:
    """Name levels in few words: each protocol with its values of K."""
    values: dict[str, list[int]] = {}
    for level in levels:
        values.setdefault(level.protocol, []).append(level.k)
    return "; ".join(f"{name} of K = {', '.join(map(str, sorted(ks)))}" for name, ks in values.items())

"""Durations in blocks: the draws of `sim.engine.draws`, many at a time, for an engine that runs in Python."""

from collections.abc import Iterator
from itertools import count, islice, repeat

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import (
    BOOST,
    CONSTANT,
    EMPIRICAL,
    GAMMA,
    LISTED,
    attempted,
    boost,
    gamma,
    settled,
    shaped,
    uniforms,
)
from sim.engine.setup import Setup

AT_ONCE = 4096
"""So many durations are drawn at a time, where the workers are many enough."""

RECENT = 16
"""So many blocks are kept for workers that come to them later."""

Pair = tuple[int, float]
"""Whole nanoseconds and a part of one; see `sim.engine.draws.settled`."""


class Supply:
    """The durations that one law gives to workers of consecutive places, for one purpose."""

    def __init__(self, setup: Setup, law: int, purpose: int, first: int, workers: int) -> None:
        laws = setup.laws
        self.kind = int(laws.kind[law])
        self.constant = (int(laws.whole[law]), float(laws.part[law]))
        self._a, self._b, self._scale = float(laws.a[law]), float(laws.b[law]), float(laws.scale[law])
        rows = slice(laws.first[law], laws.first[law] + laws.size[law])
        self._table = list(zip(laws.table_whole[rows].tolist(), laws.table_part[rows].tolist(), strict=True))
        self._key = setup.keys[purpose]
        self._first = first
        self._names = setup.identity[first : first + workers]
        self._length = min(max(AT_ONCE // workers, 4), 256)
        self._blocks: dict[int, list[list[Pair]]] = {}
        self._made = 0

    def of(self, worker: int) -> Iterator[Pair]:
        """Yield the durations of the worker at a place, from its first."""
        if self.kind == CONSTANT:
            return repeat(self.constant)
        if self.kind == LISTED:
            return iter(self._table)
        return (pair for number in count() for pair in self._block(worker, number))

    def at(self, worker: int, index: int) -> Pair:
        """Return a worker's duration number ``index``, from 0."""
        if self.kind == CONSTANT:
            return self.constant
        number, place = divmod(index, self._length)
        return self._block(worker, number)[place]

    def _block(self, worker: int, number: int) -> list[Pair]:
        place = worker - self._first
        if number == self._made:
            self._blocks[number] = self._drawn(self._names, number)
            self._blocks.pop(number - RECENT, None)
            self._made += 1
        if number in self._blocks:
            return self._blocks[number][place]
        return self._drawn(self._names[place : place + 1], number)[0]

    def _drawn(self, names: NDArray[np.uint64], number: int) -> list[list[Pair]]:
        """Return the block of that number of each worker."""
        length, table = self._length, self._table
        column = names[:, np.newaxis]
        indices = np.arange(number * length, (number + 1) * length, dtype=np.uint64)
        u, v = uniforms(self._key, column, indices, 0)
        flat: Iterator[Pair]
        if self.kind == EMPIRICAL:
            flat = (table[int(x * len(table))] for x in u.ravel().tolist())
        elif self.kind == GAMMA:
            second = uniforms(self._key, column, indices, BOOST)[0]
            draws = zip(u.ravel().tolist(), v.ravel().tolist(), second.ravel().tolist(), strict=True)
            places = ((name, index) for name in names for index in indices)
            flat = (
                settled(self._gamma(x, y, z, name, index))
                for (x, y, z), (name, index) in zip(draws, places, strict=True)
            )
        else:
            kind, a, b, scale = self.kind, self._a, self._b, self._scale
            flat = (settled(shaped(kind, a, b, x) * scale) for x in u.ravel().tolist())
        return [list(islice(flat, length)) for _ in names]

    def _gamma(self, u: float, v: float, second: float, name: np.uint64, index: np.uint64) -> float:
        shape = self._a
        drawn = attempted(shape, u, v)
        if drawn < 0.0:
            drawn = gamma(shape, self._key, name, index)
        elif shape < 1.0:
            drawn *= boost(shape, second)
        return drawn * self._b * self._scale


def by_entry(setup: Setup, laws: list[int], purpose: int) -> list[Supply]:
    """Return a supply for the workers of each entry of the scenario, given the law of each."""
    sizes = np.bincount(setup.entry, minlength=len(laws)).tolist()
    firsts = np.cumsum([0, *sizes[:-1]]).tolist()
    return [Supply(setup, *each) for each in zip(laws, repeat(purpose), firsts, sizes)]

"""Durations in blocks: the draws of `sim.engine.draws`, many at a time, for an engine that runs in Python."""

import math
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import (
    BOOST,
    CONSTANT,
    EMPIRICAL,
    EXPONENTIAL,
    GAMMA,
    LISTED,
    TOO_LONG,
    attempted,
    boost,
    gamma,
    shaped,
    uniforms,
)
from sim.engine.setup import Setup
from sim.scenario.clock import LONGEST, NANOSECONDS

AT_ONCE = 4096
"""So many durations are drawn at a time, where the workers are many enough."""

RECENT = 16
"""So many blocks are kept for workers that come to them later."""

Pair = tuple[int, float]
"""Whole nanoseconds and a part of one; see `sim.engine.draws.settled`."""

Pairs = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Many of them."""


class Supply:
    """The durations that one law gives to workers of consecutive places, for one purpose."""

    def __init__(self, setup: Setup, law: int, purpose: int, first: int, workers: int) -> None:
        laws = setup.laws
        self.kind = int(laws.kind[law])
        self.constant = (int(laws.whole[law]), float(laws.part[law]))
        self._a, self._b, self._scale = float(laws.a[law]), float(laws.b[law]), float(laws.scale[law])
        rows = slice(laws.first[law], laws.first[law] + laws.size[law])
        self._wholes, self._parts = laws.table_whole[rows], laws.table_part[rows]
        self._key = setup.keys[purpose]
        self._first = first
        self._names = setup.identity[first : first + workers]
        self._length = min(max(AT_ONCE // workers, 4), 256)
        self._blocks: dict[int, Pairs] = {}
        self._made = 0

    def following(self, worker: int, index: int) -> tuple[list[int], list[float]]:
        """Return a worker's next durations, from number ``index`` on: the first stands last.

        They are as many as come at once: ask again when they are used up.
        """
        if self.kind == CONSTANT:
            whole, part = self.constant
            return [whole] * self._length, [part] * self._length
        if self.kind == LISTED:
            return self._wholes[::-1].tolist(), self._parts[::-1].tolist()
        (wholes, parts), row = self._block(worker - self._first, index // self._length)
        return wholes[row, ::-1].tolist(), parts[row, ::-1].tolist()

    def at(self, worker: int, index: int) -> Pair:
        """Return a worker's duration number ``index``, from 0."""
        if self.kind == CONSTANT:
            return self.constant
        number, place = divmod(index, self._length)
        (wholes, parts), row = self._block(worker - self._first, number)
        return wholes.item(row, place), parts.item(row, place)

    def _block(self, place: int, number: int) -> tuple[Pairs, int]:
        """Return the block of that number, and the row in it of the worker at a place."""
        if number == self._made:
            self._blocks[number] = self._drawn(self._names, number)
            self._blocks.pop(number - RECENT, None)
            self._made += 1
        if number in self._blocks:
            return self._blocks[number], place
        return self._drawn(self._names[place : place + 1], number), 0

    def _drawn(self, names: NDArray[np.uint64], number: int) -> Pairs:
        """Return the block of that number of each worker, a row each."""
        column = names[:, np.newaxis]
        indices = np.arange(number * self._length, (number + 1) * self._length, dtype=np.uint64)
        u, v = uniforms(self._key, column, indices, 0)
        if self.kind == EMPIRICAL:
            rows = (u * len(self._wholes)).astype(np.int64)
            return self._wholes[rows], self._parts[rows]
        if self.kind == GAMMA:
            second = uniforms(self._key, column, indices, BOOST)[0]
            draws = zip(u.ravel().tolist(), v.ravel().tolist(), second.ravel().tolist(), strict=True)
            places = ((name, index) for name in names for index in indices)
            drawn = np.array([self._gamma(*each, *place) for each, place in zip(draws, places, strict=True)])
        else:
            drawn = self._quantiles(u.ravel().tolist())
        wholes, parts = _settled(drawn * self._scale)
        return wholes.reshape(u.shape), parts.reshape(u.shape)

    def _quantiles(self, u: list[float]) -> NDArray[np.float64]:
        """Do what `sim.engine.draws.shaped` does, for many."""
        kind, a, b = self.kind, self._a, self._b
        if kind == EXPONENTIAL:
            return a - b * np.array(list(map(math.log, u)))
        return np.array([shaped(kind, a, b, x) for x in u])

    def _gamma(self, u: float, v: float, second: float, name: np.uint64, index: np.uint64) -> float:
        shape = self._a
        drawn = attempted(shape, u, v)
        if drawn < 0.0:
            drawn = gamma(shape, self._key, name, index)
        elif shape < 1.0:
            drawn *= boost(shape, second)
        return drawn * self._b


def by_entry(setup: Setup, laws: list[int], purpose: int) -> list[Supply]:
    """Return a supply for the workers of each entry of the scenario, given the law of each."""
    sizes = np.bincount(setup.entry, minlength=len(laws)).tolist()
    firsts = np.cumsum([0, *sizes[:-1]]).tolist()
    return [Supply(setup, *each) for each in zip(laws, repeat(purpose), firsts, sizes)]


def _settled(nanoseconds: NDArray[np.float64]) -> Pairs:
    """Do what `sim.engine.draws.settled` does, for many."""
    fits = nanoseconds <= LONGEST * NANOSECONDS
    most = np.where(fits, np.maximum(nanoseconds, 1.0), 0.0)
    wholes = most.astype(np.int64)
    return np.where(fits, wholes, TOO_LONG), np.where(fits, most - wholes, nanoseconds)

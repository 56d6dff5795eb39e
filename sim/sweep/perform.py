"""From points and replicas to rows: what is known already is taken, the rest is run."""

import re
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sim.errors import SimError
from sim.scenario.values import shown
from sim.sweep.execute import Job, execute
from sim.sweep.journal import Journal
from sim.sweep.points import Point
from sim.sweep.replicas import Replicas
from sim.sweep.runs import Result, keys

Progress = Callable[[int, int, int], None]
"""Called with the runs done, those of them that failed, and all, as far as is known."""


class Shard(NamedTuple):
    """The part of a sweep that one of several processes does: runs are dealt out like cards, by turns."""

    place: int = 1  # from 1
    of: int = 1


WHOLE: Final = Shard()


@dataclass(frozen=True)
class Row:
    """A run of a sweep: of which point, which replica, and what came of it."""

    point: Point
    replica: int
    seed: int
    result: Result


class _Planned(NamedTuple):
    point: Point
    replica: int
    key: str


def perform(
    points: Sequence[Point],
    replicas: Replicas,
    *,
    engine: str = "auto",
    hands: int | None = None,
    journal: Journal | None = None,
    shard: Shard = WHOLE,
    progress: Progress | None = None,
) -> tuple[Row, ...]:
    """Run all replicas of all points and return them in that order.

    A point whose settings make no scenario has one row, with the reason. What failed before is tried again.

    Parameters
    ----------
    points, replicas
        What to run.
    engine, hands
        See `sim.sweep.execute.execute`.
    journal
        Where results are taken from and kept.
    shard
        The part to do; the rows are those of this part.
    progress
        Told of each chunk that is done.

    Raises
    ------
    SimError
        As `execute` and the journal do.
    """
    known: dict[str, Result] = {}
    if journal is not None:
        known = {key: result for key, result in journal.results.items() if result.lasting}
    board = _Board(points, replicas, shard)
    tell = _Teller(board, known, progress)
    while True:
        tell()
        missing = {each.key: each for each in board.planned() if each.key not in known}
        jobs = [
            Job(each.key, each.point.scenario, replicas.seed + each.replica)
            for each in missing.values()
            if each.point.scenario is not None
        ]
        for done in execute(jobs, engine, hands):
            if journal is not None:
                journal.add(done)
            known.update(done)
            tell(done)
        if not board.extend(known):
            return tuple(board.rows(known))


def gathered(
    points: Sequence[Point], replicas: Replicas, known: MutableMapping[str, Result]
) -> tuple[tuple[Row, ...], dict[str, int]]:
    """Return the rows of a whole sweep from results that are known, and which runs are missing.

    The second are the places of the missing runs, by their keys: one that is not empty makes the first
    worthless.
    """
    board = _Board(points, replicas, WHOLE)
    while True:
        missing = {each.key: place for place, each in enumerate(board.planned()) if each.key not in known}
        if missing or not board.extend(known):
            return (() if missing else tuple(board.rows(known))), missing


class _Board:
    """Which runs there are to do; grows where intervals are too wide."""

    def __init__(self, points: Sequence[Point], replicas: Replicas, shard: Shard) -> None:
        self._points = points
        self._replicas = replicas
        self._shard = shard
        self._keys: dict[int, list[str]] = {}
        for point in points:
            self._grow(point, replicas.count)

    def _grow(self, point: Point, count: int) -> None:
        seeds = self._replicas.seeds(count)
        self._keys[point.number] = [] if point.scenario is None else keys(point.scenario, seeds)

    def planned(self) -> Iterator[_Planned]:
        """Yield this shard's runs, by points and replicas."""
        dealt = 0
        for place, point in enumerate(self._points):
            for replica, key in enumerate(self._keys[point.number]):
                turn = place if self._replicas.until else dealt
                dealt += 1
                if turn % self._shard.of == self._shard.place - 1:
                    yield _Planned(point, replica, key)

    def extend(self, known: MutableMapping[str, Result]) -> bool:
        """Give more replicas to the points that need them; return whether any does."""
        grown = False
        if self._replicas.until:
            for point in {each.point.number: each.point for each in self.planned()}.values():
                own = self._keys[point.number]
                count = self._replicas.more([known[key] for key in own])
                if count > len(own):
                    self._grow(point, count)
                    grown = True
        return grown

    def rows(self, known: MutableMapping[str, Result]) -> Iterator[Row]:
        """Yield this shard's rows, by points and replicas."""
        rows = [
            Row(point, replica, self._replicas.seed + replica, known[key])
            for point, replica, key in self.planned()
        ]
        rows += [
            Row(point, 0, self._replicas.seed, Result(None, {}, point.fault))
            for place, point in enumerate(self._points)
            if point.scenario is None and place % self._shard.of == self._shard.place - 1
        ]
        yield from sorted(rows, key=lambda row: (row.point.number, row.replica))


class _Teller:
    """Tells how far a sweep has come."""

    def __init__(self, board: _Board, known: MutableMapping[str, Result], progress: Progress | None) -> None:
        self._board = board
        self._known = known
        self._progress = progress
        self._done = self._failed = self._all = 0

    def __call__(self, done: Sequence[tuple[str, Result]] | None = None) -> None:
        if self._progress is None:
            return
        if done is None:
            planned = {each.key for each in self._board.planned()}
            held = [self._known[key] for key in planned if key in self._known]
            self._done, self._all = len(held), len(planned)
            self._failed = sum(result.error is not None for result in held)
        else:
            self._done += len(done)
            self._failed += sum(result.error is not None for _, result in done)
        self._progress(self._done, self._failed, self._all)


def parse_shard(text: str) -> Shard:
    """Return the shard that a text ``i/n`` means.

    Raises
    ------
    SimError
        Where it means none.

    Examples
    --------
    >>> parse_shard("2/4")
    Shard(place=2, of=4)
    """
    match = re.fullmatch("([0-9]{1,9})/([0-9]{1,9})", text)
    place, of = map(int, match.groups()) if match else (0, 0)
    if not 1 <= place <= of:
        raise SimError(f"--shard {shown(text)} must read i/n, such as 1/4, 2/4, 3/4 or 4/4")
    return Shard(place, of)

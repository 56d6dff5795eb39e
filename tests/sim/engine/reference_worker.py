"""What the reference knows of a worker before any run: its draws, its stays and its speed, exactly."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import floor
from typing import Any

from sim import Exponential, Scenario, SimulationError, Worker
from sim.engine.draws import (
    COMPUTE,
    FAILURE,
    RECOVERY,
    REPAIR,
    SERVICE,
    SLOWDOWN,
    Book,
    Laws,
    duration,
    identities,
    keys,
)

Exact = Fraction
"""Nanoseconds since the start, or of a duration."""


Draw = Callable[[int, int], Exact]
"""From a purpose and a number, from 0, to a duration."""

Elapsed = Callable[[Exact, Exact, int], tuple[Exact, int]]
"""From an instant, some work and the patience left to the time it takes, and the changes of speed in it."""


def shown(instant: Exact) -> int:
    """Return what the clock shows: the nearest nanosecond, halves upwards, with a hair of tolerance."""
    return floor(instant + Fraction(1, 2) + Fraction(1, 2**20))


def exact(seconds: float) -> Exact:
    return Fraction(repr(float(seconds))) * 10**9


def transfer(size: float, rate: float | None) -> Exact:
    return exact(size) / Fraction(repr(float(rate))) if rate else Fraction(0)


def draws_of(scenario: Scenario, name: str, about: Worker, seed: int) -> Draw:
    """Return the function that gives a worker's draw of a purpose by its number from 0."""
    given: dict[int, Any] = {COMPUTE: about.compute, SERVICE: scenario.server.apply}
    if about.failures:
        mtbf = about.failures.mtbf
        given[FAILURE] = Exponential(mean=mtbf) if isinstance(mtbf, float) else mtbf
        given[REPAIR] = about.failures.repair
    if about.slowdowns:
        given[SLOWDOWN], given[RECOVERY] = about.slowdowns.every, about.slowdowns.lasting
    book = Book()
    rows = {}
    for purpose, law in given.items():
        speed = about.speed if purpose == COMPUTE and isinstance(about.speed, float) else 1.0
        rows[purpose] = book.enter(law, speed)
    laws: Laws = book.laws()
    key, identity = keys(seed), identities(iter([name]))[0]

    def draw(purpose: int, number: int) -> Exact:
        whole, part = duration(laws, rows[purpose], key[purpose], identity, number)
        if whole < 0:
            raise SimulationError("a drawn time is too long")
        return int(whole) + Fraction(float(part))

    return draw


def stays_of(about: Worker, draw: Draw) -> Iterator[tuple[Exact, Exact | None]]:
    """Yield the comings and goings between ``joins`` and ``leaves``."""
    joins = outer(exact(about.joins))
    leaves = None if about.leaves is None else outer(exact(about.leaves))
    for come, go in _failing(joins, draw) if about.failures else _outages(about):
        if leaves is not None and come >= leaves:
            return
        if go is None or go > joins:
            yield max(come, joins), leaves if go is None else go if leaves is None else min(go, leaves)


def _outages(about: Worker) -> Iterator[tuple[Exact, Exact | None]]:
    come = Fraction(0)
    for begins, ends in about.offline:
        yield come, exact(begins)
        come = exact(ends)
    yield come, None


def _failing(joins: Exact, draw: Draw) -> Iterator[tuple[Exact, Exact | None]]:
    come, number = joins, 0
    while True:
        go = come + draw(FAILURE, number)
        yield come, go
        come = go + draw(REPAIR, number)
        number += 1


def outer(instant: Exact) -> Exact:
    """Return when a coming, a going or a change of speed happens: at a whole nanosecond."""
    return Fraction(shown(instant))


def elapsed_by(about: Worker, draw: Draw) -> Elapsed:
    """Return the function that gives the time which work takes, the integral of the speed."""
    scheduled = about.speed if isinstance(about.speed, tuple) else ()
    steps = [(outer(exact(start)), factor_of(speed)) for start, speed in ((0.0, 1.0), *scheduled)]
    slowdowns = [(Fraction(0), Fraction(1))]  # from when, which factor; drawn as far as they are needed

    def slowdown(instant: Exact) -> tuple[Fraction, list[Exact]]:
        """Return the factor at an instant, and when it changes next."""
        if about.slowdowns is None:
            return Fraction(1), []
        while outer(slowdowns[-1][0]) <= instant:
            number, slow = divmod(len(slowdowns) - 1, 2)
            until = slowdowns[-1][0] + draw(RECOVERY if slow else SLOWDOWN, number)
            slowdowns.append((until, Fraction(1) if slow else factor_of(about.slowdowns.factor)))
        at = max(i for i, (start, _) in enumerate(slowdowns) if outer(start) <= instant)
        return slowdowns[at][1], [outer(slowdowns[at + 1][0])]

    def elapsed(begins: Exact, work: Exact, patience: int) -> tuple[Exact, int]:
        if not about.varies:
            return work, 0
        instant, changes = begins, 0
        while True:
            now = outer(instant)
            factor, later = slowdown(now)
            speed = factor * [step for start, step in steps if start <= now][-1]
            ends = instant + work / speed
            change = min(later + [start for start, _ in steps if start > now], default=ends)
            if change >= ends or changes > patience:
                return max(ends - begins, Fraction(1)), changes
            work -= speed * (change - instant)
            instant = change
            changes += 1

    return elapsed


def factor_of(speed: float) -> Fraction:
    return Fraction(repr(float(speed)))

"""Which workers share a row of a table: those that are alike."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sim.scenario import Scenario

MANY: Final = 12
"""Entries of a scenario up to which each has a row of its own."""


class Group(NamedTuple):
    """Workers that share a row: what they are called, and their places among all workers."""

    name: str
    places: Sequence[int]


def alike(scenario: Scenario) -> list[Group]:
    """Return the groups of a scenario's workers, in the order of their first ones.

    They are its entries; of more than `MANY`, those that differ in nothing but their names are one.

    >>> from sim import Worker
    >>> fleet = [Worker(name=f"w{i}", compute=1.0 if i < 31 else 3.0, gradients=2) for i in range(32)]
    >>> [(name, len(places)) for name, places in alike(Scenario(workers=fleet))]
    [('w0 … w30', 31), ('w31', 1)]
    """
    found: dict[object, list[Group]] = {}
    first, few = 0, len(scenario.workers) <= MANY
    for worker in scenario.workers:
        own = Group(worker.name, range(first, first + (worker.count or 1)))
        found.setdefault(worker if few else worker.replace(name="-", count=None), []).append(own)
        first = own.places[-1] + 1
    return [entries[0] if len(entries) == 1 else _joined(entries) for entries in found.values()]


def _joined(entries: list[Group]) -> Group:
    places = [place for entry in entries for place in entry.places]
    return Group(f"{entries[0].name} … {entries[-1].name}", places)

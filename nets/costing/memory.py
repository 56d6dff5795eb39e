"""What a step's storages add up to: totals by kind, live bytes over the step, and the peak."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from nets.costing import sums
from nets.costing.held import KEPT, KINDS, SCRATCH, Held, Moment
from nets.costing.step import Step
from nets.frozen import FrozenMap
from nets.network.algebra import Size


@attrs.frozen
class Peak:
    """The most that is ever alive, or one of several sums that may be it, each for some sizes.

    Parameters
    ----------
    bytes
        What is alive.
    at
        The operation after which it is.
    index
        Its place among the moments.
    kinds
        What of it is of which kind.
    """

    bytes: Size
    at: Moment
    index: int
    kinds: Mapping[str, Size]


@attrs.frozen
class Memory:
    """The bytes of a step.

    Parameters
    ----------
    kinds
        Bytes by kind: of temporaries the most that is alive at once is not a sum of theirs, so they are left
        out here.
    peaks
        The sums of which the largest is the peak: one in numbers, few in formulas.
    """

    kinds: Mapping[str, Size]
    peaks: tuple[Peak, ...]


def memory_of(step: Step) -> Memory:
    """Add up a step's storages."""
    totals: dict[str, dict[Any, int]] = defaultdict(dict)
    for each in step.held:
        sums.add(totals[each.kind], each.bytes)
    kinds = FrozenMap({kind: sums.total(totals[kind]) for kind in KEPT})
    candidates = [(index, scratch, dict(summed)) for index, scratch, summed in _tops(step)]
    kept = sums.never_exceeded(summed for *_, summed in candidates)
    return Memory(kinds, tuple(_peak(step, *candidates[place][:2]) for place in kept))


def _tops(step: Step) -> Iterator[tuple[int, Size, Mapping[Any, int]]]:
    """Yield the moments after which something ends, what was inside, and the sum of all that is alive.

    Any peak is one of these.
    """
    born, died = _changes(step)
    alive: dict[Any, int] = {}
    for index in range(-1, len(step.moments)):
        for each in died.get(index, ()):
            sums.add(alive, each.bytes, -1)
        for each in born.get(index, ()):
            sums.add(alive, each.bytes)
        if index < 0:
            continue
        stages = step.moments[index].scratch
        for scratch in stages:
            held = dict(alive)
            sums.add(held, scratch)
            yield index, scratch, held
        if not stages and (index + 1 in died or index + 1 == len(step.moments)):
            yield index, 0, alive


def _changes(step: Step) -> tuple[dict[int, list[Held]], dict[int, list[Held]]]:
    born: dict[int, list[Held]] = defaultdict(list)
    died: dict[int, list[Held]] = defaultdict(list)
    for each in step.held:
        born[each.born].append(each)
        died[each.died].append(each)
    return born, died


def _peak(step: Step, index: int, scratch: Size) -> Peak:
    by_kind: dict[str, dict[Any, int]] = {kind: {} for kind in KINDS}
    for each in alive_at(step, index):
        sums.add(by_kind[each.kind], each.bytes)
    sums.add(by_kind[SCRATCH], scratch)
    whole: dict[Any, int] = {}
    for summed in by_kind.values():
        for monomial, factor in summed.items():
            whole[monomial] = whole.get(monomial, 0) + factor
    kinds = FrozenMap({kind: sums.total(summed) for kind, summed in by_kind.items()})
    return Peak(sums.total(whole), step.moments[index], index, kinds)


def alive_at(step: Step, index: int) -> Iterator[Held]:
    """Yield the storages that are alive at a moment."""
    return (each for each in step.held if each.born <= index < each.died)


def live_bytes(step: Step) -> Mapping[str, list[int]]:
    """Return the bytes alive at each moment, by kind; in numbers only."""
    import numpy as np

    count = len(step.moments)
    changes = {kind: np.zeros(count + 1, dtype=np.int64) for kind in KINDS}
    for each in step.held:
        changes[each.kind][max(each.born, 0)] += each.bytes
        changes[each.kind][each.died] -= each.bytes
    inside = [max(moment.scratch, default=0) for moment in step.moments]
    changes[SCRATCH][:count] += inside
    changes[SCRATCH][1 : count + 1] -= inside
    return {kind: change.cumsum()[:count].tolist() for kind, change in changes.items()}

"""What chance and the scenario hand to a worker: compute times, service times, changes of speed, presence.

Each worker and purpose has a random stream of its own, keyed by the worker's name: a worker's draws depend on
nothing else in the scenario. All engines consume these iterators, whose times are whole nanoseconds.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from heapq import merge
from itertools import islice, repeat

import numpy as np

from sim.errors import SimulationError
from sim.scenario.clock import LONGEST, NANOSECONDS, to_ns
from sim.scenario.durations import Distribution, Exponential
from sim.scenario.worker import Worker

Stream = Callable[[str], np.random.Generator]
"""Gives the random generator of one worker for a purpose."""

FIRST_BLOCK, LARGEST_BLOCK = 16, 4096


def streams(seed: int, name: str) -> Stream:
    """Return the random streams of the worker of that name, by purpose."""

    def stream(purpose: str) -> np.random.Generator:
        key = hashlib.sha256(f"{purpose}\0{name}".encode()).digest()[:16]
        return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(int.from_bytes(key),)))

    return stream


def nanoseconds(
    duration: float | Distribution, stream: Stream, purpose: str, speed: float = 1.0
) -> Iterator[int]:
    """Yield durations without end, each at least one nanosecond, divided by ``speed``."""
    if isinstance(duration, int | float):
        yield from repeat(_whole(duration / speed))
    else:
        rng, size = stream(purpose), FIRST_BLOCK
        while True:  # blocks that grow: few draws are wasted on short runs, few calls made in long ones
            seconds = duration.sample(rng, size) / speed
            if not seconds.max() <= LONGEST:
                raise SimulationError(
                    f"a {purpose} time of {seconds.max():.3g} s was drawn from a {duration.kind}"
                    f" distribution; {LONGEST:.0e} s is the most"
                )
            whole = np.maximum(np.rint(seconds * NANOSECONDS), 1).astype(np.int64)
            yield from whole.tolist()
            size = min(2 * size, LARGEST_BLOCK)


def works(worker: Worker, stream: Stream) -> Iterator[int]:
    """Yield the compute time of each gradient; at speed 1 where the speed changes, see `Pace`."""
    speed = worker.speed if isinstance(worker.speed, int | float) else 1.0
    times: Iterator[int]
    if isinstance(worker.compute, tuple):
        times = (_whole(seconds / speed) for seconds in worker.compute)
    else:
        times = nanoseconds(worker.compute, stream, "compute", speed)
    return islice(times, worker.gradients)


def presence(worker: Worker, stream: Stream) -> Iterator[tuple[int, int | None]]:
    """Yield the intervals in which a worker takes part: from, and to (``None``: to the end of the run)."""
    enters = to_ns(worker.joins)
    leaves = None if worker.leaves is None else to_ns(worker.leaves)
    for away, back in _outages(worker, stream, enters):
        if leaves is not None and away >= leaves:
            break
        if away > enters:
            yield enters, away
        enters = max(enters, back)
    if leaves is None or enters < leaves:
        yield enters, leaves


def _outages(worker: Worker, stream: Stream, begin: int) -> Iterator[tuple[int, int]]:
    for away, back in worker.offline:
        yield to_ns(away), to_ns(back)
    if worker.failures is not None:
        mtbf = worker.failures.mtbf
        law = Exponential(mean=mtbf) if isinstance(mtbf, int | float) else mtbf
        repairs = nanoseconds(worker.failures.repair, stream, "repair")
        for uptime, repair in zip(nanoseconds(law, stream, "failure"), repairs, strict=False):
            yield begin + uptime, begin + uptime + repair
            begin += uptime + repair


class Pace:
    """The speed of one worker over time; answers how long a given work takes from a given instant.

    Instants must not go back by more than what was asked last: a gradient begins where the last one ended
    or was cut off.
    """

    def __init__(self, worker: Worker, stream: Stream) -> None:
        self._changes = _speed_changes(worker, stream)
        self._ahead: deque[tuple[int, float]] = deque()
        self._factor = 1.0

    def time_for(self, work: int, start: int) -> int:
        """Return the nanoseconds that ``work`` (nanoseconds at speed 1) takes from ``start``."""
        while (change := self._change(0)) and change[0] <= start:
            self._factor = change[1]
            self._ahead.popleft()
        now, factor, rest, index = start, self._factor, float(work), 0
        while (change := self._change(index)) and rest > (change[0] - now) * factor:
            rest -= (change[0] - now) * factor
            now, factor = change
            index += 1
        return max(1, now - start + round(rest / factor))

    def _change(self, index: int) -> tuple[int, float] | None:
        while len(self._ahead) <= index:
            change = next(self._changes, None)
            if change is None:
                return None
            self._ahead.append(change)
        return self._ahead[index]


def _speed_changes(worker: Worker, stream: Stream) -> Iterator[tuple[int, float]]:
    """Yield when the speed changes and to what: the scheduled steps times the random state."""
    steps = worker.speed if isinstance(worker.speed, tuple) else ()
    scheduled = ((to_ns(start), "step", factor) for start, factor in steps)
    factors = {"step": 1.0, "state": 1.0}
    for at, which, factor in merge(scheduled, _states(worker, stream)):
        factors[which] = factor
        yield at, factors["step"] * factors["state"]


def _states(worker: Worker, stream: Stream) -> Iterator[tuple[int, str, float]]:
    if worker.slowdowns is None:
        return
    at = 0
    fast = nanoseconds(worker.slowdowns.every, stream, "slowdown")
    slow = nanoseconds(worker.slowdowns.lasting, stream, "recovery")
    while True:
        at += next(fast)
        yield at, "state", worker.slowdowns.factor
        at += next(slow)
        yield at, "state", 1.0


def _whole(seconds: float) -> int:
    if seconds > LONGEST:
        raise SimulationError(f"a time of {seconds:.3g} s is beyond the clock: {LONGEST:.0e} s is the most")
    return max(1, to_ns(seconds))

"""Runs side by side, by joblib: on this machine's cores or wherever `joblib.parallel_config` points to.

Runs go out in chunks that take about a second, so that handing them over costs next to nothing. How long a
run takes is learnt from the chunks that are done. No result depends on any of this.
"""

import math
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from sim.errors import SimError
from sim.processes import unordered
from sim.scenario import Scenario
from sim.sweep.runs import SEMANTICS, Result, run

SECONDS: Final = 1.0
"""That a chunk should take."""

LONGEST: Final = 5.0
"""Seconds after which a chunk begins no further run: those come back, and go out again in the end."""

SHORTEST: Final = 0.05
"""Seconds that a chunk should take at least, where the last ones are made smaller to end together."""


class Job(NamedTuple):
    """One run to be done, and the key that its result is known by."""

    key: str
    scenario: Scenario
    seed: int


Done = list[tuple[str, Result]]
"""Results by the keys of their jobs."""


class _Chunk(NamedTuple):
    """What comes back of a chunk: results of its first runs, the seconds they took, and by which rules."""

    done: Done
    seconds: float
    semantics: int


class _Dealer:
    """Deals jobs out in chunks, for so many hands, and learns from those that are done."""

    def __init__(self, jobs: Sequence[Job], hands: int) -> None:
        self._jobs = jobs
        self._hands = hands
        self._runs = self._seconds = 0.0

    def learn(self, runs: int, seconds: float) -> None:
        """Take note of how long a chunk took; what is longer ago counts for less."""
        self._runs = self._runs / 2 + runs
        self._seconds = self._seconds / 2 + seconds

    def __iter__(self) -> Iterator[Sequence[Job]]:
        place = 0
        while place < len(self._jobs):
            size = self._size(len(self._jobs) - place)
            yield self._jobs[place : place + size]
            place += size

    def _size(self, left: int) -> int:
        if not self._runs:
            return 1
        each = max(self._seconds / self._runs, 1e-6)
        fair = left if self._hands == 1 else max(math.ceil(left / (2 * self._hands)), round(SHORTEST / each))
        return max(1, min(round(SECONDS / each), fair))


def execute(jobs: Sequence[Job], engine: str = "auto", hands: int | None = None) -> Iterator[Done]:
    """Do all jobs and yield their results, chunk by chunk as they are done.

    Parameters
    ----------
    jobs
        What to do; those of one scenario should stand together.
    engine
        See `sim.simulate`.
    hands
        How many processes; ``None``: those of `joblib.parallel_config`, where one is in force, otherwise one;
        -1: one for each core.

    Raises
    ------
    SimError
        Where another version of this package answers, or a process dies, as for a lack of memory.
    """
    from joblib import delayed, effective_n_jobs
    from joblib.externals.loky.process_executor import BrokenProcessPool

    count = effective_n_jobs(hands)
    work = delayed(_do)
    while jobs:
        dealer = _Dealer(jobs, count)
        finished = set()
        try:
            for chunk in _as_they_come((work(part, engine) for part in dealer), hands, count):
                if chunk.semantics != SEMANTICS:
                    raise SimError("a worker of the cluster has another version of dlsyslab")
                dealer.learn(len(chunk.done), chunk.seconds)
                finished |= {key for key, _ in chunk.done}
                yield chunk.done
        except BrokenProcessPool:
            raise SimError("a process has died, perhaps for lack of memory: try fewer at a time") from None
        jobs = [job for job in jobs if job.key not in finished]


def _as_they_come(calls: Iterator[Any], hands: int | None, count: int) -> Iterator[_Chunk]:
    """Yield what calls return; from a backend that hands nothing back before all is done, in rounds."""
    from joblib import Parallel
    from joblib.parallel import get_active_backend

    backend, _ = get_active_backend()
    if count == 1 or backend.supports_return_generator:
        yield from unordered(calls, hands)
        return
    with Parallel(n_jobs=hands, batch_size=1) as pool:
        while several := list(islice(calls, count)):
            yield from pool(several)


def _do(jobs: Sequence[Job], engine: str) -> _Chunk:
    """Do jobs one after the other, at least the first."""
    begun = time.perf_counter()
    done: Done = []
    for job in jobs:
        done.append((job.key, run(job.scenario, job.seed, engine)))
        if time.perf_counter() - begun > LONGEST:
            break
    return _Chunk(done, time.perf_counter() - begun, SEMANTICS)

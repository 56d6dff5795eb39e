"""Independent pieces of work, side by side in processes of their own, the numbers the same."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch

from sim.processes import unordered

T = TypeVar("T")


def side_by_side(work: Sequence[Callable[[], T]], jobs: int = 1) -> Iterator[tuple[int, T]]:
    """Do pieces of work and yield the index and the result of each as it is finished.

    Parameters
    ----------
    work
        Functions without arguments, whose results depend on nothing that the others do.
    jobs
        How many at a time; with 1 they are done here, one after the other. Each computes on as many threads
        as this process does now, whatever `jobs` is, since sums depend on the number of threads.
    """
    if jobs == 1 or len(work) < 2:  # noqa: PLR2004  # one has no other at its side
        for index, piece in enumerate(work):
            yield index, piece()
        return
    from joblib import delayed

    threads, here = torch.get_num_threads(), Path.cwd()
    calls = (delayed(_alone)(index, piece, threads, here) for index, piece in enumerate(work))
    yield from unordered(calls, jobs)


def _alone(index: int, piece: Callable[[], Any], threads: int, here: Path) -> tuple[int, Any]:
    """Do a piece of work in a process that other pieces are done in, too."""
    os.chdir(here)  # where nets of one's own are imported from; the process may be older than that
    torch.set_num_threads(threads)
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True):
        return index, piece()

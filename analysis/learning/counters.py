"""Counts that runs keep, in processes of their own, for one that looks at them all now and then."""

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LOOK = 0.2
"""Seconds between two looks."""


class Counter:
    """One of several counts that lie in a file; calling it adds to it, in whatever process it is."""

    def __init__(self, file: Path, place: int) -> None:
        self._file, self._place = file, place

    def __reduce__(self) -> tuple[type, tuple[Path, int]]:
        return Counter, (self._file, self._place)  # in another process the file is opened anew

    @cached_property
    def _counts(self) -> NDArray[np.int64]:
        return np.memmap(self._file, np.int64, "r+")

    def __call__(self, more: int) -> None:
        """Add to the count, which nobody else adds to."""
        self._counts[self._place] += more


@contextmanager
def counters(
    size: int, seen: Callable[[Sequence[int]], object]
) -> Iterator[tuple[list[Counter], Callable[[], None]]]:
    """Provide counters from 0, and a function that lets ``seen`` know of all counts at once.

    It does so now and then by itself, too, from another thread; never twice at a time.

    Parameters
    ----------
    size
        How many counters.
    seen
        Called with the counts.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "counts"
        counts = np.memmap(file, np.int64, "w+", shape=(size,))
        ended, alone = threading.Event(), threading.Lock()

        def look() -> None:
            with alone:
                seen(counts.tolist())

        def watch() -> None:
            while not ended.wait(LOOK):
                look()

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield [Counter(file, place) for place in range(size)], look
        finally:
            ended.set()
            watcher.join()

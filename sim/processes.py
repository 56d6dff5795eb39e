"""Work in other processes, by joblib, which leave Ctrl-C to this one."""

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any


def unordered(calls: Iterable[Any], jobs: int | None) -> Iterator[Any]:
    """Yield what `joblib.delayed` calls return, each as soon as it is done.

    Parameters
    ----------
    calls
        What to call; an iterator is asked for the next one when there is a process for it.
    jobs
        How many at a time, as joblib's ``n_jobs``.
    """
    from multiprocessing import resource_tracker

    from joblib import Parallel

    resource_tracker.ensure_running()  # which, when it begins, lets through what is held
    with _interrupts_held():
        results = Parallel(n_jobs=jobs, batch_size=1, return_as="generator_unordered")(calls)
    yield from results


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back for a moment; processes that are begun meanwhile never hear of it.

    A terminal sends it to all of them. They need not: who is interrupted ends them, and they would print how
    far they had come in starting up.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

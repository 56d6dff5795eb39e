"""Work in other processes, by joblib, which leave Ctrl-C to this one."""

import signal
import threading
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
    """Let the processes that this thread begins meanwhile never hear of Ctrl-C.

    A terminal sends it to all of them. They need not: who is interrupted ends them, and they would print how
    far they had come in starting up.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def interrupted_afterwards() -> Iterator[None]:
    """Let Ctrl-C wait for the end of what must not be left half-done; it is heard in the main thread only."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield
        return
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if heard:
        raise KeyboardInterrupt

"""Commands that tests start: each begins alike, however the tests were started, and ends with its test."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent
HANG = 600.0
"""Seconds after which a command counts as hung, on the slowest of machines."""

Popen = subprocess.Popen[str]
Done = subprocess.CompletedProcess[str]


@contextmanager
def _interruptible() -> Iterator[None]:
    # A child inherits that SIGINT is ignored, as it is in the background and under nohup.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def started(*command: str, env: dict[str, str] | None = None, encoding: str = "utf-8") -> Iterator[Popen]:
    """Start a command that finds the three packages; in the end it is dead, with all that it started."""
    with _interruptible():
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding=encoding,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | (env or {}),
            start_new_session=True,
        )
    with process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def run(*command: str, env: dict[str, str] | None = None, encoding: str = "utf-8") -> Done:
    """Run a command to its end and return its status and what it printed."""
    with started(*command, env=env, encoding=encoding) as process:
        out, err = process.communicate(timeout=HANG)
    return Done(command, process.returncode, out, err)


def run_python(*arguments: str, env: dict[str, str] | None = None, encoding: str = "utf-8") -> Done:
    """Run this interpreter: ``run_python("-m", "sim", "--help")``."""
    return run(sys.executable, *arguments, env=env, encoding=encoding)


def signalled(process: Popen, number: signal.Signals = signal.SIGINT) -> Done:
    """Send a signal, Ctrl-C unless told otherwise, and return how the command ended.

    As from a terminal it reaches all that the command has started, too.
    """
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=HANG)
    return Done(process.args, process.returncode, out, err)


def wait_until(true: Callable[[], bool], process: Popen) -> None:
    """Wait for a sign that a process gives of itself."""
    end = time.monotonic() + HANG
    while not true():
        assert process.poll() is None, "it ended before"
        assert time.monotonic() < end, "it hangs"
        time.sleep(0.02)

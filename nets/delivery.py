"""Where a command's output goes: standard output or a file, and what is shown meanwhile."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nets import streams
from nets.errors import InputError

INTERRUPTED = 130
_ESCAPES = {
    "json": streams.as_ascii_json,
    "html": streams.as_ascii_xml,
    "svg": streams.as_ascii_xml,
}


def file_named(out: str | None) -> Path | None:
    """Return the file that is meant; None for standard output."""
    if out == "":
        raise InputError("--out must name a file")
    if out is None or out == "-":
        return None
    target = Path(out)
    if target.is_dir() or out.endswith(os.sep):
        raise InputError(f"{out}: is a folder, not a file")
    return target


def deliver(text: str, target: Path | None, form: str) -> None:
    """Write a text into a file, or to standard output as a terminal can show its format."""
    if target is None:
        streams.put(text, escaped=_ESCAPES.get(form))
        return
    from nets.files import write

    try:
        write(target, text.encode("utf-8", "backslashreplace"))
    except BrokenPipeError:  # the file is a pipe
        raise streams.ReaderGoneError from None
    streams.say(f"wrote {target}")


def print_json(document: object) -> None:
    """Write plain data to standard output."""
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    streams.put(text, escaped=streams.as_ascii_json)


@contextmanager
def patience(doing: str) -> Iterator[None]:
    """Show that something is going on, and end at once on Ctrl-C.

    An exception raised while torch traces would cross C++ code that aborts on it, so the process ends
    without one.
    """
    from rich.console import Console

    console = Console(stderr=True)

    def leave(*_: object) -> None:
        console.show_cursor()
        os._exit(INTERRUPTED)

    before = signal.getsignal(signal.SIGINT)
    ours = before is not signal.SIG_IGN and threading.current_thread() is threading.main_thread()
    if ours:
        signal.signal(signal.SIGINT, leave)
    try:
        with console.status(doing):
            yield
    finally:
        if ours:
            signal.signal(signal.SIGINT, before)

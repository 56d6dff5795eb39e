"""What a command line lives in: three standard streams, any of which may be closed or break, and Ctrl-C."""

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from types import FrameType

import click

PLAIN = str.maketrans(
    {
        "²": "2",
        "±": "+-",
        "×": "x",
        "−": "-",
        "–": "-",
        "σ": "s",
        "…": "...",
        "α": "alpha",
        "γ": "gamma",
        "─": "-",
        "≤": "<=",
    }
)
NO_MEMORY = "allocate memory"
"""What torch says, in an error of no particular kind."""
INTERRUPTED = 130
PIPE_BROKEN = 141
REFUSED = 2


def guarded(command: Callable[[], None], known: type[Exception]) -> int:
    """Run a command and return its exit status: whatever goes wrong is one sentence on standard error.

    0 is success, 2 a refusal, 130 an interrupt, 141 a reader of standard output that has seen enough.

    Parameters
    ----------
    command
        What to run.
    known
        The errors whose text is a sentence for the user.
    """
    with _standard_output() as is_closed, _interrupts() as interrupted:
        try:
            status = _status(command, known)
        except BaseException:
            if interrupted():  # an interrupt in the middle of an import may end up as any error
                return INTERRUPTED
            raise
    return _refuse("standard output is closed") if is_closed and status == 0 else status


def _status(command: Callable[[], None], known: type[Exception]) -> int:
    status = 0
    try:
        try:
            command()
        except click.exceptions.Exit as end:
            status = end.exit_code
        sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        return _given_up(PIPE_BROKEN)
    except (click.ClickException, known, MemoryError, ModuleNotFoundError, OSError) as error:
        return _refuse(_sentence(error))
    except RuntimeError as error:
        if NO_MEMORY not in str(error):
            raise
        return _refuse(_sentence(MemoryError(str(error).partition(NO_MEMORY)[2].strip(" :"))))
    return status


def _sentence(error: Exception) -> str:
    match error:
        case click.ClickException():
            return error.format_message()
        case MemoryError():
            return f"there is not enough memory for this: {error}".removesuffix(": ")
        case ModuleNotFoundError():
            missing = str(error.name).partition(".")[0]
            return f"this needs {missing}, which is not installed; installing dlsyslab again brings it"
        case OSError(filename=None):
            _given_up(REFUSED)
            return f"standard output: {error.strerror or error}"
        case OSError():
            return f"{error.filename}: {error.strerror}"
    return str(error)


def _given_up(status: int) -> int:
    """Let what standard output still holds go nowhere, or Python would complain about it at its end."""
    with suppress(OSError, ValueError, io.UnsupportedOperation):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


def _refuse(sentence: str) -> int:
    if sys.stderr is not None:
        with suppress(OSError):
            said = f"error: {' '.join(sentence.split())}"
            print(encodable(said, sys.stderr.encoding), file=sys.stderr, flush=True)  # noqa: T201  # click takes ASCII for a mistake
    return REFUSED


def encodable(text: str, encoding: str | None) -> str:
    """Return a text in characters that an encoding has, plain ones in place of those that it has not.

    >>> encodable("σ² = 1 ± 0.1, „so“", "ascii")
    's2 = 1 +- 0.1, ?so?'
    """
    encoding = encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(PLAIN).encode(encoding, "replace").decode(encoding)
    return text


class PlainContext(click.Context):
    """A context whose help is written in the characters that standard output has."""

    def get_help(self) -> str:
        """Return the help."""
        return encodable(super().get_help(), sys.stdout.encoding)


@contextmanager
def _standard_output() -> Iterator[bool]:
    """Have a standard output that takes every character, and say whether there is none to be seen."""
    if sys.stdout is not None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")
        yield False
        return
    while os.open(os.devnull, os.O_RDWR) <= 2:  # noqa: PLR2004  # the streams' numbers, which no file may get
        pass
    with Path(os.devnull).open("w", encoding="utf-8") as nothing, redirect_stdout(nothing):
        yield True


@contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Tell whether Ctrl-C was pressed; where it is ignored, as in the background, it stays ignored."""
    happened: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        happened.append(number)
        signal.default_int_handler(number, frame)

    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield lambda: False
        return
    try:
        signal.signal(signal.SIGINT, note)
    except ValueError:  # only the main thread may
        yield lambda: False
        return
    try:
        yield lambda: bool(happened)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)

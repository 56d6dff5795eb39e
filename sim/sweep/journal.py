"""The journal of a sweep: results as they come, in a file that is only ever added to.

Each line bears the hash of its text, so that whatever a crash leaves of the last one is known for what it is.
Results are found by their keys alone: what is in the file beside them takes nothing away.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from sim.errors import SimError
from sim.sweep.execute import Done
from sim.sweep.runs import Result

FORMAT: Final = "dlsyslab sweep 1"
"""The first line."""

_HASH: Final = 16


def encode(entry: Mapping[str, Any]) -> bytes:
    """Return an entry as a line."""
    text = json.dumps(entry, separators=(",", ":")).encode()
    return _hash(text) + b" " + text + b"\n"


def decode(line: bytes) -> dict[str, Any] | None:
    """Return the entry in a line, ``None`` where it is not as it was written."""
    given, _, text = line.partition(b" ")
    if given != _hash(text):
        return None
    found: dict[str, Any] = json.loads(text)
    return found


def _hash(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:_HASH].encode()


def _content(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise SimError(f"{path}: is no file")  # a device may have no end
    try:
        return path.read_bytes()
    except OSError as error:
        raise SimError(f"{path}: {error.strerror}") from None


class Contents:
    """What a journal holds.

    Attributes
    ----------
    head
        What was swept, as plain data: the latest; ``None`` where nothing yet.
    results
        By their keys.
    """

    def __init__(self) -> None:
        self.head: dict[str, Any] | None = None
        self.results: dict[str, Result] = {}

    def take(self, entry: Mapping[str, Any]) -> None:
        """Take an entry in; a later one of the same key takes its place."""
        if "head" in entry:
            self.head = entry["head"]
        else:
            own = {name: entry[name] for name in ("engine", "figures", "error", "lasting")}
            self.results[entry["key"]] = Result(**own)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a journal.

        Raises
        ------
        SimError
            Where it cannot be read, or is none.
        """
        found, _ = cls.parsed(path, _content(path))
        return found

    @classmethod
    def parsed(cls, path: Path, content: bytes) -> tuple[Self, int]:
        """Return what a journal holds, and how many of its bytes are whole lines; raises as `read` does."""
        first = f"{FORMAT}\n".encode()
        if not first.startswith(content[: len(first)]):
            raise SimError(f"{path}: is no journal of a sweep: move it away, or give another name")
        whole = content.rfind(b"\n") + 1
        found = cls()
        for line in content[len(first) : whole].splitlines():
            entry = decode(line)
            if entry is not None:
                found.take(entry)
        return found, whole


class Journal(Contents):
    """A journal that is written to, by one process at a time; a context.

    Raises
    ------
    SimError
        Where it cannot be read or written, is none, or another process writes to it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def __enter__(self) -> Self:
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        except OSError as error:
            raise SimError(f"{self.path}: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found, whole = Contents.parsed(self.path, _content(self.path))
            os.ftruncate(self._file, whole)
        except BlockingIOError:
            os.close(self._file)
            raise SimError(f"{self.path}: another sweep is writing to it") from None
        except BaseException:
            os.close(self._file)
            raise
        self.head, self.results = found.head, found.results
        if not whole:
            self._write(f"{FORMAT}\n".encode())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def begin(self, head: Mapping[str, Any]) -> None:
        """Note what is swept from now on."""
        if self.head != head:
            self._add([{"head": head}])

    def add(self, done: Done) -> None:
        """Note results; they are kept whatever happens to this process from now on."""
        self._add([{"key": key, **vars(result)} for key, result in done])

    def _add(self, entries: list[dict[str, Any]]) -> None:
        self._write(b"".join(map(encode, entries)))
        for entry in entries:
            self.take(entry)

    def _write(self, content: bytes) -> None:
        try:
            while content:
                content = content[os.write(self._file, content) :]
        except OSError as error:
            raise SimError(f"{self.path}: {error.strerror}") from None


def lines(contents: Contents, keys: Iterator[str]) -> Iterator[bytes]:
    """Yield a journal anew, with its latest head and the results of some keys."""
    yield f"{FORMAT}\n".encode()
    yield encode({"head": contents.head})
    for key in keys:
        yield encode({"key": key, **vars(contents.results[key])})

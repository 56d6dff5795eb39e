"""Compiles the event loop with numba, once on each machine; what is compiled is kept in a cache folder."""

import os
import sys
import tempfile
from functools import cache
from hashlib import blake2b
from pathlib import Path

from sim.engine import draws, pace, presence, setup
from sim.engine.compiled import drive
from sim.engine.compiled.memory import Memory
from sim.engine.setup import Setup
from sim.scenario import clock

_SOURCES = (clock, draws, setup, pace, presence)
"""Modules outside this folder of which something is compiled."""


class Compiled:
    """The compiled event loop, as `drive.Loop`."""

    def start(self, s: Setup, m: Memory) -> int:
        """Let the workers come that are there from the first instant."""
        return self._call("start", s, m)

    def advance(self, s: Setup, m: Memory, events: int) -> int:
        """Let so many events happen."""
        return self._call("advance", s, m, events)

    def close_up(self, s: Setup, m: Memory) -> None:
        """Enter what is in flight when the run ends."""
        self._call("close_up", s, m)

    @staticmethod
    def _call(name: str, s: Setup, m: Memory, *rest: int) -> int:
        from sim.engine.compiled import entries
        from sim.engine.compiled.handles import table

        tables = table(s), table(m)
        return int(getattr(entries, name)(*(each.ctypes.data for each in tables), *rest) or 0)


@cache
def loop() -> drive.Loop:
    """Return the compiled event loop; a line on standard error says when it has to be compiled first."""
    from numba.core import config

    folder = _folder()
    kept = config.CACHE_DIR
    config.CACHE_DIR = str(folder)
    try:
        from sim.engine.compiled import entries  # noqa: F401 -- decorated with this folder as their cache
    finally:
        config.CACHE_DIR = kept
    if not any(folder.rglob("*.nbc")):
        print("compiling the engine, once on this machine …", file=sys.stderr)  # noqa: T201 -- a long wait
    return Compiled()


def _folder() -> Path:
    """Return where the compiled engine is kept: a folder for each version of it, of numba and of Python."""
    import numba

    files = [Path(str(module.__file__)) for module in _SOURCES] + sorted(Path(__file__).parent.glob("*.py"))
    sources = b"".join(file.read_bytes() for file in files)
    key = blake2b(sources + numba.__version__.encode() + sys.version.encode(), digest_size=8).hexdigest()
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    bases = (
        [Path(chosen)] if chosen else [_user_cache(), Path(tempfile.gettempdir(), f"dlsyslab-{os.getuid()}")]
    )
    for base in bases:
        folder = base / "dlsyslab" / key
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="dlsyslab-"))


def _user_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path()

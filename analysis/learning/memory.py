"""What pieces of work came to, remembered in a file, so that none is done twice when all is done again."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError
from analysis.learning.checkpoints import ALREADY, DAMAGED, LOG, Log, Progress, Record, check_identity
from analysis.learning.identity import Identity


class Memory:
    """Results of pieces of work by their names; without a folder it forgets them at its end.

    Each line of the file carries a checksum; one that was torn off in its middle is left out.

    Parameters
    ----------
    folder
        Where the file is, or None.
    identity
        Of the work; a file with results of another is refused.
    resume
        Whether there may be a file already.

    Examples
    --------
    >>> memory = Memory()
    >>> memory.keep("sum", 2)
    >>> memory.known("sum"), memory.missing(["sum", "product"])
    (2, ['product'])
    """

    def __init__(
        self, folder: Path | None = None, identity: Identity | None = None, *, resume: bool = False
    ) -> None:
        path = folder / LOG if folder else None
        whole = b""
        if path and path.exists():
            if not resume:
                raise AnalysisError(ALREADY.format(folder))
            content = path.read_bytes()
            whole = content[: content.rfind(b"\n") + 1]
        self._log = Log(folder, Progress(log_size=len(whole), log_hash=hashlib.sha256(whole).hexdigest()))
        try:
            if path:
                self._begin(path, identity or {})
            self._known = {record["work"]: record["result"] for record in self._log.records[1:]}
        except AnalysisError:
            self._log.close()
            raise

    def _begin(self, path: Path, identity: Identity) -> None:
        records = self._log.records
        if not records:
            self._append({"identity": identity})
        if not all(isinstance(record, dict) and _sealed(record) == record for record in records):
            raise AnalysisError(DAMAGED.format(path))
        check_identity(path, records[0]["identity"], identity)

    def known(self, name: str) -> Any:  # noqa: ANN401  # what JSON holds
        """Return the result of a piece of work that was kept."""
        return self._known[name]

    def missing(self, names: Iterable[str]) -> list[str]:
        """Return the names of which there is no result yet."""
        return [name for name in names if name not in self._known]

    def keep(self, name: str, result: Any) -> None:  # noqa: ANN401  # what JSON holds
        """Keep the result of a piece of work: numbers, None, and lists of them."""
        self._known[name] = result
        self._append({"work": name, "result": result})

    def _append(self, record: Record) -> None:
        self._log.append(_sealed(record))

    def close(self) -> None:
        """Close the file."""
        self._log.close()


def _sealed(record: Record) -> Record:
    held = {name: value for name, value in record.items() if name != "check"}
    return {**held, "check": hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()[:8]}

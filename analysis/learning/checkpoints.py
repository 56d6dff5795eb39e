"""What a run leaves on disk: a log that grows line by line, and a checkpoint that replaces the one before.

A checkpoint knows how long the log was when it was made. Whatever came later is cut off on resuming, so that
a run killed at any moment, even in the middle of a line, goes on as if it had stopped at its last checkpoint.
"""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

import torch
from torch import nn

from analysis.errors import AnalysisError
from analysis.files import write, writing

LOG = "metrics.jsonl"
CHECKPOINT = "checkpoint.pt"

ALREADY = "{}: holds a run already; go on with it by --resume, or choose another folder"

T = TypeVar("T")

Record = dict[str, Any]
"""One line of the log: numbers, truth values and strings by their names."""


@dataclass(frozen=True)
class Progress:
    """How far a run is: updates made, seconds spent in them, and the length of its log in bytes."""

    made: int = 0
    seconds: float = 0.0
    log_size: int = 0


def _write_all(file: IO[bytes], content: bytes) -> None:
    """Write to an unbuffered file; where the disk takes only a part, asking again says why."""
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


class Log:
    """The records of a run, in memory and, given a folder, in its ``metrics.jsonl`` as they come.

    Parameters
    ----------
    folder
        Where to write, or None.
    kept
        How many bytes of a log already there to go on from; the rest is cut off.
    """

    def __init__(self, folder: Path | None, kept: int = 0) -> None:
        self.records: list[Record] = []
        self._path = folder / LOG if folder else None
        self._file: IO[bytes] | None = None
        if self._path:
            with writing(self._path):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("r+b" if kept else "wb", buffering=0)
                content = self._file.read(kept) if kept else b""
                self._file.truncate(kept)
            self.records = [json.loads(line) for line in content.splitlines()]

    def append(self, record: Record) -> None:
        """Add a record, and write it out at once."""
        self.records.append(record)
        if self._file and self._path:
            with writing(self._path):
                _write_all(self._file, json.dumps(record, allow_nan=False).encode() + b"\n")

    def of_kind(self, kind: str) -> list[Record]:
        """Return the records of a kind (update, epoch, test), without saying so in each."""
        return [
            {name: value for name, value in record.items() if name != "kind"}
            for record in self.records
            if record["kind"] == kind
        ]

    @property
    def size(self) -> int:
        """The length in bytes of what is written."""
        return self._file.tell() if self._file else 0

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file:
            self._file.close()


def save_checkpoint(
    folder: Path,
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    progress: Progress,
    identity: Mapping[str, object],
) -> None:
    """Replace the folder's checkpoint: weights, optimizer, torch's random state, and how far it is.

    `identity` says of which run this is, for `load_checkpoint` to compare.
    """
    buffer = io.BytesIO()
    state = {
        "module": module.state_dict(),
        "optimizer": optimizer.state_dict(),
        "random": torch.get_rng_state(),
        "random_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "progress": asdict(progress),
        "identity": dict(identity),
    }
    torch.save(state, buffer)
    write(folder / CHECKPOINT, buffer.getvalue())


def load_checkpoint(
    folder: Path,
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    identity: Mapping[str, object],
) -> Progress:
    """Put a checkpoint's state into module, optimizer and torch's random generators; return how far it is.

    Raises
    ------
    AnalysisError
        When the checkpoint is unreadable or of another run.
    """
    path = folder / CHECKPOINT
    device = next(module.parameters()).device
    try:
        content = io.BytesIO(path.read_bytes())
    except OSError as error:
        raise AnalysisError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        state = torch.load(content, map_location=device, weights_only=True)
    except Exception:  # noqa: BLE001  (torch raises whatever zipfile and pickle raise)
        raise AnalysisError(f"{path}: is damaged or no checkpoint; start again without --resume") from None
    _check_identity(path, state["identity"], identity)
    module.load_state_dict(state["module"])
    optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["random"].cpu())
    if state["random_cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all([one.cpu() for one in state["random_cuda"]])
    return Progress(**state["progress"])


def _check_identity(path: Path, saved: Mapping[str, object], wanted: Mapping[str, object]) -> None:
    for name in sorted(saved.keys() | wanted.keys()):
        if saved.get(name) != wanted.get(name):
            raise AnalysisError(
                f"{path}: was made with {name} = {saved.get(name)}, not {wanted.get(name)}; "
                "resume with the same settings, or start elsewhere"
            )


class Memory:
    """Remember what pieces of work came to, in a log, so that none is done twice when all is done again.

    Without a folder it only does the work. Results must be what JSON holds: numbers, None, lists.

    >>> Memory()("sum", lambda: 1 + 1)
    2
    """

    def __init__(
        self,
        folder: Path | None = None,
        identity: Mapping[str, object] | None = None,
        *,
        resume: bool = False,
    ) -> None:
        path = folder / LOG if folder else None
        begun = path is not None and path.exists()
        if begun and not resume:
            raise AnalysisError(ALREADY.format(folder))
        whole = path.read_bytes().rpartition(b"\n")[0] if path and begun else b""
        self._log = Log(folder, len(whole) + 1 if whole else 0)
        if path and self._log.records:
            try:
                _check_identity(path, self._log.records[0], identity or {})
            except AnalysisError:
                self._log.close()
                raise
        else:
            self._log.append(dict(identity or {}))
        self._known = {record["work"]: record["result"] for record in self._log.records[1:]}

    def __call__(self, name: str, work: Callable[[], T]) -> T:
        """Return the result of a piece of work, done now or, under the same name, before."""
        if name not in self._known:
            self._known[name] = work()
            self._log.append({"work": name, "result": self._known[name]})
        result: T = self._known[name]
        return result

    def close(self) -> None:
        """Close the log."""
        self._log.close()

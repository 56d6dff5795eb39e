"""What a run leaves on disk: a log that grows line by line, and a checkpoint that replaces the one before.

A checkpoint knows how long the log was when it was made, and the SHA-256 of what it held. Whatever came later
is cut off on resuming, so that a run killed at any moment, even in the middle of a line, goes on as if it had
stopped at its last checkpoint; a log that is not what it was is refused.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Protocol

import torch
from torch import nn

from analysis.errors import AnalysisError
from analysis.files import write, writing
from analysis.learning.identity import Identity

LOG = "metrics.jsonl"
CHECKPOINT = "checkpoint.pt"

ALREADY = "{}: holds a run already; go on with it by --resume, or choose another folder"
DAMAGED = "{}: is damaged; start again in another folder, or without what is damaged"

Record = dict[str, Any]
"""One line of the log: numbers, truth values and strings by their names."""


class Stateful(Protocol):
    """What is beside a module's own state: an optimizer, say."""

    def state_dict(self) -> dict[str, Any]:
        """Return tensors and plain values, in dicts and lists."""
        ...

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take them over."""
        ...


@dataclass(frozen=True)
class Progress:
    """How far a run is: updates made, seconds spent in them, its log's length in bytes and their SHA-256."""

    made: int = 0
    seconds: float = 0.0
    log_size: int = 0
    log_hash: str = hashlib.sha256().hexdigest()


def _write_all(file: IO[bytes], content: bytes) -> None:
    """Write to an unbuffered file; where the disk takes only a part, asking again says why."""
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


def _read(content: bytes, path: Path) -> list[Record]:
    try:
        return [json.loads(line) for line in content.splitlines()]
    except (ValueError, RecursionError):
        raise AnalysisError(DAMAGED.format(path)) from None


class Log:
    """The records of a run, in memory and, given a folder, in its ``metrics.jsonl`` as they come.

    Parameters
    ----------
    folder
        Where to write, or None.
    progress
        How much of a log already there to go on from; the rest is cut off.

    Raises
    ------
    AnalysisError
        When the log is not what it was, or cannot be written.
    """

    def __init__(self, folder: Path | None, progress: Progress | None = None) -> None:
        progress = progress or Progress()
        kept = progress.log_size
        self.records: list[Record] = []
        self._hash = hashlib.sha256()
        self._path = folder / LOG if folder else None
        self._file: IO[bytes] | None = None
        if self._path:
            with writing(self._path):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                content = self._path.read_bytes()[:kept] if kept else b""
                self._hash.update(content)
                self.records = _read(content, self._path)
                if self._hash.hexdigest() != progress.log_hash:
                    raise AnalysisError(DAMAGED.format(self._path))
                self._file = self._path.open("r+b" if kept else "wb", buffering=0)
                self._file.seek(kept)
                self._file.truncate(kept)

    def append(self, record: Record) -> None:
        """Add a record, and write it out at once."""
        self.records.append(record)
        if self._file and self._path:
            line = json.dumps(record, allow_nan=False).encode() + b"\n"
            with writing(self._path):
                _write_all(self._file, line)
            self._hash.update(line)

    def of_kind(self, kind: str) -> list[Record]:
        """Return the records of a kind (update, epoch, test), without saying so in each."""
        return [
            {name: value for name, value in record.items() if name != "kind"}
            for record in self.records
            if record["kind"] == kind
        ]

    def progress(self, made: int, seconds: float) -> Progress:
        """Return how far a run is that has made so many updates."""
        return Progress(made, seconds, self._file.tell() if self._file else 0, self._hash.hexdigest())

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file:
            self._file.close()


def save_checkpoint(
    folder: Path,
    module: nn.Module,
    optimizer: Stateful,
    progress: Progress,
    identity: Identity,
) -> None:
    """Replace the folder's checkpoint: weights, optimizer, torch's random state, how far it is.

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
    optimizer: Stateful,
    identity: Identity,
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
        saved, progress = dict(state["identity"]), Progress(**state["progress"])
    except Exception:  # noqa: BLE001  (torch raises whatever zipfile and pickle raise)
        raise AnalysisError(f"{path}: is damaged or no checkpoint; start again without --resume") from None
    check_identity(path, saved, identity)
    try:
        module.load_state_dict(state["module"])
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"].cpu())
        if state["random_cuda"] and torch.cuda.is_available():
            torch.cuda.set_rng_state_all([one.cpu() for one in state["random_cuda"]])
    except Exception:  # noqa: BLE001  (as above)
        raise AnalysisError(f"{path}: is damaged or no checkpoint; start again without --resume") from None
    return progress


def check_identity(path: Path, saved: Mapping[str, object], wanted: Identity) -> None:
    """Refuse to go on with another run.

    Raises
    ------
    AnalysisError
        Saying in what the two differ.
    """
    for name in sorted(saved.keys() | wanted.keys()):
        if saved.get(name) != wanted.get(name):
            raise AnalysisError(
                f"{path}: was made with {name} = {saved.get(name)}, not {wanted.get(name)}; "
                "resume with the same settings, or start elsewhere"
            )

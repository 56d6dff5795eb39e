"""The table of a sweep as a file: CSV, JSON or Parquet, by its name."""

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sim.errors import SimError

if TYPE_CHECKING:
    import pandas as pd


def records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """Return the rows of a table as JSON can hold them, ``None`` where there is no value."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(name): each for name, each in row.items()} for row in plain.to_dict("records")]


def _csv(frame: "pd.DataFrame") -> bytes:
    return frame.to_csv(index=False, lineterminator="\n").encode()


def _json(frame: "pd.DataFrame") -> bytes:
    return (json.dumps(records(frame), indent=1) + "\n").encode()


def _parquet(frame: "pd.DataFrame") -> bytes:
    written = BytesIO()
    frame.to_parquet(written, engine="pyarrow", index=False)
    return written.getvalue()


KINDS: Final[Mapping[str, Callable[["pd.DataFrame"], bytes]]] = {
    ".csv": _csv,
    ".json": _json,
    ".parquet": _parquet,
}


def kind_of(option: str, path: Path) -> Callable[["pd.DataFrame"], bytes]:
    """Return what makes a file of the kind that a path names; raises `SimError` where it names none."""
    try:
        return KINDS[path.suffix.lower()]
    except KeyError:
        raise SimError(f"{option} {path}: must end in {', '.join(KINDS)}") from None


def journal_of(path: Path) -> Path:
    """Return where the journal of a table lies: beside it."""
    return path.with_name(f"{path.name}.journal")

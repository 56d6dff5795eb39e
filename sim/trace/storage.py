"""Columns of whole numbers, and where they come from, as the bytes of a Parquet file.

The file bears a seal, the SHA-256 of all its bytes with the seal itself blanked, so that no damage to any of
them goes unnoticed, nor is a damaged file given to a reader that may not survive it.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from sim.errors import TraceError
from sim.trace.columns import Column

FORMAT: Final = "dlsyslab trace 2"
KEY: Final = b"dlsyslab"
"""Of the metadata that tells where the columns come from."""

MAGIC: Final = b"PAR1"
"""With which every Parquet file begins."""

LARGEST: Final = 2**31 - 1
"""Bytes and items of metadata: as many as the format has room for; the seal vouches for them."""

FOREIGN: Final = "save did not write it"
DAMAGED: Final = "it is damaged, its bytes are not those that save wrote"

_SEAL: Final = b'"seal": "'
_BLANK: Final = b"0" * 64


def pack(about: Mapping[str, Any], columns: Mapping[str, Column]) -> bytes:
    """Return columns of one length as a Parquet file, with plain data about them in its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    told = json.dumps({"format": FORMAT, "seal": _BLANK.decode(), **about})
    table = pa.table(dict(columns))
    buffer = pa.BufferOutputStream()
    with pq.ParquetWriter(buffer, table.schema, store_schema=False) as writer:
        writer.add_key_value_metadata({KEY.decode(): told})
        writer.write_table(table)
    content: bytes = buffer.getvalue().to_pybytes()
    place = content.rindex(_SEAL + _BLANK) + len(_SEAL)
    return content[:place] + _hash(content) + content[place + len(_BLANK) :]


def unpack(content: bytes) -> tuple[dict[str, Any], dict[str, Column]]:
    """Return what `pack` was given; raises `TraceError` with the reason where that is not to be had."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    _check_seal(content)
    try:
        file = pq.ParquetFile(
            pa.BufferReader(content),
            pre_buffer=False,
            thrift_string_size_limit=LARGEST,
            thrift_container_size_limit=LARGEST,
        )
        about = json.loads(file.metadata.metadata[KEY])
        # Without threads: one that still starts when a short process ends would abort it.
        table = file.read(use_threads=False)
    except (pa.ArrowException, OSError, KeyError, ValueError, RecursionError):
        raise TraceError(DAMAGED) from None
    if about.get("format") != FORMAT:
        raise TraceError(f"its format is {about.get('format')!r}, not {FORMAT!r}")
    return about, {name: table[name].to_numpy().astype(np.int64) for name in table.column_names}


def read(path: Path) -> bytes:
    """Return the bytes of a file that may hold a trace; others, that may have no end, are not read further.

    Raises
    ------
    OSError
        As the system does.
    TraceError
        Where it is no Parquet file.
    """
    with path.open("rb") as file:
        begin = file.read(len(MAGIC))
        if begin != MAGIC:
            raise TraceError(FOREIGN)
        return begin + file.read()


def _check_seal(content: bytes) -> None:
    place = content.rfind(_SEAL) + len(_SEAL)
    seal = content[place : place + len(_BLANK)]
    if place < len(_SEAL):
        raise TraceError(DAMAGED if content.find(FORMAT.encode()) >= 0 else FOREIGN)
    if seal != _hash(content[:place] + _BLANK + content[place + len(_BLANK) :]):
        raise TraceError(DAMAGED)


def _hash(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()

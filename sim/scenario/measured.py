"""Measured times from CSV files with a header line."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

from sim.files import text_of
from sim.scenario.values import shown


def file_named(given: Any) -> str:  # noqa: ANN401 -- unvalidated input
    """Return the name of a CSV file; raises `ValueError` with one sentence where it cannot be one."""
    if not isinstance(given, str) or not given or "\0" in given:
        raise ValueError(f"csv {shown(given)} must be the name of a file")
    return given


def read_column(path: Path, column: str) -> tuple[float, ...]:
    """Return a column of seconds; raises `ValueError` with one sentence where that is not to be had."""
    return tuple(_number(path, line, cell) for line, (cell,) in enumerate(_rows(path, column), 2))


def times_by_worker(path: Path) -> dict[str, tuple[float, ...]]:
    """Return each worker's iteration times, from a file with the columns ``worker`` and ``seconds``.

    Raises
    ------
    ValueError
        With one sentence, where the file cannot be read.
    """
    times: dict[str, list[float]] = {}
    for line, (worker, cell) in enumerate(_rows(path, "worker", "seconds"), 2):
        times.setdefault(worker, []).append(_number(path, line, cell))
    return {worker: tuple(seconds) for worker, seconds in times.items()}


def _rows(path: Path, *columns: str) -> list[tuple[str, ...]]:
    try:
        reader = csv.DictReader(StringIO(text_of(path), newline=""))
        present = reader.fieldnames or []
        for column in columns:
            if column not in present:
                raise ValueError(f"{path} has no column {column!r}, only {', '.join(present) or 'none'}")
        rows = [tuple(row[column] or "" for column in columns) for row in reader]
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not a CSV file in UTF-8") from None
    except (OSError, csv.Error) as error:
        raise ValueError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    if not rows:
        raise ValueError(f"{path} has no rows")
    return rows


def _number(path: Path, line: int, cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise ValueError(f"{path}, line {line}: {shown(cell)} must be a number of seconds") from None

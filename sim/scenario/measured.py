"""Measured times from CSV files with a header line."""

import csv
import re
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, Final

from sim.files import text_of
from sim.scenario.clock import LONGEST
from sim.scenario.values import NANOSECOND, shown

_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def file_named(given: Any) -> str:  # noqa: ANN401 -- unvalidated input
    """Return the name of a CSV file; raises `ValueError` with one sentence where it cannot be one."""
    if not isinstance(given, str) or not given or "\0" in given:
        raise ValueError(f"csv {shown(given)} must be the name of a file")
    return given


def files_in(data: Any, folder: Path) -> Iterator[Path]:  # noqa: ANN401 -- data that nobody has validated
    """Yield the measured files that a scenario's data names, relative to a folder.

    >>> list(files_in({"workers": [{"csv": "times.csv"}]}, Path("runs")))
    [PosixPath('runs/times.csv')]
    """
    if isinstance(data, Mapping):
        if isinstance(name := data.get("csv"), str):
            yield folder / name
        for each in data.values():
            yield from files_in(each, folder)
    elif isinstance(data, list | tuple):
        for each in data:
            yield from files_in(each, folder)


def written(path: str, value: object) -> dict[str, object]:
    """Return what a setting writes into a scenario's data: its value under the last key of its path.

    >>> written("workers[0].compute.csv", "times.csv")
    {'csv': 'times.csv'}
    """
    return {path.rpartition(".")[2]: value}


def seen_from(folder: Path, data: Any) -> Any:  # noqa: ANN401 -- data that nobody has validated
    """Return data in which the measured files that it names in a folder are named from outside.

    >>> seen_from(Path("runs"), [{"csv": "times.csv"}])
    [{'csv': 'runs/times.csv'}]
    """
    if isinstance(data, Mapping):
        found = {key: seen_from(folder, each) for key, each in data.items()}
        return found | ({"csv": str(folder / name)} if isinstance(name := data.get("csv"), str) else {})
    if isinstance(data, list | tuple):
        return [seen_from(folder, each) for each in data]
    return data


def read_column(path: Path, column: str) -> tuple[float, ...]:
    """Return a column of seconds; raises `ValueError` with one sentence where that is not to be had."""
    return tuple(_number(path, line, cell) for line, (cell,) in _rows(path, column))


def times_by_worker(path: Path) -> dict[str, tuple[float, ...]]:
    """Return each worker's iteration times, from a file with the columns ``worker`` and ``seconds``.

    Raises
    ------
    ValueError
        With one sentence, where the file cannot be read.
    """
    times: dict[str, list[float]] = {}
    for line, (worker, cell) in _rows(path, "worker", "seconds"):
        times.setdefault(worker.strip(), []).append(_number(path, line, cell))
    return {worker: tuple(seconds) for worker, seconds in times.items()}


def _rows(path: Path, *columns: str) -> list[tuple[int, tuple[str, ...]]]:
    """Return the cells of some columns, with the number of each row's line."""
    try:
        reader = csv.reader(StringIO(text_of(path), newline=""), strict=True)
        head = [name.strip() for name in next(reader, [])]
        places = [_place(path, head, column) for column in columns]
        rows = []
        for row in reader:
            if row and len(row) != len(head):
                place = f"{path}, line {reader.line_num}"
                raise ValueError(f"{place}: has {len(row)} cells, and the header {len(head)} columns")
            if row:
                rows.append((reader.line_num, tuple(row[place] for place in places)))
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not a CSV file in UTF-8") from None
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: {error}") from None
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    if not rows:
        raise ValueError(f"{path} has no rows")
    return rows


def _place(path: Path, head: list[str], column: str) -> int:
    if column not in head:
        raise ValueError(f"{path} has no column {column!r}, only {', '.join(head) or 'none'}")
    if head.count(column) > 1:
        raise ValueError(f"{path} has more than one column {column!r}")
    return head.index(column)


def _number(path: Path, line: int, cell: str) -> float:
    """Return a time that the clock can measure, written as numbers are in files of other programs."""
    place = f"{path}, line {line}"
    if not _NUMBER.fullmatch(cell.strip()):
        raise ValueError(f"{place}: {shown(cell)} must be a number of seconds")
    seconds = float(cell)
    if not NANOSECOND <= seconds <= LONGEST:
        raise ValueError(f"{place}: {shown(cell)} must be from {NANOSECOND:g} to {LONGEST:g} seconds")
    return seconds

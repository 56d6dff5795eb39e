"""Shards put together: the table of the whole sweep from the journals of its parts."""

from collections.abc import Sequence
from pathlib import Path

from sim.errors import SimError
from sim.sweep.files import journal_of
from sim.sweep.journal import Contents, lines
from sim.sweep.perform import Row, gathered
from sim.sweep.plan import Plan


def merged(paths: Sequence[Path]) -> tuple[Plan, tuple[Row, ...], bytes]:
    """Return what was swept, all its rows, and a journal of the whole.

    Parameters
    ----------
    paths
        Journals, or the tables that they lie beside.

    Raises
    ------
    SimError
        Where a journal cannot be read, they are of different sweeps, or runs are missing.
    """
    journals = list(dict.fromkeys(map(_journal, paths)))
    whole = Contents()
    for path in journals:
        part = Contents.read(path)
        if part.head is None:
            raise SimError(f"{path}: is empty: the shard has not begun")
        if whole.head is not None and part.head != whole.head:
            raise SimError(f"{path}: is of another sweep than {journals[0]}")
        whole.head = part.head
        for key, result in part.results.items():
            if key not in whole.results or not whole.results[key].lasting:
                whole.results[key] = result
    assert whole.head is not None  # noqa: S101 -- there is at least one journal
    plan = Plan.from_data(whole.head)
    rows, missing = gathered(plan.points, plan.replicas, whole.results)
    if missing:
        raise SimError(
            f"{len(missing):,} runs are missing: has every shard ended? The shards that were given are"
            f" {', '.join(map(str, journals))}"
        )
    return plan, rows, b"".join(lines(whole, iter(whole.results)))


def _journal(path: Path) -> Path:
    if not path.name:
        raise SimError(f"{path}: is no table: name a file, such as part.csv")
    return path if path.suffix == ".journal" else journal_of(path)

"""Logs on disks that are full, and work that is not done twice."""

from pathlib import Path

import pytest

from analysis.errors import AnalysisError
from analysis.learning.checkpoints import LOG, Log, Memory


def test_a_device_that_is_full_is_one_sentence() -> None:
    log = Log(None)
    log._path, log._file = Path("/dev/full"), Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115  # the log closes it
    with pytest.raises(AnalysisError) as refusal:
        log.append({"kind": "update"})
    assert str(refusal.value) == "/dev/full: cannot be written: No space left on device"
    log.close()


def test_work_is_not_done_twice(tmp_path: Path) -> None:
    done: list[str] = []

    def work(name: str) -> int:
        done.append(name)
        return len(done)

    for resume in (False, True):
        memory = Memory(tmp_path, {"batch": 8}, resume=resume)
        assert memory("one", lambda: work("one")) == 1
        memory.close()
    memory = Memory(tmp_path, {"batch": 8}, resume=True)
    assert memory("two", lambda: work("two")) == 2
    memory.close()
    assert done == ["one", "two"]


def test_a_memory_torn_in_the_middle_of_a_line_keeps_the_rest(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory("one", lambda: 1)
    memory.close()
    with (tmp_path / LOG).open("ab") as log:
        log.write(b'{"work": "two", "res')
    memory = Memory(tmp_path, resume=True)
    assert memory("one", lambda: 7) == 1
    assert memory("two", lambda: 2) == 2
    memory.close()
    assert len((tmp_path / LOG).read_text().splitlines()) == 3


def test_a_memory_of_something_else_is_refused(tmp_path: Path) -> None:
    Memory(tmp_path, {"batch": 8}).close()
    with pytest.raises(AnalysisError, match="was made with batch = 8, not 9"):
        Memory(tmp_path, {"batch": 9}, resume=True)
    with pytest.raises(AnalysisError, match="holds a run already"):
        Memory(tmp_path, {"batch": 8})

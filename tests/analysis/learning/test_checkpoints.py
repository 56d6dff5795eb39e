"""Logs on disks that are full, and work that is not done twice."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.learning.checkpoints import LOG, Log
from analysis.learning.memory import Memory


def test_a_device_that_is_full_is_one_sentence() -> None:
    log = Log(None)
    log._path, log._file = Path("/dev/full"), Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115  # the log closes it
    with pytest.raises(AnalysisError) as refusal:
        log.append({"kind": "update"})
    assert str(refusal.value) == "/dev/full: cannot be written: No space left on device"
    log.close()


def test_what_was_kept_is_known(tmp_path: Path) -> None:
    memory = Memory(tmp_path, {"data": "a"})
    memory.keep("one", 1.5)
    memory.keep("two", [0.1, None])
    memory.close()
    memory = Memory(tmp_path, {"data": "a"}, resume=True)
    assert memory.missing(["one", "two", "three"]) == ["three"]
    assert (memory.known("one"), memory.known("two")) == (1.5, [0.1, None])
    memory.close()


def test_a_memory_torn_in_the_middle_of_a_line_keeps_the_rest(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.keep("one", 1)
    memory.close()
    with (tmp_path / LOG).open("ab") as log:
        log.write(b'{"work": "two", "res')
    memory = Memory(tmp_path, resume=True)
    assert memory.missing(["one", "two"]) == ["two"]
    memory.keep("two", 2)
    memory.close()
    assert len((tmp_path / LOG).read_text().splitlines()) == 3


def test_a_log_cut_to_its_first_record_holds_only_that(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.append({"kind": "update", "loss": 1.0})
    first = log.progress(1, 0.5)
    log.append({"kind": "update", "loss": 2.0})
    log.close()
    log = Log(tmp_path, first)
    assert log.records == [{"kind": "update", "loss": 1.0}]
    assert log.progress(1, 0.5) == first
    log.close()
    assert len((tmp_path / LOG).read_text().splitlines()) == 1


def test_a_memory_of_something_else_is_refused(tmp_path: Path) -> None:
    Memory(tmp_path, {"data": "a"}).close()
    with pytest.raises(AnalysisError, match="was made with data = a, not b"):
        Memory(tmp_path, {"data": "b"}, resume=True)
    with pytest.raises(AnalysisError, match="holds a run already"):
        Memory(tmp_path, {"data": "a"})


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_memory_with_any_byte_changed_is_damaged_or_whole(
    tmp_path_factory: pytest.TempPathFactory, at: int, byte: int
) -> None:
    folder = tmp_path_factory.mktemp("memory")
    memory = Memory(folder, {"data": "a"})
    memory.keep("one", 1.5)
    memory.close()
    path = folder / LOG
    content = bytearray(path.read_bytes())
    content[at % len(content)] = byte
    path.write_bytes(content)
    try:
        memory = Memory(folder, {"data": "a"}, resume=True)
    except AnalysisError as error:
        assert str(error).startswith(f"{path}: ")  # noqa: PT017  # whether it raises depends on the byte
        return
    assert memory.missing(["one"]) == ["one"] or memory.known("one") == 1.5
    memory.close()

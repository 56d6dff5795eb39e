"""A journal keeps what it was given through a crash at any byte, and nothing else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import SimError
from sim.sweep.journal import FORMAT, Contents, Journal, lines
from sim.sweep.runs import Result

HEAD = {"scenario": {"title": "≤ 工"}, "over": []}
DONE = [
    ("a", Result("simpy", {"updates": 6, "staleness.mean": 0.1 + 0.2, "ended": "time"})),
    ("b", Result(None, {}, "k 9 must be at most 8", lasting=False)),
    ("c", Result("compiled", {"updates": 2**60, "staleness.mean": None, "ended": "stalled"})),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "t.journal"
    with Journal(path) as journal:
        journal.begin(HEAD)
        journal.add(DONE[:1])
        journal.add(DONE[1:])
    return path


def test_what_is_added_is_there_again(path: Path) -> None:
    with Journal(path) as journal:
        assert journal.results == dict(DONE)
        assert journal.head == HEAD
        journal.begin(HEAD)
        journal.add([("b", DONE[0][1])])
    found = Contents.read(path)
    assert found.results == dict(DONE) | {"b": DONE[0][1]}
    assert path.read_bytes().count(b'"head"') == 1


def test_a_crash_at_any_byte_loses_the_last_line_at_most(path: Path, tmp_path: Path) -> None:
    whole = path.read_bytes()
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    torn = tmp_path / "torn.journal"
    for length in range(len(whole)):
        torn.write_bytes(whole[:length])
        kept = sum(end <= length for end in ends[2:])  # after the format and the head
        assert Contents.read(torn).results == dict(DONE[:kept])
        with Journal(torn) as journal:
            journal.begin(HEAD)
            journal.add(DONE[kept:])
        assert torn.read_bytes() == whole


@given(st.data())
def test_a_damaged_line_is_as_if_it_had_not_been_written(data: st.DataObject) -> None:
    contents = Contents()
    contents.take({"head": HEAD})
    for key, result in DONE:
        contents.take({"key": key, **vars(result)})
    parts = list(lines(contents, iter("abc")))
    which = data.draw(st.integers(2, 4))
    at = data.draw(st.integers(0, len(parts[which]) - 2))
    changed = bytearray(parts[which])
    changed[at] ^= data.draw(st.integers(1, 255))
    parts[which] = bytes(changed)
    found, _ = Contents.parsed(Path("x"), b"".join(parts))
    assert found.results == {key: result for place, (key, result) in enumerate(DONE, 2) if place != which}


def test_a_file_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.journal"
    for content in (b"my notes\n", FORMAT.encode()[:-1] + b"9\n"):
        path.write_bytes(content)
        with pytest.raises(SimError, match=r"notes\.journal: is no journal of a sweep"), Journal(path):
            pass
        assert path.read_bytes() == content


def test_two_cannot_write_at_once(path: Path) -> None:
    with Journal(path), pytest.raises(SimError, match="another sweep is writing to it"), Journal(path):
        pass
    with Journal(path) as journal:
        assert journal.results == dict(DONE)


def test_what_cannot_be_opened_or_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SimError, match=r"no/t\.journal: No such file"), Journal(tmp_path / "no/t.journal"):
        pass
    with pytest.raises(SimError, match="No such file"):
        Contents.read(tmp_path / "no")
    path = tmp_path / "t.journal"
    with Journal(path) as journal:
        path.unlink()
        journal.add(DONE[:1])  # an open file is there, whatever becomes of its name
    (tmp_path / "full.journal").symlink_to("/dev/full")
    with pytest.raises(SimError, match=r"full\.journal: is no file"), Journal(tmp_path / "full.journal"):
        pass

"""Files appear whole or not at all, and no other file is touched."""

import os
import stat
from pathlib import Path

import pytest

from nets.errors import InputError
from nets.files import write


def test_a_users_part_file_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "x.csv.part"
    theirs.write_text("theirs")
    write(tmp_path / "x.csv", b"ours")
    assert theirs.read_text() == "theirs"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.csv", "x.csv.part"]


def test_a_file_that_fails_half_way_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "x"
    target.write_text("old")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(target, b"new")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_links_lead_to_the_file_that_is_written(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    write(link, b"one")
    write(link, b"two")
    assert link.is_symlink()
    assert target.read_bytes() == b"two"


def test_permissions_stay(tmp_path: Path) -> None:
    target = tmp_path / "x"
    target.write_text("old")
    target.chmod(0o640)
    write(target, b"new")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    write(tmp_path / "fresh", b"")
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((tmp_path / "fresh").stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize("name", ["missing/x", "n" * 300, "a\0b", "loop", "."])
def test_what_cannot_be_written_is_one_sentence_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(InputError) as refused:
        write(tmp_path / name, b"x")
    assert "\0" not in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["loop"]

"""Writing a file touches no other, whatever happens."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from sim import SimError
from sim.files import LARGEST_TEXT, text_of, write


def test_a_users_own_part_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "x.csv.part").write_text("mine")
    write(tmp_path / "x.csv", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "x.csv.part": b"mine",
        "x.csv": b"new",
    }


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyboardInterrupt(), MemoryError()]
)
@pytest.mark.parametrize("step", ["open", "replace"])
def test_what_fails_leaves_all_as_it_was(
    error: BaseException, step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_text("old")
    whole = Path.open

    def half_written(path: Path, mode: str = "r", **more: Any) -> Any:  # noqa: ANN401 -- those of open
        if mode == "xb":
            path.write_bytes(b"ha")
            raise error
        return whole(path, mode, **more)

    def refused(*_: object) -> None:
        raise error

    monkeypatch.setattr(Path, step, half_written if step == "open" else refused)
    with pytest.raises((SimError, KeyboardInterrupt, MemoryError)):
        write(tmp_path / "x", b"half")
    monkeypatch.undo()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"x": "old"}


def test_a_file_keeps_its_permissions_and_a_new_one_has_the_usual(tmp_path: Path) -> None:
    usual, kept = tmp_path / "usual", tmp_path / "kept"
    usual.write_text("")
    kept.write_text("")
    kept.chmod(0o640)
    for path in (kept, tmp_path / "new"):
        write(path, b"")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o640
    assert (tmp_path / "new").stat().st_mode == usual.stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder/file")
    write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "file").read_bytes() == b"new"
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SimError, match="loop: Too many levels of symbolic links"):
        write(tmp_path / "loop", b"new")


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path: Path) -> None:
    write(tmp_path / ("n" * 255), b"new")
    with pytest.raises(SimError, match="File name too long"):
        write(tmp_path / ("n" * 256), b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["n" * 255]


def test_a_device_is_written_to_as_it_is() -> None:
    write("/dev/null", b"new")
    with pytest.raises(SimError, match="/dev/full: No space left on device"):
        write("/dev/full", b"new")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SimError, match="Is a directory"):
        write(tmp_path, b"new")


def test_a_text_is_read_with_and_without_a_mark_and_from_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"\xef\xbb\xbfa\r\nb")
    assert text_of(tmp_path / "t") == "a\nb"
    reader, writer = os.pipe()
    os.write(writer, b"piped")
    os.close(writer)
    assert text_of(Path(f"/dev/fd/{reader}")) == "piped"
    os.close(reader)


def test_what_has_no_end_is_not_read_to_it() -> None:
    with pytest.raises(OSError, match="File too large"):
        text_of(Path("/dev/zero"))
    assert LARGEST_TEXT < 2**30

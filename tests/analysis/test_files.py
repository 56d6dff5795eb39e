"""Files, and figures among them, that are there whole or not at all."""

from pathlib import Path

import pytest

from analysis.errors import AnalysisError
from analysis.figures import panels, save
from analysis.files import write


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AnalysisError, match="cannot be written: "):
        write(tmp_path / "file" / "result.json", b"{}")


def test_a_file_of_the_users_beside_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "result.json.part").write_bytes(b"half")
    write(tmp_path / "result.json", b"whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["result.json", "result.json.part"]
    assert (tmp_path / "result.json.part").read_bytes() == b"half"
    assert (tmp_path / "result.json").read_bytes() == b"whole"


@pytest.mark.parametrize("suffix", [".png", ".svg", ".PDF"])
def test_the_same_figure_is_the_same_file(tmp_path: Path, suffix: str) -> None:
    for name in ("one", "other"):
        figure, (axes,) = panels(1)
        axes.plot([1, 2], [3, 1], "o-", label="a line")
        axes.legend()
        save(figure, tmp_path / f"{name}{suffix}")
    content = (tmp_path / f"one{suffix}").read_bytes()
    assert content == (tmp_path / f"other{suffix}").read_bytes()
    assert content[:4] in (b"\x89PNG", b"<?xm", b"%PDF")

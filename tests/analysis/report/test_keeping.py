"""Parts are kept with a key of all that they depend on."""

from pathlib import Path

import pytest

from analysis.report import SCALES, keeping
from analysis.report.keeping import keep, kept, key_of, name_of
from analysis.report.part import Part

PART = Part({"numbers": [1, 2.5, None], "name": "ü"}, {"figure": "<svg/>"})


def test_a_part_is_read_as_it_was_kept(tmp_path: Path) -> None:
    assert keep(tmp_path / "p.json", "key", PART) == PART
    assert kept(tmp_path / "p.json", "key") == PART
    assert kept(tmp_path / "p.json", "another") is None
    assert kept(tmp_path / "none.json", "key") is None


def test_other_settings_have_another_key() -> None:
    keys = {key_of("fits", scale) for scale in SCALES.values()} | {key_of("scores", SCALES["tiny"])}
    assert len(keys) == len(SCALES) + 1
    assert key_of("fits", SCALES["tiny"]) == key_of("fits", SCALES["tiny"])


@pytest.mark.parametrize("part", ["_code", "_version"])
def test_other_code_or_another_library_has_another_key(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, name = key_of("fits"), name_of("fits")
    monkeypatch.setattr(keeping, part, lambda *_: "changed")
    assert key_of("fits") != before
    assert name_of("fits") == name  # what was trained goes on after a repair

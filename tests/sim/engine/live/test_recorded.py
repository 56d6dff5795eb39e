"""Every live run that is kept in the examples obeys every law, exactly."""

from pathlib import Path

import pytest

from sim import Trace
from tests.commands import ROOT
from tests.sim.engine.live.scenarios import obeys_every_law

FOLDER = ROOT / "examples" / "live"
FILES = sorted(FOLDER.rglob("*.parquet"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_law_holds(path: Path) -> None:
    trace = Trace.load(path)
    assert trace.engine == "live"
    obeys_every_law(trace)


def test_no_setting_is_predicted_that_was_calibrated_on() -> None:
    scenarios = {
        kind: {Trace.load(path).scenario.to_toml() for path in (FOLDER / kind).iterdir()}
        for kind in ("calibration", "held-out")
    }
    assert len(scenarios["calibration"]) == 2
    assert len(scenarios["held-out"]) == 14
    assert not scenarios["calibration"] & scenarios["held-out"]

"""A sweep killed by SIGKILL, run again, ends with the table of one that nobody killed."""

import sys
import time
from pathlib import Path

import pytest

from tests.commands import ROOT, signalled, started, wait_until
from tests.sim.sweep.soak import covers, kill


def test_a_killed_sweep_goes_on(tmp_path: Path) -> None:
    assert sum(kill(number, tmp_path) for number in range(1)) >= 1


def test_intervals_cover_more_often_than_not(tmp_path: Path) -> None:
    assert sum(covers(number, tmp_path) for number in range(20)) >= 16


@pytest.mark.parametrize("delay", [0.0, 1.0])
def test_ctrl_c_ends_all_processes_in_silence(tmp_path: Path, delay: float) -> None:
    """From the terminal it reaches them all, those too that are only starting."""
    table = tmp_path / "r.csv"
    command = [sys.executable, "-m", "sim", "sweep", str(ROOT / "examples" / "theory-eight-workers.toml")]
    grid = ["--set", "stop.updates=20000", "--over", "workers[0].count=2..9", "--engine", "simpy"]
    with started(*command, *grid, "--jobs", "2", "--replicas", "50", "--out", str(table)) as process:
        wait_until(table.with_name("r.csv.journal").exists, process)
        time.sleep(delay)
        done = signalled(process)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
    assert not table.exists()

"""A sweep killed by SIGKILL, run again, ends with the table of one that nobody killed."""

from pathlib import Path

from tests.sim.sweep.soak import covers, kill


def test_a_killed_sweep_goes_on(tmp_path: Path) -> None:
    assert sum(kill(number, tmp_path) for number in range(1)) >= 1


def test_intervals_cover_more_often_than_not(tmp_path: Path) -> None:
    assert sum(covers(number, tmp_path) for number in range(20)) >= 16

"""A Dask cluster of two processes gives what one process does, byte for byte."""

from pathlib import Path

import pytest

from tests.commands import ROOT, run_python

pytest.importorskip("distributed", reason="needs dask[distributed], the extra `dask`")

BOTH = """
import sys
from dask.distributed import LocalCluster
from sim.cli import main

if __name__ == "__main__":
    sweep = ["sweep", sys.argv[1], "--set", "stop.updates=40", "--over", "protocol.k=1..3", "--replicas", "4"]
    where = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    assert main([*sweep, "--out", "alone.csv"]) == 0
    with LocalCluster(**where) as cluster:
        assert main([*sweep, "--out", "cluster.csv", "--dask", cluster.scheduler_address]) == 0
"""


def test_two_processes_of_dask_give_the_same_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("both.py").write_text(BOTH)
    done = run_python("both.py", str(ROOT / "examples" / "theory-eight-workers.toml"))
    assert done.returncode == 0, done.stderr
    assert Path("cluster.csv").read_bytes() == Path("alone.csv").read_bytes()

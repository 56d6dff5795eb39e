"""A Dask cluster of two processes, and a Ray one, give what one process does, byte for byte."""

from pathlib import Path

import pytest

from sim.cli import main
from tests.commands import ROOT, run_python

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
    pytest.importorskip("distributed", reason="needs dask[distributed], the extra `dask`")
    monkeypatch.chdir(tmp_path)
    Path("both.py").write_text(BOTH)
    done = run_python("both.py", str(ROOT / "examples" / "theory-eight-workers.toml"))
    assert done.returncode == 0, done.stderr
    assert Path("cluster.csv").read_bytes() == Path("alone.csv").read_bytes()


def test_ray_gives_the_same_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="needs ray, the extra `ray`")
    monkeypatch.chdir(tmp_path)
    file = str(ROOT / "examples" / "theory-eight-workers.toml")
    command = ["-m", "sim", "sweep", file, "--set", "stop.updates=40", "--over", "protocol.k=1..3"]
    for where in (["alone.csv"], ["ray.csv", "--ray", "local"]):
        done = run_python(*command, "--replicas", "4", "--out", *where)
        assert done.returncode == 0, done.stderr
    assert Path("ray.csv").read_bytes() == Path("alone.csv").read_bytes()


def test_a_ray_cluster_that_does_not_answer_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("ray", reason="needs ray, the extra `ray`")
    file = str(ROOT / "examples" / "theory-eight-workers.toml")
    assert main(["sweep", file, "--over", "protocol.k=1..3", "--ray", "127.0.0.1:1"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: --ray 127.0.0.1:1: no cluster answers: ")
    assert told.count("\n") == 1

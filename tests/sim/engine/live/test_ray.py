"""The rules hold on Ray, with an actor for each worker; one cluster serves all tests here."""

import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from sim import Exponential, Network, Outcome, Protocol, Scenario, SimError, Stop, Trace, Worker
from sim.cli import main
from sim.engine.live import live
from tests.commands import ROOT, run_python, signalled, started, wait_until
from tests.sim.engine.live.scenarios import EACH, FLEET, obeys_every_law, scenario

ray = pytest.importorskip("ray", reason="needs ray, the extra `live`")

FILE = str(ROOT / "examples" / "live" / "four-workers.toml")


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """Ray on this machine, small."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        num_cpus=2, object_store_memory=2 * 10**8, include_dashboard=False, log_to_driver=False,
        logging_level="ERROR",
    )  # fmt: skip
    yield
    ray.shutdown()


@pytest.mark.parametrize("name", ["bsp", "k-sync", "slack"])
def test_every_law_holds(name: str) -> None:
    trace = live(EACH[name])
    assert (trace.engine, trace.ended, trace.updates) == ("live", "updates", 40)
    obeys_every_law(trace)


def test_large_vectors_travel_too() -> None:
    asked = scenario(Protocol.k_async(2), Stop(updates=5))
    trace = live(asked.replace(network=Network(weight_bytes="2 MB", gradient_bytes="1 MB")))
    assert trace.updates == 5
    obeys_every_law(trace)


def test_a_worker_that_is_killed_is_a_departure_and_the_run_goes_on() -> None:
    doomed: list[int] = []

    def note(text: str) -> None:
        found = re.search(r"doomed (\d+)", text)
        assert found
        doomed.append(int(found[1]))

    def kill(_: float, __: int, begun: int) -> None:
        if begun >= 2 and doomed:  # both have read their weights
            os.kill(doomed.pop(), signal.SIGKILL)

    workers = [Worker(name="w", compute=0.01), Worker(name="doomed", compute=100.0)]
    ask = Scenario(workers=workers, protocol=Protocol.bsp(), stop=Stop(updates=3))
    trace = live(ask, log=note, progress=kill)
    assert trace.updates == 3
    assert trace.outcome[trace.worker == 1].tolist() == [Outcome.LOST]


def test_times_are_scaled_and_the_trace_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "live.parquet"
    options = ["--time-scale", "0.1", "--set", "stop.updates=20", "--save", str(kept)]
    assert main(["live", FILE, *options]) == 0
    said = capsys.readouterr()
    assert "processes: server " in said.err
    assert "engine     live" in said.out
    trace = Trace.load(kept)
    assert trace.scenario.title.endswith("(live, sleep, times × 0.1)")
    assert trace.scenario.workers[0].compute.mean == pytest.approx(0.005)  # type: ignore[union-attr]
    obeys_every_law(trace)


def test_work_may_be_real(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 2.0})
    one = Scenario(workers=[Worker(name="w", compute=0.01)], stop=Stop(updates=4))
    trace = live(one, work="spin")
    assert np.all(trace.computed_at - trace.read_at >= 0.01 - 1e-6)
    trained = live(one, work="torch:tests.sim.engine.live.module:factory")
    assert trained.scenario.network == Network(weight_bytes=44.0, gradient_bytes=44.0)
    assert trained.updates == 4


def test_too_few_processors_and_a_module_that_is_not_there_are_one_sentence() -> None:
    with pytest.raises(SimError, match=r"--work spin takes a processor for each of 3 workers"):
        live(Scenario(workers=FLEET, stop=Stop(updates=1)), work="spin")
    one = Scenario(workers=[Worker(name="w", compute=Exponential(mean=1.0))], stop=Stop(updates=1))
    with pytest.raises(SimError, match=r"--work torch:nothing:here: a worker does not start: .*nothing"):
        live(one, work="torch:nothing:here")


def test_nobody_listens_at_an_address() -> None:
    done = run_python("-m", "sim", "live", FILE, "--ray", "127.0.0.1:1")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"error: --ray 127\.0\.0\.1:1: no cluster answers: .*refused\n", done.stderr)


def test_ctrl_c_while_ray_starts_leaves_nothing_behind(tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    code = (
        "import pathlib, ray, sys; from sim.cli import main; start = ray.init\n"
        "def init(**options):\n"
        f"    pathlib.Path({str(sign)!r}).touch()\n"
        "    return start(**options)\n"
        f"ray.init = init; sys.exit(main(['live', {FILE!r}]))"
    )
    with started(sys.executable, "-c", code) as process:
        wait_until(sign.exists, process)
        time.sleep(1)
        group = process.pid
        done = signalled(process)
        left = [each for each in psutil.process_iter() if _group(each.pid) == group]
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
    assert left == []


def _group(number: int) -> int | None:
    try:
        return os.getpgid(number)
    except ProcessLookupError:
        return None


def test_ctrl_c_keeps_what_there_is(tmp_path: Path) -> None:
    kept = tmp_path / "live.parquet"
    command = ["live", FILE, "--set", "stop.time=1000", "--save", str(kept)]
    with started(sys.executable, "-m", "sim", *command) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("processes: server ")
        done = signalled(process)
    assert done.returncode == 130
    trace = Trace.load(kept)
    assert trace.ended == "interrupted"
    for number in map(int, re.findall(r" (\d+)", line)):
        assert not Path(f"/proc/{number}").exists()

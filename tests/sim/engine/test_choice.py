"""Which engine runs, what is kept of a run, and whether that fits."""

import copy
import json
import pickle
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from sim import (
    Exponential,
    Failures,
    Protocol,
    Scenario,
    SimulationError,
    Slowdowns,
    Stop,
    Trace,
    Worker,
    metrics,
    simulate,
    summarise,
)
from sim.cli import main
from sim.engine.choice import PAYS, choose
from sim.engine.room import A_ROW
from sim.metrics.tally import tally
from tests.commands import run_python

FLEET = Worker(name="w", count=4, compute=Exponential(mean=1.0))
SHORT = Scenario(workers=[FLEET], stop=Stop(gradients=50))


@pytest.mark.parametrize(
    ("scenario", "engine"),
    [
        (SHORT, "simpy"),
        (SHORT.replace(stop=Stop(gradients=PAYS)), "compiled"),
        (SHORT.replace(stop=Stop(time=1000.0)), "simpy"),
        (SHORT.replace(stop=Stop(time=PAYS / 4 + 1)), "compiled"),
        (SHORT.replace(stop=Stop(gradients=PAYS, time=10.0)), "simpy"),
        (SHORT.replace(stop=Stop(updates=PAYS // 4), protocol=Protocol.bsp()), "compiled"),
        (SHORT.replace(workers=[FLEET.replace(gradients=10)], stop=Stop()), "simpy"),
        (SHORT.replace(workers=[FLEET.replace(gradients=PAYS)], stop=Stop()), "compiled"),
    ],
)
def test_the_compiled_engine_is_for_long_runs(scenario: Scenario, engine: str) -> None:
    assert choose(scenario) == engine


def test_a_trace_says_which_engine_ran() -> None:
    assert simulate(SHORT).engine == "simpy"
    assert simulate(SHORT, engine="compiled").engine == "compiled"
    assert summarise(SHORT, engine="compiled")["engine"] == "compiled"


def test_a_short_run_loads_no_numba() -> None:
    code = (
        "import sys; from sim import *; summarise(Scenario.load('examples/two-learners.toml'));"
        "simulate(Scenario.load('examples/two-learners.toml')); print('numba' in sys.modules)"
    )
    assert run_python("-c", code).stdout == "False\n"


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_figures_alone_are_those_of_the_trace(engine: str) -> None:
    figures = summarise(SHORT, seed=3, engine=engine)
    assert figures == {"engine": engine} | metrics.summary(simulate(SHORT, seed=3))


def test_a_trace_is_pickled_and_copied_whole() -> None:
    trace = simulate(SHORT)
    for again in (pickle.loads(pickle.dumps(trace)), copy.deepcopy(trace), copy.copy(trace)):  # noqa: S301
        assert isinstance(again, Trace)
        assert (again, again.engine) == (trace, "simpy")
        with pytest.raises(ValueError, match="read-only"):
            again.ticks["worker"][0] = 1


def test_a_pull_that_led_to_no_gradient_keeps_the_link_busy() -> None:
    scenario = Scenario.load("examples/vgg19-10gbit.toml", settings={"stop.time": 1.0})
    trace = simulate(scenario)
    link = metrics.downlink(trace)
    # Eight pulls of 0.46 s each are asked for at 0: until 1 s the link is never idle.
    assert (link.utilisation, link.max_queue) == (1.0, 7)
    assert sorted(trace.unread["worker"].tolist() + trace.worker.tolist()) == list(range(8))


def test_presence_stands_in_the_trace() -> None:
    worker = Worker(name="w", compute=1.0, joins=0.5, offline=((2.0, 3.0),), gradients=3)
    trace = simulate(Scenario(workers=[worker]))
    # Gradients 0.5–1.5, 1.5–2 (lost), 3–4; then it is done.
    assert trace.stays["comes"].tolist() == [500_000_000, 3_000_000_000]
    assert trace.stays["goes"].tolist() == [2_000_000_000, 4_000_000_000]
    assert trace.stays["done"].tolist() == [0, 1]
    assert tally(trace).present.tolist() == [2_500_000_000]


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
@pytest.mark.parametrize(
    ("worker", "cause"),
    [
        (
            Worker(name="A", compute=10.0, failures=Failures(mtbf=0.001, repair=0.001)),
            "gradients were lost, since workers go before these are done",
        ),
        (
            Worker(name="A", compute=10.0, slowdowns=Slowdowns(every=1e-9, lasting=1e-9, factor=0.5)),
            "the speed of a worker changes too often for a gradient to be done",
        ),
    ],
)
def test_no_progress_ends_with_its_cause_and_status_1(
    engine: str,
    worker: Worker,
    cause: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sim.engine.setup.PATIENCE", 3000)
    path = tmp_path / "s.toml"
    path.write_text(Scenario(workers=[worker], stop=Stop(updates=1)).to_toml())
    assert main(["run", str(path), "--engine", engine, "--csv", str(tmp_path / "rows.csv")]) == 1
    captured = capsys.readouterr()
    assert "no gradient reached an update in very many events" in captured.out
    assert cause in captured.err.splitlines()[-1]
    assert (tmp_path / "rows.csv").exists()


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_a_trace_that_will_not_fit_is_refused_before_the_run(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = SimpleNamespace(available=100 * A_ROW)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    assert len(simulate(SHORT, engine=engine)) == 53
    with pytest.raises(
        SimulationError, match=r"the trace of 105 gradients takes up to .* are free: ask for its"
    ):
        simulate(SHORT.replace(stop=Stop(gradients=100)), engine=engine)


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_a_run_stops_before_the_memory_is_full(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.engine.room.OFTEN", 1 << 12)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=9000 * A_ROW))
    endless = SHORT.replace(stop=Stop(time=1e6))
    with pytest.raises(SimulationError, match="the memory is full after"):
        simulate(endless, engine=engine)


def test_json_of_figures_alone_is_short(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "examples/fedbuff.toml", "--summary-only", "--json"]) == 0
    printed = capsys.readouterr().out
    data = json.loads(printed)
    assert data["engine"] == "simpy"
    assert data["summary"]["updates"] == simulate(Scenario.load("examples/fedbuff.toml")).updates
    assert len(printed) < 8000
    assert "gradients" not in data


def test_files_of_gradients_that_are_not_kept_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.csv"
    assert main(["run", "examples/fedbuff.toml", "--summary-only", "--csv", str(path)]) == 2
    assert capsys.readouterr().err == "error: --summary-only keeps no gradients to write to --csv\n"
    assert not path.exists()

"""The compiled engine against the SimPy engine; and how it is compiled, kept and stopped."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from sim import (
    Exponential,
    Network,
    Pareto,
    Protocol,
    Scenario,
    Server,
    SimulationError,
    Stop,
    Trace,
    Worker,
    simulate,
    summarise,
)
from sim.engine.compiled import build, drive, kernel, memory
from sim.engine.setup import set_up
from sim.metrics import figures, summary
from tests.commands import run_python, signalled, started
from tests.sim import strategies

EXAMPLES = 3 * settings().max_examples


def equal(scenario: Scenario) -> None:
    """Assert that the engines agree on every row and every figure."""
    trace = simulate(scenario, engine="simpy")
    assert simulate(scenario, engine="compiled") == trace
    assert summarise(scenario, engine="compiled") == {"engine": "compiled"} | summary(trace)


@given(scenario=strategies.everything())
@settings(max_examples=EXAMPLES)
def test_the_engines_agree(scenario: Scenario) -> None:
    equal(scenario)


@given(scenario=strategies.anything())
@settings(max_examples=EXAMPLES)
def test_the_engines_agree_to_the_nanosecond(scenario: Scenario) -> None:
    equal(scenario)


def by_plain_python(scenario: Scenario) -> tuple[Trace, dict[str, object]]:
    """Run the event loop as it is, uncompiled."""
    setup = set_up(scenario, scenario.seed)
    run = drive.run(setup, kernel)
    tables = (run.ticks, run.stays, run.unread)
    sums, ended = drive.sum_up(set_up(scenario, scenario.seed), kernel)
    return Trace(scenario, scenario.seed, "python", run.ended, run.end, *tables), figures(
        sums, scenario, ended
    )


@given(scenario=strategies.everything())
@settings(max_examples=max(settings().max_examples // 5, 1))
def test_what_is_compiled_runs_as_it_is_too(scenario: Scenario) -> None:
    trace, found = by_plain_python(scenario)
    assert trace == simulate(scenario, engine="simpy")
    assert found == summary(trace)


@pytest.fixture
def narrow() -> Iterator[None]:
    """Let the memory have room for next to nothing at first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "ROOM", 1)
        patch.setattr(drive, "AT_FIRST", 1)
        patch.setattr(drive, "APART", 0)
        patch.setattr(kernel, "HISTOGRAM_LIMIT", 4)
        yield


BUSY = Scenario(
    workers=[Worker(name="w", count=9, compute=Exponential(mean=1.0), offline=((3.0, 4.0), (5.0, 6.0)))],
    network=Network(latency=0.01),
    server=Server(apply=0.01),
    stop=Stop(time=30.0),
)


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize(
    "protocol",
    [
        Protocol.asynchronous(),
        Protocol.asynchronous(max_staleness=3),
        Protocol.k_sync(3),
        Protocol.k_batch_async(20),
    ],
    ids=str,
)
def test_the_memory_grows(protocol: Protocol) -> None:
    scenario = BUSY.replace(protocol=protocol)
    equal(scenario)
    trace, found = by_plain_python(scenario)
    assert trace == simulate(scenario, engine="simpy")
    assert found == summary(trace)


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario(workers=[Worker(name="A", compute=1e9)], stop=Stop(gradients=20)),
        Scenario(workers=[Worker(name="A", compute=Pareto(minimum=1e8, shape=0.1), gradients=9)]),
        Scenario(
            workers=[Worker(name="A", compute=1.0, gradients=9)],
            server=Server(apply=Pareto(minimum=1e8, shape=0.1)),
        ),
    ],
    ids=["clock", "compute", "service"],
)
@pytest.mark.parametrize("simulating", [simulate, summarise])
def test_the_engines_refuse_in_the_same_sentence(
    scenario: Scenario, simulating: Callable[..., object]
) -> None:
    sentences = set()
    for engine in ("simpy", "compiled"):
        with pytest.raises(SimulationError) as caught:
            simulating(scenario, engine=engine)
        sentences.add(str(caught.value))
    assert len(sentences) == 1


def test_a_time_too_long_that_is_never_needed_is_no_error() -> None:
    # The second and the later draws are far beyond the clock; the run ends with the first gradient.
    for seed in range(50):
        worker = Worker(name="A", compute=Pareto(minimum=1.0, shape=0.05), gradients=1)
        scenario = Scenario(workers=[worker], seed=seed)
        try:
            expected = simulate(scenario, engine="simpy")
        except SimulationError:
            continue
        assert simulate(scenario, engine="compiled") == expected
        endless = scenario.replace(workers=[worker.replace(gradients=None)], stop=Stop(gradients=1))
        assert simulate(endless, engine="compiled") == simulate(endless, engine="simpy")


def test_progress_is_told() -> None:
    told: list[tuple[float, int, int]] = []
    fleet = [Worker(name="w", count=3, compute=0.5)]
    simulate(
        Scenario(workers=fleet, stop=Stop(gradients=4 * drive.AT_ONCE)),
        engine="compiled",
        progress=lambda *news: told.append(news),
    )
    assert len(told) > 3
    assert np.all(np.diff(told, axis=0) >= 0)
    seconds, updates, gradients = told[-1]
    assert 0 < updates <= gradients <= updates + 3
    assert seconds == pytest.approx(0.5 * updates / 3, rel=1e-3)


def test_settings_of_numba_are_left_as_they_were() -> None:
    code = """
from numba.core import config
before = dict(vars(config))
from sim.engine.compiled import build
build.loop()
assert dict(vars(config)) == before
"""
    done = run_python("-c", code)
    assert done.returncode == 0, done.stderr


def test_small_runs_never_load_numba() -> None:
    code = (
        "import sys; from sim.cli import main; main(['run', sys.argv[1]]); sys.exit('numba' in sys.modules)"
    )
    done = run_python("-c", code, "examples/two-learners.toml")
    assert (done.returncode, done.stderr) == (0, "")


RUN = """
import sys
from sim import Scenario, Worker, simulate
trace = simulate(Scenario(workers=[Worker(name="A", compute=1.0, gradients=4)]), engine="compiled")
print(trace.engine, trace.applied)
"""


def test_it_is_compiled_once_by_two_at_once_wherever_there_is_room(tmp_path: Path) -> None:
    # What HOME and the rest name are files: nobody, not even root, can make a folder there.
    blocked = tmp_path / "file"
    blocked.touch()
    room = tmp_path / "tmp"
    room.mkdir()
    env = {"HOME": str(blocked), "XDG_CACHE_HOME": str(blocked), "TMPDIR": str(room), "NUMBA_CACHE_DIR": ""}
    with (
        started(sys.executable, "-c", RUN, env=env) as one,
        started(sys.executable, "-c", RUN, env=env) as other,
    ):
        for process in (one, other):
            out, err = process.communicate()
            assert (process.returncode, out) == (0, "compiled 4\n"), err
            assert err in {"", "compiling the engine, once on this machine …\n"}
    again = run_python("-c", RUN, env=env)
    assert (again.returncode, again.stdout, again.stderr) == (0, "compiled 4\n", "")
    assert list(room.rglob("*.nbc"))


def test_the_folder_is_the_one_that_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "given"))
    assert tmp_path / "given" in build._folder().parents


INTERRUPTED = """
import sys
from sim.cli import main
from sim.engine.compiled import build

advance = build.Compiled.advance


def noticed(*arguments):
    print("begun", flush=True)
    return advance(*arguments)


build.Compiled.advance = noticed
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("options", [("--summary-only",), ("--json",)])
def test_ctrl_c_ends_a_compiled_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    file = tmp_path / "long.toml"
    text = '[stop]\ngradients = 2_000_000\n[[workers]]\nname = "w"\ncount = 100\ncompute = 1.0\n'
    file.write_text(text.replace("2_000", "9_000_000") if "--summary-only" in options else text)
    command = (sys.executable, "-c", INTERRUPTED, "run", str(file), "--engine", "compiled", *options)
    with started(*command) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        done = signalled(process)
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
    assert set(done.stdout.split()) <= {"begun"}

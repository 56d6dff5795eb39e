"""Whatever comes in: a known status, a sentence in place of a traceback, and nothing half-written.

A few hundred examples, the same everywhere; the profile ``soak`` tries many more at random.
"""

import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim import Scenario, Trace, TraceError, simulate, summarise
from sim.cli import main
from sim.scenario.durations import mean_of
from sim.sweep import sweep
from sim.trace import storage
from tests.sim import bad_input

TWO = Path("examples/two-learners.toml").resolve()
TRACE = simulate(Scenario.load(TWO))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("saved") / "t.parquet"
    TRACE.save(path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("swept") / "j"
    sweep(TRACE.scenario, {"protocol.k": [1, 2]}, journal=path)
    return path.read_bytes()


@contextmanager
def folder(saved: bytes, journal: bytes = b"") -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name, chdir(name):
        shutil.copy(TWO, "two.toml")
        Path("trace.parquet").write_bytes(saved)
        Path("part.csv.journal").write_bytes(journal)
        Path("times.csv").write_text("worker,seconds\na,1.0\na,2.0\n")
        yield Path(name)


def beginning(scenario: Scenario) -> Scenario:
    """Return a scenario's first few gradients; what is about faults of workers is tried elsewhere."""
    calm = [
        worker.replace(failures=None, slowdowns=None, offline=(), speed=1.0) for worker in scenario.workers
    ]
    means = [
        min(worker.compute) if isinstance(worker.compute, tuple) else mean_of(worker.compute)
        for worker in calm
    ]
    stop = scenario.stop.replace(gradients=20, time=min(min(means) * 50, scenario.stop.time or 1e9, 1e9))
    return scenario.replace(workers=calm, stop=stop)


def shortly(scenario: Scenario, *arguments: Any, **more: Any) -> Trace:  # noqa: ANN401 -- those of simulate
    return simulate(beginning(scenario), *arguments, **more)


def summarised_shortly(scenario: Scenario, *arguments: Any) -> dict[str, Any]:  # noqa: ANN401 -- of summarise
    return summarise(beginning(scenario), *arguments)


def answer(arguments: list[str]) -> tuple[int, str, str]:
    """Return status, output and errors of a command, none of which may be out of order."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    nothing = io.TextIOWrapper(io.BytesIO())
    before = set(Path().iterdir())
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        mock.patch("sys.stdin", nothing),
        mock.patch("sim.cli.simulate", shortly),
        mock.patch("sim.cli_theory.simulate", shortly),
        mock.patch("sim.sweep.runs.summarise", summarised_shortly),
        mock.patch("sim.sweep.clusters.hands_for", return_value=1),
    ):
        status = main(arguments)
    assert status in {0, 2} or (status == 1 and arguments[0] in {"compare", "sweep", "merge"})
    said = text(err)
    lines = said.splitlines()
    if status == 2:
        assert lines
        assert all(line.startswith("error: ") or " written to " in line for line in lines)
    assert "Traceback" not in said
    assert all(len(line) < 1000 + sum(map(len, arguments)) for line in lines)
    assert not [path for path in Path().iterdir() if path not in before and path.suffix == ".part"]
    return status, text(out), said


def text(stream: io.TextIOWrapper) -> str:
    """Return what a stream was given, bytes that are no text among it."""
    stream.seek(0)
    stream.reconfigure(errors="replace")
    return stream.read()


@given(bad_input.tomls)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_scenario_is_run_or_refused(content: bytes) -> None:
    with folder(b""):
        Path("s.toml").write_bytes(content)
        status, out, _ = answer(["run", "s.toml"])
        assert (status == 0) == bool(out)
        try:
            scenario = Scenario.load("s.toml")
        except ValueError:
            assert status == 2
        else:
            assert Scenario.from_toml(scenario.to_toml()) == scenario


@given(bad_input.command_lines())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_command_line_is_done_or_refused(saved: bytes, journal: bytes, arguments: list[str]) -> None:
    with folder(saved, journal):
        status, out, _ = answer(arguments)
        if status == 2 and out:  # a result is printed though a file could not be written
            assert any(option in arguments for option in ("--csv", "--save", "--timeline", "--perfetto"))
        if Path("o.parquet").exists() and ("--save", "o.parquet") in pairwise(arguments):
            assert Trace.load("o.parquet").updates
        assert Path("two.toml").read_bytes() == TWO.read_bytes()
        assert Path("trace.parquet").read_bytes() == saved
        assert Path("part.csv.journal").read_bytes() == journal


@given(st.data())
def test_a_damaged_trace_is_refused(saved: bytes, data: st.DataObject) -> None:
    content = data.draw(bad_input.damage(saved))
    with folder(saved):
        Path("damaged.parquet").write_bytes(content)
        status, out, err = answer(["show", "damaged.parquet"])
    if content == saved:
        assert status == 0
    else:
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert err.startswith("error: damaged.parquet: not a trace: ")


def test_every_byte_of_a_trace_counts(saved: bytes) -> None:
    for at in range(len(saved)):
        for content in (saved[:at], saved[:at] + bytes([saved[at] ^ 0x41]) + saved[at + 1 :]):
            with pytest.raises(TraceError):
                storage.unpack(content)
    assert storage.unpack(saved)[0]["seed"] == 0

"""The tables of a run: whole numbers at every width, and a row for each group of workers."""

import json
import re
from pathlib import Path

import pytest

from sim import Network, Protocol, Scenario, Stop, Trace, Worker, simulate
from sim.cli import main
from sim.manual import EXAMPLES
from sim.metrics import summary
from sim.terminal import Screen
from sim.trace import tables
from sim.trace.groups import Group
from tests.commands import ROOT

STRAGGLER = Scenario(
    workers=[Worker(name="gpu", compute=1.0, count=31), Worker(name="straggler", compute=3.0)],
    stop=Stop(time=300.0),
)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[list[str]]:
    """Return the rows of all tables that a command prints, as cells."""
    assert main(list(arguments)) == 0
    return [re.split(r"\s{2,}", line.strip()) for line in capsys.readouterr().out.splitlines()]


def json_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def written(trace: Trace, groups: list[Group]) -> list[list[str]]:
    screen = Screen()
    with screen.capture() as capture:
        screen.print(tables.summary(summary(trace), groups))
    lines = capture.get().splitlines()
    return [re.split(r"\s{2,}", line.strip()) for line in lines]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_number_is_cut_at_any_width(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    path = tmp_path / "s.toml"
    workers = [Worker(name=name, compute=123.456789) for name in ("straggler", "w")]
    network = Network(latency=0.123456)
    scenario = Scenario(workers=workers, network=network, stop=Stop(time=300.0), protocol=Protocol.k_sync(1))
    path.write_text(scenario.to_toml())
    assert main(["run", str(path)]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= width
    tables = out[out.index("worker ") :]
    assert "…" not in tables
    trace = simulate(scenario)
    for instant in [*trace.read_at, *trace.applied_at[: trace.applied]]:
        assert f"{instant:.6f}".rstrip("0").rstrip(".") in tables.split()
    for line in tables.splitlines():  # the two columns of one head are told apart by what is before them
        assert line.split().count("version") == line.count("read at") + line.count("applied at")


def test_a_straggler_among_32_is_visible_and_workers_shows_all(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "s.toml"
    path.write_text(STRAGGLER.to_toml())
    rows = printed(capsys, "run", str(path))
    assert [row[:3] for row in rows if row[0] in {"gpu", "straggler"}] == [
        ["gpu", "31", "300"],
        ["straggler", "1", "100"],
    ]
    assert len(rows) < 20
    every = printed(capsys, "run", str(path), "--workers")
    assert [row[:2] for row in every if row[0].startswith(("gpu-", "straggler"))] == [
        *([f"gpu-{number}", "300"] for number in range(1, 32)),
        ["straggler", "100"],
    ]


def test_a_straggler_among_32_that_are_written_out_is_visible(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "s.toml"
    fleet = [Worker(name=f"w{i}", compute=3.0 if i == 7 else 1.0) for i in range(32)]
    path.write_text(STRAGGLER.replace(workers=fleet).to_toml())
    rows = printed(capsys, "run", str(path))
    assert [row[:3] for row in rows if row[0].startswith("w")][-2:] == [
        ["w0 … w31", "31", "300"],
        ["w7", "1", "100"],
    ]
    data = json.loads(json_of(capsys, "run", str(path), "--summary-only", "--json"))
    assert [(each["name"], each["count"]) for each in data["summary"]["workers"]] == [
        ("w0 … w31", 31),
        ("w7", 1),
    ]


def test_a_few_workers_that_are_written_out_have_a_row_each(capsys: pytest.CaptureFixture[str]) -> None:
    rows = printed(capsys, "run", *(f"--worker=w{i}=1" for i in range(12)), "--until", "9")
    assert [row[0] for row in rows if row[0].startswith("w")][-12:] == [f"w{i}" for i in range(12)]


def test_every_nanosecond_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    rows = printed(capsys, "run", "--worker", "a=1 ns,2 ns", "--worker", "b=1500 ns,1 ns")
    assert ["a", "2", "0.000000001", "1", "0.000000003", "1", "0"] in rows
    assert ["b", "1", "0", "0", "0.0000015", "2", "2"] in rows
    assert ["ended", "at 0.000001501 s: every worker is done"] in rows


def test_softsync_says_its_k(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(STRAGGLER.to_toml())
    rows = printed(capsys, "run", str(path), "--protocol", "softsync:n=3")
    assert ["protocol", "k-batch-async, K = P/3 = 10 (also called fedbuff, softsync)"] in rows


def test_a_groups_row_holds_the_means_of_its_workers() -> None:
    # A makes gradients of staleness 0, 1 and 1 at 1, 2 and 3 s, B of 1 and 1 at 1 and 2 s, then it is gone.
    workers = [Worker(name="w", compute=[1.0, 1.0, 1.0]), Worker(name="w-2", compute=[1.0, 1.0])]
    rows = written(simulate(Scenario(workers=workers)), [Group("w", [0, 1])])
    assert rows[-5] == ["worker", "count", "gradients", "staleness", "computing", "waiting"]
    assert rows[-3] == ["w", "2", "2.5", "0.8", "83.3%", "0.0%"]


def test_every_command_has_two_examples_in_its_help_and_they_can_be_given(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    for path, examples in EXAMPLES.items():
        assert len(examples) == 2
        for option in ("-h", "--help"):
            assert main([*path.split(), option]) == 0
            out = capsys.readouterr().out
            assert all(f"\n    python -m sim {example}\n" in out for example in examples)
        for example in examples:
            assert example.startswith(path)


@pytest.mark.parametrize("group", [[], ["plot"]])
def test_a_bare_group_prints_its_help(group: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(group) == 0
    bare = capsys.readouterr()
    assert main([*group, "--help"]) == 0
    assert bare == capsys.readouterr()
    assert bare.out.startswith("Usage: ")
    assert bare.err == ""


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert re.fullmatch(r"dlsyslab (\d+\.\d+\.\d+|of unknown version)\n", capsys.readouterr().out)

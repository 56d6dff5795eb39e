"""The commands as their users meet them."""

import csv
import json
import sys
import time
from pathlib import Path

import pytest

from sim import Scenario, Trace, simulate
from sim.cli import main
from tests.commands import run, run_python, signalled, started, wait_until

ROOT = Path(__file__).parents[2]
TWO = str(ROOT / "examples" / "two-learners.toml")
A_TIME = "must be a number of seconds, or a text with a unit such as '12 ms'"
MUST_READ = "must read NAME=TIME or NAME=TIME,TIME,…: seconds, or such as '12 ms'"
ENDLESS = "[[workers]]\nname = 'w'\ncount = 50\ncompute = 1.0\n[stop]\ntime = 1e8\n"


@pytest.fixture(autouse=True)
def _in_an_empty_folder_and_an_80_column_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


def test_the_assignments_answer_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", TWO]) == 0
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines() if line.strip().startswith("L")]
    staleness = {(row[0], int(row[1])): int(row[6]) for row in rows if row[1].isdigit() and len(row) == 7}
    assert staleness == {
        ("L1", 1): 0,
        ("L1", 2): 0,
        ("L1", 3): 1,
        ("L1", 4): 0,
        ("L2", 1): 2,
        ("L2", 2): 2,
    }
    assert max(map(len, printed.splitlines())) <= 80


def test_workers_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--worker", "L1=1", "--worker", "L2=2.5,2.5", "--until", "5", "--json"]) == 0
    run = json.loads(capsys.readouterr().out)
    assert [gradient["staleness"] for gradient in run["gradients"]] == [0, 0, 2, 1, 0, 2, 1]


def test_json_is_one_object_with_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", TWO, "--json", "--seed", "7"]) == 0
    run = json.loads(capsys.readouterr().out)
    assert list(run) == ["scenario", "seed", "engine", "gradients", "updates", "summary"]
    assert (run["seed"], run["engine"]) == (7, "simpy")
    assert Scenario.from_data(run["scenario"]) == Scenario.load(TWO)
    last = run["gradients"][-1]
    assert {
        key: last[key] for key in ("worker", "index", "read_at", "computed_at", "arrived_at", "applied_at")
    } == {
        "worker": "L2",
        "index": 2,
        "read_at": 2.5,
        "computed_at": 5.0,
        "arrived_at": 5.0,
        "applied_at": 5.0,
    }
    assert {key: last[key] for key in ("version_read", "version_applied", "staleness", "outcome")} == {
        "version_read": 3,
        "version_applied": 5,
        "staleness": 2,
        "outcome": "applied",
    }
    assert run["updates"][2] == {"version": 3, "at": 2.5, "gradients": 1}
    summary = run["summary"]
    assert (summary["duration"], summary["updates"], summary["updates_per_second"]) == (5.0, 6, 1.2)
    assert summary["gradients"]["applied"] == 6
    assert {key: summary["staleness"][key] for key in ("mean", "max", "p50", "p95")} == {
        "mean": 5 / 6,
        "max": 2,
        "p50": 0,
        "p95": 2,
    }


def test_what_has_not_happened_is_null_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", TWO, "--until", "0.5", "--json"]) == 0
    run = json.loads(capsys.readouterr().out)
    assert [gradient["outcome"] for gradient in run["gradients"]] == ["in-flight", "in-flight"]
    assert run["gradients"][0]["applied_at"] is run["gradients"][0]["staleness"] is None
    assert run["summary"]["staleness"]["mean"] is None


def test_every_output_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    outputs = {
        "--csv": "g.csv",
        "--save": "t.parquet",
        "--perfetto": "p.json",
        "--timeline": "t.svg",
    }
    assert main(["run", TWO, *(text for pair in outputs.items() for text in pair)]) == 0
    assert sorted(path.name for path in Path().iterdir()) == sorted(outputs.values())
    with Path("g.csv").open(newline="") as file:
        assert [row["staleness"] for row in csv.DictReader(file)] == ["0", "0", "2", "1", "0", "2"]
    assert Trace.load("t.parquet") == simulate(Scenario.load(TWO))
    assert json.loads(Path("p.json").read_text())["traceEvents"]
    first = capsys.readouterr().out
    assert main(["show", "t.parquet"]) == 0
    assert capsys.readouterr().out == first


@pytest.mark.parametrize("suffix", ["png", "svg", "html"])
def test_a_timeline_of_each_kind(suffix: str) -> None:
    assert main(["run", TWO, "--timeline", f"t.{suffix}"]) == 0
    assert Path(f"t.{suffix}").stat().st_size > 1000


def test_without_unicode_everything_is_ascii() -> None:
    done = run_python("-m", "sim", "run", TWO, env={"PYTHONIOENCODING": "ascii"})
    assert done.stdout.isascii()
    assert "L2       |======" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run"], "give either a scenario FILE or workers by --worker NAME=TIME"),
        (["run", TWO, "--worker", "a=1"], "give either a scenario FILE or workers by --worker NAME=TIME"),
        (["run", "no.toml"], "no.toml: No such file or directory"),
        (["run", "."], ".: Is a directory"),
        (["run", "--worker", "a"], "--worker 'a' " + MUST_READ),
        (["run", "--worker", "a=x"], "--worker 'a=x' " + MUST_READ),
        (["run", "--worker", "a=-1", "--until", "3"], "workers[0].compute: -1.0 must be positive"),
        (["run", "--worker", "a=nan", "--until", "3"], "workers[0].compute: nan must be a finite number"),
        (
            ["run", "--worker", "a=1", "--worker", "a=1", "--until", "3"],
            "workers: 'a' is the name of more than one",
        ),
        (["run", TWO, "--until", "0"], f"{TWO}: stop.time: 0.0 must be positive"),
        (["run", TWO, "--until", "inf"], f"{TWO}: stop.time: inf must be a finite number"),
        (["run", TWO, "--csv", "no/g.csv"], "--csv no/g.csv: there is no directory no"),
        (["run", TWO, "--csv", "."], "--csv .: Is a directory"),
        (["run", TWO, "--csv", ""], "--csv .: Is a directory"),
        (["run", TWO, "--until", "soon"], f"{TWO}: stop.time: 'soon' {A_TIME}"),
        (["run", TWO, "--seed", "9" * 40], f"seed {'9' * 40} must be a whole number from 0 to 2**128 - 1"),
        (["run", TWO, "--csv", "a", "--save", "a"], "--csv a, --save a: must differ"),
        (["run", TWO, "--seed", "-1"], "Invalid value for '--seed': -1 is not in the range x>=0."),
        (["show", "no.parquet"], "no.parquet: No such file or directory"),
        (["show", TWO], f"{TWO}: not a trace: save did not write it"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2_and_nothing_is_written(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", f"error: {sentence}\n")
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("option", ["--csv", "--save", "--perfetto"])
def test_a_scenario_is_not_written_over(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "two.toml"
    mine.write_bytes(Path(TWO).read_bytes())
    assert main(["run", "two.toml", option, f"../{tmp_path.name}/two.toml"]) == 2
    assert "is the scenario itself" in capsys.readouterr().err
    assert mine.read_bytes() == Path(TWO).read_bytes()


def test_a_timeline_of_an_unknown_kind_is_refused_before_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    Path("endless.toml").write_text(ENDLESS)
    assert main(["run", "endless.toml", "--timeline", "t.gif"]) == 2
    assert capsys.readouterr().err == (
        "error: t.gif: a timeline is a png, svg, html file, by its suffix, not 'gif'\n"
    )
    Path("endless.toml").unlink()
    assert list(Path().iterdir()) == []


def test_every_fault_of_a_file_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.toml").write_text("[[workers]]\nname = 'w'\ncompute = -1\n[stop]\ntime = 0\n")
    assert main(["run", "s.toml"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: s.toml: workers[0].compute: -1 must be positive",
        "error: s.toml: stop.time: 0 must be positive",
    ]


def test_a_full_disk_is_told_and_leaves_nothing() -> None:
    limited = (
        "import resource, signal, sys; from sim.cli import main;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)); sys.exit(main(sys.argv[1:]))"
    )
    without_bytecode = {"PYTHONDONTWRITEBYTECODE": "1"}
    done = run_python("-c", limited, "run", TWO, "--csv", "g.csv", env=without_bytecode)
    assert (done.returncode, done.stderr) == (2, "error: --csv g.csv: File too large\n")
    assert list(Path().iterdir()) == []


def test_ctrl_c_ends_with_130_and_no_file() -> None:
    Path("endless.toml").write_text(ENDLESS)
    code = (
        "import pathlib, sys; from sim.cli import main; pathlib.Path('started').touch();"
        "sys.exit(main(['run', 'endless.toml', '--save', 't.parquet']))"
    )
    with started(sys.executable, "-c", code) as process:
        wait_until(Path("started").exists, process)
        time.sleep(1)
        done = signalled(process)
    assert (done.returncode, done.stdout) == (130, "")
    assert "Traceback" not in done.stderr
    Path("started").unlink()
    assert [path.name for path in Path().iterdir()] == ["endless.toml"]


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -m sim run {TWO} --json | head -c 10"
    done = run("bash", "-c", command)
    assert (len(done.stdout), done.stderr) == (10, "")


def test_a_long_run_shows_its_progress(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sim.progress.PATIENCE", 0.0)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert main(["run", "--worker", "w=1", "--until", "20000"]) == 0
    printed = capsys.readouterr()
    assert "updates" in printed.err
    assert "20000, 1 a second" in printed.out

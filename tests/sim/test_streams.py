"""The commands with terminals of every kind, closed and full outputs, readers that leave, and Ctrl-C."""

import json
import sys
import time
from pathlib import Path

import pytest

from tests.commands import HANG, ROOT, run, run_python, signalled, started

TWO = str(ROOT / "examples" / "two-learners.toml")
TITLED = "title = 'Größe ≤ 3 µs, 工'\n[[workers]]\nname = 'é工'\ncompute = 1\ngradients = 5\n"
SIM = [sys.executable, "-m", "sim"]
COMMANDS = {
    "run": ["run", "titled.toml"],
    "json": ["run", "titled.toml", "--json"],
    "theory": ["theory", "titled.toml"],
    "latex": ["theory", "titled.toml", "--latex"],
    "theory json": ["theory", "titled.toml", "--json"],
    "show": ["show", "t.parquet"],
    "help": ["--help"],
    "sentence": ["run", "工.toml"],
}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    Path("titled.toml").write_text(TITLED, encoding="utf-8")


@pytest.fixture
def saved() -> None:
    assert run(*SIM, "run", "titled.toml", "--save", "t.parquet").returncode == 0


def bash(command: str) -> tuple[int, str]:
    """Return the status of a command for the shell, and what it said on standard error."""
    done = run("bash", "-o", "pipefail", "-c", command.replace("SIM", " ".join(SIM)))
    return done.returncode, done.stderr


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_every_command_speaks_to_every_terminal(encoding: str) -> None:
    for name, arguments in COMMANDS.items():
        done = run(*SIM, *arguments, env={"PYTHONIOENCODING": encoding}, encoding=encoding)
        assert done.returncode == (2 if name == "sentence" else 0), name
        assert "Traceback" not in done.stderr
        if name == "json":
            assert json.loads(done.stdout)["scenario"]["title"] == "Größe ≤ 3 µs, 工"
        if name == "sentence":
            assert done.stderr.startswith("error: ")


def test_what_a_terminal_lacks_is_paraphrased() -> None:
    latin = {"PYTHONIOENCODING": "latin-1"}
    done = run_python("-m", "sim", "run", "titled.toml", env=latin, encoding="latin-1")
    assert done.stdout.startswith("Größe <= 3 µs, ?\n")


def test_a_closed_output_is_one_sentence() -> None:
    closed = "error: standard output is closed\n"
    for command in ("SIM run titled.toml", "SIM theory titled.toml --latex", "SIM --help"):
        assert bash(f"{command} >&-") == (2, closed)
    assert bash("SIM run titled.toml <&- >&- 2>&-")[0] == 2
    assert bash("SIM run no.toml >&- 2>&-")[0] == 2
    assert bash("SIM run titled.toml --csv g.csv >&-") == (2, "csv written to g.csv\n" + closed)
    assert Path("g.csv").read_text(encoding="utf-8").startswith("worker,index,")


def test_a_closed_error_output_loses_nothing_else() -> None:
    assert bash("SIM run titled.toml 2>&-") == (0, "")


def test_a_pipe_from_scenario_to_figures() -> None:
    assert bash("SIM run titled.toml --json > file.json; SIM run - --json < titled.toml > pipe.json") == (
        0,
        "",
    )
    assert Path("pipe.json").read_text(encoding="utf-8") == Path("file.json").read_text(encoding="utf-8")
    assert bash("cat titled.toml | SIM run - --csv - > pipe.csv; SIM run titled.toml --csv file.csv > o") == (
        0,
        "csv written to file.csv\n",
    )
    assert Path("pipe.csv").read_bytes() == Path("file.csv").read_bytes()
    assert (
        bash("SIM run - --save - < titled.toml > pipe.parquet; SIM run titled.toml --save f.parquet >o")[0]
        == 0
    )
    assert Path("pipe.parquet").read_bytes() == Path("f.parquet").read_bytes()
    assert bash("SIM run - --perfetto - < titled.toml | python3 -m json.tool > o") == (0, "")
    assert bash("SIM run - --csv - < titled.toml > /dev/full") == (
        2,
        "error: standard output: No space left on device\n",
    )
    assert bash("SIM run - <&-") == (2, "error: standard input is closed: give the name of a FILE\n")
    assert bash("echo x | SIM run -")[1].startswith("error: standard input: not TOML: ")
    assert bash("printf '\\377' | SIM run -")[1].startswith("error: standard input: not TOML: it is not text")


def test_a_scenario_is_not_written_over_by_its_own_run() -> None:
    Path("times.csv").write_text("worker,seconds\na,1.0\na,2.0\n", encoding="utf-8")
    Path("measured.toml").write_text("[[workers]]\ncsv = 'times.csv'\n", encoding="utf-8")
    law = '{kind = "empirical", csv = "./times.csv"}'
    for command, named in {
        "SIM run measured.toml --csv times.csv": "--csv times.csv: is read by the scenario",
        "SIM run - --csv times.csv < measured.toml": "--csv times.csv: is read by the scenario",
        "SIM run - --csv measured.toml < measured.toml": "--csv measured.toml: is the scenario itself",
        f"SIM run titled.toml --set 'workers[0].compute={law}' --csv times.csv": (
            "--csv times.csv: is read by the scenario"
        ),
    }.items():
        assert bash(command) == (2, f"error: {named}: give another name\n")
    assert Path("times.csv").read_text(encoding="utf-8").startswith("worker,seconds\n")
    assert Path("measured.toml").read_text(encoding="utf-8").startswith("[[workers]]")


def test_a_reader_that_has_seen_enough_ends_it_with_141_and_in_silence() -> None:
    for arguments in (["run", "titled.toml", "--csv", "g.csv"], ["run", "titled.toml", "--json"], ["--help"]):
        with started(*SIM, *arguments) as process:
            assert process.stdout
            assert process.stderr
            process.stdout.close()
            assert process.stderr.read() == ""
            assert process.wait(HANG) == 141
    assert Path("g.csv").exists()


def test_a_sentence_that_nobody_reads_is_no_traceback() -> None:
    with started(*SIM, "run", "no.toml") as process:
        assert process.stderr
        process.stderr.close()
        assert process.wait(HANG) == 141


def test_a_full_output_is_told() -> None:
    assert bash("SIM run titled.toml >/dev/full") == (2, "error: standard output: No space left on device\n")
    assert bash("SIM run titled.toml --json >/dev/full") == (
        2,
        "error: standard output: No space left on device\n",
    )


def test_an_unwritable_file_loses_nothing_else() -> None:
    Path("full").symlink_to("/dev/full")
    done = run(*SIM, "run", "titled.toml", "--csv", "full", "--save", "t.parquet")
    assert done.returncode == 2
    assert "5 begun: 5 applied" in done.stdout
    assert done.stderr.splitlines() == [
        "save written to t.parquet",
        "error: --csv full: No space left on device",
    ]
    assert Path("t.parquet").exists()


LOADING = """
import sys
import sim.__main__

class Sign:
    def find_spec(self, name, path=None, target=None):
        if name == "sim.cli":
            print(".", flush=True)

sys.meta_path.insert(0, Sign())
sim.__main__.main()
"""
"""The command says when it begins to load its modules: before that, Ctrl-C is Python's own business."""


def test_ctrl_c_at_any_moment_ends_with_130_or_the_result() -> None:
    """Also while modules load, where an exception may be turned into any other."""
    command = [sys.executable, "-c", LOADING, "run", TWO]
    for delay in (0.0, 0.05, 0.1, 0.2, 0.4):
        with started(*command) as process:
            assert process.stdout
            process.stdout.read(1)
            time.sleep(delay)
            done = signalled(process)
        assert done.returncode in {0, 130}
        assert done.stderr == ""


def test_a_background_job_hears_no_ctrl_c() -> None:
    with started("bash", "-c", "trap '' INT; exec \"$@\"", "bash", *SIM, "run", TWO) as process:
        time.sleep(0.2)
        done = signalled(process)
    assert (done.returncode, done.stdout[:8]) == (0, "Two lear")

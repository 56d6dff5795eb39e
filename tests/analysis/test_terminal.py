"""What a command line answers to whatever goes wrong around it."""

import io
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from analysis.cli import cli, main
from analysis.console import Table, progress, show
from analysis.delivery import Run, deliver
from analysis.errors import AnalysisError
from analysis.importing import named_object
from analysis.terminal import guarded
from tests.commands import run, run_python, signalled, started, wait_until

BIAS = "-m analysis bias-variance --degrees 1..3"


def failing(error: BaseException) -> Callable[[], None]:
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (AnalysisError("no\nway"), 2, "error: no way\n"),
        (click.UsageError("not so"), 2, "error: not so\n"),
        (click.exceptions.Exit(3), 3, ""),
        (MemoryError("Unable to allocate 3 GiB"), 2, "error: there is not enough memory for this: Unable"),
        (MemoryError(), 2, "error: there is not enough memory for this\n"),
        (FileNotFoundError(2, "No such file", "x.csv"), 2, "error: x.csv: No such file\n"),
        (OSError(28, "No space left on device"), 2, "error: standard output: No space left on device\n"),
        (KeyboardInterrupt(), 130, ""),
        (click.Abort(), 130, ""),
    ],
)
def test_an_error_is_one_sentence_and_a_status(
    capsys: pytest.CaptureFixture[str], error: BaseException, status: int, said: str
) -> None:
    assert guarded(failing(error), AnalysisError) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(said)
    assert err.count("\n") == (1 if said else 0)


def test_an_error_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        guarded(failing(ZeroDivisionError()), AnalysisError)


def test_an_interrupt_that_ends_up_as_another_error_is_one_all_the_same() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def command() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ImportError from None

    try:
        assert guarded(command, AnalysisError) == 130
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("command", ["--help", "--version", "lr-range -h", "bias-variance --degrees 1..3"])
@pytest.mark.parametrize(
    ("redirection", "status", "said"),
    [
        (">&-", 2, "error: standard output is closed\n"),
        (">/dev/full", 2, "error: standard output: No space left on device\n"),
        ("2>&-", 0, ""),
        ("| true", 141, ""),
    ],
)
def test_streams_that_are_closed_full_or_broken(
    command: str, redirection: str, status: int, said: str
) -> None:
    code = f"{sys.executable} -m analysis {command}"
    # The reader has gone before anything is written.
    script = f"({{ sleep 1; {code}; echo $? >&3; }} {redirection}) 3>&1 1>/dev/null"
    if redirection != "| true":
        script = f"{code} {redirection}; echo $?"
    done = run("bash", "-c", script)
    assert (done.stdout.splitlines()[-1], done.stderr) == (str(status), said)


def test_a_closed_stream_gets_no_file_in_its_place(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run("bash", "-c", f"{sys.executable} {BIAS} --out {out} >&- 2>/dev/null; echo $?")
    assert done.stdout == "2\n"
    assert (out / "result.json").read_bytes().startswith(b'{"function"')
    assert (out / "figure.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_will_do(encoding: str) -> None:
    for arguments in ([*BIAS.split()], ["-m", "analysis", "batch-growth", "-h"]):
        done = run_python(*arguments, env={"PYTHONIOENCODING": encoding}, encoding=encoding)
        assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c_while_modules_load_is_status_130(tmp_path: Path) -> None:
    # A module that is loaded with the command line takes its time and says when it begins to.
    sign = tmp_path / "sign"
    (tmp_path / "click.py").write_text(f"open({str(sign)!r}, 'w').close()\nimport time\ntime.sleep(60)\n")
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    with started(sys.executable, "-m", "analysis", "--help", env={"PYTHONPATH": path}) as process:
        wait_until(sign.exists, process)
        done = signalled(process)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_bare_command_prints_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Usage: python -m analysis")
    assert err == ""


def test_the_version_is_the_projects(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "dlsyslab 0.1.0\n"


@pytest.mark.parametrize("name", ["", *cli.commands])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_help_has_two_examples_and_is_not_cut(
    capsys: pytest.CaptureFixture[str], name: str, option: str
) -> None:
    assert main([*name.split(), option]) == 0
    out = capsys.readouterr().out
    assert "..." not in out.replace("[ARGS]...", "")
    assert len(out.partition("Examples:\n")[2].splitlines()) == 2


TEXTS = st.text(st.characters(codec="ascii", exclude_categories=["C", "Z"]), min_size=1, max_size=12)


@given(
    st.integers(1, 8).flatmap(
        lambda columns: st.lists(st.lists(TEXTS, min_size=columns, max_size=columns), min_size=2, max_size=6)
    ),
    st.sampled_from([20, 40, 60, 80, 120]),
    st.booleans(),
)
def test_a_table_is_continued_below_and_loses_nothing(
    rows: list[list[str]],
    width: int,
    ruled: bool,  # noqa: FBT001  # hypothesis passes it so
) -> None:
    table = Table(*rows[0], ruled=ruled)
    for row in rows[1:]:
        table.add_row(*row)
    lines = list(table.lines(width))
    words = [line.split() for line in lines]
    parts = lines.count("") + 1
    height = len(rows) + ruled
    for index, row in enumerate(rows):
        at = index + (ruled and index > 0)
        found = [word for part in range(parts) for word in words[part * (height + 1) + at][part > 0 :]]
        assert found == row
    widest = [max(cell_len(row[column]) for row in rows) for column in range(len(rows[0]))]
    if all(widest[0] + other + 4 <= width for other in widest[1:]):
        assert max(map(cell_len, lines)) <= width


@pytest.mark.parametrize("columns", ["40", "60", "80", "120"])
@pytest.mark.parametrize("scheme", ["fixed-x", "fresh-x"])
def test_thirty_nine_degrees_keep_their_names_and_digits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str, scheme: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert main(["bias-variance", "--degrees", "1..39", "--scheme", scheme]) == 0
    out = capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "400")
    assert main(["bias-variance", "--degrees", "1..39", "--scheme", scheme]) == 0
    whole = capsys.readouterr().out
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= int(columns)
    for degree in range(1, 40):
        row = next(line for line in whole.splitlines() if line.startswith(f"degree {degree} "))
        cells = [
            cell
            for line in out.splitlines()
            if line.startswith(f"degree {degree} ")
            for cell in line.split()[2:]
        ]
        assert cells == row.split()[2:]


@pytest.mark.parametrize("columns", ["0", "1", "-3", "nonsense"])
def test_a_terminal_of_no_width_is_a_narrow_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    show("some words")
    assert capsys.readouterr().out.split() == ["some", "words"]


def test_what_cannot_be_written_is_printed_all_the_same(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    run_made = Run(["the result"], {"value": 1.5}, failing(AssertionError()))  # type: ignore[arg-type]  # never drawn
    with pytest.raises(AnalysisError, match="cannot be written"):
        deliver(run_made, as_json=False, kept=tmp_path / "file" / "result.json")
    assert capsys.readouterr().out == "the result\n"


def test_json_is_made_only_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    run_made = Run(["the result"], {"value": float("nan")}, failing(AssertionError()))  # type: ignore[arg-type]  # never drawn
    deliver(run_made, as_json=False)
    assert capsys.readouterr().out == "the result\n"
    with pytest.raises(AnalysisError, match="not finite, which JSON cannot say"):
        deliver(run_made, as_json=True)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("math", "net: 'math' must be like package.module:name"),
        ("math:", "net: 'math:' must be like package.module:name"),
        ("math:tau.real.bogus", "net: 'math:tau.real.bogus': 'float' object has no attribute 'bogus'"),
        ("no.such.module:x", "net: 'no.such.module:x': there is no module 'no' to import"),
        ("..math:x", "net: importing '..math' raised TypeError"),
        ("broken_here:x", "net: importing 'broken_here' raised SyntaxError"),
    ],
)
def test_an_import_path_that_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, said: str
) -> None:
    (tmp_path / "broken_here.py").write_text("def (:")
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    with pytest.raises(AnalysisError) as refusal:
        named_object(path, "net")
    assert str(refusal.value).startswith(said)
    assert "\n" not in str(refusal.value)
    assert sys.path == before


def test_help_is_written_to_a_stream_that_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["-h"]) == 0
    assert "Usage" in stream.getvalue()


def test_a_bar_counts_only_where_its_end_is_known() -> None:
    with progress() as bars:
        bars.add_task("fitting", total=None)
        bars.add_task("splits", total=12, completed=3)
    drawn = io.StringIO()
    Console(file=drawn, width=80).print(bars.make_tasks_table(bars.tasks))
    fitting, splits = drawn.getvalue().splitlines()
    assert fitting.strip("━ ") == "fitting"
    assert "3/12" in splits.split()

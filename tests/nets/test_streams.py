"""The command in terminals of any kind, pipes, closed and full outputs; and without what it would need."""

import io
import json
import re
import sys
from html import unescape
from pathlib import Path
from typing import NamedTuple

import pytest

from nets.cli import main
from nets.streams import as_ascii_json, as_ascii_xml
from nets.terminal import plain, printable, speller
from tests.commands import run, started

NETS = f"{sys.executable} -m nets"
ENVIRONMENT = {"NO_COLOR": "1", "COLUMNS": "80"}


class Printed(NamedTuple):
    """What a command printed, byte by byte."""

    returncode: int
    stdout: bytes
    stderr: bytes


def shell(command: str, **environment: str) -> Printed:
    return printed_by("bash", "-c", command.replace("NETS", NETS), **environment)


def printed_by(*command: str, **environment: str) -> Printed:
    done = run(*command, env=ENVIRONMENT | environment, encoding="latin-1")  # which tells every byte
    return Printed(done.returncode, done.stdout.encode("latin-1"), done.stderr.encode("latin-1"))


@pytest.mark.parametrize("command", ["list", "table mlp --format json", ""])
def test_a_closed_output_is_one_sentence(command: str) -> None:
    done = shell(f"NETS {command} >&-")
    assert done.returncode == 2
    assert done.stderr == b"error: standard output is closed, so there is nowhere to write to\n"


def test_a_closed_error_output_loses_nothing_else() -> None:
    assert shell("NETS table mlp 2>&-").stdout.startswith(b"mlp, input")
    assert shell("NETS table vgg91 2>/dev/full").returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_is_one_sentence() -> None:
    done = shell("NETS table vgg19 >/dev/full")
    assert (done.returncode, done.stderr) == (2, b"error: output: No space left on device\n")
    done = shell("NETS draw googlenet --out /dev/full")
    assert (done.returncode, done.stderr) == (2, b"error: /dev/full: No space left on device\n")


@pytest.mark.parametrize("more", [[], ["--out", "/dev/stdout"]])
def test_a_reader_that_has_seen_enough_ends_it_with_141(more: list[str]) -> None:
    command = [sys.executable, "-m", "nets", "draw", "resnet152-v1", *more]  # more than a pipe holds
    with started(*command) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(10) == "<svg xmlns"
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize(
    "command",
    [
        "table lenet5 --symbolic",
        "table googlenet --human",
        "list",
        "compare inception-naive inception-reduced",
        "check googlenet --paper",
        "which 5G resnet50",
    ],
)
def test_every_terminal_gets_lines_that_fit(
    command: str, width: int, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}
    for columns in (width, 1000):
        out = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding=encoding))
        monkeypatch.setenv("COLUMNS", str(columns))
        assert main(command.split()) in (0, 1)
        seen[columns] = out.getvalue().decode(encoding)
    assert max(map(len, seen[width].splitlines())) <= width
    assert not {"\\", "?"} & {*seen[width]}
    whole = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])")
    assert set(whole.findall(seen[width])) == set(whole.findall(seen[1000]))


def test_other_formats_stay_what_they_are_in_a_terminal_without_unicode() -> None:
    done = shell("NETS check googlenet --paper --json", PYTHONIOENCODING="latin-1")
    assert done.stdout.isascii()
    assert json.loads(done.stdout)[0]["row"] == "conv 7×7/2"
    done = shell("NETS table lenet5 --format html", PYTHONIOENCODING="latin-1")
    assert b"28&#215;28&#215;6" in done.stdout


@pytest.mark.parametrize("columns", ["0", "-5", "many", "1", "9" * 5000, ""])
def test_an_odd_width_prints_a_table_all_the_same(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert main(["table", "mlp"]) == 0
    assert "669,706" in capsys.readouterr().out


def test_an_output_named_dash_is_standard_output(tmp_path: Path) -> None:
    done = shell(f"cd {tmp_path}; PYTHONPATH={Path(__file__).parents[2]} NETS table mlp --out -")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"669,706" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_files_are_utf_8_whatever_the_terminal_is(tmp_path: Path) -> None:
    shell(f"NETS table lenet5 --out {tmp_path}/t", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert "28×28×6" in (tmp_path / "t").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("missing", "command"),
    [("torch", "check lenet5"), ("fvcore", "check lenet5"), ("sympy", "table lenet5 --symbolic")],
)
def test_what_is_not_installed_is_named(missing: str, command: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None;"
        f"from nets.cli import main; sys.exit(main({command.split()}))"
    )
    done = printed_by(sys.executable, "-c", code)
    assert (done.returncode, done.stdout) == (2, b"")
    sentence = f"this command needs {missing}, which is not installed: python -m pip install {missing}"
    assert done.stderr.decode() == f"error: {sentence}\n"


def test_without_torch_everything_else_works() -> None:
    code = (
        "import sys; sys.modules['torch'] = sys.modules['fvcore'] = None; from nets.cli import main;"
        "commands = 'table vgg19', 'table lenet5 --symbolic', 'draw lenet5', 'list', 'check vgg19 --paper',"
        "'which 143.7M vgg19', 'compare inception-naive inception-reduced';"
        "sys.exit(any([main(command.split()) for command in commands]))"
    )
    assert printed_by(sys.executable, "-c", code).returncode == 0


def test_interrupted_while_modules_load_it_ends_without_a_traceback() -> None:
    code = (
        "import runpy, sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'click': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "runpy.run_module('nets', run_name='__main__')"
    )
    done = printed_by(sys.executable, "-c", code)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.parametrize("command", ["", "table", "check", "compare", "draw", "which", "list"])
def test_help_has_two_examples_that_run(
    command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    texts = []
    for flag in ("-h", "--help"):
        assert main([*command.split(), flag]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    examples = [line.split()[3:] for line in texts[0].splitlines() if line.startswith("    python -m nets")]
    assert len(examples) >= 2
    for example in examples:
        if "model.py:Net" in example:  # stands for a file of the user's own
            continue
        assert main(example) in (0, 1)
        assert capsys.readouterr().err.startswith(("", "wrote"))


def test_a_bare_command_prints_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("Usage: python -m nets")
    assert captured.err == ""


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("dlsyslab ")


def test_control_characters_are_shown_and_not_obeyed() -> None:
    assert printable("a\x1b[31m\n\u202eb\udc80") == "a\\x1b[31m\\n\\u202eb\\udc80"
    assert plain("×漢", "latin-1") == "×\\u6f22"
    assert speller("ascii")("2×3 ≥ ⌊H/2⌋") == "2x3 >= floor(H/2)"


def test_escapes_of_formats_are_read_back() -> None:
    name = "×漢😀"
    assert json.loads(as_ascii_json(json.dumps(name, ensure_ascii=False))) == name
    assert unescape(as_ascii_xml(f"<p>{name}</p>")) == f"<p>{name}</p>"

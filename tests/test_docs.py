"""Whatever README and docs print is what the commands print.

A ``console`` block holds commands after ``$`` and their output (both streams), ``...`` standing for anything
that may vary; a ``python`` block with ``>>>`` is a doctest. Each document runs in one empty folder that
holds ``examples/``, in an 80-column terminal without colour.
"""

import doctest
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

from tests.commands import run

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n?)*)", re.MULTILINE)
ENVIRONMENT = {
    "COLUMNS": "80",
    "NO_COLOR": "1",
    "TERM": "dumb",
    "PYTHONIOENCODING": "utf-8",
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
}


def run_console_block(example: Example) -> str | None:
    """Run each command of a block and return what differs from the printed output, if anything does."""
    checker = doctest.OutputChecker()
    for command, printed in COMMAND.findall(example.parsed):
        done = run("bash", "-c", f"exec 2>&1\n{command}", env=ENVIRONMENT)
        got = re.sub(r"[ \t]+$", "", done.stdout, flags=re.MULTILINE).rstrip("\n") + "\n"
        expected = printed.rstrip("\n") + "\n"
        if not checker.check_output(expected, got, doctest.ELLIPSIS):
            return f"$ {command}\n" + checker.output_difference(
                doctest.Example(command, expected), got, doctest.ELLIPSIS | doctest.REPORT_NDIFF
            )
    return None


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_printed_output_is_reproduced(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    console = CodeBlockParser("console", run_console_block)
    python = PythonCodeBlockParser(doctest_optionflags=doctest.ELLIPSIS)
    for example in Sybil([console, python], path=str(ROOT)).parse(path).examples():
        example.evaluate()

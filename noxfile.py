"""What CI runs, for developers too: ``nox`` runs it all, ``nox -s main_job`` or ``nox -s checks`` a part.

The commands are read from the README, so that what is promised there is what is tested. The other sessions
are longer, and run when asked for by name; ``nox --list`` says what each does. With ``--no-venv`` they run in
the environment that nox itself is in.
"""

import os
import re
import sys
from pathlib import Path

import nox

nox.options.error_on_missing_interpreters = True
nox.options.default_venv_backend = "venv"
nox.options.sessions = ["main_job", "checks"]

SHELL_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SOAK = 100_000


def readme_command(index: int) -> str:
    """Return the README's ``index``-th shell block: 0 runs the main job, 1 the tests."""
    return str(SHELL_BLOCK.findall(Path("README.md").read_text(encoding="utf-8"))[index])


def install(session: nox.Session) -> str:
    """Install the project for its developers, unless nox made no environment, and return its Python."""
    if session.virtualenv.venv_backend == "none":
        return sys.executable
    session.install("--constraint", "constraints.txt", "--editable", ".[dev]")
    return "python"


@nox.session
def main_job(session: nox.Session) -> None:
    """In an empty environment, the README's first command: install, then simulate two learners."""
    session.run("bash", "-euc", readme_command(0), external=True)


@nox.session
def checks(session: nox.Session) -> None:
    """In an empty environment, the README's second command: install, then test. After it the linters."""
    session.run("bash", "-euc", readme_command(1), external=True)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy", "--strict")


@nox.session(reuse_venv=True)
def soak(session: nox.Session) -> None:
    """Try properties at random and long: ``DLSYSLAB_SOAK=100000 nox -s soak -- tests/sim -k engine``.

    What has passed is written down in ``.soak/``, for each commit and number of examples, and left out when
    the session is run again; examples that failed are remembered and tried first.
    """
    python = install(session)
    count = os.environ.get("DLSYSLAB_SOAK", str(SOAK))
    commit = session.run("git", "describe", "--always", "--dirty", external=True, silent=True)
    log = f".soak/{str(commit).strip()}-{count}.txt"
    command = [python, "-m", "pytest", "-p", "tests.soak", "--soak-log", log, *session.posargs]
    # 5: nothing is left to try
    session.run(*command, env={"DLSYSLAB_SOAK": count}, external=True, success_codes=[0, 5])

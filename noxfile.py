"""What CI runs, for developers too: ``nox`` runs it all, ``nox -s main_job`` or ``nox -s checks`` a part.

The commands are read from the README, so that what is promised there is what is tested.
"""

import re
from pathlib import Path

import nox

nox.options.error_on_missing_interpreters = True
nox.options.default_venv_backend = "venv"

SHELL_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def readme_command(index: int) -> str:
    """Return the README's ``index``-th shell block: 0 runs the main job, 1 the tests."""
    return str(SHELL_BLOCK.findall(Path("README.md").read_text(encoding="utf-8"))[index])


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

"""``dlsyslab``: each of the three packages by one name, whatever lies in the folder that it is called in."""

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.commands import ROOT, Done, run_python
from tests.test_house import modules_loaded_by


def dlsyslab(*arguments: str) -> Done:
    """Run the script that an installation makes: unlike ``python -m``, it does not look into the folder."""
    return run_python("-P", "-c", "import sys, analysis.command as c; sys.exit(c.main())", *arguments)


def test_the_installed_script_is_this_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"dlsyslab": "analysis.command:main"}


@pytest.mark.parametrize(
    "command", [("sim", "run", "--worker", "w=1", "--until", "3"), ("nets", "list"), ("analysis", "--help")]
)
def test_it_prints_what_python_m_prints(command: tuple[str, ...]) -> None:
    long, short = run_python("-m", *command), dlsyslab(*command)
    assert (short.returncode, short.stdout, short.stderr) == (long.returncode, long.stdout, long.stderr)
    assert (long.returncode, long.stderr) == (0, "")


def test_refusals_are_the_package_s_own() -> None:
    done = dlsyslab("sim", "run", "no.toml")
    assert (done.returncode, done.stderr) == (2, "error: no.toml: No such file or directory\n")


@pytest.mark.parametrize("arguments", [(), ("-h",), ("--help",)])
def test_alone_it_tells_what_there_is(arguments: tuple[str, ...]) -> None:
    done = dlsyslab(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: dlsyslab sim|nets|analysis COMMAND [ARGS]...\n")


def test_its_version() -> None:
    assert dlsyslab("--version").stdout == f"dlsyslab {version('dlsyslab')}\n"


@pytest.mark.parametrize("other", ["simm", "--json", ""])
def test_anything_else_is_refused(other: str) -> None:
    done = dlsyslab(other)
    sentence = f"No such command {other!r}; there are sim, nets and analysis."
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {sentence}\n")


def test_in_a_folder_with_nets_of_its_own_python_m_runs_that_one_and_dlsyslab_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "__init__.py").touch()
    (tmp_path / "nets" / "__main__.py").write_text("print('theirs')")
    monkeypatch.chdir(tmp_path)
    assert run_python("-m", "nets", "list").stdout == "theirs\n"
    assert "vgg19" in dlsyslab("nets", "list").stdout


def test_it_loads_no_package_before_it_is_asked_for() -> None:
    assert modules_loaded_by("analysis.command").isdisjoint({"sim", "nets", "numpy", "rich"})

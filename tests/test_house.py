"""The rules of the house: who may import whom, and what each command says of itself."""

import subprocess
import sys

import pytest

LOADED = "import sys; import {}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"


def modules_loaded_by(*imports: str) -> set[str]:
    """Top-level names in ``sys.modules`` of a fresh interpreter after ``import a, b``."""
    code = LOADED.format(", ".join(imports))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def submodules(package: str) -> list[str]:
    """Every module of a package by its dotted name, ``__main__`` aside (it runs when imported)."""
    code = (
        f"import {package}, pkgutil;"
        f"print(*[m.name for m in pkgutil.walk_packages({package}.__path__, '{package}.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split() if not name.endswith("__main__")]


def test_sim_knows_neither_nets_nor_analysis_nor_torch() -> None:
    assert modules_loaded_by(*submodules("sim")).isdisjoint({"nets", "analysis", "torch"})


def test_nets_knows_neither_sim_nor_analysis() -> None:
    assert modules_loaded_by(*submodules("nets")).isdisjoint({"sim", "analysis"})


@pytest.mark.parametrize("package", ["sim", "nets", "analysis"])
def test_a_command_line_starts_without_torch_and_matplotlib(package: str) -> None:
    assert modules_loaded_by(f"{package}.cli").isdisjoint({"torch", "matplotlib", "fvcore", "sklearn"})


@pytest.mark.parametrize("package", ["sim", "nets", "analysis"])
def test_help_is_answered(package: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", package, "--help"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"Usage: python -m {package}")
    assert done.stderr == ""


@pytest.mark.parametrize("package", ["sim", "nets", "analysis"])
def test_nonsense_is_one_sentence_and_status_2(package: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", package, "bogus"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: No such command 'bogus'.\n"

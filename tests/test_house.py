"""The rules of the house: who may import whom, and what each command says of itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest

from tests.commands import ROOT, run_python

PACKAGES = ["sim", "nets", "analysis"]


def printed(code: str) -> str:
    """What a fresh interpreter prints."""
    done = run_python("-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout


def modules_loaded_by(*imports: str) -> set[str]:
    """Top-level names in ``sys.modules`` of a fresh interpreter after ``import a, b``."""
    names = "{name.partition('.')[0] for name in sys.modules}"
    return set(printed(f"import sys; import {', '.join(imports)}; print(*{names})").split())


def modules(package: str) -> dict[str, Path]:
    """Every module of a package by its dotted name."""
    paths = [path.relative_to(ROOT) for path in (ROOT / package).rglob("*.py")]
    return {".".join(path.with_suffix("").parts).removesuffix(".__init__"): ROOT / path for path in paths}


def submodules(package: str) -> list[str]:
    """Every module of a package but ``__main__``, which runs when imported."""
    return [name for name in modules(package) if not name.endswith("__main__")]


def when_run(node: ast.AST) -> Iterator[ast.AST]:
    """Walk over all that ever runs, functions included: not over what only type checkers see."""
    yield node
    only_typed = isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
    for child in node.orelse if isinstance(node, ast.If) and only_typed else ast.iter_child_nodes(node):
        yield from when_run(child)


def imported(nodes: Iterator[ast.AST], known: set[str]) -> Iterator[str]:
    """What is imported, by dotted names: of ``from a import b``, the module ``a.b`` where it is known."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in known else str(node.module)


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_go_round_in_no_circle(package: str) -> None:
    found = modules(package)
    graph = nx.DiGraph(
        (name, other)
        for name, path in found.items()
        for other in imported(when_run(ast.parse(path.read_text(encoding="utf-8"))), set(found))
        if other in found
    )
    together = [sorted(names) for names in nx.strongly_connected_components(graph) if len(names) > 1]
    assert together == []


@pytest.mark.parametrize(
    ("package", "others"), [("sim", {"nets", "analysis"}), ("nets", {"sim", "analysis"})]
)
def test_sim_and_nets_know_no_other_package(package: str, others: set[str]) -> None:
    for path in modules(package).values():
        names = imported(ast.walk(ast.parse(path.read_text(encoding="utf-8"))), set())
        assert {name.partition(".")[0] for name in names}.isdisjoint(others), path


def test_no_module_of_sim_loads_torch() -> None:
    assert modules_loaded_by(*submodules("sim")).isdisjoint({"torch", *PACKAGES[1:]})


@pytest.mark.parametrize("package", PACKAGES)
def test_a_command_line_starts_without_what_is_heavy(package: str) -> None:
    heavy = {"torch", "numba", "matplotlib", "fvcore", "sklearn", "joblib"}
    assert modules_loaded_by(package, f"{package}.cli").isdisjoint(heavy)


@pytest.mark.parametrize("package", PACKAGES)
def test_help_is_answered(package: str) -> None:
    done = run_python("-m", package, "--help")
    assert done.stdout.startswith(f"Usage: python -m {package}")
    assert done.stderr == ""


@pytest.mark.parametrize("package", PACKAGES)
def test_nonsense_is_one_sentence_and_status_2(package: str) -> None:
    done = run_python("-m", package, "bogus")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: No such command 'bogus'.\n"


WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            raise ModuleNotFoundError(name=name)

sys.meta_path.insert(0, Missing())
from {0}.cli import main

sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize(
    ("package", "missing", "command"),
    [
        ("sim", "matplotlib", "run --worker w=1 --until 9 --timeline t.svg"),
        ("sim", "pyarrow", "run --worker w=1 --until 9 --save t.parquet"),
        ("analysis", "torch", "cyclical --scale tiny --dataset digits"),
        ("analysis", "torch", "lr-range --scale tiny --dataset digits"),
        ("analysis", "sklearn", "scores"),
        ("nets", "torch", "check lenet5"),
        ("nets", "fvcore", "check lenet5"),
    ],
)
def test_what_is_not_installed_is_one_sentence(
    package: str, missing: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run_python("-c", WITHOUT.format(package), missing, *command.split())
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert re.match(rf"error: this (command )?needs {missing}, which is not installed[;:] ", done.stderr)
    assert list(tmp_path.iterdir()) == []


def test_the_page_of_the_package_names_no_file_that_is_not_there() -> None:
    page = run_python("-m", "hatchling", "metadata", "readme").stdout
    assert page.startswith("# dlsyslab")
    assert re.findall(r"\]\((?!https?:)", page) == []


TRIED = """
from hypothesis import given, strategies as st
import tests.conftest

@given(st.tuples(st.lists(st.integers()), st.floats(), st.text()))
def tried(example):
    print(ascii(example))

tried()
"""


def test_hypothesis_tries_the_same_examples_whatever_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DLSYSLAB_SOAK", raising=False)
    assert printed(TRIED) == printed(f"import {', '.join(submodules('sim'))}{TRIED}") != ""

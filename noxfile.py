"""What CI runs, for developers too: ``nox`` runs it all, ``nox -s main_job`` or ``nox -s checks`` a part.

The commands are read from the README, so that what is promised there is what is tested. The other sessions
are longer, and run when asked for by name; ``nox --list`` says what each does. With ``--no-venv`` they run in
the environment that nox itself is in.
"""

import configparser
import os
import re
import sys
from collections import Counter
from pathlib import Path

import nox

nox.options.error_on_missing_interpreters = True
nox.options.default_venv_backend = "venv"
nox.options.sessions = ["main_job", "checks"]

SHELL_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SOAK = 100_000

# Rooms whose modules carry numbers, and the tests that must notice when one of them changes.
ROOMS = {
    "sim/scenario": [
        "tests/sim/test_scenario.py",
        "tests/sim/test_protocols.py",
        "tests/sim/test_override.py",
        "tests/sim/test_schema.py",
        "tests/sim/engine/test_pace.py",
        "tests/sim/engine/test_stories.py",
    ],
    "sim/engine": [
        "tests/sim/engine/test_stories.py",
        "tests/sim/engine/test_pace.py",
        "tests/sim/engine/test_draws.py",
        "tests/sim/engine/test_reference.py",
        "-k",
        "not compiled",
    ],
    "sim/engine/compiled": [
        "-p",
        "tests.uncompiled",
        "tests/sim/engine/test_compiled.py",
        "tests/sim/engine/test_reference.py",
        "-k",
        "agree or as_it_is or memory_grows or same_sentence or too_long or (reference and compiled)",
    ],
    "sim/engine/live": ["tests/sim/engine/live", "--ignore=tests/sim/engine/live/test_ray.py"],
    "sim/trace": ["tests/sim/test_trace_tables.py", "tests/sim/test_trace.py", "tests/sim/test_tables.py"],
    "sim/metrics": ["tests/sim/test_metrics.py", "tests/sim/test_metrics_times.py"],
    "sim/timeline/spans.py": ["tests/sim/timeline/test_spans.py"],
    "sim/theory": ["tests/sim/theory"],
    "sim/sweep": ["tests/sim/sweep"],
    "nets/layers": [
        "tests/nets/test_layers.py",
        "tests/nets/test_build.py",
        "tests/nets/network/test_graph.py",
    ],
    "nets/network": [
        "tests/nets/network",
        "--ignore=tests/nets/network/test_random_networks.py",
        "tests/nets/test_layers.py",
    ],
    "nets/tables": ["tests/nets/tables"],
    "nets/counting": ["tests/nets/counting"],
    "nets/costing": ["tests/nets/costing"],
    "analysis/bias_variance": ["tests/analysis/bias_variance", "tests/analysis/test_defaults.py"],
    "analysis/scores": [
        "tests/analysis/scores",
        "--ignore=tests/analysis/scores/test_cli.py",
        "--ignore=tests/analysis/scores/test_figures.py",
    ],
    "analysis/learning": [
        "tests/analysis/learning",
        "tests/analysis/test_defaults.py",
        "--ignore=tests/analysis/learning/test_cli.py",
        "-k",
        "not killed and not full_disk",  # they start processes
    ],
    "analysis/staleness": [
        "tests/analysis/staleness",
        "--ignore=tests/analysis/staleness/test_cli.py",
        "-k",
        "not killed and not full_disk",  # they start processes
    ],
    "analysis/report/verdicts.py": ["tests/analysis/report/test_verdicts.py"],
}
RAISED = r"^\s*raise "
TEXT = r"f?\"[^\"]*\"|f?'[^']*'"
EQUIVALENT = Path("tests/equivalent-mutants.txt")
NUMBERLESS = [
    "cli",
    "comparing_figure",
    "drawing",
    "errors",
    "figure",
    "figures",
    "files",
    "plots",
    "report",
    "terminal",
    "compiled/build",
    "compiled/entries",
    "compiled/handles",
]


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
    """In an empty environment, the README's second command: install, then test. After it what needs an extra.

    Then the linters.
    """
    session.run("bash", "-euc", readme_command(1), external=True)
    session.install("--constraint", "constraints.txt", "--editable", ".[live]")
    session.run(
        "python",
        "-m",
        "pytest",
        "--numprocesses=0",
        "tests/sim/engine/live/test_ray.py",
        "tests/sim/sweep/test_clusters.py",
    )
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


@nox.session
def lowest(session: nox.Session) -> None:
    """Test the lowest versions that pyproject.toml allows, beside the torch that constraints.txt names."""
    pins = Path(session.create_tmp())
    torch = next(
        line for line in Path("constraints.txt").read_text().splitlines() if line.startswith("torch==")
    )
    (pins / "torch.txt").write_text(torch)
    session.install("--constraint", "constraints.txt", "uv")
    resolve = ["uv", "pip", "compile", "--quiet", "--resolution", "lowest-direct", "--extra", "dev"]
    limits = ["--constraint", str(pins / "torch.txt"), "--output-file", str(pins / "lowest.txt")]
    session.run(*resolve, *limits, "pyproject.toml", silent=True)
    session.install("--constraint", str(pins / "lowest.txt"), "--editable", ".[dev]")
    session.run("python", "-m", "pytest", *session.posargs)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session(reuse_venv=True)
def mutants(session: nox.Session) -> None:
    """Change the numbers' modules a little, one change at a time, and see which changes no test notices.

    Rooms or modules are named by their paths: ``nox -s mutants -- sim/trace analysis/scores/areas.py``. With
    ``'*7'`` after them only the changes whose number ends so are tried, about one in ten. What is committed
    is what is changed, in a copy in ``.mutants/`` that also remembers what has been tried. What is raised is
    left as it is; changes that are known to change nothing stand in ``tests/equivalent-mutants.txt``.
    """
    python = install(session)
    if python == "python":
        session.install("--constraint", "constraints.txt", "mutmut")
    chosen = [word for word in session.posargs if "*" in word]
    wanted = [word for word in session.posargs if word not in chosen] or list(ROOMS)
    for room, tests in ROOMS.items():
        if modules := [path for path in wanted if room == room_of(path)]:
            copy = Path(".mutants", room.replace("/", ".")).resolve()
            try_mutants(session, python, copy, modules, tests, chosen)


def room_of(path: str) -> str:
    """Return the innermost room that a module or a folder lies in."""
    return max((room for room in ROOMS if path.startswith(room)), key=len, default="")


def try_mutants(
    session: nox.Session, python: str, copy: Path, modules: list[str], tests: list[str], chosen: list[str]
) -> None:
    """Try every change of some modules; print the share that is noticed, and each one that is not."""
    if not copy.exists():
        session.run("git", "clone", "--quiet", ".", str(copy), external=True)
    head = str(session.run("git", "rev-parse", "HEAD", external=True, silent=True)).strip()
    inner = [f"{room}/*" for room in ROOMS if room not in modules and any(map(room.startswith, modules))]
    lists = {
        "source_paths": ["sim", "nets", "analysis"],
        "only_mutate": [path if path.endswith(".py") else f"{path}/*" for path in modules],
        "do_not_mutate": [*inner, *(f"*/{name}.py" for name in NUMBERLESS)],
        "do_not_mutate_patterns": [RAISED],
        "also_copy": ["README.md", "docs", "examples"],
        "pytest_add_cli_args": ["-p", "no:xdist", "-o", "addopts=", "--hypothesis-profile=mutants"],
        "pytest_add_cli_args_test_selection": tests,
        "process_isolation": ["forkserver"],  # torch does not like to be forked
    }
    mutmut = [python, "-m", "mutmut"]
    with session.chdir(copy):
        session.run("git", "fetch", "--quiet", "origin", head, external=True)
        session.run("git", "reset", "--quiet", "--hard", head, external=True)
        config = configparser.ConfigParser()
        config["mutmut"] = {name: "\n".join(values) for name, values in lists.items()}
        with Path("setup.cfg").open("w", encoding="utf-8") as file:
            config.write(file)
        session.run(*mutmut, "run", *chosen, env={"OMP_NUM_THREADS": "1"}, external=True)
        listed = str(session.run(*mutmut, "results", "--all", "true", external=True, silent=True))
        results = dict(re.findall(r"^\s*(\S+): (.+)$", listed, re.MULTILINE))
        unnoticed = Counter[str]()
        for name, result in results.items():
            if result in {"survived", "no tests"}:
                shown = str(session.run(*mutmut, "show", name, external=True, silent=True, log=False))
                changed = re.findall(r"^(?:-(?!-)|\+(?!\+)).*", shown, re.MULTILINE)
                kind = kind_of_change(name, changed)
                unnoticed[kind] += 1
                session.log("\n".join([f"{name}: {result}, {kind}", *changed]))
    count = Counter(results.values())
    untried = ("not checked", "check was interrupted by user", "skipped")
    tried = len(results) - sum(count[result] for result in untried)
    noticed = tried - unnoticed.total()
    session.log(
        f"{' '.join(modules)}: of {len(results)} changes {tried} were tried, {noticed} of them noticed; "
        f"unnoticed: {dict(unnoticed)}"
    )
    shares = [
        noticed / max(noticed + unnoticed["of a number"] + words, 1) for words in (0, unnoticed["in words"])
    ]
    session.log(f"{shares[0]:.1%} without changes in words, {shares[1]:.1%} with them; {dict(count)}")


def kind_of_change(name: str, changed: list[str]) -> str:
    """Tell changes in words, and those that are equivalent, from all others.

    Equivalent are those that are listed, and lengths no longer asserted to be equal: they always are.
    """
    listed = {
        tuple(line.strip() for line in block.splitlines() if not line.startswith("#"))
        for block in EQUIVALENT.read_text(encoding="utf-8").split("\n\n")
    }
    if (name.rpartition("__mutmut_")[0], *(line[0] + line[1:].strip() for line in changed)) in listed:
        return "equivalent"
    for kind, kept in (("in words", _wordless), ("equivalent", _unasserted)):
        before, after = (kept("".join(line[1:] for line in changed if line[0] == sign)) for sign in "-+")
        if before == after:
            return kind
    return "of a number"


def _wordless(code: str) -> str:
    """Return some code without what stands in quotation marks, but for what is put into a text."""
    return re.sub(TEXT, lambda found: found[0] if found[0][0] == "f" else "", code)


def _unasserted(code: str) -> str:
    """Return some code without spaces, and without asserting that things zipped are of one length."""
    return re.sub(r",?strict=\w+|,(?=\))", "", re.sub(r"\s", "", code))

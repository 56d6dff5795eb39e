"""Theory, battery and pictures from the command line."""

import json
import re
from pathlib import Path

import pytest

from sim import Scenario, SimulationError, Trace, cli_theory, simulate
from sim.cli import main
from sim.statistics import Estimate
from sim.theory import validate
from sim.theory.over_k import FAMILY, Level
from sim.theory.over_k_text import best
from tests.commands import run_python

EXAMPLES = Path(__file__).parents[3] / "examples"
EIGHT = str(EXAMPLES / "theory-eight-workers.toml")
LEARNERS = str(EXAMPLES / "two-learners.toml")
QUICKLY = ("--replicas", "2", "--updates", "500")


def test_theory_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["theory", EIGHT, "--json", "--updates", "2000", "--replicas", "5"]) == 0
    data = json.loads(capsys.readouterr().out)
    found = {(each["name"], each["label"]): each for each in data["applicable"]}
    assert found["async-staleness", ""]["theory"] == 7
    assert found["async-staleness", ""]["simulated"]["mean"] == pytest.approx(7, abs=0.1)
    assert found["async-staleness", ""]["simulated"]["replicas"] == 5
    assert {"name": "fresh", "failing": ["the protocol is async"]} in data["not_applicable"]
    assert data["short_run"] is None
    assert data["not_simulated"] is None
    assert found["async-staleness", ""]["error"] == 0


def test_of_a_short_run_only_exact_laws_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["theory", LEARNERS]) == 0
    out = capsys.readouterr().out
    assert "A short run (workers[0] ends after 4 gradients)" in out
    assert "holds" in out
    assert "agrees" not in out


def test_latex_is_printed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["theory", EIGHT, "--latex"]) == 0
    out = capsys.readouterr().out
    assert "% async-variance: variance of the staleness\n" in out
    assert r"\operatorname{Var}{\left(\sigma \right)} = P \left(P - 1\right)" in out


@pytest.mark.parametrize("kind", ["staleness", "k"])
def test_pictures(kind: str, tmp_path: Path) -> None:
    fast = ["--replicas", "2", "--gradients", "200"] if kind == "k" else []
    assert main(["plot", kind, EIGHT, "--out", str(tmp_path / "x.svg"), *fast]) == 0
    assert (tmp_path / "x.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_numbers_stand_beside_the_picture_over_k(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["plot", "k", EIGHT, "--out", str(tmp_path / "x.svg"), "--replicas", "2"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    values = [(row[0], int(row[1])) for row in rows if row and row[0] in FAMILY]
    assert values == [(name, k) for name in FAMILY for k in range(1, 9)]
    of_batch = {row[1]: float(row[5]) for row in rows if row and row[0] == "k-batch-async"}
    assert all(rate == pytest.approx(8, rel=0.1) for rate in of_batch.values())  # gradients of eight workers


def test_the_best_k_is_named_with_what_may_be_as_good() -> None:
    def level(protocol: str, k: int, updates: float) -> Level:
        return Level(protocol, k, Estimate(updates, 0.01, 5), Estimate(1.0, 0.0, 5), None, None)

    levels = [
        level("k-sync", 1, 8.0),
        level("k-sync", 2, 5.0),
        level("k-async", 2, 4.99),
        level("k-async", 3, 2),
    ]
    assert list(best(levels)) == [
        "Most updates a second: k-sync of K = 1, 8.000 ± 0.028.",
        (
            "Most gradients a second: k-sync of K = 2, 10.000 ± 0.056; intervals that overlap with it:"
            " k-async of K = 2."
        ),
    ]


@pytest.mark.parametrize("name", ["x.gif", "x", "missing/x.png"])
def test_a_picture_that_cannot_be_written_is_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plot", "staleness", EIGHT, "--out", str(tmp_path / name)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["theory", "nowhere.toml"],
        ["theory"],
        ["theory", EIGHT, "--replicas", "1"],
        ["theory", EIGHT, "--replicas", "x"],
        ["theory", EIGHT, "--updates", "0"],
        ["theory", EIGHT, "--updates", str(10**16)],
        ["theory", EIGHT, "--seed", "-1"],
        ["theory", EIGHT, EIGHT],
        ["validate", "--slow"],
        ["validate", "--engine", "none"],
        ["plot", "k", LEARNERS, "--out", "x.png"],
        ["plot", "k", EIGHT],
        ["plot", "k", EIGHT, "--out", "-"],
        ["plot", "k", EIGHT, "--out", "x.png", "--gradients", "99"],
        ["plot", "staleness", "nowhere.toml", "--out", "x.png"],
        ["plot", "bogus"],
    ],
)
def test_bad_input_is_one_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert told.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_validation_takes_the_engine_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked, few = set(), validate.battery(quick=True)[:2]

    def watched(scenario: Scenario, seed: int, engine: str) -> Trace:
        asked.add(engine)
        return simulate(scenario, seed, engine)

    monkeypatch.setattr(cli_theory, "simulate", watched)
    monkeypatch.setattr(validate, "battery", lambda **_: few)
    printed = []
    for engine in ("simpy", "compiled"):
        assert main(["validate", "--quick", "--engine", engine]) == 0
        printed.append(capsys.readouterr().out)
    assert asked == {"simpy", "compiled"}
    assert printed[0] == printed[1]


@pytest.mark.parametrize(
    "command", [["theory"], ["validate"], ["plot"], ["plot", "staleness"], ["plot", "k"]]
)
@pytest.mark.parametrize("asked", ["-h", "--help"])
def test_help_has_two_examples(command: list[str], asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, asked]) == 0
    told = capsys.readouterr()
    assert told.out.startswith(f"Usage: python -m sim {' '.join(command)}")
    assert len(re.findall(rf"\n +python -m sim {' '.join(command)}\b", told.out)) == 2
    assert told.err == ""


def test_plot_alone_prints_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("Usage: python -m sim plot")
    assert told.err == ""


NUMBER = re.compile(r"(?<![\w.])\d[\d.]*(?:e[+-]\d+)?")


@pytest.mark.parametrize("example", ["theory-server-queue", "vgg19-10gbit", "ssp-slack", "backup-workers"])
def test_no_number_is_cut_and_no_line_too_long(
    example: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = {}
    for width in (40, 60, 80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        assert main(["theory", str(EXAMPLES / f"{example}.toml"), *QUICKLY]) == 0
        out = capsys.readouterr().out
        assert max(map(len, out.splitlines())) <= width
        assert not re.search(r"[\d.]…", out)
        numbers[width] = set(NUMBER.findall(out))
    assert len({frozenset(found) for found in numbers.values()}) == 1


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_every_terminal_can_show_it(encoding: str) -> None:
    command = ("-m", "sim", "theory", str(EXAMPLES / "theory-server-queue.toml"), *QUICKLY)
    done = run_python(*command, env={"PYTHONIOENCODING": encoding}, encoding=encoding)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "?" not in done.stdout
    assert ("≥ 4.44444" if encoding == "utf-8" else ">= 4.44444") in done.stdout
    assert ("±" in done.stdout) == (encoding != "ascii")


def test_how_long_a_run_must_be_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "short.toml"
    file.write_text(
        Path(EIGHT).read_text(encoding="utf-8").replace("updates = 4000", "updates = 40"), "utf-8"
    )
    assert main(["theory", str(file), "--replicas", "2"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "A short run for some formulas: what they take is said below." in out
    assert "about 5 gradients of each worker, fewer than 50: it takes 400 updates." in out


def test_what_cannot_be_simulated_is_known_all_the_same(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise SimulationError("a compute time of 1e+12 s was drawn; 1e+09 s is the most")

    monkeypatch.setattr("sim.cli_theory.simulate", fails)
    assert main(["theory", EIGHT]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "Not simulated: a compute time of 1e+12 s was drawn; 1e+09 s is the most." in out
    assert "async-time 0.125 – – not simulated" in out
    assert main(["theory", EIGHT, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["not_simulated"].startswith("Not simulated")


def test_a_heavy_tail_is_a_number_without_an_interval(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "heavy.toml"
    file.write_text(
        """
        protocol.kind = "bsp"
        stop.updates = 300
        [[workers]]
        name = "heavy"
        compute = { kind = "pareto", minimum = 1.0, shape = 1.05 }
        [[workers]]
        name = "constant"
        compute = 1.0
        """,
        "utf-8",
    )
    assert main(["theory", str(file), "--replicas", "3", "--json"]) == 0
    (time,) = [each for each in json.loads(capsys.readouterr().out)["applicable"] if each["numeric"]]
    assert time["theory"] == pytest.approx(21)
    assert time["gradients_for_an_interval"] is None
    assert time["verdict"] in {"no interval", "agrees"}

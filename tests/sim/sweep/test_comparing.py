"""Protocols held against each other: figures and differences against runs one by one."""

import json
from pathlib import Path

import pytest
from scipy import stats

from sim import Exponential, Scenario, ScenarioError, Stop, Worker, simulate
from sim.cli import main
from sim.metrics import gradients_per_second, staleness, time_to_updates
from sim.sweep.comparing import TO_GRADIENTS, TO_UPDATES, compare
from sim.trace import Trace

EXAMPLE = str(Path(__file__).parents[3] / "examples" / "thirty-two-gpus.toml")
FLEET = [
    Worker(name="fast", count=3, compute=Exponential(mean=1.0)),
    Worker(name="slow", compute=Exponential(mean=3.0)),
]
FOUR = Scenario(workers=FLEET, stop=Stop(gradients=200), seed=5)


def one_by_one(kind: str, replicas: int) -> list[Trace]:
    protocol = {"bsp": {"kind": "bsp"}, "async": {"kind": "async"}}[kind]
    return [simulate(FOUR.with_({"protocol": protocol}), 5 + replica) for replica in range(replicas)]


def test_means_and_differences_are_those_of_the_runs_one_by_one() -> None:
    found = compare(FOUR, ["bsp", "async"], replicas=6, updates=20)
    bsp, free = one_by_one("bsp", 6), one_by_one("async", 6)
    for line, traces in zip(found.lines, (bsp, free), strict=True):
        for name, figure in (
            ("gradients_per_second", gradients_per_second),
            ("staleness.mean", lambda trace: staleness(trace).mean),
            (TO_UPDATES, lambda trace: time_to_updates(trace, 20)),
        ):
            values = [figure(trace) for trace in traces]
            estimate = line.figures[name]
            assert estimate is not None
            assert estimate.mean == pytest.approx(sum(values) / 6)
    gains = [gradients_per_second(b) - gradients_per_second(a) for a, b in zip(bsp, free, strict=True)]
    low, high = stats.ttest_1samp(gains, 0).confidence_interval(0.95)
    difference = found.lines[1].differences["gradients_per_second"]
    assert difference is not None
    assert difference.mean == pytest.approx((low + high) / 2)
    assert difference.half_width(0.95) == pytest.approx((high - low) / 2)
    assert found.lines[0].differences == {}


def test_a_barrier_of_constant_times_by_hand() -> None:
    workers = [Worker(name="a", compute=1.0), Worker(name="b", compute=3.0)]
    found = compare(
        Scenario(workers=workers, stop=Stop(time=300.0)),
        ["bsp", "async"],
        replicas=1,
        updates=10,
        gradients=10,
    )
    bsp, free = found.lines
    means = {name: each.mean for name, each in bsp.figures.items() if each is not None}
    assert means["updates_per_second"] == pytest.approx(1 / 3)
    assert means["gradients_per_second"] == pytest.approx(2 / 3)
    assert (means[TO_UPDATES], means[TO_GRADIENTS], means["staleness.max"]) == (30.0, 15.0, 0.0)
    assert means["share_waiting"] == pytest.approx(2 / 6)  # a waits for two seconds of three, b never
    # Of async, 1 + 1/3 gradients a second: ten by 8 s, where a has given eight and b two.
    assert free.figures[TO_GRADIENTS] is not None
    assert free.figures[TO_GRADIENTS].mean == 8.0


def test_the_first_protocol_is_what_others_are_held_against() -> None:
    there = compare(FOUR, ["bsp", "async"], replicas=4).lines[1].differences["staleness.mean"]
    back = compare(FOUR, ["async", "bsp"], replicas=4).lines[1].differences["staleness.mean"]
    assert there is not None
    assert back is not None
    assert there.mean == pytest.approx(-back.mean)
    assert there.half_width(0.95) == pytest.approx(back.half_width(0.95))


@pytest.mark.parametrize(
    ("protocols", "wrong"),
    [
        (["bsp"], "two protocols or more"),
        (["bsp", "bsp"], "bsp: is given twice"),
        (["bsp", "bsq"], "bsq"),
        (["bsp", "k-async:k=5"], "protocol k-async:k=5: k 5 must be at most 4"),
        (["bsp", "k-async:q=5"], "q"),
    ],
)
def test_what_cannot_be_compared_is_named(protocols: list[str], wrong: str) -> None:
    with pytest.raises(ScenarioError, match=wrong):
        compare(FOUR, protocols)


def test_the_command_prints_json_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = ["--protocol", "bsp", "--protocol", "ssp:slack=3"]
    fast = ["--set", "stop.gradients=64", "--replicas", "2"]
    figure = tmp_path / "c.svg"
    assert main(["compare", EXAMPLE, *both, *fast, "--json", "--figure", str(figure)]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [line["protocol"] for line in data["protocols"]] == ["bsp", "ssp:slack=3"]
    assert data["replicas"] == 2
    assert figure.read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_the_tables_fit(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    protocols = ["--protocol", "backup-workers:k=30", "--protocol", "async"]
    assert main(["compare", EXAMPLE, *protocols, "--set", "stop.gradients=64", "--replicas", "2"]) == 0
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= columns
    assert "…" not in printed


@pytest.mark.parametrize(
    "arguments", [[], ["--protocol", "bsp"], ["--protocol", "bsp", "--protocol", "x"], ["--figure", "x.gif"]]
)
def test_bad_input_is_one_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", EXAMPLE, *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert told.err.count("\n") == 1

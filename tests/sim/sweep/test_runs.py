"""A run as a flat row, and the key that it is known by."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import (
    Exponential,
    Failures,
    Gamma,
    Network,
    Pareto,
    Protocol,
    Scenario,
    Stop,
    Worker,
    summarise,
)
from sim.sweep import runs
from sim.sweep.runs import Result, flat, keys, run
from tests.sim import strategies
from tests.sim.sweep.scenarios import FOUR, TWO


def test_names_are_those_of_the_json_with_points_between() -> None:
    figures = summarise(FOUR)
    found = flat(figures)
    assert found["staleness.mean"] == figures["staleness"]["mean"]
    assert found["gradients.applied"] == figures["gradients"]["applied"]
    assert found["gradients_per_second"] == figures["gradients_per_second"]
    assert found["server.mean_queue"] == figures["server"]["mean_queue"]
    assert not {"workers", "staleness.histogram", "engine", "protocol"} & set(found)


def test_both_engines_give_one_row() -> None:
    simple, compiled = (run(FOUR, 3, engine) for engine in ("simpy", "compiled"))
    assert simple.figures == compiled.figures
    assert (simple.engine, compiled.engine) == ("simpy", "compiled")


def test_what_goes_wrong_is_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(FOUR, 0, "fast") == Result(
        None, {}, "engine 'fast' must be one of auto, simpy, compiled", lasting=False
    )

    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(runs, "summarise", full)
    assert run(FOUR, 0) == Result(None, {}, "MemoryError", lasting=False)


def test_a_run_that_gets_nowhere_is_a_failure_that_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = summarise(FOUR) | {"ended": "no-progress"}
    monkeypatch.setattr(runs, "summarise", lambda *_: figures)
    found = run(FOUR, 0)
    assert (found.figures, found.lasting) == ({}, True)
    assert found.error
    assert found.error.startswith("no progress by ")


def test_a_key_is_of_all_that_figures_depend_on_and_of_nothing_else() -> None:
    (key,) = keys(FOUR, [0])
    assert keys(FOUR.replace(title="four", seed=9), [0]) == [key]
    others = [
        FOUR.replace(stop=Stop(updates=21)),
        FOUR.replace(protocol=Protocol.bsp()),
        FOUR.replace(workers=[FOUR.workers[0].replace(name="v")]),
        FOUR.replace(workers=[FOUR.workers[0].replace(count=5)]),
        FOUR.replace(workers=[FOUR.workers[0].replace(compute=Exponential(mean=1.0000001))]),
        FOUR.replace(server={"apply": 1e-9}),
        FOUR.replace(network={"latency": 1e-9}),
    ]
    found = [key, *keys(FOUR, [1, 2]), *(keys(other, [0])[0] for other in others)]
    assert len(set(found)) == len(found)


@given(st.lists(strategies.asynchronous, min_size=2, max_size=2))
def test_keys_are_equal_where_scenarios_are(both: list[Scenario]) -> None:
    one, other = (each.replace(seed=0, title="") for each in both)
    assert (keys(one, [5]) == keys(other, [5])) == (one == other)
    assert keys(Scenario.from_toml(one.to_toml()), [5, 6]) == keys(one, [5, 6])


def test_without_chance_the_runs_of_all_seeds_are_one() -> None:
    assert len(set(keys(TWO, range(5)))) == 1
    assert len(set(keys(FOUR, range(5)))) == 5


def test_a_measured_files_content_is_part_of_the_key(tmp_path: Path) -> None:
    def key_with(times: str) -> str:
        (tmp_path / "times.csv").write_text(f"worker,seconds\nw,{times}\nw,2\n")
        (tmp_path / "s.toml").write_text("[[workers]]\nname = 'w'\ncompute = {csv = 'times.csv'}\n")
        return keys(Scenario.load(tmp_path / "s.toml"), [0])[0]

    first = key_with("1")
    assert key_with("1.5") != first
    assert key_with("1.0") == first
    inline = Scenario(workers=[Worker(name="w", compute=(1.0, 2.0))])
    assert keys(inline, [0]) == [first]


MEANING = (1, "37b79ed66715c683")
"""The number of the semantics, and what `SAMPLES` come to under it, see below."""

SAMPLES = (
    FOUR,
    FOUR.replace(protocol=Protocol.k_sync(2), server={"apply": Gamma(mean=0.1, shape=3.0)}),
    FOUR.replace(
        network=Network(latency=0.1, server_bandwidth=10.0, gradient_bytes=2.0, weight_bytes=1.0),
        workers=[
            FOUR.workers[0].replace(failures=Failures(mtbf=5.0, repair=1.0)),
            Worker(name="v", compute=Pareto(minimum=0.5, shape=2.5), speed=((0.0, 1.0), (3.0, 0.5))),
        ],
    ),
    TWO.replace(protocol=Protocol.asynchronous(max_staleness=1)),
)


def test_the_semantics_have_a_new_number_whenever_figures_change() -> None:
    """Where this fails, scenarios mean other figures: raise `SEMANTICS`, and write both numbers above."""
    figures = [
        {name: f"{value:.9g}" if isinstance(value, float) else value
         for name, value in run(sample, 1).figures.items()}
        for sample in SAMPLES
    ]  # fmt: skip
    content = json.dumps(figures, sort_keys=True).encode()
    assert (runs.SEMANTICS, hashlib.sha256(content).hexdigest()[:16]) == MEANING

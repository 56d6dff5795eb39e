"""A trace is read-only, travels with its scenario, and its views agree."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import Scenario, ScenarioError, Trace, TraceError, Worker, simulate
from sim.trace.export import pieces
from tests.sim import strategies

TWO = Scenario.load("examples/two-learners.toml")


def test_columns_cannot_be_written() -> None:
    trace = simulate(TWO)
    for column in (*trace.ticks.values(), trace.staleness, trace.applied_at, trace.updated_at):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1


def test_a_saved_trace_comes_back_whole(tmp_path: Path) -> None:
    trace = simulate(TWO, seed=3)
    trace.save(tmp_path / "t.parquet")
    again = Trace.load(tmp_path / "t.parquet")
    assert again == trace
    assert (again.scenario, again.seed, again.engine) == (TWO, 3, "simpy")


@given(scenario=strategies.everything(), ascii_only=st.booleans())
def test_its_json_says_what_its_data_frame_says(scenario: Scenario, *, ascii_only: bool) -> None:
    trace = simulate(scenario)
    data = json.loads("".join(pieces(trace, ascii_only=ascii_only)))
    frame = trace.to_pandas()
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    assert data["gradients"] == rows
    applied = frame[frame["outcome"] == "applied"].groupby("version_applied")["applied_at"]
    updates = enumerate(zip(applied.first(), applied.size(), strict=True), 1)
    assert data["updates"] == [
        {"version": version, "at": at, "gradients": size} for version, (at, size) in updates
    ]
    assert data["scenario"] == scenario.to_data()


@given(strategies.everything())
def test_the_same_run_gives_the_same_bytes(scenario: Scenario) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("one", "two")]
        for path in paths:
            simulate(scenario).save(path)
        assert paths[0].read_bytes() == paths[1].read_bytes()
        assert Trace.load(paths[0]) == simulate(scenario)


def test_traces_differ_where_their_seed_or_scenario_differs() -> None:
    assert simulate(TWO) == simulate(TWO)
    assert simulate(TWO) != simulate(TWO, seed=1)
    assert simulate(TWO) != "a trace"


def test_what_is_no_trace_is_refused(tmp_path: Path) -> None:
    import pandas as pd

    path = tmp_path / "t.parquet"
    with pytest.raises(TraceError, match="No such file"):
        Trace.load(path)
    path.write_text("nonsense")
    with pytest.raises(TraceError, match="not a trace"):
        Trace.load(path)
    pd.DataFrame({"worker": [1]}).to_parquet(path)
    with pytest.raises(TraceError, match="not a trace"):
        Trace.load(path)


@pytest.mark.parametrize(
    ("column", "row", "value", "reason"),
    [
        ("worker", 0, 2, "worker is none of 0 to 1"),
        ("worker", 0, -1, "worker is none of 0 to 1"),
        ("index", 1, 1, "index does not number each worker's gradients from 1"),
        ("index", 0, 0, "index does not number each worker's gradients from 1"),
        ("read_at", 0, -1, "read_at lies outside the run"),
        ("computed_at", 0, 10**10, "computed_at lies outside the run"),
        ("computed_at", 1, 10**9 - 1, "computed_at comes before read_at, or before what precedes that"),
        ("outcome", 0, 9, "outcome is none of -1 to 3"),
        ("outcome", 0, 1, "outcome puts an applied gradient after one that is not"),
        ("outcome", 5, -1, "outcome and ended_at disagree on what is in flight"),
        ("version_applied", 3, 9, "version_applied does not count the updates"),
        ("version_read", 3, 4, "version_read is none that was there to be read"),
    ],
)
def test_columns_that_no_run_leaves_behind_are_refused(
    column: str, row: int, value: int, reason: str, tmp_path: Path
) -> None:
    trace = simulate(TWO)
    changed = trace.ticks[column].copy()
    changed[row] = value
    replace(trace, ticks={**trace.ticks, column: changed}).save(tmp_path / "t.parquet")
    with pytest.raises(TraceError, match=f"t.parquet: not a trace: {reason}"):
        Trace.load(tmp_path / "t.parquet")


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"ended": "bored"}, "ended is 'bored', not one of"),
        ({"end": -1}, "end is -1, not a number of"),
    ],
)
def test_an_end_that_no_run_has_is_refused(told: dict[str, Any], reason: str, tmp_path: Path) -> None:
    replace(simulate(TWO), **told).save(tmp_path / "t.parquet")
    with pytest.raises(TraceError, match=f"t.parquet: not a trace: {reason}"):
        Trace.load(tmp_path / "t.parquet")


def test_numpys_integers_are_seeds_and_other_numbers_are_not(tmp_path: Path) -> None:
    def reseeded(seed: Any) -> Trace:  # noqa: ANN401 -- what it is, is what is tried
        return replace(simulate(TWO), seed=seed)

    trace = reseeded(np.int64(3))
    trace.save(tmp_path / "t.parquet")
    assert Trace.load(tmp_path / "t.parquet") == simulate(TWO, seed=3)
    for seed in (1.5, -1, "1", None, True, 2**128):
        with pytest.raises(ScenarioError, match="must be a whole number from 0 to"):
            reseeded(seed).save(tmp_path / "other.parquet")


def test_a_trace_of_other_columns_is_refused() -> None:
    with pytest.raises(TraceError, match="ticks of a trace has the columns worker, index"):
        Trace(TWO, 0, "simpy", "finished", 1, {"worker": np.zeros(1, np.int64)}, {}, {})


def test_the_data_frame_speaks_of_names_and_seconds() -> None:
    table = simulate(TWO).to_pandas()
    assert table["worker"].tolist() == ["L1", "L1", "L2", "L1", "L1", "L2"]
    assert table["applied_at"].tolist() == [1.0, 2.0, 2.5, 3.0, 4.0, 5.0]
    assert table["staleness"].tolist() == [0, 0, 2, 1, 0, 2]
    assert set(table["outcome"]) == {"applied"}


def test_what_has_not_happened_is_missing_in_the_data_frame() -> None:
    trace = simulate(Scenario.load("examples/two-learners.toml", settings={"stop.time": 2.2}))
    table = trace.to_pandas()
    assert table["outcome"].tolist() == ["applied", "applied", "in-flight", "in-flight"]
    assert table["staleness"].isna().tolist() == [False, False, True, True]
    assert table["applied_at"].isna().tolist() == [False, False, True, True]


def test_its_repr_tells_the_run() -> None:
    assert repr(simulate(TWO)) == "<Trace of 6 gradients, 6 updates in 5 s by 2 workers, seed 0, finished>"


def test_an_empty_trace_has_no_updates() -> None:
    trace = simulate(Scenario(workers=[Worker(name="w", compute=5.0, gradients=1)], stop={"time": 1.0}))
    assert (trace.updates, len(trace.staleness), len(trace.updated_at)) == (0, 0, 0)

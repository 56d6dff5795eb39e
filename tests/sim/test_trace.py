"""A trace is read-only, travels with its scenario, and its views agree."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from sim import Scenario, Trace, TraceError, Worker, simulate
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
    trace = simulate(Scenario.load("examples/two-learners.toml", until=2.2))
    table = trace.to_pandas()
    assert table["outcome"].tolist() == ["applied", "applied", "in-flight", "in-flight"]
    assert table["staleness"].isna().tolist() == [False, False, True, True]
    assert table["applied_at"].isna().tolist() == [False, False, True, True]


def test_its_repr_tells_the_run() -> None:
    assert repr(simulate(TWO)) == "<Trace of 6 gradients, 6 updates in 5 s by 2 workers, seed 0, finished>"


def test_an_empty_trace_has_no_updates() -> None:
    trace = simulate(Scenario(workers=[Worker(name="w", compute=5.0, gradients=1)], stop={"time": 1.0}))
    assert (trace.updates, len(trace.staleness), len(trace.updated_at)) == (0, 0, 0)

"""Whole sweeps: independent of how they are done, resumed, cut into shards; and of nothing foreign."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy import stats

from sim import Exponential, Protocol, ScenarioError, SimError, summarise
from sim.sweep import execute, perform, sweep
from sim.sweep.execute import Done, Job
from sim.sweep.runs import Result
from tests.sim.sweep.scenarios import FOUR, OVER, TWO

REPLICAS = 4


def csv(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False)


@pytest.fixture(scope="module")
def plain() -> pd.DataFrame:
    return sweep(FOUR, OVER, replicas=REPLICAS)


def test_each_row_is_the_run_that_it_says(plain: pd.DataFrame) -> None:
    assert len(plain) == 6 * REPLICAS
    for row in plain.to_dict("records"):
        settings = {path: row[path] for path in OVER}
        figures = summarise(FOUR.with_(settings), row["seed"])
        assert row["seed"] == row["replica"]
        assert (row["engine"], row["staleness.mean"]) == (figures["engine"], figures["staleness"]["mean"])
        assert row["gradients_per_second"] == figures["gradients_per_second"]
    assert plain["error"].isna().all()


def test_replicas_have_common_random_numbers_at_every_point(plain: pd.DataFrame) -> None:
    seeds = plain.groupby("point")["seed"].agg(list)
    assert all(each == list(range(REPLICAS)) for each in seeds)
    later = sweep(FOUR, OVER, replicas=2, seed=2)
    assert later["staleness.mean"].tolist() == plain[plain["replica"] >= 2]["staleness.mean"].tolist()
    assert sweep(FOUR.replace(seed=2), OVER, replicas=2).equals(later)


def test_jobs_backends_and_chunks_change_not_a_byte(
    plain: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert csv(sweep(FOUR, OVER, replicas=REPLICAS, jobs=2)) == csv(plain)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        assert csv(sweep(FOUR, OVER, replicas=REPLICAS)) == csv(plain)
    for size in (1, 3, 100):
        monkeypatch.setattr(execute._Dealer, "_size", lambda *_, size=size: size)
        assert csv(sweep(FOUR, OVER, replicas=REPLICAS)) == csv(plain)


def test_the_order_in_which_runs_are_done_changes_not_a_byte(
    plain: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shuffled(jobs: Sequence[Job], *settings: Any) -> Any:  # noqa: ANN401 -- those of execute
        order = np.random.default_rng(7).permutation(len(jobs))
        return execute.execute([jobs[place] for place in order], *settings)

    monkeypatch.setattr(perform, "execute", shuffled)
    assert csv(sweep(FOUR, OVER, replicas=REPLICAS)) == csv(plain)


def test_the_engines_agree_in_all_but_their_names(plain: pd.DataFrame) -> None:
    compiled = sweep(FOUR, OVER, replicas=REPLICAS, engine="compiled")
    assert_frame_equal(compiled.drop(columns="engine"), plain.drop(columns="engine"))
    assert set(compiled["engine"]) == {"compiled"}


class Interrupted(BaseException):
    """As Ctrl-C does."""


class Count:
    """A progress that counts what is run anew, and may stop a sweep."""

    def __init__(self, stop_at: int = 10**9) -> None:
        self.first: int | None = None
        self.last = 0
        self.stop_at = stop_at

    def __call__(self, done: int, failed: int, total: int) -> None:
        if self.first is None:
            self.first = done
        self.last = done
        assert 0 <= failed <= done <= total
        if done >= self.stop_at:
            raise Interrupted

    @property
    def anew(self) -> int:
        assert self.first is not None
        return self.last - self.first


def test_a_sweep_that_was_stopped_goes_on_where_it_was(
    plain: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute._Dealer, "_size", lambda *_: 1)
    journal = tmp_path / "j"
    for stop_at in (5, 6, 17):
        with pytest.raises(Interrupted):
            sweep(FOUR, OVER, replicas=REPLICAS, journal=journal, progress=Count(stop_at))
    count = Count()
    assert csv(sweep(FOUR, OVER, replicas=REPLICAS, journal=journal, progress=count)) == csv(plain)
    assert count.anew == 24 - 17
    again = Count()
    assert csv(sweep(FOUR, OVER, replicas=REPLICAS, journal=journal, progress=again)) == csv(plain)
    assert again.anew == 0


def test_a_larger_sweep_takes_what_a_smaller_one_has_and_a_changed_scenario_nothing(tmp_path: Path) -> None:
    journal = tmp_path / "j"
    sweep(FOUR, {"protocol.k": [1, 2]}, replicas=2, journal=journal)
    larger, changed, titled = Count(), Count(), Count()
    frame = sweep(FOUR, {"protocol.k": [2, 3]}, replicas=3, journal=journal, progress=larger)
    assert larger.anew == 6 - 2
    assert csv(frame) == csv(sweep(FOUR, {"protocol.k": [2, 3]}, replicas=3))
    other = FOUR.replace(stop={"updates": 21})
    frame = sweep(other, {"protocol.k": [2, 3]}, replicas=3, journal=journal, progress=changed)
    assert changed.anew == 6
    assert csv(frame) == csv(sweep(other, {"protocol.k": [2, 3]}, replicas=3))
    sweep(FOUR.replace(title="x"), {"protocol.k": [2, 3]}, replicas=3, journal=journal, progress=titled)
    assert titled.anew == 0


def test_one_failing_scenario_is_a_row_with_its_error() -> None:
    frame = sweep(TWO.replace(protocol=Protocol.k_sync(1)), {"protocol.k": [1, 2, 3]}, replicas=2)
    assert frame["point"].tolist() == [0, 0, 1, 1, 2]
    failed = frame[frame["error"].notna()]
    assert failed["protocol.k"].tolist() == [3]
    assert "k 3 must be at most 2" in failed["error"].iloc[0]
    assert failed["staleness.mean"].isna().all()
    assert frame["updates"].tolist()[:4] == [6, 6, 6, 6]


def test_what_failed_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(jobs: Sequence[Job], *_: object) -> list[Done]:
        return [[(job.key, Result(None, {}, "MemoryError", lasting=False)) for job in jobs]]

    with monkeypatch.context() as patch:
        patch.setattr(perform, "execute", forgetful)
        first = sweep(FOUR, OVER, journal=tmp_path / "j")
        assert first["error"].tolist() == ["MemoryError"] * 6
    assert csv(sweep(FOUR, OVER, journal=tmp_path / "j")) == csv(sweep(FOUR, OVER))


def test_without_chance_one_run_stands_for_all_replicas() -> None:
    count = Count()
    frame = sweep(TWO, {"protocol.k": [1, 1, 2]}, replicas=50, progress=count)
    assert (count.last, len(frame)) == (2, 150)
    assert frame.groupby("point")["staleness.mean"].nunique().tolist() == [1, 1, 1]


def test_shards_are_parts_that_make_the_whole(plain: pd.DataFrame) -> None:
    parts = [sweep(FOUR, OVER, replicas=REPLICAS, shard=(i, 5)) for i in range(1, 6)]
    assert [len(part) for part in parts] == [5, 5, 5, 5, 4]
    whole = pd.concat(parts).sort_values(["point", "replica"], ignore_index=True)
    assert csv(whole) == csv(plain)


def test_until_an_interval_is_narrow_enough() -> None:
    share = {"staleness.mean": 0.04}
    frame = sweep(FOUR, {"protocol.k": [1, 4]}, until=share, most=200)
    for _, own in frame.groupby("point"):
        values = own["staleness.mean"].to_numpy(dtype=float)
        size = len(values)
        assert 10 <= size < 200
        half = float(stats.t.ppf(0.975, size - 1)) * values.std(ddof=1) / size**0.5
        assert half <= 0.04 * values.mean()
    sizes = frame.groupby("point").size().tolist()
    assert max(sizes) > 10
    assert csv(sweep(FOUR, {"protocol.k": [1, 4]}, until=share, most=200, jobs=2)) == csv(frame)
    parts = [sweep(FOUR, {"protocol.k": [1, 4]}, until=share, most=200, shard=(i, 2)) for i in (1, 2)]
    assert csv(pd.concat(parts)) == csv(frame)


def test_a_point_is_given_up_after_the_most_replicas() -> None:
    frame = sweep(FOUR, {"protocol.k": [1]}, until={"staleness.mean": 1e-6}, most=25)
    assert len(frame) == 25


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"replicas": 0}, "replicas 0 must be at least 1"),
        ({"until": {"staleness.mean": 0}}, "until staleness.mean: 0 must be a share greater than 0"),
        ({"until": {"stalenes": 0.1}}, "there is no figure 'stalenes'"),
        ({"seed": 2**128 - 1, "replicas": 2}, "leaves no room for so many replicas"),
        ({"seed": -1}, "seed -1 must be a whole number"),
    ],
)
def test_what_cannot_be_swept_is_one_sentence(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SimError, match=sentence.replace(".", r"\.")):
        sweep(FOUR, {"protocol.k": [1]}, **settings)


def test_a_wrong_path_gets_the_sentence_of_a_file() -> None:
    with pytest.raises(ScenarioError, match=r"protocol\.kk"):
        sweep(FOUR, {"protocol.kk": [1, 2]})


def test_columns_have_one_kind_each() -> None:
    frame = sweep(
        FOUR,
        {"protocol.k": ["all", 2], "workers[0].compute": [1, Exponential(mean=2.0)]},
        seed=2**100,
    )
    assert frame["protocol.k"].tolist()[0] == "all"
    assert frame["workers[0].compute"].tolist()[:2] == ["1", '{"kind": "exponential", "mean": 2.0}']
    assert frame["seed"].tolist()[0] == str(2**100)
    numbers = sweep(FOUR, {"workers[0].compute": [np.float64(0.5), 1]})
    assert numbers["workers[0].compute"].dtype == "float64"

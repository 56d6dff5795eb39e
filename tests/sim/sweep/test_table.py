"""Means, intervals and paired differences, against numpy and scipy; and the best of several points."""

import json
from collections.abc import Mapping, Sequence
from csv import DictReader
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim import Exponential, Scenario, SimError
from sim.statistics import Estimate, interval
from sim.sweep import sweep, text
from sim.sweep.files import KINDS, kind_of, records
from sim.sweep.perform import Row
from sim.sweep.points import Point
from sim.sweep.ranking import Bound, rank
from sim.sweep.runs import Figure, Result
from sim.sweep.table import Summary, frame, paired, summaries
from sim.terminal import wrapped
from tests.sim.sweep.scenarios import FOUR, OVER, TWO


def point(number: int, values: Sequence[float | None], scenario: Scenario = FOUR, **more: float) -> Summary:
    """A point whose runs gave these staleness means."""
    where = Point(number, {"protocol.k": number}, scenario)
    rows = []
    for replica, value in enumerate(values):
        figures: Mapping[str, Figure] = {"staleness.mean": value, "ended": "time", **more}
        rows.append(Row(where, replica, replica, Result("simpy", figures)))
    return Summary(where, rows)


def test_means_and_intervals_are_those_of_scipy() -> None:
    values = [1.0, 2.5, 2.0, 4.0]
    estimate = point(1, values).estimate("staleness.mean")
    assert estimate is not None
    low, high = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert (estimate.mean, estimate.half_width(0.95)) == pytest.approx((np.mean(values), (high - low) / 2))
    assert point(1, [1.0, None]).estimate("staleness.mean") is None
    assert point(1, [1.0]).estimate("ended") is None


def test_differences_are_paired_over_common_seeds() -> None:
    one, other = [1.0, 5.0, 9.0], [0.9, 4.9, 8.7]
    difference = paired(point(1, one), point(2, other), "staleness.mean")
    assert difference is not None
    by_scipy = stats.ttest_rel(one, other)
    assert difference.p_value(0.0) == pytest.approx(by_scipy.pvalue)
    low, high = by_scipy.confidence_interval(0.95)
    assert difference.half_width(0.95) == pytest.approx((high - low) / 2)
    assert paired(point(1, one), point(2, [1.0, None, 1.0]), "staleness.mean") is None
    longer = paired(point(1, [*one, 3.0]), point(2, other), "staleness.mean")
    assert longer == difference


def test_the_best_is_sure_where_every_paired_difference_is() -> None:
    base = np.array([1.0, 5.0, 9.0, 3.0, 7.0])
    noise = np.array([0.01, -0.02, 0.0, 0.02, -0.01])
    found = [point(1, list(base)), point(2, list(base - 1 - noise)), point(3, list(base + 1 + noise))]
    ranking = rank(found, "staleness.mean")
    assert [each.point.number for each in ranking.order] == [3, 1, 2]
    assert ranking.sure
    assert ranking.lead is not None
    assert ranking.lead.mean == pytest.approx(1.0)
    worst = max(stats.ttest_rel(base + 1 + noise, each, alternative="greater").pvalue
                for each in (base, base - 1 - noise))  # fmt: skip
    assert ranking.confidence == pytest.approx(1 - 2 * worst)
    least = rank(found, "staleness.mean", maximise=False)
    assert [each.point.number for each in least.order] == [2, 1, 3]
    assert least.sure


def test_the_best_is_not_sure_where_it_may_be_chance() -> None:
    ranking = rank([point(1, [1.0, 2.0, 3.0, 2.0]), point(2, [2.0, 1.0, 2.2, 3.0])], "staleness.mean")
    assert not ranking.sure
    assert ranking.replicas_needed is not None
    assert ranking.replicas_needed > 4
    lines = " ".join(text.verdict(ranking))
    assert "Not sure: only with " in lines
    alike = rank([point(1, [1.0, 2.0]), point(2, [1.0, 2.0])], "staleness.mean")
    assert (alike.confidence, alike.replicas_needed) == (0.0, None)
    assert "the two may be alike" in " ".join(text.verdict(alike))


def test_equal_differences_are_judged_by_their_number_unless_nothing_is_drawn() -> None:
    found = [point(1, [3.0, 4.0, 5.0]), point(2, [2.0, 3.0, 4.0])]
    assert rank(found, "staleness.mean").confidence == 1 - 1 / 2**3
    certain = [point(1, [3.0], TWO), point(2, [2.0], TWO)]
    assert rank(certain, "staleness.mean").confidence == 1.0
    assert rank([point(1, [3.0]), point(2, [2.0])], "staleness.mean").confidence == 0.5


def test_bounds_leave_points_out_and_say_where_one_is_close() -> None:
    found = [
        point(1, [9.0, 9.5], updates_per_second=8.0),
        point(2, [4.0, 4.8], updates_per_second=5.0),
        point(3, [2.0, 2.1], updates_per_second=1.0),
    ]
    tight = Bound.parse("staleness.mean<=4.5")
    ranking = rank(found, "updates_per_second", bounds=[tight])
    assert (ranking.best.point.number, ranking.left_out) == (2, 1)
    assert ranking.close == [tight]
    loose = rank(found, "updates_per_second", bounds=[Bound.parse("staleness.mean ≤ 40")])
    assert (loose.best.point.number, loose.close) == (1, [])
    above = rank(found, "staleness.mean", maximise=False, bounds=[Bound.parse("updates_per_second>=2")])
    assert above.best.point.number == 2
    with pytest.raises(SimError, match=r"no point has a updates_per_second with staleness\.mean ≤ 1"):
        rank(found, "updates_per_second", bounds=[Bound.parse("staleness.mean<=1")])
    with pytest.raises(SimError, match="there is no figure 'updates_per_secnd'; did you mean"):
        rank(found, "updates_per_secnd")


@pytest.mark.parametrize("given", ["staleness.p95", "staleness.p95<8", "<=8", "a<=x", "a<=1e999", "a<=nan"])
def test_what_is_no_bound_is_one_sentence(given: str) -> None:
    with pytest.raises(SimError, match="must read FIGURE<=NUMBER"):
        Bound.parse(given)


@pytest.mark.parametrize(
    ("mean", "error", "printed"),
    [
        (12.3456, 0.02, "12.346 ± 0.042"),
        (123456.7, 200.0, "123457 ± 419"),
        (1e-12, 1e-14, "1e-12 ± 2.1e-14"),
        (0.5, 0.0, "0.5"),
        (0.0, 0.01, "0.000 ± 0.021"),
    ],
)
def test_an_interval_has_two_digits_and_the_mean_as_many(mean: float, error: float, printed: str) -> None:
    assert interval(Estimate(mean, error, 20)) == printed


def test_sentences_break_at_no_interval() -> None:
    for width in range(20, 60):
        lines = wrapped("Its lead over the runner-up is 0.5828 ± 0.0018, over common seeds.", width)
        assert all(len(line) <= width for line in lines.splitlines())
        assert "0.5828 ± 0.0018" in lines


def test_a_written_table_is_read_back_as_it_was() -> None:
    rows = sweep(FOUR, OVER | {"workers[0].compute": [1.0, Exponential(mean=1.0)]}, replicas=2)
    contents = {suffix: make(rows) for suffix, make in KINDS.items()}
    assert pd.read_parquet(BytesIO(contents[".parquet"])).equals(rows)
    csv = list(DictReader(StringIO(contents[".csv"].decode())))
    assert [float(row["staleness.mean"]) for row in csv] == rows["staleness.mean"].tolist()
    assert [row["workers[0].compute"] for row in csv] == rows["workers[0].compute"].tolist()
    plain = json.loads(contents[".json"])
    assert plain == records(rows)
    assert plain[3]["staleness.mean"] == rows["staleness.mean"][3]
    assert plain[0]["error"] is None
    with pytest.raises(SimError, match=r"--out t\.xlsx: must end in \.csv, \.json, \.parquet"):
        kind_of("--out", Path("t.xlsx"))


def test_rows_of_runs_that_failed_have_no_figures() -> None:
    good, bad = Point(0, {"k": 1}, FOUR), Point(1, {"k": 2}, None, "no")
    rows = [
        Row(good, 0, 0, Result("simpy", {"updates": 3, "ended": "time"})),
        Row(bad, 0, 0, Result(None, {}, "no")),
    ]
    table = frame(rows)
    assert table["updates"].isna().tolist() == [False, True]
    assert str(table["updates"].dtype) == "Int64"
    assert table["error"].tolist()[1] == "no"
    assert [each.error for each in summaries(rows)] == [None, "no"]

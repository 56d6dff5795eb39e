"""What tables and JSON of a run say, cell by cell, of runs counted by hand."""

import copy
import json
import pickle
from importlib import import_module

import numpy as np
import pytest

from sim import Protocol, Scenario, Server, Stop, Trace, Worker, metrics, simulate
from sim.trace import Outcome, tables
from sim.trace.export import pieces
from sim.trace.groups import Group, alike

TWO = Scenario.load("examples/two-learners.toml")
QUEUED = simulate(
    Scenario(workers=[Worker(name="w", count=3, compute=1.0, gradients=1)], server=Server(apply=1))
)
BACKUP = simulate(
    Scenario(
        workers=[Worker(name="A", compute=1.0), Worker(name="B", compute=2.5)],
        protocol=Protocol.k_sync(1),
        stop=Stop(time=3),
    )
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-3, "0.001"),
        (0.9994e-3, "0.0009994"),
        (-2.5, "-2.5"),
        (-1e-9, "-0.000000001"),
        (0.0, "0"),
        (100.0, "100"),
        (1 / 3, "0.333333"),
        (1.0000004, "1"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_seconds_in_as_few_digits_as_they_take(value: float | None, text: str) -> None:
    assert tables.seconds(value) == text


def test_the_facts_of_a_queue() -> None:
    assert tables._facts(metrics.summary(QUEUED) | {"engine": "simpy"}) == [
        ("protocol", "async"),
        ("ended", "at 4 s: every worker is done"),
        ("updates", "3, 0.75 a second"),
        ("gradients", "3 begun: 3 applied"),
        ("engine", "simpy"),
        ("staleness", "mean 1, median 1, 95 % 2, maximum 2"),
        ("server", "75.0% busy, queue 0.75 on average, 2 at most"),
    ]


def test_the_facts_of_work_that_is_wasted() -> None:
    assert tables._facts(metrics.summary(BACKUP))[3:] == [
        ("gradients", "6 begun: 3 applied, 3 cancelled"),
        ("staleness", "mean 0, median 0, 95 % 0, maximum 0"),
        ("wasted", "3 s cancelled"),
    ]


def test_the_facts_of_a_run_without_gradients() -> None:
    trace = simulate(Scenario(workers=[Worker(name="late", compute=1.0, joins=9.0)], stop=Stop(time=2.0)))
    assert tables._facts(metrics.summary(trace))[2:] == [
        ("updates", "0, 0 a second"),
        ("gradients", "0 begun: "),
    ]


def test_every_gradient_has_its_row() -> None:
    heads = ["worker", "j", "read at", "version", "applied at", "version", "staleness"]
    grid = tables.gradients(simulate(TWO))
    assert ([column.head for column in grid.columns], grid.keys) == (heads, 2)
    assert grid.rows[:3] == [
        ["L1", "1", "0", "0", "1", "0", "0"],
        ["L1", "2", "1", "1", "2", "1", "0"],
        ["L2", "1", "0", "0", "2.5", "2", "2"],
    ]
    grid = tables.gradients(BACKUP)
    assert [column.head for column in grid.columns] == [*heads, "outcome"]
    assert [column.head for column in grid.columns if column.words] == ["worker", "outcome"]
    assert [column.head for column in grid.columns if column.beside] == ["read at", "applied at"]
    assert grid.rows[2:4] == [
        ["A", "3", "2", "2", "3", "2", "0", "applied"],
        ["B", "1", "0", "0", "–", "–", "–", "cancelled"],
    ]


@pytest.mark.parametrize(
    ("counts", "cause"),
    [
        ((12345, 5, 1), "12,345 gradients were lost, since workers go before these are done"),
        ((5, 12345, 1), "12,345 gradients were too stale"),
        ((5, 1, 12345), "12,345 gradients were cancelled"),
        ((0, 0, 0), "the speed of a worker changes too often for a gradient to be done"),
    ],
)
def test_why_there_is_no_progress(counts: tuple[int, int, int], cause: str) -> None:
    gradients = dict(zip(("lost", "discarded", "cancelled"), counts, strict=True)) | {"applied": 99999}
    figures = {"duration": 2.5, "gradients": gradients}
    assert tables.why_no_progress(figures) == f"no progress by 2.5 s: {cause}"


def test_figures_by_group_are_means_over_its_workers() -> None:
    # Three arrive at 1 s and are applied one after the other: they wait 1, 2 and 3 s of 4 at the server.
    figures = metrics.summary(QUEUED)
    found = tables.grouped(figures, [Group("w", [0, 1, 2])])
    assert found | {"workers": figures["workers"]} == figures
    (mean,) = found["workers"]
    assert mean == {
        "name": "w",
        "count": 3,
        "gradients": 1.0,
        "mean_staleness": 1.0,
        "share_computing": 0.25,
        "share_waiting": 0.5,
        "waiting": dict.fromkeys(metrics.CAUSES, 0.0) | {"queue": 0.25, "service": 0.25},
    }
    assert tables.grouped(figures, None) is figures
    assert tables.grouped(figures, [Group(name, [place]) for place, name in enumerate("abc")]) is figures
    (idle,) = tables._means(
        [figures["workers"][0] | {"gradients": 0, "mean_staleness": None}], [Group("w", [0])]
    )
    assert idle["mean_staleness"] is None


def test_entries_are_groups_until_there_are_too_many() -> None:
    twelve = [Worker(name="a", compute=1.0, count=2), *(Worker(name=f"w{i}", compute=1.0) for i in range(11))]
    groups = alike(Scenario(workers=twelve, stop=Stop(time=1.0)))
    assert [(name, list(places)) for name, places in groups[:3]] == [("a", [0, 1]), ("w0", [2]), ("w1", [3])]
    assert len(groups) == 12
    more = [*twelve, Worker(name="b", compute=2.0)]
    assert alike(Scenario(workers=more, stop=Stop(time=1.0))) == [
        Group("a … w10", list(range(13))),
        Group("b", range(13, 14)),
    ]


def test_json_in_blocks_is_the_same_json(monkeypatch: pytest.MonkeyPatch) -> None:
    for trace in (simulate(TWO), BACKUP):
        whole = json.loads("".join(pieces(trace)))
        with monkeypatch.context() as patch:
            patch.setattr(import_module("sim.trace.export"), "AT_ONCE", 2)
            assert json.loads("".join(pieces(trace))) == whole
        assert (len(whole["gradients"]), len(whole["updates"])) == (6, trace.updates)


def test_json_is_ascii_where_it_is_asked_for() -> None:
    trace = simulate(Scenario(workers=[Worker(name="Zoë", compute=1.0, gradients=1)]))
    plain, ascii_only = "".join(pieces(trace)), "".join(pieces(trace, ascii_only=True))
    assert ascii_only.isascii()
    assert "Zoë" in plain
    assert json.loads(plain) == json.loads(ascii_only)
    assert json.loads(plain)["gradients"] == [
        {
            "worker": "Zoë",
            "index": 1,
            **dict.fromkeys(("ready_at", "asked_at", "pull_at", "left_at", "read_at"), 0.0),
            **dict.fromkeys(
                ("computed_at", "sent_at", "push_at", "arrived_at", "service_at", "served_at"), 1.0
            ),
            "applied_at": 1.0,
            "ended_at": 1.0,
            "version_read": 0,
            "version_applied": 0,
            "staleness": 0,
            "outcome": "applied",
        }
    ]


def test_traces_are_told_apart_by_each_of_their_columns() -> None:
    trace = simulate(TWO)
    copies = (pickle.loads(pickle.dumps(trace)), copy.copy(trace), copy.deepcopy(trace))  # noqa: S301 -- our own
    assert all(other == trace for other in copies)
    tables = {name: getattr(trace, name) for name in ("ticks", "stays", "unread")}
    for name, columns in tables.items():
        for key, column in columns.items():
            changed = tables | {name: {**columns, key: np.append(column, 1)}}
            other = Trace(trace.scenario, 0, "simpy", trace.ended, trace.end, *changed.values())
            assert other != trace
    same = Trace(trace.scenario, 0, "another", trace.ended, trace.end, *tables.values())
    assert same == trace
    assert Trace(trace.scenario, 0, "simpy", "time", trace.end, *tables.values()) != trace
    assert Trace(trace.scenario, 0, "simpy", trace.ended, trace.end + 1, *tables.values()) != trace


def test_each_update_has_its_instant() -> None:
    workers = [Worker(name="A", compute=1.0), Worker(name="B", compute=2.5)]
    trace = simulate(Scenario(workers=workers, protocol=Protocol.bsp(), stop=Stop(updates=2)))
    assert trace.updated_at.tolist() == [2.5, 5.0]
    assert trace.applied_at.tolist() == [2.5, 2.5, 5.0, 5.0]
    assert (trace.updates, trace.applied, trace.duration) == (2, 4, 5.0)
    assert BACKUP.applied_ticks.tolist() == [10**9, 2 * 10**9, 3 * 10**9, -1, -1, -1]
    assert BACKUP.outcome.tolist() == [Outcome.APPLIED] * 3 + [Outcome.CANCELLED] * 3

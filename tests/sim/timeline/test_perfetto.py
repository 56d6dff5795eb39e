import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from hypothesis import given

from sim import Scenario, Trace, simulate
from sim.timeline.perfetto import Event, events, write
from tests.effort import examples
from tests.sim.strategies import everything

TWO = simulate(Scenario.load("examples/two-learners.toml"))


def ns(event: Event, key: str = "ts") -> int:
    return round(float(event[key]) * 1000)


def of(trace: Trace, *phases: str) -> list[Event]:
    return [event for event in events(trace) if event["ph"] in phases]


def tracks(trace: Trace) -> dict[tuple[int, int], list[Event]]:
    found = defaultdict(list)
    for event in of(trace, "X"):
        found[event["pid"], event["tid"]].append(event)
    return found


def test_the_two_learners_on_their_tracks() -> None:
    names = {event["tid"]: event["args"]["name"] for event in of(TWO, "M") if event["name"] == "thread_name"}
    assert sorted(names.values()) == ["L1", "L2", "server"]
    slices = {
        names[tid]: [(event["name"], event["ts"], event["dur"]) for event in found]
        for (_, tid), found in tracks(TWO).items()
    }
    assert slices["L2"] == [
        ("gradient 1", 0.0, 2.5e6),
        ("computing", 0.0, 2.5e6),
        ("gradient 2", 2.5e6, 2.5e6),
        ("computing", 2.5e6, 2.5e6),
    ]
    assert [name for name, *_ in slices["server"]] == [f"update {version}" for version in range(1, 7)]


def test_counters_follow_the_updates() -> None:
    counted: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for event in of(TWO, "C"):
        counted[event["name"]].append((event["ts"] / 1e6, event["args"][event["name"]]))
    assert counted["version"] == [(0, 0), (1, 1), (2, 2), (2.5, 3), (3, 4), (4, 5), (5, 6)]
    assert counted["staleness"] == [(1, 0), (2, 0), (2.5, 2), (3, 1), (4, 0), (5, 2)]


def test_a_gradient_tells_its_versions_and_staleness() -> None:
    last = [event for event in of(TWO, "X") if event["name"] == "gradient 2" and event["dur"] == 2.5e6]
    assert [event["args"] for event in last] == [
        {
            "worker": "L2",
            "j": 2,
            "outcome": "applied",
            "version read": 3,
            "version applied": 5,
            "staleness": 2,
            "read at (s)": 2.5,
            "ended at (s)": 5.0,
        }
    ]


def test_the_tracks_are_named_and_in_order() -> None:
    told = [(event["name"], event["pid"], event["args"]) for event in of(TWO, "M")]
    assert [each for each in told if each[0].startswith("process")] == [
        ("process_name", 1, {"name": "parameter server"}),
        ("process_sort_index", 1, {"sort_index": 1}),
        ("process_name", 2, {"name": "workers"}),
        ("process_sort_index", 2, {"sort_index": 2}),
    ]
    names = [args["name"] for name, _, args in told if name == "thread_name"]
    assert names == ["server", "L1", "L2"]
    assert [args["sort_index"] for name, _, args in told if name == "thread_sort_index"] == [0, 1, 2]


def test_the_file_is_one_json_object_that_says_where_it_comes_from(tmp_path: Path) -> None:
    write(TWO, tmp_path / "t.json")
    document: dict[str, Any] = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert document["otherData"]["title"] == "Two learners, one server"
    assert document["otherData"]["seed"] == 0
    assert document["traceEvents"] == list(events(TWO))


@given(everything())
@examples(50)
def test_slices_of_a_track_nest_in_order_of_time(scenario: Scenario) -> None:
    for found in tracks(simulate(scenario)).values():
        open_until: list[int] = []
        last = 0
        for event in found:
            begin, end = ns(event), ns(event) + ns(event, "dur")
            assert last <= begin
            last = begin
            while open_until and open_until[-1] <= begin:
                open_until.pop()
            assert not open_until or end <= open_until[-1]
            open_until.append(end)


@given(everything())
@examples(50)
def test_an_arrow_leads_from_every_applied_gradient_to_its_update(scenario: Scenario) -> None:
    trace = simulate(scenario)
    found = tracks(trace)
    begins = {event["id"]: event for event in of(trace, "s")}
    ends = {event["id"]: event for event in of(trace, "f")}
    assert set(begins) == set(ends) == set(range(trace.applied))
    for row in range(trace.applied):
        begin, end = begins[row], ends[row]
        assert ns(begin) < ns(end)
        assert any(
            ns(event) <= ns(begin) < ns(event) + ns(event, "dur")
            and event["cat"] == "gradient"
            and event["args"]["j"] == trace.index[row]
            for event in found[begin["pid"], begin["tid"]]
        )
        made = f"update {trace.version_applied[row] + 1}"
        assert any(ns(event) == ns(end) and event["name"] == made for event in found[end["pid"], end["tid"]])


@given(everything())
@examples(30)
def test_the_version_only_grows_and_what_waits_alone_comes_to_an_end(scenario: Scenario) -> None:
    trace = simulate(scenario)
    versions = [
        (ns(event), event["args"]["version"]) for event in of(trace, "C") if event["name"] == "version"
    ]
    assert [version for _, version in versions] == list(range(trace.updates + 1))
    assert versions == sorted(versions)
    waiting: dict[tuple[int, str], list[Event]] = defaultdict(list)
    for event in of(trace, "b", "e"):
        waiting[event["id"], event["name"]].append(event)
    for pair in waiting.values():
        assert [event["ph"] for event in pair] == ["b", "e"] * (len(pair) // 2)
        assert all(ns(a) < ns(b) for a, b in zip(pair[::2], pair[1::2], strict=True))

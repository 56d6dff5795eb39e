"""Settings: a field by its path, set as a file would, refused as a file would."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import Protocol, Scenario, ScenarioError
from sim.scenario.override import override, parse_protocol, parse_setting
from tests.sim import strategies

FLEET = """
title = "A fleet"
protocol = { kind = "k-async", k = 3 }
stop = { updates = 100 }

[[workers]]
name = "fast"
count = 7
compute = { kind = "gamma", mean = 1.0, shape = 100.0 }

[[workers]]
name = "slow"
compute = 1.0
speed = 0.3
"""


def fleet(**lines: str) -> Scenario:
    """The fleet, lines of its file replaced by others."""
    text = FLEET
    for old, new in lines.items():
        text = text.replace(next(line for line in FLEET.splitlines() if line.startswith(old)), new)
    return Scenario.from_toml(text)


@pytest.mark.parametrize(
    ("setting", "edited"),
    [
        ("protocol.k=4", {"protocol": 'protocol = { kind = "k-async", k = 4 }'}),
        ("protocol.kind=k-batch-sync", {"protocol": 'protocol = { kind = "k-batch-sync", k = 3 }'}),
        ("protocol.kind=bsp", {"protocol": 'protocol = { kind = "bsp" }'}),
        ("protocol.slack=2", {"protocol": 'protocol = { kind = "k-async", k = 3, slack = 2 }'}),
        ('protocol={kind="ssp", slack=1}', {"protocol": 'protocol = { kind = "ssp", slack = 1 }'}),
        ("title=Another fleet", {"title": 'title = "Another fleet"'}),
        ("stop.time=2 min", {"stop": "stop = { updates = 100, time = 120 }"}),
        ("server.apply=12 ms", {"stop": "stop = { updates = 100 }\nserver = { apply = 0.012 }"}),
        (
            "network.server_bandwidth=10 Gbit/s",
            {"stop": "stop = { updates = 100 }\nnetwork = { server_bandwidth = 1.25e9 }"},
        ),
        ("workers[1].speed=2", {"speed": "speed = 2.0"}),
        ("workers[name=slow].speed = 2", {"speed": "speed = 2.0"}),
        ('workers[name="slow"].speed=[[0, 2], [5, 1]]', {"speed": "speed = [[0, 2], [5, 1]]"}),
        ("workers[ name = fast ].compute.mean=2.5 s", {
            "compute": 'compute = { kind = "gamma", mean = 2.5, shape = 100 }'}),
        ("workers[0].compute.kind=exponential", {"compute": 'compute = { kind = "exponential", mean = 1 }'}),
        ("workers[0].count=16", {"count": "count = 16"}),
        ("workers[0].compute=[1, 2]", {"compute": "compute = [1, 2]"}),
    ],
)  # fmt: skip
def test_a_setting_is_as_good_as_a_changed_line(setting: str, edited: dict[str, str]) -> None:
    path, value = parse_setting(setting)
    assert fleet().with_({path: value}) == fleet(**edited)


def test_several_are_judged_together() -> None:
    law = {"workers[0].compute.kind": "uniform", "workers[0].compute.low": 5, "workers[0].compute.high": 6}
    compute = fleet().with_(law).workers[0].compute
    assert compute == fleet(compute='compute = { kind = "uniform", low = 5, high = 6 }').workers[0].compute


def test_the_order_of_settings_means_nothing() -> None:
    settings = {
        "protocol.k": 2,
        "protocol": {"kind": "k-sync", "k": 7},
        "workers[name=slow].speed": 0.5,
        "workers[name=slow].name": "slower",
        "workers[0].compute.mean": 3.0,
        "workers[0].compute": {"kind": "exponential", "mean": 1.0},
    }
    forth, back = (fleet().with_(dict(each)) for each in (settings.items(), reversed([*settings.items()])))
    assert forth == back
    assert forth.protocol == Protocol.k_sync(2)
    assert forth.workers[1].name == "slower"
    assert forth.workers[1].speed == 0.5
    assert forth.to_data()["workers"][0]["compute"] == {"kind": "exponential", "mean": 3.0}


def test_none_is_the_default() -> None:
    assert fleet().with_({"workers[1].speed": None, "title": None}) == fleet(speed="", title="")


def test_protocols_of_one_rule_take_each_others_settings() -> None:
    plain = fleet(protocol='protocol = { kind = "async", slack = 2 }')
    assert plain.with_({"protocol.k": 4}).protocol == Protocol.k_batch_async(4, slack=2)
    assert plain.with_({"protocol.n": 4}).protocol == Protocol.k_batch_async("P/4", slack=2)
    buffered = fleet(protocol='protocol = { kind = "fedbuff", k = 1 }')
    assert buffered.with_({"protocol.k": 4}).protocol == Protocol.k_batch_async(4)
    softly = fleet(protocol='protocol = { kind = "softsync", n = 2 }')
    assert softly.with_({"protocol.n": 4}).protocol == Protocol.k_batch_async("P/4")
    assert softly.with_({"protocol.k": 4}).protocol == Protocol.k_batch_async(4)
    assert fleet(protocol="").with_({"protocol.k": 4}).protocol == Protocol.k_batch_async(4)


def test_values_may_be_values_of_the_scenario_and_numpys_numbers() -> None:
    assert fleet().with_({"protocol": Protocol.bsp()}).protocol == Protocol.bsp()
    assert fleet().with_({"workers[1]": fleet().workers[1].replace(name="b")}).workers[1].name == "b"
    assert fleet().with_({"protocol.k": np.int64(4), "workers[1].speed": np.float32(0.5)}) == fleet(
        protocol='protocol = { kind = "k-async", k = 4 }', speed="speed = 0.5"
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"protocol.kk": 3}, "protocol.kk: unknown key; did you mean 'k'?"),
        ({"protocl.k": 3}, "protocl: unknown key; did you mean 'protocol'?"),
        ({"protocol.k": 9}, ("protocol: k 9 must be at most 8, the number of workers,"
                            " for in k-async each gives one gradient to an update and waits")),
        ({"protocol.k": "many"}, ("protocol.k: 'many' must be a whole number of at least 1, \"all\","
                                 ' or a share "P/n" of the workers')),
        ({"protocol.n": 2}, "protocol: k-async takes no n; softsync does"),
        ({"protocol.kind": "bsp", "protocol.k": 4}, "protocol: bsp takes no k"),
        ({"protocol.kind": "ssp"}, "protocol: ssp needs slack"),
        ({"protocol.kind": "sync"}, ("protocol.kind: 'sync' must be one of bsp, k-sync, k-batch-sync, async,"
                                    " k-async, k-batch-async, ssp, ringmaster, backup-workers, fedbuff,"
                                    " softsync")),
        ({"workers[2].speed": 3}, "workers[2]: workers has 2, counted from 0"),
        ({"workers[name=slwo].speed": 3}, "workers[name=slwo]: none has this name; did you mean 'slow'?"),
        ({"workers[name=x].speed": 3}, "workers[name=x]: none has this name; there are fast, slow"),
        ({"workers[name=fast-7].speed": 3}, ("workers[name=fast-7]: 'fast-7' is one of the group 'fast':"
                                            " set that, or give the worker an entry of its own")),
        ({"workers[name=fast-8].speed": 3}, "workers[name=fast-8]: none has this name; did you mean 'fast'?"),
        ({"workers.speed": 3}, "workers.speed: workers is a list of 2: say which, workers[0] to workers[1]"),
        ({"workers[1].compute.mean": 3}, ("workers[1].compute.mean: workers[1].compute is 1.0, which has no"
                                         " keys: set workers[1].compute itself")),
        ({"workers[0].compute.kind": "lognormal"}, "workers[0].compute.sigma: is required"),
        ({"workers[0].failures.mtbf": 3}, "workers[0].failures.repair: is required"),
        ({"workers[1].speed": -1}, "workers[1].speed: -1 must be greater than 0"),
        ({"workers[1].speed": 1, "workers[name=slow].speed": 2}, "workers[1].speed: is set twice"),
        ({"workers": None}, "workers: is required"),
        ({"seed[0]": 1}, "seed[0]: seed is no list, for it is not set"),
        ({"stop[0]": 1}, "stop[0]: stop is no list"),
        ({"stop.updates": None}, ("stop: is required, for workers[0] never ends: give a time, updates or"
                                 " gradients to stop at, or the worker a number of gradients")),
        *(({path: 1}, (f"{path!r} is no path to a field: write such as protocol.k, workers[0].speed or"
                      " workers[name=slow].compute"))
          for path in ("", ".", "a b", "[0]", "workers[-1]", "workers[name=]", "workers[count=7].speed", 7)),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_refused_in_one_sentence(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(ScenarioError) as error:
        fleet().with_(settings)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("p=4", 4), ("p= 4 ", 4), ("p=4.0", 4.0), ("p=0x10", 16), ("p=1_000", 1000), ("p=inf", float("inf")),
        ("p=true", True), ("p='4'", "4"), ('p="a=b"', "a=b"), ("p=12 ms", "12 ms"), ("p=P/2", "P/2"),
        ("p=[1, [2, 3]]", [1, [2, 3]]), ("p={a = 1, b = {c = 2}}", {"a": 1, "b": {"c": 2}}), ("p=a=b", "a=b"),
        ("p=٣", "٣"), ("p=" + "9" * 5000, "9" * 5000),
    ],
)  # fmt: skip
def test_a_value_is_toml_or_a_text(text: str, value: object) -> None:
    assert parse_setting(text) == ("p", value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("protocol.k", "'protocol.k' must read PATH=VALUE, where a path is such as"),
        ("=4", "'=4' must read PATH=VALUE"),
        ("workers[name=slow.speed=4", "'workers[name=slow.speed=4' must read PATH=VALUE"),
        ("protocol k=4", "'protocol k=4' must read PATH=VALUE"),
        ("protocol.k=", "protocol.k: needs a value after the ="),
        ("workers[0].compute=[1, 2", "workers[0].compute: '[1, 2' is not TOML: is a bracket or a quotation"),
        ("p=[" + "[" * 5000, "p: '[[["),
        ("title='", 'title: "\'" is not TOML'),
        ("seed=1\nstop = 3", r"seed: '1\nstop = 3' is not TOML"),
    ],
)
def test_what_is_no_setting_is_told(text: str, sentence: str) -> None:
    with pytest.raises(ScenarioError) as error:
        parse_setting(text)
    assert str(error.value).startswith(sentence)


def test_a_protocol_in_one_word() -> None:
    assert parse_protocol("bsp") == {"kind": "bsp"}
    assert parse_protocol("k-async:k=4, slack=2") == {"kind": "k-async", "k": 4, "slack": 2}
    assert parse_protocol("k-sync:k=P/2") == {"kind": "k-sync", "k": "P/2"}


@pytest.mark.parametrize(
    "text", ["bsp:", "k-async:k", "k-async:k=", "k-async:k=4,", "ssp:=1", "ssp:slack=1,slack=2"]
)
def test_what_is_no_protocol_is_told(text: str) -> None:
    with pytest.raises(
        ScenarioError, match=r"must read NAME or NAME:KEY=VALUE,…, such as k-async:k=4,slack=2"
    ):
        parse_protocol(text)


def leaves(data: Any, path: str = "") -> Iterator[tuple[str, object]]:  # noqa: ANN401 -- nested data
    """Every field of nested data by its path."""
    if isinstance(data, Mapping):
        for key, each in data.items():
            yield from leaves(each, f"{path}.{key}" if path else key)
    elif isinstance(data, list):
        for place, each in enumerate(data):
            yield from leaves(each, f"{path}[{place}]")
    else:
        yield path, data


@given(strategies.everything())
def test_a_scenario_with_its_own_fields_is_itself(scenario: Scenario) -> None:
    fields = dict(leaves(scenario.to_data()))
    assert fields
    assert scenario.with_(fields) == scenario
    assert scenario.with_({}) == scenario


@given(strategies.everything(), strategies.everything())
def test_a_scenario_with_all_of_another_is_the_other(one: Scenario, other: Scenario) -> None:
    assert one.with_({key: other.to_data().get(key) for key in Scenario.model_fields}) == other


@given(strategies.everything(), st.data())
def test_one_field_of_another_changes_no_other_field(scenario: Scenario, data: st.DataObject) -> None:
    before = scenario.to_data()
    path, _ = data.draw(st.sampled_from(list(leaves(before))))
    after = override(before, {path: "new"})
    assert dict(leaves(before)) == dict(leaves(scenario.to_data()))
    changed = {key for key, value in leaves(after) if dict(leaves(before)).get(key) != value}
    assert changed == {path}


steps = st.sampled_from(
    ["protocol", "workers", "[0]", "[1]", "[name=A]", ".compute", ".speed", ".k", ".kind", ".mean", ".time",
     "stop", ".offline", "server", ".apply", "network", "seed", ".", "[", "]", "=", " ", ".name"]
)  # fmt: skip
values = st.sampled_from(
    ["1", "-1", "0.5", "[1, 2]", "{}", "{kind = 'gamma', mean = 1, shape = 2}", "12 ms", "bsp", "'x", "nan",
     "[[0, 1]]", "async", "gamma", "", "1e400", "true", "2020-01-01", "[]"]
)  # fmt: skip
texts = st.builds("{}={}".format, st.lists(steps, min_size=1, max_size=4).map("".join), values) | st.text()


@given(strategies.everything(), st.lists(texts, max_size=3))
def test_any_setting_is_taken_or_refused(scenario: Scenario, given_texts: list[str]) -> None:
    try:
        changed = scenario.with_(dict(map(parse_setting, given_texts)))
    except ScenarioError:
        return
    assert Scenario.from_data(tomllib.loads(changed.to_toml())) == changed

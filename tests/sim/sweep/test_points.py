"""Axes and the points where they cross: what is written is what is set."""

import json
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import Exponential, Protocol, ScenarioError
from sim.sweep.points import MOST_POINTS, Axis, axes_of, grid, parse_axis, plain
from tests.sim.sweep.scenarios import FOUR, OVER, TWO


@pytest.mark.parametrize(
    ("text", "path", "values"),
    [
        ("protocol.k=1..4", "protocol.k", (1, 2, 3, 4)),
        ("protocol.k= 1..2, 8 ,16", "protocol.k", (1, 2, 8, 16)),
        ("protocol.k=-1..1", "protocol.k", (-1, 0, 1)),
        ("workers[0].compute=0.5,1,2", "workers[0].compute", (0.5, 1, 2)),
        ("workers[name=slow].speed=0.3", "workers[name=slow].speed", (0.3,)),
        ("workers[name='a=b,c'].speed=1,2", "workers[name='a=b,c'].speed", (1, 2)),
        ("server.apply=1 ms,12 ms", "server.apply", ("1 ms", "12 ms")),
        ("protocol.kind=bsp,'async'", "protocol.kind", ("bsp", "async")),
        ('workers[0].compute=[1, 2],{kind="exponential", mean=1}', "workers[0].compute",
         ([1, 2], {"kind": "exponential", "mean": 1})),
        ("title='a, b','c..d'", "title", ("a, b", "c..d")),
    ],
)  # fmt: skip
def test_values_are_those_of_toml_between_commas(text: str, path: str, values: tuple[Any, ...]) -> None:
    assert parse_axis(text) == Axis(path, values)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("protocol.k", "--over 'protocol.k' must read PATH=VALUE,VALUE,… or PATH=FIRST..LAST"),
        ("=1", "--over '=1' must read PATH=VALUE,VALUE,… or PATH=FIRST..LAST"),
        ("protocol.k=", "--over 'protocol.k=' must read PATH=VALUE,VALUE,… or PATH=FIRST..LAST"),
        ("protocol.k=8..1", "--over protocol.k: 8..1 must lead up, over 1,000,000 numbers at most"),
        ("protocol.k=1..999999999999", "--over protocol.k: 1..999999999999 must lead up"),
        ("protocol.k=1,,2", "protocol.k: needs a value"),
        ("a b=1", "'a b' is no path to a field"),
        ("protocol={kind='bsp'", "is not TOML"),
    ],
)
def test_what_is_no_axis_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ScenarioError, match=re.escape(sentence)):
        parse_axis(text)


@given(st.text(max_size=30))
def test_any_text_is_an_axis_or_a_sentence(text: str) -> None:
    for each in (text, f"protocol.k={text}"):
        try:
            values = parse_axis(each).values
        except ScenarioError:
            continue
        assert values
        assert json.dumps(values)


def test_points_cross_the_last_axis_fastest_each_a_scenario_of_its_own() -> None:
    points = grid(FOUR, axes_of(OVER))
    assert [tuple(point.settings.values()) for point in points] == [
        (k, speed) for k in (1, 2, 4) for speed in (1.0, 2.0)
    ]
    assert [point.number for point in points] == list(range(6))
    for point in points:
        assert point.scenario is not None
        assert point.scenario.protocol == Protocol.k_batch_async(point.settings["protocol.k"])
        assert point.scenario.workers[0].speed == point.settings["workers[0].speed"]


def test_without_axes_there_is_one_point() -> None:
    (point,) = grid(FOUR, [])
    assert (point.settings, point.scenario) == ({}, FOUR)


def test_values_of_python_become_plain_data() -> None:
    values = [np.int64(2), np.float64(0.5), Exponential(mean=1.0), Protocol.bsp(), (1, "x"), {"a": (None,)}]
    assert [plain(value) for value in values] == [
        2, 0.5, {"kind": "exponential", "mean": 1.0}, {"kind": "bsp"}, [1, "x"], {"a": [None]},
    ]  # fmt: skip


def test_a_point_that_is_no_scenario_keeps_the_reason() -> None:
    points = grid(TWO.replace(protocol=Protocol.k_sync(1)), [Axis("protocol.k", (2, 3))])
    assert points[0].scenario is not None
    assert points[1].scenario is None
    assert points[1].fault
    assert "k 3 must be at most 2" in points[1].fault


@pytest.mark.parametrize(
    ("axes", "sentence"),
    [
        ([Axis("protocl.k", (1, 2))], "protocl"),
        ([Axis("protocol.k", (0, -1))], "0 must be a whole number"),
        ([Axis("protocol.k", (1,)), Axis("protocol.k", (2,))], "protocol.k: is swept twice"),
        ([Axis("seed", (1, 2))], "seed: is not swept"),
        ([Axis("protocol.k", tuple(range(1, 1002))), Axis("protocol.slack", tuple(range(1000)))],
         f"protocol.k × protocol.slack: more than {MOST_POINTS:,} points"),
    ],
)  # fmt: skip
def test_a_grid_without_a_scenario_is_one_sentence(axes: list[Axis], sentence: str) -> None:
    with pytest.raises(ScenarioError, match=re.escape(sentence)):
        grid(TWO, axes)

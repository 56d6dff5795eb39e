"""A scaled scenario runs like the one that it is made of, with all times multiplied."""

from pathlib import Path

import numpy as np
import pytest

from sim import Scenario, simulate
from sim.engine.live.scale import scaled
from sim.scenario.clock import NEVER
from sim.trace import INSTANTS
from tests.commands import ROOT

ROUNDED = 100
"""Nanoseconds that many roundings by half of one may add up to, in a run of a minute and more."""

FILES = sorted((ROOT / "examples").glob("*.toml"))

EVERYTHING = """
protocol = { kind = "async", slack = 3 }
stop = { time = 60.0 }
server = { apply = { kind = "uniform", low = 0.0, high = 0.1 } }

[network]
latency = 0.1
bandwidth = 1e6
server_bandwidth = 1e7
gradient_bytes = 1e5
weight_bytes = 2e5

[[workers]]
name = "steps"
compute = { kind = "gamma", mean = 1.0, shape = 3.0 }
speed = [[5.0, 0.5], [20.0, 2.0]]
bandwidth = 2e6

[[workers]]
name = "listed"
compute = [1.0, 2.0, 0.5]

[[workers]]
name = "away"
compute = { kind = "lognormal", mean = 1.0, sigma = 0.5 }
offline = [[3.0, 5.0]]
joins = 1.0
leaves = 30.0

[[workers]]
name = "weak"
compute = { kind = "pareto", minimum = 0.5, shape = 2.0 }
failures = { mtbf = 10.0, repair = { kind = "shifted-exponential", shift = 0.5, mean = 1.0 } }
slowdowns = { every = 5.0, lasting = { kind = "exponential", mean = 1.0 }, factor = 0.3 }

[[workers]]
name = "measured"
compute = { kind = "empirical", values = [0.7, 0.9] }
"""


def check(scenario: Scenario, factor: float) -> None:
    """Compare runs row for row; comings, goings and changes of speed are on whole nanoseconds in both."""
    one, other = simulate(scenario), simulate(scaled(scenario, factor))
    for name in ("worker", "index", "version_read", "version_applied", "outcome"):
        assert np.array_equal(one.ticks[name], other.ticks[name]), name
    for name in INSTANTS:
        happened = one.ticks[name] != NEVER
        assert np.array_equal(happened, other.ticks[name] != NEVER), name
        assert np.abs(one.ticks[name] * factor - other.ticks[name])[happened].max(initial=0) <= ROUNDED


def test_everything_that_takes_time_is_scaled() -> None:
    check(Scenario.from_toml(EVERYTHING), 0.5)
    check(Scenario.from_toml(EVERYTHING), 4.0)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_example_is_scaled(path: Path) -> None:
    check(Scenario.load(path), 0.25)


def test_a_factor_of_one_changes_nothing() -> None:
    scenario = Scenario.from_toml(EVERYTHING)
    assert scaled(scenario, 1.0) == scenario

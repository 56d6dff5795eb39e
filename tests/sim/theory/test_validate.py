"""The battery passes, and would not if theory and simulator were at odds."""

from dataclasses import replace

import numpy as np
import pytest

from sim import Exponential, Protocol, Scenario, Stop, Trace, Worker, simulate
from sim.statistics import Estimate, sigmas
from sim.theory import applicable
from sim.theory.comparison import compare
from sim.theory.tables import WRONG
from sim.theory.validate import FEW_REPLICAS, Case, battery, validate

SCENARIO = Scenario(
    workers=[Worker(name="w", count=8, compute=Exponential(mean=1.0))], stop=Stop(updates=10_000)
)


def test_the_short_battery_agrees() -> None:
    rows = validate(battery(quick=True), replicas=FEW_REPLICAS)
    assert [row for row in rows if row.finding.verdict in WRONG] == []
    assert len(rows) > 250


def test_a_wrong_formula_is_found_out() -> None:
    right = applicable(SCENARIO).predictions
    wrong = [replace(each, value=each.value * 1.05 + 0.001) for each in right if each.measure is not None]
    judged = {f.prediction.form.name: f.verdict for f in compare(SCENARIO, wrong) if not f.prediction.label}
    assert judged == dict.fromkeys(
        ("async-staleness", "async-variance", "async-time", "async-rates"), "disagrees"
    )


def test_a_wrong_simulator_is_found_out() -> None:
    def forgetful(scenario: Scenario, seed: int) -> Trace:
        """Simulate, but let every gradient be read one version too late."""
        trace = simulate(scenario, seed)
        read = np.minimum(trace.version_read + 1, trace.version_applied)
        return replace(trace, ticks=dict(trace.ticks) | {"version_read": read})

    rows = validate([Case(SCENARIO, applicable(SCENARIO).predictions)], run=forgetful)
    wrong = {row.finding.prediction.form.name for row in rows if row.finding.verdict == "disagrees"}
    assert wrong == {
        "async-account", "async-conservation", "async-staleness", "async-distribution", "async-variance"
    }  # fmt: skip


def test_progress_is_told_of_every_case() -> None:
    heard: list[tuple[int, int]] = []
    short = SCENARIO.model_copy(update={"stop": Stop(updates=500)})
    validate([Case(short, ())] * 3, lambda done, of: heard.append((done, of)))
    assert heard == [(1, 3), (2, 3), (3, 3)]


def test_without_chance_one_run_tells_all() -> None:
    constant = Scenario(
        workers=[Worker(name="a", compute=1.0), Worker(name="b", compute=0.7)], stop=Stop(updates=999)
    )
    findings = compare(constant, applicable(constant).predictions)
    assert {finding.verdict for finding in findings} == {"exact", "agrees"}
    assert {finding.estimate.replicas for finding in findings if finding.estimate} == {1}


def test_a_run_without_updates_says_nothing() -> None:
    idle = Scenario(
        protocol=Protocol.asynchronous(slack=0), workers=[Worker(name="a", compute=5.0)], stop=Stop(time=1.0)
    )
    assert [finding.verdict for finding in compare(idle, applicable(idle).predictions)] == ["not simulated"]


@pytest.mark.parametrize("seed", range(3))
def test_an_interval_covers_as_often_as_it_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    estimates = [Estimate.of(rng.normal(3.0, 2.0, 8).tolist()) for _ in range(2000)]
    covered = [abs(each.mean - 3) <= each.half_width(0.95) for each in estimates]
    likely = [each.p_value(3.0) >= 0.05 for each in estimates]
    assert covered == likely
    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)


def test_sigmas_of_certainty_and_of_impossibility() -> None:
    assert sigmas(1.0) == 0
    assert sigmas(0.0) == float("inf")
    assert Estimate.of([2.0, 2.0]).p_value(2.0) == 1
    assert Estimate.of([2.0, 2.0]).p_value(3.0) == 0

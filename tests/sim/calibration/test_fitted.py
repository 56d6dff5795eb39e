"""What is put into a cluster is found again, and what cannot be told apart is said."""

from pathlib import Path

import numpy as np
import pytest

from sim import Network, Protocol, ScenarioError, Server, Trace, TraceError, Worker, simulate
from sim.calibration.costs import costs
from sim.calibration.fitted import Fitted, calibrate
from tests.sim.calibration.runs import (
    BANDWIDTH,
    LATENCY,
    PER_BYTE,
    PER_GRADIENT,
    asked,
    recorded,
)

SMALL = recorded(asked(Protocol.asynchronous()))
LARGE = recorded(asked(Protocol.k_async(2), size=8e6))


def test_costs_are_found_again() -> None:
    ways, gradient, update = costs([SMALL, LARGE])
    assert ways.seconds == pytest.approx(2 * LATENCY, rel=1e-6)
    assert ways.per_byte == pytest.approx(1 / BANDWIDTH, rel=1e-6)
    assert gradient.seconds == pytest.approx(PER_GRADIENT, rel=1e-6)
    assert gradient.per_byte == pytest.approx(PER_BYTE, rel=1e-6)
    assert update.seconds == 0.0
    assert update.per_byte is None


def test_the_way_back_counts_without_the_queue_at_the_server() -> None:
    busy = recorded(asked(Protocol.asynchronous(), workers=64))
    assert (busy.service_at > busy.arrived_at + 1e-4).any()
    assert costs([busy]).ways.seconds == pytest.approx(2 * (LATENCY + 4e3 / BANDWIDTH), rel=1e-6)


def test_a_standard_error_tells_how_far_a_mean_is_off() -> None:
    """Costs that vary: the error told is that with which runs scatter about the truth."""
    found = []
    for seed in range(30):
        trace = recorded(asked(Protocol.asynchronous(), seconds=10.0), seed)
        jitter = np.random.default_rng(seed).exponential(1e6, len(trace)).astype(np.int64)
        ticks = dict(trace.ticks)
        for name in ("pull_at", "left_at"):
            ticks[name] = np.maximum(ticks[name] - jitter, 0)
        varied = Trace(trace.scenario, seed, "live", trace.ended, trace.end, ticks, trace.stays, trace.unread)
        found.append(costs([varied]).ways)
    scatter = np.std([each.seconds for each in found], ddof=1)
    told = np.mean([each.error for each in found])
    assert told == pytest.approx(scatter, rel=0.5)


def test_a_filled_scenario_is_the_one_that_was_recorded() -> None:
    fitted = calibrate({"small": SMALL, "large": LARGE})
    filled = fitted.filled(asked(Protocol.bsp(), workers=8, size=1e6))
    assert filled.network.latency == pytest.approx(LATENCY, rel=1e-6)
    assert filled.network.bandwidth == pytest.approx(BANDWIDTH, rel=1e-6)
    assert filled.server.apply == pytest.approx(PER_GRADIENT + PER_BYTE * 2e6, rel=1e-6)
    compute = filled.workers[0].compute
    assert compute.kind == "shifted-exponential"  # type: ignore[union-attr]
    assert compute.mean == pytest.approx(0.1, rel=0.05)  # type: ignore[union-attr]
    assert simulate(filled).applied > 0


def test_the_time_that_a_scenario_gives_its_server_comes_on_top() -> None:
    given = Server(apply=0.005)
    told = recorded(asked(Protocol.asynchronous()))
    ticks = dict(told.ticks)
    slept = told.scenario.replace(server=Server(apply=0.0004))
    trace = Trace(slept, 1, "live", told.ended, told.end, ticks, told.stays, told.unread)
    fitted = calibrate({"it": trace})
    real = PER_GRADIENT + PER_BYTE * 8e3
    assert fitted.costs.gradient.seconds == pytest.approx(real - 0.0004, rel=1e-6)
    filled = fitted.filled(asked(Protocol.asynchronous()).replace(server=given))
    assert filled.server.apply == pytest.approx(0.005 + real - 0.0004, rel=1e-6)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"network.latency": 0.1}, "network.latency is given"),
        ({"network.bandwidth": 1e9}, "network.bandwidth is given"),
        ({"network.server_bandwidth": 1e9}, "network.server_bandwidth is given"),
        ({"workers[0].bandwidth": 1e9}, "bandwidth of a worker is given"),
        ({"server.apply": {"kind": "exponential", "mean": 0.1}}, "server.apply is a distribution"),
    ],
)
def test_a_scenario_must_leave_open_what_was_fitted(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(ScenarioError, match=sentence):
        calibrate({"small": SMALL}).filled(asked(Protocol.bsp()).with_(settings))


@pytest.mark.parametrize("value", ['"abc"', "-1.0", "nan", "inf", "true"])
def test_costs_that_are_no_numbers_are_refused(value: str, tmp_path: Path) -> None:
    text = calibrate({"small": SMALL}).to_toml()
    start = text.index("[costs.ways]\nseconds = ") + len("[costs.ways]\nseconds = ")
    path = tmp_path / "fitted.toml"
    path.write_text(text[:start] + value + text[text.index("\n", start) :])
    with pytest.raises(ScenarioError, match=r"fitted.toml: costs.ways.seconds: .* must be a finite number"):
        Fitted.load(path)


def test_a_law_goes_to_the_workers_whose_times_it_was_fitted_to_at_speed_1() -> None:
    fleet = [
        Worker(name="slow", compute=1.0, speed=0.5),
        Worker(name="quick", compute=1.0, speed=2.0),
        Worker(name="other", compute=0.3),
    ]
    mixed = recorded(asked(Protocol.asynchronous()).replace(workers=fleet))
    fitted = calibrate({"mixed": mixed})
    assert [(given, law["kind"], law["mean"]) for given, law in fitted.laws] == [
        (1.0, "constant", pytest.approx(1.0)),
        (0.3, "constant", pytest.approx(0.3)),
    ]
    unseen = asked(Protocol.asynchronous()).replace(workers=[Worker(name="new", compute=5.0)])
    assert fitted.filled(unseen).workers[0].compute == 5.0


def test_one_size_tells_no_rates() -> None:
    fitted = calibrate({"small": SMALL})
    assert fitted.costs.ways.per_byte is None
    assert any("latency and bandwidth cannot be told apart" in note for note in fitted.notes)
    assert any("each update took one gradient" in note for note in fitted.notes)
    assert fitted.filled(SMALL.scenario).network.bandwidth is None


def test_cancelled_gradients_say_nothing_of_compute_times() -> None:
    cancelling = recorded(asked(Protocol.k_sync(2)))
    fitted = calibrate({"cancelling": cancelling})
    assert not fitted.laws
    assert any("the long ones were cancelled" in note for note in fitted.notes)


def test_a_file_says_it_all(tmp_path: Path) -> None:
    fitted = calibrate({"small": SMALL, "large": LARGE})
    path = tmp_path / "fitted.toml"
    path.write_text(fitted.to_toml())
    assert Fitted.load(path) == fitted


def test_what_is_no_live_run_or_too_short_is_refused() -> None:
    simulated = simulate(asked(Protocol.asynchronous()))
    with pytest.raises(TraceError, match=r"^it: engine simpy, but only a live run tells of a cluster$"):
        calibrate({"it": simulated})
    short = recorded(asked(Protocol.asynchronous(), seconds=0.2))
    with pytest.raises(TraceError, match=r"^it: \d applied gradients tell too little, 20 are the least$"):
        calibrate({"it": short})


@pytest.mark.parametrize("text", ["", "format = 1", "format = 'dlsyslab calibration 1'", "[costs]"])
def test_what_is_no_calibration_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "fitted.toml"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=r"fitted.toml: not what calibrate writes: "):
        Fitted.load(path)


def test_a_calibration_that_lost_the_name_of_a_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fitted.toml"
    path.write_text(calibrate({"small": SMALL}).to_toml().replace('file = "small"', ""))
    with pytest.raises(ScenarioError, match=r"fitted.toml: not what calibrate writes: 'file' is missing"):
        Fitted.load(path)


def test_bytes_are_those_of_a_pull_and_a_push() -> None:
    uneven = asked(Protocol.asynchronous()).replace(network=Network(weight_bytes=3e6, gradient_bytes=1e6))
    ways = costs([SMALL, recorded(uneven)]).ways
    assert ways.per_byte == pytest.approx(1 / BANDWIDTH, rel=1e-6)

"""What the comment in each example says is there to see, is there."""

from pathlib import Path

import pytest

from sim import Protocol, Scenario, metrics, simulate

EXAMPLES = Path(__file__).parents[2] / "examples"


def load(name: str) -> Scenario:
    return Scenario.load(EXAMPLES / f"{name}.toml")


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_opens_with_what_to_look_at_and_runs(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")
    assert "Look at" in path.read_text(encoding="utf-8")
    assert simulate(Scenario.load(path)).applied > 0


def test_backup_workers_outpace_the_barrier_that_waits_for_the_straggler() -> None:
    scenario = load("backup-workers")
    backup, barrier = (simulate(scenario.replace(protocol=p)) for p in (scenario.protocol, Protocol.bsp()))
    assert metrics.updates_per_second(backup) > 1.15 * metrics.updates_per_second(barrier)
    assert metrics.wasted(backup)["cancelled"] > 0
    assert metrics.wasted(barrier)["cancelled"] == 0


def test_slack_trades_waiting_for_staleness() -> None:
    scenario = load("ssp-slack")
    tight, given, loose = (
        simulate(scenario.replace(protocol=Protocol.asynchronous(slack=slack))) for slack in (0, 3, 50)
    )
    assert given == simulate(scenario)
    holds = [float(metrics.time(trace).causes["hold"][0]) for trace in (tight, given, loose)]
    assert holds == sorted(holds, reverse=True)
    means = [trace.staleness.mean() for trace in (tight, given, loose)]
    assert means == sorted(means)
    assert given.staleness.max() <= (4 - 1) * (2 * 3 + 1)


def test_a_buffer_of_ten_divides_staleness_and_updates_by_ten() -> None:
    scenario = load("fedbuff")
    buffered = simulate(scenario)
    plain = simulate(scenario.replace(protocol=Protocol.asynchronous(), stop={"time": buffered.duration}))
    assert buffered.staleness.mean() == pytest.approx(99 / 10, rel=0.02)
    assert plain.staleness.mean() == pytest.approx(99, rel=0.02)
    assert plain.updates / buffered.updates == pytest.approx(10, rel=0.01)


def test_a_saturated_server_sets_the_pace() -> None:
    trace = simulate(load("saturated-server"))
    assert metrics.server(trace).utilisation > 0.99
    assert metrics.updates_per_second(trace) == pytest.approx(10, rel=0.03)
    time = metrics.time(trace)
    assert time.waiting.sum() / time.present.sum() == pytest.approx(0.5, abs=0.02)


def test_a_barrier_goes_on_without_the_worker_that_fails() -> None:
    trace = simulate(load("failing-worker"))
    assert trace.updated_at.tolist() == [3.0, 5.5, 8.0, 12.0, 15.0]
    assert metrics.outcomes(trace)["lost"] == 1


def test_vgg19_is_bound_by_the_servers_link() -> None:
    scenario = load("vgg19-10gbit")
    trace = simulate(scenario)
    assert 1 / metrics.updates_per_second(trace) == pytest.approx(143_667_240 * 4 * 8 / 10e9, rel=0.02)
    assert metrics.downlink(trace).utilisation > 0.99
    assert metrics.time(trace).computing.mean() / trace.duration < 0.05
    fast = simulate(scenario.replace(network=scenario.network.replace(server_bandwidth="100 Gbit/s")))
    assert fast.updates / trace.updates == pytest.approx(10, rel=0.15)


def test_the_stalled_run_ends_where_nothing_can_happen_any_more() -> None:
    trace = simulate(load("stalled"))
    assert (trace.ended, trace.duration) == ("stalled", 2.0)

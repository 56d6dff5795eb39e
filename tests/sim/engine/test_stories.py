"""Stories of one run each, with the outcome worked out by hand."""

import numpy as np
import pytest

from sim import (
    Exponential,
    Failures,
    Network,
    Protocol,
    Scenario,
    ScenarioError,
    Server,
    SimulationError,
    Slowdowns,
    Stop,
    Trace,
    Worker,
    simulate,
)


def story(trace: Trace) -> list[str]:
    """Return each applied gradient as ``L1,2: 1 > 2 (0)``: worker and j, read at, applied at, staleness."""
    return [
        f"{trace.workers[trace.worker[row]]},{trace.index[row]}:"
        f" {trace.read_at[row]:g} > {trace.applied_at[row]:g} ({trace.staleness[row]})"
        for row in range(trace.applied)
    ]


def unapplied(trace: Trace) -> list[str]:
    """Return each other gradient as ``L2,1: 0 cancelled 1``: read at, how it ended and when."""
    table = trace.to_pandas().iloc[trace.applied :]
    return [
        f"{worker},{j}: {read:g} {outcome} {ended:g}"
        for worker, j, read, outcome, ended in zip(
            table["worker"],
            table["index"],
            table["read_at"],
            table["outcome"],
            table["ended_at"],
            strict=True,
        )
    ]


L1 = Worker(name="L1", compute=1.0)
L2 = Worker(name="L2", compute=2.5)


def two(protocol: Protocol, **stop: float) -> Trace:
    return simulate(Scenario(workers=[L1, L2], protocol=protocol, stop=Stop(**stop)))


def test_the_assignments_two_learners() -> None:
    trace = simulate(
        Scenario(
            workers=[
                Worker(name="L1", compute=1.0, gradients=4),
                Worker(name="L2", compute=2.5, gradients=2),
            ]
        )
    )
    assert story(trace) == [
        "L1,1: 0 > 1 (0)",
        "L1,2: 1 > 2 (0)",
        "L2,1: 0 > 2.5 (2)",
        "L1,3: 2 > 3 (1)",
        "L1,4: 3 > 4 (0)",
        "L2,2: 2.5 > 5 (2)",
    ]
    assert (trace.ended, trace.duration, trace.updates) == ("finished", 5.0, 6)


def test_a_tie_goes_to_the_gradient_begun_first() -> None:
    trace = two(Protocol.asynchronous(), time=5)
    assert story(trace)[-2:] == ["L2,2: 2.5 > 5 (2)", "L1,5: 4 > 5 (1)"]


def test_a_tie_of_gradients_begun_together_goes_in_the_order_of_the_scenario() -> None:
    fleet = [Worker(name=name, compute=1.0, gradients=2) for name in "BA"]
    assert story(simulate(Scenario(workers=fleet))) == [
        "B,1: 0 > 1 (0)",
        "A,1: 0 > 1 (1)",
        "B,2: 1 > 2 (1)",
        "A,2: 1 > 2 (1)",
    ]


def test_workers_that_resume_at_one_instant_resume_in_the_order_of_the_scenario() -> None:
    # B's gradient was begun first, so it is applied first at 2 s; but both next ones begin at 2 s: A, B.
    fleet = [Worker(name="A", compute=(1.0, 1.0, 1.0)), Worker(name="B", compute=(2.0, 1.0))]
    assert story(simulate(Scenario(workers=fleet))) == [
        "A,1: 0 > 1 (0)",
        "B,1: 0 > 2 (1)",
        "A,2: 1 > 2 (1)",
        "A,3: 2 > 3 (0)",
        "B,2: 2 > 3 (2)",
    ]


def test_three_steps_of_a_tenth_tie_with_one_of_three_tenths() -> None:
    fleet = [Worker(name="long", compute=0.3, gradients=1), Worker(name="short", compute=0.1, gradients=3)]
    trace = simulate(Scenario(workers=fleet))
    assert trace.ticks["ended_at"].tolist()[-2:] == [300_000_000, 300_000_000]
    assert story(trace)[-2:] == ["long,1: 0 > 0.3 (2)", "short,3: 0.2 > 0.3 (1)"]


def test_custom_speeds_divide_the_compute_time() -> None:
    trace = simulate(Scenario(workers=[Worker(name="w", compute=2.5, speed=2.5, gradients=3)]))
    assert trace.applied_at.tolist() == [1.0, 2.0, 3.0]


def test_a_list_of_seconds_is_one_for_each_gradient_and_ends_the_worker() -> None:
    trace = simulate(Scenario(workers=[Worker(name="w", compute=(1.0, 0.5, 2.0))]))
    assert (trace.applied_at.tolist(), trace.ended) == ([1.0, 1.5, 3.5], "finished")


def test_a_group_counts_its_workers() -> None:
    trace = simulate(Scenario(workers=[Worker(name="w", count=3, compute=1.0, gradients=1)]))
    assert trace.workers == ("w-1", "w-2", "w-3")
    assert len(trace) == 3


def test_bsp_waits_for_the_slowest_and_then_only_for_those_still_there() -> None:
    fleet = [L1.replace(gradients=3), L2.replace(gradients=1)]
    trace = simulate(Scenario(workers=fleet, protocol=Protocol.bsp()))
    assert story(trace) == [
        "L1,1: 0 > 2.5 (0)",
        "L2,1: 0 > 2.5 (0)",
        "L1,2: 2.5 > 3.5 (0)",
        "L1,3: 3.5 > 4.5 (0)",
    ]
    assert trace.updates == 3


def test_k_sync_takes_the_first_and_cancels_the_rest() -> None:
    trace = two(Protocol.k_sync(1), time=3)
    assert story(trace) == ["L1,1: 0 > 1 (0)", "L1,2: 1 > 2 (0)", "L1,3: 2 > 3 (0)"]
    assert unapplied(trace) == ["L2,1: 0 cancelled 1", "L2,2: 1 cancelled 2", "L2,3: 2 cancelled 3"]


def test_k_batch_sync_takes_any_and_goes_on_with_the_same_version() -> None:
    trace = two(Protocol.k_batch_sync(2), time=4)
    assert story(trace) == ["L1,1: 0 > 2 (0)", "L1,2: 1 > 2 (0)", "L1,3: 2 > 4 (0)", "L1,4: 3 > 4 (0)"]
    assert unapplied(trace) == ["L2,1: 0 cancelled 2", "L2,2: 2 cancelled 4"]


def test_k_async_takes_distinct_workers_and_lets_the_others_carry_on() -> None:
    fleet = [Worker(name=name, compute=seconds) for name, seconds in (("A", 1.0), ("B", 2.0), ("C", 5.0))]
    trace = simulate(Scenario(workers=fleet, protocol=Protocol.k_async(2), stop=Stop(time=6)))
    # A waits for B at 2 and 4; A's third gradient waits from 5 s for C's, which was begun before two updates.
    assert story(trace) == [
        "A,1: 0 > 2 (0)",
        "B,1: 0 > 2 (0)",
        "A,2: 2 > 4 (0)",
        "B,2: 2 > 4 (0)",
        "C,1: 0 > 5 (2)",
        "A,3: 4 > 5 (0)",
        "B,3: 4 > 6 (1)",
        "A,4: 5 > 6 (0)",
    ]


def test_k_batch_async_gathers_any_gradients_and_nobody_waits() -> None:
    trace = two(Protocol.k_batch_async(2), time=5)
    assert story(trace) == [
        "L1,1: 0 > 2 (0)",
        "L1,2: 1 > 2 (0)",
        "L2,1: 0 > 3 (1)",
        "L1,3: 2 > 3 (0)",
        "L1,4: 3 > 5 (0)",
        "L2,2: 2.5 > 5 (1)",
    ]


def test_slack_holds_the_fast_worker_until_the_slow_one_has_caught_up() -> None:
    trace = two(Protocol.asynchronous(slack=1), time=5)
    # L1 may start its third gradient (2 completed) only when L2 has completed one, at 2.5 s; it reads then.
    assert story(trace) == [
        "L1,1: 0 > 1 (0)",
        "L1,2: 1 > 2 (0)",
        "L2,1: 0 > 2.5 (2)",
        "L1,3: 2.5 > 3.5 (0)",
        "L2,2: 2.5 > 5 (1)",
    ]
    third = (trace.worker == 0) & (trace.index == 3)
    assert (trace.ready_at[third], trace.asked_at[third], trace.read_at[third]) == (2.0, 2.5, 2.5)


def test_a_worker_that_is_done_holds_nobody_back() -> None:
    fleet = [Worker(name="fast", compute=1.0, gradients=4), Worker(name="slow", compute=1.5, gradients=1)]
    trace = simulate(Scenario(workers=fleet, protocol=Protocol.asynchronous(slack=0)))
    assert story(trace) == [
        "fast,1: 0 > 1 (0)",
        "slow,1: 0 > 1.5 (1)",
        "fast,2: 1.5 > 2.5 (0)",
        "fast,3: 2.5 > 3.5 (0)",
        "fast,4: 3.5 > 4.5 (0)",
    ]


def test_the_server_discards_what_is_too_stale_and_its_worker_goes_on_from_the_current_version() -> None:
    trace = two(Protocol.asynchronous(max_staleness=1), time=5)
    assert story(trace) == [f"L1,{j}: {j - 1} > {j} (0)" for j in range(1, 6)]
    assert unapplied(trace) == ["L2,1: 0 discarded 2.5", "L2,2: 2.5 discarded 5"]


def test_k_larger_than_the_workers_left_stalls_and_says_so() -> None:
    fleet = [Worker(name="A", compute=1.0, gradients=1), Worker(name="B", compute=1.0, gradients=3)]
    trace = simulate(Scenario(workers=fleet, protocol=Protocol.k_async(2)))
    assert story(trace) == ["A,1: 0 > 1 (0)", "B,1: 0 > 1 (0)"]
    assert (trace.ended, trace.duration) == ("stalled", 2.0)
    assert unapplied(trace) == ["B,2: 1 in-flight nan"]


def test_a_full_server_serves_in_order_of_arrival_and_the_pusher_reads_as_its_service_ends() -> None:
    fleet = [Worker(name="A", compute=1.0), Worker(name="B", compute=1.1)]
    trace = simulate(Scenario(workers=fleet, server=Server(apply=0.5), stop=Stop(time=3.2)))
    assert trace.service_at[:4].tolist() == [1.0, 1.5, 2.5, 3.1]
    assert story(trace) == ["A,1: 0 > 1.5 (0)", "B,1: 0 > 2 (1)", "A,2: 1.5 > 3 (1)"]


def test_a_batch_is_an_update_when_its_last_gradient_has_been_served() -> None:
    fleet = [Worker(name=name, compute=1.0, gradients=1) for name in "ABC"]
    trace = simulate(Scenario(workers=fleet, protocol=Protocol.bsp(), server=Server(apply=0.5)))
    assert trace.served_at.tolist() == [1.5, 2.0, 2.5]
    assert trace.applied_at.tolist() == [2.5, 2.5, 2.5]


@pytest.mark.parametrize("workers", [1, 2, 7, 40])
def test_an_incast_of_equal_pushes_takes_their_bytes_over_the_rate(workers: int) -> None:
    network = Network(gradient_bytes="100 MB", server_bandwidth="10 Gbit/s")  # 0.08 s each
    fleet = [Worker(name="w", count=workers, compute=1.0, gradients=1)]
    trace = simulate(Scenario(workers=fleet, network=network))
    assert trace.arrived_at.max() == pytest.approx(1.0 + workers * 100e6 / 1.25e9, abs=1e-9)
    assert np.allclose(np.diff(trace.arrived_at), 0.08)


def test_a_pull_and_a_push_pay_latency_own_link_and_shared_link() -> None:
    network = Network(latency=0.01, bandwidth=1e9, server_bandwidth=2e9, weight_bytes=4e8, gradient_bytes=2e8)
    trace = simulate(Scenario(workers=[Worker(name="w", compute=1.0, gradients=2)], network=network))
    # Pull 0.2 shared + 0.01 + 0.4 own; compute 1; push 0.01 + 0.2 own + 0.1 shared.
    assert trace.read_at.tolist() == pytest.approx([0.61, 2.53])
    assert trace.computed_at.tolist() == pytest.approx([1.61, 3.53])
    assert trace.push_at.tolist() == pytest.approx([1.82, 3.74])
    assert trace.applied_at.tolist() == pytest.approx([1.92, 3.84])


def test_a_workers_own_bandwidth_replaces_the_networks() -> None:
    network = Network(bandwidth=1e9, gradient_bytes=1e9)
    fleet = [
        Worker(name="wired", compute=1.0, gradients=1),
        Worker(name="mobile", compute=1.0, gradients=1, bandwidth="800 Mbit/s"),
    ]
    assert simulate(Scenario(workers=fleet, network=network)).applied_at.tolist() == [2.0, 11.0]


def test_a_worker_offline_loses_its_gradient_and_reads_anew_when_it_is_back() -> None:
    fleet = [Worker(name="A", compute=1.0, offline=((1.5, 3.0),)), Worker(name="B", compute=1.0)]
    trace = simulate(Scenario(workers=fleet, stop=Stop(time=4)))
    assert story(trace) == [
        "A,1: 0 > 1 (0)",
        "B,1: 0 > 1 (1)",
        "B,2: 1 > 2 (0)",
        "B,3: 2 > 3 (0)",
        "A,3: 3 > 4 (1)",
        "B,4: 3 > 4 (1)",
    ]
    assert unapplied(trace) == ["A,2: 1 lost 1.5"]


def test_a_gradient_at_the_server_survives_its_workers_absence() -> None:
    fleet = [Worker(name="A", compute=1.0, leaves=1.2)]
    trace = simulate(Scenario(workers=fleet, server=Server(apply=0.5), stop=Stop(time=9)))
    assert story(trace) == ["A,1: 0 > 1.5 (0)"]


def test_a_run_waits_for_what_the_server_still_has() -> None:
    # At 3 s A's second gradient joins the queue and its first goes into an update; then A leaves.
    fleet = [Worker(name="A", compute=1.0, leaves=3.5), Worker(name="B", compute=1.5, gradients=1)]
    trace = simulate(Scenario(workers=fleet, protocol=Protocol.k_batch_async(2), server=Server(apply=1.0)))
    assert story(trace) == ["A,1: 0 > 3 (0)", "B,1: 0 > 3 (0)"]
    assert (trace.served_at.tolist(), trace.duration) == ([2.0, 3.0, 4.0], 4.0)


def test_a_barrier_does_not_wait_for_who_is_offline() -> None:
    fleet = [Worker(name="A", compute=1.0), Worker(name="B", compute=2.0, offline=((0.5, 2.5),))]
    trace = simulate(Scenario(workers=fleet, protocol=Protocol.bsp(), stop=Stop(time=5)))
    assert story(trace) == ["A,1: 0 > 1 (0)", "A,2: 1 > 2 (0)", "A,3: 2 > 4.5 (0)", "B,2: 2.5 > 4.5 (0)"]


def test_a_slowdown_stretches_the_work_that_falls_into_it() -> None:
    # 1 s of work from 1 s: half a second of it at full speed until 1.5 s, the other half at half speed.
    worker = Worker(name="w", compute=1.0, speed=((1.5, 0.5), (4.0, 2.0)), gradients=4)
    trace = simulate(Scenario(workers=[worker]))
    # Second: 0.5 + 0.5/0.5 = 1.5 s, to 2.5. Third: (4 − 2.5)·0.5 = 0.75, then 0.25/2 s. Fourth: 0.5 s.
    assert trace.applied_at.tolist() == [1.0, 2.5, 4.125, 4.625]


def test_a_two_state_worker_is_slow_for_its_share_of_the_time() -> None:
    states = Slowdowns(every=Exponential(mean=3.0), lasting=Exponential(mean=1.0), factor=0.2)
    worker = Worker(name="w", compute=0.01, slowdowns=states)
    trace = simulate(Scenario(workers=[worker], stop=Stop(time=4000.0)))
    # The mean speed is (3·1 + 1·0.2)/4 = 0.8; about 1,000 cycles leave a relative error of about 1 %.
    assert trace.applied * 0.01 / 4000 == pytest.approx(0.8, rel=0.03)


def test_random_failures_leave_the_worker_its_availability() -> None:
    worker = Worker(name="w", compute=0.001, failures=Failures(mtbf=9.0, repair=Exponential(mean=1.0)))
    trace = simulate(Scenario(workers=[worker], stop=Stop(time=3000.0)))
    assert trace.applied * 0.001 / 3000 == pytest.approx(9 / 10, rel=0.03)


def test_a_worker_that_is_never_there_ends_nothing_but_itself() -> None:
    never = Worker(name="never", compute=1.0, leaves=2.0, offline=((0.0, 3.0),))
    trace = simulate(Scenario(workers=[never]))
    assert (len(trace), trace.ended, trace.duration) == (0, "finished", 0.0)
    other = Worker(name="other", compute=1.0, gradients=2)
    assert simulate(Scenario(workers=[never, other])).duration == 2.0


def test_workers_join_and_leave() -> None:
    fleet = [Worker(name="A", compute=1.0, leaves=2.5), Worker(name="B", compute=1.0, joins=1.5)]
    trace = simulate(Scenario(workers=fleet, stop=Stop(time=3.5)))
    assert story(trace) == ["A,1: 0 > 1 (0)", "A,2: 1 > 2 (0)", "B,1: 1.5 > 2.5 (1)", "B,2: 2.5 > 3.5 (0)"]
    assert unapplied(trace) == ["A,3: 2 lost 2.5"]


def test_who_joins_late_has_the_clock_of_the_slowest() -> None:
    fleet = [Worker(name="A", compute=1.0), Worker(name="B", compute=1.0, joins=9.5)]
    trace = simulate(Scenario(workers=fleet, protocol=Protocol.asynchronous(slack=0), stop=Stop(time=12)))
    assert [line.split(" ")[0] for line in story(trace)[9:]] == ["A,10:", "B,1:", "A,11:", "B,2:"]
    assert trace.applied_at[9:13].tolist() == [10.0, 10.5, 11.5, 11.5]


@pytest.mark.parametrize(
    ("stop", "ended", "duration", "applied"),
    [
        (Stop(time=2.0), "time", 2.0, 4),
        (Stop(updates=3), "updates", 2.0, 3),
        (Stop(gradients=3), "gradients", 2.0, 3),
        (Stop(time=2.5, updates=100), "time", 2.5, 4),
    ],
)
def test_a_run_ends_at_its_bound(stop: Stop, ended: str, duration: float, applied: int) -> None:
    trace = simulate(Scenario(workers=[Worker(name="w", count=2, compute=1.0)], stop=stop))
    assert (trace.ended, trace.duration, trace.applied) == (ended, duration, applied)


def test_an_unknown_engine_and_a_negative_seed_are_refused() -> None:
    scenario = Scenario(workers=[Worker(name="w", compute=1.0, gradients=1)])
    with pytest.raises(SimulationError, match="engine 'abacus' must be one of auto, simpy, compiled"):
        simulate(scenario, engine="abacus")
    with pytest.raises(ScenarioError, match="seed -1 must be a whole number"):
        simulate(scenario, seed=-1)


def test_a_run_beyond_the_clock_says_so() -> None:
    worker = Worker(name="w", compute=1e9, gradients=20)
    with pytest.raises(SimulationError, match="292 years"):
        simulate(Scenario(workers=[worker]))


def test_progress_is_told_along_the_way() -> None:
    heard: list[tuple[float, int, int]] = []
    worker = Worker(name="w", compute=1.0, gradients=10_000)
    simulate(Scenario(workers=[worker]), progress=lambda *figures: heard.append(figures))
    assert heard == [(0.0, 0, 0), (4096.0, 4096, 4096), (8192.0, 8192, 8192)]

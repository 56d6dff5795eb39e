"""Where time goes, counted by hand: each cause of waiting, what workers that come and go take part in."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import Network, Protocol, Scenario, Server, Stop, Worker, metrics, simulate
from sim.metrics.tally import _latest, _total, tally
from tests.effort import examples
from tests.sim.cases import SHARED_LINK

TWO = Scenario.load("examples/two-learners.toml")
PULLS = Network(server_bandwidth=1.0, weight_bytes=1.0)
IDLE = metrics.Station(0.0, 0.0, 0)
NOTHING = dict.fromkeys(metrics.CAUSES, 0.0)


def causes(time: metrics.Time) -> dict[str, list[float]]:
    """Return the seconds of each cause that any worker waited for; a worker's causes are all its waiting."""
    assert sum(time.causes.values()) == pytest.approx(time.waiting)
    return {cause: waited.tolist() for cause, waited in time.causes.items() if waited.any()}


def test_every_stage_of_a_gradient_over_a_shared_link() -> None:
    # B waits .2 s for the link with its pull, .1 s with its push, and .2 s for the server.
    trace = simulate(SHARED_LINK)
    time = metrics.time(trace)
    assert causes(time) == {
        "pull": [0.3, 0.5],
        "push": [0.4, 0.5],
        "queue": [0.0, 0.2],
        "service": [0.5, 0.5],
    }
    assert time.present.tolist() == [3.2, 3.7]
    assert metrics.server(trace) == metrics.Station(10 / 37, 2 / 37, 1)
    assert metrics.uplink(trace) == metrics.Station(6 / 37, 1 / 37, 1)
    assert metrics.downlink(trace) == metrics.Station(4 / 37, 2 / 37, 1)
    figures = metrics.summary(trace)
    for station in (metrics.server, metrics.uplink, metrics.downlink):
        assert figures[station.__name__] == vars(station(trace))


def test_the_slack_holds_back() -> None:
    workers = [Worker(name="fast", compute=1.0), Worker(name="slow", compute=4.0)]
    scenario = Scenario(workers=workers, protocol=Protocol.asynchronous(slack=0), stop=Stop(time=5.0))
    assert causes(metrics.time(simulate(scenario))) == {"hold": [3.0, 0.0]}


def test_weights_that_never_came_are_waited_for_unread() -> None:
    # A second of pulling, one of computing, one of pushing, and half a one of the next pull.
    scenario = Scenario(
        workers=[Worker(name="A", compute=1.0)], network=Network(latency=1.0), stop=Stop(time=3.5)
    )
    time = metrics.time(simulate(scenario))
    assert causes(time) == {"pull": [1.0], "push": [1.0], "unread": [0.5]}
    assert (time.present.tolist(), time.computing.tolist()) == ([3.5], [1.0])


def test_a_worker_is_present_from_when_it_joins() -> None:
    worker = Worker(name="A", compute=1.0, joins=1.0)
    time = metrics.time(simulate(Scenario(workers=[worker], stop=Stop(time=5.0))))
    assert (time.present.tolist(), time.computing.tolist(), causes(time)) == ([4.0], [4.0], {})


def test_who_is_away_does_not_wait_for_the_server() -> None:
    # All three arrive at 1 s and are applied one after the other, a second each. A is away from 1.5 to 2 s,
    # while it is applied, so that it waits half a second; it computes from 2 s, is away from 2.5 to 2.75 s,
    # begins again, queues from 3.75 to 4 s behind C, is applied until 5 s and computes until 6 s. B queues
    # from 1 to 2 s, away for a quarter of that, and from 4 to 5 s. C leaves as it is applied.
    workers = [
        Worker(name="A", compute=1.0, offline=((1.5, 2.0), (2.5, 2.75))),
        Worker(name="B", compute=1.0, offline=((1.25, 1.5),)),
        Worker(name="C", compute=1.0, leaves=4.0),
    ]
    trace = simulate(Scenario(workers=workers, server=Server(apply=1.0), stop=Stop(time=6.0)))
    time = metrics.time(trace)
    assert time.present.tolist() == [5.25, 5.75, 4.0]
    assert time.computing.tolist() == [3.5, 2.0, 1.0]
    assert causes(time) == {"queue": [0.25, 1.75, 2.0], "service": [1.5, 2.0, 1.0]}
    assert metrics.server(trace) == metrics.Station(5.0 / 6.0, 4.25 / 6.0, 2)
    assert metrics.wasted(trace) == {"discarded": 0.0, "cancelled": 0.0, "lost": 0.5}
    counts = {"started": 7, "applied": 5, "cancelled": 0, "discarded": 0, "in-flight": 1, "lost": 1}
    assert metrics.outcomes(trace) == counts
    assert metrics.summary(trace)["gradients"] == counts


def test_who_leaves_for_good_no_longer_waits_for_the_server() -> None:
    # A is applied from 1 to 3 s; B, whose gradient waits behind it, leaves at 2 s and owes nobody its wait.
    workers = [Worker(name="A", compute=1.0, gradients=1), Worker(name="B", compute=1.0, leaves=2.0)]
    time = metrics.time(simulate(Scenario(workers=workers, server=Server(apply=2.0), stop=Stop(time=6.0))))
    assert time.present.tolist() == [3.0, 2.0]
    assert causes(time) == {"queue": [0.0, 1.0], "service": [2.0, 0.0]}


def test_who_is_away_does_not_wait_for_the_barrier() -> None:
    workers = [Worker(name="A", compute=1.0, offline=((2.0, 3.0),)), Worker(name="B", compute=4.0)]
    scenario = Scenario(workers=workers, protocol=Protocol.bsp(), stop=Stop(time=4.0))
    time = metrics.time(simulate(scenario))
    assert time.present.tolist() == [3.0, 4.0]
    assert causes(time) == {"update": [2.0, 0.0]}


def test_who_leaves_no_longer_waits_for_the_barrier() -> None:
    workers = [Worker(name="A", compute=1.0, leaves=2.0), Worker(name="B", compute=4.0)]
    scenario = Scenario(workers=workers, protocol=Protocol.bsp(), stop=Stop(time=4.0))
    assert causes(metrics.time(simulate(scenario))) == {"update": [1.0, 0.0]}


def test_who_joins_late_and_is_away_later_waits_while_it_is_there() -> None:
    # A arrives at 2 s and is applied until 4 s, half a second of which it is away.
    worker = Worker(name="A", compute=1.0, joins=1.0, offline=((3.0, 3.5),))
    scenario = Scenario(workers=[worker], server=Server(apply=2.0), stop=Stop(time=4.0))
    assert causes(metrics.time(simulate(scenario))) == {"service": [1.5]}


def test_who_goes_on_does_not_wait_for_the_update() -> None:
    workers = [Worker(name="A", compute=1.0, gradients=3)]
    time = metrics.time(simulate(Scenario(workers=workers, protocol=Protocol.k_batch_async(3))))
    assert (time.computing.tolist(), causes(time)) == ([3.0], {})


def test_pulls_that_led_to_no_gradient_were_on_the_link_all_the_same() -> None:
    # A's pull of a second is cut short at .5 s, when A goes; B's runs from then to 1.5 s, its next from 2.5
    # to 3.5 s. A is back at 3 s and waits until 3.5 s, pulls and computes until 5.5 s, and pulls again.
    workers = [Worker(name="A", compute=1.0, offline=((0.5, 3.0),)), Worker(name="B", compute=1.0)]
    trace = simulate(Scenario(workers=workers, network=PULLS, stop=Stop(time=6.0)))
    assert causes(metrics.time(trace)) == {"pull": [1.5, 3.5], "unread": [1.0, 0.0]}
    assert metrics.downlink(trace) == metrics.Station(5.0 / 6.0, 1.0 / 6.0, 1)
    assert (metrics.uplink(trace), metrics.server(trace)) == (IDLE, IDLE)


def test_a_run_that_ends_in_its_first_pull() -> None:
    workers = [Worker(name=name, compute=1.0) for name in "AB"]
    trace = simulate(Scenario(workers=workers, network=PULLS, stop=Stop(time=0.5)))
    assert causes(metrics.time(trace)) == {"unread": [0.5, 0.5]}
    assert metrics.downlink(trace) == metrics.Station(1.0, 1.0, 1)
    figures = metrics.summary(trace)
    assert figures["share_wasted"] == 0.0
    first = figures["workers"][0]
    assert (first["gradients"], first["mean_staleness"]) == (0, None)
    assert first["waiting"] == NOTHING | {"unread": 1.0}


def test_pushes_wait_for_the_servers_link_after_their_own() -> None:
    # Computed at 1 s, both are over their own links at 2 s, and over the server's at 3 and 4 s.
    network = Network(gradient_bytes="1 GB", bandwidth="1 GB/s", server_bandwidth="1 GB/s")
    workers = [Worker(name="w", compute=1.0, count=2)]
    trace = simulate(Scenario(workers=workers, network=network, stop=Stop(time=4.0)))
    assert metrics.uplink(trace) == metrics.Station(0.5, 0.25, 1)


def test_a_server_is_busy_until_the_end() -> None:
    # Applied from 1 to 1.8 s and to 2.6 s, the first worker's next from 2.8 s on.
    trace = simulate(
        Scenario(
            workers=[Worker(name="w", compute=1.0, count=2)], server=Server(apply=0.8), stop=Stop(time=3.0)
        )
    )
    assert metrics.server(trace) == metrics.Station(18 / 30, 8 / 30, 1)


def test_a_lone_worker_waits_for_no_other() -> None:
    workers = [Worker(name="A", compute=1.0, gradients=1)]
    network = Network(server_bandwidth=1.0, weight_bytes=1.0, gradient_bytes=2.0)
    trace = simulate(Scenario(workers=workers, server=Server(apply=4.0), network=network))
    assert metrics.downlink(trace) == metrics.Station(1 / 8, 0.0, 0)
    assert metrics.uplink(trace) == metrics.Station(2 / 8, 0.0, 0)
    assert metrics.server(trace) == metrics.Station(4 / 8, 0.0, 0)


def test_the_whole_summary_of_two_learners() -> None:
    def learner(name: str, gradients: int, mean: float, computing: float) -> dict[str, Any]:
        return {
            "name": name,
            "gradients": gradients,
            "mean_staleness": mean,
            "share_computing": computing,
            "share_waiting": 0.0,
            "waiting": NOTHING,
        }

    idle = {"utilisation": 0.0, "mean_queue": 0.0, "max_queue": 0}
    assert metrics.summary(simulate(TWO)) == {
        "duration": 5.0,
        "ended": "finished",
        "ended_because": "every worker is done",
        "protocol": "async",
        "updates": 6,
        "updates_per_second": 1.2,
        "gradients": {"started": 6, "applied": 6, "cancelled": 0, "discarded": 0, "in-flight": 0, "lost": 0},
        "gradients_per_second": 1.2,
        "staleness": {
            "mean": 5 / 6,
            "std": pytest.approx((9 / 6 - 25 / 36) ** 0.5),
            "p50": 0,
            "p95": 2,
            "max": 2,
            "histogram": [3, 1, 2],
        },
        "wasted_seconds": {"discarded": 0.0, "cancelled": 0.0, "lost": 0.0},
        "share_wasted": 0.0,
        "share_computing": 0.9,
        "share_waiting": 0.0,
        "server": idle,
        "uplink": idle,
        "downlink": idle,
        "workers": [learner("L1", 4, 0.25, 0.8), learner("L2", 2, 2.0, 1.0)],
    }


def test_the_wait_of_each_worker_as_a_share_of_the_run() -> None:
    # An update every 4 s, for 20 s: the fast worker waits three quarters of it.
    workers = [Worker(name="fast", compute=1.0), Worker(name="slow", compute=4.0)]
    figures = metrics.summary(
        simulate(Scenario(workers=workers, protocol=Protocol.bsp(), stop=Stop(updates=5)))
    )
    assert (figures["updates_per_second"], figures["gradients_per_second"]) == (0.25, 0.5)
    fast, slow = figures["workers"]
    assert (fast["share_computing"], fast["share_waiting"]) == (0.25, 0.75)
    assert fast["waiting"] == NOTHING | {"update": 0.75}
    assert (slow["share_waiting"], slow["waiting"]) == (0.0, NOTHING)


def test_the_staleness_of_none_and_of_fresh_gradients_only() -> None:
    late = simulate(Scenario(workers=[Worker(name="A", compute=5.0)], stop=Stop(time=1.0)))
    alone = simulate(Scenario(workers=[Worker(name="A", compute=1.0, gradients=3)]))
    for trace, histogram in ((late, [0]), (alone, [3])):
        for found in (metrics.staleness(trace).histogram, tally(trace).staleness):
            assert found.tolist() == histogram
            assert found.dtype == np.int64


def test_a_tally_is_made_of_whole_numbers() -> None:
    sums = tally(simulate(TWO))
    lines = [vars(line) for line in (sums.server, sums.uplink, sums.downlink)]
    arrays = [
        value for part in (vars(sums), *lines) for value in part.values() if isinstance(value, np.ndarray)
    ]
    assert [array.dtype for array in arrays] == [np.int64] * 13


def test_sums_of_times_are_exact_where_floats_are_not() -> None:
    # A is done after 1e8 s, then after a nanosecond; both times what B has begun is cancelled.
    workers = [Worker(name="A", compute=[1e8, 1e-9], gradients=2), Worker(name="B", compute=3e8)]
    sums = tally(simulate(Scenario(workers=workers, protocol=Protocol.k_sync(1), stop=Stop(updates=2))))
    exact = 10**17 + 1
    assert (sums.end, sums.computing.tolist(), sums.wasted) == (exact, [exact, exact], (0, exact, 0))


def test_sums_over_workers_may_exceed_what_the_clock_can_show() -> None:
    # Six arrive at 1e9 s and are applied for so long each: they wait 0 + 1 + … + 5 = 15 times 1e9 s.
    workers = [Worker(name="w", count=6, compute=1e9, gradients=1)]
    trace = simulate(Scenario(workers=workers, server=Server(apply=1e9)))
    assert metrics.server(trace) == metrics.Station(6 / 7, 15 / 7, 5)
    workers = [Worker(name="fast", compute=0.9e9), Worker(name="slow", count=10, compute=1e9)]
    scenario = Scenario(workers=workers, protocol=Protocol.k_sync(1), stop=Stop(updates=1))
    assert metrics.summary(simulate(scenario))["share_wasted"] == 10 / 11


def test_the_protocol_is_told_for_so_many_workers() -> None:
    workers = [Worker(name="w", count=32, compute=1.0)]
    scenario = Scenario(workers=workers, protocol=Protocol(kind="softsync", n=3), stop=Stop(time=1.0))
    assert "K = P/3 = 10 " in metrics.summary(simulate(scenario))["protocol"]


numbers = st.integers(0, 2**62 // 20)


@examples(30)
@given(st.lists(st.tuples(numbers, st.integers(0, 3)), max_size=20))
def test_totals_are_exact(amounts: list[tuple[int, int]]) -> None:
    sums = _total(
        np.array([amount for amount, _ in amounts], np.int64),
        np.array([of for _, of in amounts], np.int64),
        4,
    )
    assert sums.dtype == np.int64
    assert sums.tolist() == [sum(amount for amount, of in amounts if of == worker) for worker in range(4)]


@examples(30)
@given(
    comings=st.lists(
        st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True), min_size=1, max_size=4
    ),
    asked=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=9),
)
def test_the_latest_stay_is_the_last_that_has_begun(
    comings: list[list[int]], asked: list[tuple[int, int]]
) -> None:
    stays = [(worker, comes) for worker, some in enumerate(comings) for comes in sorted(some)]
    asked = [(worker, at) for worker, at in asked if worker < len(comings) and at >= min(comings[worker])]
    found = _latest(
        *(np.array([stay[part] for stay in stays], np.int64) for part in (0, 1)),
        *(np.array([each[part] for each in asked], np.int64) for part in (0, 1)),
    )
    assert [stays[place] for place in found] == [
        max(stay for stay in stays if stay[0] == worker and stay[1] <= at) for worker, at in asked
    ]

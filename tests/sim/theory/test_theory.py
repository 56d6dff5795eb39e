"""Closed forms against facts that were computed elsewhere: published values, numpy, brute-force chains."""

from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim import (
    Constant,
    Empirical,
    Exponential,
    Gamma,
    LogNormal,
    Network,
    Pareto,
    Protocol,
    Scenario,
    Server,
    ShiftedExponential,
    Stop,
    Uniform,
    Worker,
    simulate,
)
from sim.scenario.durations import Distribution
from sim.theory import Refusal, applicable
from sim.theory.catalogue import FORMS, form
from sim.theory.forms_distribution import distribution
from sim.theory.laws import scaled
from sim.theory.order_statistics import frozen, mean_order_statistic
from sim.theory.tables import about_it, markdown

EXP = Exponential(mean=1.0)
SHIFTED = ShiftedExponential(shift=1.0, mean=2.0)
LONG = Stop(updates=10_000)
NAN = float("nan")


def eight(protocol: Protocol, compute: Distribution = EXP, server: Server | None = None) -> Scenario:
    return Scenario(
        protocol=protocol,
        workers=[Worker(name="w", count=8, compute=compute)],
        server=server or Server(),
        stop=LONG,
    )


def values(scenario: Scenario, quantity: str) -> list[float]:
    return [each.value for each in applicable(scenario).predictions if each.form.quantity == quantity]


def refusal(scenario: Scenario, name: str) -> Refusal:
    return next(each for each in applicable(scenario).refusals if each.form.name == name)


BUILDS = {
    "k-sync": Protocol.k_sync,
    "k-batch-sync": Protocol.k_batch_sync,
    "k-async": Protocol.k_async,
    "k-batch-async": Protocol.k_batch_async,
}
KS = (1, 4, 8)
# Seconds per update with P = 8 and K = 1, 4, 8; the last four of these need simulation, and are at the end.
TABLE = {
    ("k-sync", EXP): (0.125, 0.6345, 2.7179),
    ("k-batch-sync", EXP): (0.125, 0.5, 1.0),
    ("k-async", EXP): (0.125, 0.6345, 2.7179),
    ("k-batch-async", EXP): (0.125, 0.5, 1.0),
    ("k-sync", SHIFTED): (1.125, 1.6345, 3.7179),
    ("k-batch-sync", SHIFTED): (1.125, NAN, NAN),
    ("k-async", SHIFTED): (0.25, NAN, 3.7179),
    ("k-batch-async", SHIFTED): (0.25, 1.0, 2.0),
}
SIMULATED = {
    ("k-batch-sync", SHIFTED): (1.125, 1.632, 2.6685),
    ("k-async", SHIFTED): (0.25, 1.240, 3.7179),
}


@pytest.mark.parametrize(("name", "compute"), TABLE)
@pytest.mark.parametrize("place", range(3))
def test_seconds_per_update_are_those_of_the_table_of_facts(
    name: str, compute: Distribution, place: int
) -> None:
    got = values(eight(BUILDS[name](KS[place]), compute), "seconds per update")
    expected = TABLE[name, compute][place]
    assert got == pytest.approx([expected] * len(got), abs=5e-5)
    assert bool(got) == (expected == expected)  # noqa: PLR0124 -- a number, where one is known


@pytest.mark.parametrize(("name", "compute"), TABLE)
@pytest.mark.parametrize("place", range(3))
def test_the_simulator_gives_the_table_of_facts(name: str, compute: Distribution, place: int) -> None:
    expected = (TABLE | SIMULATED)[name, compute][place]
    scenario = eight(BUILDS[name](KS[place]), compute).model_copy(update={"stop": Stop(updates=500)})
    runs = [simulate(scenario, seed) for seed in range(8)]
    seconds = np.array([(run.updated_at[-1] - run.updated_at[49]) / 450 for run in runs])
    assert abs(seconds.mean() - expected) < 4.5 * seconds.std(ddof=1) / np.sqrt(8) + 5e-4


@pytest.mark.parametrize(
    ("protocol", "mean"),
    [
        (Protocol.asynchronous(), 7),
        (Protocol.k_async(4), 1),
        (Protocol.k_async(8), 0),
        (Protocol.k_batch_async(4), 7 / 4),
        (Protocol.k_batch_async("P/4"), 7 / 2),
    ],
)
@pytest.mark.parametrize("compute", [EXP, SHIFTED, Constant(mean=1.0)])
def test_mean_staleness_is_conserved_whatever_the_law(
    protocol: Protocol, mean: float, compute: Distribution
) -> None:
    got = values(eight(protocol, compute), "mean staleness")
    assert got == pytest.approx([mean] * len(got))
    assert got


def test_each_worker_of_its_own_speed_has_its_own_mean_staleness() -> None:
    workers = [Worker(name="fast", compute=1.0, speed=4.0), Worker(name="slow", count=2, compute=EXP)]
    got = values(Scenario(workers=workers, stop=LONG), "mean staleness of one worker")
    assert got == [6 / 4 - 1, 6 / 1 - 1]


@pytest.mark.parametrize("law", [EXP, SHIFTED, Uniform(low=0.5, high=3.0), Pareto(minimum=1.0, shape=2.5)])
@pytest.mark.parametrize("k", [1, 3, 8])
def test_closed_order_statistics_are_the_integrals(law: Distribution, k: int) -> None:
    (got,) = values(eight(Protocol.k_sync(k), law), "seconds per update")
    assert got == pytest.approx(mean_order_statistic(k, [(law, 8)]).value, rel=1e-8)


@given(st.floats(0.1, 10))
def test_speed_scales_a_law(factor: float) -> None:
    for law in (
        EXP,
        SHIFTED,
        Uniform(low=0.0, high=1.0),
        Gamma(mean=2.0, shape=3.0),
        LogNormal(mean=2.0, sigma=1.0),
        Pareto(minimum=1.0, shape=3.0),
    ):
        chances = np.array([0.01, 0.3, 0.9])
        assert frozen(scaled(law, factor)).ppf(chances) == pytest.approx(frozen(law).ppf(chances) * factor)
    assert scaled(Empirical(values=(1.0, 3.0)), factor).mean == pytest.approx(2 * factor)
    assert scaled(Constant(mean=2.0), factor).mean == 2 * factor


def test_measured_laws_are_equal_whoever_was_asked_for_its_mean() -> None:
    measured, same = Empirical(values=(1.0, 2.0, 4.0)), Empirical(values=(1.0, 2.0, 4.0))
    assert measured.mean == 7 / 3
    assert measured == same
    workers = [Worker(name="a", compute=measured), Worker(name="b", compute=same)]
    assert "async-time" in {
        each.form.name for each in applicable(Scenario(workers=workers, stop=LONG)).predictions
    }


def test_a_law_may_be_slower_than_any_that_a_scenario_may_give() -> None:
    assert scaled(Pareto(minimum=1.0, shape=2.0), 1e10).mean == 2e10
    snail = Worker(name="w", compute=Pareto(minimum=1.0, shape=2.0), speed=1e-10)
    assert refusal(Scenario(workers=[snail], stop=LONG.replace(time=1.0)), "async-time").failing


def test_the_slowest_of_unequal_exponentials_by_hand() -> None:
    workers = [Worker(name="a", compute=EXP), Worker(name="b", compute=Exponential(mean=0.5))]
    (got,) = values(Scenario(protocol=Protocol.bsp(), workers=workers, stop=LONG), "seconds per update")
    assert got == pytest.approx(1 + 1 / 2 - 1 / 3)


def test_unequal_exponentials_by_inclusion_and_exclusion_are_the_integral() -> None:
    means = (0.3, 1.0, 1.7, 2.9, 4.0)
    workers = [Worker(name=f"w{mean}", compute=Exponential(mean=mean)) for mean in means]
    (got,) = values(Scenario(protocol=Protocol.bsp(), workers=workers, stop=LONG), "seconds per update")
    assert got == pytest.approx(
        mean_order_statistic(5, [(Exponential(mean=mean), 1) for mean in means]).value
    )


def stationary(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solve π Q = 0, Σ π = 1 for a matrix of transition rates."""
    generator = rates - np.diag(rates.sum(axis=1))
    size = len(rates)
    system = np.vstack([generator.T, np.ones(size)])
    return np.asarray(np.linalg.lstsq(system, np.append(np.zeros(size), 1.0), rcond=None)[0])


@pytest.mark.parametrize("slack", [0, 1, 4])
@pytest.mark.parametrize("mean", [1.0, 0.4])
def test_ssp_throughput_of_two_workers_is_that_of_its_chain(slack: int, mean: float) -> None:
    workers = [Worker(name="a", compute=Exponential(mean=mean)), Worker(name="b", compute=EXP)]
    most = slack + 1
    chain = np.zeros((2 * most + 1, 2 * most + 1))
    for lead in range(2 * most):
        chain[lead, lead + 1], chain[lead + 1, lead] = 1 / mean, 1.0
    pushes = stationary(chain) @ chain.sum(axis=1)
    scenario = Scenario(protocol=Protocol.asynchronous(slack=slack), workers=workers, stop=LONG)
    assert values(scenario, "updates per second") == [pytest.approx(pushes)]


@pytest.mark.parametrize("service", [0.02, 0.125, 1.0])
def test_the_machine_repairman_is_its_chain(service: float) -> None:
    scenario = eight(Protocol.asynchronous(), EXP, Server(apply=Exponential(mean=service)))
    chain = np.zeros((9, 9))
    for queued in range(8):
        chain[queued, queued + 1], chain[queued + 1, queued] = 8 - queued, 1 / service
    pi = stationary(chain)
    got = {each.form.name: each.value for each in applicable(scenario).predictions}
    assert got["server-throughput"] == pytest.approx((1 - pi[0]) / service)
    assert got["server-utilisation"] == pytest.approx(1 - pi[0])
    assert got["server-number"] == pytest.approx(pi @ np.arange(9), rel=1e-9)
    assert got["server-bound"] == pytest.approx(1 / service)
    assert got["worker-bound"] == pytest.approx(8 / (1 + service))
    assert got["queueing-bound"] == pytest.approx(8 / (1 + 8 * service))
    assert got["queueing-bound"] <= got["server-throughput"] <= min(got["server-bound"], got["worker-bound"])


@pytest.mark.parametrize(
    ("protocol", "workers"),
    [
        (Protocol.asynchronous(), [Worker(name="w", count=8, compute=EXP)]),
        (Protocol.k_async(3), [Worker(name="w", count=8, compute=EXP)]),
        (Protocol.k_batch_async(3), [Worker(name="w", count=8, compute=EXP)]),
        (
            Protocol.asynchronous(),
            [Worker(name="w", count=3, compute=EXP), Worker(name="s", compute=Exponential(mean=3.0))],
        ),
    ],
)
def test_a_distribution_of_the_staleness_has_the_mass_mean_and_variance_it_should(
    protocol: Protocol, workers: list[Worker]
) -> None:
    scenario = Scenario(protocol=protocol, workers=workers, stop=LONG)
    known = distribution(scenario, 1000)
    assert known is not None
    pmf, places = known[1], np.arange(1001)
    mean = pmf @ places
    (variance,) = values(scenario, "variance of the staleness")
    assert pmf.sum() == pytest.approx(1)
    assert mean == pytest.approx(
        {"async": scenario.size - 1, "k-async": 5 / 3, "k-batch-async": 7 / 3}[protocol.name]
    )
    assert pmf @ (places - mean) ** 2 == pytest.approx(variance)


def test_staleness_in_batches_against_a_poisson_stream_of_pushes() -> None:
    rng = np.random.default_rng(3)
    pushes, workers, batch = 200_000, 8, 3
    who = rng.integers(workers, size=pushes)  # without memory, each push is anyone's
    version = np.arange(pushes) // batch  # the version that the push's update finds
    seen = []
    for worker in range(workers):
        at = np.flatnonzero(who == worker)
        read = (at[:-1] + 1) // batch  # it reads after its push
        seen.append(version[at[1:]] - read)
    shares = np.bincount(np.concatenate(seen)) / sum(map(len, seen))
    known = distribution(eight(Protocol.k_batch_async(batch)), 10)
    assert known is not None
    assert shares[:11] == pytest.approx(known[1], abs=0.004)


def test_transfers_slow_the_updates_down_and_their_pulls_make_no_gradient_stale() -> None:
    network = Network(latency=0.25, bandwidth=100.0, gradient_bytes=50.0, weight_bytes=25.0)
    scenario = eight(Protocol.asynchronous()).model_copy(update={"network": network})
    (seconds,) = values(scenario, "seconds per update")
    (stale,) = values(scenario, "mean staleness of one worker")
    assert seconds == pytest.approx((1 + 0.5 + 0.75) / 8)
    assert stale == pytest.approx(7 / 2.25 * 1.75)


def test_bounds_of_slack_and_of_discarding() -> None:
    workers = [Worker(name=f"w{seconds}", compute=float(seconds)) for seconds in (1, 2, 8)]
    ssp = Scenario(protocol=Protocol.asynchronous(slack=2), workers=workers, stop=LONG)
    ringmaster = Scenario(protocol=Protocol.asynchronous(max_staleness=3), workers=workers, stop=LONG)
    got = {each.form.name: each.value for each in applicable(ssp).predictions}
    # Three times the slowest one's rate; and each at its own.
    assert got == {"ssp-bound": 2 * 5, "slack-bound": 3 / 8, "worker-bound": 1 + 1 / 2 + 1 / 8}
    got = {each.form.name: each.value for each in applicable(ringmaster).predictions}
    # With R = 4: one worker 2·5/1, two 2·6/1.5 = 8, three 2·7/1.625 = 8.6.
    assert got == {"discard-bound": 3, "ringmaster-bound": pytest.approx(8)}


ASYNC, FRESH = Protocol.asynchronous(), Protocol.asynchronous(max_staleness=9)
TIMES = "compute times is infinite"
HEAVY = Pareto(minimum=1.0, shape=1.0)
SERVED = eight(ASYNC, server=Server(apply=0.1))
SHARED = eight(ASYNC).replace(network=Network(server_bandwidth=1e6, weight_bytes=1e5))


def crowd(size: int) -> Scenario:
    """So many exponential workers, no two alike, behind a barrier."""
    workers = [Worker(name=f"w{i}", compute=Exponential(mean=1.0 + i)) for i in range(size)]
    return Scenario(protocol=Protocol.bsp(), workers=workers, stop=LONG)


@pytest.mark.parametrize(
    ("name", "scenario", "reason"),
    [
        ("async-time", eight(Protocol.bsp()), "the protocol is bsp"),
        ("async-distribution", eight(ASYNC, SHIFTED), "the times of workers[0] are shifted-exponential"),
        ("async-staleness", eight(Protocol.asynchronous(slack=1)), "slack 1 holds workers back"),
        ("async-staleness", eight(FRESH), "gradients staler than 9 are discarded"),
        ("async-time", SERVED, "applying a gradient takes time"),
        ("async-time", eight(ASYNC, HEAVY), "a mean compute time is infinite"),
        (
            "sync-pareto",
            eight(Protocol.k_sync(8), HEAVY),
            "the mean of the 8-th of 8 " + TIMES,
        ),
        ("ssp-throughput", eight(Protocol.asynchronous(slack=1)), "there are 8 workers"),
        ("softsync-staleness", eight(Protocol.k_batch_async("P/3")), "3 does not divide P = 8"),
        ("server-throughput", SERVED, "the time to apply is constant"),
        ("async-rates", SHARED, "transfers queue for the server's link"),
        ("transfer-staleness", SHARED, "transfers queue for the server's link"),
        ("bsp-unequal-exponential", crowd(13), "there are 13 workers, and 2^13 terms"),
        ("sync-numeric", crowd(12), "exponential times have a closed form"),
        ("queueing-bound", eight(Protocol.k_async(3), server=Server(apply=0.1)), "workers wait for updates"),
        ("worker-bound", eight(Protocol.k_sync(3)), "gradients are cancelled at updates"),
        ("worker-bound", eight(ASYNC), "nobody waits for anybody"),
        ("failing-rates", eight(ASYNC), "no worker has failures"),
    ],
)
def test_what_does_not_hold_is_said(name: str, scenario: Scenario, reason: str) -> None:
    assert reason in refusal(scenario, name).failing


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"gradients": 4}, "workers[0] ends after 4 gradients"),
        ({"gradients": 1}, "workers[0] ends after 1 gradient"),
        ({"compute": (1.0, 2.0)}, "workers[0] ends with its list of 2 times"),
        ({"leaves": 9.0}, "workers[0] leaves at 9 s"),
        ({"joins": 3.0}, "workers[0] has joins"),
        ({"offline": ((1.0, 2.0),)}, "workers[0] has offline"),
        ({"speed": ((1.0, 0.5),)}, "the speed of workers[0] changes"),
    ],
)
def test_workers_that_come_go_or_change_are_no_long_run(changes: dict[str, object], reason: str) -> None:
    worker = Worker.model_validate({"name": "w", "compute": 1.0} | changes)
    assert reason in refusal(Scenario(workers=[worker], stop=LONG), "async-staleness").failing


def test_twelve_unequal_exponential_workers_are_few_and_thirteen_are_integrated() -> None:
    assert "bsp-unequal-exponential" in {each.form.name for each in applicable(crowd(12)).predictions}
    assert "sync-numeric" in {each.form.name for each in applicable(crowd(13)).predictions}


def test_a_form_that_is_about_something_else_stays_hidden() -> None:
    plain, served = eight(ASYNC), eight(ASYNC, server=Server(apply=Uniform(low=0.1, high=0.2)))
    shown = [
        {each.form.name for each in about_it(scenario, applicable(scenario).refusals)}
        for scenario in (plain, served)
    ]
    assert shown[0] == set()  # of the simplest case nothing is refused that is about it
    assert {"server-throughput", "async-time"} <= shown[1]
    assert not {"fresh", "sync-uniform", "ssp-throughput", "link-bound"} & shown[1]


def test_a_form_explains_itself() -> None:
    assert len({each.name for each in FORMS}) == len(FORMS)
    for each in FORMS:
        named = {symbol for meaning in each.symbols for symbol in meaning.symbol.free_symbols}
        bound = {sp.Symbol("i", integer=True, positive=True)} | each.expression.atoms(sp.Dummy)
        loose = each.expression.free_symbols - named - bound
        assert not {str(symbol) for symbol in loose} - {"p", "mu", "tau"}, each.name
        assert each.source
        assert each.assumptions
        assert each.latex()
        assert max(map(len, each.text().splitlines())) <= 76


def test_the_documentation_has_every_form_as_it_is() -> None:
    page = (Path(__file__).parents[3] / "docs" / "sim" / "theory.md").read_text(encoding="utf-8")
    assert page.partition("## The forms\n\n")[2] == "\n".join(map(markdown, FORMS))


def test_formulas_in_latex_and_in_characters() -> None:
    assert form("k-async-staleness").latex() == r"E{\left(\sigma \right)} = \frac{- K + P}{K}"
    assert form("ssp-bound").text() == "σ ≤ (P - 1)⋅(2⋅s + 1)"

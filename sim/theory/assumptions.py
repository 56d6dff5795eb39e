"""What the closed forms take for granted, as data: a statement, and why a scenario does not meet it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from sim.scenario import Scenario
from sim.scenario.durations import Constant, Distribution, Empirical, Exponential, Pareto, Uniform, mean_of
from sim.theory.laws import groups, law

LONG_RUN: Final = 50
"""Gradients (or rounds) that each worker must make for a run to be called long."""


@dataclass(frozen=True)
class Assumption:
    """A statement about scenarios.

    Attributes
    ----------
    statement
        What is assumed.
    why_not
        Says in a clause why a scenario does not meet it; ``None`` where it does.
    topic
        Whether it says what a form is about, such as the protocol, rather than when it holds.
    """

    statement: str
    why_not: Callable[[Scenario], str | None]
    topic: bool = False


class Transfer(NamedTuple):
    """Seconds that a worker's pull and push take where nobody stands in their way."""

    pull: float
    push: float


def transfers(scenario: Scenario) -> tuple[Transfer, ...]:
    """Return the transfer times, latency included, for each entry of ``workers``."""
    network = scenario.network

    def seconds(size: float, bandwidth: float | None) -> float:
        own = size / bandwidth if bandwidth else 0.0
        shared = size / network.server_bandwidth if network.server_bandwidth else 0.0
        return network.latency + own + shared

    return tuple(
        Transfer(
            *(
                seconds(size, worker.bandwidth or network.bandwidth)
                for size in (network.weight_bytes, network.gradient_bytes)
            )
        )
        for worker in scenario.workers
    )


def coincident(scenario: Scenario) -> set[str]:
    """Return the names of the protocols that the scenario's is, by its rules or at its limits."""
    name, batch, size = scenario.protocol.name, scenario.protocol.batch(scenario.size), scenario.size
    names = {name}
    if batch == 1 and name in {"k-async", "k-batch-async"}:
        names.add("async")
    if batch == 1 and name == "k-batch-sync":
        names.add("k-sync")
    if batch == size and name in {"k-sync", "k-async"}:
        names.add("bsp")
    return names


def protocol(*names: str) -> Assumption:
    """Assume one of the named protocols."""

    def why_not(scenario: Scenario) -> str | None:
        if coincident(scenario).isdisjoint(names):
            return f"the protocol is {scenario.protocol.name}"
        return None

    return Assumption(f"the protocol is {_either(names)}", why_not, topic=True)


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _endless(scenario: Scenario) -> str | None:
    for place, worker in enumerate(scenario.workers):
        if worker.gradients is not None:
            return f"workers[{place}] ends after {worker.gradients} gradients"
        if isinstance(worker.compute, tuple):
            return f"workers[{place}] ends with its list of {len(worker.compute)} times"
        if worker.leaves is not None:
            return f"workers[{place}] leaves at {worker.leaves:g} s"
    return None


def _long(scenario: Scenario) -> str | None:
    """Estimate the length of the run from its stop, as if nothing ever waited."""
    if _endless(scenario):
        return None  # which is reason enough
    stop, size = scenario.stop, scenario.size
    batch = scenario.protocol.batch(size) or size
    each = []
    if stop.updates is not None:
        each.append(stop.updates * (1.0 if scenario.protocol.at_update == "cancel" else batch / size))
    if stop.gradients is not None:
        each.append(stop.gradients / (batch if scenario.protocol.at_update == "cancel" else size))
    if stop.time is not None:
        laws = [law(worker) for worker in scenario.workers]
        each.append(stop.time / max((mean_of(its) for its in laws if its is not None), default=1.0))
    if min(each) < LONG_RUN:
        return f"the run stops after about {min(each):.3g} gradients of each worker, fewer than {LONG_RUN}"
    return None


def _steady(scenario: Scenario) -> str | None:
    for place, worker in enumerate(scenario.workers):
        for what in ("offline", "failures", "slowdowns", "joins"):
            if getattr(worker, what):
                return f"workers[{place}] has {what}"
        if worker.varies:
            return f"the speed of workers[{place}] changes"
    return None


def _free_network(scenario: Scenario) -> str | None:
    return "transfers take time" if any(map(any, transfers(scenario))) else None


def _free_applying(scenario: Scenario) -> str | None:
    return "applying a gradient takes time" if scenario.server.apply else None


def _unshared(scenario: Scenario) -> str | None:
    network = scenario.network
    if network.server_bandwidth and (network.weight_bytes or network.gradient_bytes):
        return "transfers queue for the server's link"
    return None


def _without_slack(scenario: Scenario) -> str | None:
    slack = scenario.protocol.slack
    return None if slack is None else f"slack {slack} holds workers back"


def _without_discards(scenario: Scenario) -> str | None:
    bound = scenario.protocol.max_staleness
    return None if bound is None else f"gradients staler than {bound} are discarded"


def _alike(scenario: Scenario) -> str | None:
    known = _one_law(scenario)
    if known is None and len(groups(scenario)) > 1:
        return f"their times follow {len(groups(scenario))} different laws"
    return known


def _unlike(scenario: Scenario) -> str | None:
    return "all workers are alike" if _alike(scenario) is None else _one_law(scenario)


def _one_law(scenario: Scenario) -> str | None:
    for place, worker in enumerate(scenario.workers):
        if law(worker) is None:
            return f"the times of workers[{place}] follow no one law"
    return None


def _finite_mean(scenario: Scenario) -> str | None:
    if _one_law(scenario) is None and any(its.mean == float("inf") for its, _ in groups(scenario)):
        return "a mean compute time is infinite"
    return None


def _finite_order_mean(scenario: Scenario) -> str | None:
    """Only Pareto tails can be too heavy: the K-th of P has a mean where their exponents add up to over 1."""
    if _one_law(scenario) is not None:
        return None
    batch = scenario.protocol.batch(scenario.size) or scenario.size
    tails = sorted(
        its.shape if isinstance(its, Pareto) else float("inf")
        for its, count in groups(scenario)
        for _ in range(min(count, scenario.size - batch + 1))
    )
    if sum(tails[: scenario.size - batch + 1]) <= 1:
        return f"the mean of the {batch}-th of {scenario.size} compute times is infinite"
    return None


def _only(*kinds: type[Distribution]) -> Callable[[Scenario], str | None]:
    def why_not(scenario: Scenario) -> str | None:
        for place, worker in enumerate(scenario.workers):
            its = law(worker)
            if its is None:
                return f"the times of workers[{place}] follow no one law"
            if not isinstance(its, kinds):
                return f"the times of workers[{place}] are {its.kind}"
        return None

    return why_not


def family(*kinds: type[Distribution]) -> Assumption:
    """Assume compute times of these kinds."""
    names = tuple(kind.model_fields["kind"].default for kind in kinds)
    return Assumption(f"compute times are {_either(names)}", _only(*kinds))


def _spread(scenario: Scenario) -> str | None:
    known = _one_law(scenario)
    if known is None and any(isinstance(its, Constant | Empirical) for its, _ in groups(scenario)):
        return "some compute times take only certain values, so that workers may move in step"
    return known


def _service(scenario: Scenario) -> str | None:
    apply = scenario.server.apply
    if isinstance(apply, Exponential):
        return None
    what = "nothing" if not apply else "constant" if isinstance(apply, int | float) else apply.kind
    return f"the time to apply is {what}"


def _mean_alike(scenario: Scenario) -> str | None:
    known = _one_law(scenario)
    if known is None and len({its.mean for its, _ in groups(scenario)}) > 1:
        return "mean compute times differ"
    return known


def _closed_order_statistic(scenario: Scenario) -> str | None:
    """Say where E[X_{K:P}] has a closed form, so that no integral is needed."""
    if (known := _one_law(scenario)) is not None:
        return known
    found = groups(scenario)
    if all(isinstance(its, Constant) for its, _ in found):
        return "constant times need no integral"
    batch, one = scenario.protocol.batch(scenario.size) or scenario.size, found[0][0]
    if len(found) == 1 and not isinstance(one, Empirical) and one.kind not in {"gamma", "lognormal"}:
        return f"equal {one.kind} times have a closed form"
    if not _few_exponential(scenario) and batch == scenario.size:
        return "exponential times have a closed form"
    return None


MOST_SUBSETS: Final = 12


def _few_exponential(scenario: Scenario) -> str | None:
    if scenario.size > MOST_SUBSETS:
        return f"there are {scenario.size} workers, and 2^{scenario.size} terms"
    return _only(Exponential)(scenario)


def _two(scenario: Scenario) -> str | None:
    return None if scenario.size == 2 else f"there are {scenario.size} workers"  # noqa: PLR2004 -- two


def _slack(scenario: Scenario) -> str | None:
    return "there is no slack" if scenario.protocol.slack is None else None


def _max_staleness(scenario: Scenario) -> str | None:
    return "there is no max_staleness" if scenario.protocol.max_staleness is None else None


def _even_share(scenario: Scenario) -> str | None:
    k = scenario.protocol.k
    if not isinstance(k, str) or not k.startswith("P/"):
        return "K is not given as a share P/n"
    if scenario.size % int(k.removeprefix("P/")):
        return f"{k.removeprefix('P/')} does not divide P = {scenario.size}"
    return None


def _kept(scenario: Scenario) -> str | None:
    if scenario.protocol.at_update == "cancel":
        return "gradients are cancelled at updates"
    return None


def _served(scenario: Scenario) -> str | None:
    return None if scenario.server.apply else "applying costs nothing"


def _transferred(scenario: Scenario) -> str | None:
    return None if any(map(any, transfers(scenario))) else "transfers cost nothing"


ENDLESS = Assumption("workers never end", _endless)
LONG = Assumption(f"the run is long: at least {LONG_RUN} gradients of each worker", _long)
STEADY = Assumption("workers neither fail, join late nor change their speed", _steady)
FREE_NETWORK = Assumption("transfers cost nothing", _free_network)
FREE_APPLYING = Assumption("applying costs nothing", _free_applying)
UNSHARED = Assumption("transfers do not queue", _unshared)
NO_SLACK = Assumption("there is no slack", _without_slack)
NO_DISCARDS = Assumption("no gradient is discarded", _without_discards)
ALIKE = Assumption("all workers are alike", _alike)
UNLIKE = Assumption("workers differ (else a simpler form applies)", _unlike, topic=True)
ONE_LAW = Assumption("each worker's times follow one law", _one_law)
FINITE_MEAN = Assumption("mean compute times are finite", _finite_mean)
FINITE_ORDER_MEAN = Assumption("the K-th of P compute times has a finite mean", _finite_order_mean)
EXPONENTIAL = family(Exponential)
UNIFORM = family(Uniform)
PARETO = family(Pareto)
CONSTANT = family(Constant)
SPREAD = Assumption("compute times are continuous, so that workers do not move in step", _spread)
EXPONENTIAL_SERVICE = Assumption("the time to apply is exponential", _service)
MEAN_ALIKE = Assumption("all workers have the same mean compute time, of any law", _mean_alike)
NO_CLOSED_FORM = Assumption("E[X_{K:P}] has no closed form above", _closed_order_statistic, topic=True)
FEW_EXPONENTIAL = Assumption(
    f"at most {MOST_SUBSETS} workers, with exponential compute times", _few_exponential
)
TWO = Assumption("there are two workers", _two)
SLACK = Assumption("there is a slack s", _slack, topic=True)
MAX_STALENESS = Assumption("there is a bound on the staleness", _max_staleness, topic=True)
EVEN_SHARE = Assumption("K is the share P/n, n divides P", _even_share, topic=True)
KEPT = Assumption("no gradient is cancelled", _kept)
SERVED = Assumption("applying takes the server time", _served, topic=True)
TRANSFERRED = Assumption("transfers take time", _transferred, topic=True)

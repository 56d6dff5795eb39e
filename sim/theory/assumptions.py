"""What the closed forms take for granted, as data: a statement, and why a scenario does not meet it.

Here are those about the protocol, the network, the server and who takes part; those about compute times are
in `sim.theory.law_assumptions`, those about the run's length in `sim.theory.lengths`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sim.scenario import Scenario
from sim.scenario.durations import Exponential, mean_of
from sim.theory.laws import transfers

RESOLUTION: Final = 1e-5
"""Seconds; shorter times feel that the clock counts whole nanoseconds."""


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
    length
        Whether it is about the run's length, which matters only where everything else is met.
    """

    statement: str
    why_not: Callable[[Scenario], str | None]
    topic: bool = False
    length: bool = False


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

    return Assumption(f"the protocol is {either(names)}", why_not, topic=True)


def either(names: tuple[str, ...]) -> str:
    """Return names as a text reads them: a, b or c."""
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _endless(scenario: Scenario) -> str | None:
    for place, worker in enumerate(scenario.workers):
        if worker.gradients is not None:
            return f"workers[{place}] ends after {_many(worker.gradients, 'gradient')}"
        if isinstance(worker.compute, tuple):
            return f"workers[{place}] ends with its list of {_many(len(worker.compute), 'time')}"
        if worker.leaves is not None:
            return f"workers[{place}] leaves at {worker.leaves:g} s"
    return None


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _first_with(*features: str) -> Callable[[Scenario], str | None]:
    def why_not(scenario: Scenario) -> str | None:
        for place, worker in enumerate(scenario.workers):
            for what in features:
                if what == "speed" and isinstance(worker.speed, tuple):
                    return f"the speed of workers[{place}] changes"
                if what != "speed" and getattr(worker, what):
                    return f"workers[{place}] has {what}"
        return None

    return why_not


def _free_network(scenario: Scenario) -> str | None:
    return "transfers take time" if any(map(any, transfers(scenario))) else None


def _free_applying(scenario: Scenario) -> str | None:
    return "applying a gradient takes time" if scenario.server.apply else None


def _unshared(scenario: Scenario) -> str | None:
    network = scenario.network
    if network.server_bandwidth and (network.weight_bytes or network.gradient_bytes):
        return "transfers queue for the server's link"
    return None


def _shared(scenario: Scenario) -> str | None:
    network = scenario.network
    times = [network.shared(size) for size in (network.weight_bytes, network.gradient_bytes)]
    return None if max(times) >= RESOLUTION else "nothing queues for the server's link"


def _without_slack(scenario: Scenario) -> str | None:
    slack = scenario.protocol.slack
    return None if slack is None else f"slack {slack} holds workers back"


def _without_discards(scenario: Scenario) -> str | None:
    bound = scenario.protocol.max_staleness
    return None if bound is None else f"gradients staler than {bound} are discarded"


def _service(scenario: Scenario) -> str | None:
    apply = scenario.server.apply
    if isinstance(apply, Exponential):
        return None
    what = "nothing" if not apply else "constant" if isinstance(apply, int | float) else apply.kind
    return f"the time to apply is {what}"


def _finite_service(scenario: Scenario) -> str | None:
    return "the mean time to apply is infinite" if mean_of(scenario.server.apply) == float("inf") else None


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


def _contended(scenario: Scenario) -> str | None:
    waits = scenario.protocol.after_push == "wait" or scenario.protocol.slack is not None
    if waits or scenario.server.apply or _shared(scenario) is None:
        return None
    return "nobody waits for anybody"


def _queues(scenario: Scenario) -> str | None:
    if scenario.server.apply or _shared(scenario) is None:
        return None
    return "nothing queues"


def _goes_on(scenario: Scenario) -> str | None:
    return "workers wait for updates" if scenario.protocol.after_push == "wait" else None


ENDLESS: Final = Assumption("workers never end", _endless)
PRESENT: Final = Assumption("workers neither fail nor join late", _first_with("offline", "failures", "joins"))
STEADY: Final = Assumption(
    "workers neither fail, join late nor change their speed",
    _first_with("offline", "failures", "slowdowns", "joins", "speed"),
)
UNPLANNED: Final = Assumption(
    "workers neither join late nor have a plan of offline intervals or speeds",
    _first_with("offline", "joins", "speed"),
)
FREE_NETWORK: Final = Assumption("transfers cost nothing", _free_network)
FREE_APPLYING: Final = Assumption("applying costs nothing", _free_applying)
UNSHARED: Final = Assumption("transfers do not queue", _unshared)
SHARED: Final = Assumption("transfers queue for the server's link", _shared, topic=True)
NO_SLACK: Final = Assumption("there is no slack", _without_slack)
NO_DISCARDS: Final = Assumption("no gradient is discarded", _without_discards)
EXPONENTIAL_SERVICE: Final = Assumption("the time to apply is exponential", _service)
FINITE_SERVICE: Final = Assumption("the mean time to apply is finite", _finite_service)
TWO: Final = Assumption("there are two workers", _two)
SLACK: Final = Assumption("there is a slack s", _slack, topic=True)
MAX_STALENESS: Final = Assumption("there is a bound on the staleness", _max_staleness, topic=True)
EVEN_SHARE: Final = Assumption("K is the share P/n, n divides P", _even_share, topic=True)
KEPT: Final = Assumption("no gradient is cancelled", _kept, topic=True)
GOES_ON: Final = Assumption("no worker waits for an update", _goes_on, topic=True)
SERVED: Final = Assumption("applying takes the server time", _served, topic=True)
TRANSFERRED: Final = Assumption("transfers take time", _transferred, topic=True)
CONTENDED: Final = Assumption(
    "workers wait: for updates, each other, the server or its link", _contended, topic=True
)
QUEUES: Final = Assumption("gradients queue at the server, or transfers for its link", _queues, topic=True)

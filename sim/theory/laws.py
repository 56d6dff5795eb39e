"""Compute times as probability laws: worker by worker, scaled by speed."""

from typing import NamedTuple

from sim.scenario import Scenario
from sim.scenario.durations import Constant, Distribution, Empirical, mean_of
from sim.scenario.worker import Worker
from sim.theory.order_statistics import Group


def law(worker: Worker, *, slowed: bool = False) -> Distribution | None:
    """Return the law of a worker's compute times, speed included; ``None`` where no one law holds.

    With ``slowed``, of a worker that is slowed down at random, that at its full speed.
    """
    if isinstance(worker.compute, tuple) or isinstance(worker.speed, tuple):
        return None
    if worker.slowdowns and not slowed:
        return None
    given = worker.compute
    return scaled(given if not isinstance(given, int | float) else Constant(mean=given), 1 / worker.speed)


def scaled(given: Distribution, factor: float) -> Distribution:
    """Return the law of ``factor`` times a duration.

    >>> from sim import ShiftedExponential
    >>> scaled(ShiftedExponential(shift=1.0, mean=3.0), 0.5)
    ShiftedExponential(kind='shifted-exponential', shift=0.5, mean=1.5)
    """
    if factor == 1:
        return given
    scale = {"mean", "minimum", "low", "high", "shift"}
    fields = {name: value * factor if name in scale else value for name, value in given if name != "values"}
    if isinstance(given, Empirical):
        fields["values"] = tuple(value * factor for value in given.values)
    return type(given).model_construct(**fields)  # as it is: a law may be slower than any that is given


def groups(scenario: Scenario) -> tuple[Group, ...]:
    """Return the laws of the workers and how many follow each, equal laws together.

    Raises
    ------
    ValueError
        Where a worker's times follow no one law; the assumptions of the formulas exclude it.
    """
    found: dict[Distribution, int] = {}
    for worker in scenario.workers:
        its = _known(worker)
        found[its] = found.get(its, 0) + (worker.count or 1)
    return tuple(found.items())


def _known(worker: Worker) -> Distribution:
    its = law(worker)
    if its is None:
        raise ValueError(f"the times of worker {worker.name!r} follow no one law")
    return its


class Transfer(NamedTuple):
    """Seconds that a worker's pull and push take where nobody stands in their way."""

    pull: float
    push: float


def transfers(scenario: Scenario) -> tuple[Transfer, ...]:
    """Return the transfer times, latency included, for each entry of ``workers``."""
    network = scenario.network
    return tuple(
        Transfer(
            *(
                float(network.way(worker, size) + network.shared(size))
                for size in (network.weight_bytes, network.gradient_bytes)
            )
        )
        for worker in scenario.workers
    )


class Cycle(NamedTuple):
    """A worker's way from one reading of the weights to the next, where nobody stands in its way.

    Attributes
    ----------
    place
        Of its entry in ``workers``.
    workers
        How many the entry has.
    compute
        The law of its compute times.
    pull, push, service
        Mean seconds for the weights, for its gradient, and for applying that.
    """

    place: int
    workers: int
    compute: Distribution
    pull: float
    push: float
    service: float

    @property
    def seconds(self) -> float:
        """Mean length."""
        return self.compute.mean + self.pull + self.push + self.service

    @property
    def away(self) -> float:
        """Mean length without the service: from one service to the next arrival at the server."""
        return self.compute.mean + self.pull + self.push


def cycles(scenario: Scenario) -> tuple[Cycle, ...]:
    """Return the cycle of each entry of ``workers``, in order.

    Raises
    ------
    ValueError
        As `groups` does.
    """
    service = mean_of(scenario.server.apply)
    found = []
    for place, (worker, times) in enumerate(zip(scenario.workers, transfers(scenario), strict=True)):
        found.append(Cycle(place, worker.count or 1, _known(worker), *times, service))
    return tuple(found)

"""What the closed forms take for granted about compute times."""

from collections.abc import Callable
from typing import Final

from sim.scenario import Scenario
from sim.scenario.durations import (
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Pareto,
    ShiftedExponential,
    Uniform,
    mean_of,
)
from sim.theory.assumptions import RESOLUTION, Assumption, either
from sim.theory.laws import cycles, groups, law
from sim.theory.order_statistics import tail_index

MOST_SUBSETS: Final = 12
MOST_UNLIKE: Final = 1000


def one_law(scenario: Scenario) -> str | None:
    """Say which worker's times follow no one law, if one's do."""
    for place, worker in enumerate(scenario.workers):
        if law(worker) is None:
            return f"the times of workers[{place}] follow no one law"
    return None


def _alike(scenario: Scenario) -> str | None:
    known = one_law(scenario)
    if known is None and len(groups(scenario)) > 1:
        return f"their times follow {len(groups(scenario))} different laws"
    return known


def _unlike(scenario: Scenario) -> str | None:
    return "all workers are alike" if _alike(scenario) is None else one_law(scenario)


def _finite_mean(scenario: Scenario) -> str | None:
    if one_law(scenario) is None and any(its.mean == float("inf") for its, _ in groups(scenario)):
        return "a mean compute time is infinite"
    return None


def _finite_order_mean(scenario: Scenario) -> str | None:
    """Only Pareto tails can be too heavy: the K-th of P has a mean where their exponents add up to over 1."""
    if one_law(scenario) is not None:
        return None
    batch = min(scenario.protocol.batch(scenario.size) or scenario.size, scenario.size)
    if tail_index(batch, groups(scenario)) <= 1:
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
    return Assumption(f"compute times are {either(names)}", _only(*kinds))


def _spread(scenario: Scenario) -> str | None:
    known = one_law(scenario)
    if known is None and any(isinstance(its, Constant | Empirical) for its, _ in groups(scenario)):
        return "some compute times take only certain values, so that workers may move in step"
    return known


def _away_alike(scenario: Scenario) -> str | None:
    known = one_law(scenario)
    if known is None and len({cycle.away for cycle in cycles(scenario)}) > 1:
        return "the mean times from one service to the next arrival differ"
    return known


def _away_unlike(scenario: Scenario) -> str | None:
    known = one_law(scenario)
    if known is None and _away_alike(scenario) is None:
        return "all workers have the same mean times"
    return known


def _few_unlike(scenario: Scenario) -> str | None:
    if scenario.size > MOST_UNLIKE:
        return f"there are {scenario.size} workers, and as many terms squared"
    return None


def _closed_order_statistic(scenario: Scenario) -> str | None:
    """Say where E[X_{K:P}] has a closed form, so that no integral is needed."""
    if (known := one_law(scenario)) is not None:
        return known
    found = groups(scenario)
    if all(isinstance(its, Constant) for its, _ in found):
        return "constant times need no integral"
    batch, one = scenario.protocol.batch(scenario.size) or scenario.size, found[0][0]
    if len(found) == 1 and isinstance(one, Exponential | ShiftedExponential | Uniform | Pareto):
        return f"equal {one.kind} times have a closed form"
    if not _few_exponential(scenario) and batch == scenario.size:
        return "exponential times have a closed form"
    return None


def _few_exponential(scenario: Scenario) -> str | None:
    if scenario.size > MOST_SUBSETS:
        return f"there are {scenario.size} workers, and 2^{scenario.size} terms"
    return _only(Exponential)(scenario)


def _resolved(scenario: Scenario) -> str | None:
    """Compare mean times with the clock's nanosecond; a transfer's rounding is nothing beside them."""
    for place, worker in enumerate(scenario.workers):
        its = law(worker, slowed=True)
        if its is not None and its.mean < RESOLUTION:
            return f"the compute times of workers[{place}], {its.mean:.3g} s, are near the clock's nanosecond"
    if 0 < mean_of(scenario.server.apply) < RESOLUTION:
        return f"the time to apply, {mean_of(scenario.server.apply):.3g} s, is near the clock's nanosecond"
    return None


def _by_chance_or_memoryless(scenario: Scenario) -> str | None:
    """Say whose rate of completed gradients under random faults is not known."""
    for place, worker in enumerate(scenario.workers):
        its = law(worker, slowed=True)
        if its is None:
            return f"the times of workers[{place}] follow no one law"
        if isinstance(its, Exponential):
            continue
        if worker.failures and worker.slowdowns:
            return f"workers[{place}] both fails and is slowed down, with {its.kind} times"
        mtbf = worker.failures and worker.failures.mtbf
        if worker.failures and not isinstance(mtbf, int | float | Exponential):
            return f"workers[{place}] does not fail without memory, with {its.kind} times"
    return None


def _finite_slowed_mean(scenario: Scenario) -> str | None:
    for place, worker in enumerate(scenario.workers):
        its = law(worker, slowed=True)
        faults = [*((worker.failures.mtbf, worker.failures.repair) if worker.failures else ())]
        faults += [*((worker.slowdowns.every, worker.slowdowns.lasting) if worker.slowdowns else ())]
        if float("inf") in {its.mean if its else 0.0, *map(mean_of, faults)}:
            return f"a mean time of workers[{place}] is infinite"
    return None


ALIKE: Final = Assumption("all workers are alike", _alike)
UNLIKE: Final = Assumption("workers differ (else a simpler form applies)", _unlike, topic=True)
ONE_LAW: Final = Assumption("each worker's times follow one law", one_law)
FINITE_MEAN: Final = Assumption("mean compute times are finite", _finite_mean)
FINITE_ORDER_MEAN: Final = Assumption("the K-th of P compute times has a finite mean", _finite_order_mean)
EXPONENTIAL: Final = family(Exponential)
UNIFORM: Final = family(Uniform)
PARETO: Final = family(Pareto)
CONSTANT: Final = family(Constant)
SPREAD: Final = Assumption("compute times are continuous, so that workers do not move in step", _spread)
AWAY_ALIKE: Final = Assumption(
    "all workers have the same mean time from one service to the next arrival, of any law", _away_alike
)
AWAY_UNLIKE: Final = Assumption(
    "mean times from one service to the next arrival differ (else a simpler form applies)",
    _away_unlike,
    topic=True,
)
FEW_UNLIKE: Final = Assumption(f"there are at most {MOST_UNLIKE} workers", _few_unlike)
NO_CLOSED_FORM: Final = Assumption("E[X_{K:P}] has no closed form above", _closed_order_statistic, topic=True)
FEW_EXPONENTIAL: Final = Assumption(
    f"at most {MOST_SUBSETS} workers, with exponential compute times", _few_exponential
)
RESOLVED: Final = Assumption("mean times are 10 µs and more, far above the clock's nanosecond", _resolved)
MEMORYLESS_FAULTS: Final = Assumption(
    "failures come without memory and no such worker is slowed down, or compute times are exponential",
    _by_chance_or_memoryless,
)
FINITE_FAULTS: Final = Assumption(
    "mean compute times, times between faults and their durations are finite", _finite_slowed_mean
)

"""How many gradients a worker completes in the long run that fails, or is slowed down, at random."""

import math
from typing import Final, NamedTuple

import numpy as np

from sim.scenario import Scenario
from sim.scenario.durations import (
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    ShiftedExponential,
    Uniform,
    mean_of,
)
from sim.scenario.worker import Worker
from sim.theory.laws import law, transfers
from sim.theory.moments import dispersion, skewness, unevenness
from sim.theory.order_statistics import Integral, frozen

EXACT: Final = 1e-12


class Rate(NamedTuple):
    """Gradients a second of one worker, and how it comes and goes.

    Attributes
    ----------
    gradients
        Completed in a second, in the long run.
    error
        Of that, where it is integrated numerically.
    rounds
        Mean seconds from one fault to the next of its kind; the longest of the kinds it has.
    uneven
        Of these, at most: E[X²]/E[X]².
    skew
        Their skewness, at most.
    spread
        Squared coefficient of variation of the time from fault to fault, at least.
    """

    gradients: float
    error: float
    rounds: float
    uneven: float
    skew: float
    spread: float


def mean_speed(worker: Worker) -> float:
    """Return the mean speed over time of a worker that is slowed down at random, as a share of the full one.

    It alternates between full speed and a factor of it, and works the integral of its speed.
    """
    if worker.slowdowns is None:
        return 1.0
    fast, slow = mean_of(worker.slowdowns.every), mean_of(worker.slowdowns.lasting)
    return (fast + slow * worker.slowdowns.factor) / (fast + slow)


def rate(scenario: Scenario, place: int) -> Rate:
    """Return the rate of each worker of an entry, whose faults meet the assumptions of the formulas."""
    worker = scenario.workers[place]
    its = law(worker, slowed=True)
    if its is None:
        raise ValueError(f"the times of worker {worker.name!r} follow no one law")
    way = sum(transfers(scenario)[place])
    rounds, shapes, spreads = [], [], [math.inf]
    for faults in (worker.slowdowns, worker.failures):
        if faults is not None:
            pair = [getattr(faults, name) for name in type(faults).model_fields if name != "factor"]
            its_laws = [_law_of(each) for each in pair]
            if faults is worker.failures and isinstance(pair[0], int | float):
                its_laws[0] = Exponential(mean=pair[0])
            rounds.append(sum(each.mean for each in its_laws))
            spreads.append(sum(dispersion(each) * each.mean**2 for each in its_laws) / rounds[-1] ** 2)
            shapes += its_laws
    uneven = max((unevenness(each) for each in shapes), default=1.0)
    skew = max((abs(skewness(each)) for each in shapes), default=0.0)
    speed = mean_speed(worker)
    if worker.failures is None:
        found = Integral(speed / (its.mean + way), 0.0)
    else:
        up, down = mean_of(worker.failures.mtbf), mean_of(worker.failures.repair)
        if isinstance(its, Exponential) and not way:
            found = Integral(speed / its.mean * up / (up + down), 0.0)
        else:
            done = completes(its, way, up)
            each = done.value / (1 - done.value) / (up + down)
            found = Integral(
                each, each * done.error / done.value / (1 - done.value) if done.value else math.inf
            )
    return Rate(found.value, found.error, max(rounds, default=0.0), uneven, skew, min(spreads))


def _law_of(duration: float | Distribution) -> Distribution:
    return Constant(mean=duration) if isinstance(duration, int | float) else duration


def completes(its: Distribution, way: float, mtbf: float) -> Integral:
    """Return E[exp(−(X + way)/mtbf)]: the probability that a gradient ends before a failure without memory.

    A failure that comes anew with each gradient ends how many are completed at a geometric number.
    """
    often = 1 / mtbf
    reaches = math.exp(-way * often)
    match its:
        case Constant(mean=mean):
            share = math.exp(-mean * often)
        case Exponential(mean=mean):
            share = 1 / (1 + mean * often)
        case ShiftedExponential(shift=shift, mean=mean):
            share = math.exp(-shift * often) / (1 + (mean - shift) * often)
        case Uniform(low=low, high=high):
            width = (high - low) * often
            share = math.exp(-low * often) * -math.expm1(-width) / width
        case Gamma(mean=mean, shape=shape):
            share = (1 + mean / shape * often) ** -shape
        case Empirical(values=values):
            share = float(np.exp(-np.array(values) * often).mean())
        case _:
            return _integrated(its, often, reaches)
    return Integral(share * reaches, EXACT * share * reaches)


def _integrated(its: Distribution, often: float, reaches: float) -> Integral:
    """Integrate over the quantiles of a law, each as likely."""
    from scipy.integrate import quad_vec

    quantile = frozen(its).ppf

    def ends(share: float) -> float:
        with np.errstate(all="ignore"):
            return math.exp(-often * float(quantile(share)))

    value, error = quad_vec(ends, 0, 1, epsabs=0.0, epsrel=1e-10, limit=1000)
    return Integral(float(value) * reaches, float(error) * reaches)

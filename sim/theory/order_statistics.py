"""Moments of the K-th of P compute times, by integration over the logarithm of time.

On that scale a power law's tail is an exponential one, and every probability is kept as its logarithm, so
that neither a heavy tail nor a narrow law gets lost; the integral comes with its error. Where a closed form
exists, the two are tested against each other.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache, reduce
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.scenario.durations import (
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    LogNormal,
    Pareto,
    ShiftedExponential,
    Uniform,
)

if TYPE_CHECKING:
    from scipy.stats._distn_infrastructure import rv_frozen

Array = NDArray[np.float64]
Group = tuple[Distribution, int]
"""A law, and how many workers follow it."""

PROBABILITIES: Final = (1e-15, 1e-9, 1e-4, 0.01, 0.1, 0.35, 0.65, 0.9, 0.99, 1 - 1e-4)
SURVIVALS: Final = (1e-6, 1e-9, 1e-13, 1e-18)
"""Where the range of integration is cut: at these quantiles of every law, besides where it has corners."""

WIDEST: Final = 30.0
"""The largest σ of a log-normal whose moments are looked for where quantiles do not look."""

MOST_QUANTILES: Final = 64
FEW_TERMS: Final = 20_000
MOST_TERMS: Final = 1_000_000
"""So many are summed in a second or two."""

LIGHT: Final = 0.1
"""What an exponent must exceed that of the moment by, for all of it to be above the smallest number."""

RELATIVE: Final = 1e-10
ROUNDING: Final = 1e-9
"""What the probabilities themselves may be off by."""
SUBDIVISIONS: Final = 400
RARE: Final = -23.0
"""Below the exponential of this, the first term of a probability is all of it, to ten digits."""


class Integral(NamedTuple):
    """A number from numerical integration, and a bound on its error."""

    value: float
    error: float


def mean_order_statistic(k: int, workers: Sequence[Group]) -> Integral:
    """Return E[X_{K:P}], the mean time until K of P workers are done, in seconds.

    Parameters
    ----------
    k
        K, from 1 to P.
    workers
        Each law with its number of workers.

    Examples
    --------
    >>> round(mean_order_statistic(4, [(Exponential(mean=1.0), 8)]).value, 4)
    0.6345
    """
    return moment(k, tuple(workers), 1)


@lru_cache(maxsize=256)
def moment(k: int, workers: tuple[Group, ...], power: int) -> Integral:
    """Return E[X_{K:P}^n] = ∫ n tⁿ⁻¹ P(fewer than K of P independent times are at most t) dt.

    Infinite, without an error, where the tail is too heavy; with an infinite one, where it cannot be had.
    """
    with np.errstate(all="ignore"):
        return _moment(k, workers, power)


def _moment(k: int, workers: tuple[Group, ...], power: int) -> Integral:
    from scipy.integrate import quad_vec

    tail = tail_index(k, workers)
    if tail <= power:
        return Integral(math.inf, 0.0)
    terms = _terms(k, [count for _, count in workers])
    if terms > MOST_TERMS:
        return Integral(math.inf, math.inf)
    laws = [(_logarithms(each), count) for each, count in workers]
    marks = _marks([each for each, _ in workers])

    def integrand(place: Array) -> Array:
        return power * np.exp(power * place + _log_survival(k, laws, place))

    first = float(marks[0])
    head = math.exp(power * first)
    begun = 1 - float(np.exp(_log_survival(k, laws, marks[:1] - 1e-12))[0])
    total, error = head, head * max(0.0, begun)
    if len(marks) > 1:
        low, width = marks[:-1], np.diff(marks)
        body, its_error = quad_vec(
            lambda share: width * integrand(low + width * share),
            *(0, 1), epsabs=RELATIVE * head / len(width), epsrel=RELATIVE, norm="max", limit=SUBDIVISIONS,
        )  # fmt: skip
        total, error = total + float(body.sum()), error + its_error * len(width)
    last, scale = float(marks[-1]), 1 / (tail - power) if math.isfinite(tail) else 1.0
    if integrand(marks[-1:] + 1e-12)[0] > 0:
        rest, its_error = quad_vec(
            lambda far: scale * integrand(np.array([last + scale * far])),
            *(0, np.inf), epsabs=RELATIVE * total, epsrel=RELATIVE, norm="max", limit=SUBDIVISIONS,
        )  # fmt: skip
        total, error = total + float(rest[0]), error + its_error
    many = terms > FEW_TERMS and tail - power < LIGHT  # sums of so many terms are not kept as logarithms
    if (
        many
        or not math.isfinite(total)
        or any(isinstance(law, LogNormal) and law.sigma > WIDEST for law, _ in workers)
    ):
        return Integral(math.inf, math.inf)
    return Integral(total, error + ROUNDING * total)


def tail_index(k: int, workers: Sequence[Group]) -> float:
    """Return the exponent of the power law that the K-th of P follows; infinite where its tail is lighter.

    That more than P − K are late takes P − K + 1 late ones: their exponents add up.
    """
    late = sum(count for _, count in workers) - k + 1
    exponent = 0.0
    for shape, count in sorted(
        (law.shape if isinstance(law, Pareto) else math.inf, count) for law, count in workers
    ):
        exponent += shape * min(late, count)
        late -= min(late, count)
        if not late:
            break
    return exponent


Logarithms = Callable[[Array], tuple[Array, Array]]
"""Logarithms of the probabilities that a time is at most, and beyond, e to the power of an array."""


def _log_survival(k: int, laws: Sequence[tuple[Logarithms, int]], place: Array) -> Array:
    """Return the logarithm of the probability that fewer than ``k`` workers are done."""
    known = [(*logarithms(place), count) for logarithms, count in laws]
    size = sum(count for _, count in laws)
    if k == size:
        everyone = sum((count * done for done, _, count in known), np.zeros_like(place))
        first = np.logaddexp.reduce([late + math.log(count) for _, late, count in known])
        return np.where(first < RARE, first, np.log(-np.expm1(everyone)))
    if len(known) == 1:
        return _log_binomial(size - k + 1, k, known[0][1])
    return _log_of_sums(k, known, place)


def _log_binomial(late: int, k: int, survival: Array) -> Array:
    """Return the logarithm of P(at least ``late`` of late + k − 1 are beyond), each with ``survival``."""
    from scipy.special import betainc, betaln

    first = late * survival - math.log(late) - betaln(late, k)
    return np.asarray(np.where(survival < RARE, first, np.log(betainc(late, k, np.exp(survival)))))


def _log_of_sums(k: int, known: Sequence[tuple[Array, Array, int]], place: Array) -> Array:
    """Return the logarithm of P(at most k − 1 done) for several laws: the sum over all ways to be so many."""
    from scipy.special import gammaln

    sides = []
    for at_most, beyond, count in known:
        these = np.arange(min(count, k - 1) + 1)[:, None]
        ways = gammaln(count + 1) - gammaln(these + 1) - gammaln(count - these + 1)
        sides.append(_times(these, at_most) + _times(count - these, beyond) + ways)
    if _terms(k, [count for _, _, count in known]) > FEW_TERMS:
        chances = [np.exp(side) for side in sides]
        sums = [reduce(lambda a, b: np.convolve(a, b)[:k], [side[:, node] for side in chances]).sum()
                for node in range(len(place))]  # fmt: skip
        return np.asarray(np.log(sums))
    done = np.full((k, len(place)), -np.inf)
    done[0] = 0.0
    for its in sides:
        longer = np.full_like(done, -np.inf)
        for number, side in enumerate(its):
            longer[number:] = np.logaddexp(longer[number:], done[: k - number] + side)
        done = longer
    return np.asarray(np.logaddexp.reduce(done))


def _terms(k: int, counts: Sequence[int]) -> int:
    """Return how many products the sum over several laws takes."""
    return k * sum(min(count, k) for count in counts) if len(counts) > 1 and k < sum(counts) else 0


def _times(count: NDArray[np.int64], logarithm: Array) -> Array:
    """Return a product in which nothing times minus infinity is nothing."""
    return np.where(count == 0, 0.0, count * logarithm)


def _logarithms(given: Distribution) -> Logarithms:  # noqa: C901, PLR0911 -- a case for each law
    from scipy.special import gammainc, gammaincc, log_ndtr

    match given:
        case Exponential(mean=mean):
            return lambda place: _memoryless(np.exp(place) / mean)
        case ShiftedExponential(shift=shift, mean=mean):
            return lambda place: _memoryless(np.maximum(np.exp(place) - shift, 0) / (mean - shift))
        case Uniform(low=low, high=high):

            def uniform(place: Array) -> tuple[Array, Array]:
                share = np.clip((np.exp(place) - low) / (high - low), 0, 1)
                return np.log(share), np.log1p(-share)

            return uniform
        case Gamma(mean=mean, shape=shape):

            def gamma(place: Array) -> tuple[Array, Array]:
                scaled = np.exp(place) * (shape / mean)
                at_most, beyond = gammainc(shape, scaled), gammaincc(shape, scaled)
                return np.where(beyond < at_most, np.log1p(-beyond), np.log(at_most)), np.log(beyond)

            return gamma
        case LogNormal(mean=mean, sigma=sigma):

            def lognormal(place: Array) -> tuple[Array, Array]:
                normal = (place - (math.log(mean) - sigma**2 / 2)) / sigma
                return log_ndtr(normal), log_ndtr(-normal)

            return lognormal
        case Pareto(minimum=minimum, shape=shape):
            return lambda place: _memoryless(np.maximum(shape * (place - math.log(minimum)), 0))
    atoms = np.sort([given.mean] if isinstance(given, Constant) else given.values)

    def discrete(place: Array) -> tuple[Array, Array]:
        share = np.searchsorted(np.log(atoms), place, side="right") / len(atoms)
        return np.log(share), np.log1p(-share)

    return discrete


def _memoryless(times: Array) -> tuple[Array, Array]:
    return np.where(times > 1, np.log1p(-np.exp(-times)), np.log(-np.expm1(-times))), -times


def _marks(laws: Sequence[Distribution]) -> Array:
    """Return the logarithms of the times at which laws have corners or leaps, and of some quantiles."""
    corners: list[float] = []
    quantiles: list[float] = []
    for given in laws:
        match given:
            case Constant(mean=mean):
                corners.append(mean)
            case Empirical(values=values):
                corners += values
            case _:
                its = frozen(given)
                corners += its.support()
                quantiles += [*its.ppf(PROBABILITIES), *its.isf(SURVIVALS)]
    among = _logarithm(quantiles)
    for given in laws:
        if isinstance(given, LogNormal):  # whose n-th moment is made around n·σ² above its median
            middle, square = math.log(given.mean) - given.sigma**2 / 2, given.sigma**2
            among = np.append(among, middle + square * np.linspace(0, 3.5, 15) + 8 * given.sigma)
    if len(among) > MOST_QUANTILES:
        among = np.quantile(among, np.linspace(0, 1, MOST_QUANTILES))
    return np.unique(np.concatenate([_logarithm(corners), among]))


def _logarithm(times: Sequence[float]) -> Array:
    """Return the logarithms of those times that have one."""
    array = np.asarray(times, dtype=float)
    return np.asarray(np.log(array[(array > 0) & np.isfinite(array)]))


def frozen(given: Distribution) -> "rv_frozen":
    """Return a continuous law as SciPy has it.

    Raises
    ------
    TypeError
        Where the law is discrete.
    """
    from scipy import stats

    match given:
        case Exponential():
            return stats.expon(scale=given.mean)
        case ShiftedExponential():
            return stats.expon(given.shift, given.mean - given.shift)
        case Uniform():
            return stats.uniform(given.low, given.high - given.low)
        case Gamma():
            return stats.gamma(given.shape, scale=given.mean / given.shape)
        case LogNormal():
            return stats.lognorm(given.sigma, scale=given.mean * math.exp(-(given.sigma**2) / 2))
        case Pareto():
            return stats.pareto(given.shape, scale=given.minimum)
    raise TypeError(f"{given.kind} is discrete")

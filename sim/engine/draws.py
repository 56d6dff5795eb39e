"""What chance hands out: durations from a counter-based generator, in any order.

The generator is Philox 4×32-10 (Salmon, Moraes, Dror, Shaw 2011, *Parallel random numbers: as easy as 1, 2,
3*). Its key is made of the run's seed and the purpose, its counter of the worker's name, the number of the
draw and the number of the attempt. A worker's draws therefore depend on its name, the purpose and the seed,
on nothing else in the scenario, and none needs any other to have been made before.

The functions here are plain Python over numbers and arrays; engines that compile do so with these very
functions.
"""

import math
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.errors import SimulationError
from sim.scenario.clock import LONGEST, NANOSECONDS, Duration, decimal, exactly
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

Word = Any
"""A 32-bit number in 64 bits without sign: a NumPy scalar, or an array of them."""

PURPOSES: Final = ("compute", "service", "failure", "repair", "slowdown", "recovery")
COMPUTE, SERVICE, FAILURE, REPAIR, SLOWDOWN, RECOVERY = range(len(PURPOSES))

CONSTANT, LISTED, EMPIRICAL, EXPONENTIAL, UNIFORM, PARETO, LOGNORMAL, GAMMA = range(8)

_LONGEST = LONGEST * NANOSECONDS
_STEEPEST = 700.0  # no exponential overflows below; what it gives is too long for the clock anyway
BOOST: Final = 4095
"""The attempt that gives a gamma of shape below 1 its second factor."""

_LOW = np.uint64(0xFFFFFFFF)
_WORD = np.uint64(32)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_UPPER, _LOWER = np.uint64(20), np.uint64(12)


def philox(c0: Word, c1: Word, c2: Word, c3: Word, k0: Word, k1: Word) -> tuple[Word, Word, Word, Word]:
    """Return the four 32-bit words at a counter of four, under a key of two, after ten rounds."""
    for _ in range(10):
        left, right = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (right >> _WORD) ^ c1 ^ k0, right & _LOW, (left >> _WORD) ^ c3 ^ k1, left & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return c0, c1, c2, c3


def unit(high: Word, low: Word) -> Any:  # noqa: ANN401 -- a float or an array of them
    """Return the number between 0 and 1, neither included, that two words make, with 52 random bits."""
    return (np.float64((high << _UPPER) | (low >> _LOWER)) + 0.5) * 2.0**-52


def uniforms(key: NDArray[np.uint64], name: Word, index: Word, attempt: int) -> tuple[Any, Any]:
    """Return two independent numbers, uniform between 0 and 1: those of a worker's draw number ``index``."""
    high = (index >> _WORD) | (np.uint64(attempt) << _UPPER)
    w0, w1, w2, w3 = philox(index & _LOW, high, name & _LOW, name >> _WORD, key[0], key[1])
    return unit(w0, w1), unit(w2, w3)


def keys(seed: int) -> NDArray[np.uint64]:
    """Return the generator's key for each purpose, a row each."""
    digests = [blake2b(f"{seed}\0{purpose}".encode(), digest_size=8).digest() for purpose in PURPOSES]
    return np.array(
        [[int.from_bytes(d[:4], "little"), int.from_bytes(d[4:], "little")] for d in digests], np.uint64
    )


def identities(names: Iterator[str]) -> NDArray[np.uint64]:
    """Return the number by which the generator knows each worker."""
    digests = b"".join(blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(digests, "<u8").astype(np.uint64)


# fmt: off
_CENTRE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
     5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
)
_SIDES = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
     3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
     0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0),
)
_TAILS = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.2426609473880784386e-3, 0.026532189526576123093,
     0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
     0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0),
)
# fmt: on


def normal(u: float) -> float:
    """Return the quantile of the standard normal distribution to 1e-16 (Wichura 1988, AS 241, PPND16)."""
    q = u - 0.5
    if abs(q) <= 0.425:  # noqa: PLR2004 -- the algorithm's constants, here and below
        r = 0.180625 - q * q
        return q * _polynomial(_CENTRE[0], r) / _polynomial(_CENTRE[1], r)
    r = math.sqrt(-math.log(u if q < 0.0 else 1.0 - u))
    if r <= 5.0:  # noqa: PLR2004
        far = _polynomial(_SIDES[0], r - 1.6) / _polynomial(_SIDES[1], r - 1.6)
    else:
        far = _polynomial(_TAILS[0], r - 5.0) / _polynomial(_TAILS[1], r - 5.0)
    return far if q > 0.0 else -far


def _polynomial(coefficients: tuple[float, ...], x: float) -> float:
    """Return the value of a polynomial, given from its highest power."""
    value = 0.0
    for coefficient in coefficients:
        value = value * x + coefficient
    return value


def shaped(kind: int, a: float, b: float, u: float) -> float:
    """Return the quantile ``u`` of a law of which one uniform number makes a draw; see `Laws` for a and b."""
    if kind == EXPONENTIAL:
        return a - b * math.log(u)
    if kind == UNIFORM:
        return a + (b - a) * u
    if kind == PARETO:
        return a * math.exp(min(-math.log(u) / b, _STEEPEST))
    return math.exp(min(a + b * normal(u), _STEEPEST))


def gamma(shape: float, key: NDArray[np.uint64], name: Word, index: Word) -> float:
    """Draw from the gamma distribution of scale 1."""
    attempt = 0
    u, v = uniforms(key, name, index, attempt)
    drawn = attempted(shape, u, v)
    while drawn < 0.0:
        attempt += 1
        u, v = uniforms(key, name, index, attempt)
        drawn = attempted(shape, u, v)
    if shape < 1.0:
        u, v = uniforms(key, name, index, BOOST)
        return drawn * boost(shape, u)
    return drawn


def attempted(shape: float, u: float, v: float) -> float:
    """Return a gamma draw, of shape + 1 where that is below 1, or -1 (Marsaglia and Tsang 2000)."""
    d = (shape + 1.0 if shape < 1.0 else shape) - 1.0 / 3.0
    z = normal(u)
    root = 1.0 + z / math.sqrt(9.0 * d)
    if root <= 0.0:
        return -1.0
    cube = root * root * root
    if math.log(v) < 0.5 * z * z + d * (1.0 - cube + math.log(cube)):
        return d * cube
    return -1.0


def boost(shape: float, u: float) -> float:
    """Return what makes a draw of shape + 1 one of a shape below 1, where both are independent."""
    return math.exp(math.log(u) / shape)


class Laws(NamedTuple):
    """Every duration of a scenario that may be drawn, as columns with a row each.

    ``kind`` says which law, ``a`` and ``b`` are its parameters in seconds: shift and mean beyond it
    (exponential), low and high (uniform), minimum and shape (pareto), mean and standard deviation of the
    logarithm (log-normal), shape and scale (gamma). ``scale`` is nanoseconds a second, divided by the
    worker's speed. A constant is the duration ``whole + part``; lists and measured values are those at
    ``first``, ``first + 1``, … of the table, ``size`` of them.
    """

    kind: NDArray[np.int64]
    a: NDArray[np.float64]
    b: NDArray[np.float64]
    scale: NDArray[np.float64]
    whole: NDArray[np.int64]
    part: NDArray[np.float64]
    first: NDArray[np.int64]
    size: NDArray[np.int64]
    table_whole: NDArray[np.int64]
    table_part: NDArray[np.float64]


TOO_LONG: Final = -1
"""In place of whole nanoseconds: what was drawn is longer than any duration may be; the part is how long."""


def settled(nanoseconds: float) -> tuple[int, float]:
    """Return a drawn duration exactly: at least a nanosecond, `TOO_LONG` where it is."""
    if not nanoseconds <= _LONGEST:
        return TOO_LONG, nanoseconds
    if nanoseconds < 1.0:
        return 1, 0.0
    whole = int(nanoseconds)
    return whole, nanoseconds - whole


def duration(laws: Laws, law: int, key: NDArray[np.uint64], name: Word, index: int) -> tuple[int, float]:
    """Return the duration that a law gives a worker as its number ``index``, from 0."""
    kind = laws.kind[law]
    if kind == CONSTANT:
        return laws.whole[law], laws.part[law]
    if kind == LISTED:
        at = laws.first[law] + index
        return laws.table_whole[at], laws.table_part[at]
    if kind == GAMMA:
        drawn = gamma(laws.a[law], key, name, np.uint64(index)) * laws.b[law]
    else:
        u, _ = uniforms(key, name, np.uint64(index), 0)
        if kind == EMPIRICAL:
            at = laws.first[law] + int(u * laws.size[law])
            return laws.table_whole[at], laws.table_part[at]
        drawn = shaped(kind, laws.a[law], laws.b[law], u)
    return settled(drawn * laws.scale[law])


class Book:
    """Collects the laws of a scenario, a row each; `laws` gives them as columns."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, float, float, float, int, float, int, int]] = []
        self._table: list[Duration] = []

    def enter(  # noqa: C901 -- one case for each kind
        self, given: float | tuple[float, ...] | Distribution, speed: float = 1.0
    ) -> int:
        """Enter what a scenario says of a duration, divided by a speed; return its row."""
        scale = NANOSECONDS / speed
        match given:
            case int() | float():
                self._add(CONSTANT, fixed=_fixed(given, speed))
            case Constant():
                self._add(CONSTANT, fixed=_fixed(given.mean, speed))
            case tuple():
                self._list(LISTED, given, speed)
            case Empirical():
                self._list(EMPIRICAL, given.values, speed)
            case Exponential():
                self._add(EXPONENTIAL, 0.0, given.mean, scale)
            case ShiftedExponential():
                self._add(EXPONENTIAL, given.shift, given.mean - given.shift, scale)
            case Uniform():
                self._add(UNIFORM, given.low, given.high, scale)
            case Pareto():
                self._add(PARETO, given.minimum, given.shape, scale)
            case LogNormal():
                self._add(LOGNORMAL, math.log(given.mean) - given.sigma**2 / 2, given.sigma, scale)
            case Gamma():
                self._add(GAMMA, given.shape, given.mean / given.shape, scale)
        return len(self._rows) - 1

    def _add(
        self,
        kind: int,
        a: float = 0.0,
        b: float = 0.0,
        scale: float = 1.0,
        fixed: tuple[int, float] = (0, 0.0),
        rows: tuple[int, int] = (0, 0),
    ) -> None:
        self._rows.append((kind, a, b, scale, *fixed, *rows))

    def _list(self, kind: int, values: tuple[float, ...], speed: float) -> None:
        self._add(kind, rows=(len(self._table), len(values)))
        self._table += [_fixed(seconds, speed) for seconds in values]

    def laws(self) -> Laws:
        """Return what has been entered."""
        kind, a, b, scale, whole, part, first, size = zip(*self._rows, strict=True)
        wholes, parts = zip(*self._table, strict=True) if self._table else ((), ())
        return Laws(
            *(np.array(kind, np.int64), np.array(a, float), np.array(b, float), np.array(scale, float)),
            *(np.array(whole, np.int64), np.array(part, float), np.array(first, np.int64)),
            *(np.array(size, np.int64), np.array(wholes, np.int64), np.array(parts, float)),
        )


def _fixed(seconds: float, speed: float) -> Duration:
    if seconds / speed > LONGEST:
        raise SimulationError(
            f"a time of {seconds / speed:.3g} s is beyond the clock: {LONGEST:.0e} s is the most"
        )
    whole, part = exactly(decimal(seconds) / decimal(speed))
    return Duration(whole, part) if whole else Duration(1, 0.0)

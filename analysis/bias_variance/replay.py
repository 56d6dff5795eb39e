"""The homework that this project grew out of, replayed: its figures, the exact ones, and what they prove.

The recipe is the hand-in's own (its generators, seeds and order of draws); the fits are computed in a
well-conditioned basis, so what agrees with the printed figures is determined by the recipe alone.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

from analysis.bias_variance.decomposition import Decomposition, Problem, Split, exact, fixed_split
from analysis.bias_variance.polynomials import hat_matrices, ridge_hat_matrices
from analysis.bias_variance.quadratic_forms import QuadraticForm, squared_error
from analysis.bias_variance.target import parse_target

Array = NDArray[np.float64]

DEGREES = tuple(range(1, 16))
DETERMINED = tuple(range(1, 14))
DATASETS = 100
RIDGE_DEGREE = 10
ALPHA = 0.5
ROUNDING = 1e-13
"""A difference of this share of what it is between is none."""
MOST_DATASETS = 1e15
"""What takes more data sets than these to see is not to be seen."""

# As printed by the hand-in, so that the number of decimals is part of the datum.
PRINTED_SAMPLE = tuple(
    zip(
        (10, 1, 0, 4, 3, 3, 2, 1, 10, 8, 1, 9, 6, 0, 0, 1, 3, 3, 8, 9),
        (
            *("11.009942", "2.058022", "-0.404395", "3.164831", "2.157397"),
            *("2.740578", "2.163936", "1.939259", "10.941554", "6.667288"),
            *("1.826454", "10.072367", "6.890502", "-0.131798", "0.206272"),
            *("2.133447", "2.450968", "1.412733", "7.774671", "8.974247"),
        ),
        strict=True,
    )
)
PRINTED_LINES = {
    1: ("0.026180552877", "1.01859347"),
    3: ("0.392904526266", "0.89013749", "-0.055449", "0.00731094"),
}
PRINTED_TABLE = {
    1: ("1.190326", "0.833505", "0.013945"),
    2: ("1.000286", "0.654311", "0.015273"),
    3: ("1.032534", "0.685812", "0.028701"),
    4: ("0.917501", "0.619258", "0.038775"),
    5: ("0.990884", "0.654237", "0.035863"),
    6: ("0.526866", "0.166760", "0.054237"),
    7: ("0.465597", "0.107896", "0.061352"),
    8: ("0.376269", "0.003026", "0.072945"),
    9: ("0.380944", "0.003089", "0.075295"),
    10: ("0.433415", "0.002336", "0.108173"),
}
PRINTED_RIDGE = (("0.408168", "0.001975", "0.090800"), ("0.376128", "0.015525", "0.077387"))


@dataclass(frozen=True)
class Row:
    """What the hand-in computed for one fit: plug-in bias², variance with divisor M, MSE on noisy values."""

    mse: float
    bias_squared: float
    variance: float

    def agrees(self, printed: tuple[str, str, str]) -> bool:
        """Tell whether each figure rounds to the printed digits."""
        return all(map(agrees, (self.mse, self.bias_squared, self.variance), printed))


@dataclass(frozen=True)
class Detectability:
    """What comparing two fits by their mean MSE over M data sets can show.

    Attributes
    ----------
    gain
        Exact E[MSE] of the first less that of the second.
    unpaired_sd, paired_sd
        Standard deviation of the measured gain, with noise of their own and with common noise.
    unpaired_wrong, paired_wrong
        Probability that the measured gain has the wrong sign; None without a gain, or where it was not found
        to six digits.
    unpaired_needed, paired_needed
        Data sets at which the gain is 1.96 standard deviations; None where no number of them is enough.
    """

    gain: float
    unpaired_sd: float
    paired_sd: float
    unpaired_wrong: float | None
    paired_wrong: float | None
    unpaired_needed: int | None
    paired_needed: int | None


@dataclass(frozen=True, eq=False)
class Replay:
    """All that was replayed.

    Attributes
    ----------
    problem, split
        The truth and the fixed x.
    x, y
        The 20 points of question 1.2.
    lines
        Coefficients by degree, the constant first, of question 1.3.
    table
        Question 1.4, by degree.
    exact
        The truth of question 1.4, by ``DEGREES``.
    best_probability
        Chance that the hand-in's scheme finds the truly best degree, its averages over 100 data sets
        taken as normal.
    ridge
        Question 1.5: degree 10 without and with penalty, at the first and the second run of its cell.
    ridge_exact
        The truth of question 1.5, without and with penalty.
    detectability
        What question 1.5 could conclude.
    """

    problem: Problem
    split: Split
    x: Array
    y: Array
    lines: dict[int, Array]
    table: dict[int, Row]
    exact: Decomposition
    best_probability: float
    ridge: tuple[tuple[Row, Row], tuple[Row, Row]]
    ridge_exact: Decomposition
    detectability: Detectability


def agrees(value: float, printed: str) -> bool:
    """Tell whether a value, rounded to as many decimals as were printed, is what was printed.

    Examples
    --------
    >>> agrees(0.83350512, "0.833505"), agrees(0.8335, "0.833505")
    (True, False)
    """
    return f"{value:.{len(printed.partition('.')[2])}f}" == printed


def replay_homework() -> Replay:
    """Replay questions 1.2 to 1.5."""
    problem = Problem(target=parse_target("x + sin(1.5*x)"))
    split = fixed_split(problem, seed=21)
    x, y = _sample(problem)
    hats = hat_matrices(DEGREES, split.x_train, split.x_test, problem.interval)
    ridge_hats = ridge_hat_matrices(
        (0.0, ALPHA), RIDGE_DEGREE, split.x_train, split.x_test, problem.interval, basis="monomial"
    )
    # One stream runs through 1.4 and 1.5; cell 1.5 was run twice, as its number in the notebook tells
    # (5, after 3), and what it prints is the second run.
    draws = _noise(problem, split)
    table = {d: _row(hat, problem, split, next(draws)) for d, hat in zip(DEGREES, hats, strict=True)}
    plain, ridge = ridge_hats
    first = (_row(plain, problem, split, next(draws)), _row(ridge, problem, split, next(draws)))
    second = (_row(plain, problem, split, next(draws)), _row(ridge, problem, split, next(draws)))
    f_train, f_test = problem.target(split.x_train), problem.target(split.x_test)
    errors = [squared_error(hat, f_train, f_test, problem.noise) for hat in hats]
    return Replay(
        problem=problem,
        split=split,
        x=x,
        y=y,
        lines={d: np.asarray(Polynomial.fit(x, y, d).convert().coef, np.float64) for d in PRINTED_LINES},
        table=table,
        exact=exact(hats, problem, split),
        best_probability=probability_best_found(errors, DATASETS),
        ridge=(first, second),
        ridge_exact=exact(ridge_hats, problem, split),
        detectability=detectability(
            *(squared_error(hat, f_train, f_test, problem.noise) for hat in ridge_hats), datasets=DATASETS
        ),
    )


def detectability(first: QuadraticForm, second: QuadraticForm, *, datasets: int) -> Detectability:
    """Work out what ``datasets`` data sets can tell of MSE(first) - MSE(second)."""
    unpaired, paired = first.minus_independent(second), first - second
    gain = paired.mean
    if abs(gain) <= ROUNDING * max(abs(first.mean), abs(second.mean)):
        gain = 0.0
    wrong = [form.probability_negative(datasets) if gain else None for form in (unpaired, paired)]
    if gain < 0:
        wrong = [None if p is None else 1 - p for p in wrong]
    needed = [_needed(form, gain) for form in (unpaired, paired)]
    return Detectability(
        gain=gain,
        unpaired_sd=float(np.sqrt(unpaired.variance / datasets)),
        paired_sd=float(np.sqrt(paired.variance / datasets)),
        unpaired_wrong=wrong[0],
        paired_wrong=wrong[1],
        unpaired_needed=needed[0],
        paired_needed=needed[1],
    )


def _needed(form: QuadraticForm, gain: float) -> int | None:
    with np.errstate(all="ignore"):
        count = 1.96**2 * np.divide(form.variance, np.square(gain))
    return math.ceil(count) if count < MOST_DATASETS else None


def probability_best_found(errors: list[QuadraticForm], datasets: int) -> float:
    """Return the chance that the fit of lowest E[MSE] also has the lowest average over its own data sets.

    Each fit is measured on noise of its own; averages of ``datasets`` errors are taken as normal.
    """
    from scipy.integrate import quad
    from scipy.stats import norm

    means = np.array([form.mean for form in errors])
    deviations = np.sqrt([form.variance / datasets for form in errors])
    best = int(np.argmin(means))
    others = np.arange(len(means)) != best

    def density(z: float) -> float:
        at = means[best] + z * deviations[best]
        return float(norm.pdf(z) * norm.sf((at - means[others]) / deviations[others]).prod())

    return float(quad(density, -8, 8)[0])


def _sample(problem: Problem) -> tuple[Array, Array]:
    stream = random.Random(42)  # noqa: S311  # the hand-in's generator, not a secret
    x = np.array([stream.randint(0, 10) for _ in range(20)], dtype=np.float64)
    noise = np.array([stream.gauss(0, np.sqrt(problem.noise)) for _ in range(20)])
    return x, problem.target(x) + noise


def _noise(problem: Problem, split: Split) -> Iterator[tuple[Array, Array]]:
    """Yield, for each fit, noise for its 100 data sets: training and test values by turns."""
    stream = random.Random(21)  # noqa: S311  # the hand-in's generator, not a secret
    n, t = len(split.x_train), len(split.x_test)
    while True:
        draws = [stream.gauss(0, np.sqrt(problem.noise)) for _ in range(DATASETS * (n + t))]
        noise = np.reshape(draws, (DATASETS, n + t))
        yield noise[:, :n], noise[:, n:]


def _row(hat: Array, problem: Problem, split: Split, noise: tuple[Array, Array]) -> Row:
    f_test = problem.target(split.x_test)
    predictions = (problem.target(split.x_train) + noise[0]) @ hat.T
    return Row(
        mse=float(((f_test + noise[1] - predictions) ** 2).mean()),
        bias_squared=float(((f_test - predictions.mean(axis=0)) ** 2).mean()),
        variance=float(predictions.var(axis=0).mean()),
    )

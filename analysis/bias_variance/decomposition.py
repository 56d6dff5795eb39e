r"""Bias, variance and noise of a fit for fixed x, exactly, through its hat matrix.

For training points x, test points x' and :math:`y = f(x) + \varepsilon` with independent noise of mean 0
and variance σ², a linear smoother predicts H y. Then, averaged over the t test points,

.. math:: \mathrm{bias}^2 = \tfrac1t |f' - H f|^2, \quad
          \mathrm{variance} = \tfrac{\sigma^2}{t} \sum H_{ij}^2, \quad
          E[\mathrm{MSE}] = \mathrm{bias}^2 + \mathrm{variance} + \sigma^2 .

(Hastie, Tibshirani, Friedman, *The Elements of Statistical Learning*, 2009, section 7.3.)
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.bias_variance.polynomials import Interval
from analysis.bias_variance.target import OwnTarget, Target
from analysis.errors import AnalysisError

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is to be learnt: y = f(x) + noise for x in an interval.

    Attributes
    ----------
    target
        f: of an expression by `parse_target`, or anybody's function in an `OwnTarget`.
    noise
        Variance of the noise, which is Gaussian with mean 0.
    interval
        The lowest and highest x.
    """

    target: Target | OwnTarget
    noise: float = 0.3
    interval: Interval = (0.0, 10.0)

    def __post_init__(self) -> None:
        low, high = self.interval
        if not isinstance(self.target, Target | OwnTarget):
            raise AnalysisError(
                f"target: {self.target!r} must be made by parse_target, of an expression in x, or be an"
                " OwnTarget, of a function"
            )
        if not (math.isfinite(self.noise) and self.noise >= 0):
            raise AnalysisError(f"noise: {self.noise:g} is a variance and must be a number of at least 0")
        object.__setattr__(self, "noise", abs(self.noise))  # of a zero, the sign
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise AnalysisError(f"interval: {low:g} must be below {high:g}")
        if not math.isfinite(high - low):
            raise AnalysisError(f"interval: from {low:g} to {high:g} is too long for floats")


@dataclass(frozen=True, eq=False)
class Split:
    """Training points, shape (n,), and test points, shape (t,)."""

    x_train: Array
    x_test: Array


@dataclass(frozen=True, eq=False)
class Decomposition:
    """Exact bias², variance and E[MSE], shape (k,): one entry for each of k fits; ``noise`` is common."""

    bias_squared: Array
    variance: Array
    noise: float

    @property
    def mse(self) -> Array:
        """E[MSE] on new noisy test values."""
        return self.bias_squared + self.variance + self.noise


def fixed_split(problem: Problem, *, points: int = 50, test: int = 10, seed: int = 21) -> Split:
    """Spread ``points`` evenly over the interval and set ``test`` of them, drawn at random, aside.

    Examples
    --------
    >>> from analysis.bias_variance.target import parse_target
    >>> fixed_split(Problem(target=parse_target("x")), points=5, test=2).x_test.tolist()
    [7.5, 2.5]
    """
    if not 0 < test < points:
        raise AnalysisError(f"test: {test} points of {points} leave none to train or none to test on")
    check_seed(seed)
    # numpy promises that RandomState's streams never change, so a seed names the same split for good.
    shuffled = np.random.RandomState(seed).permutation(np.linspace(*problem.interval, points))
    return Split(x_train=shuffled[:-test], x_test=shuffled[-test:])


def check_seed(seed: int) -> None:
    """Refuse a seed that no stream has."""
    if not (isinstance(seed, int | np.integer) and 0 <= seed < 2**32):
        raise AnalysisError(f"seed: {seed!r} must be a whole number from 0 to 2**32 - 1")


def exact(hats: Array, problem: Problem, split: Split) -> Decomposition:
    """Decompose the error of linear smoothers for fixed x, without simulating.

    Parameters
    ----------
    hats
        Hat matrices from the training to the test points, shape (k, t, n).
    problem, split
        The truth, and the points.
    """
    f_train, f_test = problem.target(split.x_train), problem.target(split.x_test)
    return Decomposition(
        bias_squared=((f_test - hats @ f_train) ** 2).mean(axis=1),
        variance=problem.noise * (hats**2).sum(axis=2).mean(axis=1),
        noise=problem.noise,
    )

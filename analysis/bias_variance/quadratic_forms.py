"""Quadratic forms in Gaussian noise: their mean, variance and the chance that an average of them is negative.

The squared error of a linear smoother is such a form, and so is the difference of two of them; what a
comparison by simulation can conclude is then known without simulating.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ACCURACY = 1e-6
"""The largest error of a probability."""

ROUNDING = 1e-14
"""An eigenvalue below this share of the greatest is what rounding left of 0."""


@dataclass(frozen=True, eq=False)
class QuadraticForm:
    r"""The random variable :math:`\epsilon^T S \epsilon + 2 c^T \epsilon + d` with standard normal ε.

    Attributes
    ----------
    matrix
        S, symmetric, shape (n, n).
    linear
        c, shape (n,).
    constant
        d.

    Examples
    --------
    The square of one standard normal number is chi-squared:

    >>> square = QuadraticForm(np.eye(1), np.zeros(1), 0.0)
    >>> square.mean, square.variance
    (1.0, 2.0)
    """

    matrix: Array
    linear: Array
    constant: float

    @property
    def mean(self) -> float:
        """The expectation, tr S + d."""
        return float(np.trace(self.matrix) + self.constant)

    @property
    def variance(self) -> float:
        """The variance, 2 tr S² + 4 |c|²."""
        return float(2 * (self.matrix**2).sum() + 4 * (self.linear**2).sum())

    def __sub__(self, other: "QuadraticForm") -> "QuadraticForm":
        """Return the difference for the same ε: the two are measured on common random numbers."""
        return QuadraticForm(
            self.matrix - other.matrix, self.linear - other.linear, self.constant - other.constant
        )

    def minus_independent(self, other: "QuadraticForm") -> "QuadraticForm":
        """Return the difference where ``other`` is measured on noise of its own."""
        n, k = len(self.linear), len(other.linear)
        matrix = np.zeros((n + k, n + k))
        matrix[:n, :n], matrix[n:, n:] = self.matrix, -other.matrix
        return QuadraticForm(
            matrix, np.concatenate([self.linear, -other.linear]), self.constant - other.constant
        )

    def probability_negative(self, copies: int = 1) -> float | None:
        """Return the probability that the mean of ``copies`` independent copies is below zero.

        The inversion integral of the moment generating function, taken along the vertical line through its
        saddle point (Rice 1980, SIAM J. Sci. Stat. Comput. 1, 438), where it hardly oscillates: relative
        accuracy holds far out in the tails. None where the quadrature's own estimate of its error is above
        `ACCURACY`, which only happens with one or two dimensions.
        """
        largest = max(np.abs(self.matrix).max(), np.abs(self.linear).max(), abs(self.constant))
        if largest == 0:
            return 0.0
        matrix, linear, constant = (part / largest for part in (self.matrix, self.linear, self.constant))
        deviation = math.sqrt(copies * (2 * (matrix**2).sum() + 4 * (linear**2).sum()))
        if deviation == 0:
            return float(constant < 0)
        eigenvalues, vectors = np.linalg.eigh(matrix / deviation)
        eigenvalues[np.abs(eigenvalues) < ROUNDING * np.abs(eigenvalues).max()] = 0.0
        total = _Sum(copies, eigenvalues, (linear @ vectors / deviation) ** 2, copies * constant / deviation)
        if total.mean > 0:
            return total.below_zero()
        above = _Sum(copies, -eigenvalues, total.shifts, -total.constant).below_zero()
        return None if above is None else 1 - above


@dataclass(frozen=True, eq=False)
class _Sum:
    """The sum of n copies of a form, diagonal and of variance 1, and its generating function exp K(s)."""

    copies: int
    eigenvalues: Array
    shifts: Array
    constant: float

    @property
    def mean(self) -> float:
        return float(self.constant + self.copies * self.eigenvalues.sum())

    def cumulant(self, s: complex) -> complex:
        """Return K(s)."""
        factor = 1 - 2 * s * self.eigenvalues
        return complex(
            s * self.constant + self.copies * (2 * s**2 * self.shifts / factor - 0.5 * np.log(factor)).sum()
        )

    def slope(self, s: float) -> float:
        """Return the derivative of K(s) - log(-s), which increases for s < 0."""
        factor = 1 - 2 * s * self.eigenvalues
        each = self.eigenvalues / factor + 4 * s * self.shifts * (1 - s * self.eigenvalues) / factor**2
        return float(self.constant + self.copies * each.sum() - 1 / s)

    def saddle(self) -> float | None:
        """Return where the slope is zero; None where the form is never below zero."""
        from scipy.optimize import brentq

        lowest = self.eigenvalues.min()
        pole = 1 / (2 * lowest) if lowest < 0 else -math.inf
        for step in range(1, 200):
            left = max(pole * (1 - 0.5**step), -(2.0**step))
            if self.slope(left) < 0:
                return float(brentq(self.slope, left, -1e-12, rtol=1e-12))
        return None

    def below_zero(self) -> float | None:
        """Return P(sum < 0), whose mean must not be below zero."""
        from scipy.integrate import quad

        at = self.saddle()
        if at is None:
            return 0.0
        height = self.cumulant(at).real
        factor = 1 - 2 * at * self.eigenvalues
        curvature = (2 * self.eigenvalues**2 / factor**2 + 4 * self.shifts / factor**3).sum()
        width = 1 / math.sqrt(self.copies * curvature + at**-2)

        def integrand(y: float) -> float:
            s = complex(at, width * y)
            return complex(np.exp(self.cumulant(s) - height) * at / s).real

        scale = math.exp(height) * width / -at / math.pi
        value, error, *_ = quad(integrand, 0, math.inf, limit=2000, epsabs=1e-10, epsrel=1e-10, full_output=1)
        return scale * value if scale * error <= ACCURACY else None


def squared_error(hat: Array, f_train: Array, f_test: Array, noise: float) -> QuadraticForm:
    """Return the test MSE of the smoother ``hat`` as a form in the noise of all points, training first.

    Parameters
    ----------
    hat
        H, shape (t, n).
    f_train, f_test
        The target at the n training and t test points.
    noise
        Variance of the noise, of the training and of the test values alike.
    """
    t = len(f_test)
    residual = np.hstack([-hat, np.eye(t)]) * np.sqrt(noise)
    bias = f_test - hat @ f_train
    return QuadraticForm(residual.T @ residual / t, residual.T @ bias / t, float(bias @ bias) / t)

"""Quadratic forms in Gaussian noise: their mean, variance and the chance that an average of them is negative.

The squared error of a linear smoother is such a form, and so is the difference of two of them; what a
comparison by simulation can conclude is then known without simulating.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NEGLIGIBLE = 1e-10
LONGEST = 1e4


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

    def probability_negative(self, copies: int = 1) -> float:
        """Return the probability that the mean of ``copies`` independent copies is below zero.

        By numerical inversion of the characteristic function (Gil-Pelaez 1951; for quadratic forms
        Imhof 1961), accurate to about 1e-6
        where ε has at least three dimensions.
        """
        from scipy.integrate import quad

        deviation = np.sqrt(self.variance / copies)
        if deviation == 0:
            return float(self.constant < 0)
        eigenvalues, vectors = np.linalg.eigh(self.matrix)
        shifts = (self.linear @ vectors) ** 2

        def characteristic(u: float) -> complex:
            t = u / deviation / copies
            factor = 1 - 2j * t * eigenvalues
            exponent = 1j * t * self.constant - (0.5 * np.log(factor) + 2 * t**2 * shifts / factor).sum()
            return complex(np.exp(copies * exponent))

        end = 8.0
        while abs(characteristic(end)) > NEGLIGIBLE * end and end < LONGEST:
            end *= 2
        integral, _ = quad(lambda u: characteristic(u).imag / u, 0, end, limit=5000, epsabs=1e-9)
        return 0.5 - float(integral) / np.pi


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

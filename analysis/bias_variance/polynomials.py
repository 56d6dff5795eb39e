"""Least-squares and ridge polynomials as linear smoothers: a fit is a matrix that maps y to predictions.

Everything is computed in Legendre polynomials on the interval, where degree 15 is as well conditioned as
degree 1. Without a penalty the basis does not matter; with one, the penalty is taken in the stated basis
and carried over exactly, so that raw monomials are penalised without ever being used to compute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.polynomial import Legendre, Polynomial
from numpy.polynomial.legendre import legvander
from numpy.typing import NDArray

from analysis.bias_variance.limits import HIGHEST_DEGREE, check_size
from analysis.errors import AnalysisError

Array = NDArray[np.float64]
Interval = tuple[float, float]
Basis = Literal["legendre", "monomial"]


@dataclass(frozen=True, eq=False)
class NestedFit:
    """One QR factorisation that serves every degree up to the highest.

    Degree d predicts ``new[..., :d+1] @ train[..., :d+1].T @ y``: the columns for a lower degree are the
    first columns of those for a higher one.

    Attributes
    ----------
    train
        Orthonormal columns at the training points, shape (..., n, D + 1).
    new
        The same polynomials at the new points, shape (..., t, D + 1).
    """

    train: Array
    new: Array


def nested_fit(degree: int, x_train: Array, x_new: Array, interval: Interval) -> NestedFit:
    """Orthonormalise the polynomials up to ``degree`` over the training points.

    Parameters
    ----------
    degree
        The highest degree D.
    x_train
        Training points, shape (..., n): one row for each data set.
    x_new
        Points to predict at, shape (t,).
    interval
        Where the Legendre polynomials are orthogonal; it should hold all points.

    Raises
    ------
    AnalysisError
        If a data set has too few distinct points to determine D + 1 coefficients.
    """
    distinct = 1 + (np.diff(np.sort(x_train, axis=-1), axis=-1) > 0).sum(axis=-1).min()
    if distinct < degree + 1:
        raise AnalysisError(
            f"degree {degree} needs {degree + 1} distinct training points, there are {distinct}:"
            " lower the degree or add points"
        )
    check_size("points", x_train.size * (degree + 1), f"the polynomials up to degree {degree} at all points")
    q, r = np.linalg.qr(legvander(_unit(x_train, interval), degree))
    vandermonde = legvander(_unit(x_new, interval), degree)
    new = np.swapaxes(np.linalg.solve(np.swapaxes(r, -1, -2), vandermonde.T), -1, -2)
    return NestedFit(train=q, new=new)


def hat_matrices(degrees: Sequence[int], x_train: Array, x_new: Array, interval: Interval) -> Array:
    """Return H for each degree, shape (k, t, n): least squares predicts ``H @ y``.

    Examples
    --------
    A straight line through two points, read off in the middle, is their mean:

    >>> hat_matrices([1], np.array([0.0, 2.0]), np.array([1.0]), (0.0, 2.0)).round(12).tolist()
    [[[0.5, 0.5]]]
    """
    check_degrees(degrees)
    _check_hats(len(degrees), x_train, x_new)
    fit = nested_fit(max(degrees), x_train, x_new, interval)
    return np.stack([fit.new[:, : d + 1] @ fit.train[:, : d + 1].T for d in degrees])


def ridge_hat_matrices(
    alphas: Sequence[float],
    degree: int,
    x_train: Array,
    x_new: Array,
    interval: Interval,
    *,
    basis: Basis = "legendre",
) -> Array:
    r"""Return H for each penalty, shape (k, t, n).

    The fit minimises :math:`\sum_i (y_i - g(x_i))^2 + \alpha \sum_{j \ge 1} w_j^2`, with w the coefficients
    of g in ``basis``: Legendre polynomials on the interval, or 1, x, x², …. The constant's coefficient
    :math:`w_0` is free. That is scikit-learn's ``Ridge`` on the same features.
    """
    if not all(np.isfinite(alpha) and alpha >= 0 for alpha in alphas):
        raise AnalysisError(f"ridge: {min(alphas)} must be a penalty of at least 0")
    if basis not in get_args(Basis):
        raise AnalysisError(f"basis: {basis!r} must be one of {', '.join(get_args(Basis))}")
    check_degrees([degree])
    _check_hats(len(alphas), x_train, x_new)
    vandermonde = legvander(_unit(x_train, interval), degree)
    penalised = _coefficients(degree, interval, basis)[1:]
    new = legvander(_unit(x_new, interval), degree)
    hats = []
    for alpha in alphas:
        if alpha == 0:
            hats.append(hat_matrices([degree], x_train, x_new, interval)[0])  # refuses too few points
            continue
        q, r = np.linalg.qr(np.vstack([vandermonde, np.sqrt(alpha) * penalised]))
        hats.append(np.linalg.solve(r.T, new.T).T @ q[: len(x_train)].T)
    return np.stack(hats)


def check_degrees(degrees: Sequence[int]) -> None:
    """Refuse what are no degrees of polynomials, or none at all, or too high ones."""
    if not len(degrees):
        raise AnalysisError("degrees: must be one at least")
    for degree in degrees:
        if not isinstance(degree, int | np.integer) or degree < 0:
            raise AnalysisError(f"degrees: {degree!r} must be a whole number of at least 0")
        if degree > HIGHEST_DEGREE:
            raise AnalysisError(f"degree {degree} must be at most {HIGHEST_DEGREE}")


def _check_hats(fits: int, x_train: Array, x_new: Array) -> None:
    count = fits * len(x_train) * len(x_new)
    what = f"{fits} fits from {len(x_train):,} points to {len(x_new):,}"
    check_size("points", count, what)


def _unit(x: Array, interval: Interval) -> Array:
    low, high = interval
    return (2 * x - low - high) / (high - low)


def _coefficients(degree: int, interval: Interval, basis: Basis) -> Array:
    """Row j gives coefficient j in ``basis`` of a polynomial from its Legendre coefficients."""
    if basis == "legendre":
        return np.eye(degree + 1)
    try:
        columns = [
            Legendre.basis(k, domain=interval).convert(kind=Polynomial, domain=(-1, 1)).coef
            for k in range(degree + 1)
        ]
        finite = all(np.isfinite(column).all() for column in columns)
    except (FloatingPointError, OverflowError, ZeroDivisionError):
        finite = False
    if not finite:
        low, high = interval
        raise AnalysisError(
            f"basis: monomials up to degree {degree} on [{low:g}, {high:g}] leave the range of floats:"
            " take legendre, another unit of x or a lower degree"
        )
    return np.stack([np.pad(column, (0, degree + 1 - len(column))) for column in columns], axis=1)

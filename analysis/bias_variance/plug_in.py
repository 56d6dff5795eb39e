r"""How the hand-in's plug-in estimates scatter from one draw of M data sets to the next, exactly.

With the predictions :math:`g \sim N(Hf, S)`, :math:`S = \sigma^2 H H^T`, at t test points and
:math:`d = f' - Hf`, the mean of M predictions is off by a normal error of covariance S/M, and what they
scatter about it is a Wishart matrix of M - 1 degrees of freedom. So

.. math:: E[\widehat{\mathrm{bias}^2}] = \mathrm{bias}^2 + \frac{\mathrm{tr}\,S}{tM}, \quad
          \mathrm{Var} = \frac{2\,\mathrm{tr}\,S^2 / M^2 + 4\,d^T S d / M}{t^2}, \qquad
          \mathrm{Var}[\widehat{\mathrm{variance}}] = \frac{2 (M - 1)\,\mathrm{tr}\,S^2}{(tM)^2}.

What is left of the mean squared error, the noise by subtraction, is the mean of
:math:`\epsilon^2 + 2 \epsilon (f' - g)` over tM independent test errors.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.bias_variance.decomposition import Problem, Split, exact
from analysis.bias_variance.quadratic_forms import squared_error

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scatter:
    """Standard deviations of the estimates of k fits from M data sets of their own, shape (k,) each.

    Attributes
    ----------
    mse, bias_squared, variance, noise
        Of the mean squared error on noisy test values, plug-in bias², variance with divisor M, and the
        noise by subtraction.
    inflation
        By how much plug-in bias² is too large on average: variance / M.
    """

    mse: Array
    bias_squared: Array
    variance: Array
    noise: Array
    inflation: Array


def scatter(hats: Array, problem: Problem, split: Split, *, datasets: int) -> Scatter:
    """Return how plug-in estimates from ``datasets`` data sets scatter, for hat matrices of shape (k, t, n).

    Examples
    --------
    One test point, predicted by the mean of two training values of noise 1: the prediction's variance is
    1/2, and of 100 data sets the estimated variance has mean 0.495 and variance 2 · 99 · 0.25 / 100².

    >>> from analysis.bias_variance.target import parse_target
    >>> problem = Problem(target=parse_target("x"), noise=1.0)
    >>> split = Split(np.array([0.0, 2.0]), np.array([1.0]))
    >>> found = scatter(np.array([[[0.5, 0.5]]]), problem, split, datasets=100)
    >>> found.variance.round(6).tolist(), found.inflation.tolist()
    ([0.070356], [0.005])
    """
    f_train, f_test = problem.target(split.x_train), problem.target(split.x_test)
    t, m = len(f_test), datasets
    covariances = problem.noise * hats @ hats.transpose(0, 2, 1)
    squares = (covariances**2).sum(axis=(1, 2))
    off = f_test - hats @ f_train
    leaning = np.einsum("ki,kij,kj->k", off, covariances, off)
    truth = exact(hats, problem, split)
    forms = [squared_error(hat, f_train, f_test, problem.noise) for hat in hats]
    around = truth.bias_squared + truth.variance
    return Scatter(
        mse=np.sqrt([form.variance / m for form in forms]),
        bias_squared=np.sqrt(2 * squares / m**2 + 4 * leaning / m) / t,
        variance=np.sqrt(2 * (m - 1) * squares) / (t * m),
        noise=np.sqrt((2 * problem.noise**2 + 4 * problem.noise * around) / (t * m)),
        inflation=truth.variance / m,
    )

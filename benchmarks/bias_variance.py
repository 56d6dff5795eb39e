"""All degrees on all data sets at once, against a loop over scikit-learn fits as in the homework.

Both see the same noise. Prints the time of each, their ratio, and how far their figures differ.
"""

import time
from statistics import median

import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import PolynomialFeatures

from analysis.bias_variance.decomposition import Problem, Split, fixed_split
from analysis.bias_variance.polynomials import hat_matrices
from analysis.bias_variance.simulation import simulate
from analysis.bias_variance.target import parse_target

DEGREES = range(1, 16)
DATASETS = 100
REPEATS = 5
COMPARED = 8  # above it, raw monomials lose digits in the loop


def by_loop(problem: Problem, split: Split) -> np.ndarray:
    """Return each degree's mean squared error against f, one fit after the other."""
    noise = np.random.default_rng(1).normal(0, np.sqrt(problem.noise), (DATASETS, len(split.x_train)))
    y, f_test = problem.target(split.x_train) + noise, problem.target(split.x_test)
    errors = np.empty((len(DEGREES), DATASETS))
    for k, degree in enumerate(DEGREES):
        for m in range(DATASETS):
            powers = PolynomialFeatures(degree)
            model = LinearRegression(tol=0.0).fit(powers.fit_transform(split.x_train[:, None]), y[m])
            predicted = model.predict(powers.transform(split.x_test[:, None]))
            errors[k, m] = np.mean((predicted - f_test) ** 2)
    return np.asarray(errors.mean(axis=1) + problem.noise)


def at_once(problem: Problem, split: Split) -> np.ndarray:
    """Return the same from one factorisation, with bias², variance and standard errors computed as well."""
    hats = hat_matrices(DEGREES, split.x_train, split.x_test, problem.interval)
    run = simulate(hats, problem, split, datasets=DATASETS, rng=np.random.default_rng(1))
    return run.mse.value


def seconds(function: object, problem: Problem, split: Split) -> float:
    """Return the median time of several calls."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        function(problem, split)  # type: ignore[operator]  # a row of the table above is a callable
        times.append(time.perf_counter() - start)
    return median(times)


def main() -> None:
    """Measure both, in turn."""
    problem = Problem(target=parse_target("x + sin(1.5*x)"))
    split = fixed_split(problem)
    apart = np.abs(by_loop(problem, split) - at_once(problem, split))[:COMPARED].max()
    loop, batch = seconds(by_loop, problem, split), seconds(at_once, problem, split)
    print(f"{len(DEGREES)} degrees x {DATASETS} data sets, median of {REPEATS}")
    print(f"loop over scikit-learn fits  {loop * 1e3:10.2f} ms")
    print(f"all at once                  {batch * 1e3:10.2f} ms")
    print(f"ratio                        {loop / batch:10.0f}")
    print(f"largest difference of E[MSE] to degree {COMPARED}: {apart:.1e}")


if __name__ == "__main__":
    main()

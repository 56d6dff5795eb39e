"""How plug-in estimates scatter: exactly, and as many draws of them do."""

import numpy as np
import pytest

from analysis.bias_variance import Problem, exact, fixed_split, hat_matrices, parse_target
from analysis.bias_variance.plug_in import scatter

PROBLEM = Problem(target=parse_target("x + sin(1.5*x)"))
SPLIT = fixed_split(PROBLEM)
HATS = hat_matrices((1, 8), SPLIT.x_train, SPLIT.x_test, PROBLEM.interval)
DATASETS, DRAWS = 20, 4000


def drawn(hat: np.ndarray) -> np.ndarray:
    """Return MSE, bias², variance and noise as the hand-in estimates them, of each draw of the data sets."""
    rng = np.random.default_rng(5)
    f_train, f_test = PROBLEM.target(SPLIT.x_train), PROBLEM.target(SPLIT.x_test)
    rows = []
    for _ in range(DRAWS):
        noise = rng.normal(0, np.sqrt(PROBLEM.noise), (DATASETS, len(f_train) + len(f_test)))
        predictions = (f_train + noise[:, : len(f_train)]) @ hat.T
        values = f_test + noise[:, len(f_train) :]
        mse = ((values - predictions) ** 2).mean()
        bias = ((f_test - predictions.mean(axis=0)) ** 2).mean()
        variance = predictions.var(axis=0).mean()
        rows.append((mse, bias, variance, mse - bias - variance))
    return np.array(rows)


@pytest.mark.parametrize("k", [0, 1])
def test_the_estimates_scatter_as_drawn_ones_do(k: int) -> None:
    found = scatter(HATS, PROBLEM, SPLIT, datasets=DATASETS)
    rows = drawn(HATS[k])
    exactly = [getattr(found, name)[k] for name in ("mse", "bias_squared", "variance", "noise")]
    # The relative error of a standard deviation from so many draws is about 1 in 90.
    assert rows.std(axis=0) == pytest.approx(exactly, rel=0.05)
    truth = exact(HATS, PROBLEM, SPLIT)
    error = rows.std(axis=0) / np.sqrt(DRAWS)
    assert abs(rows[:, 1].mean() - truth.bias_squared[k] - found.inflation[k]) < 4 * error[1]
    assert abs(rows[:, 3].mean() - PROBLEM.noise) < 4 * error[3]

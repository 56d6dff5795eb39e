"""What theory says of stale gradients on a parabola, and what a replayed trace does there."""

from math import pi, sin, sqrt

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.staleness.replay import train_by_trace
from sim import Exponential, Scenario, Stop, Trace, Worker, simulate

NOTHING = torch.zeros(1, 1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
"""The one example of a gradient that depends on no data."""


class Parabola(nn.Module):
    """One weight x, and the loss x²/2."""

    def __init__(self) -> None:
        super().__init__()
        self.x = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward(self, _: Tensor) -> Tensor:
        return self.x**2 / 2


def path(trace: Trace, rate: float) -> NDArray[np.float64]:
    """The weight, 1 at first, after each update."""
    module, values = Parabola(), [1.0]
    train_by_trace(
        module,
        lambda outputs, _: outputs,
        NOTHING,
        trace,
        rate=rate,
        batch=1,
        watch=lambda _: values.append(module.x.item()),
    )
    return np.array(values)


def always_stale(staleness: int, updates: int) -> Trace:
    """As many workers and one more, of one speed, who came one after the other."""
    workers = [Worker(name=f"w{i}", compute=staleness + 1.0, joins=float(i)) for i in range(staleness + 1)]
    trace = simulate(Scenario(workers=workers, stop=Stop(updates=updates)))
    assert set(trace.staleness[staleness:].tolist()) == {staleness}
    return trace


@pytest.mark.parametrize("staleness", [0, 1, 2, 5, 10])
def test_constant_staleness_is_stable_up_to_the_limit(staleness: int) -> None:
    period = 2 * (2 * staleness + 1)
    trace = always_stale(staleness, 14 * period)

    def grows(rate: float) -> bool:
        swings = np.abs(path(trace, rate))
        return bool(swings[-2 * period :].max() > swings[-6 * period : -4 * period].max())

    low, high = 0.0, 3.0
    while high - low > 1e-3 * low:
        middle = (low + high) / 2
        low, high = (low, middle) if grows(middle) else (middle, high)
    assert low == pytest.approx(2 * sin(pi / (2 * (2 * staleness + 1))), rel=5e-3)


P, RATE, RUNS = 8, 0.05, 200


def mean_by_recursion(updates: int) -> NDArray[np.float64]:
    """The mean of asynchronous SGD on the parabola, where staleness is geometric, cut off at the start."""
    x = [1.0]
    for t in range(updates):
        recent = sum((1 / P) * (1 - 1 / P) ** k * x[t - k] for k in range(t))
        x.append(x[t] - RATE * (recent + (1 - 1 / P) ** t * x[0]))
    return np.array(x)


@pytest.fixture(scope="module")
def paths() -> NDArray[np.float64]:
    """Asynchronous runs of equal exponential workers, a row each."""
    fleet = Worker(name="w", count=P, compute=Exponential(mean=1.0))
    scenario = Scenario(workers=[fleet], stop=Stop(updates=60))
    return np.stack([path(simulate(scenario, seed), RATE) for seed in range(RUNS)])


@pytest.mark.parametrize(("update", "published"), [(10, 0.53952), (30, 0.06827), (60, -0.01534)])
def test_the_mean_of_asynchronous_sgd_on_a_parabola(
    paths: NDArray[np.float64], update: int, published: float
) -> None:
    exact = mean_by_recursion(60)[update]
    assert exact == pytest.approx(published, abs=5e-6)
    error = paths[:, update].std(ddof=1) / sqrt(RUNS)
    assert abs(paths[:, update].mean() - exact) < 4 * error


def fitted_momentum(mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Momentum and rate of x′ − x = momentum·(x − x″) − rate·x, by least squares over all updates.

    What chance leaves in a mean of n runs draws the momentum down, by an amount that falls as 1/n.
    """
    steps = np.diff(mean)
    found, *_ = np.linalg.lstsq(np.stack([steps[:-1], -mean[1:-1]], axis=1), steps[1:], rcond=None)
    return np.asarray(found)


def test_staleness_is_momentum(paths: NDArray[np.float64]) -> None:
    assert fitted_momentum(mean_by_recursion(60)) == pytest.approx([1 - 1 / P, RATE / P])
    left_out = np.stack(
        [fitted_momentum(np.delete(paths, slice(i, i + 20), 0).mean(0)) for i in range(0, RUNS, 20)]
    )
    count = len(left_out)
    # The jackknife over groups of 20 runs gives the errors, and takes out what falls as 1/n (Quenouille).
    errors = left_out.std(0) * sqrt(count - 1)
    momentum, rate = count * fitted_momentum(paths.mean(0)) - (count - 1) * left_out.mean(0)
    assert errors[0] < 0.02
    assert abs(momentum - (1 - 1 / P)) < 4 * errors[0]
    assert abs(rate - RATE / P) < 4 * errors[1]

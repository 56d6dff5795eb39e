"""A replayed trace against training that knows no trace."""

import numpy as np
import pytest
import torch
from hypothesis import given
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from analysis.learning.training import Data
from analysis.staleness.agenda import Agenda
from analysis.staleness.batches import batch_rows
from analysis.staleness.replay import train_by_trace
from analysis.staleness.rules import Rule, Weights, parse_rule
from sim import Exponential, Protocol, Scenario, Stop, Trace, Worker, simulate
from tests.analysis.learning.synthetic import data, same, state
from tests.sim import strategies


def fleet(protocol: Protocol, *, workers: int = 4, updates: int = 30, seed: int = 0) -> Trace:
    each = [Worker(name=f"w{i}", compute=Exponential(mean=1 + i / 2)) for i in range(workers)]
    return simulate(Scenario(workers=each, protocol=protocol, stop=Stop(updates=updates)), seed)


def examples(whole: Data) -> tuple[Tensor, Tensor]:
    return whole.train.inputs, whole.train.labels


PROTOCOLS = [
    Protocol.bsp(),
    Protocol.k_sync(2),
    Protocol.k_batch_sync(3),
    Protocol.asynchronous(),
    Protocol.asynchronous(slack=1),
    Protocol.asynchronous(max_staleness=2),
    Protocol.k_async(2),
    Protocol.k_batch_async(3),
    Protocol.k_batch_async(6),
]


class Plain(nn.Sequential):
    """A net without draws of its own."""

    def __init__(self) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            super().__init__(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_one_worker_is_plain_sgd_bit_for_bit(momentum: float) -> None:
    trace = fleet(Protocol.asynchronous(), workers=1)
    inputs, labels = examples(data())
    replayed, plain = Plain(), Plain()
    train_by_trace(replayed, cross_entropy, (inputs, labels), trace, rate=0.3, momentum=momentum, batch=7)
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.3, momentum=momentum)
    for j in range(1, 31):
        rows = batch_rows(trace.seed, "w0", j, batch=7, count=len(labels))
        optimizer.zero_grad()
        torch.autograd.backward(cross_entropy(plain(inputs[rows]), labels[rows]))
        optimizer.step()
    assert same(state(replayed), state(plain))


def test_bsp_is_the_mean_gradient_of_all_batches() -> None:
    trace = fleet(Protocol.bsp(), updates=12)
    inputs, labels = examples(data())
    inputs = inputs.double()
    replayed, plain = (nn.Linear(8, 3).double() for _ in range(2))
    plain.load_state_dict(replayed.state_dict())
    train_by_trace(replayed, cross_entropy, (inputs, labels), trace, rate=0.3, batch=7)
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.3)
    for j in range(1, 13):
        rows = torch.cat([batch_rows(trace.seed, f"w{i}", j, batch=7, count=len(labels)) for i in range(4)])
        optimizer.zero_grad()
        torch.autograd.backward(cross_entropy(plain(inputs[rows]), labels[rows]))
        optimizer.step()
    for one, other in zip(replayed.parameters(), plain.parameters(), strict=True):
        assert torch.allclose(one, other, rtol=1e-12, atol=1e-13)


Array = NDArray[np.float64]


def least_squares_by_recursion(
    x: Array,
    y: Array,
    start: Array,
    trace: Trace,
    rule: Rule,
    momentum: float,
    how: Weights,
    rate: float,
    batch: int,
) -> Array:
    """Least squares by a recursion over the rows of a trace that keeps every version."""
    versions, velocity, row = [start], np.zeros_like(start), 0
    if rule.corrects_momentum:
        mean = trace.staleness.mean()
        momentum = max(0.0, momentum - mean / (mean + 1))
    while row < trace.applied:
        update = len(versions) - 1
        gradients, factors = [], []
        while row < trace.applied and trace.version_applied[row] == update:
            then = versions[trace.version_read[row]]
            rows = batch_rows(
                trace.seed, trace.workers[trace.worker[row]], int(trace.index[row]), batch=batch, count=len(y)
            ).numpy()
            gradient = x[rows].T @ (x[rows] @ then - y[rows]) / batch
            gradients.append(gradient + rule.compensation * gradient**2 * (versions[-1] - then))
            factors.append(rule.damping(update - int(trace.version_read[row])))
            row += 1
        weights = {"mean": 1 / len(factors), "sum": 1.0, "normalised": 1 / sum(factors)}[how]
        direction = sum(f * g for f, g in zip(factors, gradients, strict=True)) * weights
        velocity = momentum * velocity + direction
        versions.append(versions[-1] - rate * velocity)
    return versions[-1]


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda p: p.describe(4).partition(" (")[0])
@pytest.mark.parametrize(
    ("rule", "momentum", "how"),
    [
        ("constant", 0.0, "mean"),
        ("over-staleness", 0.0, "mean"),
        ("polynomial:0.5", 0.5, "normalised"),
        ("constant", 0.7, "sum"),
        ("momentum-correction", 0.9, "mean"),
        ("delay-compensation:0.3", 0.0, "mean"),
        ("over-staleness+delay-compensation:0.1+momentum-correction", 0.9, "mean"),
    ],
)
def test_least_squares_is_the_recursion_over_the_trace(
    protocol: Protocol, rule: str, momentum: float, how: Weights
) -> None:
    generator = np.random.default_rng(5)
    x, y, start = generator.normal(size=(50, 4)), generator.normal(size=50), generator.normal(size=4)
    trace = fleet(protocol, updates=60)
    expected = least_squares_by_recursion(x, y, start, trace, parse_rule(rule), momentum, how, 0.02, 5)
    module = nn.Linear(4, 1, bias=False).double()
    with torch.no_grad():
        module.weight.copy_(torch.from_numpy(start))

    def half_squares(outputs: Tensor, targets: Tensor) -> Tensor:
        return ((outputs[:, 0] - targets) ** 2).mean() / 2

    train_by_trace(
        module,
        half_squares,
        (torch.from_numpy(x), torch.from_numpy(y)),
        trace,
        rate=0.02,
        rule=parse_rule(rule),
        momentum=momentum,
        batch=5,
        weights=how,
    )
    assert np.abs(module.weight.detach().numpy()[0] - expected).max() < 1e-12 * max(1, np.abs(expected).max())


@given(strategies.everything())
def test_what_is_kept_is_foreseen_and_never_more_than_the_workers(scenario: Scenario) -> None:
    trace = simulate(scenario)
    agenda = Agenda.of(trace)
    assert 1 <= agenda.most_kept <= max(1, len(trace.workers))
    kept, most = {0}, 1
    for update in range(trace.updates):
        later = {int(v) for v in trace.version_read[agenda.starts[update + 1] : trace.applied]}
        kept = {version for version in kept if version in later} | {update + 1}
        most = max(most, len(kept)) if update + 1 < trace.updates else most
    assert agenda.most_kept == most


def test_gradients_that_are_added_up_are_so_together_or_one_by_one() -> None:
    """Two batches through a module at once have the mean of their gradients, which counts twice."""
    workers = [Worker(name=f"w{i}", compute=1.0) for i in range(2)]
    scenario = Scenario(workers=workers, protocol=Protocol.bsp(), stop=Stop(updates=5))
    generator = torch.Generator().manual_seed(0)
    inputs, targets = torch.randn(12, 3, generator=generator), torch.randn(12, 1, generator=generator)
    ends = []
    for how in ("latest", "group"):
        module = torch.nn.Linear(3, 1, dtype=torch.float64)
        with torch.no_grad():
            module.weight.fill_(0.5)
            module.bias.fill_(0.25)
        train_by_trace(
            module,
            torch.nn.functional.mse_loss,
            (inputs.double(), targets.double()),
            simulate(scenario, 0),
            rate=0.05,
            batch=4,
            weights="sum",
            batch_norm=how,
        )
        ends.append(torch.cat([module.weight.detach().ravel(), module.bias.detach()]))
    torch.testing.assert_close(ends[0], ends[1], rtol=1e-12, atol=1e-12)
    assert (ends[0] - 0.5).abs().max() > 0.1

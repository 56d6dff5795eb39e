"""What `train_by_trace` makes of input that makes no sense, and what it leaves behind."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import TensorDataset

from analysis.errors import AnalysisError
from analysis.learning.training import DivergedError
from analysis.staleness.batches import batch_rows
from analysis.staleness.recipe import Recipe
from analysis.staleness.replay import train_by_trace
from sim import Exponential, Protocol, Scenario, Stop, Trace, Worker, simulate
from tests.analysis.learning.synthetic import Net, data, same, state

INPUTS, LABELS = data().train.inputs, data().train.labels


def trace(protocol: Protocol | None = None, *, updates: int = 20, seed: int = 0) -> Trace:
    workers = [Worker(name=f"w{i}", compute=Exponential(mean=1 + i)) for i in range(3)]
    chosen = protocol or Protocol.asynchronous()
    return simulate(Scenario(workers=workers, protocol=chosen, stop=Stop(updates=updates)), seed)


def test_a_trace_of_another_seed_is_refused() -> None:
    with pytest.raises(
        AnalysisError, match=r"^seed: the trace is of seed 0, not 5; simulate the scenario with"
    ):
        train_by_trace(Net(), cross_entropy, (INPUTS, LABELS), trace(), seed=5)


def test_a_batch_larger_than_the_data_is_refused() -> None:
    with pytest.raises(AnalysisError, match=r"^batch: 41 must be from 1 to 40, the number of examples"):
        train_by_trace(Net(), cross_entropy, (INPUTS, LABELS), trace(), batch=41)


def test_inputs_without_targets_are_refused() -> None:
    with pytest.raises(AnalysisError, match=r"^data: 40 inputs must have as many targets, not 39"):
        train_by_trace(Net(), cross_entropy, (INPUTS, LABELS[:-1]), trace())


def test_a_module_without_parameters_is_refused() -> None:
    with pytest.raises(AnalysisError, match=r"^module: has no parameter to learn"):
        train_by_trace(nn.Identity(), cross_entropy, (INPUTS, LABELS), trace())


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"momentum": 1.0}, "momentum: 1.0 must be at least 0 and below 1"),
        ({"weights": "median"}, "weights: 'median' must be one of mean, sum, normalised"),
        ({"batch_norm": "none"}, "batch-norm: 'none' must be one of latest, frozen, group"),
        ({"rate": -1.0}, "rate: -1.0 must be a positive, finite number"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(settings: dict[str, float], sentence: str) -> None:
    with pytest.raises(AnalysisError) as refused:
        train_by_trace(Net(), cross_entropy, (INPUTS, LABELS), trace(), **settings)  # type: ignore[arg-type]  # on purpose
    assert str(refused.value).startswith(sentence)


def test_a_loss_that_is_no_number_leaves_the_weights_before_it() -> None:
    seen: list[dict[str, Tensor]] = []
    module = nn.Linear(8, 3)

    def spoilt(outputs: Tensor, labels: Tensor) -> Tensor:
        return cross_entropy(outputs, labels) * (torch.nan if len(seen) == 7 else 1.0)

    with pytest.raises(DivergedError, match=r"the loss is nan at update 7, with learning rate 0\.05"):
        train_by_trace(module, spoilt, (INPUTS, LABELS), trace(), watch=lambda _: seen.append(state(module)))
    assert same(state(module), seen[-1])


def test_modes_storage_and_random_state_are_left_alone() -> None:
    module = Net().eval()
    before = torch.get_rng_state()
    pointers = [parameter.data_ptr() for parameter in module.parameters()]
    train_by_trace(module, cross_entropy, (INPUTS, LABELS), trace())
    assert not any(part.training for part in module.modules())
    assert torch.equal(torch.get_rng_state(), before)
    assert [parameter.data_ptr() for parameter in module.parameters()] == pointers
    assert all(parameter.grad is None for parameter in module.parameters())


def test_a_data_set_of_torch_will_do() -> None:
    one, other = Net(), Net()
    train_by_trace(one, cross_entropy, (INPUTS, LABELS), trace())
    train_by_trace(other, cross_entropy, TensorDataset(INPUTS, LABELS), trace())
    assert same(state(one), state(other))


def test_what_never_plays_a_part_stays_as_it_is() -> None:
    class Partly(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.idle = nn.Linear(8, 3), nn.Linear(2, 2)
            self.fixed = nn.Parameter(torch.ones(3), requires_grad=False)

        def forward(self, inputs: Tensor) -> Tensor:
            outputs: Tensor = self.used(inputs) * self.fixed
            return outputs

    module = Partly()
    idle = state(module.idle)
    for momentum in (0.0, 0.9):
        train_by_trace(module, cross_entropy, (INPUTS, LABELS), trace(), momentum=momentum)
    assert same(state(module.idle), idle)
    assert torch.equal(module.fixed, torch.ones(3))


def test_only_what_was_applied_is_computed() -> None:
    computed = 0

    class Counting(nn.Linear):
        def forward(self, inputs: Tensor) -> Tensor:
            nonlocal computed
            computed += 1
            return super().forward(inputs)

    by = trace(Protocol.k_batch_sync(2))
    steps = train_by_trace(Counting(8, 3), cross_entropy, (INPUTS, LABELS), by)
    assert computed == by.applied == sum(step.gradients for step in steps)
    assert by.applied < len(by)


def test_a_rate_may_be_a_function_of_the_update() -> None:
    steps = train_by_trace(
        Net(), cross_entropy, (INPUTS, LABELS), trace(), rate=lambda update: 0.1 / (update + 1)
    )
    assert [step.rate for step in steps] == [0.1 / (update + 1) for update in range(20)]


def test_batches_depend_on_seed_worker_and_number_alone() -> None:
    drawn = {
        (seed, worker, index): tuple(batch_rows(seed, worker, index, batch=8, count=40).tolist())
        for seed in (0, 1)
        for worker in ("a", "b")
        for index in (1, 2)
    }
    assert len(set(drawn.values())) == 8
    assert all(len(set(rows)) == 8 for rows in drawn.values())


def test_every_example_is_as_likely_as_any_other() -> None:
    counts = torch.zeros(40)
    for index in range(1, 2001):
        counts[batch_rows(0, "w", index, batch=8, count=40)] += 1
    deviation = (counts - 400) / (2000 * 0.2 * 0.8) ** 0.5
    assert deviation.abs().max() < 4
    assert 0.5 < deviation.var() < 1.6


def test_frozen_statistics_are_those_of_the_first_weights() -> None:
    module = Net()
    train_by_trace(module, cross_entropy, (INPUTS, LABELS), trace(), batch=5, batch_norm="frozen")
    fresh = Net()
    rows = batch_rows(0, "", 0, batch=40, count=40)
    hidden = fresh[0](INPUTS[rows])
    assert torch.allclose(state(module)["1.running_mean"], hidden.mean(0), atol=1e-6)
    assert torch.allclose(state(module)["1.running_var"], hidden.var(0), atol=1e-5)


def test_in_a_group_batch_norm_sees_all_images_that_were_read_at_one_version() -> None:
    by = trace(Protocol.bsp(), updates=6)
    grouped, plain = (
        nn.Sequential(nn.Linear(8, 6), nn.BatchNorm1d(6), nn.Linear(6, 3)).double() for _ in "ab"
    )
    plain.load_state_dict(grouped.state_dict())
    inputs = INPUTS.double()
    train_by_trace(grouped, cross_entropy, (inputs, LABELS), by, rate=0.3, batch=7, batch_norm="group")
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.3)
    for j in range(1, 7):
        order = by.worker[: by.applied][(j - 1) * 3 : j * 3].tolist()
        rows = torch.cat([batch_rows(0, f"w{i}", j, batch=7, count=40) for i in order])
        optimizer.zero_grad()
        torch.autograd.backward(cross_entropy(plain(inputs[rows]), LABELS[rows]))
        optimizer.step()
    for name, value in grouped.state_dict().items():
        assert torch.allclose(value, plain.state_dict()[name], rtol=1e-9), name


def test_a_recipe_keeps_its_rate() -> None:
    assert Recipe(rate=0.25).schedule(1000) == 0.25

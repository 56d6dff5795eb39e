"""Schedules as torch's schedulers, and growing batches as a sampler, saved and resumed as torch's own are."""

import io
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.optim.lr_scheduler import CyclicLR
from torch.utils.data import DataLoader, TensorDataset

from analysis.errors import AnalysisError
from analysis.learning import (
    Constant,
    Cyclical,
    Decay,
    GrowingBatchSampler,
    Plan,
    Ramp,
    RateLR,
    Stepped,
    growing_batches,
    sgd,
    updates,
)
from tests.analysis.learning.synthetic import Net, data

SCHEDULES = [
    Constant(0.3),
    Ramp(1e-3, 1.0, 12),
    Cyclical(0.1, 0.9, 3, Decay.AMPLITUDE, 0.9),
    Cyclical(0.1, 0.9, 3, Decay.BOUNDS, 0.9),
    Stepped((0.4, 0.2, 0.1), (3, 3, 3)),
]


def optimizer_of_two_groups() -> torch.optim.SGD:
    one, two = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
    return torch.optim.SGD([{"params": [one], "lr": 5.0}, {"params": [two], "lr": 7.0}])


def saved(thing: Any) -> Any:  # noqa: ANN401  # any state dictionary
    """A state dictionary through torch's own file, which takes plain data only."""
    buffer = io.BytesIO()
    torch.save(thing.state_dict(), buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=True)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_group_gets_the_schedules_rate(schedule: Constant) -> None:
    optimizer = optimizer_of_two_groups()
    scheduler = RateLR(optimizer, schedule)
    for update in range(12):
        assert [group["lr"] for group in optimizer.param_groups] == [schedule(update)] * 2
        assert scheduler.get_last_lr() == [schedule(update)] * 2
        optimizer.step()
        scheduler.step()


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("cut", [0, 1, 7])
def test_saved_and_resumed_it_goes_on(schedule: Constant, cut: int) -> None:
    optimizer = optimizer_of_two_groups()
    scheduler = RateLR(optimizer, schedule)
    for _ in range(cut):
        optimizer.step()
        scheduler.step()
    other = optimizer_of_two_groups()
    resumed = RateLR(other, schedule)
    resumed.load_state_dict(saved(scheduler))
    for update in range(cut, 12):
        assert [group["lr"] for group in other.param_groups] == [schedule(update)] * 2
        other.step()
        resumed.step()


def test_another_schedule_is_not_resumed() -> None:
    scheduler = RateLR(optimizer_of_two_groups(), Ramp(1e-3, 1.0, 12))
    with pytest.raises(AnalysisError, match="schedule: the state is of Ramp"):
        RateLR(optimizer_of_two_groups(), Ramp(1e-3, 1.0, 13)).load_state_dict(saved(scheduler))


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")
def test_it_is_torchs_own_where_torch_has_one() -> None:
    ours, theirs = optimizer_of_two_groups(), optimizer_of_two_groups()
    one = RateLR(ours, Cyclical(0.1, 0.9, 4, Decay.AMPLITUDE, 0.95))
    other = CyclicLR(theirs, 0.1, 0.9, 4, mode="exp_range", gamma=0.95, cycle_momentum=False)
    for _ in range(30):
        assert one.get_last_lr() == pytest.approx(other.get_last_lr(), rel=1e-9)
        one.step()
        other.step()


@given(st.integers(1, 60), st.lists(st.integers(1, 60), min_size=1, max_size=5), st.booleans())
def test_every_epoch_takes_every_example_once_in_its_own_batches(
    examples: int,
    sizes: list[int],
    drop: bool,  # noqa: FBT001  # hypothesis passes it so
) -> None:
    batches = tuple(min(size, examples) for size in sizes)
    sampler = GrowingBatchSampler(examples, batches, seed=3, drop_last=drop)
    for epoch in range(len(batches) + 2):
        size = batches[min(epoch, len(batches) - 1)]
        assert (sampler.epoch, sampler.batch_size) == (epoch, size)
        expected = len(sampler)
        made = list(sampler)
        assert len(made) == expected == (examples // size if drop else -(-examples // size))
        assert all(len(batch) == size for batch in made[:-1])
        taken = [index for batch in made for index in batch]
        assert len(set(taken)) == len(taken)
        assert len(taken) == (examples - examples % size if drop else examples)


def test_it_is_the_order_of_our_own_loop() -> None:
    examples = data(train=20).train
    examples = type(examples)(examples.inputs, torch.arange(20) % 3)
    sampler = GrowingBatchSampler(20, (4, 8), seed=7)
    seen: list[list[float]] = []

    class Spy(Net):
        def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002  # torch's own name
            seen.append(input[:, 0].tolist())
            out: torch.Tensor = super().forward(input)  # type: ignore[no-untyped-call]  # torch does not annotate it
            return out

    module = Spy()
    for _ in updates(module, sgd(module), examples, Plan((4, 8), Constant(0.1)), seed=7):
        pass
    loader = DataLoader(TensorDataset(examples.inputs), batch_sampler=sampler)
    assert [batch[0][:, 0].tolist() for _ in range(2) for batch in loader] == seen


def test_saved_and_resumed_a_sampler_goes_on_also_in_the_middle_of_an_epoch() -> None:
    whole = GrowingBatchSampler(20, growing_batches(2, 8, 3), seed=1)
    epochs = [list(whole) for _ in range(3)]
    begun = GrowingBatchSampler(20, (2, 4, 8), seed=1)
    list(begun)
    resumed = GrowingBatchSampler(20, (2, 4, 8), seed=1)
    resumed.load_state_dict(saved(begun))
    assert [list(resumed), list(resumed)] == epochs[1:]
    resumed.set_epoch(1, skip=3)
    assert len(resumed) == 2
    assert [list(resumed), list(resumed)] == [epochs[1][3:], epochs[2]]
    with pytest.raises(AnalysisError, match="of other batches, or of another seed"):
        GrowingBatchSampler(20, (2, 4, 8), seed=2).load_state_dict(saved(begun))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((0, (1,)), "examples: 0 must be at least 1"),
        ((5, ()), "batches: must be one at least"),
        ((5, (6,)), "batches: 6 must be at most 5, the number of examples"),
        ((5, (2.5,)), "batches: 2.5 must be a whole number"),
    ],
)
def test_a_sampler_of_nonsense_is_refused(arguments: Any, said: str) -> None:  # noqa: ANN401  # what is tried
    with pytest.raises(AnalysisError) as refusal:
        GrowingBatchSampler(*arguments)
    assert str(refusal.value) == said


def falling(update: int) -> float:
    return 0.1 / (1 + update)


def test_a_schedule_of_ones_own_is_known_by_its_name_in_every_process() -> None:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    state = RateLR(optimizer, falling).state_dict()
    assert state["schedule"] == f"{__name__}.falling"
    RateLR(optimizer, falling).load_state_dict(state)
    with pytest.raises(AnalysisError, match=r"the state is of .*falling, not of Constant\(rate=0.1\)"):
        RateLR(optimizer, Constant(0.1)).load_state_dict(state)


def test_a_number_is_no_schedule() -> None:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    with pytest.raises(AnalysisError, match=r"rate: 0.1 must be a schedule, such as Constant\(0.1\)"):
        RateLR(optimizer, 0.1)  # type: ignore[arg-type]  # what is refused

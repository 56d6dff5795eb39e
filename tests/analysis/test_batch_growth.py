"""The three arms compared, by statistics that scipy computes too."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import sem
from torch import nn

from analysis.batch_growth import Arm, compare, estimate, plans, train_arms
from analysis.curves import Curves, stretches
from analysis.plans import Plan
from analysis.runs import Run
from analysis.schedules import Constant
from analysis.training import Score, Update
from tests.analysis.synthetic import Net, data


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_the_standard_error_is_scipys(values: list[float]) -> None:
    ours = estimate(values)
    assert ours.mean == pytest.approx(sum(values) / len(values))
    assert ours.error == pytest.approx(float(sem(values)), abs=1e-12)


def test_one_seed_has_no_standard_error() -> None:
    assert estimate([0.5]).error is None


def ended_with(*accuracies: float, updates: int = 10) -> tuple[Curves, ...]:
    return tuple(
        Curves(seed, (), (), Score(0.1, accuracy), updates, 1.0) for seed, accuracy in enumerate(accuracies)
    )


def test_arms_are_alike_when_they_differ_by_less_than_their_errors() -> None:
    arms: dict[Arm, tuple[Curves, ...]] = {
        "growth": ended_with(0.90, 0.92, 0.91, updates=100),
        "control": ended_with(0.91, 0.92, 0.90, updates=450),
        "cyclical": ended_with(0.95, 0.96, 0.97, updates=200),
    }
    control = compare(arms, "growth", "control")
    assert control.alike is True
    assert control.fewer_updates == 4.5
    assert control.difference.mean == pytest.approx(0)
    # Each arm's standard error is 0.01/√3.
    assert control.difference.error == pytest.approx(0.01 * math.sqrt(2 / 3))
    assert control.paired.mean == pytest.approx(0)
    assert control.paired.error == pytest.approx(float(sem([-0.01, 0, 0.01])))
    cyclical = compare(arms, "growth", "cyclical")
    assert cyclical.alike is False
    assert cyclical.difference.mean == pytest.approx(-0.05)


def test_one_seed_cannot_tell() -> None:
    arms: dict[Arm, tuple[Curves, ...]] = {"growth": ended_with(0.9), "control": ended_with(0.9)}
    comparison = compare(arms, "growth", "control")
    assert comparison.alike is None
    assert comparison.difference.error is None


def test_the_arms_differ_in_what_they_should_and_in_nothing_else() -> None:
    made: list[int] = []

    def make_module(seed: int) -> nn.Module:
        made.append(seed)
        return Net(seed)

    arms = plans(40, lr_min=0.01, lr_max=0.1, epochs=3, smallest=5, largest=20, cyclical_batch=10)
    trained = train_arms(make_module, data(), arms, seeds=(3, 4))
    assert made == [3, 4] * 3
    assert {arm: runs[0].updates for arm, runs in trained.items()} == {
        "growth": 8 + 4 + 2,
        "control": 24,
        "cyclical": 12,
    }
    for seed in (0, 1):
        first = [trained[arm][seed].epochs[0] for arm in ("growth", "control")]
        assert first[0] == first[1]  # until the batch doubles, both arms are one
        assert trained["growth"][seed].epochs[1] != trained["control"][seed].epochs[1]


@given(st.integers(1, 2000))
def test_stretches_lose_no_update(count: int) -> None:
    losses = [float(index % 7) for index in range(count)]
    updates = tuple(
        Update(index, 0, 0.1, 1, loss, 0.5, ends_epoch=False) for index, loss in enumerate(losses)
    )
    summed = stretches(Run(updates, (), Score(0, 0), 0))
    assert len(summed) <= 400
    assert summed[-1].updates == count
    ends = [stretch.updates for stretch in summed]
    lengths = [end - begin for begin, end in pairwise([0, *ends])]
    total = sum(length * stretch.loss for length, stretch in zip(lengths, summed, strict=True))
    assert total == pytest.approx(sum(losses))


def test_growth_holds_the_rate_that_its_control_halves() -> None:
    arms = plans(20_000, lr_min=1e-3, lr_max=0.03, epochs=9)
    assert arms["growth"].rate == Constant(0.03)
    assert arms["control"] == Plan((32,) * 9, arms["control"].rate)
    assert arms["control"].rate(9 * 625 - 1) == 0.03 * 32 / 8192

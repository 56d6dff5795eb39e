"""The three arms compared, by statistics that scipy computes too."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import sem, ttest_rel
from torch import nn

from analysis.errors import AnalysisError
from analysis.learning.batch_growth import Arm, compare, plans
from analysis.learning.curves import Curves, stretches, train_plans
from analysis.learning.estimates import estimate
from analysis.learning.parallel import side_by_side
from analysis.learning.plans import Plan
from analysis.learning.runs import History
from analysis.learning.schedules import Constant
from analysis.learning.training import DivergedError, Score, Update
from tests.analysis.learning.synthetic import Net, data


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


def arms_that_ended(control: Sequence[float], growth: Sequence[float]) -> dict[Arm, tuple[Curves, ...]]:
    return {
        "growth": ended_with(*growth, updates=100),
        "control": ended_with(*control, updates=450),
    }


@pytest.mark.parametrize(
    ("shift", "verdict"),
    # The differences spread by 0.001, so their mean has the error 0.001/√3 = 0.000577; Student's t for two
    # degrees of freedom is 4.303. That both arms spread by 0.01 is no matter: their seeds have it in common.
    [
        (0, "within error"),
        (-0.0005, "within error"),
        (-0.0006, "undecided"),
        (0.0024, "undecided"),
        (-0.0025, "different"),
    ],
)
def test_a_difference_is_judged_by_its_error(shift: float, verdict: str) -> None:
    control = (0.90, 0.91, 0.92)
    growth = [value + shift + spread for value, spread in zip(control, (0.001, 0, -0.001), strict=True)]
    comparison = compare(arms_that_ended(control, growth), "growth", "control")
    assert comparison.fewer_updates == 4.5
    assert comparison.difference.mean == pytest.approx(shift)
    error = 0.001 / math.sqrt(3)
    assert comparison.difference.error == pytest.approx(error)
    assert comparison.interval == pytest.approx(
        (shift - 4.302653 * error, shift + 4.302653 * error), rel=1e-6, abs=1e-9
    )
    assert comparison.verdict == verdict


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=2, max_size=6))
def test_the_interval_is_scipys(ended: list[tuple[int, int]]) -> None:
    assume(len({growth - control for growth, control in ended}) > 1)
    grown, kept = ([right / 1000 for right in arm] for arm in zip(*ended, strict=True))
    comparison = compare(arms_that_ended(kept, grown), "growth", "control")
    expected = ttest_rel(grown, kept).confidence_interval(0.95)
    assert comparison.interval == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-12)


def test_no_spread_needs_no_interval() -> None:
    comparison = compare(arms_that_ended([0.5, 0.25], [0.75, 0.5]), "growth", "control")
    assert comparison.interval == (0.25, 0.25)
    assert comparison.verdict == "different"


def test_identical_arms_are_within_error() -> None:
    comparison = compare(arms_that_ended([0.9, 0.8], [0.9, 0.8]), "growth", "control")
    assert comparison.verdict == "within error"
    assert comparison.interval == (0.0, 0.0)


def test_arms_of_other_seeds_are_not_compared() -> None:
    arms = arms_that_ended([0.9, 0.8], [0.9, 0.8])
    arms["control"] = arms["control"][1:]
    with pytest.raises(AnalysisError) as refusal:
        compare(arms, "growth", "control")
    assert str(refusal.value) == "seeds: growth has [0, 1], control has [1]; only the same can be compared"


def test_one_seed_cannot_tell() -> None:
    comparison = compare(arms_that_ended([0.9], [0.9]), "growth", "control")
    assert comparison.verdict is None
    assert comparison.interval is None
    assert comparison.difference.error is None


def test_the_arms_differ_in_what_they_should_and_in_nothing_else() -> None:
    made: list[int] = []

    def make_module(seed: int) -> nn.Module:
        made.append(seed)
        return Net(seed)

    arms = plans(40, lr_min=0.01, lr_max=0.1, epochs=3, smallest=5, largest=20, cyclical_batch=10)
    trained = train_plans(arms, make_module, data(), seeds=(3, 4))
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
    summed = stretches(History(updates, (), Score(0, 0), 0))
    assert len(summed) <= 200
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


def test_runs_side_by_side_are_the_same_runs() -> None:
    arms = plans(40, lr_min=0.01, lr_max=0.1, epochs=3, smallest=5, largest=20, cyclical_batch=10)
    alone, together = (train_plans(arms, Net, data(), seeds=(3, 4), jobs=jobs) for jobs in (1, 2))
    for arm in arms:
        for one, other in zip(alone[arm], together[arm], strict=True):
            assert replace(one, seconds=0) == replace(other, seconds=0)


def test_a_process_that_is_older_works_where_we_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (tmp_path / "one", tmp_path / "other"):
        folder.mkdir()
        monkeypatch.chdir(folder)
        assert dict(side_by_side([Path.cwd, Path.cwd], jobs=2)) == {0: folder, 1: folder}


def test_a_run_that_diverges_in_another_process_says_so() -> None:
    with pytest.raises(DivergedError, match="try a lower rate") as stop:
        train_plans({"growth": Plan((8,) * 3, Constant(1e30))}, Net, data(), seeds=(3, 4), jobs=2)
    assert stop.value.rate == 1e30

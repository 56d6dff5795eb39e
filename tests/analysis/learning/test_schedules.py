"""Schedules against torch's own and against closed forms."""

import math
import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.learning.schedules import (
    Constant,
    Cyclical,
    Decay,
    Ramp,
    Stepped,
    gamma_leaving,
)

TORCH_MODE = {Decay.NONE: "triangular", Decay.HALVING: "triangular2", Decay.AMPLITUDE: "exp_range"}


def rates_of_torch(schedule: Cyclical, updates: int) -> list[float]:
    """What torch's CyclicLR sets for the first updates of the same cycle."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.CyclicLR(
        optimizer,
        base_lr=schedule.lowest,
        max_lr=schedule.highest,
        step_size_up=schedule.half_cycle,
        mode=TORCH_MODE[schedule.decay],  # type: ignore[arg-type]  # the stub lists the literals
        gamma=schedule.gamma,
        cycle_momentum=False,
    )
    rates = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch would rather see optimizer.step() between
        for _ in range(updates):
            rates.append(float(optimizer.param_groups[0]["lr"]))
            scheduler.step()
    return rates


bounds = st.tuples(st.floats(1e-9, 1e-2), st.floats(1.1, 1e3)).map(lambda pair: (pair[0], pair[0] * pair[1]))


@given(bounds, st.integers(1, 40), st.sampled_from(list(TORCH_MODE)), st.floats(0.9, 1.0))
def test_cycles_equal_torch_wherever_torch_has_them(
    bounds: tuple[float, float], half_cycle: int, decay: Decay, gamma: float
) -> None:
    schedule = Cyclical(*bounds, half_cycle, decay, gamma if decay.by_gamma else 1.0)
    ours = [schedule(update) for update in range(100)]
    # torch forms x from 1 + step/size - cycle and so loses the digits of the 1, hence the absolute part.
    assert ours == pytest.approx(rates_of_torch(schedule, 100), rel=1e-12, abs=1e-13 * bounds[1] * 100)


@given(bounds, st.integers(1, 40), st.floats(0.9, 1.0), st.integers(0, 500))
def test_both_bounds_decay_as_the_paper_says(
    bounds: tuple[float, float], half_cycle: int, gamma: float, update: int
) -> None:
    decayed = Cyclical(*bounds, half_cycle, Decay.BOUNDS, gamma)(update)
    plain = Cyclical(*bounds, half_cycle)(update)
    assert decayed / plain == pytest.approx(gamma**update, rel=1e-12)
    low, high = (bound * gamma**update for bound in bounds)
    assert low * (1 - 1e-12) <= decayed <= high * (1 + 1e-12)


def test_at_the_end_of_each_cycle_the_two_decays_stand_at_their_own_lower_bound() -> None:
    amplitude = Cyclical(0.01, 0.1, 5, Decay.AMPLITUDE, gamma=0.9)
    both = Cyclical(0.01, 0.1, 5, Decay.BOUNDS, gamma=0.9)
    assert amplitude(20) == pytest.approx(0.01)
    assert both(20) == pytest.approx(0.01 * 0.9**20)


@given(bounds, st.integers(2, 1000))
def test_a_ramp_is_a_straight_line_in_the_logarithm(bounds: tuple[float, float], updates: int) -> None:
    ramp = Ramp(*bounds, updates)
    assert ramp(0) == bounds[0]
    assert ramp(updates - 1) == pytest.approx(bounds[1], rel=1e-12)
    factor = (bounds[1] / bounds[0]) ** (1 / (updates - 1))
    assert ramp(updates // 2) == pytest.approx(bounds[0] * factor ** (updates // 2), rel=1e-9)


def test_the_ten_candidates_of_the_assignment_lie_on_a_ramp_of_ten() -> None:
    rates = [Ramp(1e-9, 1e1, 10)(index) for index in range(10)]
    assert rates == pytest.approx([10 ** (-9 + 10 * index / 9) for index in range(10)])


@given(st.floats(1e-6, 1.0), st.integers(1, 10_000))
def test_gamma_leaves_the_fraction_asked_for(fraction: float, updates: int) -> None:
    assert gamma_leaving(fraction, updates) ** updates == pytest.approx(fraction, rel=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Constant(0.0), "rate: 0.0 must be a positive, finite number"),
        (lambda: Constant(math.nan), "rate: nan must be a positive, finite number"),
        (lambda: Ramp(1e-3, 1e-3, 10), "lowest: 0.001 must be below highest, which is 0.001"),
        (lambda: Ramp(1e-3, 1.0, 1), "updates: 1 must be at least 2 for the rate to grow"),
        (lambda: Cyclical(0.1, 0.01, 5), "lowest: 0.1 must be below highest, which is 0.01"),
        (lambda: Cyclical(0.1, 0.2, 0), "half_cycle: 0 must be at least 1"),
        (lambda: Cyclical(0.1, 0.2, 5, gamma=1.5), "gamma: 1.5 must be above 0 and at most 1"),
        (lambda: Cyclical(0.1, 0.2, 5, gamma=0.5), "gamma: 0.5 does nothing with the decay 'none'"),
        (
            lambda: Cyclical(0.1, 0.2, 5, Decay.HALVING, gamma=0.5),
            "gamma: 0.5 does nothing with the decay 'halving'",
        ),
        (
            lambda: Cyclical(0.1, 0.2, 5, "CATS"),  # type: ignore[arg-type]  # that is what is tried
            "decay: 'CATS' must be one of none, halving, amplitude, bounds",
        ),
        (lambda: Cyclical(0.1, 0.2, 2.5), "half_cycle: 2.5 must be a whole number"),  # type: ignore[arg-type]  # as above
        (lambda: Cyclical(-0.1, 1, 5), "lowest: -0.1 must be a positive, finite number"),
        (lambda: Ramp(0, 1, 5), "lowest: 0 must be a positive, finite number"),
        (lambda: Ramp(0.1, 1, 5.5), "updates: 5.5 must be a whole number"),  # type: ignore[arg-type]  # as above
        (lambda: Stepped((0.1,), ()), "lengths: 0 of them for 1 rates"),
        (lambda: Stepped((0.1,), (0,)), "lengths: 0 must be at least 1"),
        (lambda: gamma_leaving(0.0, 5), "remaining: 0.0 must be above 0 and at most 1"),
    ],
)
def test_settings_out_of_range_are_named(make: object, message: str) -> None:
    with pytest.raises(AnalysisError) as refusal:
        make()  # type: ignore[operator]  # the parameter is any callable
    assert str(refusal.value) == message


def test_a_decay_may_be_named() -> None:
    named = Cyclical(0.1, 0.2, 5, "halving")  # type: ignore[arg-type]  # a convenience
    assert named == Cyclical(0.1, 0.2, 5, Decay.HALVING)

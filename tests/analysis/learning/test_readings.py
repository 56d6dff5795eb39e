"""Readings off curves whose answers are known, and the moving average against pandas' own."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.learning.readings import MovingAverage, read


def bowl(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Flat at 2 up to 1e-4, down by one nat a decade to 10^-2.5, and up again as steeply."""
    decades = np.log10(rates)
    return np.asarray(2 - np.clip(decades + 4, 0, None) + 2 * np.clip(decades + 2.5, 0, None))


def test_a_curve_of_straight_lines_is_read_as_it_was_drawn() -> None:
    rates = np.logspace(-7, 0, 701)
    readings = read(rates.tolist(), bowl(rates).tolist())
    step = 10**0.0101
    assert readings.minimum == pytest.approx(10**-2.5, rel=0.001)
    assert 10**-3.85 <= readings.first_decrease <= 10**-3.85 * step  # a tenth of a fall of 1.5 decades
    assert 10**-2.65 <= readings.slows <= 10**-2.65 * step
    assert readings.divergence is not None
    assert 10**-1 / step <= readings.divergence <= 10**-1 * step
    assert 1e-4 <= readings.steepest <= 10**-2.5


@given(st.floats(0.1, 10), st.floats(-3, 3))
def test_the_unit_of_the_loss_and_of_the_rate_do_not_matter(unit: float, decades: float) -> None:
    rates = np.logspace(-7, 0, 71)
    losses = bowl(rates)
    one, other = (
        read(rates.tolist(), losses.tolist()),
        read((rates * 10**decades).tolist(), (unit * losses).tolist()),
    )
    assert other.minimum == pytest.approx(one.minimum * 10**decades)
    assert other.slows == pytest.approx(one.slows * 10**decades)


@given(st.lists(st.floats(0, 10), min_size=3, max_size=50))
def test_whatever_is_read_stands_in_its_order(losses: list[float]) -> None:
    rates = [1.5**index for index in range(len(losses))]
    try:
        readings = read(rates, losses)
    except AnalysisError:
        return
    in_order = [readings.first_decrease, readings.slows, readings.minimum]
    if readings.divergence is not None:
        in_order.append(readings.divergence)
    assert all(low <= high for low, high in pairwise(in_order))
    assert readings.steepest <= readings.minimum
    assert losses[rates.index(readings.minimum)] == min(losses)


def test_what_is_no_number_has_diverged() -> None:
    readings = read([1.0, 2.0, 3.0, 4.0], [2.0, 1.0, math.nan, math.inf])
    assert (readings.minimum, readings.divergence) == (2.0, 3.0)


def test_noise_before_the_fall_is_no_decrease() -> None:
    generator = np.random.default_rng(0)
    rates = np.logspace(-7, 0, 701)
    noisy = bowl(rates) + 0.05 * generator.standard_normal(701)
    assert read(rates.tolist(), noisy.tolist()).first_decrease == pytest.approx(10**-3.85, rel=0.4)


@pytest.mark.parametrize(
    ("rates", "losses", "complaint"),
    [
        ([1.0, 2.0], [1.0, 0.5], "rates: 2 with 2 losses must be at least 3, ascending"),
        ([1.0, 3.0, 2.0], [1.0, 0.5, 0.1], "rates: 3 with 3 losses must be at least 3, ascending"),
        (
            [1.0, 2.0, 3.0],
            [2.0, 1.99, 2.0],
            "rates: from 1 to 3 the loss falls nowhere from its start, 2; try others, or more updates",
        ),
        (
            [1.0, 2.0, 3.0],
            [math.nan] * 3,
            "rates: from 1 to 3 the loss falls nowhere from its start, inf; try others, or more updates",
        ),
    ],
)
def test_a_curve_with_nothing_to_read(rates: list[float], losses: list[float], complaint: str) -> None:
    with pytest.raises(AnalysisError) as refusal:
        read(rates, losses)
    assert str(refusal.value) == complaint


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=40), st.floats(0.05, 0.99))
def test_the_moving_average_is_pandas_adjusted_one(values: list[float], weight: float) -> None:
    average = MovingAverage(weight)
    ours = [average.after(value) for value in values]
    theirs = pd.Series(values).ewm(alpha=1 - weight, adjust=True).mean()
    assert ours == pytest.approx(theirs.tolist(), rel=1e-9, abs=1e-9)


def test_the_weight_of_the_past_is_below_one() -> None:
    with pytest.raises(AnalysisError, match=r"smoothing: 1\.0 must be at least 0 and below 1"):
        MovingAverage(1.0)

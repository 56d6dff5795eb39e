"""Readings off curves whose answers are known, and the moving average against pandas' own."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.learning.readings import (
    MovingAverage,
    UnreadableError,
    averages_scatter,
    neighbours_scatter,
    read,
)


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
        ([1.0, 2.0], [1.0, 0.5], "rates: 2 with 2 losses must be at least 3, one loss for each"),
        ([1.0, 2.0, 3.0], [1.0, 0.5], "rates: 3 with 2 losses must be at least 3, one loss for each"),
        ([1.0, 3.0, 2.0], [1.0, 0.5, 0.1], "rates: must be positive and ascend, no two of them equal"),
        ([1.0, 2.0, 2.0], [1.0, 0.5, 0.1], "rates: must be positive and ascend, no two of them equal"),
        ([0.0, 1.0, 2.0], [1.0, 0.5, 0.1], "rates: must be positive and ascend, no two of them equal"),
    ],
)
def test_what_is_no_curve(rates: list[float], losses: list[float], complaint: str) -> None:
    with pytest.raises(AnalysisError) as refusal:
        read(rates, losses)
    assert not isinstance(refusal.value, UnreadableError)
    assert str(refusal.value) == complaint


@pytest.mark.parametrize(
    ("losses", "complaint"),
    [
        ([2.0, 1.99, 2.0], "from 1 to 4 the loss falls nowhere from its start"),
        ([math.nan] * 3, "only 0 of 3 losses are finite"),
        ([1.0, *[2.0] * 399], "the loss is lowest among the first rates, at 1: it falls nowhere"),
        ([5e-218, *[0.0] * 399], "the loss is lowest among the first rates, at 2"),
        ([0.0] * 10 + [5e-218] + [0.0] * 10, "the loss is lowest among the first rates"),
        (
            [2.0, 2.0, 1.5, 1.0],
            "the loss is lowest at the end of the range, 8, and may fall further: go higher",
        ),
        ([2.0, 1.9, 2.1] * 5 + [1.8] + [2.0, 1.9, 2.1] * 5, "the loss falls by no more than it scatters"),
        (
            [2.0, 2.0, 1.0, 2.0, 2.0, 2.0, 1.9, 1.3, 0.99, 3.0],
            "the loss falls fastest at 2 but is back near its start before 128",
        ),
    ],
)
def test_a_curve_with_nothing_to_read(losses: list[float], complaint: str) -> None:
    rates = [2.0**index for index in range(len(losses))]
    with pytest.raises(UnreadableError) as refusal:
        read(rates, losses, scatter=None if len(losses) > 20 else 0)
    assert complaint in str(refusal.value)


def test_a_coarse_curve_is_read_to_its_steps() -> None:
    decades = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0]
    assert read(decades, [10, 9.9, 6, 5.8, 5.5, 12]).steepest == 1e-3
    assert read([1e-3, 1e-2, 1e-1], [2, 1, 2]).divergence == 1e-1


@pytest.mark.parametrize("what", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("where", [0, 3, 40, 200])
def test_a_loss_that_is_no_number_hides_and_moves_nothing(what: float, where: int) -> None:
    rates = np.logspace(-7, 0, 701)
    losses = bowl(rates)
    whole = read(rates.tolist(), losses.tolist())
    losses[where] = what
    assert read(rates.tolist(), losses.tolist()) == whole


@given(st.integers(0, 10_000), st.integers(10, 60))
@example(0, 8)
def test_noise_is_hardly_ever_read(seed: int, count: int) -> None:
    generator = np.random.default_rng(seed)
    rates = np.logspace(-7, 0, count).tolist()
    read_off = 0
    for _ in range(100):
        try:
            read(rates, (1 + 0.1 * generator.standard_normal(count)).tolist())
        except UnreadableError:
            continue
        read_off += 1
    assert read_off <= 8  # about one in a hundred


@given(
    st.lists(st.one_of(st.floats(), st.sampled_from([0.0, 5e-324, 1e308, -1e308])), min_size=3, max_size=60)
)
def test_any_losses_are_read_in_order_or_not_at_all(losses: list[float]) -> None:
    rates = [1.25**index for index in range(len(losses))]
    try:
        readings = read(rates, losses)
    except UnreadableError as error:
        assert "\n" not in str(error)  # noqa: PT017  # whether it raises depends on the losses
        return
    assert readings.first_decrease <= readings.steepest <= readings.minimum
    assert readings.first_decrease <= readings.slows <= readings.minimum
    assert rates[0] < readings.minimum
    assert readings.divergence is None or readings.divergence > readings.minimum


def test_the_scatter_about_a_curve_is_seen_through_it() -> None:
    generator = np.random.default_rng(1)
    curve = np.linspace(0, 3, 2000) ** 2 + 0.25 * generator.standard_normal(2000)
    assert neighbours_scatter(curve.tolist()) == pytest.approx(0.25, rel=0.1)
    assert neighbours_scatter([1.0]) == 0.0


@given(st.floats(0.0, 0.98), st.integers(1, 300))
def test_the_scatter_of_an_average_is_that_of_its_weights(weight: float, count: int) -> None:
    weights = weight ** np.arange(count)
    assert averages_scatter(weight, count) == pytest.approx(np.sqrt((weights**2).sum()) / weights.sum())


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=40), st.floats(0.05, 0.99))
def test_the_moving_average_is_pandas_adjusted_one(values: list[float], weight: float) -> None:
    average = MovingAverage(weight)
    ours = [average.after(value) for value in values]
    theirs = pd.Series(values).ewm(alpha=1 - weight, adjust=True).mean()
    assert ours == pytest.approx(theirs.tolist(), rel=1e-9, abs=1e-9)


def test_the_weight_of_the_past_is_below_one() -> None:
    with pytest.raises(AnalysisError, match=r"smoothing: 1\.0 must be at least 0 and below 1"):
        MovingAverage(1.0)

"""Plans against counts made by hand and against what they are defined by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.learning.plans import Plan, control_plan, cyclical_plan, growing_batches, growth_plan
from analysis.learning.schedules import Constant, Decay


def test_batches_double_from_32_to_8192_in_nine_stages() -> None:
    assert growing_batches(32, 8192, 9) == tuple(2**power for power in range(5, 14))


@given(st.integers(1, 64), st.integers(0, 8), st.integers(0, 40))
def test_stages_are_of_equal_length_within_one_epoch(smallest: int, doublings: int, spare: int) -> None:
    batches = growing_batches(smallest, smallest * 2**doublings, doublings + 1 + spare)
    lengths = [batches.count(smallest * 2**power) for power in range(doublings + 1)]
    assert sum(lengths) == len(batches)
    assert max(lengths) - min(lengths) <= 1
    assert list(batches) == sorted(batches)


def test_growth_on_20_000_images_makes_4_5_times_fewer_updates_than_its_control() -> None:
    growth = growth_plan(0.1, 32, 8192, epochs=9)
    control = control_plan(growth, 20_000)
    assert growth.updates(20_000) == (625, 313, 157, 79, 40, 20, 10, 5, 3)
    assert control.updates(20_000) == (625,) * 9


@given(st.integers(0, 8), st.integers(9, 30), st.integers(1024, 3000))
def test_rate_over_batch_is_the_same_in_growth_and_control_at_every_epoch(
    doublings: int, epochs: int, images: int
) -> None:
    growth = growth_plan(0.3, 4, 4 * 2**doublings, epochs)
    control = control_plan(growth, images)
    first_update = 0
    for epoch in range(epochs):
        of_control = control.rate(first_update) / control.batches[epoch]
        assert of_control == pytest.approx(0.3 / growth.batches[epoch], rel=1e-12)
        first_update += control.updates(images)[epoch]
        assert control.rate(first_update - 1) / control.batches[epoch] == pytest.approx(of_control)


def test_cycles_fill_the_epochs_and_leave_what_they_should() -> None:
    plan = cyclical_plan(
        6400, lr_min=0.01, lr_max=0.1, epochs=6, batch=64, cycles=3, decay=Decay.BOUNDS, remaining=0.1
    )
    peaks = [
        update
        for update in range(1, 599)
        if plan.rate(update - 1) < plan.rate(update) > plan.rate(update + 1)
    ]
    assert len(peaks) == 3
    assert plan.rate(600) == pytest.approx(0.1 * 0.01)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Plan((), Constant(1.0)), "epochs: 0 must be at least 1"),
        (lambda: Plan((0,), Constant(1.0)), "batch: 0 must be at least 1"),
        (lambda: growing_batches(0, 8, 4), "smallest: 0 must be at least 1"),
        (
            lambda: growing_batches(32, 100, 9),
            "largest: 100 must be the smallest batch, 32, doubled some times",
        ),
        (
            lambda: growing_batches(32, 8192, 8),
            "epochs: 8 must be at least 9, one for each batch size from 32 to 8192",
        ),
        (
            lambda: cyclical_plan(640, lr_min=0.1, lr_max=0.2, epochs=1, cycles=0),
            "cycles: 0 must be at least 1",
        ),
        (
            lambda: cyclical_plan(640, lr_min=0.1, lr_max=0.2, epochs=1, cycles=6),
            "cycles: 6 must be at most 5, half the number of updates, 10",
        ),
        (
            lambda: cyclical_plan(640, lr_min=0.2, lr_max=0.2, epochs=1),
            "lr_min: 0.2 must be below lr_max, which is 0.2",
        ),
        (
            lambda: growth_plan(0.1, 32, 128, epochs=3).updates(100),
            "batch: 128 must be at most 100, the number of images to learn from",
        ),
    ],
)
def test_settings_out_of_range_are_named(make: object, message: str) -> None:
    with pytest.raises(AnalysisError) as refusal:
        make()  # type: ignore[operator]  # the parameter is any callable
    assert str(refusal.value) == message

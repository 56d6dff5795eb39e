"""The largest batch by hand, and which of several sums can be the largest."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nets.costing import sums
from nets.costing.fitting import Fit, fit
from nets.costing.held import Moment
from nets.costing.memory import Peak
from nets.errors import CountError, InputError
from nets.network.algebra import Size
from nets.network.formulas import parse, substitute, symbol

N, H = symbol("N"), symbol("H")


def peak(size: Size, label: str = "op") -> Peak:
    return Peak(size, Moment("layer", label, "forward"), 0, {})


def fitted(*peaks: Peak, memory: int = 1000, allowance: int = 0, off: int = 0) -> Fit:
    traced: Callable[[int], int] = lambda n: max(substitute(p.bytes, {"N": n}) for p in peaks) + off  # noqa: E731  # beside its type
    return fit(peaks, "N", memory, allowance, traced)


@pytest.mark.parametrize(
    ("size", "memory", "allowance", "largest"),
    [
        (7 * N + 20, 1000, 0, 140),  # 7 · 140 + 20 is 1,000
        (7 * N + 20, 999, 0, 139),
        (7 * N + 20, 1100, 100, 140),
        (7 * N + 20, 27, 0, 1),
        (7 * N + 20, 26, 0, 0),
        (7 * N + 20, 5, 0, 0),
        (N**2, 1000, 0, 31),
        (N**2, 961, 0, 31),
        (N**2, 960, 0, 30),
        (N**2 + 10, 10, 0, 0),
        (parse("3*floor(N/2) + 1"), 1000, 0, 667),  # 3 · 333 + 1 is 1,000
    ],
)
def test_one_sum_by_hand(size: Size, memory: int, allowance: int, largest: int) -> None:
    found = fitted(peak(size), memory=memory, allowance=allowance)
    assert (found.largest, found.symbol, found.memory, found.allowance) == (largest, "N", memory, allowance)
    assert found.peak == (substitute(size, {"N": largest}) if largest else 0)
    assert found.next_peak == substitute(size, {"N": largest + 1}) > memory - allowance


def test_the_sum_that_keeps_the_next_one_out_is_named() -> None:
    low, high = peak(10 * N, "conv"), peak(N + 500, "linear")
    found = fitted(low, high)
    assert (found.largest, found.at.label, found.peak, found.next_peak) == (100, "conv", 1000, 1010)
    assert found.formulas == (("⌊(1,000 − 0)/10⌋", low.at), ("⌊(1,000 − 500)/1⌋", high.at))
    other = fitted(low, high, memory=502)
    assert (other.largest, other.at.label) == (2, "linear")
    # Of equal sums the first is named.
    assert fitted(peak(10 * N, "a"), peak(10 * N, "b")).at.label == "a"


def test_a_sum_without_the_symbol_lets_in_all_or_none() -> None:
    found = fitted(peak(10 * N), peak(1000, "weights"))
    assert found.largest == 100
    assert found.formulas[1][0] == "1,000 ≤ 1,000"
    assert fitted(peak(10 * N), peak(1001, "weights")).largest == 0
    assert fitted(peak(N**2), memory=100).formulas[0][0] == "N**2 ≤ 100"


def test_what_a_trace_does_not_bear_out_is_refused() -> None:
    with pytest.raises(CountError, match=r"^the formula says 1,000 B for N = 100, a trace 1,001 B$"):
        fitted(peak(10 * N), off=1)


@pytest.mark.parametrize("allowance", [1000, 1001])
def test_an_allowance_that_leaves_nothing_is_refused(allowance: int) -> None:
    with pytest.raises(InputError) as refused:
        fitted(peak(10 * N), allowance=allowance)
    assert str(refused.value) == f"allowance {allowance:,} B leaves nothing of a memory of 1,000 B"


def test_sums_as_coefficients_of_monomials() -> None:
    assert sums.terms(7) == {sums.ONE: 7}
    assert sums.terms(4 * N * (H + 2) + 3) == {N * H: 4, N: 8, sums.ONE: 3}
    assert sums.total({N * H: 4, N: 8, sums.ONE: 3}) == 4 * N * H + 8 * N + 3
    assert sums.total({N: 0, sums.ONE: 3}) == 3
    assert sums.total({}) == 0
    summed = dict(sums.terms(2 * N + 1))
    sums.add(summed, 3 * N + H)
    sums.add(summed, N + 5, -1)
    assert sums.total(summed) == 4 * N + H - 4


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        (
            [{sums.ONE: 1, "N": 2}, {sums.ONE: 3, "N": 2}, {sums.ONE: 9, "N": 1}, {sums.ONE: 9, "N": 1}],
            [1, 2],
        ),
        ([{sums.ONE: 5}, {sums.ONE: 5}, {sums.ONE: 4}], [0]),
        # 4 + 2·N is 8 at 2 and 10 at 3: always below 9 or 4·N.
        ([{"N": 4}, {sums.ONE: 4, "N": 2}, {sums.ONE: 9}], [0, 2]),
        # 6 + 2·N is 10.5 at 2.25, where 9 and 4·N are 9.
        ([{"N": 4}, {sums.ONE: 6, "N": 2}, {sums.ONE: 9}], [0, 1, 2]),
        # Sizes are 1 and more: 2·N is never below N + 1, but N + 2 is above it at 1.
        ([{"N": 2}, {sums.ONE: 1, "N": 1}, {sums.ONE: 2, "N": 1}], [0, 2]),
        ([{"N": 1}, {"H": 1}], [0, 1]),
    ],
)
def test_which_sums_can_be_the_largest(rows: list[dict[object, int]], kept: list[int]) -> None:
    assert sums.never_exceeded(rows) == kept


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=8))
def test_the_largest_is_among_those_that_are_kept(drawn: list[tuple[int, int, int]]) -> None:
    rows = [{sums.ONE: constant, "N": n, "H": h} for constant, n, h in drawn]
    kept = sums.never_exceeded(rows)
    for n, h in np.random.default_rng(0).integers(1, 60, (200, 2)).tolist():
        sizes = [constant + a * n + b * h for constant, a, b in drawn]
        assert max(sizes) == max(sizes[place] for place in kept)

"""Figures as people print them, and the exact numbers that they may stand for."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nets.errors import InputError
from nets.figures import figure, parse_figure


@pytest.mark.parametrize(
    ("text", "value", "resolution"),
    [
        ("4.133G", 4_133_000_000, 10**6),
        ("4.1e9", 4_100_000_000, 10**8),
        ("25,557,032", 25_557_032, 1),
        ("19.6 GMACs", 19_600_000_000, 10**8),
        ("19.6 gflops", 19_600_000_000, 10**8),
        ("138M params", 138_000_000, 10**6),
        ("1.6T", 1_600_000_000_000, 10**11),
        ("7b", 7_000_000_000, 10**9),
        ("12K", 12_000, 1000),
        (" 7 ", 7, 1),
        ("0.5", Fraction(1, 2), Fraction(1, 10)),
    ],
)
def test_figures_are_read(text: str, value: Fraction, resolution: Fraction) -> None:
    read = parse_figure(text)
    assert (read.value, read.resolution) == (value, resolution)


@pytest.mark.parametrize(
    "text", ["", "G", "4.1.3G", "-4G", "1e999", "nan", "4,13G", "4 133", "٣G", "0", "0.0M", "9" * 31, "1_000"]
)
def test_what_is_no_figure_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"must be a number such as 4.133G|must be more than nothing"):
        parse_figure(text)


def test_a_figure_of_two_digits_stands_for_what_rounds_to_it() -> None:
    printed = parse_figure("1.8G")
    assert printed.rounding(1_800_000_000) == "exact"
    assert printed.rounding(1_750_000_000) == printed.rounding(1_850_000_000) == "rounded"
    assert printed.rounding(1_850_000_001) == printed.rounding(1_899_999_999) == "cut off"
    assert printed.rounding(1_749_999_999) == printed.rounding(1_700_000_001) == "rounded up"
    assert printed.rounding(1_900_000_000) == printed.rounding(1_700_000_000) == ""


@given(st.integers(1, 10**15), st.integers(0, 12))
def test_a_number_printed_by_anyone_matches_itself(exact: int, power: int) -> None:
    unit = 10**power
    for digits in (exact // unit, -(-exact // unit), round(Fraction(exact, unit))):
        if digits:
            assert figure(str(digits), unit, "").matches(exact)

"""A printed number beside ours: each verdict by an example, and what holds for any number."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.report import Kind, Ours, Printed, Verdict, judge

EQUAL, WITHIN, UNDECIDED, NOT_SHOWN, WRONG = Verdict
NUMBERS = st.floats(-1e6, 1e6)
ERRORS = st.floats(1e-3, 1e3)


@pytest.mark.parametrize(
    ("printed", "value", "verdict"),
    [
        ("0.833505", 0.8335051165, EQUAL),
        ("0.833505", 0.8335060000, WRONG),
        ("-0.404395", -0.40439539, EQUAL),
        ("2.39270701e+00", 2.392707011, EQUAL),
        ("2.39270701e+00", 2.392707016, WRONG),
        ("150K", 150_528, EQUAL),
        ("150K", 155_528, WRONG),
        ("3.2M", 3_211_264, EQUAL),
        ("800K", 802_816, EQUAL),
        ("16.5M", 16_542_184, EQUAL),
        ("16.5M", 16_552_184, WRONG),
        ("143,652,544", 143_652_544, EQUAL),
        ("143,652,544", 143_652_545, WRONG),
        ("4096", 4096, EQUAL),
        ("64.4%", 64.3797, EQUAL),
        ("268/768", 268 / 768, EQUAL),
        ("268/768", 86 / 254, WRONG),
        ("0.7994878183831672", 0.7994878183831672, EQUAL),
        ("32×32×672", "32×32×672", EQUAL),
        ("32×32×672", "32×32×480", WRONG),
    ],
)
def test_a_determined_number_is_right_to_its_last_digit_or_wrong(
    printed: str, value: float | str, verdict: Verdict
) -> None:
    assert judge(printed, Ours(value)).verdict is verdict


@pytest.mark.parametrize(
    ("printed", "error", "verdict"),
    [("1.5", 0.5, WITHIN), ("1.5", 0.49, UNDECIDED), ("1.97", 0.5, UNDECIDED), ("1.99", 0.5, WRONG)],
)
def test_an_estimate_is_judged_by_its_standard_error(printed: str, error: float, verdict: Verdict) -> None:
    assert judge(printed, Ours(1.0, error), Kind.ESTIMATE).verdict is verdict


def test_an_interval_takes_the_place_of_two_standard_errors() -> None:
    ours = Ours(1.0, 0.5, (-1.0, 3.0))
    assert [judge(text, ours, Kind.ESTIMATE).verdict for text in ("1.5", "2.9", "3.1")] == [
        WITHIN, UNDECIDED, WRONG,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("printed", "value", "verdict"),
    [("-0.03", -0.004, NOT_SHOWN), ("-0.06", -0.004, WITHIN), ("0.06", -0.004, WRONG), ("0", 0.1, NOT_SHOWN)],
)
def test_a_difference_within_its_noise_shows_nothing(printed: str, value: float, verdict: Verdict) -> None:
    assert judge(printed, Ours(value, 0.026), Kind.EFFECT).verdict is verdict


@pytest.mark.parametrize(
    ("printed", "verdict"),
    [("0.0025", NOT_SHOWN), ("0.025", NOT_SHOWN), ("0.01", WITHIN), ("0.0015", UNDECIDED), ("20", WRONG)],
)
def test_a_reading_at_the_end_of_what_was_tried_shows_nothing(printed: str, verdict: Verdict) -> None:
    found = judge(printed, Ours(0.06, 13.0), Kind.READING, tried=("0.0025", "0.025"))
    assert found.verdict is verdict
    assert found.sentence


@pytest.mark.parametrize("kind", Kind)
def test_what_nothing_determines_is_undecided(kind: Kind) -> None:
    assert judge("2.39270701e+00", Ours(None), kind).verdict is UNDECIDED


@pytest.mark.parametrize("kind", [Kind.ESTIMATE, Kind.EFFECT, Kind.READING])
def test_without_an_error_nothing_is_decided(kind: Kind) -> None:
    assert judge("3.0", Ours(1.0), kind).verdict is UNDECIDED
    assert judge("3.0", Ours(1.0, math.inf if kind is not Kind.READING else 1.0), kind).verdict is UNDECIDED


@given(NUMBERS, st.integers(0, 9))
def test_a_number_printed_from_ours_is_equal_and_its_neighbours_are_not(value: float, digits: int) -> None:
    printed = f"{value:.{digits}f}"
    assert judge(printed, Ours(value)).verdict is EQUAL
    number = Printed.read(printed)
    assert number is not None
    for step in (-1, 1):
        neighbour = f"{float(number.value + step * number.place):.{digits}f}"
        assert judge(neighbour, Ours(value)).verdict is WRONG


@given(NUMBERS, ERRORS, st.floats(-5, 5))
def test_an_estimate_is_judged_by_how_many_errors_it_is_off(value: float, error: float, off: float) -> None:
    printed = f"{value + off * error:.12f}"
    verdict = judge(printed, Ours(value, error), Kind.ESTIMATE).verdict
    if verdict is EQUAL:
        assert abs(off) < 1e-3
    elif abs(abs(off) - 1) > 1e-3 and abs(abs(off) - 1.96) > 1e-3:
        assert verdict is (WITHIN if abs(off) < 1 else UNDECIDED if abs(off) < 1.96 else WRONG)


@given(NUMBERS, ERRORS, NUMBERS)
def test_a_greater_error_never_makes_a_verdict_harsher(value: float, error: float, other: float) -> None:
    order = [EQUAL, WITHIN, UNDECIDED, WRONG]
    printed = f"{other:.6f}"
    verdicts = [judge(printed, Ours(value, k * error), Kind.ESTIMATE).verdict for k in (1, 2, 10)]
    places = [order.index(verdict) for verdict in verdicts]
    assert places == sorted(places, reverse=True)


@given(NUMBERS, ERRORS, NUMBERS)
def test_a_difference_and_its_opposite_have_one_verdict(value: float, error: float, other: float) -> None:
    there = judge(f"{other:.6f}", Ours(value, error), Kind.EFFECT)
    back = judge(f"{-other:.6f}", Ours(-value, error), Kind.EFFECT)
    if value:
        assert there.verdict is back.verdict


@given(st.text(max_size=12))
def test_whatever_was_printed_has_a_verdict(text: str) -> None:
    assert judge(text, Ours(1.0)).verdict in {EQUAL, WRONG}
    assert judge(text, Ours(text)).verdict is EQUAL


def test_every_verdict_but_equal_has_a_sentence() -> None:
    for kind in Kind:
        for printed in ("0.5", "1.1", "1.5", "9.0"):
            found = judge(printed, Ours(1.0, 0.3), kind)
            assert bool(found.sentence) is (found.verdict is not EQUAL)

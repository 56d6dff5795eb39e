"""A printed number beside ours: each verdict by an example, and what holds for any number."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.report import Kind, Ours, Printed, Verdict, judge
from analysis.report.verdicts import shown

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


TRIED = ("0.0025", "0.025")


@pytest.mark.parametrize(
    ("printed", "ours", "kind", "sentence"),
    [
        ("0.5", Ours(0.271), Kind.DIGITS, "It is 0.3."),
        ("0.5", Ours(0.271, 0.01), Kind.DIGITS, "It is 0.3."),
        ("32×32", Ours("16×16"), Kind.READING, "It is 16×16."),
        ("0.5", Ours(None, 0.1), Kind.ESTIMATE, "Nothing determines this number."),
        ("1.5", Ours(1.0, 0.25), Kind.ESTIMATE, "2.0 standard errors (0.25) from 1.0."),
        ("1.5", Ours(1.0, 0.0), Kind.ESTIMATE, "infinitely many standard errors (0) from 1.0."),
        ("1.5", Ours(0.0, 1.5), Kind.ESTIMATE, "1.0 standard errors (1.5) from 0.0."),
        (
            "-0.03",
            Ours(-0.014, 0.025),
            Kind.EFFECT,
            (
                "What was measured is 1.2 of its standard errors (0.025): noise alone does that. The true"
                " difference is -0.01."
            ),
        ),
        ("-0.06", Ours(-0.014, 0.025), Kind.EFFECT, "Measured are 2.4 standard errors; it is -0.01."),
        ("0.06", Ours(0.0, 0.025), Kind.EFFECT, "Measured are 2.4 standard errors; it is 0.00."),
        (
            "0.01",
            Ours(0.06, 13.0),
            Kind.READING,
            "A factor of 6 from 0.06, on a grid whose neighbours are a factor of 13 apart.",
        ),
        (
            "0.0025",
            Ours(0.06, 13.0),
            Kind.READING,
            "It is the lowest rate that was tried, so nothing was seen beyond it. Read off here is 0.06.",
        ),
        (
            "0.025",
            Ours(0.06),
            Kind.READING,
            "It is the highest rate that was tried, so nothing was seen beyond it. Read off here is 0.06.",
        ),
        *((text, Ours(1.0), kind, "Its error is not known.") for text in "39" for kind in list(Kind)[1:]),
        ("3", Ours(1.0, 0.5), Kind.READING, "Its error is not known."),
        ("3", Ours(1.0, math.inf), Kind.EFFECT, "Its error is not known."),
    ],
)
def test_the_sentence_says_by_how_much(printed: str, ours: Ours, kind: Kind, sentence: str) -> None:
    assert judge(printed, ours, kind, tried=TRIED).sentence == sentence


@pytest.mark.parametrize(
    ("printed", "ours", "kind", "verdict"),
    [
        ("3", Ours(1.0, 0.5, (-1.0, 3.0)), Kind.ESTIMATE, UNDECIDED),
        ("-1", Ours(1.0, 0.5, (-1.0, 3.0)), Kind.ESTIMATE, UNDECIDED),
        ("1.96", Ours(-5.0, 1.0), Kind.EFFECT, NOT_SHOWN),
        ("-3", Ours(0.0, 1.0), Kind.EFFECT, WITHIN),
        ("2", Ours(1.0, 2.0), Kind.READING, WITHIN),
        ("0.5", Ours(1.0, 2.0), Kind.READING, WITHIN),
        ("2", Ours(2.0, 1.0), Kind.READING, UNDECIDED),
        ("3.89", Ours(1.0, 2.0), Kind.READING, UNDECIDED),  # 2 ** 1.96 is 3.891
        ("3.90", Ours(1.0, 2.0), Kind.READING, WRONG),
    ],
)
def test_at_the_border(printed: str, ours: Ours, kind: Kind, verdict: Verdict) -> None:
    assert judge(printed, ours, kind).verdict is verdict


@pytest.mark.parametrize(
    ("text", "value", "place"),
    [
        ("-4.0e-05", Fraction(-1, 25_000), Fraction(1, 1_000_000)),
        ("1,000.50", Fraction(2001, 2), Fraction(1, 100)),
        ("1.50M", Fraction(1_500_000), Fraction(100_000)),
        ("150K", Fraction(150_000), Fraction(10_000)),
        ("0K", Fraction(0), Fraction(1_000)),
        ("150", Fraction(150), Fraction(1)),
        ("64.4%", Fraction(322, 5), Fraction(1, 10)),
        ("268/768", Fraction(67, 192), Fraction(0)),
    ],
)
def test_a_printed_number_has_a_value_and_a_last_digit(text: str, value: Fraction, place: Fraction) -> None:
    assert Printed.read(text) == Printed(text, value, place)


@pytest.mark.parametrize("text", ["", "K", "inf", "-inf", "nan", "1/0", "a/b", "1 000", "5KM", "32×32"])
def test_what_is_no_number_is_not_read_as_one(text: str) -> None:
    assert Printed.read(text) is None


def test_sixteen_digits_tell_a_float_from_the_next_but_two() -> None:
    printed = Printed.read("0.10000000000000000555")
    assert printed is not None
    steps = {step: 0.1 + step * math.ulp(0.1) for step in (-3, -1, 0, 1, 3, 5)}
    assert [step for step, value in steps.items() if printed.is_rounded(value)] == [-3, -1, 0, 1, 3]
    assert not printed.is_rounded(math.nan)
    large = Printed.read("100000000000000000.5")
    assert large is not None
    assert large.is_rounded(1e17)
    assert judge("0.000000001", Ours(1.4e-9)).verdict is EQUAL


@pytest.mark.parametrize(
    ("value", "printed", "ours"),
    [
        (3, "2.50", "3.00"),
        (3.0, "3.2M", "3"),
        (1_234_567.0, "1.2", "1,234,567.0"),
        (1_234_567, "12", "1,234,567"),
        (0.0, "0.5", "0.0"),
        (1.0, "0.25", "1.00"),
        (0.27147268, "150K", "0.2715"),
        (12.3456, "12", "12.35"),
        (0.5, "1/3", "0.5"),
        (12.3456, "x", "12.35"),
    ],
)
def test_ours_is_shown_to_the_digits_that_were_printed(value: float, printed: str, ours: str) -> None:
    assert shown(value, printed) == ours

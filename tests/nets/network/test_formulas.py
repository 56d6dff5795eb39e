"""Sizes as symbols: one normal form, and conditions solved for their symbol."""

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from nets.errors import InputError
from nets.inputs import parse_input, parse_options
from nets.network.algebra import at_least, ceil_div, equal, floor_div, minimum, product, quotient
from nets.network.formulas import by_hand, divisibly, parse, substitute, symbol, tidy

H = symbol("H")
positive = st.integers(1, 9)


@given(st.lists(st.tuples(positive, st.integers(-9, 9)), min_size=1, max_size=4), st.integers(1, 500))
def test_nested_roundings_become_one_that_is_equal(steps: list[tuple[int, int]], h: int) -> None:
    formula, number = H, h
    for n, shift in steps:
        formula, number = floor_div(formula + shift, n), (number + shift) // n
    assert substitute(formula, {"H": h}) == number
    for rounding in formula.atoms(sympy.floor):
        assert not rounding.args[0].has(sympy.floor)


@given(positive, st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 60))
def test_bounds_are_solved_for_the_symbol(n: int, shift: int, least: int, h: int) -> None:
    solved = at_least(floor_div(H + shift, n), least)
    holds = solved if isinstance(solved, bool) else bool(solved.subs({H: h}))
    assert holds == ((h + shift) // n >= least)


def test_rounding_up_and_the_smaller_of_two() -> None:
    assert [ceil_div(n, 3) for n in range(5)] == [0, 1, 1, 1, 2]
    assert substitute(ceil_div(H, 3), {"H": 4}) == 2
    assert substitute(minimum(H, 7), {"H": 9}) == 7


def test_a_factor_is_divided_out_of_an_equation() -> None:
    assert str(equal(512 * floor_div(H, 32), 25_088)) == "Eq(floor(H/32), 49)"
    assert equal(H, H) is True


def test_of_each_lower_bound_the_strongest_is_kept() -> None:
    W = symbol("W")
    kept = tidy([sympy.Ge(H, 2), sympy.Ge(W, 3), sympy.Ge(H, 32), sympy.Ge(H, 4)])
    assert [str(condition) for condition in kept] == ["H >= 32", "W >= 3"]


def test_formulas_as_people_write_them() -> None:
    assert by_hand(parse("86704128*H*N*floor(H/2 + 1/2)")) == "86,704,128·N·H·⌊(H+1)/2⌋"
    assert by_hand(parse("3*N/2")) == "3·N/2"


def test_roundings_vanish_for_sizes_that_are_divisible() -> None:
    formula, divisors = divisibly(parse("floor(H/2) + floor(H/8 + 7/8)"))
    assert divisors == {"H": 8}
    assert formula == sympy.Rational(5, 8) * H


def test_input_shapes_mix_numbers_and_names() -> None:
    assert parse_input("1x3xHx224") == (1, 3, H, 224)
    assert parse_input("1×3×8×8") == (1, 3, 8, 8)


@pytest.mark.parametrize(
    ("text", "value"),
    [("a=1", 1), ("a=0.5", 0.5), ("a=true", True), ("a=False", False), ("a=1,2", (1, 2)), ("a=v1.5", "v1.5")],
)
def test_settings_are_read_as_what_they_look_like(text: str, value: object) -> None:
    assert parse_options([text]) == {"a": value}


def test_a_bound_on_two_symbols_is_left_as_it_is() -> None:
    bound = at_least(floor_div(H + symbol("W") + 1, 2), 3)
    assert str(bound) == "H/2 + W/2 >= 5/2"
    assert at_least(floor_div(H, 2) + 3, 3) is True


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("H**2*N", "N·H²"),
        ("H**3", "H**3"),
        ("floor(H/2)**2*W", "W·⌊H/2⌋²"),
        ("(H + 1)**2", "(H + 1)²"),
        ("1000*H + 1234", "1,000·H + 1,234"),
        ("3*H*N/4", "3·N·H/4"),
        ("(H + W)/2", "H/2 + W/2"),
        ("H*(W + 1)", "H·(W + 1)"),
        ("-2*H", "-2·H"),
        ("Min(H, 7)", "Min(7, H)"),
        ("floor(H/2 + W/3 + 1/6)", "⌊(3·H+2·W+1)/6⌋"),
    ],
)
def test_a_formula_by_hand(text: str, written: str) -> None:
    assert by_hand(parse(text)) == written


def test_numbers_are_put_in_or_named_as_missing() -> None:
    assert substitute(7, {}) == 7
    assert substitute(parse("floor(H/2)*W"), {"H": 5, "W": 3, "N": 9}) == 6
    for text, values, why in (
        ("H*W*N", {"W": 2}, "formula H*N*W: H, N has no value"),
        ("H/2", {"H": 5}, "formula H/2: it is 5/2, no whole number"),
    ):
        with pytest.raises(InputError) as refused:
            substitute(parse(text), values)
        assert str(refused.value) == why


def test_other_conditions_than_lower_bounds_are_kept_once_and_come_last() -> None:
    W = symbol("W")
    kept = tidy([sympy.Eq(W, 3), sympy.Ge(W, 2), sympy.Eq(W, 3), sympy.Ge(H + W, 9), sympy.Ge(H, W)])
    assert [str(condition) for condition in kept] == ["W >= 2", "Eq(W, 3)", "H + W >= 9", "H >= W"]


@pytest.mark.parametrize(
    ("text", "formula", "divisors"),
    [
        ("floor(H/2)*floor(W/3)*N", "H*N*W/6", {"H": 2, "W": 3}),
        ("floor(H/4 + 3/4) + floor(H/6 + 5/6)", "5*H/12", {"H": 12}),
        ("floor(H/2 - 1/2)", "H/2 - 1", {"H": 2}),
        ("3*H", "3*H", {}),
    ],
)
def test_what_is_left_where_sizes_are_divisible(text: str, formula: str, divisors: dict[str, int]) -> None:
    assert divisibly(parse(text)) == (parse(formula), divisors)
    assert divisibly(12) == (12, {})


def test_comparisons_of_numbers_are_decided_and_of_symbols_as_far_as_they_are() -> None:
    assert (equal(2, 2), equal(2, 3), at_least(3, 3), at_least(2, 3)) == (True, False, True, False)
    assert equal(2 * H, 6) == sympy.Eq(H, 3)
    assert equal(2 * H, 7) is False  # no whole H
    assert equal(H + 1, H) is False
    assert at_least(H, 1) is True
    assert at_least(3 * H - 2, 3) == sympy.Ge(H, 2)
    assert at_least(7 - H, 3) == sympy.Ge(-H, -4)
    assert (minimum(2, 3), minimum(3, 2)) == (2, 2)
    assert (quotient(12, 4), quotient(2 * H, 2)) == (3, H)
    assert (product(()), product((2, H, 3))) == (1, 6 * H)

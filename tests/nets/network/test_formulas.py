"""Sizes as symbols: one normal form, and conditions solved for their symbol."""

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from nets.inputs import parse_input, parse_options
from nets.network.algebra import at_least, ceil_div, equal, floor_div, minimum
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

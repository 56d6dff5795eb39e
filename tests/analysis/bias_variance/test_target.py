import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.bias_variance.target import parse_target
from analysis.errors import AnalysisError


def test_the_function_of_the_homework() -> None:
    f = parse_target("x + sin(1.5*x)")
    assert f(np.array([10.0, 1.0, 4.0])).round(6).tolist() == [10.650288, 1.997495, 3.720585]
    assert str(f) == "x + sin(1.5*x)"


def test_a_constant_has_the_shape_of_its_points() -> None:
    assert parse_target("3").__call__(np.zeros((2, 3))).tolist() == [[3.0] * 3] * 2


expressions = st.recursive(
    st.sampled_from(["x", "pi", "e", "2", "0.5", "3"]),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
        st.builds("{}({})".format, st.sampled_from(["sin", "cos", "tanh", "abs"]), inner),
        st.builds("(-{})**2".format, inner),
    ),
    max_leaves=6,
)


@given(expressions, st.floats(-3, 3))
def test_what_is_read_is_what_python_would_compute(text: str, x: float) -> None:
    names = {
        "x": x,
        "pi": math.pi,
        "e": math.e,
        "sin": math.sin,
        "cos": math.cos,
        "tanh": math.tanh,
        "abs": abs,
    }
    expected = eval(text, {"__builtins__": {}}, names)  # noqa: S307  # text of our own making
    try:
        got = parse_target(text)([x])[0]
    except AnalysisError as error:
        assert "at most" in str(error) or "characters" in str(error)  # noqa: PT017  # whether it raises depends on the text
        return
    assert got == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("__import__('os').system('true')", "__import__('os').system('true')"),
        ("x.real", "'x.real'"),
        ("foo(x)", "'foo(x)'"),
        ("y + 1", "'y'"),
        ("sin(x, 2)", "'sin(x, 2)'"),
        ("sin", "'sin'"),
        ("x^2", "write ** for a power"),
        ("True", "'True'"),
        ("1j*x", "'1j'"),
        ("[x for x in (1,)]", "[x for x in (1,)]"),
        ("lambda: x", "'lambda: x'"),
        ("x if x else 1", "'x if x else 1'"),
        ("9**9**9", "at most 1e+100"),
        ("((9**64)**64)**64", "at most 1e+100"),
        ("0**-1", "at most 1e+100"),
        ("1/0", "'1 / 0'"),
        ("x/0", "'x / 0'"),
        ("-0.0/-0.0", "'-0.0 / -0.0'"),
        ("x*(0.0/0.0)", "'0.0 / 0.0'"),
        ("log(0)", "'log(0)'"),
        ("sqrt(-1)", "'sqrt(-1)'"),
        ("(-8)**(1/3)", "'(-8) ** (1 / 3)'"),
        ("exp(1000)", "'exp(1000)'"),
        ("1e999", "not a finite number"),
        ("", "not an expression in x"),
        ("x +", "not an expression in x"),
        ("x" + "+x" * 100, "201 characters"),
    ],
)
def test_anything_else_is_refused_by_name(text: str, part: str) -> None:
    with pytest.raises(AnalysisError) as error:
        parse_target(text)
    assert part in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "where"), [("sqrt(x - 5)", "x = 0"), ("1/(x - 2)", "x = 2"), ("log(x)", "x = 0")]
)
def test_where_it_is_not_a_number_is_said(text: str, where: str) -> None:
    with pytest.raises(AnalysisError, match=f"not a finite real number at {where}"):
        parse_target(text)(np.array([0.0, 2.0, 7.0]) if where != "x = 2" else np.array([2.0, 7.0]))


@pytest.mark.parametrize(
    ("text", "at", "value"),
    [
        ("2**3", 0.0, 8.0),
        ("(-2)**3*x", 1.0, -8.0),
        ("0.999**2000", 0.0, 0.999**2000),
        ("(-1)**2001*x", 2.0, -2.0),
        ("10**100/10**100", 0.0, 1.0),
        ("9007199254740993*x", 1.0, 9007199254740992.0),
        ("+x - -x", 2.0, 4.0),
        ("abs(-3)/2", 0.0, 1.5),
        ("10**30*x", 1.0, 1e30),
    ],
)
def test_powers_and_large_numbers_by_hand(text: str, at: float, value: float) -> None:
    assert parse_target(text)([at])[0] == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    "text", ["exp(10**3)*x", "x + sqrt(-4)", "sin(1/0)", "2**334", "(-2)**334", "0.5**-400"]
)
def test_what_is_beyond_a_real_number_of_at_most_1e100_is_refused_in_the_midst(text: str) -> None:
    with pytest.raises(AnalysisError, match=r"at most 1e\+100"):
        parse_target(text)


@pytest.mark.parametrize("text", ["2**334", "(-2)**334", "0.5**-400", "9**9**9"])
def test_a_power_that_is_too_large_is_not_computed(text: str) -> None:
    with pytest.raises(AnalysisError, match=r"is not a number of at most 1e\+100$"):
        parse_target(text)


def test_what_is_imaginary_everywhere_is_refused_before_it_is_evaluated() -> None:
    with pytest.raises(AnalysisError, match=r"^'sqrt\(-x \*\* 2\)' in the function .* is not a real number"):
        parse_target("sqrt(-x**2)")

"""Formulas read back: everything that is written is read, and nothing is ever evaluated."""

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

import nets
from nets.errors import InputError
from nets.network.algebra import Size
from nets.network.formulas import by_hand, parse, substitute, symbol

H, N, W = symbol("H"), symbol("N"), symbol("W")

_leaves = st.one_of(st.integers(0, 10**9).map(sympy.Integer), st.sampled_from([H, N, W]))


def _grown(smaller: st.SearchStrategy[sympy.Expr]) -> st.SearchStrategy[sympy.Expr]:
    two = st.tuples(smaller, smaller)
    return st.one_of(
        two.map(lambda pair: pair[0] + pair[1]),
        two.map(lambda pair: pair[0] * pair[1]),
        two.map(lambda pair: pair[0] - pair[1]),
        two.map(lambda pair: sympy.Min(*pair)),
        two.map(lambda pair: sympy.Max(*pair)),
        st.tuples(smaller, st.integers(1, 9)).map(lambda pair: sympy.floor(pair[0] / pair[1])),
        st.tuples(smaller, st.integers(1, 9)).map(lambda pair: sympy.ceiling(pair[0] / pair[1])),
        st.tuples(smaller, st.integers(2, 4)).map(lambda pair: pair[0] ** pair[1]),
    )


formulas = st.recursive(_leaves, _grown, max_leaves=8)


@given(formulas)
def test_what_sympy_writes_is_read_back(formula: sympy.Expr) -> None:
    assert parse(str(formula)).doit() == formula.doit()  # sympy leaves a Min(2, 3) within a Max


@given(formulas, formulas)
def test_conditions_are_read_back(left: sympy.Expr, right: sympy.Expr) -> None:
    for relation in (left >= right, left < right, sympy.Eq(left, right), sympy.Ne(left, right)):
        if relation not in (sympy.true, sympy.false):
            assert parse(str(relation)).doit() == relation.doit()


def test_every_formula_of_a_net_is_read_back() -> None:
    table = nets.table("googlenet", symbolic=True)
    for row in table.rows:
        for size in (row.counts.macs, row.counts.activations, *row.output):
            assert parse(str(size)) == size
    for condition in table.conditions:
        assert parse(str(condition)) == condition


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("__import__('os').getcwd()", "it holds more than names, numbers and arithmetic"),
        ("exit(1)", "only floor, ceiling, Min, Max, Mod, Eq, Ne can be called"),
        ("H.is_real", "H.is_real is neither a whole number, a name nor arithmetic"),
        ("(lambda_)(3)", "only floor, ceiling"),
        ("9**9**9", "an exponent must be a whole number of at most 64"),
        ("H**W", "an exponent must be a whole number of at most 64"),
        ("((2*H)**64)**64", "a power in it is too large"),
        ("1/0", "it divides by zero"),
        ("0**-1", "it divides by zero"),
        ("H/(W - W)", "it divides by zero"),
        ("1.5*H", "1.5 is neither a whole number"),
        ("True", "True is neither a whole number"),
        ("Min", "'Min' means something else in a formula"),
        ("floor(H, 2)", "floor takes one value"),
        ("Eq(H)", "Eq takes two or more values"),
        ("(H >= 2) + 1", "H >= 2 is neither a whole number"),
        ("1 < H < 3", "1 < H < 3 is neither a whole number"),
        ("Hé", "'Hé' is no name for a size"),
        ("H // 2", "FloorDiv is no operation of a formula"),
        ("", "it holds more than names"),
        ("H +", "cannot be read"),
        ("-" * 3000 + "1", "cannot be read"),
        ("(" * 300 + "1" + ")" * 300, "cannot be read"),
        ("9" * 5000, "cannot be read"),
        ("floor(" * 150 + "H" + ")" * 150, "brackets stand more than 100 deep"),
    ],
    ids=lambda text: text[:40],
)
def test_anything_else_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        parse(text)
    assert sentence in str(refused.value)
    assert len(str(refused.value)) < 300


@given(st.text(alphabet="HNW0123456789+-*/().,<>=! _floorceilingMinMaxEq'\\\"[]{}", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        formula = parse(text)
    except InputError:
        return
    assert isinstance(formula, sympy.Basic)


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("H**64", H**64),
        ("H**-1", 1 / H),
        ("8 - 3 - 2", sympy.Integer(3)),
        ("8/4/2*3", sympy.Integer(3)),
        ("2*3 + 4*5 - 6", sympy.Integer(20)),
        ("-(H - W) + +N", W - H + N),
        (" Mod(H, 3) ", sympy.Mod(H, 3)),
        ("H == 3", sympy.Eq(H, 3)),
        ("H != 3", sympy.Ne(H, 3)),
        ("H <= 3", sympy.Le(H, 3)),
        ("H < W", sympy.Lt(H, W)),
        ("H > W", sympy.Gt(H, W)),
        ("floor(" * 99 + "H/2" + ")" * 99, sympy.floor(H / 2)),
        ("floor(" * 99 + "H**2" + ")" * 99, H**2),
    ],
    ids=lambda text: str(text)[:40],
)
def test_arithmetic_is_read_as_it_is_meant(text: str, formula: sympy.Basic) -> None:
    assert parse(text) == formula


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("H**65", 'formula "H**65": an exponent must be a whole number of at most 64'),
        ("H**-65", 'formula "H**-65": an exponent must be a whole number of at most 64'),
        ("(2**64*H)**64", 'formula "(2**64*H)**64": a power in it is too large'),
        ("Mod(H)", 'formula "Mod(H)": Mod takes two or more values'),
        ("Min()", 'formula "Min()": Min takes two or more values'),
        ("ceiling(H, W)", 'formula "ceiling(H, W)": ceiling takes one value'),
        ("H +" + " " * 76, 'formula "H +' + " " * 76 + '" cannot be read'),
        ("H +" + " " * 77, 'formula "H +' + " " * 77 + '…" cannot be read'),
        ("H % 2", 'formula "H % 2": it holds more than names, numbers and arithmetic'),
    ],
    ids=lambda text: text[:40],
)
def test_what_is_refused_is_shown(text: str, sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        parse(text)
    assert str(refused.value) == sentence


def test_a_long_sum_is_read() -> None:
    text = "+".join(f"{i}*N*floor(H/{i})" for i in range(2, 802))
    assert len(parse(text).args) == 800


@pytest.mark.parametrize(
    "name", ["True", "None", "False", "Min", "Max", "Eq", "floor", "if", "a b", "2H", ""]
)
def test_names_that_cannot_be_read_back_are_no_symbols(name: str) -> None:
    with pytest.raises(InputError, match=r"means something else in a formula|is no name for a size"):
        symbol(name)


def test_names_on_the_command_line_are_held_to_the_same_rule() -> None:
    with pytest.raises(InputError, match="'True' means something else in a formula"):
        nets.table("mlp", "Truex784")
    assert nets.table("mlp", "Batchx784").input[0] == symbol("Batch")


@given(formulas, st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_numbers_put_in_give_a_number_or_a_sentence(formula: Size, h: int, n: int, w: int) -> None:
    assert isinstance(substitute(formula, {"H": h, "N": n, "W": w}), int)
    with pytest.raises(InputError, match="H has no value"):
        substitute(parse("H*N"), {"N": n})
    with pytest.raises(InputError, match=r"it is \d+/2, no whole number"):
        substitute(parse("H/2"), {"H": 2 * h + 1})


def test_numbers_by_hand_need_no_symbols() -> None:
    assert by_hand(1728) == "1,728"
    assert substitute(7, {}) == 7

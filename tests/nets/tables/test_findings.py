"""What stands beneath a traced module's table, as sentences and as data; columns that only a trace fills."""

import attrs
import pytest
import sympy

from nets.errors import InputError
from nets.network.formulas import symbol
from nets.tables.columns import chosen, column_named, refuse_uncounted, relation, share, with_gradients
from nets.tables.findings import Findings, Uncounted, few
from nets.tables.presets import HAND
from nets.tables.rows import Counts, Row
from nets.tables.table import Table

H, W = symbol("H"), symbol("W")
SVD = Uncounted("aten._linalg_svd", "head", 3, ((2, H), (4,)))
SORT = Uncounted("aten.sort", "", 1, ())
FOUND = Findings(
    bare=("token", "scale"),
    tied=(("embed.weight", "head.weight", "tail.weight"),),
    frozen=("norm.weight",),
    idle=("spare.weight", "spare.bias"),
    buffers=1234,
    uncounted=(SVD, SORT),
    unneeded=("H > 2", "H > 3", "H > 4", "H > 5", "H > 6"),
    pins=("L is 7 in a loop",),
)
ROW = Row(
    "conv",
    "Conv2d",
    "convolution",
    ((1, 2),),
    (1, 3),
    Counts(macs=8, weights=2, read=40),
    calls=2,
    note="called 2 times",
)


def table(findings: Findings | None) -> Table:
    return Table("mine", (1, 2), HAND, (ROW,), (), findings)


LOWER = (
    "The totals are lower bounds: no rule says what aten._linalg_svd in head (3×), aten.sort in the module"
    " itself (1×) costs."
)


def test_every_finding_has_a_sentence_in_a_fixed_order() -> None:
    assert list(FOUND.sentences()) == [
        LOWER,
        "Parameters outside of torch's layers: token, scale.",
        "Tied, counted once: head.weight, tail.weight with embed.weight.",
        "Never used, but counted: spare.weight, spare.bias.",
        "Frozen: norm.weight.",
        "L is 7 in a loop.",
        "Compared by torch, and found not to matter: H > 2, H > 3, H > 4, H > 5 and 1 more.",
        "Buffers, not counted as parameters: 1,234.",
    ]
    assert list(Findings().sentences()) == []
    assert (Findings().complete, Findings().lower_bound, FOUND.complete) == (True, "", False)


def test_every_finding_is_in_the_data() -> None:
    assert FOUND.to_dict() == {
        "lower_bound": True,
        "uncounted": [
            {"operator": "aten._linalg_svd", "module": "head", "calls": 3, "shapes": [[2, "H"], [4]]},
            {"operator": "aten.sort", "module": "", "calls": 1, "shapes": []},
        ],
        "bare": ["token", "scale"],
        "tied": [["embed.weight", "head.weight", "tail.weight"]],
        "frozen": ["norm.weight"],
        "never_used": ["spare.weight", "spare.bias"],
        "buffers": 1234,
        "unneeded_conditions": ["H > 2", "H > 3", "H > 4", "H > 5", "H > 6"],
        "pinned": ["L is 7 in a loop"],
    }
    empty = Findings().to_dict()
    assert empty.pop("lower_bound") is False
    assert set(map(bool, empty.values())) == {False}


def test_a_few_of_many() -> None:
    assert [few(names) for names in ("", "a", "abcd", "abcde", "abcdef")] == [
        "",
        "a",
        "a, b, c, d",
        "a, b, c, d and 1 more",
        "a, b, c, d and 2 more",
    ]


def test_a_sum_that_is_a_lower_bound_says_at_least() -> None:
    columns = ["layer", "calls", "macs", "read", "note"]
    lines = table(FOUND).to("text", columns=columns).splitlines()
    assert [line.split() for line in lines[3:6] if line] == [
        ["conv", "2", "8", "40", "called", "2", "times"],
        ["at", "least", "8", "40"],
    ]
    assert "total" in table(Findings()).to("text", columns=columns)
    assert "conv: called 2 times." in lines


def test_columns_that_nobody_counted_are_refused() -> None:
    for name in ("calls", "elementwise", "read", "written", "backward", "executed", "note", "read%"):
        bare = name.removesuffix("%")
        with pytest.raises(InputError) as refused:
            refuse_uncounted(table(None), ("layer", name))
        assert str(refused.value) == (
            f"column {bare!r} is counted of torch modules only; trace one, such as a built net"
        )
    for name in ("backward", "executed"):
        with pytest.raises(InputError) as refused:
            refuse_uncounted(table(FOUND), (name,))
        assert str(refused.value) == f"column {name!r} needs the gradients: ask for the backward pass, too"
        refuse_uncounted(table(attrs.evolve(FOUND, backward=True)), (name,))
    refuse_uncounted(table(FOUND), ("layer", "calls", "read%"))
    refuse_uncounted(table(None), ("layer", "macs%"))


def test_gradients_have_a_column_where_they_were_asked_for() -> None:
    assert with_gradients(table(attrs.evolve(FOUND, backward=True)), ("layer",)) == ("layer", "backward")
    assert with_gradients(table(FOUND), ("layer",)) == with_gradients(table(None), ("layer",)) == ("layer",)


def test_columns_are_named_and_shares_too() -> None:
    assert chosen(["layer", "macs", "macs%"]) == ("layer", "macs", "macs%")
    assert (column_named("macs").title, column_named("macs%").title) == ("MACs", "% MACs")
    assert column_named("weights%").work is None is not column_named("weights").work
    for name in ("layer%", "type%", "mac", "macs%%"):
        with pytest.raises(InputError, match=f"^column '{name}' does not exist"):
            chosen([name])


def test_shares_in_per_cent() -> None:
    assert [share(1, 8), share(8, 8), share(0, 8), share(1, 0), share(H, 8), share(1, H)] == [
        "12.5",
        "100.0",
        "",
        "",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("condition", "written"),
    [
        (sympy.Ge(H, 1000), "H ≥ 1,000"),
        (sympy.Le(H, W + 2), "H ≤ W + 2"),
        (sympy.Gt(H, 3), "H > 3"),
        (sympy.Lt(H, 3), "H < 3"),
        (sympy.Eq(sympy.floor(H / 2), 7), "⌊H/2⌋ = 7"),
        (sympy.Ne(H, W), "H ≠ W"),
        (sympy.And(sympy.Ge(H, 3), sympy.Ge(W, 4)), "H ≥ 3 and W ≥ 4"),
    ],
)
def test_conditions_for_people(condition: sympy.Basic, written: str) -> None:
    assert relation(condition) == written

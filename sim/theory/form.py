"""Closed forms beside the simulator: each with its formula, its assumptions and its source.

The forms themselves are in `sim.theory.catalogue`; `sim.theory.applying` says which hold for a scenario.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, NamedTuple

import sympy as sp

from sim.scenario import Scenario
from sim.theory.assumptions import Assumption
from sim.theory.measures import Measure

Check = Literal["interval", "exact", "bound", "mean bound", "none"]
"""How a simulation is held against a value: its confidence interval covers it; every run gives exactly it; no
run is beyond it; no long-run mean is beyond it; not at all, for no trace holds the quantity."""


class Meaning(NamedTuple):
    """A symbol of a formula, in words and units."""

    symbol: sp.Basic
    words: str
    unit: str


class Margin(NamedTuple):
    """How far a finite simulation may be from a value that is right, apart from chance.

    Attributes
    ----------
    ends
        What the two ends of a run may add or take: in units of the value, times gradients; over a longer run
        it matters less.
    enough
        Gradients in a replica after which its mean is near enough to normal for an interval; infinite where
        the tails are so heavy that it never is.
    grain
        What the clock's nanosecond may add or take, in units of the value.
    error
        Of the value itself, where it is integrated numerically.
    """

    ends: float = 0.0
    enough: float = 0.0
    grain: float = 0.0
    error: float = 0.0


class Point(NamedTuple):
    """One number of a form for one scenario.

    Attributes
    ----------
    label
        Which of several numbers, such as ``"k = 3"``; empty where there is one.
    values
        The numbers to put in the place of the form's symbols.
    measure
        What to read off a trace instead; ``None`` where no trace holds it.
    known
        The number, where the form is not evaluated from ``values``.
    margin
        How near to it a simulation can come.
    """

    label: str
    values: Mapping[sp.Basic, Any]
    measure: Measure | None
    known: float | None = None
    margin: Margin = Margin()


@dataclass(frozen=True)
class ClosedForm:
    """A formula, and all that is needed to use it.

    Attributes
    ----------
    name
        Unique in the catalogue.
    quantity, unit
        What the formula gives.
    left, relation, expression
        The formula: ``left = expression``, ``left ≤ expression`` or ``left ≥ expression``.
    symbols
        What the symbols stand for.
    assumptions
        What must hold of a scenario.
    source
        The paper, or how it is derived.
    points
        The numbers that the form gives for a scenario that meets the assumptions.
    check
        How a simulation is held against them.
    numeric
        Whether the expression is evaluated by numerical integration.
    """

    name: str
    quantity: str
    unit: str
    left: sp.Expr
    expression: sp.Expr
    symbols: tuple[Meaning, ...]
    assumptions: tuple[Assumption, ...]
    source: str
    points: Callable[[Scenario], Iterator[Point]] = field(repr=False)
    relation: Literal["=", "≤", "≥"] = "="
    check: Check = "interval"
    numeric: bool = False

    def failing(self, scenario: Scenario) -> tuple[str, ...]:
        """Return why the scenario does not meet the assumptions: a clause for each that fails.

        That the run is too short is said only where nothing else is in the way.
        """
        for lengths in (False, True):
            asked = [each for each in self.assumptions if each.length is lengths]
            clauses = [reason for each in asked if (reason := each.why_not(scenario)) is not None]
            if clauses:
                return tuple(dict.fromkeys(clauses))
        return ()

    def latex(self) -> str:
        """Return the formula in LaTeX."""
        relation = {"=": "=", "≤": r"\le", "≥": r"\ge"}[self.relation]
        # SymPy spells the function's name out; every text writes H with an index.
        usual = self.expression.replace(sp.harmonic, lambda n: sp.Symbol(f"H_{{{sp.latex(n)}}}"))
        return f"{sp.latex(self.left)} {relation} {sp.latex(usual)}"

    def text(self, *, unicode: bool = True) -> str:
        """Return the formula in characters, on several lines where it has fractions or sums."""
        relation = {"=": sp.Eq, "≤": sp.Le, "≥": sp.Ge}[self.relation]
        shown = relation(self.left, self.expression, evaluate=False)
        return str(sp.pretty(shown, use_unicode=unicode, wrap_line=False))

    def line(self) -> str:
        """Return the formula on one line, as SymPy reads it."""
        relation = {"=": "=", "≤": "<=", "≥": ">="}[self.relation]
        return f"{self.left} {relation} {self.expression}"


@dataclass(frozen=True)
class Prediction:
    """One number that a closed form gives for a scenario.

    ``label`` tells several of one form apart.
    """

    form: ClosedForm
    label: str
    value: float
    measure: Measure | None = field(repr=False)
    margin: Margin = field(default=Margin(), repr=False)


def evaluate(expression: sp.Expr, values: Mapping[sp.Basic, Any]) -> float:
    """Return an expression's value with numbers (or lists, for indexed symbols) in its symbols' places.

    Evaluated by mpmath in 40 digits, for differences of large terms are common here.

    >>> K, P = sp.symbols("K P")
    >>> round(evaluate(sp.harmonic(P) - sp.harmonic(P - K), {P: 8, K: 4}), 4)
    0.6345
    """
    import mpmath

    with mpmath.workdps(40):
        exact = [
            mpmath.mpmathify(value) if isinstance(value, float | Fraction) else value
            for value in values.values()
        ]
        return float(sp.lambdify(list(values), expression, "mpmath")(*exact))

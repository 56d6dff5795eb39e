"""Closed forms beside the simulator: each with its formula, its assumptions and its source.

`applicable` says which hold for a scenario, with their values, and for the others which assumptions fail.
The forms themselves are in `sim.theory.catalogue`.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import sympy as sp

from sim.scenario import Scenario
from sim.theory.assumptions import Assumption
from sim.theory.measures import Measure

Check = Literal["interval", "exact", "bound", "mean bound", "none"]
"""How a simulation is held against a value: its confidence interval covers it; every run gives exactly it; no
run exceeds it; no long-run mean exceeds it; not at all, for no trace holds the quantity."""


class Meaning(NamedTuple):
    """A symbol of a formula, in words and units."""

    symbol: sp.Basic
    words: str
    unit: str


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
    """

    label: str
    values: Mapping[sp.Basic, Any]
    measure: Measure | None
    known: float | None = None


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
        The formula: ``left = expression`` or ``left ≤ expression``.
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
    relation: Literal["=", "≤"] = "="
    check: Check = "interval"
    numeric: bool = False

    def failing(self, scenario: Scenario) -> tuple[str, ...]:
        """Return why the scenario does not meet the assumptions: a clause for each that fails."""
        clauses = [reason for each in self.assumptions if (reason := each.why_not(scenario)) is not None]
        return tuple(dict.fromkeys(clauses))

    def latex(self) -> str:
        """Return the formula in LaTeX."""
        relation = {"=": "=", "≤": r"\le"}[self.relation]
        # SymPy spells the function's name out; every text writes H with an index.
        usual = self.expression.replace(sp.harmonic, lambda n: sp.Symbol(f"H_{{{sp.latex(n)}}}"))
        return f"{sp.latex(self.left)} {relation} {sp.latex(usual)}"

    def text(self) -> str:
        """Return the formula in characters, on several lines where it has fractions or sums."""
        relation = sp.Eq if self.relation == "=" else sp.Le
        shown = relation(self.left, self.expression, evaluate=False)
        return str(sp.pretty(shown, use_unicode=True, wrap_line=False))


@dataclass(frozen=True)
class Prediction:
    """One number that a closed form gives for a scenario.

    ``label`` tells several of one form apart.
    """

    form: ClosedForm
    label: str
    value: float
    measure: Measure | None = field(repr=False)


class Refusal(NamedTuple):
    """A closed form that does not apply, and why."""

    form: ClosedForm
    failing: tuple[str, ...]


class Theory(NamedTuple):
    """What is known of a scenario without simulating it."""

    predictions: tuple[Prediction, ...]
    refusals: tuple[Refusal, ...]


def evaluate(expression: sp.Expr, values: Mapping[sp.Basic, Any]) -> float:
    """Return an expression's value with numbers (or lists, for indexed symbols) in its symbols' places.

    Evaluated by mpmath in 40 digits, for differences of large terms are common here.

    >>> K, P = sp.symbols("K P")
    >>> round(evaluate(sp.harmonic(P) - sp.harmonic(P - K), {P: 8, K: 4}), 4)
    0.6345
    """
    import mpmath

    with mpmath.workdps(40):
        exact = [mpmath.mpf(value) if isinstance(value, float) else value for value in values.values()]
        return float(sp.lambdify(list(values), expression, "mpmath")(*exact))


def predictions(form: ClosedForm, scenario: Scenario) -> tuple[Prediction, ...]:
    """Return the numbers of one form for a scenario that meets its assumptions."""

    def value(point: Point) -> float:
        return evaluate(form.expression, point.values) if point.known is None else point.known

    return tuple(
        Prediction(form, point.label, value(point), point.measure)
        for point in form.points(scenario)
        if not math.isnan(value(point))
    )


def applicable(scenario: Scenario) -> Theory:
    """Return what the closed forms say of a scenario, and of those that say nothing, why not.

    Examples
    --------
    >>> from sim import Exponential, Scenario, Stop, Worker
    >>> eight = Scenario(workers=[Worker(name="w", count=8, compute=Exponential(mean=1.0))],
    ...                  stop=Stop(updates=10_000))
    >>> {p.form.name: p.value for p in applicable(eight).predictions}["async-time"]
    0.125
    """
    from sim.theory.catalogue import FORMS

    refusals = tuple(Refusal(form, form.failing(scenario)) for form in FORMS)
    found = [predictions(refusal.form, scenario) for refusal in refusals if not refusal.failing]
    return Theory(
        tuple(each for one in found for each in one),
        tuple(refusal for refusal in refusals if refusal.failing),
    )

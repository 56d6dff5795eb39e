"""Which closed forms hold for a scenario, with their values, and for the others which assumptions fail."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from sim.scenario import Scenario
from sim.theory.catalogue import FORMS
from sim.theory.form import ClosedForm, Point, Prediction, evaluate

ACCURACY: Final = 1e-6
"""Relative error beyond which an integral is not told as a number, for six digits are printed."""

SHORTEST: Final = 1e-6
"""Seconds; an update in less feels that the clock counts whole nanoseconds."""


class Refusal(NamedTuple):
    """A closed form that does not apply, and why."""

    form: ClosedForm
    failing: tuple[str, ...]


class Theory(NamedTuple):
    """What is known of a scenario without simulating it."""

    predictions: tuple[Prediction, ...]
    refusals: tuple[Refusal, ...]


def predictions(form: ClosedForm, scenario: Scenario) -> tuple[Prediction, ...]:
    """Return the numbers of one form for a scenario that meets its assumptions."""

    def value(point: Point) -> float:
        return evaluate(form.expression, point.values) if point.known is None else point.known

    return tuple(
        Prediction(form, point.label, value(point), point.measure, point.margin)
        for point in form.points(scenario)
    )


def _unusable(found: Sequence[Prediction]) -> str | None:
    """Say why numbers are not told: one is not known well enough, or beyond what the clock can show."""
    for each in found:
        if not math.isfinite(each.value) or each.margin.error > ACCURACY * abs(each.value):
            return (
                f"the integral cannot be had: {each.value:.3g} with an error of up to {each.margin.error:.2g}"
            )
        if each.form.unit == "s" and each.value < SHORTEST:
            return f"updates would take {each.value:.3g} s, near the clock's nanosecond"
    return None


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
    found: list[Prediction] = []
    refusals = []
    for form in FORMS:
        failing = form.failing(scenario)
        numbers = () if failing else predictions(form, scenario)
        if not failing and (reason := _unusable(numbers)):
            failing, numbers = (reason,), ()
        found += numbers
        if failing:
            refusals.append(Refusal(form, failing))
    return Theory(tuple(found), tuple(refusals))

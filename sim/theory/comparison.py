"""Closed forms against simulations: independent replicas, warm-up left out, a verdict for each number."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sim.engine import simulate
from sim.scenario import Scenario
from sim.scenario.chance import without_chance
from sim.statistics import CONFIDENCE, Estimate
from sim.theory.form import Prediction
from sim.theory.lengths import WARM_UP
from sim.theory.measures import gradients
from sim.trace import Trace

Verdict = Literal["exact", "agrees", "by chance", "undecided", "disagrees", "no interval", "not simulated"]
"""``by chance``: outside its own interval, but not outside one as wide as so many comparisons ask for.
``undecided``: all replicas gave the same other number, so that there is no interval. ``no interval``: the
tails are so heavy that the means of such replicas are far from normal."""

CERTAINTY: Final = 0.999
"""Confidence with which no number of a comparison is said to disagree where all are right."""

REPLICAS: Final = 20

Simulate = Callable[[Scenario, int], Trace]


@dataclass(frozen=True)
class Finding:
    """A prediction and what the simulation gives instead.

    Attributes
    ----------
    prediction
        What the theory says.
    estimate
        What the replicas say, of exact laws and bounds the worst of them; ``None`` where nothing in a trace
        shows it.
    ends
        What the two ends of a run, the clock's grain and an integral's error may add to the estimate or take.
    p_value
        How likely an estimate so far off is, if the theory is right.
    verdict
        Whether they agree.
    """

    prediction: Prediction
    estimate: Estimate | None
    ends: float
    p_value: float
    verdict: Verdict

    @property
    def half_width(self) -> float:
        """Half the width of the confidence interval; without one, what the ends of a run may do."""
        width = 0.0 if self.estimate is None else self.estimate.half_width(CONFIDENCE)
        return width or self.ends


def unsimulated(predictions: Sequence[Prediction]) -> tuple[Finding, ...]:
    """Return the findings about a scenario that cannot be simulated."""
    return tuple(Finding(each, None, 0.0, math.nan, "not simulated") for each in predictions)


def compare(
    scenario: Scenario,
    predictions: Sequence[Prediction],
    replicas: int = REPLICAS,
    seed: int | None = None,
    *,
    family: int | None = None,
    confidence: float = CERTAINTY,
    run: Simulate = simulate,
) -> tuple[Finding, ...]:
    """Simulate a scenario several times and hold the predictions against the mean of what is measured.

    Parameters
    ----------
    scenario, predictions
        What to simulate, and what `sim.theory.applicable` says of it.
    replicas
        How many independent runs; replica r has the seed ``seed + r``. One is enough without chance.
    seed
        Of the first replica; the scenario's own where not given.
    family, confidence
        A number disagrees where its p-value is below ``(1 - confidence) / family``: by default, all numbers
        of this comparison are within their intervals together with that confidence (Bonferroni).
    run
        Instead of `sim.simulate`.
    """
    first = scenario.seed if seed is None else seed
    lone = without_chance(scenario)
    values: list[list[float]] = [[] for _ in predictions]
    counts = []
    for replica in range(1 if lone else replicas):
        trace = run(scenario, first + replica)
        warm = int(WARM_UP * trace.updates)
        counts.append(gradients(trace, warm))
        for prediction, seen in zip(predictions, values, strict=True):
            if prediction.measure is not None:
                seen.append(prediction.measure(trace, warm) if trace.updates else math.nan)
    level = (1 - confidence) / (family or max(1, len(predictions)))
    least = min(counts)
    return tuple(
        _finding(prediction, seen, least, level) for prediction, seen in zip(predictions, values, strict=True)
    )


def _finding(prediction: Prediction, seen: Sequence[float], counted: int, level: float) -> Finding:
    """Judge one number, of replicas in which at least so many gradients were counted."""
    if not seen or any(map(math.isnan, seen)):
        return Finding(prediction, None, 0.0, math.nan, "not simulated")
    value, check, margin = prediction.value, prediction.form.check, prediction.margin
    side = {"≤": 1, "≥": -1, "=": 0}[prediction.form.relation]
    estimate = Estimate.of(seen)
    if check in {"exact", "bound"}:
        worst = max(seen, key=lambda each: side * each if side else abs(each - value))
        off = side * (worst - value) if side else abs(worst - value)
        holds = off <= margin.grain + 1e-9 * (1 + abs(value))
        extreme = Estimate(worst, 0.0, len(seen))
        return Finding(prediction, extreme, 0.0, float(holds), "exact" if holds else "disagrees")
    ends = margin.ends / counted + margin.grain + margin.error
    off = estimate.mean - value
    if abs(off) <= ends or (side and side * off <= 0):
        return Finding(prediction, estimate, ends, 1.0, "agrees")
    if len(seen) > 1 and margin.enough > counted:
        return Finding(prediction, estimate, ends, math.nan, "no interval")
    p_value = estimate.p_value(value + math.copysign(ends, off))
    if len(seen) > 1 and estimate.error == 0 and not p_value:
        return Finding(prediction, estimate, ends, p_value, "undecided")
    inside = p_value >= 1 - CONFIDENCE
    verdict: Verdict = "agrees" if inside else "by chance" if p_value >= level else "disagrees"
    return Finding(prediction, estimate, ends, p_value, verdict)

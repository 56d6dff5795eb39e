"""Closed forms against simulations: independent replicas, warm-up left out, a verdict for each number."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sim.engine import simulate
from sim.scenario import Scenario
from sim.scenario.durations import Distribution
from sim.theory.form import Prediction
from sim.theory.statistics import Estimate
from sim.trace import Trace

Verdict = Literal["exact", "agrees", "by chance", "undecided", "disagrees", "not simulated"]
"""``by chance``: outside its own interval, but not outside one as wide as so many comparisons ask for.
``undecided``: all replicas gave the same other number, so that there is no interval."""

CONFIDENCE: Final = 0.95
WARM_UP: Final = 0.1
"""Share of the updates that is left out at the start of each replica."""

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
        What the two ends of a run without chance may add to or take from the estimate; 0 with chance.
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
        """Half the width of the confidence interval, or what the ends of a run without chance may do."""
        return self.ends if self.estimate is None else max(self.ends, self.estimate.half_width(CONFIDENCE))


def without_chance(scenario: Scenario) -> bool:
    """Whether nothing in a scenario is drawn at random, so that all seeds give one trace."""
    random = any(
        isinstance(worker.compute, Distribution) and worker.compute.kind != "constant"
        for worker in scenario.workers
    )
    costly = isinstance(scenario.server.apply, Distribution) and scenario.server.apply.kind != "constant"
    return not (random or costly or any(worker.failures or worker.slowdowns for worker in scenario.workers))


def compare(
    scenario: Scenario,
    predictions: Sequence[Prediction],
    replicas: int = REPLICAS,
    seed: int | None = None,
    *,
    family: int | None = None,
    confidence: float = CONFIDENCE,
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
        counts.append(trace.updates - warm)
        for prediction, seen in zip(predictions, values, strict=True):
            if prediction.measure is not None:
                seen.append(prediction.measure(trace, warm) if trace.updates else math.nan)
    level = (1 - confidence) / (family or max(1, len(predictions)))
    share = scenario.size / max(1, min(counts)) if lone else 0.0
    return tuple(
        _finding(prediction, seen, share, level) for prediction, seen in zip(predictions, values, strict=True)
    )


def _finding(prediction: Prediction, seen: Sequence[float], share: float, level: float) -> Finding:
    """Judge one number; ``share`` is that of the gradients at the ends of a run without chance."""
    if not seen or any(map(math.isnan, seen)):
        return Finding(prediction, None, 0.0, math.nan, "not simulated")
    value, check = prediction.value, prediction.form.check
    estimate = Estimate.of(seen)
    if check in {"exact", "bound"}:
        worst = max(seen) if check == "bound" else max(seen, key=lambda each: abs(each - value))
        off = worst - value if check == "bound" else abs(worst - value)
        holds = off <= 1e-9 * (1 + value)  # a tick of the clock aside, which rounds instants
        extreme = Estimate(worst, 0.0, len(seen))
        return Finding(prediction, extreme, 0.0, float(holds), "exact" if holds else "disagrees")
    ends = (1 + abs(value)) * share
    off = estimate.mean - value
    if (check == "mean bound" and off <= 0) or abs(off) <= ends:
        return Finding(prediction, estimate, ends, 1.0, "agrees")
    p_value = estimate.p_value(value)
    if len(seen) > 1 and estimate.error == 0 and not p_value:
        return Finding(prediction, estimate, ends, p_value, "undecided")
    inside = p_value >= 1 - CONFIDENCE
    verdict: Verdict = "agrees" if inside else "by chance" if p_value >= level else "disagrees"
    return Finding(prediction, estimate, ends, p_value, verdict)

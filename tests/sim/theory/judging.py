"""Whether predictions hold, judged so that chance hardly ever says no."""

from collections.abc import Sequence

from sim import Scenario, SimError
from sim.theory import Prediction
from sim.theory.comparison import Finding, compare

REPLICAS = 8
WRONG = {"disagrees", "undecided"}


def disagreeing(scenario: Scenario, predicted: Sequence[Prediction], seed: int) -> list[Finding]:
    """Return what disagrees, and does so again with other seeds: by chance once in a million scenarios."""
    if not predicted:
        return []
    try:
        found = compare(scenario, predicted, REPLICAS, seed, confidence=0.99)
        again = [each.prediction for each in found if each.verdict in WRONG]
        if not again:
            return []
        family = len(predicted)
        found = compare(scenario, again, 3 * REPLICAS, seed + 1000, family=family, confidence=0.9999)
    except SimError:  # a heavy tail's draw beyond the clock
        return []
    return [each for each in found if each.verdict in WRONG]

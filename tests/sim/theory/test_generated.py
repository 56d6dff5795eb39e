"""No form that says it applies to a scenario disagrees with the simulation of it, whatever the scenario."""

from hypothesis import given, note, settings

from sim import Scenario, SimError
from sim.theory import applicable
from sim.theory.comparison import Finding, compare
from tests.sim.theory import scenarios

REPLICAS = 8
SUSPICION = 0.99
CERTAINTY = 0.9999


def disagreeing(scenario: Scenario) -> list[Finding]:
    """Return what disagrees, and does so again with other seeds: by chance once in millions of scenarios."""
    predicted = applicable(scenario).predictions
    if not predicted:
        return []
    try:
        found = compare(scenario, predicted, REPLICAS, confidence=SUSPICION)
        again = [each.prediction for each in found if each.verdict in {"disagrees", "undecided"}]
        if not again:
            return []
        found = compare(
            scenario, again, 3 * REPLICAS, scenario.seed + 1000, family=len(predicted), confidence=CERTAINTY
        )
    except SimError:  # a heavy tail's draw beyond the clock
        return []
    return [each for each in found if each.verdict in {"disagrees", "undecided"}]


@given(scenarios.any_scenario(400 if settings.default.max_examples <= 100 else 4000))
@settings(max_examples=max(40, settings.default.max_examples // 2))
def test_no_form_that_applies_disagrees(scenario: Scenario) -> None:
    wrong = disagreeing(scenario)
    for each in wrong:
        note(f"{each.prediction}: {each.estimate} ± {each.half_width}")
    assert not wrong

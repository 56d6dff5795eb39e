"""No form that says it applies to a scenario disagrees with the simulation of it, whatever the scenario."""

from hypothesis import given, note, settings

from sim import Scenario
from sim.theory import applicable
from tests.sim.theory import scenarios
from tests.sim.theory.judging import disagreeing


@given(scenarios.any_scenario(400 if scenarios.SHORT else 4000))
@settings(max_examples=scenarios.examples(30))
def test_no_form_that_applies_disagrees(scenario: Scenario) -> None:
    wrong = disagreeing(scenario, applicable(scenario).predictions, scenario.seed)
    for each in wrong:
        note(f"{each.prediction}: {each.estimate} ± {each.half_width}")
    assert not wrong

"""What was handed in, beside ours: a number of ours that changes turns its verdict."""

import json
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from analysis.cli import cli
from analysis.report import Claim, Found, Ours, Printed, Verdict, judge, judged
from analysis.report.claims import at, tally
from analysis.report.commands import COMMANDS, commands_for
from analysis.report.handed_in import CLAIMS
from tests.commands import ROOT, run_python

KEY_NUMBERS = {
    "1.2": ("20 of 20",),
    "1.3": ("2 of 2", "4 of 4"),
    "1.4": ("0.377492", "degree 8"),
    "1.5": ("0.390883", "0.387058"),
    "4.1": ("143,652,544", "16,542,184"),
    "4.2": ("1,115,684,864", "397,410,304"),
    "5": ("staleness",),
}

DETERMINED = [claim for claim in CLAIMS if claim.must in {Verdict.EQUAL, Verdict.WRONG} and claim.truth]
REPLAYED = [claim for claim in CLAIMS if claim.recipe]


def plain(found: Found) -> dict[str, Any]:
    """Return a copy of the results that may be changed."""
    copied: dict[str, Any] = json.loads(json.dumps(found.results))
    copied["scores"]["is_diabetes"] = True
    return copied


def put(results: dict[str, Any], path: str, value: object) -> None:
    *way, last = path.split(".")
    place = at(results, ".".join(way))
    place[int(last) if isinstance(place, list) else last] = value


def one_off(printed: Printed) -> Fraction:
    """Return one in the last digit, or, where floats have no such digit, a little more."""
    return max(printed.place, abs(printed.value) / 10**14)


def name(claim: Claim) -> str:
    return f"{claim.question} {claim.what}"


def test_every_number_that_is_determined_is_reproduced(found: Found) -> None:
    assert found.broken == ()


@pytest.mark.parametrize("claim", DETERMINED, ids=name)
def test_another_number_of_ours_turns_the_verdict(claim: Claim, found: Found) -> None:
    results = plain(found)
    printed = Printed.read(claim.number)
    other: Any = "another"
    if printed is not None:
        step = one_off(printed)
        other = float(printed.value + (step if claim.must is Verdict.EQUAL else 0))
    put(results, claim.truth, other)
    (each,) = judged([claim], results)
    assert each.verdict is not claim.must
    assert each.verdict in {Verdict.EQUAL, Verdict.WRONG}
    assert not each.reproduced


@pytest.mark.parametrize("claim", REPLAYED, ids=name)
def test_a_recipe_that_gives_another_number_is_noticed(claim: Claim, found: Found) -> None:
    results = plain(found)
    printed = Printed.read(claim.printed)
    assert printed is not None
    put(results, claim.recipe, float(printed.value + one_off(printed)))
    (each,) = judged([claim], results)
    assert not each.reproduced


def test_a_noisy_number_goes_through_all_verdicts_as_ours_moves_away(found: Found) -> None:
    (claim,) = (claim for claim in CLAIMS if claim.question == "1.4" and claim.what == "g₈, MSE")
    seen = []
    for off in (0.0, 0.5, 1.5, 2.5):
        results = plain(found)
        put(results, claim.truth, float(claim.printed) + off * at(results, claim.error))
        seen += [each.verdict for each in judged([claim], results)]
    assert seen == [Verdict.EQUAL, Verdict.WITHIN, Verdict.UNDECIDED, Verdict.WRONG]


def test_without_its_data_a_number_is_shown_and_undecided(found: Found) -> None:
    results = plain(found)
    results["scores"]["is_diabetes"] = False
    told = judged((claim for claim in CLAIMS if claim.needs == "scores.is_diabetes"), results)
    assert len(told) == 8
    assert {each.verdict for each in told} == {Verdict.UNDECIDED}
    assert all(each.reproduced for each in told)


def test_the_verdicts_of_the_assignment(found: Found) -> None:
    wrong = {name(each.claim) for each in found.claims if each.verdict is Verdict.WRONG}
    assert "5 g[L2, 2]" in wrong
    assert {f"4.2 {net}: operations" for net in ("naive", "reduced")} <= wrong
    not_shown = {name(each.claim) for each in found.claims if each.verdict is Verdict.NOT_SHOWN}
    assert {"1.5 L2 less g₁₀, MSE", "3.1 lr_min"} <= not_shown
    assert sum(tally(found.claims).values()) == len(CLAIMS)


def test_no_claim_stands_twice() -> None:
    assert len({name(claim) for claim in CLAIMS}) == len(CLAIMS)


def test_the_reason_of_every_claim_is_written(found: Found) -> None:
    from analysis.report.writing import reasons

    sentence = reasons({**found.results})
    for reason in {claim.reason for claim in CLAIMS} - {""}:
        if reason != "gain" or found.results["scores"]["is_diabetes"]:
            assert sentence(reason).endswith(".")


def test_judging_is_a_pure_function() -> None:
    ours = Ours(0.377492, 0.0093)
    assert judge("0.376269", ours) == judge("0.376269", ours)


def test_every_question_has_the_commands_that_give_its_numbers() -> None:
    assert {claim.question for claim in CLAIMS} <= COMMANDS.keys()


@pytest.mark.parametrize("question", [question for question in COMMANDS if question[0] in "145"])
def test_the_commands_of_a_question_run_and_print_its_numbers(
    question: str, found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    printed = ""
    for command in commands_for(question, found.scale, found.results):
        done = run_python(*command.split()[1:], env={"COLUMNS": "200"})
        assert (done.returncode, done.stderr) == (0, "")
        printed += done.stdout
    for number in KEY_NUMBERS[question]:
        assert number in printed


@pytest.mark.parametrize("question", [question for question in COMMANDS if question[0] in "23"])
def test_the_commands_of_longer_questions_have_such_options(question: str, found: Found) -> None:
    for command in commands_for(question, found.scale, found.results):
        program, *arguments = command.split()[3:]
        known = {
            option
            for parameter in cli.commands[program].params
            for option in (*parameter.opts, *parameter.secondary_opts)
        }
        assert {argument for argument in arguments if argument.startswith("--")} <= known

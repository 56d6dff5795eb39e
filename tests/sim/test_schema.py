"""The JSON schema never refuses what is a scenario, and underlines what an editor should."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from sim import Scenario, ScenarioError
from sim.cli import main
from sim.scenario.schema import MODELS, schema
from tests.sim import bad_input, strategies

jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema, of the extra `dev`")

VALIDATOR = jsonschema.Draft7Validator(schema())
HEAD = "stop = {time = 9}\n"
ONE = "[[workers]]\nname = 'a'\n"
TIMES = "worker,seconds\na,1\na,2\n"


def takes(data: Any) -> bool:  # noqa: ANN401 -- what TOML may hold
    return bool(VALIDATOR.is_valid(data))


def test_it_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(schema())


@pytest.mark.parametrize("path", bad_input.EXAMPLES, ids=lambda path: str(path.stem))
def test_the_examples_are_taken(path: Path) -> None:
    assert takes(tomllib.loads(path.read_text(encoding="utf-8")))
    assert takes(Scenario.load(path).to_data())


@given(strategies.asynchronous)
def test_what_a_scenario_writes_is_taken(scenario: Scenario) -> None:
    assert takes(scenario.to_data())


@given(bad_input.changed_examples())
def test_it_refuses_nothing_that_is_a_scenario(content: bytes) -> None:
    try:
        data = tomllib.loads(content.decode())
        Scenario.from_data(data)
    except (ValueError, RecursionError):
        return
    assert takes(data)


@pytest.mark.parametrize(
    "text",
    [
        *(
            f"{HEAD}protocol = {{kind = 'k-async', k = {k}}}\n{ONE}compute = 1"
            for k in ("1", "'all'", "'P/1'")
        ),
        f"{HEAD}protocol = {{kind = 'ssp', slack = 3}}\n{ONE}compute = '12 ms'",
        f"{HEAD}protocol = {{kind = 'softsync', n = 1}}\n{ONE}compute = ['1 s', 2]",
        f"{HEAD}protocol = {{k = 1, after_push = 'wait'}}\n{ONE}compute = {{csv = 'times.csv'}}",
        f"{HEAD}network = {{bandwidth = '10 Gbit/s', gradient_bytes = '1 MB'}}\n{ONE}compute = 1",
        f"{HEAD}[[workers]]\ncsv = 'times.csv'\nspeed = [[0, 1], ['2 s', 0.5]]\noffline = [[1, '2 s']]",
        f"{HEAD}{ONE}compute = {{kind = 'pareto', mean = '1 s', shape = 2}}",
        f"{HEAD}{ONE}compute = {{kind = 'pareto', minimum = 1, shape = 2}}",
        f"{HEAD}{ONE}compute = {{kind = 'empirical', csv = 'times.csv', column = 'seconds'}}",
        f"{HEAD}{ONE}compute = {{kind = 'empirical', values = [1, '2 s']}}",
        f"{HEAD}{ONE}compute = 1\nfailures = {{mtbf = 5, repair = {{kind = 'exponential', mean = 1}}}}",
    ],
)
def test_every_way_to_write_it_is_taken(
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "times.csv").write_text(TIMES)
    data = tomllib.loads(text)
    Scenario.from_data(data)
    assert takes(data)


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}tittle = 'x'\n{ONE}compute = 1",
        f"{HEAD}{ONE}compute = 1\nspede = 2",
        f"{HEAD}{ONE}compute = -1",
        f"{HEAD}{ONE}compute = '12 parsec per'",
        f"{HEAD}{ONE}compute = true",
        f"{HEAD}{ONE}",
        f"{HEAD}{ONE}compute = {{kind = 'gama', mean = 1}}",
        f"{HEAD}{ONE}compute = {{kind = 'gamma', mean = 1}}",
        f"{HEAD}{ONE}compute = {{kind = 'pareto', mean = 1, minimum = 1, shape = 2}}",
        f"{HEAD}{ONE}compute = {{csv = 'times.csv', mean = 1}}",
        f"{HEAD}[[workers]]\ncsv = 'times.csv'\nname = 'a'",
        f"{HEAD}protocol = {{kind = 'bsq'}}\n{ONE}compute = 1",
        f"{HEAD}protocol = {{kind = 'bsp', k = 3}}\n{ONE}compute = 1",
        f"{HEAD}protocol = {{kind = 'k-sync'}}\n{ONE}compute = 1",
        f"{HEAD}protocol = {{kind = 'k-sync', k = 'P/0'}}\n{ONE}compute = 1",
        "stop = {tim = 9}\n" + f"{ONE}compute = 1",
        "workers = []",
    ],
)  # fmt: skip
def test_what_a_field_may_not_be_is_refused(text: str) -> None:
    data = tomllib.loads(text)
    with pytest.raises(ScenarioError):
        Scenario.from_data(data)
    assert not takes(data)


def test_every_field_is_explained() -> None:
    made = schema()
    for model in MODELS:
        own = made if model is Scenario else made["definitions"][model.__name__]
        tables = own.get("anyOf", [own])
        assert own["description"]
        for name in model.model_fields:
            assert any(name in table["properties"] for table in tables), f"{model.__name__}.{name}"


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == schema()

"""A scenario is the same from Python and from TOML, and a wrong one says what is wrong, and where."""

from pathlib import Path

import pytest
from hypothesis import given

from sim import (
    Empirical,
    Exponential,
    Network,
    Protocol,
    Scenario,
    ScenarioError,
    Stop,
    Worker,
)
from tests.sim import strategies

TWO_LEARNERS = Scenario(
    title="Two learners, one server",
    seed=0,
    protocol=Protocol(kind="async"),
    workers=[
        Worker(name="L1", compute=1.0, gradients=4),
        Worker(name="L2", compute=2.5, gradients=2),
    ],
    stop=Stop(time=60.0),
)


def test_the_example_file_equals_its_python() -> None:
    assert Scenario.load("examples/two-learners.toml") == TWO_LEARNERS


@given(strategies.everything())
def test_toml_and_back_is_the_same_scenario(scenario: Scenario) -> None:
    assert Scenario.from_toml(scenario.to_toml()) == scenario
    assert hash(Scenario.from_toml(scenario.to_toml())) == hash(scenario)


@given(strategies.everything())
def test_nothing_in_a_scenario_can_be_changed(scenario: Scenario) -> None:
    with pytest.raises(ValueError, match="frozen"):
        scenario.seed = 1


def refusal(toml: str) -> list[str]:
    """Return the sentences with which a scenario is refused."""
    with pytest.raises(ScenarioError) as refused:
        Scenario.from_toml(toml)
    return str(refused.value).splitlines()


KINDS = "constant, exponential, shifted-exponential, uniform, gamma, lognormal, pareto, empirical"
OFFLINE = "workers[0].offline: "
BANDWIDTH = "workers[0].bandwidth: '10 apples' "
WAYS_TO_END = "give a time, updates or gradients to stop at, or the worker a number of gradients"
ONE = "[[workers]]\nname = 'w'\ngradients = 1\n"


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        (ONE, "workers[0].compute: is required"),
        (ONE + "compute = -2.0", "workers[0].compute: -2.0 must be positive"),
        (ONE + "compute = 0", "workers[0].compute: 0 must be positive"),
        (ONE + "compute = nan", "workers[0].compute: nan must be a finite number"),
        (ONE + "compute = inf", "workers[0].compute: inf must be a finite number"),
        (ONE + "compute = '1'", "workers[0].compute: '1' must be a valid number"),
        (ONE + "compute = true", "workers[0].compute: True must be a valid number"),
        (ONE + "compute = []", "workers[0].compute: must have at least 1 item(s), not 0"),
        (ONE + "compute = [1, -1]", "workers[0].compute[1]: -1 must be positive"),
        (
            ONE + "compute = {kind = 'expo', mean = 1}",
            "workers[0].compute.kind: 'expo' must be one of " + KINDS,
        ),
        (ONE + "compute = {mean = 1}", "workers[0].compute.kind: is required"),
        (
            ONE + "compute = {kind = 'exponential', mean = 1, shap = 2}",
            "workers[0].compute.shap: unknown key; did you mean 'shape'?",
        ),
        (
            ONE + "compute = {kind = 'shifted-exponential', shift = 1, mean = 1}",
            "workers[0].compute: mean 1.0 must be greater than shift 1.0: it is the mean of the whole",
        ),
        (
            ONE + "compute = {kind = 'uniform', low = 2, high = 1}",
            "workers[0].compute: low 2.0 must be less than high 1.0",
        ),
        (
            ONE + "compute = {kind = 'pareto', mean = 1, shape = 0.5}",
            "workers[0].compute: a pareto with mean 1 needs a shape greater than 1, not 0.5",
        ),
        (ONE + "compute = 1\nsped = 2", "workers[0].sped: unknown key; did you mean 'speed'?"),
        (ONE + "compute = 1\nspeed = 0", "workers[0].speed: 0 must be greater than 0"),
        (
            ONE + "compute = 1\nspeed = [[2, 1.0], [1, 0.5]]",
            "workers[0].speed: steps must begin at increasing seconds, not at [2.0, 1.0]",
        ),
        (
            ONE + "compute = 1\noffline = [[2, 3], [1, 4]]",
            OFFLINE + "intervals must be in order and apart, each from before to, not [2.0, 3.0, 1.0, 4.0]",
        ),
        (
            ONE + "compute = 1\njoins = 3\nleaves = 2",
            "workers[0]: leaves 2.0 must be later than joins 3.0",
        ),
        (ONE + "compute = 1\ncount = 0", "workers[0].count: 0 must be greater than or equal to 1"),
        (
            ONE + "compute = 1\ncount = 1000000000000",
            "workers[0].count: 1000000000000 must be less than or equal to 1000000",
        ),
        (
            ONE + "compute = 1\nbandwidth = '10 apples'",
            BANDWIDTH + "must be a number, in byte/second, or a text with a unit such as '10 Gbit/s'",
        ),
        (ONE + "compute = 1\n" + ONE + "compute = 1", "workers: 'w' is the name of more than one"),
        (
            ONE + "compute = 1\n[[workers]]\nname = 'v'\ncompute = 1\n",
            "stop: is required, for workers[1] never ends: " + WAYS_TO_END,
        ),
        (ONE + "compute = 1\n[stop]\ntime = 0", "stop.time: 0 must be positive"),
        ("", "workers: is required"),
        ("workers = []", "workers: must have at least 1 item(s), not 0"),
        ("workers = 3", "workers: 3 must be a valid tuple"),
        ("titel = 'x'\n" + ONE + "compute = 1", "titel: unknown key; did you mean 'title'?"),
        ("x =", "not TOML: Invalid value (at end of document)"),
    ],
)
def test_a_wrong_scenario_is_refused_in_one_sentence(toml: str, sentence: str) -> None:
    assert refusal(toml) == [sentence]


def test_all_faults_are_told_at_once() -> None:
    assert refusal(ONE + "compute = -1\nspeed = -1\n" + "[stop]\nupdates = 0") == [
        "workers[0].compute: -1 must be positive",
        "workers[0].speed: -1 must be greater than 0",
        "stop.updates: 0 must be greater than or equal to 1",
    ]


def test_a_constructor_refuses_with_the_same_sentence() -> None:
    with pytest.raises(ScenarioError, match=r"^compute: -2.0 must be positive$"):
        Worker(name="w", compute=-2.0)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ScenarioError, match=r"^no.toml: No such file or directory$"):
        Scenario.load("no.toml")


def test_a_fault_in_a_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(ONE)
    with pytest.raises(ScenarioError) as refused:
        Scenario.load(path)
    assert str(refused.value) == f"{path}: workers[0].compute: is required"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ScenarioError, match="not text in UTF-8"):
        Scenario.load(path)


def test_until_replaces_the_time_in_the_file() -> None:
    assert Scenario.load("examples/two-learners.toml", until=3.0).stop == Stop(time=3.0)


def test_units_are_converted() -> None:
    network = Network(gradient_bytes="574.7 MB", server_bandwidth="10 Gbit/s", weight_bytes=1)
    assert (network.gradient_bytes, network.server_bandwidth) == (574.7e6, 1.25e9)
    assert Network(gradient_bytes="1 MiB").gradient_bytes == 2**20


@pytest.mark.parametrize("text", ["100", "1e", "MB", "10 MB/s", "-1 MB", "2**99 MB", "1 MB; 2", "nan MB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match="gradient_bytes"):
        Network(gradient_bytes=text)


def test_measured_times_are_read_relative_to_the_scenario_file(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "times.csv").write_text("worker,seconds\na,1.0\nb,3.0\na,2.0\n")
    path = tmp_path / "s.toml"
    path.write_text(
        "[[workers]]\nname = 'a'\ncompute = {csv = 'data/times.csv'}\n"
        "[[workers]]\nname = 'any'\ncompute = {kind = 'empirical', csv = 'data/times.csv'}\ngradients = 2\n"
    )
    scenario = Scenario.load(path)
    assert scenario.workers[0].compute == (1.0, 2.0)
    assert scenario.workers[1].compute == Empirical(values=(1.0, 3.0, 2.0))
    assert Scenario.from_toml(scenario.to_toml()) == scenario


def test_a_file_of_measured_times_makes_a_worker_for_each_name(tmp_path: Path) -> None:
    (tmp_path / "times.csv").write_text("worker,seconds\na,1.0\nb,3.0\na,2.0\n")
    text = "[[workers]]\ncsv = 'times.csv'\nspeed = 2.0\n" + ONE + "compute = 1.0\n"
    assert Scenario.from_toml(text, tmp_path).workers == (
        Worker(name="a", compute=(1.0, 2.0), speed=2.0),
        Worker(name="b", compute=(3.0,), speed=2.0),
        Worker(name="w", compute=1.0, gradients=1),
    )
    with pytest.raises(ScenarioError, match="entry 0: csv already says name"):
        Scenario.from_toml("[[workers]]\ncsv = 'times.csv'\nname = 'a'\n", tmp_path)


@pytest.mark.parametrize(
    ("csv", "reason"),
    [
        (None, "No such file or directory"),
        ("worker,time\na,1\n", "has no column 'seconds', only worker, time"),
        ("worker,seconds\nb,1\n", "has no row for the worker 'a'"),
        ("worker,seconds\n", "has no rows"),
        ("worker,seconds\na,fast\n", "line 2: 'fast' must be a number of seconds"),
    ],
)
def test_measured_times_that_are_not_there_are_told(tmp_path: Path, csv: str | None, reason: str) -> None:
    if csv is not None:
        (tmp_path / "times.csv").write_text(csv)
    with pytest.raises(ScenarioError, match=reason):
        Scenario.from_toml("[[workers]]\nname = 'a'\ncompute = {csv = 'times.csv'}\n", tmp_path)


def test_a_bad_measured_time_is_refused_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "times.csv").write_text("worker,seconds\na,1\na,-1\n")
    with pytest.raises(ScenarioError, match=r"workers\[0\].compute\[1\]: -1.0 must be positive"):
        Scenario.from_toml("[[workers]]\nname = 'a'\ncompute = {csv = 'times.csv'}\n", tmp_path)


def test_a_million_workers_in_all_are_the_most() -> None:
    groups = [Worker(name=name, count=600_000, compute=1.0, gradients=1) for name in "ab"]
    with pytest.raises(ScenarioError, match="1200000 are too many, 1000000 is the most"):
        Scenario(workers=groups)


def test_a_worker_of_a_groups_member_name_is_refused() -> None:
    group = Worker(name="w", count=2, compute=1.0, gradients=1)
    with pytest.raises(ScenarioError, match="'w-2' is the name of more than one"):
        Scenario(workers=[group, Worker(name="w-2", compute=Exponential(mean=1.0), gradients=1)])

"""A scenario is the same from Python and from TOML, and a wrong one says what is wrong, and where."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from sim import (
    Empirical,
    Exponential,
    Network,
    Pareto,
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
DIGITS = "a whole number of 401 digits must "
HEXADECIMAL = "a whole number of 5179 digits must be a valid number"
N = "a whole number from 1 to 999999999"
LIST_OF_WORKERS = (
    "workers: must be a list of workers, not one: in TOML each begins with [[workers]], in double brackets"
)
MINIMUM = "workers[0].compute.minimum: is required"
OF_NETWORK = "bandwidth, gradient_bytes, latency, server_bandwidth, weight_bytes"
OFFLINE_0 = "workers[0].offline[0]: "
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
        (
            ONE + "compute = '1'",
            "workers[0].compute: '1' must be a number of seconds, or a text with a unit such as '12 ms'",
        ),
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
            "workers[0].compute.shap: unknown key; known are kind, mean",
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
            BANDWIDTH + "must be a number of bytes a second, or a text with a unit such as '10 Gbit/s'",
        ),
        (ONE + "compute = 1\n" + ONE + "compute = 1", "workers: 'w' is the name of more than one"),
        (
            ONE + "compute = 1\n[[workers]]\nname = 'v'\ncompute = 1\n",
            "stop: is required, for workers[1] never ends: " + WAYS_TO_END,
        ),
        (ONE + "compute = 1\n[stop]\ntime = 0", "stop.time: 0 must be positive"),
        ("", "workers: is required"),
        ("workers = []", "workers: must have at least 1 item(s), not 0"),
        ("workers = 3", "workers: 3 must be a list"),
        ("titel = 'x'\n" + ONE + "compute = 1", "titel: unknown key; did you mean 'title'?"),
        ("x =", "not TOML: Invalid value (at end of document)"),
        (
            "[workers]\nname = 'w'\ncompute = 1\n",
            LIST_OF_WORKERS,
        ),
        ("workers = ['w']", "workers[0]: 'w' must be a table of keys and values"),
        (ONE + "compute = 1\n[[stop]]\ntime = 1", "stop: a list must be a table of keys and values"),
        (ONE + "compute = 1\noffline = {from = 1, to = 2}", OFFLINE + "a table must be a list"),
        (ONE + "compute = 1\noffline = [[1, 2, 3]]", OFFLINE_0 + "must have at most 2 item(s), not 3"),
        (
            ONE + "compute = 1\n[network]\nkind = 'fast'",
            "network.kind: unknown key; known are " + OF_NETWORK,
        ),
        (ONE + "compute = 1\n[network]\nlatncy = 1", "network.latncy: unknown key; did you mean 'latency'?"),
        (
            ONE + "compute = {kind = 'pareto', minium = 1, shape = 2}",
            f"{MINIMUM}\nworkers[0].compute.minium: unknown key; did you mean 'minimum'?",
        ),
        (
            ONE + "compute = 1\nspeed = {kind = 'fast'}",
            "workers[0].speed: a table must be a number or a list",
        ),
        (ONE + "compute = {kind = 3}", "workers[0].compute.kind: 3 must be one of " + KINDS),
        (ONE + "compute = {kind = [[[]]]}", "workers[0].compute.kind: a list must be one of " + KINDS),
        (ONE + "compute = 1\n[protocol]\nkind = 'softsync'\nn = 'a'", "protocol.n: 'a' must be " + N),
        (ONE + "compute = 1\n[protocol]\nkind = 'softsync'\nn = true", "protocol.n: True must be " + N),
        (ONE + "compute = 1\n[protocol]\nkind = 'softsync'\nn = 0", "protocol.n: 0 must be " + N),
        (
            ONE + "compute = 1\n[protocol]\nkind = 'softsync'\nn = 1\nk = 1",
            "protocol: softsync takes n, not k",
        ),
        (
            ONE + "compute = {csv = 't.csv', column = 'x'}",
            "workers[0].compute.column: unknown key beside csv, whose columns are worker and seconds",
        ),
        (ONE + "compute = {csv = 3}", "workers[0].compute: csv 3 must be the name of a file"),
        (
            ONE + 'compute = {csv = "a\\u0000b"}',
            "workers[0].compute: csv 'a\\x00b' must be the name of a file",
        ),
        (
            ONE + "compute = {kind = 'empirical', csv = 't.csv', column = 1}",
            "workers[0].compute.column: 1 must be the name of a column",
        ),
        (
            ONE + f"compute = {{kind = 'pareto', mean = 1{'0' * 400}, shape = 2}}",
            "workers[0].compute.mean: a whole number of 401 digits must be a finite number",
        ),
        (
            ONE + "compute = {kind = 'pareto', mean = 1, shape = true}",
            "workers[0].compute.shape: True must be a finite number",
        ),
        (ONE + f"compute = 1{'0' * 400}", "workers[0].compute: " + DIGITS + "be a valid number"),
        (ONE + f"compute = 1\nspeed = 1{'0' * 400}", "workers[0].speed: " + DIGITS + "be a valid number"),
        (
            ONE + f"compute = 1\ncount = 1{'0' * 400}",
            "workers[0].count: " + DIGITS + "be less than or equal to 1000000",
        ),
        (
            f"seed = 1{'0' * 400}\n" + ONE + "compute = 1",
            f"seed: {DIGITS}be less than or equal to {2**128 - 1}",
        ),
        ("seed = 1.5\n" + ONE + "compute = 1", "seed: 1.5 must be a valid integer"),
        (
            ONE + f"compute = {'[' * 5000}{']' * 5000}",
            "not TOML: lists or tables are nested too deeply",
        ),
        ("\n" + ONE + f"compute = {'1' * 4301}", "not TOML: the number in line 5 has more than 4300 digits"),
        (ONE + f"compute = 0x{'f' * 4301}", "workers[0].compute: " + HEXADECIMAL),
        (
            f"[[workers]]\nname = '{'n' * 201}'\ngradients = 1\ncompute = 1\n",
            "workers[0].name: must have at most 200 character(s), not 201",
        ),
        (
            '[[workers]]\nname = "a\\u0007"\ngradients = 1\ncompute = 1\n',
            "workers[0].name: 'a\\x07' must hold no control characters",
        ),
        (
            '[[workers]]\nname = "a\\u202Eb"\ngradients = 1\ncompute = 1\n',
            "workers[0].name: 'a\\u202eb' must hold no control characters",
        ),
        (
            'title = "\\u001b[31m"\n' + ONE + "compute = 1",
            "title: '\\x1b[31m' must hold no control characters",
        ),
    ],
)
def test_a_wrong_scenario_is_refused_in_one_sentence(toml: str, sentence: str) -> None:
    assert refusal(toml) == sentence.splitlines()


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
    assert Scenario.load("examples/two-learners.toml", settings={"stop.time": 3.0}).stop == Stop(time=3.0)


def test_a_file_may_begin_with_a_byte_order_mark_and_end_its_lines_as_windows_does(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_bytes(("\ufeff" + TWO_LEARNERS.to_toml()).replace("\n", "\r\n").encode())
    assert Scenario.load(path) == TWO_LEARNERS


def test_a_text_without_end_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"^/dev/zero: File too large$"):
        Scenario.load("/dev/zero")


def test_until_with_a_stop_that_is_none_is_refused_for_that() -> None:
    with pytest.raises(ScenarioError, match=r"^stop.time: stop is 3, which has no keys: set stop itself$"):
        Scenario.from_toml("stop = 3\n" + ONE + "compute = 1", settings={"stop.time": 1.0})


def test_one_worker_is_no_list_of_workers() -> None:
    with pytest.raises(ScenarioError, match="workers: must be a list of workers, not one"):
        Scenario(workers=Worker(name="w", compute=1.0, gradients=1))


def test_numbers_of_numpy_are_numbers() -> None:
    worker = Worker(name="w", compute=np.float32(0.5), gradients=np.int64(3), speed=np.int8(2))
    scenario = Scenario(
        seed=np.uint64(2**63), workers=[worker], protocol={"kind": "fedbuff", "k": np.int64(2)}
    )
    same = Worker(name="w", compute=0.5, gradients=3, speed=2.0)
    assert scenario == Scenario(seed=2**63, workers=[same], protocol=Protocol.k_batch_async(2))
    assert Scenario.from_toml(scenario.to_toml()) == scenario


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("574.7 MB", 574.7e6),
        ("1 KB", 1e3),
        ("1 kB", 1e3),
        ("1 KiB", 2**10),
        ("1 MiB", 2**20),
        ("1 Gib", 2**30 / 8),
        ("1 Gb", 1e9 / 8),
        ("8 Mbit", 1e6),
        (".5 GB", 0.5e9),
        ("1_000 bytes", 1e3),
        ("2 megabytes", 2e6),
        ("0 GB", 0.0),
        ("0e999999999 B", 0.0),
        ("3B", 3.0),
    ],
)
def test_a_size_is_what_the_field_means_by_it(text: str, size: float) -> None:
    assert Network(gradient_bytes=text).gradient_bytes == size


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("10 Gbit/s", 1.25e9),
        ("10 Gb/s", 1.25e9),
        ("10Gbps", 1.25e9),
        (".5 GB/s", 5e8),
        ("6 GB / min", 1e8),
        ("1 MBps", 1e6),
        ("1 GiB/sec", 2**30),
    ],
)
def test_a_rate_is_what_the_field_means_by_it(text: str, rate: float) -> None:
    assert Network(bandwidth=text).bandwidth == rate


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12 ms", 0.012), ("5us", 5e-6), ("5 µs", 5e-6), ("7 ns", 7e-9), ("1.5 min", 90.0), ("1 h", 3600.0)],
)
def test_a_time_takes_a_unit_wherever_it_stands(text: str, seconds: float) -> None:
    worker = Worker(
        name="w",
        compute={"kind": "exponential", "mean": text},
        offline=[(text, 2e4)],
        slowdowns={"every": text, "lasting": [1, text][1], "factor": 0.5},
    )
    assert worker.compute == Exponential(mean=seconds)
    assert worker.offline == ((seconds, 2e4),)
    assert worker.slowdowns is not None
    assert worker.slowdowns.every == worker.slowdowns.lasting == seconds
    assert Worker(name="w", compute=[text, 1.0]).compute == (seconds, 1.0)
    assert (Stop(time=text).time, Network(latency=text).latency) == (seconds, seconds)
    pareto = Worker(name="w", compute={"kind": "pareto", "mean": text, "shape": 2.0})
    assert pareto.compute == Pareto(minimum=seconds / 2, shape=2.0)
    assert Scenario.load("examples/two-learners.toml", settings={"stop.time": text}).stop == Stop(
        time=seconds
    )


@pytest.mark.parametrize(
    "text",
    [
        *("100", "1e", "MB", "10 MB/s", "-1 MB", "2**99 MB", "1 MB; 2", "nan MB", "8 count", "1 apple"),
        *("1 s", "1 MB MB", "1 /s", "1 barn", "", " ", "1" * 5000 + " MB", "1e999999999 MB", "1 mB", "1\n"),
    ],
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match=r"^gradient_bytes: .* must be (a|less|finite)") as refused:
        Network(gradient_bytes=text)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("text", ["100", "12 MB", "ms", "1 s/s", "-1 s", "1 month", "1:30"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(
        ScenarioError, match="must be a number of seconds, or a text with a unit such as '12 ms'"
    ):
        Worker(name="w", compute=text)


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
        ("worker,seconds\na,1_000\n", "line 2: '1_000' must be a number of seconds"),
        ("worker,seconds\na,1\n\na,1,7\n", "line 4: has 3 cells, and the header 2 columns"),
        ("worker,seconds,seconds\na,1,2\n", "has more than one column 'seconds'"),
        ('worker,seconds\n"a,1\n', "line 2: unexpected end of data"),
        ("worker,seconds\na,1\na,-1\n", "line 3: '-1' must be from 1e-09 to 1e\\+09 seconds"),
        ("worker,seconds\na,1e400\n", "line 2: '1e400' must be from 1e-09"),
    ],
)
def test_measured_times_that_are_not_there_are_told(tmp_path: Path, csv: str | None, reason: str) -> None:
    if csv is not None:
        (tmp_path / "times.csv").write_text(csv)
    with pytest.raises(ScenarioError, match=reason):
        Scenario.from_toml("[[workers]]\nname = 'a'\ncompute = {csv = 'times.csv'}\n", tmp_path)


def test_blanks_around_names_and_columns_mean_nothing(tmp_path: Path) -> None:
    (tmp_path / "times.csv").write_text("worker , seconds\na,1.5\na , +.5e0\n")
    (worker,) = Scenario.from_toml("[[workers]]\ncsv = 'times.csv'\n", tmp_path).workers
    assert (worker.name, worker.compute) == ("a", (1.5, 0.5))


def test_a_million_workers_in_all_are_the_most() -> None:
    groups = [Worker(name=name, count=600_000, compute=1.0, gradients=1) for name in "ab"]
    with pytest.raises(ScenarioError, match="1200000 are too many, 1000000 is the most"):
        Scenario(workers=groups)


def test_a_worker_of_a_groups_member_name_is_refused() -> None:
    group = Worker(name="w", count=2, compute=1.0, gradients=1)
    with pytest.raises(ScenarioError, match="'w-2' is the name of more than one"):
        Scenario(workers=[group, Worker(name="w-2", compute=Exponential(mean=1.0), gradients=1)])

"""Predictions agree with records of the cluster that was calibrated on, and count staleness as these do."""

import json
from pathlib import Path

import numpy as np
import pytest

from sim import Protocol, Trace, TraceError, simulate
from sim.calibration.fitted import calibrate
from sim.calibration.predict import Figure, Row, predict, settings, staleness_as_sent
from sim.cli import main
from tests.sim.calibration.runs import LATENCY, asked, recorded
from tests.sim.calibration.test_fitted import LARGE, SMALL

FITTED = calibrate({"small": SMALL, "large": LARGE})


@pytest.mark.parametrize(
    ("protocol", "workers", "size"),
    [
        (Protocol.bsp(), 8, 4e3),
        (Protocol.k_sync(6), 8, 8e6),
        (Protocol.k_async(3), 6, 4e6),
        (Protocol.k_batch_async(4), 16, 4e3),
        (Protocol.asynchronous(slack=1), 6, 8e6),
    ],
)
def test_settings_that_were_not_calibrated_on_are_predicted(
    protocol: Protocol, workers: int, size: float
) -> None:
    scenario = asked(protocol, workers, size, seconds=100.0)
    found = predict(FITTED, scenario, [recorded(scenario, seed) for seed in (7, 8, 9)], replicas=3)
    assert found.repeats == 3
    for name in ("updates a second", "gradients a second"):
        row = found.row(name)
        assert row.measured is not None
        # Three runs of each scatter; so does what was fitted, to two per cent (its own standard error).
        scatter = np.hypot(row.measured.spread, row.predicted.spread) / np.sqrt(3)
        assert abs(row.predicted.mean - row.measured.mean) < 4 * scatter + 0.04 * row.measured.mean


def test_in_async_as_sent_a_workers_staleness_counts_every_update_once() -> None:
    scenario = asked(Protocol.asynchronous(), workers=5)
    trace = simulate(scenario.replace(network=scenario.network.replace(latency=LATENCY * 20)))
    stale = staleness_as_sent(trace)
    assert (stale >= trace.staleness).all()
    assert (stale > trace.staleness).any()
    for worker in range(5):
        mine = np.flatnonzero(trace.worker[: trace.applied] == worker)
        assert (stale[mine] + 1).sum() == trace.version_applied[mine[-1]] + 1


def test_where_updates_cancel_all_is_fresh_in_both() -> None:
    trace = simulate(asked(Protocol.k_sync(2)))
    assert not staleness_as_sent(trace).any()


def test_repeats_are_found_by_their_scenario() -> None:
    runs = {"a": recorded(asked(Protocol.bsp()), 1), "b": LARGE, "c": recorded(asked(Protocol.bsp()), 2)}
    assert [[trace.seed for trace in same] for same in settings(runs)] == [[1, 2], [1]]
    with pytest.raises(TraceError, match=r"^it: engine simpy, but predictions are held against live runs$"):
        settings({"it": simulate(asked(Protocol.bsp()))})


def test_errors_are_relative_but_for_shares() -> None:
    assert Row("", Figure(2.0, 0), Figure(3.0, 0), relative=True).error == 0.5
    assert Row("", Figure(0.2, 0), Figure(0.3, 0), relative=False).error == pytest.approx(0.1)
    assert Row("", Figure(0.0, 0), Figure(0.0, 0), relative=True).error == 0.0
    assert Row("", Figure(0.0, 0), Figure(1.0, 0), relative=True).error == float("inf")
    assert Row("", None, Figure(1.0, 0), relative=True).error is None


def test_distances_are_of_shares() -> None:
    scenario = asked(Protocol.asynchronous(), workers=2)
    found = predict(FITTED, scenario, [recorded(scenario, 1)], replicas=1)
    assert found.distance is not None
    assert 0 <= found.distance <= 1
    assert found.among is None


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two records, another that is no live run, and what calibrate made of the two."""
    monkeypatch.chdir(tmp_path)
    SMALL.save("small.parquet")
    LARGE.save("large.parquet")
    simulate(asked(Protocol.bsp(), seconds=1.0)).save("simulated.parquet")
    Path("empty").mkdir()
    Path("both").mkdir()
    for name in ("small", "large"):
        Path("both", f"{name}.parquet").write_bytes(Path(f"{name}.parquet").read_bytes())
    assert main(["calibrate", "small.parquet", "large.parquet", "--out", "fitted.toml"]) == 0
    return tmp_path


@pytest.mark.usefixtures("files")
def test_the_commands_go_from_records_to_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["calibrate", "small.parquet", "large.parquet", "--out", "again.toml"]) == 0
    said = capsys.readouterr()
    assert "shifted-exponential" in said.out
    assert said.err == "out written to again.toml\n"
    assert Path("again.toml").read_text() == Path("fitted.toml").read_text()
    arguments = ["--protocol", "k-async:k=3", "--set", "stop.time=5", "--replicas", "2"]
    assert main(["predict", "fitted.toml", *arguments, "--out", "there.toml"]) == 0
    assert "fitted on small.parquet, large.parquet\n" in capsys.readouterr().out
    assert main(["run", "there.toml", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["scenario"]["network"]["latency"] == pytest.approx(LATENCY, rel=1e-6)
    Path("asked.toml").write_text(asked(Protocol.bsp()).to_toml())
    assert main(["predict", "fitted.toml", "asked.toml", "--set", "title='Asked'", "--replicas", "2"]) == 0
    assert capsys.readouterr().out.startswith("Asked")
    assert main(["predict", "fitted.toml", "there.toml"]) == 2
    assert capsys.readouterr().err.startswith("error: network.latency is given, but what calibrate found")
    against = ["--against", "small.parquet", "--against", "large.parquet", "--replicas", "2"]
    assert main(["predict", "fitted.toml", *against]) == 0
    assert "median error" in capsys.readouterr().out
    assert main(["predict", "fitted.toml", "--against", "both", "--replicas", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["predictions"]
    assert [each["repeats"] for each in found] == [1, 1]
    rate = found[1]["figures"]["updates a second"]
    assert rate["measured"]["mean"] == pytest.approx(SMALL.updates / SMALL.duration)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("calibrate simulated.parquet --out o.toml", "simulated.parquet: engine simpy, but only a live run"),
        ("calibrate small.parquet small.parquet --out o.toml", "small.parquet: is given twice"),
        ("calibrate none.parquet --out o.toml", "none.parquet: No such file or directory"),
        ("calibrate small.parquet --out o.txt", "--out o.txt: must end in .toml"),
        ("calibrate small.parquet --out no/o.toml", "--out no/o.toml: there is no directory no"),
        ("predict none.toml", "none.toml: No such file or directory"),
        ("predict fitted.toml --out fitted.toml", "--out fitted.toml: is read by this command"),
        ("predict fitted.toml none.toml", "none.toml: No such file or directory"),
        ("predict fitted.toml there.toml --out there.toml", "--out there.toml: is read by this command"),
        (
            "predict fitted.toml --against simulated.parquet",
            "simulated.parquet: engine simpy, but predictions",
        ),
        ("predict fitted.toml --against small.parquet --set seed=1", "--against predicts what was recorded"),
        ("predict fitted.toml --against empty", "--against empty: no file in it ends in .parquet"),
        ("predict fitted.toml --set protocol.k=0", "protocol.k: "),
    ],
)
def test_bad_input_is_one_sentence(command: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(Path().iterdir())
    capsys.readouterr()
    assert main(command.split()) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"error: {sentence}")
    assert said.err.count("\n") == 1
    assert sorted(Path().iterdir()) == before


def test_a_trace_of_no_gradient_is_refused() -> None:
    none = recorded(asked(Protocol.bsp(), seconds=0.01))
    assert isinstance(none, Trace)
    with pytest.raises(TraceError, match=r"^it: no gradient was applied in it$"):
        settings({"it": none})

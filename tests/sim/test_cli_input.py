"""Settings on the command line: what they change, and what is refused."""

import json
from pathlib import Path

import pytest

from sim import Scenario
from sim.cli import main
from tests.commands import ROOT

FEDBUFF = str(ROOT / "examples" / "fedbuff.toml")
TWO = str(ROOT / "examples" / "two-learners.toml")


def scenario_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> Scenario:
    """The scenario that a run says it was of."""
    assert main(["run", *arguments, "--json"]) == 0
    return Scenario.from_data(json.loads(capsys.readouterr().out)["scenario"])


def test_settings_change_the_scenario_of_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    few = ["--set", "stop.updates=3"]
    found = scenario_of(
        capsys, FEDBUFF, *few, "--set", "protocol.k=4", "--set", "workers[name=laptop].compute.mean=12 ms"
    )
    wanted = {"stop.updates": 3, "protocol.k": 4, "workers[1].compute.mean": 0.012}
    assert found == Scenario.load(FEDBUFF).with_(wanted)
    found = scenario_of(capsys, FEDBUFF, *few, "--protocol", "k-async:k=4,slack=2", "--set", "protocol.k=5")
    assert found.to_data()["protocol"] == {"kind": "k-async", "k": 5, "slack": 2}


def test_settings_complete_a_file_that_is_no_scenario_yet(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    endless = tmp_path / "endless.toml"
    endless.write_text("[[workers]]\nname = 'w'\ncompute = 1\n")
    assert main(["run", str(endless)]) == 2
    assert "stop: is required" in capsys.readouterr().err
    assert scenario_of(capsys, str(endless), "--set", "stop.time=5").stop.time == 5
    assert scenario_of(capsys, str(endless), "--until", "5").stop.time == 5


def test_workers_of_the_command_line_take_settings(capsys: pytest.CaptureFixture[str]) -> None:
    found = scenario_of(capsys, "--worker", "a=1", "--protocol", "bsp", "--set", "stop.updates=3")
    assert found.to_data() == {
        "protocol": {"kind": "bsp"},
        "workers": [{"name": "a", "compute": 1.0}],
        "stop": {"updates": 3},
    }


def test_theory_and_plot_take_settings(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["theory", FEDBUFF, "--protocol", "fedbuff:k=20", "--latex"]) == 0
    assert main(["theory", FEDBUFF, "--set", "stop.updates=20", "--json", "--replicas", "2"]) == 0
    data = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert data["scenario"]["stop"] == {"updates": 20}
    out = tmp_path / "s.svg"
    assert main(["plot", "staleness", FEDBUFF, "--set", "title=Another", "--out", str(out)]) == 0
    assert "Another" in out.read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--set", "protocol.kk=4"], f"{TWO}: protocol.kk: unknown key; did you mean 'k'?"),
        (["--set", "workers[name=L3].speed=4"],
         f"{TWO}: workers[name=L3]: none has this name; there are L1, L2"),
        (["--set", "protocol.k"], ("'protocol.k' must read PATH=VALUE, where a path is such as protocol.k,"
                                  " workers[0].speed or workers[name=slow].compute")),
        (["--set", "seed=1", "--set", "seed=2"], "seed: is set twice"),
        (["--set", "stop.time=1", "--until", "2"], "stop.time: is set twice"),
        (["--protocol", "bsp", "--protocol", "async"],
         "--protocol async: one is all that a run has; `compare` takes several"),
        (["--protocol", "bps"], (
            f"{TWO}: protocol.kind: 'bps' must be one of bsp, k-sync, k-batch-sync, async, k-async,"
            " k-batch-async, ssp, ringmaster, backup-workers, fedbuff, softsync")),
        (["--protocol", "softsync:n=9"], (f"{TWO}: protocol: k P/9 is less than one gradient, for there are 2"
                                         " workers: the n of softsync is at most 2")),
        (["--set", "network.bandwidth=10 gbps"],
         (f"{TWO}: network.bandwidth: '10 gbps' must be a number of bytes a second, or a text with a unit"
         " such as '10 Gbit/s'; did you mean 'Gbit/s'?")),
        (["--save", "x.csv"], ("--save x.csv: --save writes Parquet, and a name in .csv is for CSV:"
                              " give another name, or --csv x.csv")),
        (["--csv", "x.parquet"], ("--csv x.parquet: --csv writes CSV, and a name in .parquet is for Parquet:"
                                 " give another name, or --save x.parquet")),
        (["--csv", "-", "--json"], "--csv -: standard output is for one thing: leave out --json"),
        (["--csv", "-", "--save", "-"], "--csv -, --save -: must differ"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["run", TWO, *arguments]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", f"error: {sentence}\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("10 mB", "'MB'"), ("10 kbits", None), ("1 gb", "'Gbit' or 'GB'"), ("1 GIB", "'GiB'"),
        ("1 gibyte", "'GiB'"), ("3 xB", None), ("3", None),
    ],
)  # fmt: skip
def test_a_unit_of_the_wrong_case_is_told_the_right_one(
    text: str, meant: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["run", TWO, "--set", f"network.gradient_bytes='{text}'"])
    said = capsys.readouterr().err
    assert (f"; did you mean {meant}?" in said) if meant else "did you mean" not in said
    assert (status == 2) == bool(said)

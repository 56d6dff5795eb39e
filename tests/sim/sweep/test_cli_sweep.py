"""The commands `sweep`, `merge` and `best` as their user sees them."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from sim.cli import main
from sim.errors import SimError
from tests.commands import ROOT

EIGHT = ["eight.toml", "--set", "stop.updates=40"]
OVER = ["--over", "protocol.k=1..3", "--over", "workers[0].speed=1,2", "--replicas", "3"]


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    shutil.copy(ROOT / "examples" / "theory-eight-workers.toml", "eight.toml")


def said(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert main([*arguments]) == status
    return capsys.readouterr().out


def test_the_table_has_a_row_for_each_point_and_the_numbers_of_the_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = said(capsys, "sweep", *EIGHT, *OVER, "--y", "staleness.mean")
    data = json.loads(said(capsys, "sweep", *EIGHT, *OVER, "--json"))
    assert [point["settings"] for point in data["points"]] == [
        {"protocol.k": k, "workers[0].speed": speed} for k in (1, 2, 3) for speed in (1, 2)
    ]
    assert len(data["runs"]) == 18
    for point in data["points"]:
        mean = point["figures"]["staleness.mean"]
        values = [run["staleness.mean"] for run in data["runs"] if run["point"] == point["point"]]
        assert mean["mean"] == pytest.approx(sum(values) / 3)
        row = r"\s+".join(map(re.escape, [*map(str, point["settings"].values()), "3"]))
        found = re.search(rf"^ +{row} +([0-9.]+) ± ([0-9.]+)$", table, re.MULTILINE)
        assert found
        assert float(found[1]) == pytest.approx(mean["mean"], abs=mean["half_width"] / 10)
        assert float(found[2]) == pytest.approx(mean["half_width"], rel=0.05)
    assert "Means over 3 runs of each point, of the same seeds, from 0" in table


def test_out_is_the_same_whatever_way_it_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    for extra in (["--out", "a.csv"], ["--out", "b.csv", "--jobs", "2"]):
        said(capsys, "sweep", *EIGHT, *OVER, *extra)
    whole = Path("a.csv").read_bytes()
    assert Path("b.csv").read_bytes() == whole
    for part in ("1/3", "2/3", "3/3"):
        said(capsys, "sweep", *EIGHT, *OVER, "--shard", part, "--out", f"p{part[0]}.csv")
    said(capsys, "merge", "p1.csv", "p2.csv", "p3.csv", "p3.csv.journal", "--out", "c.csv")
    assert Path("c.csv").read_bytes() == whole
    Path("a.csv").unlink()
    said(capsys, "sweep", *EIGHT, *OVER, "--out", "a.csv")  # from its journal
    assert Path("a.csv").read_bytes() == whole
    said(capsys, "merge", "a.csv", "--out", "d.parquet")
    said(capsys, "sweep", *EIGHT, *OVER, "--out", "e.parquet")
    assert Path("d.parquet").read_bytes() == Path("e.parquet").read_bytes()
    assert len(pd.read_parquet("e.parquet")) == 18


def test_what_is_missing_is_said_and_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "sweep", *EIGHT, *OVER, "--shard", "1/3", "--out", "p1.csv")
    said(capsys, "sweep", *EIGHT, *OVER, "--replicas", "2", "--out", "other.csv")
    for parts, sentence in (
        (["p1.csv"], "12 runs are missing: has every shard ended?"),
        (["p1.csv", "other.csv"], "other.csv.journal: is of another sweep than p1.csv.journal"),
        (["p2.csv"], "p2.csv.journal: No such file or directory"),
        (["eight.toml"], "eight.toml.journal: No such file or directory"),
    ):
        assert main(["merge", *parts, "--out", "c.csv"]) == 2
        assert sentence in capsys.readouterr().err
        assert not Path("c.csv").exists()
        assert not Path("c.csv.journal").exists()


def test_a_point_that_fails_is_a_row_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    table = said(
        capsys, "sweep", *EIGHT, "--protocol", "k-async:k=2", "--over", "protocol.k=8,9", "--out", "a.json",
        status=1,
    )  # fmt: skip
    assert "k 9 must be at" in table
    rows = json.loads(Path("a.json").read_bytes())
    assert [row["error"] is None for row in rows] == [True] * 10 + [False]
    assert rows[-1]["protocol.k"] == 9


def test_replicas_are_added_and_a_point_is_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    wide = ["--over", "protocol.k=1..2", "--y", "staleness.mean", "--until-interval"]
    table = said(capsys, "sweep", *EIGHT, *wide, "1e-6", "--most-replicas", "12")
    assert re.search(r"Given up after 12 runs: protocol\.k = 1: staleness\.mean: ±0\.0\d+", table)
    assert "Given up after 12 runs: protocol.k = 2" in table
    narrow = said(capsys, "sweep", *EIGHT, *wide, "gradients_per_second=0.5")
    assert "Given up" not in narrow


def test_the_best_and_the_runner_up(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["best", *EIGHT, "--over", "protocol.k=1..3", "--replicas", "5"]
    text = said(capsys, *command, "--minimise", "staleness.mean")
    assert re.search(r"Best: protocol\.k = 3: least staleness\.mean, 2\.\d+ ± 0\.\d+\.", text)
    assert "Its lead over the runner-up, protocol.k = 2:" in text
    assert "Sure: with" in text
    text = said(capsys, *command, "--maximise", "updates_per_second", "--subject-to", "staleness.mean<=5")
    assert "Best: protocol.k = 2: most updates_per_second" in text
    assert "1 point is left out: failed, or out of bounds." in text
    data = json.loads(said(capsys, *command, "--maximise", "updates_per_second", "--json"))
    assert data["best"]["order"] == [0, 1, 2]
    assert data["best"]["confidence"] > 0.95


@pytest.mark.parametrize(("name", "start"), [("f.png", b"\x89PNG"), ("f.svg", b"<?xml"), ("f.pdf", b"%PDF")])
def test_a_figure_is_written(capsys: pytest.CaptureFixture[str], name: str, start: bytes) -> None:
    said(capsys, "sweep", *EIGHT, *OVER, "--figure", name)
    first = Path(name).read_bytes()
    assert first.startswith(start)
    said(capsys, "sweep", *EIGHT, *OVER, "--figure", name)
    assert Path(name).read_bytes() == first


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--over protocol.k", "--over 'protocol.k' must read"),
        ("--over protcol.k=1", "protcol: unknown key; did you mean 'protocol'?"),
        ("--over protocol.k=1 --until-interval x", "--until-interval x: must read SHARE or FIGURE=SHARE"),
        ("--over protocol.k=1 --until-interval 0", "until updates_per_second: 0.0 must be a share"),
        ("--over protocol.k=1 --until-interval nope=.1", "there is no figure 'nope'"),
        ("--over protocol.k=1 --y nope", "there is no figure 'nope'"),
        ("--over protocol.k=1 --shard 3/2", "--shard '3/2' must read i/n"),
        ("--over protocol.k=1 --shard 9999999999999/2", "must read i/n"),
        ("--over protocol.k=1 --out x", "--out x: must end in .csv, .json, .parquet"),
        ("--over protocol.k=1 --out no/x.csv", "--out no/x.csv: there is no directory no"),
        ("--over protocol.k=1 --figure x.gif", "--figure x.gif: must end in .png, .svg or .pdf"),
        ("--over protocol.k=1 --figure x.svg --x stop.time", "--x stop.time: is not swept"),
        ("--over protocol.k=1 --dask x --ray auto", "--dask and --ray exclude each other"),
        (
            "--over protocol.k=1..9 --over stop.updates=40..50 --figure x.svg",
            "11 lines are more than the 7 that can",
        ),
    ],
)
def test_nonsense_is_one_sentence(capsys: pytest.CaptureFixture[str], arguments: str, sentence: str) -> None:
    assert main(["sweep", *EIGHT, "--replicas", "1", *arguments.split()]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("error: ")
    assert sentence in err
    assert [path.name for path in Path().iterdir()] == ["eight.toml"]


def test_best_takes_one_aim(capsys: pytest.CaptureFixture[str]) -> None:
    for aims in ([], ["--maximise", "updates", "--minimise", "updates"]):
        assert main(["best", *EIGHT, "--over", "protocol.k=1", *aims]) == 2
        assert capsys.readouterr().err == "error: give either --maximise FIGURE or --minimise FIGURE\n"


def test_the_scenario_is_not_written_over(capsys: pytest.CaptureFixture[str]) -> None:
    Path("eight.toml").rename("eight.csv")
    assert main(["sweep", "eight.csv", "--over", "protocol.k=1", "--out", "eight.csv"]) == 2
    assert "--out eight.csv: is the scenario itself" in capsys.readouterr().err


def test_out_to_standard_output_is_the_file_and_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said(capsys, "sweep", *EIGHT, *OVER, "--out", "a.csv")
    printed = said(capsys, "sweep", *EIGHT, *OVER, "--out", "-")
    assert printed == Path("a.csv").read_text()
    assert said(capsys, "merge", "a.csv", "--out", "-") == printed
    aim = ["--maximise", "gradients_per_second"]
    assert said(capsys, "best", *EIGHT, *OVER, *aim, "--out", "-") == printed
    assert not list(Path().glob("-*"))
    assert main(["sweep", *EIGHT, *OVER, "--out", "-", "--json"]) == 2
    assert capsys.readouterr().err == "error: --out -: standard output is for one thing: leave out --json\n"


@pytest.mark.parametrize(
    "over",
    [
        'workers[0].compute={csv="slow.csv"},{csv="fast.csv"}',
        (
            'workers[0].compute={kind="empirical",csv="slow.csv",column="seconds"},'
            '{kind="empirical",csv="fast.csv",column="seconds"}'
        ),
    ],
)
def test_measured_times_lie_beside_the_scenario_as_with_set(
    capsys: pytest.CaptureFixture[str], over: str
) -> None:
    Path("own").mkdir()
    Path("own/one.toml").write_text('workers = [{name = "a", compute = 9}]\nstop = {updates = 3}\n')
    for name, seconds in (("slow", "2"), ("fast", "0.5")):
        Path(f"own/{name}.csv").write_text(f"worker,seconds\na,{seconds}\na,{seconds}\na,{seconds}\n")
    data = json.loads(said(capsys, "sweep", "own/one.toml", "--over", over, "--replicas", "1", "--json"))
    assert [run["updates_per_second"] for run in data["runs"]] == [0.5, 2.0]
    for value, rate in zip(over.partition("=")[2].split("},"), (0.5, 2.0), strict=True):
        setting = f"workers[0].compute={value.rstrip('}')}}}"
        set_data = json.loads(said(capsys, "run", "own/one.toml", "--set", setting, "--json"))
        assert set_data["summary"]["updates_per_second"] == rate
    capsys.readouterr()
    assert main(["sweep", "own/one.toml", "--over", over, "--out", "own/fast.csv"]) == 2
    assert capsys.readouterr().err == (
        "error: --out own/fast.csv: is read by the scenario: give another name\n"
    )


def test_a_figure_that_cannot_be_written_does_not_lose_the_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = said(capsys, "sweep", *EIGHT, *OVER)

    def full(path: Path, _: bytes) -> None:
        raise SimError(f"{path}: No space left on device")

    for module in ("sim.cli_plan", "sim.cli_sweep"):
        monkeypatch.setattr(f"{module}.write", full)
    assert main(["sweep", *EIGHT, *OVER, "--figure", "a.png", "--out", "a.csv"]) == 2
    found = capsys.readouterr()
    assert found.out == wanted
    assert found.err == (
        "error: --out a.csv: No space left on device\nerror: --figure a.png: No space left on device\n"
    )

"""The command: what it writes and says, how it goes on after it was killed, and what it refuses."""

import json
import signal
import sys
from pathlib import Path

import pytest

from tests.commands import ROOT, Done, run_python, started, wait_until

LESS = """
import sys
from dataclasses import replace
from analysis.learning import setups

tiny = setups.SCALES["tiny"]
setups.SCALES["tiny"] = replace(
    tiny,
    setup=replace(tiny.setup, dataset="digits", shrink=1, train=64, validation=32, test=32, seeds=2),
    lr_range=replace(tiny.lr_range, candidates=4, ramp=20),
    cyclical=replace(tiny.cyclical, epochs=2, cycles=1),
    growth=replace(tiny.growth, epochs=3, cycles=1),
)
from analysis.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""The command, trained on less than `tiny` has."""


def report(out: Path, *arguments: str) -> Done:
    return run_python("-m", "analysis", "report", "--out", str(out), *arguments)


def files(out: Path) -> dict[str, bytes]:
    """Return everything that the command leaves, by name."""
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def pages(out: Path) -> dict[str, bytes]:
    """Return what a reader gets; how long training took is among what is kept."""
    return {name: content for name, content in files(out).items() if not name.startswith("results")}


def test_it_says_how_many_numbers_came_to_what_and_where_the_page_is(tmp_path: Path) -> None:
    done = report(tmp_path / "out", "--scale", "tiny", "--only", "5")
    assert (done.returncode, done.stderr) == (0, "")
    assert "5           5            0         0         0     1" in done.stdout
    assert {"report.html", "report.md", "report.json", "figures/timeline.svg"} < files(
        tmp_path / "out"
    ).keys()


def test_json_is_printed_too(tmp_path: Path) -> None:
    done = report(tmp_path / "out", "--only", "5", "--json")
    told = json.loads(done.stdout)
    assert told == json.loads((tmp_path / "out/report.json").read_bytes())
    assert [claim["ours"] for claim in told["claims"]] == [0, 0, 1, 0, 2, 2]
    assert told["claims"][-1]["verdict"] == "wrong"


def test_check_fails_and_names_the_number_that_is_not_reproduced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert report(out, "--only", "5", "--check").returncode == 0
    kept = out / "parts/staleness.json"
    held = json.loads(kept.read_bytes())
    held["numbers"]["gradients"]["L1"][2]["staleness"] = 7
    kept.write_text(json.dumps(held), encoding="utf-8")
    done = report(out, "--only", "5", "--check")
    assert done.returncode == 1
    assert done.stderr == "not reproduced: 5 g[L1, 3]: printed 1, ours 7\n"
    assert report(out, "--only", "5").returncode == 0


def test_what_is_kept_is_taken_for_the_same_settings_only(tmp_path: Path) -> None:
    out = tmp_path / "out"
    report(out, "--only", "5", "--scale", "tiny")
    kept = out / "parts/staleness.json"
    kept.write_text(
        kept.read_text(encoding="utf-8").replace('"staleness": 1', '"staleness": 7'), encoding="utf-8"
    )
    done = report(out, "--only", "5", "--scale", "small", "--check")
    assert done.returncode == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"key": 1}'])
def test_a_damaged_part_is_made_again(content: bytes, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "parts").mkdir(parents=True)
    (out / "parts/staleness.json").write_bytes(content)
    assert report(out, "--only", "5", "--check").returncode == 0


def test_killed_and_begun_again_it_leaves_the_same_bytes(tmp_path: Path) -> None:
    """Training depends on the number of threads, which both have in common."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    command = ("-c", LESS, "report", "--scale", "tiny", "--only", "3,5", "--out")
    assert run_python(*command, str(whole)).returncode == 0
    for sign in ("training/*/lr-range/metrics.jsonl", "training/*/batch-growth/*/checkpoint.pt"):
        with started(sys.executable, *command, str(cut)) as process:
            wait_until(lambda sign=sign: any(cut.glob(sign)), process)  # type: ignore[misc]
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert not (cut / "report.html").exists()
    assert run_python(*command, str(cut)).returncode == 0
    assert pages(cut) == pages(whole)
    assert not list(cut.glob("training/*"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--only", "6"), "error: only: '6' is no problem; there are 1, 2, 3, 4, 5\n"),
        (("--only", "1,"), "error: only: '' is no problem; there are 1, 2, 3, 4, 5\n"),
        (("--from", "nowhere"), "error: from: there is no folder 'nowhere'\n"),
        (
            ("--from", "examples", "--only", "3"),
            "error: from: examples holds no result of lr-range: lr-range.json or lr-range-small.json\n",
        ),
        (
            ("--from", "examples/fashion-mnist", "--only", "3", "--scale", "tiny"),
            (
                "error: from: examples/fashion-mnist holds no result of lr-range: lr-range.json or"
                " lr-range-tiny.json\n"
            ),
        ),
    ],
)
def test_what_cannot_be_is_one_sentence_and_nothing_is_written(
    arguments: tuple[str, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    done = report(tmp_path / "out", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", sentence)
    assert not (tmp_path / "out").exists()


def test_a_result_of_another_scale_is_refused(tmp_path: Path) -> None:
    kept = (ROOT / "examples/fashion-mnist/lr-range-small.json").read_text(encoding="utf-8")
    (tmp_path / "lr-range.json").write_text(kept, encoding="utf-8")
    done = report(tmp_path / "out", "--from", str(tmp_path), "--scale", "paper", "--only", "3")
    assert done.returncode == 2
    assert done.stderr == f"error: from: {tmp_path / 'lr-range.json'} is of scale small, not paper\n"


def test_without_the_diabetes_set_it_says_how_to_get_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run_python(
        *("-m", "analysis", "report", "--scale", "tiny", "--only", "2", "--out", str(out)),
        env={"DLSYSLAB_DIABETES": str(tmp_path / "none.arff")},
    )
    assert done.returncode == 0, done.stderr
    text = (out / "report.md").read_text(encoding="utf-8")
    assert "apt-get download weka" in text
    assert "breast" in text
    assert "–" in text

"""Long trials of sweeps: killed at random moments, and whether intervals cover.

    python -m tests.sim.sweep.soak kills LOG FIRST LAST
    python -m tests.sim.sweep.soak coverage LOG FIRST LAST

Each number from FIRST to LAST is a trial, drawn by that seed. The log holds a line for each that is done, and
those are left out the next time.
"""

import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from sim import Exponential, Protocol, Scenario, Stop, Worker
from sim.statistics import CONFIDENCE, Estimate
from sim.sweep import sweep
from tests.commands import ROOT, run_python, started

SWEEP = ("-m", "sim", "sweep", str(ROOT / "examples" / "theory-eight-workers.toml"), "--replicas", "12",
         "--over", "protocol={kind='k-async',k=2}", "--over", "stop.updates=300..305")  # fmt: skip
MOST_KILLS = 4
LONGEST = 6.0
"""Seconds after which a sweep is killed, at most."""

TRUTH = sum(Fraction(1, 8 - done) for done in range(4))
"""Mean seconds of an update in k-sync, K = 4, of eight workers whose times are exponential with mean 1."""


def kill(number: int, folder: Path) -> int:
    """Kill a sweep at random moments, then let it end; return how many kills hit it.

    Raises
    ------
    AssertionError
        Where its table is not that of a sweep that nobody killed.
    """
    chance = random.Random(number)  # noqa: S311  # no secret
    whole = folder / "whole.csv"
    if not whole.exists():
        assert run_python(*SWEEP, "--out", str(whole)).returncode == 0
    out, hits = folder / f"killed-{number}.csv", 0
    command = (*SWEEP, "--jobs", str(chance.choice((1, 2))), "--out", str(out))
    for _ in range(chance.randint(1, MOST_KILLS)):
        with started(sys.executable, *command) as process:
            time.sleep(chance.uniform(0.2, LONGEST))
            process.send_signal(signal.SIGKILL)
            hits += process.wait() == -signal.SIGKILL
    assert run_python(*command).returncode == 0
    assert out.read_bytes() == whole.read_bytes()
    assert not [path for path in folder.iterdir() if path.suffix == ".part"]
    return hits


def covers(number: int, _: Path) -> int:
    """Return whether the interval of five replicas holds the true seconds of an update."""
    scenario = Scenario(
        workers=[Worker(name="w", count=8, compute=Exponential(mean=1.0))],
        protocol=Protocol.k_sync(4),
        stop=Stop(updates=200),
    )
    runs = sweep(scenario, {"protocol.k": [4]}, replicas=5, seed=5 * number)
    estimate = Estimate.of((runs["duration"] / runs["updates"]).tolist())
    return int(abs(estimate.mean - float(TRUTH)) <= estimate.half_width(CONFIDENCE))


TRIALS: dict[str, Callable[[int, Path], int]] = {"kills": kill, "coverage": covers}


def main(kind: str, log: Path, first: int, last: int) -> None:
    """Do every trial of a range that the log does not hold."""
    done = {int(line.split()[0]) for line in log.read_text().splitlines()} if log.exists() else set()
    with tempfile.TemporaryDirectory() as folder:
        for number in sorted({*range(first, last + 1)} - done):
            found = TRIALS[kind](number, Path(folder))
            with log.open("a") as file:
                file.write(f"{number} {found}\n")
    counts = [int(line.split()[1]) for line in log.read_text().splitlines()]
    sys.stdout.write(f"{kind}: {len(counts)} trials, {sum(counts)} in all\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))

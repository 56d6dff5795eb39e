"""A long search for a scenario on which the engines differ.

    python -m tests.sim.engine.soak LOG FIRST LAST

Each number from FIRST to LAST is the seed of 50 scenarios of each kind. The log holds a line for each that
has passed, and those are left out the next time.
"""

import sys
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings

from sim import Scenario
from tests.sim import strategies
from tests.sim.engine.test_compiled import equal

EACH = 50


def search(number: int) -> int:
    """Return how many scenarios of one seed were tried; raises where the engines differ."""
    tried = 0

    def test(scenario: Scenario) -> None:
        nonlocal tried
        equal(scenario)
        tried += 1

    for scenarios in (strategies.everything(), strategies.anything()):
        patient = settings(
            max_examples=EACH,
            deadline=None,
            database=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
        )
        seed(number)(patient(given(scenario=scenarios)(test)))()
    return tried


def main(log: Path, first: int, last: int) -> None:
    """Try every seed of a range that the log does not hold."""
    passed = {int(line.split()[0]) for line in log.read_text().splitlines()} if log.exists() else set()
    for number in range(first, last + 1):
        if number not in passed:
            tried = search(number)
            with log.open("a") as file:
                file.write(f"{number} {tried}\n")
    counts = [int(line.split()[1]) for line in log.read_text().splitlines()]
    sys.stdout.write(f"{sum(counts):,} scenarios of {len(counts)} seeds agree\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))

"""Areas of a million scores, and bootstraps beside loops: our areas, sorted anew, and two of scikit-learn."""

import time
import tracemalloc
from collections.abc import Callable
from functools import partial

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from analysis.scores import aupr, auprg, auroc, bootstrap
from analysis.scores.areas import AREAS
from analysis.scores.curves import counted

MANY = 1_000_000
REPLICATES = 2_000
ROWS = {10_000: 100, 100_000: 10}
"""Scores of a bootstrap, and how many of the loops' replicates are measured."""
SHARE = 0.3


def seconds(function: Callable[[], object]) -> float:
    """Return the time of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def peak(function: Callable[[], object]) -> float:
    """Return the memory that one call takes at most, in MB."""
    tracemalloc.start()
    function()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def main() -> None:
    """Measure areas, then bootstraps of all areas against a loop over two of scikit-learn's."""
    rng = np.random.default_rng(1)
    y = rng.random(MANY) < SHARE
    score = y + rng.normal(size=MANY)
    print(f"{MANY:,} scores")
    for name, area in (("auroc", auroc), ("aupr", aupr), ("auprg", auprg)):
        print(f"  {name:8} {seconds(partial(area, y, score)):8.3f} s")
    print(f"  sklearn  {seconds(lambda: roc_auc_score(y, score)):8.3f} s for AUROC")
    for rows, measured in ROWS.items():
        some_y, some = y[:rows], score[:rows]

        def by_loop(y: np.ndarray = some_y, score: np.ndarray = some, times: int = measured) -> None:
            for _ in range(times):
                drawn = rng.integers(0, len(y), len(y))
                roc_auc_score(y[drawn], score[drawn])
                average_precision_score(y[drawn], score[drawn])

        def one_by_one(y: np.ndarray = some_y, score: np.ndarray = some, times: int = measured) -> None:
            high, low = np.flatnonzero(y), np.flatnonzero(~y)
            for _ in range(times):
                drawn = np.concatenate([rng.choice(high, len(high)), rng.choice(low, len(low))])
                rises = counted(y[drawn], score[drawn]).rises
                for area in AREAS.values():
                    area(rises)

        loop = seconds(by_loop) * REPLICATES / measured
        sorted_anew = seconds(one_by_one) * REPLICATES / measured
        ours = seconds(partial(bootstrap, some_y, some, replicates=REPLICATES))
        memory = [peak(partial(bootstrap, some_y, some, replicates=count)) for count in (20, 200)]
        print(f"bootstrap, {REPLICATES:,} replicates of {rows:,} scores")
        print(f"  {len(AREAS)} areas at once                {ours:8.2f} s")
        print(f"  the same, each set sorted anew   {sorted_anew:8.2f} s ({measured} replicates measured)")
        print(f"  scikit-learn, AUROC and AP only  {loop:8.2f} s (as many)")
        print(f"  ratios                           {sorted_anew / ours:8.1f} and {loop / ours:.1f}")
        print(f"  memory, 20 and 200 replicates    {memory[0]:8.1f} MB and {memory[1]:.1f} MB")


if __name__ == "__main__":
    main()

"""Areas of a million scores, and a bootstrap, beside scikit-learn's functions in a loop."""

import time
from collections.abc import Callable
from functools import partial

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from analysis.scores import aupr, auprg, auroc, bootstrap
from analysis.scores.areas import AREAS

MANY = 1_000_000
ROWS = 10_000
REPLICATES = 2_000
SAMPLED = 100
SHARE = 0.3


def seconds(function: Callable[[], object]) -> float:
    """Return the time of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main() -> None:
    """Measure areas, then the bootstrap of all areas against two of scikit-learn's."""
    rng = np.random.default_rng(1)
    y = rng.random(MANY) < SHARE
    score = y + rng.normal(size=MANY)
    print(f"{MANY:,} scores")
    for name, area in (("auroc", auroc), ("aupr", aupr), ("auprg", auprg)):
        print(f"  {name:8} {seconds(partial(area, y, score)):8.3f} s")
    print(f"  sklearn  {seconds(lambda: roc_auc_score(y, score)):8.3f} s for AUROC")

    y, score = y[:ROWS], score[:ROWS]

    def by_loop() -> None:
        for _ in range(SAMPLED):
            drawn = rng.integers(0, ROWS, ROWS)
            roc_auc_score(y[drawn], score[drawn])
            average_precision_score(y[drawn], score[drawn])

    loop = seconds(by_loop) * REPLICATES / SAMPLED
    ours = seconds(lambda: bootstrap(y, score, replicates=REPLICATES, rng=rng))
    print(f"bootstrap, {REPLICATES:,} replicates of {ROWS:,} scores")
    print(f"  {len(AREAS)} areas at once                {ours:8.2f} s")
    print(f"  scikit-learn, AUROC and AP only  {loop:8.2f} s ({SAMPLED} replicates measured)")
    print(f"  ratio                            {loop / ours:8.1f}")


if __name__ == "__main__":
    main()

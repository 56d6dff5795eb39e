"""What a sweep costs beside its runs' own time, in turn: on this machine's cores, and on a Dask cluster.

Long runs, of about a second: the time that two cores would take if nothing were lost (half of what one
process takes for the same runs, by `sim.summarise` in a loop), over the time of the sweep. The Dask cluster
does without the profiler that its workers run by default, about .05 of their time. Short runs, of
about a millisecond: the time of the sweep, journal and table included, over that of the loop. Processes and
cluster are started before, and have answered once.

    python -m benchmarks.sweep [--rounds 5] [--long 16] [--short 10000]
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from joblib import parallel_config

from sim import Exponential, Scenario, Stop, Worker, summarise
from sim.sweep import sweep

CORES = 2


def scenario(updates: int) -> Scenario:
    """Return eight asynchronous workers that make so many updates."""
    workers = [Worker(name="w", count=8, compute=Exponential(mean=1.0))]
    return Scenario(workers=workers, stop=Stop(updates=updates))


def seconds(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def updates_in(wanted: float) -> int:
    """Return how many updates one run makes in about so many seconds on SimPy."""
    tried = 2000
    took = min(seconds(lambda: summarise(scenario(tried), engine="simpy")) for _ in range(3))
    return max(1, round(tried * wanted / took))


def alone(given: Scenario, runs: int) -> None:
    """Do the runs of a sweep one after the other."""
    for seed in range(runs):
        summarise(given, seed=seed, engine="simpy")


def swept(given: Scenario, runs: int, jobs: int | None) -> None:
    """Sweep over one point, with a journal."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal"
        sweep(given, {"title": [""]}, replicas=runs, engine="simpy", jobs=jobs, journal=journal)


def row(name: str, shares: list[float], bound: str) -> str:
    """Return a line of the table."""
    return f"{name:<42} {median(shares):6.2f}   {min(shares):.2f} to {max(shares):.2f}   {bound}"


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description="Measure what a sweep costs beside its runs.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--long", type=int, default=16, help="runs of about a second")
    parser.add_argument("--short", type=int, default=10_000, help="runs of about a millisecond")
    given = parser.parse_args()
    long, short = scenario(updates_in(1.0)), scenario(updates_in(0.001))

    from dask.config import set as configured
    from dask.distributed import Client, LocalCluster

    cores, dask, brief = [], [], []
    where = {"n_workers": CORES, "threads_per_worker": 1, "dashboard_address": None}
    unprofiled = configured({"distributed.worker.profile.enabled": False})
    with unprofiled, LocalCluster(**where) as cluster, Client(cluster):
        for _ in range(given.rounds):
            swept(scenario(1), 2 * CORES, CORES)
            with parallel_config(backend="dask"):
                swept(scenario(1), 2 * CORES, None)
            ideal = seconds(lambda: alone(long, given.long)) / CORES
            cores.append(ideal / seconds(lambda: swept(long, given.long, CORES)))
            ideal = seconds(lambda: alone(long, given.long)) / CORES
            with parallel_config(backend="dask"):
                dask.append(ideal / seconds(lambda: swept(long, given.long, None)))
            own = seconds(lambda: alone(short, given.short))
            brief.append(seconds(lambda: swept(short, given.short, 1)) / own)
    print(f"medians of {given.rounds} rounds, and their range")
    print(row(f"{given.long} runs of a second, {CORES} cores: ideal / sweep", cores, "at least 0.9"))
    print(row(f"{given.long} runs of a second, Dask: ideal / sweep", dask, "at least 0.9"))
    print(row(f"{given.short:,} runs of a millisecond: sweep / own", brief, "at most 2"))


if __name__ == "__main__":
    main()

"""Asynchronous SGD, simulated by this project and by the leanest SimPy loop that finds the same staleness.

The lean loop has one event per gradient, draws each time by itself and keeps the columns that cannot be had
from the others; ours validates a scenario, breaks ties by rule and keeps the whole trace. Both run in turn,
in one process, several times; the ratio of each pair is what counts, for the machine's speed may drift. With
many workers the time goes into setting them up: each has random streams of its own.

    python benchmarks/simulate.py [GRADIENTS] [PAIRS]
"""

import random
import statistics
import sys
import time
from collections.abc import Callable, Generator
from itertools import count
from typing import Any

import simpy

from sim import Exponential, Scenario, Stop, Worker, simulate


def lean(workers: int, gradients: int) -> tuple[int, int]:
    """Run so many gradients of exponential workers by a plain SimPy model."""
    env = simpy.Environment()
    rng = random.Random(0)  # noqa: S311 -- a simulation, not a secret
    worker_of: list[int] = []
    index: list[int] = []
    read_at: list[float] = []
    applied_at: list[float] = []
    version_read: list[int] = []
    version = 0
    done = env.event()

    def life(worker: int) -> Generator[simpy.Event, Any, None]:
        nonlocal version
        for j in count(1):
            read, at = version, env.now
            yield env.timeout(rng.expovariate(1.0))
            worker_of.append(worker)
            index.append(j)
            read_at.append(at)
            applied_at.append(env.now)
            version_read.append(read)
            version += 1
            if version == gradients:
                done.succeed()

    for worker in range(workers):
        env.process(life(worker))
    env.run(until=done)
    return _account(worker_of, version_read)


def ours(workers: int, gradients: int) -> tuple[int, int]:
    """Do the same by `sim.simulate`."""
    fleet = Worker(name="w", count=workers, compute=Exponential(mean=1.0))
    trace = simulate(Scenario(workers=[fleet], stop=Stop(gradients=gradients)))
    return _account(trace.worker[: trace.applied].tolist(), trace.version_read[: trace.applied].tolist())


def _account(worker_of: list[int], version_read: list[int]) -> tuple[int, int]:
    """Return both sides of a law: a worker's (staleness + 1) add up to the number of its last update."""
    last = {worker: number for number, worker in enumerate(worker_of, 1)}
    return sum(range(len(version_read))) - sum(version_read) + len(version_read), sum(last.values())


def seconds(model: Callable[[int, int], tuple[int, int]], workers: int, gradients: int) -> float:
    """Return how long a model takes, once it is sure that the model keeps the law."""
    begun = time.perf_counter()
    left, right = model(workers, gradients)
    took = time.perf_counter() - begun
    if left != right:
        raise AssertionError(f"{model.__name__}: {left} is not {right}")
    return took


def main() -> None:
    """Print a line for each number of workers."""
    gradients, pairs = (int(given) for given in (sys.argv[1:] + ["100000", "7"][len(sys.argv) - 1 :]))
    print(f"{gradients} gradients, medians of {pairs} pairs")
    print("workers   lean SimPy          ours                ours / lean (least, most)")
    for workers in (2, 100, 10_000):
        seconds(ours, workers, gradients)
        times = [(seconds(lean, workers, gradients), seconds(ours, workers, gradients)) for _ in range(pairs)]
        leans, mine = (statistics.median(column) for column in zip(*times, strict=True))
        ratios = sorted(b / a for a, b in times)
        print(
            f"{workers:7}   {leans:.3f} s {gradients / leans:8,.0f}/s"
            f"  {mine:.3f} s {gradients / mine:8,.0f}/s"
            f"  {statistics.median(ratios):.2f} ({ratios[0]:.2f}, {ratios[-1]:.2f})"
        )


if __name__ == "__main__":
    main()

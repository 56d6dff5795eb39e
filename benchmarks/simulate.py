"""Four protocols, simulated by both engines and by the leanest loops that find the same staleness.

In turn, in one process, several times: this project's engines, with every gradient kept (rows) and with its
figures alone (sums); a plain SimPy model; a hand-written loop around a heap; and, as the limit, a bare heap
compiled by numba that knows workers without names, servers, networks or faults, draws by itself and writes
thirteen columns. The plain loops keep the four columns that cannot be had from the others. Each time includes
all that it takes from a scenario to a result. Loading and compiling happen before.

    python -m benchmarks.simulate [MODE ...] [--workers 2 100 10000] [--rounds 5] [--gradients 1000000]
                                [--figure simulate.png] [--large] [--million]
"""

import argparse
import heapq
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable, Generator
from typing import Any

import numba
import numpy as np
import simpy

from sim import Exponential, Protocol, Scenario, Server, Stop, Worker, simulate, summarise

SERVICE = 1e-5
SLACK = 3
K = 2
COMPUTE = Exponential(mean=1.0)

MODES: dict[str, dict[str, Any]] = {
    "async": {},
    "fifo": {"server": Server(apply=Exponential(mean=SERVICE))},
    "ssp": {"protocol": Protocol.asynchronous(slack=SLACK)},
    "k-async": {"protocol": Protocol.k_async(K)},
}
SLOWER = 10
"""Loops in Python take so many times fewer gradients."""

Model = Callable[[str, int, int], int]


class Columns:
    """What the plain loops keep."""

    def __init__(self) -> None:
        self.worker: list[int] = []
        self.read_at: list[float] = []
        self.applied_at: list[float] = []
        self.version_read: list[int] = []

    def add(self, worker: int, read_at: float, applied_at: float, version: int) -> None:
        """Keep a gradient."""
        self.worker.append(worker)
        self.read_at.append(read_at)
        self.applied_at.append(applied_at)
        self.version_read.append(version)


class Slack:
    """Counts of completed gradients, and how many have the least."""

    def __init__(self, workers: int) -> None:
        self.counts = [0] * workers
        self.least = 0
        self.at_least = workers

    def complete(self, worker: int) -> bool:
        """Count one; return whether the least rises."""
        count = self.counts[worker]
        self.counts[worker] = count + 1
        if count > self.least:
            return False
        self.at_least -= 1
        if self.at_least:
            return False
        self.least = min(self.counts)
        self.at_least = self.counts.count(self.least)
        return True


def lean_simpy(  # noqa: C901, PLR0915 -- one way of life for each mode
    mode: str, workers: int, gradients: int
) -> int:
    """Run so many gradients by a plain SimPy model; return how many it kept."""
    env, draw, kept, slack = simpy.Environment(), random.Random(0).expovariate, Columns(), Slack(workers)  # noqa: S311 -- no secret
    version, free = 0, 0.0
    done, gate = env.event(), env.event()
    batch: list[simpy.Event] = []

    def count() -> None:
        nonlocal version
        version += 1
        if len(kept.worker) >= gradients and not done.triggered:
            done.succeed()

    def asynchronous(worker: int) -> Generator[simpy.Event, Any, None]:
        while True:
            read, at = version, env.now
            yield env.timeout(draw(1.0))
            kept.add(worker, at, env.now, read)
            count()

    def queued(worker: int) -> Generator[simpy.Event, Any, None]:
        nonlocal free
        while True:
            read, at = version, env.now
            yield env.timeout(draw(1.0))
            free = max(free, env.now) + draw(1 / SERVICE)
            yield env.timeout(free - env.now)
            kept.add(worker, at, env.now, read)
            count()

    def bounded(worker: int) -> Generator[simpy.Event, Any, None]:
        nonlocal gate
        while True:
            while slack.counts[worker] > slack.least + SLACK:
                yield gate
            read, at = version, env.now
            yield env.timeout(draw(1.0))
            kept.add(worker, at, env.now, read)
            count()
            if slack.complete(worker):
                gate.succeed()
                gate = env.event()

    def batched(worker: int) -> Generator[simpy.Event, Any, None]:
        while True:
            read, at = version, env.now
            yield env.timeout(draw(1.0))
            kept.add(worker, at, env.now, read)
            if len(batch) + 1 < K:
                answer = env.event()
                batch.append(answer)
                yield answer
            else:
                count()
                for answer in batch:
                    answer.succeed()
                batch.clear()

    life = {"async": asynchronous, "fifo": queued, "ssp": bounded, "k-async": batched}[mode]
    for worker in range(workers):
        env.process(life(worker))
    env.run(until=done)
    return len(kept.worker)


def by_heap(mode: str, workers: int, gradients: int) -> int:
    """Do the same by hand, with a heap of instants."""
    draw, kept, slack = random.Random(0).expovariate, Columns(), Slack(workers)  # noqa: S311 -- no secret
    version, free = 0, 0.0
    read, at = [0] * workers, [0.0] * workers
    heap = [(draw(1.0), worker, True) for worker in range(workers)]
    heapq.heapify(heap)
    held: list[int] = []
    batch: list[int] = []
    while len(kept.worker) < gradients:
        now, worker, computed = heap[0]
        if computed and mode == "fifo":
            free = max(free, now) + draw(1 / SERVICE)
            heapq.heapreplace(heap, (free, worker, False))
            continue
        kept.add(worker, at[worker], now, read[worker])
        batch.append(worker)
        going = batch
        if mode != "k-async" or len(batch) == K:
            version += 1
            batch = []
        else:
            going = []
        if mode == "ssp":
            if slack.complete(worker):
                going, held = [*going, *held], []
            held += [each for each in going if slack.counts[each] > slack.least + SLACK]
            going = [each for each in going if slack.counts[each] <= slack.least + SLACK]
        if not going:
            heapq.heappop(heap)
            continue
        for place, each in enumerate(going):
            read[each], at[each] = version, now
            event = (now + draw(1.0), each, True)
            if place:
                heapq.heappush(heap, event)
            else:
                heapq.heapreplace(heap, event)
    return len(kept.worker)


@numba.njit  # type: ignore[untyped-decorator]  # numba has no types
def _limit(workers: int, columns: Any) -> None:  # noqa: ANN401 -- a heap written out
    instants, heap = np.empty(workers), np.empty(workers, np.int64)
    version, index, read = (
        np.zeros(workers, np.int64),
        np.ones(workers, np.int64),
        np.zeros(workers, np.int64),
    )
    np.random.seed(0)  # noqa: NPY002 -- what numba compiles
    for worker in range(workers):
        at, place = np.random.exponential(1e9), worker  # noqa: NPY002 -- numba's own
        while place > 0 and instants[(place - 1) >> 1] > at:
            above = (place - 1) >> 1
            instants[place], heap[place] = instants[above], heap[above]
            place = above
        instants[place], heap[place] = at, worker
    for row in range(columns.shape[1]):
        at, worker = instants[0], heap[0]
        now = np.int64(at)
        columns[0, row], columns[1, row] = worker, index[worker]
        for column in range(2, 6):
            columns[column, row] = read[worker]
        for column in range(6, 10):
            columns[column, row] = now
        columns[10, row], columns[11, row], columns[12, row] = version[worker], row, 0
        version[worker], read[worker] = row + 1, now
        index[worker] += 1
        at += np.random.exponential(1e9)  # noqa: NPY002 -- numba's own
        place = 0
        while True:
            below = 2 * place + 1
            if below >= workers:
                break
            if below + 1 < workers and instants[below + 1] < instants[below]:
                below += 1
            if instants[below] >= at:
                break
            instants[place], heap[place] = instants[below], heap[below]
            place = below
        instants[place], heap[place] = at, worker


def limit(_: str, workers: int, gradients: int) -> int:
    """Run a bare heap, compiled, without any rule: asynchronous in every mode."""
    columns = np.empty((13, gradients), np.int64)
    _limit(workers, columns)
    return len(columns[0])


def scenario(mode: str, workers: int, gradients: int) -> Scenario:
    """Return the scenario of a mode."""
    fleet = [Worker(name="w", count=workers, compute=COMPUTE)]
    return Scenario(workers=fleet, stop=Stop(gradients=gradients), **MODES[mode])


def rows_by(engine: str) -> Model:
    """Return a model: an engine that keeps every gradient."""
    return lambda *what: simulate(scenario(*what), engine=engine).applied


def sums_by(engine: str) -> Model:
    """Return a model: an engine, for the figures alone."""
    return lambda *what: int(summarise(scenario(*what), engine=engine)["gradients"]["applied"])


MODELS: dict[str, tuple[Model, int]] = {
    "numba heap": (limit, 1),
    "compiled": (rows_by("compiled"), 1),
    "compiled, sums": (sums_by("compiled"), 1),
    "heap": (by_heap, SLOWER),
    "lean SimPy": (lean_simpy, SLOWER),
    "simpy": (rows_by("simpy"), SLOWER),
    "simpy, sums": (sums_by("simpy"), SLOWER),
}


def seconds(model: Model, mode: str, workers: int, gradients: int) -> float:
    """Return how long a model takes, once it is sure that it did what it was asked."""
    begun = time.perf_counter()
    kept = model(mode, workers, gradients)
    took = time.perf_counter() - begun
    if not gradients <= kept < gradients + K:
        raise AssertionError(f"{mode}: {kept} gradients, not {gradients}")
    return took


def rates(mode: str, workers: int, gradients: int, rounds: int) -> dict[str, list[float]]:
    """Return the gradients a second of each model in each round."""
    found: dict[str, list[float]] = {name: [] for name in MODELS}
    for _ in range(rounds):
        for name, (model, fewer) in MODELS.items():
            number = max(gradients // fewer, 100)
            found[name].append(number / seconds(model, mode, workers, number))
    return found


def ratio(found: dict[str, list[float]], one: str, other: str) -> float:
    """Return the median of the rounds' ratios: the machine's speed may drift between rounds."""
    return statistics.median(a / b for a, b in zip(found[one], found[other], strict=True))


def table(modes: list[str], fleets: list[int], gradients: int, rounds: int) -> None:
    """Print rates in thousands a second, and the ratios that are aimed at."""
    print(f"{gradients:,} gradients ({gradients // SLOWER:,} in Python), medians of {rounds} rounds")
    print("thousands of gradients a second:")
    print("mode     workers " + "".join(f"{name:>16}" for name in MODELS))
    lines = []
    for mode in modes:
        for workers in fleets:
            found = rates(mode, workers, gradients, rounds)
            middles = (statistics.median(found[name]) / 1e3 for name in MODELS)
            print(f"{mode:8} {workers:7,} " + "".join(f"{middle:16,.0f}" for middle in middles), flush=True)
            lines.append(
                f"{mode:8} {workers:7,} {ratio(found, 'compiled', 'numba heap'):12.2f}"
                f"{ratio(found, 'compiled, sums', 'numba heap'):12.2f}"
                f"{ratio(found, 'compiled', 'lean SimPy'):12.1f}"
                f"{ratio(found, 'compiled, sums', 'lean SimPy'):12.1f}"
                f"{ratio(found, 'lean SimPy', 'simpy'):12.2f}"
            )
    print("\n                 compiled / limit         compiled / lean SimPy   simpy's time")
    print("mode     workers         rows        sums        rows        sums  / lean's")
    print("\n".join(lines))


def middle(model: Model, mode: str, workers: int, gradients: int, rounds: int) -> float:
    """Return a model's gradients a second: the median of several rounds."""
    return gradients / statistics.median(seconds(model, mode, workers, gradients) for _ in range(rounds))


def figure(path: str, mode: str, gradients: int, rounds: int) -> None:
    """Draw rates over the workers, and over the gradients, on logarithmic axes."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    drawing, (left, right) = plt.subplots(1, 2, figsize=(12, 4.5), sharey=True, layout="constrained")
    fleets = [2, 10, 100, 1000, 10_000]
    for name, (model, fewer) in MODELS.items():
        most = gradients // fewer
        lengths = [length for length in (most // 1000, most // 100, most // 10, most) if length]
        across = [middle(model, mode, workers, most, rounds) for workers in fleets]
        along = [middle(model, mode, 100, length, rounds) for length in lengths]
        left.loglog(fleets, across, "o-", label=name)
        right.loglog(lengths, along, "o-")
    fewer = gradients // SLOWER
    left.set(xlabel="workers", ylabel="gradients a second")
    left.set_title(f"{mode}, {gradients:,} gradients ({fewer:,} in Python)")
    right.set(xlabel="gradients", title=f"{mode}, 100 workers")
    drawing.legend(loc="outside right center", fontsize="small")
    for axes in (left, right):
        axes.grid(visible=True, which="major", alpha=0.4)
    drawing.savefig(path, dpi=120)
    print(f"wrote {path}")


def large(lengths: tuple[int, ...] = (1_000_000, 100_000_000)) -> None:
    """Run 10,000 workers for long and for very long, for the figures alone; print time and memory."""
    for gradients in lengths:
        begun = time.process_time()
        took = seconds(sums_by("compiled"), "async", 10_000, gradients)
        of_processor = time.process_time() - begun
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
        print(f"10,000 workers, {gradients:,} gradients: {took:.1f} s,")
        print(f"{of_processor:.1f} s of processor, {peak:,.0f} MB at most")


def million() -> None:
    """Start a million workers; print how long that takes, and how long their figures take."""
    for what, model in (("rows", rows_by("compiled")), ("sums and figures", sums_by("compiled"))):
        begun = time.process_time()
        took = seconds(model, "async", 1_000_000, 1)
        of_processor = time.process_time() - begun
        print(f"1,000,000 workers have started, and one gradient is applied, {what}:")
        print(f"{took:.1f} s, {of_processor:.1f} s of processor (at most 10)")


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description="Measure the simulator beside plain loops.")
    parser.add_argument(
        "modes", nargs="*", metavar="MODE", help=f"of {', '.join(MODES)}; all if none is given"
    )
    parser.add_argument("--workers", nargs="+", type=int, default=[2, 100, 10_000])
    parser.add_argument("--gradients", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--figure", metavar="FILE", help="also write times over workers and gradients")
    parser.add_argument(
        "--large", action="store_true", help="only 10,000 workers, up to 100 million gradients"
    )
    parser.add_argument("--million", action="store_true", help="only a million workers' start")
    given = parser.parse_args()
    if unknown := set(given.modes) - set(MODES):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; choose of {', '.join(MODES)}")
    for warm in ("numba heap", "compiled", "compiled, sums"):
        seconds(MODELS[warm][0], "async", 2, 100)
    if given.large:
        large()
    if given.million:
        million()
    if given.large or given.million:
        return
    table(given.modes or list(MODES), given.workers, given.gradients, given.rounds)
    if given.figure:
        figure(given.figure, (given.modes or ["async"])[0], given.gradients, given.rounds)


if __name__ == "__main__":
    main()

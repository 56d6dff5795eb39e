"""What replaying a trace costs beside the same number of plain updates on the same batches, in turn.

``python benchmarks/staleness.py`` measures the small Inception, a quarter of it, and logistic regression, for
eight asynchronous workers. Prints the median time of an update both ways and the ratio; small nets show what
is paid for each update, whatever the net.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from analysis.learning.models import make_module
from analysis.learning.training import sgd
from analysis.staleness import Recipe, batch_rows
from analysis.staleness.replay import Replay
from sim import Exponential, Scenario, Stop, Trace, Worker, simulate

IMAGES = 4096


@dataclass(frozen=True)
class Case:
    """A net, the side of its images, its batch, and how many updates of each kind to take at a turn."""

    name: str
    net: str
    width: float
    side: int
    batch: int
    updates: int


CASES = (
    Case("small Inception, 28x28", "small-inception", 1.0, 28, 64, 4),
    Case("a quarter of it, 14x14", "small-inception", 0.25, 14, 16, 20),
    Case("logistic, 14x14", "logistic", 1.0, 14, 16, 400),
)


def plain(module: nn.Module, data: tuple[Tensor, Tensor], trace: Trace, batch: int) -> Iterator[None]:
    """Make an update of each gradient of a trace at the newest weights."""
    inputs, labels = data
    optimizer = sgd(module)
    for group in optimizer.param_groups:
        group["lr"] = 0.01
    module.train()
    for row in range(trace.applied):
        worker, index = trace.workers[trace.worker[row]], int(trace.index[row])
        rows = batch_rows(trace.seed, worker, index, batch=batch, count=len(labels))
        optimizer.zero_grad()
        loss = cross_entropy(module(inputs[rows]), labels[rows])
        loss.item()
        loss.backward()  # type: ignore[no-untyped-call]  # torch does not annotate it
        optimizer.step()
        yield


def replayed(module: nn.Module, data: tuple[Tensor, Tensor], trace: Trace, batch: int) -> Iterator[None]:
    """Make the updates of a trace."""
    replay = Replay(module, cross_entropy, data, trace, Recipe(rate=0.01, batch=batch))
    with replay.opened():
        while replay.made < trace.updates:
            replay.step()
            yield


def seconds(updates: Iterator[None], count: int) -> float:
    """Return the time of an update, the mean of some."""
    started = time.perf_counter()
    for _ in range(count):
        next(updates)
    return (time.perf_counter() - started) / count


def measure(case: Case, turns: int) -> tuple[float, float]:
    """Return the median time of an update, plain and replayed, each after a turn to warm up."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(IMAGES, 1, case.side, case.side, generator=generator)
    data = inputs.to(memory_format=torch.channels_last), torch.arange(IMAGES) % 10
    fleet = Worker(name="w", count=8, compute=Exponential(mean=1.0))
    trace = simulate(Scenario(workers=[fleet], stop=Stop(updates=(turns + 1) * case.updates)))
    ways = [
        way(
            make_module(case.net, (1, case.side, case.side), 10, 0, width=case.width), data, trace, case.batch
        )
        for way in (plain, replayed)
    ]
    times = np.array([[seconds(way, case.updates) for way in ways] for _ in range(turns + 1)])[1:]
    return median(times[:, 0].tolist()), median(times[:, 1].tolist())


def main() -> None:
    """Measure all cases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--turns", type=int, default=15, help="how often to measure each way")
    turns = parser.parse_args().turns
    print(f"{'':26}{'plain':>12}{'replayed':>12}{'overhead':>10}")
    for case in CASES:
        first, second = measure(case, turns)
        print(f"{case.name:26}{first * 1e3:9.3f} ms{second * 1e3:9.3f} ms{second / first - 1:+10.1%}")


if __name__ == "__main__":
    main()

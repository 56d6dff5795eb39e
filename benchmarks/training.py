"""Seconds per 1,000 images: the project's training loop against the way of the hand-in, side by side.

The hand-in's way: PIL images through transforms, one by one, in a ``DataLoader``; NCHW; an extra convolution
that makes one colour three; a GoogLeNet with both auxiliary heads left in the module, which never gets a
gradient (here the paper's; the hand-in's, with 9,960,638 parameters, was another edition). Both train the
same small Inception of the same width, by SGD with momentum, on the same noise (the arithmetic does not look
at it), in turns, and the median over the rounds counts. How fast that is for the device: the arithmetic, by
the multiply-accumulates of the net's layers, against the best rate that a large convolution or matrix product
reached in between, and against the peak that the maker names, for the devices in ``devices.py``.

    python benchmarks/training.py                       # the whole net, 28×28, on whatever is here
    python benchmarks/training.py --width 0.25 --size 14 --batch 32
    python benchmarks/training.py --device cuda --json training.json    # under four minutes on one card

It needs torch, numpy, attrs and networkx; without Pillow the hand-in's way is left out.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # where nothing is installed, the checkout itself serves

import numpy as np
import torch
from devices import arithmetic, attained, device_name, peaks, settled
from loops import PilImages, Setting, hand_in, our_net, ours
from torch.profiler import ProfilerActivity, profile
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode

PRECISIONS = {"cpu": ("float32", "bfloat16"), "cuda": ("float32", "tf32", "bfloat16")}
LAYOUTS = {"cpu": ("channels_last",), "cuda": ("channels_last", "contiguous")}
BATCHES = {"cpu": (64,), "cuda": (64, 256, 1024, 4096)}


FEW = 4
"""Updates are enough to see where the time goes."""

KINDS = {
    "convolutions": ("conv", "mm", "xmma", "cutlass", "wgrad", "dgrad", "fprop", "implicit", "nvjet"),
    "batch norm": ("batch_norm", "bn_fw", "bn_bw"),
    "ReLU": ("threshold", "clamp", "relu"),
    "concatenation, pooling": ("cat", "pool"),
    "optimizer, conversions, adding gradients": (
        "add",
        "mul",
        "copy",
        "cpy",
        "fill",
        "foreach",
        "multi_tensor",
    ),
}


@dataclass
class Row:
    """What was measured of one way of training; `seconds` per 1,000 images, one for each round."""

    way: str
    setting: Setting
    seconds: list[float] = field(default_factory=list)
    memory: int | None = None

    def data(self, teraflop: float, peak: dict[str, float], best: dict[str, float]) -> dict[str, Any]:
        """Return it as plain data, with the rate that it comes to, and its shares."""
        median = statistics.median(self.seconds)
        rate, precision = teraflop / median, self.setting.precision
        return {
            "way": self.way,
            **asdict(self.setting),
            "seconds": self.seconds,
            "seconds_per_1000": median,
            "teraflops_per_second": rate,
            "share_of_peak": rate / peak[precision] if precision in peak else None,
            "share_of_attained": rate / best[precision],
            "peak_memory_bytes": self.memory,
        }


@dataclass
class Turn:
    """A row that is being measured: a run that goes on, and how many updates it makes per round."""

    row: Row
    run: Iterator[None]
    updates: int

    @classmethod
    def begun(cls, row: Row, images: np.ndarray, labels: np.ndarray, options: argparse.Namespace) -> "Turn":
        """Start a run, warm it up, and see how many updates make a round."""
        if row.setting.device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        turn = cls(
            row, (ours if row.way == "ours" else hand_in)(images, labels, row.setting), options.updates
        )
        turn.seconds()
        update = turn.seconds() * row.setting.batch / 1000
        turn.updates = max(options.updates, int(options.seconds / update))
        if row.setting.device == "cuda":
            row.memory = torch.cuda.max_memory_allocated()
        return turn

    def make(self) -> None:
        """Make a round's updates."""
        with arithmetic(self.row.setting.precision, deterministic=self.row.way == "ours"):
            for _ in range(self.updates):
                next(self.run)
            settled(self.row.setting.device)

    def seconds(self) -> float:
        """Make a round's updates, and return the seconds per 1,000 images."""
        started = settled(self.row.setting.device)
        self.make()
        return (time.perf_counter() - started) / self.updates / self.row.setting.batch * 1000

    def shares(self) -> dict[str, float]:
        """Return which share of the time each kind of operation takes, on the device that computes."""
        cuda = self.row.setting.device == "cuda"
        self.updates = min(self.updates, FEW)
        with profile(activities=[ProfilerActivity.CUDA if cuda else ProfilerActivity.CPU]) as profiled:
            self.make()
        found = dict.fromkeys([*KINDS, "the rest"], 0.0)
        for event in profiled.key_averages():
            name = event.key.lower()
            kinds = (kind for kind, words in KINDS.items() if any(word in name for word in words))
            spent = event.self_device_time_total if cuda else event.self_cpu_time_total
            found[next(kinds, "the rest")] += spent
        total = sum(found.values()) or 1.0
        return {kind: spent / total for kind, spent in found.items()}


def work(setting: Setting) -> dict[str, float]:
    """Count the teraflops in convolutions and matrix products, forwards and backwards, of 1,000 images.

    ``own`` is from the MACs of the net's layers: two flops each, three times (forwards, to the inputs, to the
    weights), but for the first convolution, whose inputs need no gradient. ``torch`` is what torch counts.
    """
    module = our_net(setting)
    network = module.network
    shapes = network.shapes()
    macs = [node.layer.macs(*(shapes[name] for name in node.inputs)) for node in network.nodes if node.inputs]
    first = next(of_layer for of_layer in macs if of_layer)
    with FlopCounterMode(display=False) as counter:
        module(torch.zeros(2, 1, setting.size, setting.size, device=setting.device)).sum().backward()
    own = 2 * (3 * sum(macs) - first)
    return {"own": own * 1000 / 1e12, "torch": counter.get_total_flops() / 2 * 1000 / 1e12}


def planned(options: argparse.Namespace) -> list[Row]:
    """Return what is to be measured, the hand-in's way at the smallest batch only."""
    rows = [
        Row("ours", Setting(options.device, options.width, options.size, batch, precision, layout))
        for batch in options.batch
        for precision in options.precision
        for layout in LAYOUTS[options.device]
    ]
    theirs = [
        Row("hand-in", replace(row.setting, layout="contiguous"))
        for row in rows
        if row.setting.batch == options.batch[0] and row.setting.layout == "channels_last"
    ]
    return [*(theirs if find_spec("PIL") else []), *rows]


def measure(rows: Sequence[Row], options: argparse.Namespace, best: dict[str, float]) -> dict[str, Any]:
    """Time rows, those of one batch in turns, while the budget lasts; return where ours spend their time."""
    started = time.perf_counter()
    count = max(8 * options.batch[0], 2 * options.batch[-1])
    images = np.random.default_rng(0).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    labels = np.arange(count) % 10
    where = {}
    for batch in options.batch:
        turns = []
        for row in rows:
            if row.setting.batch == batch and time.perf_counter() - started < options.budget:
                with suppress(torch.OutOfMemoryError):
                    turns.append(Turn.begun(row, images, labels, options))
        for _ in range(options.rounds if turns else 0):
            for precision in options.precision:
                best[precision] = max(best[precision], attained(precision, options.device))
            for turn in turns:
                turn.row.seconds.append(turn.seconds())
        for turn in turns:
            setting = turn.row.setting
            if turn.row.way == "ours" and setting.layout == "channels_last":
                where[f"{setting.precision}, batch {batch}"] = turn.shares()
    return where


def loader_alone(options: argparse.Namespace) -> float | None:
    """Return the seconds per 1,000 of the hand-in's loader with no net behind it; None without Pillow."""
    if not find_spec("PIL"):
        return None
    count: int = 8 * options.batch[0]
    images, labels = np.zeros((count, 28, 28), np.uint8), np.arange(count) % 10
    loader = DataLoader(PilImages(images, labels, options.size), batch_size=options.batch[0], shuffle=True)
    started = time.perf_counter()
    for _ in loader:
        pass
    return (time.perf_counter() - started) / count * 1000


def parsed() -> argparse.Namespace:
    """Read the command line; what it leaves open depends on the device."""
    parser = argparse.ArgumentParser(description="The training loop against the hand-in's way.")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--size", type=int, default=28, choices=(28, 14, 7))
    parser.add_argument("--batch", type=int, nargs="+", help="ascending; default: 64, on cuda several")
    parser.add_argument("--precision", nargs="+", choices=PRECISIONS["cuda"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--updates", type=int, default=2, help="per round, at least")
    parser.add_argument("--seconds", type=float, help="per round, at least; default: 0, on cuda 0.2")
    parser.add_argument("--budget", type=float, default=150.0, help="seconds after which nothing is begun")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    if options.device == "auto":
        options.device = "cuda" if torch.cuda.is_available() else "cpu"
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("torch finds no CUDA device here; use --device cpu")
    options.batch = sorted(options.batch or BATCHES[options.device])
    options.precision = options.precision or PRECISIONS[options.device]
    if options.seconds is None:
        options.seconds = 0.2 if options.device == "cuda" else 0.0
    return options


def main() -> None:
    """Print what was measured, how near it is to what the device can do, and where the time goes."""
    options = parsed()
    torch.set_num_threads(options.threads)
    best = dict.fromkeys(options.precision, 0.0)
    rows = planned(options)
    where = measure(rows, options, best)
    name = device_name(options.device)
    flops = work(rows[-1].setting)
    result = {
        "device": name,
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "threads": options.threads,
        "width": options.width,
        "size": options.size,
        "teraflop_per_1000_images": flops,
        "peak_teraflops_per_second": peaks(name),
        "attained_teraflops_per_second": best,
        "rows": [row.data(flops["own"], peaks(name), best) for row in rows if row.seconds],
        "hand_in_loader_seconds_per_1000": loader_alone(options),
        "shares_of_time": where,
        "left_out": [asdict(row) for row in rows if not row.seconds],
    }
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    show(result)


def show(result: dict[str, Any]) -> None:
    """Print what was measured."""
    print(
        f"{result['device']}, torch {result['torch']}, {result['threads']} threads; "
        f"width {result['width']:g}, {result['size']}×{result['size']}; medians"
    )
    flops = result["teraflop_per_1000_images"]
    own, torchs = flops["own"], flops["torch"]
    print(f"arithmetic per 1,000 images: {own:.3g} teraflop by our own count, {torchs:.3g} by torch's")
    print("way      precision layout          batch   s/1,000  Tflop/s  of best  of peak")
    for row in result["rows"]:
        of_peak = "" if row["share_of_peak"] is None else f"{row['share_of_peak']:.1%}"
        print(
            f"{row['way']:<9}{row['precision']:<10}{row['layout']:<15}{row['batch']:>6}"
            f"{row['seconds_per_1000']:>10.4f}{row['teraflops_per_second']:>9.3g}"
            f"{row['share_of_attained']:>9.1%}{of_peak:>9}"
        )
    seconds = {
        (row["way"], row["precision"], row["layout"], row["batch"]): row["seconds_per_1000"]
        for row in result["rows"]
    }
    for (way, precision, _, batch), theirs in seconds.items():
        mine = seconds.get(("ours", precision, "channels_last", batch))
        if way == "hand-in" and mine:
            print(f"{precision}, batch {batch}: ours is {theirs / mine:.2f} times faster")
    for precision, rate in result["attained_teraflops_per_second"].items():
        peak = result["peak_teraflops_per_second"].get(precision)
        named = f", {rate / peak:.0%} of the peak of {peak:g}" if peak else ""
        print(
            f"{precision}: {rate:.3g} Tflop/s at best in one large operation{named}; at that rate "
            f"the arithmetic alone takes {own / rate:.4f} s per 1,000 images"
        )
    if result["hand_in_loader_seconds_per_1000"] is not None:
        print(
            f"the hand-in's loader alone: {result['hand_in_loader_seconds_per_1000']:.3f} s per 1,000 images"
        )
    for name, found in result["shares_of_time"].items():
        print(f"ours, {name}: " + ", ".join(f"{kind} {share:.0%}" for kind, share in found.items()))
    if result["left_out"]:
        print(f"left out for want of time or memory: {len(result['left_out'])} settings")


if __name__ == "__main__":
    main()

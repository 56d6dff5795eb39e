"""Seconds per 1,000 images: the project's training loop against the way of the hand-in, side by side.

The hand-in's way: PIL images through transforms, one by one, in a ``DataLoader``; NCHW; an extra convolution
that makes one colour three; a GoogLeNet with both auxiliary heads left in the module, which never gets a
gradient (here the paper's; the hand-in's, with 9,960,638 parameters, was another edition). Both train the
same small Inception of the same width, by SGD with momentum, on the same noise (the arithmetic does not look
at it), in turns, and the median over the rounds counts. How much faster a loop could be at all is measured,
too: by the floating-point operations of the net's convolutions and matrix products, at the best rate that a
convolution of a shape that suits the processor reached in between.

    python benchmarks/training.py                       # the whole net, 28×28
    python benchmarks/training.py --width 0.25 --size 14 --batch 32
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile
from torch.utils.data import DataLoader, Dataset
from torch.utils.flop_counter import FlopCounterMode

from analysis.learning.datasets import Labelled
from analysis.learning.plans import Plan
from analysis.learning.schedules import Constant
from analysis.learning.training import Examples, sgd, updates
from nets import zoo
from nets.build import build

PRECISIONS = ("float32", "bfloat16")

KINDS = {
    "convolutions": ("conv", "mm"),
    "batch norm": ("batch_norm",),
    "ReLU": ("threshold", "clamp", "relu"),
    "concatenation, pooling": ("cat", "pool"),
    "optimizer, conversions, adding gradients": ("add", "mul", "copy", "fill", "foreach"),
}


class PilImages(Dataset[tuple[Tensor, int]]):
    """What torchvision's FashionMNIST with ``ToTensor`` and ``Normalize`` does for each image."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, size: int) -> None:
        self.images, self.labels, self.size = torch.from_numpy(images), torch.from_numpy(labels), size

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = Image.fromarray(self.images[index].numpy())
        if image.size != (self.size, self.size):
            image = image.resize((self.size, self.size), Image.Resampling.BILINEAR)
        tensor = torch.from_numpy(np.array(image, copy=True)).unsqueeze(0).float().div(255)
        return tensor.sub(0.286).div(0.353), int(self.labels[index])


class HandIn(nn.Module):
    """The small Inception behind an extra convolution, with a GoogLeNet beside it that nothing uses."""

    def __init__(self, size: int, width: float) -> None:
        super().__init__()
        self.colours = nn.Conv2d(1, 3, kernel_size=3, padding=1)
        self.net = build(zoo.small_inception(channels=3, size=size, width=width))
        self.idle = build(zoo.googlenet(classes=10, aux=True))

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits."""
        return self.net(self.colours(images))  # type: ignore[no-any-return]  # a module's call is not annotated


def hand_in(
    images: np.ndarray, labels: np.ndarray, options: argparse.Namespace, *, bfloat16: bool
) -> Iterator[None]:
    """Train by the hand-in's way, one update at each step of the iterator."""
    torch.manual_seed(0)
    module = HandIn(options.size, options.width)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01, momentum=0.9)
    loader = DataLoader(PilImages(images, labels, options.size), batch_size=options.batch, shuffle=True)
    losses, right = 0.0, 0
    while True:
        for inputs, targets in loader:
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                logits = module(inputs)
                loss = nn.functional.cross_entropy(logits, targets)
            loss.backward()  # type: ignore[no-untyped-call]  # torch does not annotate it
            optimizer.step()
            losses += loss.item()
            right += int((logits.argmax(1) == targets).sum())
            yield


def our_net(options: argparse.Namespace) -> nn.Module:
    """Build the net that the project trains."""
    network = zoo.small_inception(channels=1, size=options.size, width=options.width, conv_bias=False)
    return build(network).to(memory_format=torch.channels_last)  # type: ignore[no-any-return,call-overload]  # torch's stub leaves memory_format out


def ours(
    images: np.ndarray,
    labels: np.ndarray,
    options: argparse.Namespace,
    *,
    bfloat16: bool,
) -> Iterator[None]:
    """Train by the project's loop, one update at each step of the iterator."""
    torch.manual_seed(0)
    module = our_net(options)
    shrink = images.shape[1] // options.size
    blocks = images.reshape(len(images), options.size, shrink, options.size, shrink)
    standardised = ((blocks.mean((2, 4), dtype=np.float32) / 255 - 0.286) / 0.353).astype(np.float32)
    examples = Examples.of(Labelled(standardised, labels))
    plan = Plan((options.batch,) * 10_000, Constant(0.01))
    for _ in updates(module, sgd(module, 0.9), examples, plan, seed=0, bfloat16=bfloat16):
        yield


def seconds_per_thousand(run: Iterator[None], count: int, batch: int) -> float:
    """Time some updates of a run that goes on."""
    started = time.perf_counter()
    for _ in range(count):
        next(run)
    return (time.perf_counter() - started) / count / batch * 1000


def gigaflops(options: argparse.Namespace) -> float:
    """Count the operations in convolutions and matrix products, forwards and backwards, of 1,000 images."""
    module = our_net(options)
    with FlopCounterMode(display=False) as counter:
        module(torch.zeros(2, 1, options.size, options.size)).sum().backward()
    return float(counter.get_total_flops()) / 2 * 1000 / 1e9


def attained(precision: str) -> float:
    """Return the gigaflops per second of one large convolution."""
    kind = torch.bfloat16 if precision == "bfloat16" else torch.float32
    images = torch.randn(64, 128, 28, 28).to(kind, memory_format=torch.channels_last)
    kernel = torch.randn(128, 128, 3, 3).to(kind, memory_format=torch.channels_last)
    started = time.perf_counter()
    with torch.inference_mode():
        nn.functional.conv2d(images, kernel, padding=1)
    return 2 * images.numel() * 128 * 9 / (time.perf_counter() - started) / 1e9


def shares(run: Iterator[None], count: int) -> dict[str, float]:
    """Return which share of the time each kind of operation takes."""
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        for _ in range(count):
            next(run)
    found = dict.fromkeys([*KINDS, "the rest"], 0.0)
    for event in profiled.key_averages():
        kind = next(
            (kind for kind, words in KINDS.items() if any(word in event.key for word in words)), "the rest"
        )
        found[kind] += event.self_cpu_time_total
    return {kind: spent / sum(found.values()) for kind, spent in found.items()}


def main() -> None:
    """Print a table of seconds, one of ratios, and where the time of the project's loop goes."""
    parser = argparse.ArgumentParser(description="The training loop against the hand-in's way.")
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--size", type=int, default=28, choices=(28, 14, 7))
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--updates", type=int, default=2, help="per round")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    count = options.batch * 8
    images = np.random.default_rng(0).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    labels = np.arange(count) % 10
    ways: dict[str, Callable[..., Iterator[None]]] = {"hand-in": hand_in, "ours": ours}
    runs = {
        (way, precision): start(images, labels, options, bfloat16=precision == "bfloat16")
        for way, start in ways.items()
        for precision in PRECISIONS
    }
    for run in runs.values():
        for _ in range(2):
            next(run)
    times: dict[tuple[str, str], list[float]] = {name: [] for name in runs}
    best = dict.fromkeys(PRECISIONS, 0.0)
    for _ in range(options.rounds):
        best = {precision: max(rate, attained(precision)) for precision, rate in best.items()}
        for name, run in runs.items():
            times[name].append(seconds_per_thousand(run, options.updates, options.batch))
    medians = {name: statistics.median(measured) for name, measured in times.items()}

    print(f"width {options.width:g}, {options.size}×{options.size}, batch {options.batch}, ", end="")
    print(f"{options.threads} threads, torch {torch.__version__}; medians of {options.rounds} rounds")
    print(f"{'seconds per 1,000 images':<26}{'float32':>10}{'bfloat16':>10}{'times faster':>20}")
    for way in ways:
        ratios = [medians["hand-in", p] / medians[way, p] for p in PRECISIONS]
        row = "".join(f"{medians[way, precision]:>10.3f}" for precision in PRECISIONS)
        print(f"{way:<26}{row}{ratios[0]:>11.2f}{ratios[1]:>9.2f}")
    across = medians["hand-in", "float32"] / medians["ours", "bfloat16"]
    print(f"ours in bfloat16 against the hand-in in float32: {across:.2f} times faster")

    work = gigaflops(options)
    print(f"arithmetic: {work:,.0f} gigaflops per 1,000 images")
    for precision in PRECISIONS:
        least = work / best[precision]
        most = medians["hand-in", precision] / least
        print(
            f"  {precision} at {best[precision]:.0f} gigaflops/s, the best seen here: {least:.2f} s; "
            f"no loop that convolves directly could be more than {most:.2f} times faster"
        )

    loader = DataLoader(PilImages(images, labels, options.size), batch_size=options.batch, shuffle=True)
    started = time.perf_counter()
    for _ in loader:
        pass
    print(
        f"the hand-in's loader alone: {(time.perf_counter() - started) / count * 1000:.3f} s per 1,000 images"
    )
    for precision in PRECISIONS:
        found = shares(runs["ours", precision], options.updates)
        print(f"ours, {precision}: " + ", ".join(f"{kind} {share:.0%}" for kind, share in found.items()))


if __name__ == "__main__":
    main()

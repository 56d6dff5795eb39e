"""Memory and time of a step: what `nets cost` predicts beside what a real step on this CPU takes, in one run.

    python benchmarks/nets_cost.py [--rounds 7] [--threads 1] [--out FILE.md]

Peak memory is held against the allocations of a real step that the profiler sees, seconds against the best
of some real steps; the device is this machine, measured first, in the same process. Every row is printed.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import attrs
import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

import nets
from nets import zoo
from nets.build import build
from nets.costing.devices import Device
from nets.costing.here import measured
from nets.costing.quantities import show_rate


class Vision(nn.Module):
    """A vision transformer of torch's encoder layers on 16×16 patches."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 16, 16)
        layer = nn.TransformerEncoderLayer(
            width, 4, 4 * width, dropout=0.0, batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(width, 100)

    def forward(self, images: Tensor) -> Tensor:
        """Return scores of (N, 3, H, W)."""
        return torch.as_tensor(
            self.head(self.encoder(self.patches(images).flatten(2).transpose(1, 2)).mean(1))
        )


class Recurrent(nn.Module):
    """Two layers of LSTM, and a linear one on each step."""

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.lstm, self.head = nn.LSTM(features, hidden, 2), nn.Linear(hidden, 100)

    def forward(self, steps: Tensor) -> Tensor:
        """Return scores of (L, N, features)."""
        return torch.as_tensor(self.head(self.lstm(steps)[0]))


def encoder(dropout: float) -> nn.Module:
    """Return an encoder of four layers."""
    layer = nn.TransformerEncoderLayer(256, 8, 1024, dropout=dropout, batch_first=True)
    return nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)


def of_zoo(name: str) -> Callable[[], nn.Module]:
    """Return what builds a net of the zoo."""
    return lambda: build(zoo.named(name))


CASES: list[tuple[str, Callable[[], nn.Module], tuple[int, ...], str]] = [
    ("lenet5", of_zoo("lenet5"), (256, 1, 32, 32), "sgd"),
    ("mlp", of_zoo("mlp"), (512, 784), "adam"),
    ("small-inception", of_zoo("small-inception"), (32, 3, 28, 28), "momentum"),
    ("googlenet", of_zoo("googlenet"), (4, 3, 224, 224), "sgd"),
    ("alexnet", of_zoo("alexnet"), (16, 3, 224, 224), "sgd"),
    ("vgg11", of_zoo("vgg11"), (2, 3, 224, 224), "sgd"),
    ("resnet18", of_zoo("resnet18"), (8, 3, 224, 224), "adam"),
    ("resnet18, small", of_zoo("resnet18"), (32, 3, 64, 64), "sgd"),
    ("resnet50-v1.5", of_zoo("resnet50-v1.5"), (4, 3, 224, 224), "momentum"),
    ("encoder", lambda: encoder(0.0), (8, 128, 256), "adam"),
    ("encoder, dropout", lambda: encoder(0.1), (8, 128, 256), "adam"),
    ("vision transformer", lambda: Vision(192, 6), (8, 3, 224, 224), "adamw"),
    ("lstm", lambda: Recurrent(64, 256), (64, 16, 64), "sgd"),
]
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=1e-4, foreach=False),
    "momentum": lambda p: torch.optim.SGD(p, lr=1e-4, momentum=0.9, foreach=False),
    "adam": lambda p: torch.optim.Adam(p, lr=1e-4, foreach=False),
    "adamw": lambda p: torch.optim.AdamW(p, lr=1e-4, foreach=False),
}


@attrs.frozen
class Row:
    """What was predicted for a case, and what came out; bytes, and seconds at the peak and slower."""

    name: str
    peak: int
    real_peak: int
    forward: tuple[float, float]
    real_forward: float
    step: tuple[float, float]
    real_step: float

    def cells(self) -> list[str]:
        """Return its row of the table."""
        return [
            self.name,
            f"{self.peak / 1e6:.1f}",
            f"{self.real_peak / 1e6:.1f}",
            f"{self.peak / self.real_peak:.4f}",
            *_timed(self.forward, self.real_forward),
            *_timed(self.step, self.real_step),
        ]


def _timed(sides: tuple[float, float], real: float) -> list[str]:
    fast, slow = (1e3 * side for side in sides)
    where = "yes" if sides[0] <= real <= sides[1] else "faster" if real < sides[0] else "slower"
    return [f"{fast:.1f} – {slow:.1f}", f"{1e3 * real:.1f}", where]


TITLES = [
    *("net", "peak MB", "real", "ratio"),
    *("forward ms", "real", "between"),
    *("step ms", "real", "between"),
]


def best(work: Callable[[], object], rounds: int) -> float:
    """Return the seconds of the fastest of some rounds."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def compared(
    case: tuple[str, Callable[[], nn.Module], tuple[int, ...], str], device: Device, rounds: int
) -> Row:
    """Predict a case and run it."""
    name, make, shape, by = case
    told = nets.cost(make(), shape, optimizer=by, device=device)
    module, data = make().train(), torch.rand(shape)
    optimizer = OPTIMIZERS[by](module.parameters())

    def step() -> None:
        loss = module(data).sum()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    step()
    held = [data, *module.parameters(), *module.buffers()]
    held += [v for values in optimizer.state.values() for v in values.values() if isinstance(v, Tensor)]
    now = most = sum({t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in held}.values())
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        step()
    events = [e for e in seen.profiler.kineto_results.events() if e.name() == "[memory]"]
    for event in sorted(events, key=lambda e: e.start_ns()):
        now += event.nbytes()
        most = max(most, now)
    forward = best(lambda: module(data), rounds)
    return Row(
        name,
        int(told.peak.bytes),
        most,
        told.seconds(forward=True),
        forward,
        told.seconds(),
        best(step, rounds),
    )


def report(rows: list[Row], device: Device) -> str:
    """Write all rows as a table of Markdown, and what share of them came out as predicted."""
    lines = [
        "# Memory and time of a step, predicted and real",
        "",
        f"torch {torch.__version__}, {platform.machine()}, {device.title}; in numbers of 32 bits: "
        + ", ".join(
            f"{name} {show_rate(device.figures[name].value, unit)}"
            for name, unit in (
                ("float32", "FLOP/s"),
                ("measured-float32", "FLOP/s"),
                ("bandwidth", "B/s"),
                ("measured-bandwidth", "B/s"),
            )
        )
        + f". Load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.",
        "",
        f"| {' | '.join(TITLES)} |",
        f"|---|{'--:|' * (len(TITLES) - 1)}",
        *(f"| {' | '.join(row.cells())} |" for row in rows),
        "",
    ]
    near = sum(abs(row.peak / row.real_peak - 1) <= 0.02 for row in rows)  # noqa: PLR2004  # two per cent
    forward = sum(row.forward[0] <= row.real_forward <= row.forward[1] for row in rows)
    steps = sum(row.step[0] <= row.real_step <= row.step[1] for row in rows)
    lines.append(
        f"Peaks within 2 %: {near} of {len(rows)}. Seconds between the two sides: {forward} of {len(rows)} "
        f"forward, {steps} of {len(rows)} steps."
    )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(asked.threads)
    device = measured()
    rows = []
    for case in CASES:
        rows.append(compared(case, device, asked.rounds))
        print(" ".join(rows[-1].cells()), flush=True)
    text = report(rows, device)
    print(text)
    if asked.out is not None:
        asked.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

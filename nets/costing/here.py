"""The machine here as a device: what its matrix products and copies reach, measured in a few seconds."""

import statistics
import time
from collections.abc import Callable

import psutil
import torch

from nets.costing.devices import HERE, Device, Rated
from nets.costing.settings import CPU
from nets.frozen import FrozenMap

_SIDES = (128, 256, 512, 1024, 1536)
_COPIED = (2**20, 2**22, 2**24)
_FRESH = 2**24
_ROUNDS = 5
_CALLS = 200
_SOURCE = "measured here"


def measured(threads: int | None = None) -> Device:
    """Measure float32 matrix products, copies and the time that a call takes.

    The peak is the best of several sizes. The measured share is the least of a middling product, a
    convolution and its gradients; for bytes, that of copies into memory that is newly asked for, as
    most operations do. Noise makes anything slower, never faster, so each is the best of some rounds.

    Parameters
    ----------
    threads
        How many threads torch may use; as many as it uses now by default.
    """
    before = torch.get_num_threads()
    try:
        if threads is not None:
            torch.set_num_threads(threads)
        with torch.inference_mode():
            return _measured()
    finally:
        torch.set_num_threads(before)


def _measured() -> Device:
    products = {side: _product(side) for side in _SIDES}
    copies = [_copy(size) for size in _COPIED]
    fresh = _clone(_FRESH)
    best = max(products.values())
    figures = {
        "float32": best,
        "measured-float32": min(statistics.median(products.values()), *_convolutions()),
        "bandwidth": max(copies),
        "measured-bandwidth": min(fresh, *copies),
        "memory": float(psutil.virtual_memory().total),
    }
    date = time.strftime("%Y-%m-%d")
    rated = {name: Rated(value, _SOURCE, "", date) for name, value in figures.items()}
    threads = torch.get_num_threads()
    title = f"this machine, {threads} thread{'s' if threads > 1 else ''}"
    return Device(HERE, title, CPU, FrozenMap(rated), _call())


def _best(work: Callable[[], object]) -> float:
    work()
    seconds = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _product(side: int) -> float:
    left, right, into = (torch.ones(side, side) for _ in range(3))
    return 2 * side**3 / _best(lambda: torch.mm(left, right, out=into))


def _convolutions() -> tuple[float, float]:
    """Return the rates of a convolution of 64 channels and of its gradients."""
    data, weight = torch.ones(4, 64, 56, 56), torch.ones(64, 64, 3, 3)
    flops = 2 * data.numel() * 64 * 9
    forward = _best(lambda: torch.conv2d(data, weight, padding=1))
    output = torch.ones_like(data)
    settings = (None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, [True, True, False])
    backward = _best(lambda: torch.ops.aten.convolution_backward(output, data, weight, *settings))
    return flops / forward, 2 * flops / backward


def _copy(size: int) -> float:
    source, into = torch.ones(size), torch.ones(size)
    return 2 * 4 * size / _best(lambda: into.copy_(source))


def _clone(size: int) -> float:
    source = torch.ones(size)
    return 2 * 4 * size / _best(source.clone)


def _call() -> float:
    one = torch.ones(1)

    def calls() -> None:
        for _ in range(_CALLS):
            one.add(one)

    return _best(calls) / _CALLS

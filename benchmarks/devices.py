"""What a device can do: the peak that its maker names, and the best rate that large operations reach."""

import platform
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

PEAKS: dict[str, dict[str, float]] = {
    "H200": {"float32": 67, "tf32": 494.7, "bfloat16": 989.4},
    "H100 PCIe": {"float32": 51, "tf32": 378, "bfloat16": 756},
    "H100 NVL": {"float32": 60, "tf32": 417.5, "bfloat16": 835.5},
    "H100": {"float32": 67, "tf32": 494.7, "bfloat16": 989.4},
    "A100": {"float32": 19.5, "tf32": 156, "bfloat16": 312},
    "L40S": {"float32": 91.6, "tf32": 183, "bfloat16": 362},
    "L4": {"float32": 30.3, "tf32": 60, "bfloat16": 121},
    "A10": {"float32": 31.2, "tf32": 62.5, "bfloat16": 125},
    "RTX 4090": {"float32": 82.6, "tf32": 82.6, "bfloat16": 165.2},
    "RTX 3090": {"float32": 35.6, "tf32": 35.6, "bfloat16": 71},
}
"""Dense teraflops per second by NVIDIA's data sheets, without sparsity; the first name that fits counts."""


def peaks(name: str) -> dict[str, float]:
    """Return the peak in teraflops per second by precision, empty for a device that is none of `PEAKS`."""
    return next((rates for known, rates in PEAKS.items() if known in name), {})


def device_name(device: str) -> str:
    """Return what the device is called."""
    return torch.cuda.get_device_name() if device == "cuda" else platform.processor() or platform.machine()


def settled(device: str) -> float:
    """Return the time once the device has done all that it was given."""
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


@contextmanager
def arithmetic(precision: str, *, deterministic: bool = True) -> Iterator[None]:
    """Let float32 products be rounded to TF32 or not, and cuDNN choose as the project has it."""
    tf32 = precision == "tf32"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer torch has a second way to say the same
        before = torch.backends.cuda.matmul.allow_tf32
        torch.backends.cuda.matmul.allow_tf32 = tf32
        try:
            with torch.backends.cudnn.flags(
                enabled=True, benchmark=False, deterministic=deterministic, allow_tf32=tf32
            ):
                yield
        finally:
            torch.backends.cuda.matmul.allow_tf32 = before


def attained(precision: str, device: str) -> float:
    """Return the teraflops per second of a large convolution or, if that is more, a matrix product."""
    kind = torch.bfloat16 if precision == "bfloat16" else torch.float32
    count, channels, side = (64, 128, 1024) if device == "cpu" else (256, 512, 8192)
    images = torch.randn(count, channels, 28, 28, device=device).to(kind, memory_format=torch.channels_last)
    kernel = torch.randn(channels, channels, 3, 3, device=device).to(kind, memory_format=torch.channels_last)
    square = torch.randn(side, side, device=device).to(kind)
    with arithmetic(precision, deterministic=False), torch.inference_mode():
        trials = (
            (2 * images.numel() * channels * 9, lambda: nn.functional.conv2d(images, kernel, padding=1)),
            (2 * side**3, lambda: square @ square),
        )
        return max(flops / _quickest(trial, device) / 1e12 for flops, trial in trials)


def _quickest(trial: Callable[[], Any], device: str) -> float:
    spent = []
    for _ in range(1 if device == "cpu" else 5):
        started = settled(device)
        trial()
        spent.append(settled(device) - started)
    return min(spent)

"""What the experiments run on: which images, which net, which machine; and the three scales of it all."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from analysis.errors import AnalysisError
from analysis.learning.schedules import Decay

if TYPE_CHECKING:
    from analysis.learning.training import Data

DatasetName = Literal["fashion-mnist", "digits"]
DeviceName = Literal["cpu", "cuda"]


@dataclass(frozen=True)
class Setup:
    """Everything that the three experiments have in common.

    Attributes
    ----------
    scale
        The name of the scale that the rest started from.
    dataset
        FashionMNIST, or scikit-learn's handwritten digits, which need no installation.
    net
        A name of ``nets.zoo`` or ``package.module:factory``; see `analysis.learning.models`.
    shrink
        Blocks of so many by so many pixels are averaged.
    width
        Factor on the net's channels, where it has one.
    train, validation, test
        Numbers of images; None stands for all test images.
    seeds, first_seed
        How many runs of each kind, and the first's seed; the others' follow it.
    momentum
        Of stochastic gradient descent. 0 by default: momentum m averages over 1/(1 − m) updates, which at
        the largest batches is more than a stage has, and then growth lags behind its control.
    device, threads, bfloat16
        Where and how to compute; as many threads as torch chooses if None. Nets as narrow as those of the two
        lesser scales gain nothing by a second thread.
    """

    scale: str
    dataset: DatasetName = "fashion-mnist"
    shrink: int = 1
    width: float = 1.0
    train: int = 55_000
    validation: int = 5_000
    test: int | None = None
    seeds: int = 3
    first_seed: int = 0
    momentum: float = 0.0
    device: DeviceName = "cpu"
    threads: int | None = None
    bfloat16: bool = False
    net: str = "small-inception"

    @property
    def all_seeds(self) -> range:
        """One for each run of a kind."""
        return range(self.first_seed, self.first_seed + self.seeds)


@dataclass(frozen=True)
class RangeOptions:
    """A range test: candidate rates from `lowest` to `highest`, and a ramp of so many updates."""

    lowest: float = 1e-9
    highest: float = 1e1
    candidates: int = 10
    epochs: int = 5
    batch: int = 64
    ramp: int = 400
    smoothing: float = 0.9


@dataclass(frozen=True)
class CyclicalOptions:
    """Cyclical rates between two bounds, of which a share `remaining` is left after so many cycles."""

    lr_min: float
    lr_max: float
    decay: Decay = Decay.AMPLITUDE
    remaining: float = 0.1
    cycles: int = 3
    epochs: int = 9
    batch: int = 64


@dataclass(frozen=True)
class GrowthOptions:
    """Batches from `smallest` to `largest` at the rate `lr_max`; the cyclical arm starts at `lr_min`.

    Batch normalisation sees `ghost` images at a time in all arms, or, with 0, all of a batch. In the latter
    case growth changes more than the noise of the gradient: the loss itself becomes another function.
    """

    lr_min: float
    lr_max: float
    smallest: int = 32
    largest: int = 8192
    epochs: int = 9
    cyclical_batch: int = 64
    cycles: int = 3
    ghost: int = 32


@dataclass(frozen=True)
class Scale:
    """One size of the three experiments."""

    summary: str
    setup: Setup
    lr_range: RangeOptions
    cyclical: CyclicalOptions
    growth: GrowthOptions


# The bounds of `small` are what `lr-range`'s candidates suggest there, to one digit; `paper` takes them over.
SCALES = {
    "paper": Scale(
        "the assignment as posed: the whole net, 28×28, 55,000 images to learn from, 45 epochs",
        Setup("paper"),
        RangeOptions(),
        CyclicalOptions(5e-3, 6e-2, epochs=45),
        GrowthOptions(5e-3, 6e-2, epochs=45),
    ),
    "small": Scale(
        "a quarter of the channels, 14×14, 20,000 images, 9 epochs; minutes on two cores",
        Setup("small", shrink=2, width=0.25, train=20_000, threads=1),
        RangeOptions(epochs=2),
        CyclicalOptions(5e-3, 6e-2),
        GrowthOptions(5e-3, 6e-2),
    ),
    "tiny": Scale(
        "a sixteenth of the channels, about 8×8, 384 images; seconds, to see that it works",
        Setup("tiny", shrink=4, width=0.0625, train=384, validation=128, test=256, threads=1),
        RangeOptions(epochs=1, batch=16, ramp=120, candidates=8),
        CyclicalOptions(1e-1, 5e-1, epochs=4, batch=16, cycles=2),
        GrowthOptions(1e-1, 5e-1, smallest=8, largest=32, epochs=6, cyclical_batch=16, cycles=2, ghost=8),
    ),
}


def check_device(setup: Setup) -> None:
    """Refuse a device that is not there, bfloat16 on what does not have it, more threads than processors.

    Raises
    ------
    AnalysisError
        Saying what to leave out.
    """
    import torch

    if setup.device == "cuda" and not torch.cuda.is_available():
        raise AnalysisError("device: torch finds no CUDA device here; use --device cpu")
    cores = os.cpu_count() or 1
    if setup.threads and setup.threads > cores:
        raise AnalysisError(
            f"threads: {setup.threads} must be at most {cores}, as many as this machine runs at once"
        )
    if setup.bfloat16 and not _computes_bfloat16(setup.device):
        raise AnalysisError(f"bfloat16: this {setup.device} has no instructions for it; leave it out")


def _computes_bfloat16(device: str) -> bool:
    import torch

    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    # torch asks itself the same questions before it compiles for a processor; it has no public way to.
    on_x86 = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()  # noqa: SLF001  # as said above
    on_arm = platform.machine() == "aarch64" and torch.ops.mkldnn._is_mkldnn_bf16_supported()  # noqa: SLF001  # as said above
    return bool(on_x86 or on_arm)


@dataclass(frozen=True)
class DataSummary:
    """What a result was made from.

    Attributes
    ----------
    name
        Of the data set, or the path that it was read from.
    fingerprint
        The first digits of the SHA-256 of all inputs and labels, as they were learned.
    channels, height, width
        Of the images.
    classes
        How many there are.
    """

    name: str
    fingerprint: str
    channels: int
    height: int
    width: int
    classes: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width."""
        return self.channels, self.height, self.width


def load_data(setup: Setup, path: Path | None = None) -> "tuple[Data, DataSummary]":
    """Find, check and prepare the images, on the setup's device, and say what they are.

    Parameters
    ----------
    setup
        Which images, and how many.
    path
        A folder of idx files or an ``.npz`` file; else FashionMNIST is looked for, or downloaded.
    """
    from analysis.learning.datasets import digits, from_path
    from analysis.learning.fashion_mnist import fashion_mnist
    from analysis.learning.splits import split
    from analysis.learning.training import Data

    if setup.dataset == "digits" and path is not None:
        raise AnalysisError("data-dir: the digits come with scikit-learn; leave the folder out")
    if path is not None:
        dataset = from_path(path)
    else:
        dataset = digits() if setup.dataset == "digits" else fashion_mnist()
    parts = split(
        dataset, train=setup.train, validation=setup.validation, test=setup.test, shrink=setup.shrink
    )
    data = Data.of(parts, setup.device)
    channels, height, width = data.train.inputs.shape[1:]
    return data, DataSummary(dataset.name, data.fingerprint, channels, height, width, dataset.classes)


@contextmanager
def machine(setup: Setup) -> Iterator[dict[str, str | int]]:
    """Compute with the setup's threads, and say on what: processor family, cores, threads, versions."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(setup.threads or before)
    deterministic = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True)
    try:
        with deterministic:
            yield {
                "processor": platform.machine(),
                "cores": os.cpu_count() or 1,
                "threads": torch.get_num_threads(),
                "device": torch.cuda.get_device_name() if setup.device == "cuda" else "cpu",
                "torch": torch.__version__,
                "python": platform.python_version(),
            }
    finally:
        torch.set_num_threads(before)

"""Which statistics batch normalisation uses where many workers compute at weights of different ages.

``latest``: each gradient normalises by its own batch, as every worker by itself would; what evaluation uses
are running averages, which each applied gradient moves in its turn, those at old weights too. ``group``: the
gradients of an update that were read at one version go through the module together and are normalised over
all their images, as synchronised batch normalisation does. ``frozen``: training and evaluation alike use
statistics measured once, at the initial weights.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from analysis.errors import AnalysisError
from analysis.staleness.settings import BATCH_NORMS, BatchNorm


def training(module: nn.Module, how: BatchNorm, sample: Callable[[], Any] | None) -> None:
    """Put a module into training mode, but for batch normalisation whose statistics are frozen.

    Parameters
    ----------
    module, how
        Whose statistics, and which.
    sample
        Returns inputs to measure frozen statistics on; None where they have been measured.

    Raises
    ------
    AnalysisError
        When there is no such way.
    """
    if how not in BATCH_NORMS:
        raise AnalysisError(f"batch-norm: {how!r} must be one of {', '.join(BATCH_NORMS)}")
    module.train()
    parts = [part for part in module.modules() if isinstance(part, _BatchNorm)] if how == "frozen" else []
    if parts and sample is not None:
        _measure(module, parts, sample())
    for part in parts:
        part.eval()


def _measure(module: nn.Module, parts: list[_BatchNorm], inputs: Any) -> None:  # noqa: ANN401 -- what it takes
    """Set running statistics to those of one pass."""
    momenta = [part.momentum for part in parts]
    for part in parts:
        part.reset_running_stats()
        part.momentum = None  # a plain mean over all batches, of which there is one
    try:
        with torch.no_grad():
            module(inputs)
    finally:
        for part, momentum in zip(parts, momenta, strict=True):
            part.momentum = momentum

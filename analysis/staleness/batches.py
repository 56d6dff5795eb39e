"""The images of a gradient, which its worker, its number and the seed determine, whatever else happens."""

import hashlib
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from analysis.errors import AnalysisError


def batch_rows(seed: int, worker: str, index: int, *, batch: int, count: int) -> Tensor:
    """Return which examples a gradient is computed from: distinct ones, each equally likely.

    They do not depend on the protocol, so that runs of one seed under two protocols can be compared in pairs.

    Parameters
    ----------
    seed, worker, index
        Of the trace, the worker's name, and the gradient's number j among its worker's.
    batch, count
        How many to draw, and from how many.

    Returns
    -------
    rows
        Shape (batch,), int64.

    Raises
    ------
    AnalysisError
        When the batch is larger than the data.

    Examples
    --------
    >>> batch_rows(0, "L1", 1, batch=3, count=100)
    tensor([33, 30, 87])
    """
    check_batch(batch, count)
    generator = np.random.Generator(np.random.Philox(key=[_key(seed, worker), index]))
    return torch.from_numpy(generator.choice(count, batch, replace=False))


def check_batch(batch: int, count: int) -> None:
    """Refuse a batch that so many examples do not make."""
    if not 1 <= batch <= count:
        raise AnalysisError(f"batch: {batch} must be from 1 to {count}, the number of examples to learn from")


def drawing_seed(seed: int, worker: str, index: int) -> int:
    """Return the seed of what torch draws while a gradient is computed, dropout say."""
    return (_key(seed, worker) + index * 0x9E3779B97F4A7C15) % 2**63  # odd, so that no two of a worker agree


@lru_cache(maxsize=4096)
def _key(seed: int, worker: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed} {worker}".encode()).digest()[:8], "little")

"""Functions of torch that have several ways, or hide their parts, in one way that shows them."""

import torch
from torch import Tensor

_COMPONENT_BY_COMPONENT = 2


def distances(
    x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary"
) -> Tensor:
    """Return what `torch.cdist` does, component by component however many rows there are."""
    del compute_mode
    return torch._VF.cdist(x1, x2, p, _COMPONENT_BY_COMPONENT)  # type: ignore[attr-defined, no-any-return]  # noqa: SLF001  # torch calls it so


def time_first_convolution(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:  # noqa: A002  # torch's name
    """Return what `torch.conv_tbc` does, by the usual convolution.

    Its own backward pass computes all three gradients, whichever are asked for.
    """
    result = torch.conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad)
    return result.permute(2, 0, 1)

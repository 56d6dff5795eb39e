"""A tiny module for a worker that really computes."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def factory() -> tuple["torch.nn.Module", tuple["torch.Tensor", ...]]:
    """Return ten weights and a bias, and one input."""
    import torch

    return torch.nn.Linear(10, 1), (torch.ones(1, 10),)

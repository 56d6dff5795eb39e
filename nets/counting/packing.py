"""Packing sequences of known lengths, for tensors that hold no numbers."""

from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, unset_fake_temporarily

from nets.errors import CountError


def packed(data: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Pack padded sequences, time first: what `torch.nn.utils.rnn.pack_padded_sequence` computes.

    Raises
    ------
    CountError
        If it is not known how long the sequences are.
    """
    known = getattr(lengths, "constant", None) if isinstance(lengths, FakeTensor) else lengths
    if known is None:
        raise CountError("the lengths of packed sequences are numbers: give them as a tensor, not as a shape")
    with unset_fake_temporarily():
        steps = torch.arange(int(known.max()))
        sizes = (known[None, :] > steps[:, None]).sum(1)
        total = int(known.sum())
    return data.new_empty((total, *data.shape[2:])), sizes


class _Padding(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, data: Tensor, steps: int, examples: int) -> Tensor:  # noqa: ANN401  # torch's protocol
        ctx.shape = data.shape
        return data.new_empty((steps, examples, *data.shape[1:]))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401  # torch's protocol
        return gradients[0].new_empty(ctx.shape), None, None


def padded(
    data: Tensor,
    batch_sizes: Tensor,
    batch_first: bool,  # noqa: FBT001  # torch's protocol
    padding_value: float,
    total_length: int,
) -> tuple[Tensor, Tensor]:
    """Unpack sequences: what `torch.nn.utils.rnn.pad_packed_sequence` computes."""
    del padding_value
    with unset_fake_temporarily():
        sizes = batch_sizes.tolist()
        lengths = torch.tensor([sum(size > i for size in sizes) for i in range(sizes[0])])
    result = _Padding.apply(data, max(len(sizes), total_length), sizes[0])  # type: ignore[no-untyped-call]  # torch's annotations
    return result.transpose(0, 1) if batch_first else result, lengths

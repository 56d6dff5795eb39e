"""Packing sequences of known lengths, for tensors that hold no numbers."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, unset_fake_temporarily

from nets.errors import CountError
from nets.network.algebra import Size


def packed(
    data: Tensor,
    lengths: Tensor,
    batch_first: bool,  # noqa: FBT001  # torch's protocol
    named: Callable[[Any], Size],
) -> tuple[Tensor, Tensor]:
    """Pack padded sequences: what `torch.nn.utils.rnn.pack_padded_sequence` computes.

    Parameters
    ----------
    data, lengths, batch_first
        As torch takes them.
    named
        Returns a size in the user's words.

    Raises
    ------
    CountError
        If it is not known how long the sequences are, or these lengths are not theirs.
    """
    known = getattr(lengths, "constant", None) if isinstance(lengths, FakeTensor) else lengths
    if known is None:
        raise CountError("the lengths of packed sequences are numbers: give them as a tensor, not as a shape")
    with unset_fake_temporarily():
        listed = known.tolist()
    steps, examples = (data.shape[1], data.shape[0]) if batch_first else data.shape[:2]
    _refuse_others(listed, steps, examples, named)
    with unset_fake_temporarily():
        times = torch.arange(max(listed))
        sizes = (known[None, :] > times[:, None]).sum(1)
        total = int(known.sum())
    return data.new_empty((total, *data.shape[2:])), sizes


def _refuse_others(lengths: list[int], steps: Any, examples: Any, named: Callable[[Any], Size]) -> None:  # noqa: ANN401  # ints, or torch's symbolic ones
    """Refuse lengths that torch would refuse, and a symbol for how many there are."""
    if isinstance(examples, torch.SymInt):
        many = len(lengths)
        raise CountError(
            f"{many} lengths are given of packed sequences: write {many} in place of {named(examples)}"
        )
    shown = ", ".join(map(str, lengths))
    if len(lengths) != examples:
        raise CountError(f"{len(lengths)} lengths are given for {examples} packed sequences: {shown}")
    if min(lengths) < 1:
        raise CountError(f"the lengths of packed sequences must be at least 1, and they are {shown}")
    if lengths != sorted(lengths, reverse=True):
        raise CountError(
            f"the lengths of packed sequences must fall unless enforce_sorted is False, and they are {shown}"
        )
    if lengths[0] > steps:
        fits = "write a number in its place" if isinstance(steps, torch.SymInt) else "there are too few"
        raise CountError(
            f"a packed sequence of {lengths[0]} steps is to be taken from {named(steps)}: {fits}"
        )


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

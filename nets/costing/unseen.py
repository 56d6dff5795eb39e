"""Memory that a trace does not show: what a kernel keeps for its backward pass, and what it needs meanwhile.

Sizes under torch's fake tensors are the true ones but for three operators: oneDNN's LSTM keeps a workspace
that fakes leave empty, on a CPU dropout keeps a mask of numbers where fakes, like GPUs, keep one of bytes,
and batch norm keeps means and deviations in the numbers of its weight, where fakes keep them in its input's.
Beside that, oneDNN's convolutions copy their operands into blocks of channels while they run, and matrix
products copy operands that no BLAS reads, such as the gradient of a sum: one number, looked at everywhere.
"""

from typing import Any

import torch
from torch import Tensor

from nets.costing.settings import CPU

_DROPOUT, _MASK = torch.ops.aten.native_dropout.default, 1
_BATCH_NORMS = (torch.ops.aten.native_batch_norm.default, torch.ops.aten._native_batch_norm_legit.default)  # noqa: SLF001  # torch's name
_STATISTICS = (1, 2)
_LSTM_GRADIENTS = torch.ops.aten.mkldnn_rnn_layer_backward.default
_LSTM, _WORKSPACE = torch.ops.aten.mkldnn_rnn_layer.default, 3
_CONVOLUTION, _GRADIENTS = torch.ops.aten.convolution.default, torch.ops.aten.convolution_backward.default
_PRODUCTS = (torch.ops.aten.mm.default, torch.ops.aten.addmm.default)
_GRADIENT, _HIDDEN_SIZE, _GROUPS = 10, 10, 8  # places among arguments; of the gradients', one further
_IMAGES = 4
_PAGE, _LINE, _ALIAS, _FLOAT = 4096, 16, 256, 4


def true_size(func: Any, args: Any, index: int, result: Tensor, kind: str) -> Any:  # noqa: ANN401  # torch's protocol
    """Return the bytes of the storage of an operation's ``index``-th result, an int or a symbolic one."""
    if func is _DROPOUT and index == _MASK and kind == CPU:
        return args[0].numel() * args[0].itemsize
    if func is _LSTM and index == _WORKSPACE and kind == CPU and torch.is_grad_enabled():
        steps, examples, features = args[0].shape
        return lstm_workspace(steps, examples, features, args[_HIDDEN_SIZE])
    if func in _BATCH_NORMS and index in _STATISTICS and isinstance(args[1], Tensor):
        return result.numel() * max(result.itemsize, args[1].itemsize)
    return result.untyped_storage().nbytes()


def shared(func: Any, result: Any) -> Any:  # noqa: ANN401  # torch's protocol
    """Return an operation's results, the same tensor twice where kernels return it twice.

    Both biases of an LSTM have one gradient; torch's cache of fakes forgets that after the first time.
    """
    if func is not _LSTM_GRADIENTS:
        return result
    data, weight, states, bias, _, *rest = result
    return (data, weight, states, bias, bias, *rest)


def scratch(func: Any, args: Any, results: list[Tensor], kind: str) -> tuple[Any, ...]:  # noqa: ANN401  # torch's protocol
    """Return the bytes that an operation holds beside what it returns, while it runs, where they are known.

    On a CPU, a convolution first holds blocked copies of input and weight, then of its result until that is
    copied back; its gradients, those of input and of the result's gradient; windows of one number need none.
    An LSTM's layer holds its weights in padded rows, and the gates of each step.

    Returns
    -------
    Bytes, or symbolic ones, of each stage of the operation.
    """
    if func in _PRODUCTS:
        return (sum(m.numel() * m.itemsize for m in args[-2:] if _copied_by_blas(m)),)
    if kind != CPU or not results:
        return ()
    if func is _LSTM or func is _LSTM_GRADIENTS:
        steps, examples, features = args[0].shape
        if func is _LSTM_GRADIENTS:
            asked, hidden = args[_GRADIENT], args[_HIDDEN_SIZE + 5]
            copied = 0 if asked is None or not _looks_at_one(asked) else asked.numel() * asked.itemsize
            return (lstm_gradient_scratch(steps, examples, features, hidden) + copied,)
        return (lstm_scratch(steps, examples, features, args[_HIDDEN_SIZE]),)
    return _of_convolution(func, args, results) if func in (_CONVOLUTION, _GRADIENTS) else ()


def _of_convolution(func: Any, args: Any, results: list[Tensor]) -> tuple[Any, ...]:  # noqa: ANN401  # torch's protocol
    first = 1 if func is _GRADIENTS else 0
    data, weight, groups = args[first], args[first + 1], args[_GROUPS + (1 if func is _GRADIENTS else 0)]
    if data.dim() != _IMAGES or groups != 1 or weight.shape[2:] == (1, 1):
        return ()
    copied = _blocked(data) if data.shape[1] >= _LINE else 0
    if func is _GRADIENTS:
        return (copied + _blocked(args[0]),)
    return copied + weight.numel() * weight.itemsize, _blocked(results[0])


def _copied_by_blas(matrix: Tensor) -> bool:
    """Whether neither rows nor columns lie next to each other, each apart from the others."""
    strides = [stride for stride in matrix.stride() if isinstance(stride, int)]
    return _looks_at_one(matrix) or (len(strides) == matrix.dim() and 1 not in strides)


def _looks_at_one(data: Tensor) -> bool:
    """Whether one number stands for many, as in the gradient of a sum."""
    return any(isinstance(stride, int) and stride == 0 for stride in data.stride())


def _blocked(data: Tensor) -> Any:  # noqa: ANN401  # an int, or a symbolic one
    channels = data.shape[1]
    return data.numel() // channels * ((channels + _LINE - 1) // _LINE * _LINE) * data.itemsize


def lstm_workspace(steps: Any, examples: Any, features: Any, hidden: int) -> Any:  # noqa: ANN401  # ints, or symbolic ones
    """Return the bytes that oneDNN's LSTM layer keeps for its backward pass.

    Seven parts, each of whole pages: the gates and the hidden state of each step, and five pairs of states of
    each step and the one before the first. Rows are padded to whole cache lines, by one more where their
    starts would fall onto each other. Found from what oneDNN 3 asks for at 25 sizes; a test asks it again.

    >>> lstm_workspace(128, 8, 64, 256)
    16347136
    """
    wide = _padded(features if features > hidden else hidden)  # noqa: FURB136  # max() would pin a symbol
    once, more = steps * examples * _FLOAT, 2 * (steps + 1) * examples * _FLOAT
    parts = (once * _padded(4 * hidden), once * _padded(hidden), *[more * wide] * 3, *[more * hidden] * 2)
    return sum((part + _PAGE - 1) // _PAGE * _PAGE for part in parts)


def lstm_scratch(steps: Any, examples: Any, features: Any, hidden: int) -> Any:  # noqa: ANN401  # ints, or symbolic ones
    """Return the bytes that an LSTM's layer holds while it runs, to within a few per cent."""
    row = _padded(4 * hidden) * _FLOAT
    weights = (features + hidden) * row + 4 * hidden * _FLOAT
    return weights + steps * examples * row + 2 * examples * hidden * _FLOAT + 2 * _PAGE


def lstm_gradient_scratch(steps: Any, examples: Any, features: Any, hidden: int) -> Any:  # noqa: ANN401  # ints, or symbolic ones
    """Return the bytes that the gradients of an LSTM's layer hold while they run, to within a few per cent.

    Beside what the layer itself holds: the gradients of two states, a bias, and each matrix of weights again
    where its rows have to be padded. Found from what oneDNN 3 asks for at 9 sizes.
    """
    rows = 4 * hidden * _FLOAT
    again = sum(rows * _padded(row) for row in (features, hidden) if _padded(row) != row)
    states = 2 * examples * hidden * _FLOAT
    return lstm_scratch(steps, examples, features, hidden) + again + states + rows


def _padded(row: Any) -> Any:  # noqa: ANN401  # an int, or a symbolic one
    whole = (row + _LINE - 1) // _LINE * _LINE
    return whole + _LINE if whole % _ALIAS == 0 else whole

"""What whole families of operators cost: those that look, move, look up, work number by number, or sum up."""

from collections.abc import Mapping
from typing import Any

import torch

from nets.counting.call import FREE, Call, Work
from nets.counting.registry import Rule
from nets.layers import kinds

RELUS = frozenset({"relu", "relu_", "threshold", "threshold_", "hardtanh", "hardtanh_"})
"""What can take its input's place: nothing else needs the numbers that it replaces."""


def pointwise(call: Call) -> Work:
    """Count one per number; a bias that is added to a product is free, as within a convolution."""
    name = call.operator.rpartition(".")[2]
    if name in RELUS:
        return Work(elementwise=call.output.numel, kind=kinds.RELU)
    if name not in ("add", "add_"):
        return Work(elementwise=call.output.numel, kind=kinds.OTHER)
    first, *others = call.inputs or (call.output,)
    smaller = [other for other in others if len(other.shape) < len(first.shape)]
    if any(other.learned for other in smaller):
        return Work(kind="")
    if smaller and name == "add_":
        return Work(elementwise=call.output.numel, kind="")
    return Work(elementwise=call.output.numel, kind=kinds.ADD if others and not smaller else kinds.OTHER)


def reduction(call: Call) -> Work:
    """Count one per number read."""
    data = call.inputs[0].numel if call.inputs else 0
    return Work(elementwise=data, kind=kinds.OTHER)


def movement(call: Call) -> Work:
    """Count bytes only."""
    del call
    return Work(kind="")


def view(call: Call) -> Work:
    """Count nothing."""
    del call
    return FREE


def filling(call: Call) -> Work:
    """Count the bytes written."""
    del call
    return Work(read=0, kind="")


def lookup(call: Call) -> Work:
    """Count the bytes of what is found, not of the table that it is found in, and those of the indices."""
    _, *indices = call.inputs
    found = call.output.bytes
    return Work(
        read=found + sum((index.bytes for index in indices), start=0),
        kind=kinds.OTHER,
    )


def comparing(call: Call) -> Work:
    """Count one per number read, as for a reduction: how often numbers are compared depends on them."""
    return Work(elementwise=call.inputs[0].numel, kind=kinds.OTHER)


def _named(rule: Rule, names: str) -> dict[str, Rule]:
    return {f"aten.{name}": rule for name in names.split()}


RULES: Mapping[str, Rule] = {
    **_named(
        view,
        "empty empty_strided empty_like new_empty new_empty_strided resize_ set_ _unsafe_view lift_fresh "
        "_local_scalar_dense item is_same_size sym_size sym_numel sym_stride _assert_async "
        "_assert_tensor_metadata _assert_scalar _has_compatible_shallow_copy_type unsafe_split "
        "unsafe_chunk unsafe_split_with_sizes _reshape_alias",
    ),
    **_named(
        filling,
        "zeros ones full zeros_like ones_like full_like new_zeros new_ones new_full zero_ fill_ arange "
        "linspace logspace eye scalar_tensor rand randn rand_like randn_like randint randperm bernoulli "
        "bernoulli_ normal_ uniform_ normal random_ tril_indices triu_indices _efficientzerotensor "
        "exponential_ trunc_normal_ range hann_window",
    ),
    **_named(
        movement,
        "clone _to_copy copy_ contiguous stack constant_pad_nd reflection_pad1d reflection_pad2d "
        "reflection_pad3d replication_pad1d replication_pad2d replication_pad3d roll flip repeat "
        "repeat_interleave tril triu pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle "
        "im2col scatter scatter_ slice_scatter select_scatter diagonal_scatter as_strided_scatter "
        "slice_backward select_backward diagonal_backward masked_fill masked_fill_ index_fill "
        "index_fill_ index_copy index_copy_ index_put_ index_put _unsafe_index_put max_unpool2d "
        "max_unpool3d diag_embed unfold_backward copy tril_ triu_ masked_scatter_ "
        "masked_scatter _pack_padded_sequence reflection_pad1d_backward reflection_pad2d_backward "
        "reflection_pad3d_backward replication_pad1d_backward replication_pad2d_backward "
        "replication_pad3d_backward masked_scatter_backward lift _conj_physical complex",
    ),
    "aten.cat": lambda _: Work(kind=kinds.CONCAT),
    **_named(lookup, "embedding gather index_select index _unsafe_index take _unsafe_masked_index"),
    **_named(
        reduction,
        "cumsum cumsum_ cumprod logcumsumexp cummax cummin logsumexp _logcumsumexp norm linalg_vector_norm "
        "prod var std var_mean std_mean aminmax bincount histc embedding_dense_backward scatter_add "
        "scatter_add_ index_add index_add_ scatter_reduce scatter_reduce_ col2im "
        "nll_loss_forward nll_loss2d_forward nll_loss_backward nll_loss2d_backward mse_loss "
        "binary_cross_entropy binary_cross_entropy_with_logits soft_margin_loss _embedding_bag_backward "
        "_unsafe_masked_index_put_accumulate "
        "bucketize searchsorted",
    ),
    **_named(comparing, "sort topk argsort msort kthvalue median nanmedian mode"),
    **_named(
        pointwise,
        "addr ger linalg_cross _prelu_kernel _prelu_kernel_backward native_dropout_backward "
        "threshold_backward _fused_dropout rrelu_with_noise rrelu_with_noise_backward glu glu_backward "
        "log_sigmoid_forward log_sigmoid_backward hardtanh_backward silu_backward gelu_backward "
        "hardswish hardswish_ hardswish_backward "
        "hardsigmoid_backward sigmoid_backward tanh_backward elu_backward "
        "leaky_relu_backward softplus_backward mish_backward softshrink_backward hardshrink_backward "
        "logit_backward _thnn_fused_lstm_cell _thnn_fused_gru_cell polar "
        "_thnn_fused_lstm_cell_backward_impl _thnn_fused_gru_cell_backward "
        "smooth_l1_loss huber_loss _weight_norm_interface_backward smooth_l1_loss_backward "
        "huber_loss_backward mse_loss_backward binary_cross_entropy_backward soft_margin_loss_backward",
    ),
}


def foreach(call: Call) -> Work:
    """Count one per number of the first list of tensors, which is written where nothing is returned."""
    first = call["self"] or ()
    written = None if call.outputs else sum((operand.bytes for operand in first), start=0)
    return Work(elementwise=sum((o.numel for o in first), start=0), written=written, kind=kinds.OTHER)


def by_schema(func: Any) -> Rule | None:  # noqa: ANN401  # an operator of torch
    """Return the rule for an operator that has none of its own, by what torch says of it; None if nothing."""
    schema = func._schema  # noqa: SLF001  # torch offers nothing public
    returned = [value.alias_info for value in schema.returns]
    looks = bool(returned) and all(alias is not None and not alias.is_write for alias in returned)
    tags = func.tags
    if looks or schema.name.startswith("profiler::") or torch.Tag.inplace_view in tags:
        return view
    if schema.name.startswith("aten::_foreach_"):
        return foreach
    if torch.Tag.pointwise in tags:
        return pointwise
    if torch.Tag.reduction in tags:
        return reduction
    if torch.Tag.view_copy in tags:
        return movement
    return None

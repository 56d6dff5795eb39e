"""Normalisation, softmax and pooling: arithmetic per number, no multiply-accumulates."""

import math
from collections.abc import Mapping

from nets.counting.call import FREE, Call, Work
from nets.counting.registry import Rule
from nets.layers import kinds
from nets.network.algebra import product

SOFTMAX = 5  # maximum, difference, exponential, sum, quotient
_STATISTICS = 4  # mean, difference, square, sum
_FOLDED = 2  # one product and one sum, statistics and γ, β folded together


def _batch_norm(call: Call) -> Work:
    data = call["input"]
    running = call["running_mean"] is not None and call["training"] in (None, False)
    if call.operator.endswith(("_legit_no_training",)):
        running = True
    elif call["training"]:
        running = False
    per_number = _FOLDED if running else _STATISTICS + 1 + _affine(call)
    return Work(elementwise=per_number * data.numel, kind=kinds.BATCH_NORM)


def _affine(call: Call) -> int:
    return sum(call[name] is not None for name in ("weight", "bias"))


def _norm(call: Call) -> Work:
    per_number = _STATISTICS + 1 + _affine(call)
    return Work(elementwise=per_number * call["input"].numel, kind=kinds.NORM)


def _instance_norm(call: Call) -> Work:
    per_number = _STATISTICS + 1 + _affine(call) if call["use_input_stats"] else _FOLDED
    return Work(elementwise=per_number * call["input"].numel, kind=kinds.NORM)


def _rms_norm(call: Call) -> Work:
    per_number = 3 + _affine(call)  # square, sum, quotient
    return Work(elementwise=per_number * call["input"].numel, kind=kinds.OTHER)  # no tool knows it


def _weight_norm(call: Call) -> Work:
    return Work(elementwise=3 * call["v"].numel, kind="")  # square, sum, quotient


def _norm_backward(call: Call) -> Work:
    return Work(elementwise=2 * (_STATISTICS + 1) * call["input"].numel, kind=kinds.NORM)


def _softmax(call: Call) -> Work:
    return Work(elementwise=SOFTMAX * call.output.numel, kind=kinds.SOFTMAX)


def _softmax_backward(call: Call) -> Work:
    return Work(elementwise=3 * call.output.numel, kind=kinds.SOFTMAX)


def _pool(call: Call) -> str:
    averages, adapts = "avg" in call.operator, "adaptive" in call.operator
    if adapts:
        return kinds.ADAPTIVE_AVERAGE_POOL if averages else kinds.ADAPTIVE_MAX_POOL
    return kinds.AVERAGE_POOL if averages else kinds.MAX_POOL


def _window(call: Call) -> Work:
    """Count pooling by windows: each number of each window once."""
    sides = call["kernel_size"]
    dimensions = int(call.operator.partition("pool")[2][0])
    window = math.prod(sides) if len(sides) > 1 else sides[0] ** dimensions
    return Work(elementwise=window * call.output.numel, kind=_pool(call))


def _adaptive(call: Call) -> Work:
    """Count adaptive pooling: each number read once; windows that overlap read a few again."""
    return Work(elementwise=(call["self"] or call["input"]).numel, kind=_pool(call))


def _pool_backward(call: Call) -> Work:
    return Work(elementwise=call["grad_output"].numel, kind=_pool(call))


def _per_output(factor: int) -> Rule:
    def rule(call: Call) -> Work:
        return Work(elementwise=factor * call.output.numel, kind=kinds.OTHER)

    return rule


def _sampler_backward(factor: int) -> Rule:
    """Return the rule for the gradients of numbers and of the places that they are taken from."""

    def rule(call: Call) -> Work:
        gradients = sum(call["output_mask"])
        return Work(elementwise=factor * gradients * call["grad_output"].numel, kind=kinds.OTHER)

    return rule


_TAPS = {"nearest": 0, "nearest-exact": 0, "linear": 2, "bilinear": 4, "trilinear": 8, "bicubic": 16}


def _interpolate(call: Call) -> Work:
    """Count the neighbours that each new number is mixed from; area averages what it reads."""
    mode = call["mode"]
    work = call["input"].numel if mode == "area" else _TAPS[mode] * call.output.numel
    return Work(elementwise=work, kind=kinds.OTHER)


def _response_norm(call: Call) -> Work:
    """Count a square, the sum over the neighbours, a product and a sum, a power and a quotient."""
    return Work(
        elementwise=(call["size"] + 5) * call.output.numel,
        kind=kinds.LOCAL_RESPONSE_NORM,
    )


def _dropout(call: Call) -> Work:
    """Count a mask and a scaling in training; at inference nothing happens."""
    if not call["training"] or not call["p"]:
        return FREE
    return Work(elementwise=2 * call.output.numel, kind=kinds.DROPOUT)


def _embedding_bag(call: Call) -> Work:
    indices, width = call["indices"], call["weight"].shape[-1]
    looked_up = product(indices.shape) * width
    return Work(
        elementwise=looked_up,
        read=call["weight"].itemsize * looked_up + indices.bytes,
        kind=kinds.OTHER,
    )


def _names(template: str, *names: str) -> tuple[str, ...]:
    return tuple(template.format(name) for name in names)


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(
        (
            "aten.native_batch_norm",
            "aten._native_batch_norm_legit",
            "aten._native_batch_norm_legit_no_training",
            "aten._batch_norm_with_update",
            "aten._batch_norm_no_update",
            "aten.cudnn_batch_norm",
        ),
        _batch_norm,
    ),
    **dict.fromkeys(("aten.native_layer_norm", "aten.native_group_norm"), _norm),
    **dict.fromkeys(("aten._fused_rms_norm", "torch.nn.functional.rms_norm"), _rms_norm),
    "torch.nn.functional.instance_norm": _instance_norm,
    **dict.fromkeys(_names("torch.nn.functional.adaptive_avg_pool{}", "1d", "2d", "3d"), _adaptive),
    "aten._weight_norm_interface": _weight_norm,
    **dict.fromkeys(
        _names(
            "aten.{}_backward",
            "native_batch_norm",
            "native_layer_norm",
            "native_group_norm",
            "batch_norm",
            "cudnn_batch_norm",
            "_fused_rms_norm",
        ),
        _norm_backward,
    ),
    **dict.fromkeys(("aten._softmax", "aten._log_softmax", "aten._safe_softmax"), _softmax),
    **dict.fromkeys(("aten._softmax_backward_data", "aten._log_softmax_backward_data"), _softmax_backward),
    **dict.fromkeys(
        _names(
            "aten.{}",
            "max_pool2d_with_indices",
            "max_pool3d_with_indices",
            "mkldnn_max_pool2d",
            "avg_pool1d",
            "avg_pool2d",
            "avg_pool3d",
        ),
        _window,
    ),
    **dict.fromkeys(
        _names(
            "aten.{}",
            "_adaptive_avg_pool2d",
            "_adaptive_avg_pool3d",
            "adaptive_max_pool2d",
            "adaptive_max_pool3d",
            "fractional_max_pool2d",
            "fractional_max_pool3d",
        ),
        _adaptive,
    ),
    **dict.fromkeys(
        _names(
            "aten.{}_backward",
            "max_pool2d_with_indices",
            "max_pool3d_with_indices",
            "avg_pool2d",
            "avg_pool3d",
            "_adaptive_avg_pool2d",
            "_adaptive_avg_pool3d",
            "adaptive_max_pool2d",
            "adaptive_max_pool3d",
            "fractional_max_pool2d",
            "fractional_max_pool3d",
        ),
        _pool_backward,
    ),
    **{
        f"aten.upsample_{mode}{d}d": _per_output(_TAPS[mode])
        for mode, d in (
            *(("nearest", d) for d in (1, 2, 3)),
            *(("linear", 1), ("bilinear", 2), ("trilinear", 3), ("bicubic", 2)),
        )
    },
    "aten.grid_sampler_2d": _per_output(4),
    "aten.grid_sampler_3d": _per_output(8),
    "aten.grid_sampler_2d_backward": _sampler_backward(4),
    "aten.grid_sampler_3d_backward": _sampler_backward(8),
    "torch.nn.functional.interpolate": _interpolate,
    "torch.nn.functional.local_response_norm": _response_norm,
    **dict.fromkeys(
        _names(
            "torch.nn.functional.{}",
            "dropout",
            "dropout1d",
            "dropout2d",
            "dropout3d",
            "alpha_dropout",
            "feature_alpha_dropout",
        ),
        _dropout,
    ),
    "aten.native_dropout": lambda call: Work(elementwise=2 * call.output.numel, kind=kinds.DROPOUT),
    "aten._embedding_bag": _embedding_bag,
    "aten._embedding_bag_forward_only": _embedding_bag,
}

"""Functions of torch that are counted whole, and the names of their arguments."""

import inspect
import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch
from torch.nn import functional

from nets.counting.packing import padded
from nets.counting.rewritten import distances, time_first_convolution

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{
        f"torch.nn.functional.{name}": getattr(functional, name)
        for name in (
            "interpolate",
            "local_response_norm",
            "scaled_dot_product_attention",
            "dropout",
            "dropout1d",
            "dropout2d",
            "dropout3d",
            "alpha_dropout",
            "feature_alpha_dropout",
            "adaptive_avg_pool1d",
            "adaptive_avg_pool2d",
            "adaptive_avg_pool3d",
            "instance_norm",
            "rms_norm",
        )
    },
    **{f"torch.{name}": getattr(torch, name) for name in ("lstm", "gru", "rnn_tanh", "rnn_relu")},
}
"""By the names that rules use."""


def _without_detour(function: Any) -> Callable[..., Any]:  # noqa: ANN401  # a function of torch
    """Return a function of torch that no longer asks torch-function modes to take over; torch's own stays.

    Inside of the mode that took over, torch would hide from it what the function calls in turn.
    """
    never = dict.fromkeys(
        ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic"), lambda *_: False
    )
    alone = types.FunctionType(
        function.__code__,
        {**function.__globals__, **never},
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    alone.__kwdefaults__ = function.__kwdefaults__
    return alone


OPEN: Mapping[Any, Callable[..., Any]] = {
    functional.multi_head_attention_forward: _without_detour(functional.multi_head_attention_forward),
    torch.cdist: distances,
    torch.conv_tbc: time_first_convolution,
    torch._VF._pad_packed_sequence: padded,  # noqa: SLF001  # torch calls it so
}
"""What is called in place of functions that would hide their parts, have several ways, or need numbers."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "torch.nn.functional.scaled_dot_product_attention": (
        *("query", "key", "value", "attn_mask", "dropout_p", "is_causal"),
    ),
    "torch.nn.functional.adaptive_avg_pool1d": ("input", "output_size"),
}


@cache
def _names(name: str) -> tuple[str, ...]:
    if name in _NAMES:
        return _NAMES[name]
    try:
        return tuple(inspect.signature(FUNCTIONS[name]).parameters)
    except ValueError:  # built in, without a signature
        return ()


@cache
def _defaults(name: str) -> Mapping[str, Any]:
    if not _names(name) or name in _NAMES:
        return {}
    parameters = inspect.signature(FUNCTIONS[name]).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}


def arguments_of(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a call's arguments by name; ``arg0``, ``arg1``, … where the function does not say its own."""
    names = _names(name)
    named = {names[i] if i < len(names) else f"arg{i}": arg for i, arg in enumerate(args)}
    return {**_defaults(name), **named, **kwargs}

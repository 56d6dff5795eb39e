"""Attention: scores of every query with every key, and the values weighted by them.

A causal mask halves what matters, not what is counted: most implementations multiply all.
"""

from collections.abc import Mapping

from nets.counting.call import Call, Operand, Work
from nets.counting.registry import Rule
from nets.counting.rules.normalising import SOFTMAX
from nets.layers import kinds
from nets.network.algebra import Size, product

FUNCTION = "torch.nn.functional.scaled_dot_product_attention"


def _scores(query: Operand, key: Operand, value: Operand) -> Size:
    """Return how many pairs of a query and a key meet; grouped heads share keys, which saves no product.

    Examples and heads of one stand for as many as the other operands have.
    """
    shapes = [operand.shape[:-2] for operand in (query, key, value)]
    rank = max(map(len, shapes))
    aligned = zip(*((1,) * (rank - len(shape)) + tuple(shape) for shape in shapes), strict=True)
    leading = (next((size for size in sizes if size != 1), 1) for sizes in aligned)
    return product((*leading, query.shape[-2])) * key.shape[-2]


def _attention(call: Call) -> Work:
    query, key, value = call["query"], call["key"], call["value"]
    scores = _scores(query, key, value)
    masked = call["attn_mask"] is not None or call["attn_bias"] is not None
    dropped = 2 if call["dropout_p"] else 0
    return Work(
        macs=scores * (query.shape[-1] + value.shape[-1]),
        elementwise=scores * (1 + SOFTMAX + masked + dropped),
        kind=kinds.ATTENTION,
    )


def _backward(call: Call) -> Work:
    """Count four products of the forward pass's two, and the scores that a fused kernel works out again."""
    query, key, value = call["query"], call["key"], call["value"]
    scores = _scores(query, key, value)
    macs = 2 * scores * (query.shape[-1] + value.shape[-1])
    return Work(
        macs=macs,
        elementwise=scores * 2 * SOFTMAX,
        executed=macs + scores * query.shape[-1],
        kind=kinds.ATTENTION,
    )


_KERNELS = (
    "_scaled_dot_product_flash_attention_for_cpu",
    "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_cudnn_attention",
    "_scaled_dot_product_fused_attention_overrideable",
)

RULES: Mapping[str, Rule] = {
    FUNCTION: _attention,
    **{f"aten.{name}": _attention for name in _KERNELS},
    **{f"aten.{name}_backward": _backward for name in _KERNELS},
}

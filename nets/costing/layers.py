"""What a transformer's layers keep for the backward pass, beside the formula for it.

s·b·h·(34 + 5·a·s/h) bytes for sequences of length s, batch b, width h and a heads, in 16-bit numbers:
Korthikanti et al. 2022, arXiv:2205.05198, equation 2. Of it 5·a·s²·b are scores, their dropout and its mask;
4·s·b·h go into two norms; 30·s·b·h belong to linear layers, activations and dropout.
"""

from collections.abc import Iterator
from math import prod

import attrs
import torch

from nets.costing.classics import Classic
from nets.costing.held import ACTIVATIONS, INPUTS, WEIGHTS, Held
from nets.costing.step import Step
from nets.counting.performed import FORWARD
from nets.layers import kinds

_HEADS = 4  # dimensions of what goes into attention: examples, heads, positions, numbers
_REST, _NORMS, _SCORES = 30, 4, 5
_BYTES = 2


@attrs.frozen
class _Attention:
    """One call of attention: its module, and sizes as in the formula."""

    module: str
    batch: int
    heads: int
    length: int
    hidden: int

    @property
    def vectors(self) -> int:
        return self.length * self.batch * self.hidden

    @property
    def scores(self) -> int:
        return self.heads * self.length**2 * self.batch


def layers_of(step: Step) -> Iterator[Classic]:
    """Compare the bytes that a transformer's layers keep, all together, with the formula."""
    attending = list(_attending(step))
    norms = {p.module for p in step.trace.performed if p.work.kind == kinds.NORM}
    blocks = _blocks([each.module for each in attending], norms)
    if not blocks:
        return
    vectors, scores = sum(each.vectors for each in attending), sum(each.scores for each in attending)
    kept = [held for held in step.held if any(_within(held.keeper, b) for b in blocks) and _passes(held)]
    weights = {held.shape for held in step.held if held.kind == WEIGHTS}
    parts = {"scores": 0, "norms": 0, "rest": 0}
    copied = 0
    for held in kept:
        if held.name == "_to_copy" and held.shape in weights:
            copied += int(held.bytes)
            continue
        scored = any(held.shape[-2:] == (a.length,) * 2 and prod(held.shape) == a.scores for a in attending)
        parts["scores" if scored else "norms" if held.keeper in norms else "rest"] += _in_16_bits(held)
    part = {name: size / (scores if name == "scores" else vectors) for name, size in parts.items()}
    said, traced = 34 * vectors + 5 * scores, sum(int(held.bytes) for held in kept)
    autocast = (("weights in 16 bits, which autocast keeps beside those in 32", copied),) if copied else ()
    fused = ", as fused attention keeps none" if not parts["scores"] else ""
    terms = (
        ("wider numbers than of 16 bits, and masks than of 8", traced - copied - sum(parts.values())),
        (f"scores, 5·a·s²·b there, {part['scores']:.4g} here{fused}", parts["scores"] - _SCORES * scores),
        (f"norms, 4·s·b·h there, {part['norms']:.4g} here", parts["norms"] - _NORMS * vectors),
        (f"all else, 30·s·b·h there, {part['rest']:.4g} here", parts["rest"] - _REST * vectors),
    )
    name = f"s·b·h·(34 + 5·a·s/h) in {len(blocks)} layer{'s' if len(blocks) > 1 else ''}"
    yield Classic(name, "arXiv:2205.05198", said, traced, "B", (*terms, *autocast))


def _attending(step: Step) -> Iterator[_Attention]:
    for each in step.trace.performed:
        if each.phase == FORWARD and each.work.kind == kinds.ATTENTION:
            shape = each.call.inputs[0].shape
            if len(shape) == _HEADS:
                batch, heads, length, width = map(int, shape)
                yield _Attention(each.module, batch, heads, length, heads * width)


def _passes(held: Held) -> bool:
    """Whether a storage flows through the net: weights, which autograd keeps too, do not."""
    return held.kind in (ACTIVATIONS, INPUTS)


def _in_16_bits(held: Held) -> int:
    """Return the bytes that a storage would have in the formula's numbers: masks have one each."""
    if held.dtype == "bool":
        return prod(map(int, held.shape))
    itemsize: int = getattr(torch, held.dtype).itemsize
    return _BYTES * int(held.bytes) // itemsize


def _blocks(paths: list[str], norms: set[str]) -> list[str]:
    """Return the modules that are a layer each.

    The outermost that hold one attention; where there is but one, the innermost that holds it and a norm.

    >>> _blocks(["net.0.attention", "net.1.attention"], {"net.0.norm", "net.1.norm", "norm"})
    ['net.0', 'net.1']
    >>> _blocks(["self_attn"], {"norm1"}), _blocks(["blocks.0"], {"blocks.0.norm", "norm"})
    ([''], ['blocks.0'])
    """
    found = []
    for path in paths:
        names = path.split(".") if path else []
        above = [".".join(names[:depth]) for depth in range(len(names) + 1)]
        if len(paths) > 1:
            fitting = (a for a in above if sum(_within(other, a) for other in paths) == 1)
        else:
            fitting = (a for a in reversed(above) if any(_within(norm, a) for norm in norms))
        found.append(next(fitting, path))
    return found


def _within(path: str | None, block: str) -> bool:
    return path is not None and (not block or path == block or path.startswith(f"{block}."))

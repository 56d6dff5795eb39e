"""Well-known formulas beside what a trace gives, and what accounts for the difference.

6·N·D FLOPs for N parameters and D tokens: Kaplan et al. 2020, arXiv:2001.08361. 16 bytes a parameter
for mixed precision with Adam: Rajbhandari et al. 2020 (ZeRO), arXiv:1910.02054, section 3.
For activations of transformers see `nets.costing.layers`.
"""

from collections import defaultdict
from collections.abc import Iterator

import attrs

from nets.costing.held import GRADIENTS, OPTIMIZER, WEIGHTS
from nets.costing.memory import Memory
from nets.costing.settings import Settings
from nets.costing.step import Step
from nets.counting.performed import BACKWARD, FORWARD, RECOMPUTED
from nets.layers import kinds

_MIXING = (kinds.PRODUCT, kinds.ATTENTION)
_ZERO_BYTES = 16


@attrs.frozen
class Classic:
    """A formula, what it says, and what the trace says.

    Parameters
    ----------
    name, source
        What it is called, and where it is from.
    says, traced
        Both numbers.
    unit
        Of both.
    terms
        What accounts for the difference, each with its share; they add up to it.
    """

    name: str
    source: str
    says: int
    traced: int
    unit: str
    terms: tuple[tuple[str, int], ...]


def classics_of(step: Step, memory: Memory, settings: Settings) -> tuple[Classic, ...]:
    """Return the formulas that say something about a training step, in numbers."""
    return _zero(step, memory, settings), *_six(step)


def _zero(step: Step, memory: Memory, settings: Settings) -> Classic:
    count = step.trace.parameters.total
    sizes = {kind: int(memory.kinds[kind]) for kind in (WEIGHTS, GRADIENTS, OPTIMIZER)}
    said = {WEIGHTS: 2, GRADIENTS: 2, OPTIMIZER: 12}  # weights, momentum and variance in 32 bits: 12
    terms = tuple(
        (f"{kind}: {size / count:.4g} a parameter here, {said[kind]} there", size - said[kind] * count)
        for kind, size in sizes.items()
    )
    traced = sum(sizes.values())
    name = f"ZeRO, 16 bytes a parameter (here {settings.dtype}, {settings.optimizer})"
    return Classic(name, "arXiv:1910.02054", _ZERO_BYTES * count, traced, "B", terms)


def _six(step: Step) -> Iterator[Classic]:
    """Compare 6·N·D, where D is the number of positions that go in: examples, or examples times steps."""
    entered = step.trace.input[0] if step.trace.input else ()
    if not entered:
        return
    vectors = len(entered) == 3 or (len(entered) == 2 and not step.trace.numeric)  # noqa: PLR2004  # (N, L, features), or (N, L) of tokens
    tokens = int(entered[0]) * (int(entered[1]) if vectors else 1)
    count = step.trace.parameters.total
    sums: dict[str, int] = defaultdict(int)
    for each in step.trace.performed:
        kind = each.origin if each.phase == BACKWARD else each.work.kind
        sums["products" if kind in _MIXING else each.phase] += 2 * int(each.work.macs)
    once = sums[FORWARD]
    terms = (
        ("products of activations with each other, such as attention's", sums["products"]),
        ("weights that meet more or fewer numbers than one a position", 3 * (once - 2 * count * tokens)),
        ("gradients that nothing asks for, such as the input's", sums[BACKWARD] - 2 * once),
        ("what is computed anew", sums[RECOMPUTED]),
    )
    yield Classic(
        f"6·N·D with N = {count:,} and D = {tokens:,}",
        "arXiv:2001.08361",
        6 * count * tokens,
        sum(sums.values()),
        "FLOPs",
        tuple(term for term in terms if term[1]),
    )

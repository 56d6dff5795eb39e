"""Well-known formulas beside what a trace gives, and what accounts for the difference.

6·N·D FLOPs for N parameters and D tokens: Kaplan et al. 2020, arXiv:2001.08361. 16 bytes a parameter
for mixed precision with Adam: Rajbhandari et al. 2020 (ZeRO), arXiv:1910.02054, section 3.
s·b·h·(34 + 5·a·s/h) bytes of activations in a transformer's layer, in 16-bit numbers:
Korthikanti et al. 2022, arXiv:2205.05198, equation 1.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import attrs

from nets.costing.held import ACTIVATIONS, GRADIENTS, OPTIMIZER, WEIGHTS
from nets.costing.memory import Memory
from nets.costing.settings import Settings
from nets.costing.step import Step
from nets.counting.performed import BACKWARD, FORWARD, Performed
from nets.layers import kinds

_MIXING = (kinds.PRODUCT, kinds.ATTENTION)
_ZERO_BYTES = 16
_HEADS_SHAPE = 4


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
    """Return the formulas that say something about a step, in numbers."""
    if settings.inference:
        return ()
    found = [_zero(step, memory, settings), *_six(step), *_layers(step)]
    return tuple(found)


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
    mixing = {p.module for p in step.trace.performed if p.phase == FORWARD and p.work.kind in _MIXING}
    for each in step.trace.performed:
        if each.work.macs != 0:
            # A weight's gradient is a product of activations, too: where it belongs, its module says.
            mixed = each.work.kind in _MIXING and each.module in mixing
            weighted = "products" if mixed else "weights"
            sums[f"{each.phase} {weighted}"] += 2 * int(each.work.macs)
    forward, backward = sums[f"{FORWARD} weights"], sums[f"{BACKWARD} weights"]
    products = sums[f"{FORWARD} products"] + sums[f"{BACKWARD} products"]
    traced = forward + backward + products
    terms = (
        ("products of activations with each other, such as attention's", products),
        ("weights that meet more or fewer numbers than one a position", 3 * (forward - 2 * count * tokens)),
        ("gradients that nothing asks for, such as the input's", backward - 2 * forward),
    )
    yield Classic(
        f"6·N·D with N = {count:,} and D = {tokens:,}",
        "arXiv:2001.08361",
        6 * count * tokens,
        traced,
        "FLOPs",
        terms,
    )


def _layers(step: Step) -> Iterator[Classic]:
    """Compare the bytes that a transformer's layers save, all together."""
    attending = [p for p in step.trace.performed if p.phase == FORWARD and p.work.kind == kinds.ATTENTION]
    blocks = _blocks(attending)
    if not blocks:
        return
    said = 0
    for each in attending:
        batch, heads, length, width = map(int, each.call.inputs[0].shape)
        hidden = heads * width
        said += length * batch * (34 * hidden + 5 * heads * length)
    saved: dict[str, int] = defaultdict(int)
    for storage in step.held:
        if storage.kind == ACTIVATIONS and any(_within(storage.module, block) for block in blocks):
            saved[storage.name] += int(storage.bytes)
    parts = _parts(attending)
    traced = sum(saved.values())
    ordered = sorted(saved.items(), key=lambda item: -item[1])
    terms = tuple((f"saved by {name}", size) for name, size in ordered)
    rest = tuple((f"not as in the formula: {name}", -size) for name, size in parts.items())
    yield Classic(
        f"s·b·h·(34 + 5·a·s/h) in {len(blocks)} layers",
        "arXiv:2205.05198",
        said,
        traced,
        "B",
        (*terms, *rest),
    )


def _parts(attending: Iterable[Performed]) -> dict[str, int]:
    """Return the formula's own terms: projections and scores of attention, the perceptron, the norms."""
    parts: dict[str, int] = defaultdict(int)
    for each in attending:
        batch, heads, length, width = map(int, each.call.inputs[0].shape)
        unit = length * batch * heads * width
        parts["attention, 11·s·b·h in 16 bits"] += 11 * unit
        parts["scores and their dropout, 5·a·s²·b"] += 5 * heads * length * length * batch
        parts["perceptron, 19·s·b·h"] += 19 * unit
        parts["norms, 4·s·b·h"] += 4 * unit
    return parts


def _blocks(attending: list[Performed]) -> list[str]:
    """Return the outermost modules that hold one attention each; none where shapes are not heads'."""
    if any(len(each.call.inputs[0].shape) != _HEADS_SHAPE for each in attending):
        return []
    paths = [each.module for each in attending]
    found = []
    for path in paths:
        names = path.split(".")
        above = (".".join(names[:depth]) for depth in range(1, len(names) + 1))
        block = next((a for a in above if sum(_within(other, a) for other in paths) == 1), None)
        if block is not None:
            found.append(block)
    return found


def _within(path: str, block: str) -> bool:
    return path == block or path.startswith(f"{block}.")

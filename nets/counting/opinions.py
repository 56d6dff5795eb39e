"""Second opinions: what fvcore and torch's own counter say of a module, row by row."""

import logging
import math
import signal
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs
import torch
from torch import Tensor, nn

from nets.counting.arguments import Arguments
from nets.counting.parameters import name_of
from nets.counting.tabulate import owner
from nets.counting.trace import Trace
from nets.counting.untouched import untouched
from nets.errors import CountError
from nets.network.algebra import product

LARGEST_BYTES = 16 * 2**30
_WHOLE = ""
_BLIND = "no MACs: "


@attrs.frozen
class Opinion:
    """What another counter says.

    Parameters
    ----------
    source
        Who.
    macs, activations
        By row; ``""`` holds the whole, what belongs to no row included.
    blind
        By row, the operators that it has no rule for and counts as nothing.
    """

    source: str
    macs: Mapping[str, int]
    activations: Mapping[str, int]
    blind: Mapping[str, tuple[str, ...]]

    def outside(self, quantity: str) -> int:
        """Return what it counts that belongs to no row."""
        counts: Mapping[str, int] = getattr(self, quantity)
        return counts[_WHOLE] - sum(n for name, n in counts.items() if name != _WHOLE)


def torch_opinion(trace: Trace, rows: Iterable[str]) -> Opinion:
    """Return half the FLOPs of torch's own counter, by its formulas for the operations that were traced."""
    macs: Counter[str] = Counter(dict.fromkeys(rows, 0))
    blind: dict[str, set[str]] = {}
    total = 0
    for performed in trace.performed:
        if performed.phase != "forward":
            continue
        path = owner(performed.module)
        name = path or trace.name
        row = name if name in macs else f"{path}.({performed.label})".lstrip(".")
        total += performed.torch_macs
        if row in macs:
            macs[row] += performed.torch_macs
        if performed.work.macs and not performed.torch_macs:
            blind.setdefault(row, set()).add(performed.label)
    return Opinion(
        "torch", {**macs, _WHOLE: total}, {}, {row: tuple(sorted(names)) for row, names in blind.items()}
    )


class _Flat(nn.Module):
    """A module seen as a flat list of its rows under plain names: fvcore splits names at slashes."""

    def __init__(self, subject: nn.Module, rows: Iterable[str], kwargs: Mapping[str, Any]) -> None:
        super().__init__()
        # Not a submodule, so that only the rows are.
        self.call: Callable[..., object] = lambda *args: subject(*args, **kwargs)
        self.names = {}
        modules = dict(subject.named_modules())
        for index, name in enumerate(rows):
            if name in modules and name:
                self.names[f"row{index}"] = name
                self.add_module(f"row{index}", modules[name])

    def forward(self, *inputs: Tensor) -> object:
        return self.call(*inputs)


def fvcore_opinion(module: nn.Module, arguments: Arguments, rows: Iterable[str]) -> Opinion:
    """Run fvcore once, on real numbers; the module and torch are left exactly as they were.

    Raises
    ------
    CountError
        If it cannot run the module.
    """
    if any(p.device.type == "meta" for p in (*module.parameters(), *module.buffers())):
        raise CountError("fvcore runs a module on real numbers, and this one has none: it lives on meta")
    sizes = [int(product(spec.shape)) for spec in arguments.specs]
    refuse_giants(sum(p.numel() for p in module.parameters()) + sum(sizes), name_of(module))
    rows = [*rows]
    with untouched(module), _uninterrupted(), _quiet(), torch.no_grad():
        module.eval()
        frozen = [p for p in module.parameters() if p.requires_grad]
        for parameter in frozen:  # else its tracer fails where one is expanded, and stays broken
            parameter.requires_grad = False
        args, kwargs = arguments.real(module)
        flat = _Flat(module, rows, kwargs)
        flat.training = False
        analysis = _analysis(flat, args)
        try:
            counts = analysis.by_module_and_operator()
        except Exception as error:  # noqa: BLE001  # whatever the module or the tracer raises
            reason = str(error).strip().partition("\n")[0] or type(error).__name__
            raise CountError(f"fvcore cannot run {name_of(module)}: {reason}") from None
        finally:
            for parameter in frozen:
                parameter.requires_grad = True
        names = {"": _WHOLE, **flat.names}
        single = name_of(module) if rows == [name_of(module)] else None
        return Opinion(
            "fvcore",
            _by_row(counts, names, "macs", single),
            _by_row(counts, names, "activations", single),
            {
                (single or row): _unseen(counts[flat_name], analysis.unsupported_ops(flat_name))
                for flat_name, row in names.items()
                if flat_name or single
            },
        )


def _unseen(counts: Counter[str], unsupported: Iterable[str]) -> tuple[str, ...]:
    """Return the operators whose MACs fvcore has no rule for."""
    half = (name.removeprefix(_BLIND) for name in counts if name.startswith(_BLIND))
    return tuple(sorted({*half, *unsupported}))


def _by_row(
    counts: Mapping[str, Counter[str]], names: Mapping[str, str], what: str, single: str | None
) -> dict[str, int]:
    found = {row: int(counts[flat][what]) if flat in counts else 0 for flat, row in names.items()}
    return found if single is None else {**found, single: found[_WHOLE]}


def _analysis(module: nn.Module, inputs: tuple[Any, ...]) -> Any:  # noqa: ANN401  # fvcore publishes no annotations
    """Return fvcore's analysis of MACs and activations at once, each by its own rules."""
    from fvcore.nn.activation_count import _DEFAULT_SUPPORTED_OPS as ACTIVATIONS
    from fvcore.nn.flop_count import _DEFAULT_SUPPORTED_OPS as MACS
    from fvcore.nn.jit_analysis import JitModelAnalysis

    def both(operator: str) -> Callable[[list[Any], list[Any]], Counter[str]]:
        def count(given: list[Any], returned: list[Any]) -> Counter[str]:
            total: Counter[str] = Counter({} if operator in MACS else {f"{_BLIND}{operator}": 1})
            for what, rules in (("macs", MACS), ("activations", ACTIVATIONS)):
                rule = rules.get(operator)
                value = rule(given, returned) if rule else 0
                total[what] += sum(value.values()) if isinstance(value, Mapping) else value
            return total

        return count

    analysis = JitModelAnalysis(module, inputs)
    for operator in {**MACS, **ACTIVATIONS}:
        analysis.set_op_handle(
            operator, both(operator) if MACS.get(operator) or ACTIVATIONS.get(operator) else None
        )
    return analysis.unsupported_ops_warnings(enabled=False).uncalled_modules_warnings(enabled=False)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence fvcore's remarks; what it says is returned as data."""
    logger = logging.getLogger("fvcore")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back until torch's tracer is through: an exception inside of it would abort the process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    if before is None or before is signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            signal.raise_signal(signal.SIGINT)


def refuse_giants(numbers: int, what: str) -> None:
    """Refuse to run what will not fit into memory.

    Raises
    ------
    CountError
        If so many float32 numbers exceed 16 GiB.
    """
    size = 4 * numbers
    if size > LARGEST_BYTES:
        raise CountError(
            f"{what} would need about {math.ceil(size / 2**30):,} GiB to run; the limit is "
            f"{LARGEST_BYTES // 2**30} GiB, so choose a smaller input or width"
        )

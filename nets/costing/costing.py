"""A module's cost, from what a user gives to what a user gets: numbers or formulas, and the largest batch."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import attrs
from torch import nn

from nets.costing.classics import Classic, classics_of
from nets.costing.cost import Cost
from nets.costing.devices import Device
from nets.costing.fitting import Fit, fit
from nets.costing.layers import layers_of
from nets.costing.memory import Memory, alive_at, live_bytes, memory_of
from nets.costing.roofline import cost_rows
from nets.costing.settings import Settings
from nets.costing.step import Step, step
from nets.counting.arguments import Arguments
from nets.counting.borders import violation
from nets.counting.formulas import SIDES, hints
from nets.counting.registry import Rules
from nets.counting.symbols import Symbols
from nets.errors import CountError, InputError
from nets.frozen import FrozenMap
from nets.network.formulas import substitute, symbol
from nets.tables.columns import relation

LARGEST = 20
_BATCH = "N"
_MOST_TESTED = 4


def module_cost(
    module: nn.Module,
    arguments: Arguments,
    settings: Settings,
    *,
    rules: Rules,
    device: Device | None = None,
    memory: int | None = None,
    allowance: int = 0,
    batch: str | None = None,
    depth: int | None = None,
) -> Cost:
    """Trace a step and work out its cost; see `nets.cost` for the parameters.

    Raises
    ------
    CountError
        If the module cannot be traced so, or a size that is a symbol must be a number.
    """
    work = _Costing(module, settings, rules)
    cost = work.in_formulas(arguments) if arguments.symbols else work.in_numbers(arguments, device, depth)
    if memory is not None:
        cost = attrs.evolve(cost, fit=work.fitted(arguments, cost, memory, allowance, batch))
    return attrs.evolve(cost, device=device)


@attrs.frozen
class _Costing:
    module: nn.Module
    settings: Settings
    rules: Rules

    def traced(self, arguments: Arguments, symbols: Symbols | None = None) -> Step:
        return step(self.module, arguments, self.settings, rules=self.rules, symbols=symbols)

    def peak_at(self, arguments: Arguments) -> int:
        return int(memory_of(self.traced(arguments)).peaks[0].bytes)

    def in_numbers(self, arguments: Arguments, device: Device | None, depth: int | None) -> Cost:
        taken = self.traced(arguments)
        memory = memory_of(taken)
        alive = sorted(alive_at(taken, memory.peaks[0].index), key=lambda each: -int(each.bytes))
        return attrs.evolve(
            self._cost(taken, memory),
            largest=tuple(alive[:LARGEST]),
            live=FrozenMap({kind: tuple(values) for kind, values in live_bytes(taken).items()}),
            rows=cost_rows(taken.trace.performed, device, depth=depth),
            classics=()
            if self.settings.inference
            else (*classics_of(taken, memory, self.settings), *layers_of(taken)),
        )

    def _classics(self, taken: Step, memory: Memory) -> tuple[Classic, ...]:
        if self.settings.inference:
            return ()
        return (*classics_of(taken, memory, self.settings), *layers_of(taken))

    def in_formulas(self, arguments: Arguments) -> Cost:
        memory, taken, symbols = self._symbolic(arguments)
        return attrs.evolve(
            self._cost(taken, memory), conditions=tuple(self._conditions(arguments, memory, symbols))
        )

    def fitted(self, arguments: Arguments, cost: Cost, memory: int, allowance: int, batch: str | None) -> Fit:
        """Find the largest batch: the size that is a symbol, or the first of every input."""
        if arguments.symbols:
            name = batch or (_BATCH if _BATCH in arguments.symbols else arguments.symbols[0])
            others = [other for other in arguments.symbols if other != name]
            if name not in arguments.symbols or others:
                open_sizes = ", ".join(others) or name
                raise InputError(
                    f"the largest batch needs numbers for all sizes but {name}; {open_sizes} is left"
                )
            whole, peaks = arguments, cost.memory.peaks
        else:
            name, whole = batch or _BATCH, arguments.batched(batch or _BATCH)
            peaks = self._symbolic(whole)[0].peaks
        return fit(peaks, name, memory, allowance, lambda n: self.peak_at(whole.at({name: n})))

    def _symbolic(self, arguments: Arguments) -> tuple[Memory, Step, Symbols]:
        first: CountError | None = None
        for sides in SIDES:
            symbols = Symbols(hints(arguments, sides))
            try:
                taken = self.traced(arguments, symbols)
            except CountError as error:
                first = first or error
                continue
            for name, theirs in symbols.theirs.items():
                if str(theirs) in taken.trace.pinned:
                    where = taken.trace.pinned[str(theirs)] or "the module"
                    raise CountError(f"{where} needs {name} as a number: give it as one")
            return memory_of(taken), taken, symbols
        assert first is not None  # noqa: S101  # there are sides, and none ran
        raise first

    def _conditions(self, arguments: Arguments, memory: Memory, symbols: Symbols) -> Any:  # noqa: ANN401  # an iterator
        """Yield the relations beyond which a trace in numbers says something else, or that were not tried."""
        ones = [symbol(name) >= 2 for name in symbols.hints]  # noqa: PLR2004  # below, torch takes a number for itself
        tried: dict[tuple[tuple[str, int], ...], bool] = {}
        for condition in dict.fromkeys((*ones, *symbols.compared())):
            if condition in (True, False):
                continue
            values = violation(condition, symbols.hints, [])
            if values is None:
                continue
            key = tuple(sorted(values.items()))
            if key not in tried:
                if len(tried) >= _MOST_TESTED:
                    yield f"{relation(condition)} (not tried beyond)"
                    continue
                tried[key] = self._agrees(arguments.at(values), memory, values)
            if not tried[key]:
                yield relation(condition)

    def _agrees(self, arguments: Arguments, memory: Memory, values: Mapping[str, int]) -> bool:
        try:
            found = memory_of(self.traced(arguments))
        except CountError:
            return False
        peak = max(substitute(peak.bytes, dict(values)) for peak in memory.peaks)
        kinds = {kind: substitute(size, dict(values)) for kind, size in memory.kinds.items()}
        return peak == found.peaks[0].bytes and kinds == dict(found.kinds)

    def _cost(self, taken: Step, memory: Memory) -> Cost:
        unruled = Counter(p.call.operator for p in taken.trace.performed if not p.known)
        return Cost(
            taken.trace.name,
            taken.trace.input,
            self.settings,
            taken.trace.parameters.total,
            memory,
            unruled=FrozenMap(dict(unruled)),
        )
